"""Where a running job is, as live views show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scriptune.core.job import JobSummary
from scriptune.core.trial import Trial

__all__ = ["Progress"]


@dataclass(frozen=True)
class Progress:
    """Where a job stands now, for live tables.

    Attributes:
        summary: Job, counts, best trial.
        running: Running trials with their latest metrics.
        budget: Trials in all.
        elapsed_s: Seconds that the job has been running.
        trials_per_hour: Throughput; None before the first trial ended.
        remaining_s: Forecast; None before the first trial ended.
        notice: What the engine wants people to know now (waiting for the database, for GPU slots), or "".
    """

    summary: JobSummary
    running: Sequence[Trial]
    budget: int
    elapsed_s: float
    trials_per_hour: float | None
    remaining_s: float | None
    notice: str = ""
