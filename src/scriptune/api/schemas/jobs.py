"""Jobs, and what acting on them answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from scriptune.api.schemas.answer import Answer, Notice, Scalar
from scriptune.api.schemas.trials import Trial
from scriptune.core.job import Goal, JobState
from scriptune.core.trial import Cause, TrialState

__all__ = [
    "Best",
    "CaptureRow",
    "CheckReport",
    "JobDetail",
    "JobPage",
    "JobSummary",
    "MetricUnit",
    "ReparseReport",
    "ReplayReport",
    "RetriedTrials",
    "SearchJob",
]


class MetricUnit(Answer):
    """The unit of a metric's values in a job."""

    unit: str = Field(description="As it was printed; empty for numbers alone.", examples=["ms"])
    line: str = Field(description="The line of the log whose number decided it; empty when the job file did.")


class SearchJob(Answer):
    """A stored job."""

    id: str = Field(examples=["0b0f6f3e-5d7c-4f57-8f0e-0a3f2c7f9a11"])
    name: str = Field(description="For people; need not be unique.", examples=["digits-mlp"])
    document: dict[str, Any] = Field(
        description="The complete job file in JSON form. Values of environment variables whose names look secret are "
        "masked."
    )
    state: JobState
    created_at: datetime
    message: str = Field(description="Why it ended.")
    stop_requested: str = Field(description="Empty, `drain` or `now`.")
    started_at: datetime | None
    finished_at: datetime | None
    active_s: float = Field(description="Seconds that it was running, summed over interruptions.")
    extra_trials: int = Field(description="Trials added to the budget of the document.")
    resumed_at_tell: int
    n_told: int = Field(description="Results that the sampler was told.")
    last_event: int = Field(description="Number of its newest event; begin to listen after it.")
    lease_owner: str | None
    lease_until: datetime | None
    labels: dict[str, Any]
    notices: list[Notice] = Field(description="What people should know about it now.")
    earlier_goals: list[tuple[int, Goal]] = Field(
        description="Trials below this number were suggested under that goal, before a re-parse changed it."
    )
    units: dict[str, MetricUnit] = Field(description="By metric, the unit that its values are in.")
    n_trials: int = Field(description="The whole budget of trials.")
    goal: Goal
    metric: str = Field(description="The metric searched on.")


class JobSummary(Answer):
    """A job with what lists and headers show."""

    job: SearchJob
    counts: dict[TrialState, int] = Field(description="Trials by state; every state is there.")
    best: Trial | None
    id: str
    name: str
    state: JobState


class JobPage(Answer):
    """A slice of the list of jobs."""

    items: list[JobSummary]
    total: int = Field(description="Rows that match, on all pages.")
    offset: int


class JobDetail(Answer):
    """One job, as its page needs it."""

    summary: JobSummary
    command_line: str = Field(description="Of the best trial, ready to paste; empty without one.")
    failures: dict[str, tuple[int, str]] = Field(description="Cause -> trials that failed so, one example message.")
    owner_alive: bool = Field(description="Whether a process works on the job now.")
    warnings: list[str] = Field(description="Texts, those of `notices` among them.")
    notices: list[Notice]
    id: str
    name: str
    state: JobState
    message: str = Field(description="Why it ended.")
    counts: dict[TrialState, int]
    best: Trial | None


class Best(Answer):
    """The best trial and how to run it again."""

    trial: Trial
    params: dict[str, Scalar] = Field(description="All parameters, searched and fixed.")
    command_line: str
    number: int
    value: float | None


class CheckReport(Answer):
    """What can be known of a job before spending budget."""

    document: dict[str, Any] = Field(description="The complete job file in JSON form.")
    warnings: list[str] = Field(description="Texts, those of `notices` among them.")
    n_searched: int
    n_configurations: int | None = Field(description="Of a finite space; null when infinite.")
    command_line: str = Field(description="With the defaults, ready to paste.")
    captures: list[CaptureRow]
    n_captures: dict[str, int]
    values: dict[str, float | None]
    units: dict[str, str] = Field(description="By metric, the unit of its values; empty for numbers alone.")
    ran: bool
    ok: bool
    cause: Cause | None = Field(description="Why a trial like this would fail; null when it would not.")
    message: str
    output: str = Field(description="What the program printed; of a long output the beginning and the end.")
    wall_s: float | None
    forecast_s: float | None
    log_path: str
    hints: list[str] = Field(description="Parameters that the program does not take as they are given.")
    notices: list[Notice]
    second_params: dict[str, Scalar] = Field(description="Of a second run, far from the first; empty without one.")
    second_values: dict[str, float | None] = Field(description="What the second run reported.")


class CaptureRow(Answer):
    """What a metric's regex found in a log."""

    metric: str
    line_number: int
    line: str
    text: str
    value: float | None
    problem: str
    unit: str = Field(description="The letters or the sign right after the number, as printed; empty without one.")


class RetriedTrials(Answer):
    """Which trials get a further attempt."""

    numbers: list[int]


class ReparseReport(Answer):
    """What reparse changed, or would change."""

    n_trials: int = Field(description="Trials whose logs were read.")
    changed: list[tuple[int, float | None, float | None]] = Field(description="Trial, value before, value after.")
    n_without_log: int = Field(description="Trials without a whole log, which stay as they are.")
    n_captured: dict[str, int] = Field(description="Captures per metric, in all logs.")
    n_lost: int = Field(description="Trials that had a value and have none now.")
    n_pruned: int = Field(description="Of those without a log, the ones whose files `prune` removed.")
    pruned_at: datetime | None = Field(description="When it last did.")
    metric: str = Field(description="What is searched on from now on.")
    goal: Goal
    best: tuple[int, float] | None = Field(description="Number and value of the best trial from now on.")
    state: JobState = Field(description="Of the job from now on.")
    message: str = Field(description="Of the job from now on.")
    is_preview: bool = Field(description="Nothing was changed.")
    n_freed: int = Field(description="Of those without a log, the ones that lost their middle, see `max_log_bytes`.")


class ReplayReport(Answer):
    """Whether every suggestion can be derived again, and every value read again."""

    n_trials: int
    n_derived: int
    n_enqueued: int
    first_difference: int | None
    expected: dict[str, Scalar] | None
    found: dict[str, Scalar] | None
    n_checked: int = Field(description="Ended trials whose command and value were found again in their files.")
    n_not_checked: int = Field(description="Ended trials whose files were removed or are not whole.")
    n_pruned: int = Field(description="Of these, the ones whose files `prune` removed.")
    pruned_at: datetime | None = Field(description="When it last did.")
    contradictions: list[Notice] = Field(description="What files say differently, the first 100.")
    n_contradictions: int
    n_freed: int = Field(description="Of these, the ones whose logs lost their middle, see `max_log_bytes`.")
    agrees: bool
