"""What can be changed of a job after it was submitted, while it runs too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["NO_LIMIT", "JobChanges"]

NO_LIMIT = "none"
"""In place of a time limit: none from now on."""


@dataclass(frozen=True)
class JobChanges:
    """Requested changes of a job; None leaves a thing as it is.

    Attributes:
        parallel: Number of parallel trials. With fewer, those that run end on their own.
        trials: The budget: a new total, or ``"+10"`` for ten more.
        job_timeout: Time limit of the search: a duration as in job files, or `NO_LIMIT`.
        trial_timeout: Time limit of a trial, counted from its start; of running trials too.
        name: Another display name.
        note: A remark; "" removes it.
        tags: All tags.
        star: Whether it is starred.
    """

    parallel: int | None = None
    trials: str | int | None = None
    job_timeout: str | float | None = None
    trial_timeout: str | float | None = None
    name: str | None = None
    note: str | None = None
    tags: Sequence[str] | None = None
    star: bool | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The requested changes by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}
