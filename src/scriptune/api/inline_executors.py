"""Refuse executors that are described in a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scriptune.errors import JobFileError
from scriptune.messages import Message

__all__ = ["refuse_inline_executor"]


def refuse_inline_executor(document: Mapping[str, Any]) -> None:
    """Reject ``run.executor`` with options: they decide which machines the server logs in to.

    Args:
        document: A job or a program, not checked yet.

    Raises:
        JobFileError: It is not a name.
    """
    run = document.get("run")
    if isinstance(run, Mapping) and isinstance(run.get("executor"), Mapping):
        problem = Message("job_file.inline_executor", names=list(run["executor"]))
        raise JobFileError(
            [Message("job_file.mistake", place="job: run.executor", problem=problem)],
            hint=Message("job_file.inline_executor_hint"),
        )
