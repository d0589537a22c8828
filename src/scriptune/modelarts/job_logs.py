"""Logs of a training job: the concatenated logs of its trials, since a job has one task and many trials.

The task ``worker-0`` is all of them; the id of a trial, taken as the name of a task, is that trial's alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scriptune.core.job import SearchJob
from scriptune.core.trial import Trial
from scriptune.engine.engine import Engine
from scriptune.errors import NotFoundError
from scriptune.messages import Message
from scriptune.modelarts.errors import ModelArtsError, refused
from scriptune.modelarts.job_answers import TASK
from scriptune.modelarts.trial_ids import trial_id, trial_number
from scriptune.regular_files import open_regular

__all__ = ["PREVIEW_BYTES", "Preview", "log_preview", "trials_of_task"]

PREVIEW_BYTES = 5 * 1024 * 1024
"""How much of the end is shown; ModelArts' documented limit."""


@dataclass(frozen=True)
class Preview:
    """The end of a log.

    Attributes:
        content: Text, bad bytes replaced.
        current_size: Bytes shown.
        full_size: Bytes of the logs in all.
    """

    content: str
    current_size: int
    full_size: int


def log_preview(engine: Engine, job: SearchJob, task: str, limit: int = PREVIEW_BYTES) -> Preview:
    """The last bytes of a task's log.

    Raises:
        ModelArtsError: The task does not exist (2788).
    """
    trials = trials_of_task(engine, job, task)
    pieces: list[bytes] = []
    left, full_size = limit, 0
    for trial in reversed(trials):
        path = _log_path(engine, job, trial)
        size, tail = (0, b"") if path is None else _tail(path, max(left, 0))
        head = b"" if len(trials) == 1 else _heading(job, trial)
        full_size += size + len(head)
        if path is None or left <= 0:
            continue
        piece = (head + tail)[-left:] if len(tail) == size else tail
        left -= len(piece)
        pieces.append(piece)
    content = b"".join(reversed(pieces))
    return Preview(content.decode("utf-8", "replace"), len(content), full_size)


def trials_of_task(engine: Engine, job: SearchJob, task: str) -> Sequence[Trial]:
    """The started trials that a task stands for.

    Raises:
        ModelArtsError: The task does not exist (2788).
    """
    if task == TASK:
        return [trial for trial in engine.trials(job.id).items if trial.n_attempts]
    try:
        number = trial_number(job.id, task, engine.trials(job.id, limit=1).total)
    except ModelArtsError as err:
        raise refused(2788, Message("modelarts.no_task", task=task[:60], known=TASK)) from err
    return [engine.trial(job.id, number).trial]


def _log_path(engine: Engine, job: SearchJob, trial: Trial) -> Path | None:
    try:
        return engine.log_path(job.id, trial.number)
    except NotFoundError:  # no attempt yet
        return None


def _heading(job: SearchJob, trial: Trial) -> bytes:
    values = " ".join(f"{name}={'null' if value is None else value}" for name, value in trial.params.items())
    return f"===== trial {trial.number} {trial_id(job.id, trial.number)} {values} =====\n".encode("utf-8", "replace")


def _tail(path: Path, n_bytes: int) -> tuple[int, bytes]:
    """The size of a log and its last bytes; 0 and nothing if it is not a regular file."""
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - n_bytes, 0))
            return size, file.read(min(size, n_bytes))
    except OSError:
        return 0, b""
