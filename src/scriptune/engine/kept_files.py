"""Verify the kept files of an ended attempt: whether they belong to it, and whether its log is complete."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scriptune.core.first_points import FirstPoint
from scriptune.core.job import JobSpec
from scriptune.core.trial import Attempt, Trial
from scriptune.errors import CommandError
from scriptune.executors.command import Plan, make_plan
from scriptune.executors.folder import LOG, read_command
from scriptune.executors.handover import difference, params_difference
from scriptune.runtime.log_limit import freed_part

__all__ = ["KeptFiles", "look_at", "plan_of"]


@dataclass(frozen=True)
class KeptFiles:
    """The state of one attempt's files.

    Attributes:
        folder: Where they are.
        has_log: The log is there, with all that was ever read from it.
        is_freed: It has lost its middle, so it does not count as one.
        has_command: ``command.json`` is there and whole.
        difference: How the command differs from the trial's, as a phrase; "" when it is the same, or unknown.
    """

    folder: Path
    has_log: bool
    is_freed: bool
    has_command: bool
    difference: str

    @property
    def is_readable(self) -> bool:
        """Whether values may be read from the log."""
        return self.has_log and not self.difference


def plan_of(spec: JobSpec, first_points: Sequence[FirstPoint] = ()) -> Plan | None:
    """The plan of a job's commands; None if a template was moved or changed."""
    try:
        return make_plan(spec, first_points)
    except CommandError:
        return None


def look_at(home: Path, plan: Plan | None, job_id: str, trial: Trial, attempt: Attempt) -> KeptFiles:
    """Check which files of an attempt still exist.

    Args:
        home: The installation's.
        plan: Of the job, see `plan_of`. Rendered files are not compared, as their templates may have been edited.
        job_id: The job.
        trial: The trial; its params are what the command must pass.
        attempt: One of its attempts.
    """
    folder = home / attempt.folder
    document = read_command(folder)
    is_freed = freed_part(trial.notices, attempt.attempt) is not None
    return KeptFiles(
        folder,
        has_log=not is_freed and _size(folder / LOG) >= max(attempt.log_offset, 0),
        is_freed=is_freed,
        has_command=document is not None,
        difference="" if document is None else _difference(document, plan, folder, job_id, trial, attempt),
    )


def _difference(
    document: Mapping[str, Any], plan: Plan | None, folder: Path, job_id: str, trial: Trial, attempt: Attempt
) -> str:
    try:
        if plan is not None:
            order = plan.launch_spec(
                trial.params, folder=folder, job_id=job_id, number=trial.number, attempt=attempt.attempt
            )
            return difference(document, order, files=False)
    except CommandError as err:
        return str(err)
    return params_difference(document, trial.params)


def _size(path: Path) -> int:
    """The size of a file in bytes; -1 if it is absent or not a regular file."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return -1
    return status.st_size if stat.S_ISREG(status.st_mode) else -1
