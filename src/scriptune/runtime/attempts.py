"""One running attempt: from a trial to a launch spec, and from its growing log to reports."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from scriptune.core.job import JobSpec, OnTimeout, Reduction
from scriptune.core.trial import Attempt, Cause, ExitReason, ExitStatus, Report
from scriptune.executors.base import Handle
from scriptune.executors.folder import LOG, WORK
from scriptune.inspection.metric_files import files_hint
from scriptune.inspection.near_misses import near_miss
from scriptune.inspection.usage_hints import hints_from_output
from scriptune.messages import Message, lines, sentences
from scriptune.metrics.excerpt import excerpt
from scriptune.metrics.pattern import MetricPattern, compile_pattern
from scriptune.metrics.reduction import Reducer
from scriptune.metrics.sources.base import Batch, MetricSource
from scriptune.metrics.sources.files import FileSource
from scriptune.metrics.sources.log import MetricIntake
from scriptune.metrics.units import MetricUnits
from scriptune.regular_files import is_absent, kind_of
from scriptune.runtime.log_limit import FreedPart
from scriptune.runtime.metric_files import MetricFile, StoredReports, follow_files
from scriptune.runtime.notices import ReportDigest
from scriptune.runtime.policy.stopping import StepCurve
from scriptune.runtime.policy.verdict import Verdict, judge

__all__ = ["RunningAttempt", "are_steps_counted", "compile_patterns", "length_of", "make_reducers"]

_LAST_LINES = 15  # of the log, in messages
_USAGE_LINES = 80  # of the end of a failed log; what a program says of its options is there
_PATIENCE_S = 5.0  # with a log that cannot be read, where someone waits for an answer
_PAUSE_S = 0.05
_READ_BYTES = 64 * 1024 * 1024


def compile_patterns(spec: JobSpec) -> dict[str, MetricPattern]:
    """Compile the metric regexes of a job."""
    return {
        name: compile_pattern(name, metric.regex, stored=True)
        for name, metric in spec.metrics.items()
        if metric.file is None
    }


def _both(first: Batch, second: Batch) -> Batch:
    """What was read of two sources; the offsets are those of the first."""
    return Batch(
        [*first.reports, *second.reports],
        [*first.warnings, *second.warnings],
        first.from_offset,
        first.to_offset,
        first.at_end and second.at_end,
        first.error or second.error,
    )


def length_of(steps: Sequence[float], *, are_counted: bool) -> float:
    """How long an attempt was, from the steps of its reports of the objective: the last one, or how many there are."""
    return float(len(steps)) if are_counted else max([0.0, *steps])


def are_steps_counted(spec: JobSpec, patterns: Mapping[str, MetricPattern]) -> bool:
    """Whether the reports of the objective are counted, since their steps are not given."""
    name = spec.objective.metric
    metric = spec.metrics[name]
    if metric.file is None:
        return not patterns[name].step_group
    return metric.step is None and metric.tensorboard is None


def make_reducers(spec: JobSpec) -> dict[str, Reducer]:
    """One reducer per metric: the objective's rule for the objective, the last value for the others."""
    objective = spec.objective
    return {
        name: Reducer(objective.reduce, objective.goal, objective.last_k)
        if name == objective.metric
        else Reducer(Reduction.LAST, objective.goal, objective.last_k)
        for name in spec.metrics
    }


@dataclass
class RunningAttempt:
    """An attempt with a process, and how far its log was read.

    Attributes:
        spec, patterns, units: The job, its regexes, and the units of its metrics.
        number, attempt: Which one.
        handle: For the executor.
        log: What it prints.
        intake: Reads the log.
        files: Read metric files, by their keys in `Attempt.sources`.
        reducers: Turn reports into values, per metric.
        n_reports: Captures so far, per metric.
        stored_offset: How far the log was read into the database.
        warnings: What the intake said so far.
        exit: How it ended, once it has; the rest of its log may still have to be read.
        unsaved, read_offset: Reports that were read and are not stored yet, and how far they reach. When we die
            they are read again.
        saved_at: When reports were last stored.
        digest: Of all reports so far.
        is_recovered: An earlier process submitted it, and its folder has not been checked yet.
        is_foreign: The folder turned out to be another attempt's.
        is_reread: Its log is read again from the start, since what was read went beyond the end of the program; the
            reports then replace those that are stored.
        stop: Why we asked it to end: ``""``, ``"trial"`` (its value counts) or ``"job"`` (it will run again).
        is_asked: Whether the executor knows of that.
        freed: What its log has lost, see `log_limit`.
        placed: Where it runs; "" while the executor does not know.
        last_step: The highest step of the objective's reports; -1 without any.
        curve: Its values by step, for a rule of early stopping.
        stored_reports: Loads the reports that are stored.
        unreadable_since: Since when its files cannot be read; None while they can.
    """

    spec: JobSpec
    patterns: Mapping[str, MetricPattern]
    units: MetricUnits
    number: int
    attempt: int
    handle: Handle
    log: Path
    intake: MetricSource
    reducers: dict[str, Reducer]
    n_reports: dict[str, int]
    stored_offset: int
    warnings: tuple[str, ...] = ()
    exit: ExitStatus | None = None
    is_recovered: bool = False
    is_foreign: bool = False
    stop: str = ""
    is_asked: bool = False
    unreadable_since: datetime | None = None
    is_reread: bool = False
    unsaved: list[Report] = field(default_factory=list)
    read_offset: int = 0
    saved_at: datetime | None = None
    digest: ReportDigest = field(default_factory=ReportDigest)
    freed: FreedPart | None = None
    placed: str = ""
    last_step: float = -1.0
    curve: StepCurve | None = None
    files: dict[str, FileSource | StoredReports] = field(default_factory=dict)
    stored_reports: Callable[[], Sequence[Report]] = tuple

    @classmethod
    def begin(
        cls,
        spec: JobSpec,
        patterns: Mapping[str, MetricPattern],
        attempt: Attempt,
        handle: Handle,
        earlier: Sequence[Report] = (),
        log: Path | None = None,
        *,
        units: MetricUnits,
        files: Sequence[MetricFile] = (),
    ) -> RunningAttempt:
        """Start following an attempt where its stored reports end.

        Args:
            spec: The job.
            patterns: Its regexes.
            attempt: Which one.
            handle: For the executor.
            earlier: Its stored reports.
            log: Another file than its own log.
            units: Of the job's metrics, the same for all its attempts: the first report of all decides.
            files: Its metric files.
        """
        reducers = make_reducers(spec)
        counts = dict.fromkeys(spec.metrics, 0)
        digest = ReportDigest()
        for report in earlier:
            if report.metric in reducers:
                counts[report.metric] += 1
                reducers[report.metric].add(report.value)
                digest.add(report)
        log = log or handle.folder / LOG
        intake = MetricIntake(patterns, log, offset=attempt.log_offset, counts=counts, units=units)
        steps = (report.step for report in earlier if report.metric == spec.objective.metric)
        return cls(
            spec=spec,
            patterns=patterns,
            units=units,
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
            placed=attempt.placed,
            files=dict(follow_files(files, attempt.sources, earlier, counts, units)),
            last_step=max(steps, default=-1.0),
        )

    def read(self, max_bytes: int, now: datetime) -> Batch:
        """Read further in the log; after the end of the process, only up to the last byte it wrote."""
        if self.is_foreign:
            return Batch(from_offset=self.read_offset, to_offset=self.read_offset)
        if self.exit is not None and self.intake.end is None and self.exit.log_size is not None:
            try:
                self._end_log_at(self.exit.log_size)
            except OSError as err:
                return Batch(from_offset=self.read_offset, to_offset=self.read_offset, at_end=False, error=err)
        # A program that was killed may have been writing a number: what has no line end is then not read.
        torn = self.exit is not None and (self.exit.reason is not ExitReason.EXITED or self.exit.signal is not None)
        is_final = self.exit is not None
        batch = self.intake.read(max_bytes, final=is_final, torn=torn, now=now)
        self.read_offset = batch.to_offset
        for source in self.files.values():
            batch = _both(batch, source.read(max_bytes, final=is_final, torn=torn, now=now))
        self._add(batch.reports)
        self.warnings += tuple(batch.warnings)
        self.unsaved += batch.reports
        return batch

    def _add(self, reports: Sequence[Report]) -> None:
        for report in reports:
            self.n_reports[report.metric] += 1
            self.reducers[report.metric].add(report.value)
            self.digest.add(report)
            if report.metric == self.spec.objective.metric:
                self.last_step = max(self.last_step, report.step)
                if self.curve is not None:
                    self.curve.report(report.step, self.reducers[report.metric].minimized)

    def source_states(self) -> dict[str, Any]:
        """How far its metric files were read, for `Attempt.sources`."""
        return {key: source.state() for key, source in self.files.items()}

    def log_is_cut(self) -> bool:
        """Whether the attempt has ended and part of its log was lost since, so that its value could change.

        Raises:
            OSError: This cannot be determined now.
        """
        if self.exit is None or self.exit.log_size is None:
            return False
        try:
            status = os.lstat(self.log)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return stat.S_ISREG(status.st_mode) and status.st_size < self.exit.log_size

    def is_read_too_far(self) -> bool:
        """Whether it was read beyond its end and cannot be reread because part of its log was lost."""
        end = None if self.exit is None else self.exit.log_size
        return self.freed is not None and end is not None and self.intake.end is None and end < self.read_offset

    def go_back(self, stored: Sequence[Report]) -> None:
        """Drop the reports beyond the end of the program, when the log cannot be reread.

        Args:
            stored: The reports that are in the database.
        """
        assert self.exit is not None
        assert self.exit.log_size is not None
        end = self.exit.log_size
        kept = [report for report in (*stored, *self.unsaved) if report.file or report.offset < end]
        self._begin_again(kept)
        self.intake = MetricIntake(self.patterns, self.log, offset=end, counts=self.n_reports, units=self.units)
        self.intake.end = end
        self.unsaved, self.read_offset, self.is_reread = kept, end, True

    def lose(self, why: str) -> None:
        """Mark the attempt as lost: its folder belongs to another one, so nothing more is read."""
        self.exit = ExitStatus(ExitReason.LOST, message=why)
        self.is_foreign = True

    def _end_log_at(self, end: int) -> None:
        """Ignore what other processes printed after the program had ended, even if already read."""
        try:
            size = os.lstat(self.log).st_size
        except OSError as err:
            if not is_absent(err):
                raise
            size = 0
        # A smaller file was emptied by the program, and its reader notices that on its own.
        if end < self.read_offset <= size:
            stored = self.stored_reports() if self.files and not self.is_reread else ()
            kept = [report for report in (*stored, *self.unsaved) if report.file]
            self._begin_again(kept)
            self.intake = MetricIntake(self.patterns, self.log, units=self.units)
            self.unsaved, self.read_offset, self.warnings, self.is_reread = kept, 0, (), True
        self.intake.end = end

    def _begin_again(self, kept: Sequence[Report]) -> None:
        """Count the reports from the start, with those that are kept."""
        self.reducers, self.n_reports = make_reducers(self.spec), dict.fromkeys(self.spec.metrics, 0)
        self.digest, curve, self.curve = ReportDigest(), self.curve, None
        self._add(kept)
        self.curve = curve

    def read_all(self, now: datetime) -> None:
        """Read the whole log of an attempt that has ended.

        Raises:
            OSError: It could not be read, for some seconds.
        """
        until = time.monotonic() + _PATIENCE_S
        while True:
            batch = self.read(_READ_BYTES, now)
            if batch.error is not None:
                if time.monotonic() > until:
                    raise batch.error
                time.sleep(_PAUSE_S)
            elif batch.at_end:
                return

    def _log_problem(self) -> str:
        """Why a program that has run has no log; "" if it has one."""
        assert self.exit is not None
        if self.exit.reason in (ExitReason.LAUNCH_ERROR, ExitReason.LOST, ExitReason.CANCELLED, ExitReason.PREEMPTED):
            return ""
        try:
            mode = os.lstat(self.log).st_mode
        except OSError as err:
            if not is_absent(err):
                raise
            return "" if self.exit.log_size is None else Message("attempt.log_removed")
        return "" if stat.S_ISREG(mode) else Message("attempt.log_replaced", kind=Message(kind_of(mode)))

    def verdict(self, metric: str, *, keep_value: bool = True, unreadable: str = "") -> Verdict:
        """Decide the state of the attempt once it has ended and its log was read; see `judge`.

        Args:
            metric: The objective's name.
            keep_value: Whether a cancelled trial counts with what it printed.
            unreadable: Why its log cannot be read any more; it is then not read.

        Raises:
            OSError: The log cannot be read now; ask again.
        """
        assert self.exit is not None
        verdict = judge(
            self.exit,
            self.reducers[metric].value,
            n_reports=self.n_reports[metric],
            metric=metric,
            last_lines=() if self.is_foreign or unreadable else excerpt(self.log, _LAST_LINES),
            warnings=[*self._warnings_about(metric), *self.warnings],
            in_file=self.spec.metrics[metric].file is not None,
            keep_value=keep_value,
            is_cancelled=bool(self.stop),
            keep_on_timeout=self.spec.run.on_timeout is OnTimeout.KEEP,
            log_problem=unreadable or self._log_problem(),
            nearest=lambda: self._nearest(metric),
        )
        if verdict.cause is not Cause.EXIT_CODE or self.is_foreign or unreadable:
            return verdict
        hints = hints_from_output(self.spec, "\n".join(excerpt(self.log, _USAGE_LINES)))
        return replace(verdict, message=lines([verdict.message, *hints]))

    def _warnings_about(self, metric: str) -> list[str]:
        return [said for said in self.warnings if isinstance(said, Message) and said.params.get("metric") == metric]

    def _nearest(self, metric: str) -> tuple[Sequence[str], str]:
        """For a log without captures: the closest lines, and a sentence proposing a regex, or ""."""
        if self.is_foreign:
            return (), ""
        in_files = files_hint(self.handle.folder / WORK, metric, self.spec.files)
        if self.warnings or metric not in self.patterns:
            return (), in_files
        near = near_miss(self.log, metric, self.patterns[metric].regex)
        hint = Message("attempt.middle_freed") if self.freed else ""
        if near.proposal is None:
            return near.lines, lines([hint, in_files])
        proposal = Message("attempt.regex_reads", value=near.proposal.values[0], regex=near.proposal.regex)
        return near.lines, lines([sentences(proposal, hint), in_files])

    @property
    def length(self) -> float:
        """How long it has run, in steps."""
        if are_steps_counted(self.spec, self.patterns):
            return float(self.n_reports[self.spec.objective.metric])
        return max(self.last_step, 0.0)

    @property
    def metrics(self) -> dict[str, float]:
        """The reduced value of every metric that has one."""
        return {name: r.value for name, r in self.reducers.items() if r.value is not None}
