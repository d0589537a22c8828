"""Stored programs, and what is found in a command."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from scriptune.api.schemas.answer import Answer, Scalar

__all__ = ["InspectedParameter", "Inspection", "Program", "ProgramPage", "ProgramParameter"]


class ProgramParameter(Answer):
    """One hyperparameter of a stored program."""

    domain: dict[str, Any] = Field(description="As an entry of `parameters` in a job file.")
    editable: bool = Field(description="Whether a job may change its domain or value.")
    required: bool = Field(description="Whether every job has it.")
    help: str


class Program(Answer):
    """A stored description of a training program; one version of it."""

    id: str
    version: int = Field(description="From 1; every change makes a new one.")
    name: str
    description: str
    workdir: str
    command: str | list[str]
    shell: bool
    parameters: dict[str, ProgramParameter]
    metrics: dict[str, dict[str, Any]]
    objective: dict[str, Any] | None
    samplers: list[str] = Field(description="Samplers that a job may use; empty: all.")
    objectives: list[str] = Field(description="Metrics that a job may search on; empty: all.")
    run: dict[str, Any]
    created_at: datetime
    changed_at: datetime
    labels: dict[str, Any]


class ProgramPage(Answer):
    """A slice of the list of programs."""

    items: list[Program]
    total: int
    offset: int


class InspectedParameter(Answer):
    """A parameter that was found in a command or in a program's help."""

    name: str
    flag: str = Field(description="As the program calls it.")
    type: str = Field(description="`float`, `int`, `categorical`, `bool` or `text`.")
    default: Scalar | None
    choices: list[Scalar]
    help: str
    given: Scalar | None = Field(description="Its value in the command, when it stands there.")
    low: float | None = Field(description="The least value that the program allows, when it says so.")
    high: float | None = Field(description="The greatest value that the program allows, when it says so.")
    style: str = Field(description="How a value reaches the program, as in a job file; empty for `--name=value`.")
    suggestion: dict[str, Any] | None = Field(description="A domain to begin with, as in a job file; null for texts.")


class Inspection(Answer):
    """What a command's arguments and its help tell about its parameters."""

    command: list[str] = Field(description="The command without the parameters that were found in it.")
    parameters: list[InspectedParameter]
    source: str = Field(description="Who wrote the help, as `argparse` or `hydra`; `unknown`, or `none`.")
    message: str = Field(description="Why the help could not be read.")
