"""One running attempt: from a trial to an order, and from its growing log to reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from scriptune.core.job import JobSpec, Reduction
from scriptune.core.trial import Attempt, ExitReason, ExitStatus, Report
from scriptune.engine.judging import Verdict, judge
from scriptune.engine.notices import ReportDigest
from scriptune.executors.base import Handle
from scriptune.executors.folder import LOG
from scriptune.logs.excerpt import excerpt
from scriptune.logs.intake import Batch, MetricIntake
from scriptune.logs.pattern import MetricPattern, compile_pattern
from scriptune.logs.reduction import Reducer

__all__ = ["Running", "attempt_folder", "compile_patterns", "make_reducers"]

_LAST_LINES = 15  # of the log, in messages


def attempt_folder(job_id: str, number: int, attempt: int) -> str:
    """Where an attempt lives, relative to the home."""
    return f"jobs/{job_id}/{number}/{attempt}"


def compile_patterns(spec: JobSpec) -> dict[str, MetricPattern]:
    """The metric regexes of a job, ready to use."""
    return {name: compile_pattern(name, metric.regex) for name, metric in spec.metrics.items()}


def make_reducers(spec: JobSpec) -> dict[str, Reducer]:
    """One reducer per metric: the objective's rule for the objective, the last value for the others."""
    objective = spec.objective
    return {
        name: Reducer(objective.reduction, objective.goal, objective.last_k)
        if name == objective.metric
        else Reducer(Reduction.LAST, objective.goal, objective.last_k)
        for name in spec.metrics
    }


@dataclass
class Running:
    """An attempt with a process, and how far its log was read.

    Attributes:
        number, attempt: Which one.
        handle: For the executor.
        log: What it prints.
        intake: Reads the log.
        reducers: Turn reports into values, per metric.
        n_reports: Captures so far, per metric.
        stored_offset: How far the log was read into the database.
        warnings: What the intake said so far.
        exit: How it ended, once it has; the rest of its log may still have to be read.
        unsaved, read_offset: Reports that were read and are not stored yet, and how far they reach. When we die
            they are read again.
        saved_at: When reports were last stored.
        digest: Of all reports so far.
        is_recovered: An earlier process submitted it, and its folder was not looked at yet.
        is_foreign: The folder turned out to be another attempt's.
        stop: Why we asked it to end: ``""``, ``"trial"`` (its value counts) or ``"job"`` (it will run again).
    """

    number: int
    attempt: int
    handle: Handle
    log: Path
    intake: MetricIntake
    reducers: dict[str, Reducer]
    n_reports: dict[str, int]
    stored_offset: int
    warnings: tuple[str, ...] = ()
    exit: ExitStatus | None = None
    is_recovered: bool = False
    is_foreign: bool = False
    stop: str = ""
    unsaved: list[Report] = field(default_factory=list)
    read_offset: int = 0
    saved_at: datetime | None = None
    digest: ReportDigest = field(default_factory=ReportDigest)

    @classmethod
    def begin(
        cls,
        spec: JobSpec,
        patterns: Mapping[str, MetricPattern],
        attempt: Attempt,
        handle: Handle,
        earlier: Sequence[Report] = (),
        log: Path | None = None,
    ) -> Running:
        """Follow an attempt from where the stored reports end; ``log`` names another file than its own."""
        reducers = make_reducers(spec)
        counts = dict.fromkeys(spec.metrics, 0)
        digest = ReportDigest()
        for report in earlier:
            if report.metric in reducers:
                counts[report.metric] += 1
                reducers[report.metric].add(report.value)
                digest.add(report)
        log = log or handle.folder / LOG
        intake = MetricIntake(patterns, log, offset=attempt.log_offset, counts=counts)
        return cls(
            number=attempt.number,
            attempt=attempt.attempt,
            handle=handle,
            log=log,
            intake=intake,
            reducers=reducers,
            n_reports=counts,
            stored_offset=attempt.log_offset,
            read_offset=attempt.log_offset,
            warnings=attempt.warnings,
            digest=digest,
        )

    def read(self, max_bytes: int, now: datetime) -> Batch:
        """Read on in the log; after the end of the process, up to its last byte."""
        if self.is_foreign:
            return Batch(from_offset=self.read_offset, to_offset=self.read_offset)
        # A program that was killed may have been writing a number: what has no line end is then not read.
        torn = self.exit is not None and (self.exit.reason is not ExitReason.EXITED or self.exit.signal is not None)
        batch = self.intake.read(max_bytes, final=self.exit is not None, torn=torn, now=now)
        for report in batch.reports:
            self.n_reports[report.metric] += 1
            self.reducers[report.metric].add(report.value)
            self.digest.add(report)
        self.warnings += tuple(batch.warnings)
        self.unsaved += batch.reports
        self.read_offset = batch.to_offset
        return batch

    def lose(self, why: str) -> None:
        """Give the attempt up: what is in its folder is not its own, so nothing more of it is read."""
        self.exit = ExitStatus(ExitReason.LOST, message=why)
        self.is_foreign = True

    def verdict(self, metric: str, *, keep_value: bool = True) -> Verdict:
        """What became of the attempt, once it has ended and its log was read; see `judge`."""
        assert self.exit is not None
        return judge(
            self.exit,
            self.reducers[metric].value,
            n_reports=self.n_reports[metric],
            metric=metric,
            last_lines=() if self.is_foreign else excerpt(self.log, _LAST_LINES),
            warnings=self.warnings,
            keep_value=keep_value,
        )

    @property
    def metrics(self) -> dict[str, float]:
        """The reduced value of every metric that has one."""
        return {name: r.value for name, r in self.reducers.items() if r.value is not None}
