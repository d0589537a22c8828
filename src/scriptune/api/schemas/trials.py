"""Trials: params, attempts, reports, logs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from scriptune.api.schemas.answer import Answer, Notice, Scalar
from scriptune.core.trial import Cause, ExitReason, Phase, TrialState

__all__ = [
    "Attempt",
    "ExitStatus",
    "LogCapture",
    "LogCaptureList",
    "LogChunk",
    "LogMatch",
    "LogMatches",
    "Report",
    "ReportPage",
    "Suggestion",
    "Trial",
    "TrialColumns",
    "TrialDetail",
    "TrialPage",
]


class Suggestion(Answer):
    """Params and how they were chosen."""

    params: dict[str, Scalar]
    sampler: str = Field(description="The one that chose them; under `auto` the one it used.")
    phase: Phase
    mean: float | None = Field(description="The model's prediction in the metric's own units.")
    std: float | None
    acquisition: float | None
    note: str = Field(description="One sentence for people.")


class Trial(Answer):
    """One set of params and what became of it."""

    number: int = Field(description="From 0 in its job.")
    params: dict[str, Scalar] = Field(description="Searched parameters without inactive ones.")
    state: TrialState
    value: float | None = Field(description="The objective's reduced value, in the metric's own sign.")
    metrics: dict[str, float | None] = Field(description="Reduced value of every metric so far, live.")
    n_reports: int
    cause: Cause | None = Field(description="Why it failed.")
    message: str
    suggestion: Suggestion | None
    n_told: int
    n_attempts: int
    stop_requested: bool
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    report_digest: str | None = Field(
        description="Equal in trials that printed the same values of all metrics at the same steps."
    )
    notices: list[Notice]


class TrialPage(Answer):
    """A slice of the trials of a job."""

    items: list[Trial]
    total: int
    offset: int


class TrialColumns(Answer):
    """Trials of a job by number, as columns of one length."""

    version: str = Field(description="What this answer holds; ask with it for what changes later.")
    is_whole: bool = Field(description="Whether these are all trials, not only changed ones.")
    number: list[int]
    state: list[TrialState]
    value: list[float | None]
    n_reports: list[int]
    started_at: list[int | None] = Field(description="In milliseconds since 1970.")
    finished_at: list[int | None] = Field(description="In milliseconds since 1970.")
    params: dict[str, list[Scalar | None]] = Field(description="By searched parameter; null where it is inactive.")
    metrics: dict[str, list[float | None]] = Field(description="By metric; null where it was not printed.")


class ExitStatus(Answer):
    """How an attempt ended."""

    reason: ExitReason
    exit_code: int | None
    signal: int | None
    started_at: datetime | None
    finished_at: datetime | None
    wall_s: float | None
    cpu_s: float | None
    peak_memory_bytes: int | None
    message: str
    oom: bool
    log_size: int | None = Field(description="Bytes in the log when the program ended; later output does not count.")


class Attempt(Answer):
    """One execution of a trial."""

    number: int
    attempt: int = Field(description="1 for the first.")
    state: TrialState
    folder: str = Field(description="Relative to the home.")
    handle: dict[str, Any] | None
    exit: ExitStatus | None
    log_offset: int = Field(description="Bytes of the log that were read into reports.")
    warnings: list[str]
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    pruned_at: datetime | None = Field(description="When its files, the log among them, were removed by `prune`.")


class TrialDetail(Answer):
    """One trial with its attempts."""

    trial: Trial
    attempts: list[Attempt]
    command_line: str
    number: int
    state: TrialState
    params: dict[str, Scalar]
    value: float | None
    cause: Cause | None


class Report(Answer):
    """One captured metric value."""

    metric: str
    value: float | None = Field(description="Null when NaN or infinite was printed.")
    step: float
    offset: int = Field(description="Byte offset in the log of the line it was read from.")
    at: datetime
    unit: str | None = Field(
        description="The letters or the sign right after the number, as printed, empty without one; `value` is in the "
        "unit of the metric. Null for reports of version 0.1.0."
    )


class ReportPage(Answer):
    """A slice of the captured values of a trial."""

    items: list[Report]
    total: int
    offset: int


class LogChunk(Answer):
    """A part of a trial's log, as text."""

    text: str
    offset: int
    next_offset: int = Field(description="Bytes; ask on from here.")
    size_bytes: int
    ended: bool = Field(description="Nothing more will come.")
    pruned_at: datetime | None = Field(description="When `prune` removed the log; null while it is kept.")


class LogMatch(Answer):
    """A line that holds the text that was searched for."""

    line_no: int = Field(description="From 1.")
    offset: int = Field(description="Byte offset of the line.")
    line: str = Field(description="Shortened around the text when long.")


class LogMatches(Answer):
    """Lines of a log that hold a text."""

    items: list[LogMatch]
    next_offset: int | None = Field(description="Where to search on; null when the whole log was searched.")
    next_line_no: int | None = Field(description="Number of the line there; send it along as `line_no`.")


class LogCapture(Answer):
    """A capture in a trial's log."""

    metric: str
    line_no: int
    line: str
    start: int
    end: int
    text: str
    value: float | None
    step: float | None
    problem: str | None
    offset: int
    unit: str = Field(description="The letters or the sign right after the number, as printed; empty without one.")


class LogCaptureList(Answer):
    """The first captures in a trial's log, refused ones included."""

    items: list[LogCapture]
