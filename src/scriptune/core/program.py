"""Programs: stored descriptions of training programs, used as templates for jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Program", "ProgramParameter"]


@dataclass(frozen=True)
class ProgramParameter:
    """One hyperparameter of a program.

    Attributes:
        domain: As an entry of ``parameters`` in a job file: a range, a list of values or a fixed value.
        editable: Whether a job may narrow the domain or fix the value; otherwise jobs use it unchanged.
        required: Whether every job has it; else a job may leave it out by ``null``.
        help: Description to display.
    """

    domain: Mapping[str, Any]
    editable: bool = True
    required: bool = True
    help: str = ""


@dataclass(frozen=True)
class Program:
    """One version of a stored program.

    Attributes:
        id: A UUID as a string, the same for all versions.
        version: From 1; every change makes a new one, and jobs name theirs.
        name: Display name.
        description: Description to display.
        workdir: Absolute folder with the code.
        command: As in a job file.
        shell: As in a job file.
        parameters: By name.
        metrics: As in a job file.
        objective: What a job searches for unless it says otherwise.
        samplers: Samplers that a job may use; empty: all.
        objectives: Metrics that a job may search on; empty: all.
        run: As in a job file; a job may change every key of it.
        created_at: When its first version was created, in aware UTC.
        changed_at: When this version was created.
        constraints: As in a job file; jobs may add more, and those that name a parameter which a job leaves out do not
            count for it.
        labels: Free-form strings of front ends; ``project`` is the project that it belongs to.
    """

    id: str
    version: int
    name: str
    description: str
    workdir: str
    command: str | list[str]
    shell: bool
    parameters: Mapping[str, ProgramParameter]
    metrics: Mapping[str, Mapping[str, Any]]
    objective: Mapping[str, Any] | None
    samplers: tuple[str, ...]
    objectives: tuple[str, ...]
    run: Mapping[str, Any]
    created_at: datetime
    changed_at: datetime
    labels: Mapping[str, Any] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
