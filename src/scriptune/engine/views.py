"""Result types of the verbs: plain data for every front end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from scriptune.analysis.results import Confirmation
from scriptune.core.job import Goal, JobState, JobSummary
from scriptune.core.space import Params, Scalar
from scriptune.core.trial import Attempt, Cause, Trial, TrialState
from scriptune.messages import Message
from scriptune.metrics.excerpt import Chunk
from scriptune.plugins.options import OptionInfo

__all__ = [
    "Best",
    "CaptureRow",
    "CheckReport",
    "JobDetail",
    "LogChunk",
    "PruneReport",
    "PrunedJob",
    "ReparseReport",
    "ReplayReport",
    "SamplerRow",
    "StoppingRuleRow",
    "StoppingSummary",
    "TrialDetail",
    "WrittenBest",
]


@dataclass(frozen=True)
class StoppingSummary:
    """What early stopping did in a search.

    Attributes:
        rule: Its name.
        max_step: Length of a training in steps; None while it is not known.
        rungs: Steps at which trials are compared.
        n_stopped: Trials that it stopped.
        spent: What all ended trials cost, in full trainings.
        saved: Share of the steps of their trainings that was saved.
        n_audited: Trials that were behind and ran to their ends, to measure how often the rule errs.
        n_errors: How many of them were better than all before.
        notes: The same for people.
    """

    rule: str
    max_step: int | None
    rungs: tuple[int, ...]
    n_stopped: int
    spent: float
    saved: float
    n_audited: int
    n_errors: int
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True)
class JobDetail:
    """One job with details, as ``show`` and the job page need it.

    Attributes:
        summary: Job, counts, best trial.
        command_line: Of the best trial, ready to paste; "" without one.
        failures: Cause -> trials that failed so, with one example message.
        owner_alive: Whether a process works on the job now.
        warnings: Warnings to display: the job's notices, and matches in the first failed attempts that were not
            numbers.
        notices: The warnings that have a code, as code and parameters.
        n_pruned, pruned_at: Attempts whose files `prune` removed, and when it last did.
        n_freed: Trials whose logs lost their middle, as they had grown beyond ``max_log_bytes``.
        confirmation: What confirmations of the search found, and so for each of these; None if there are none.
        stopping: What its stopping rule did; None without one.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("id", "name", "state", "message", "reasons", "counts", "best")

    summary: JobSummary
    command_line: str
    failures: Mapping[str, tuple[int, str]]
    owner_alive: bool
    warnings: Sequence[str] = ()
    notices: tuple[Message, ...] = ()
    n_pruned: int = 0
    pruned_at: datetime | None = None
    n_freed: int = 0
    confirmation: Confirmation | None = None
    stopping: StoppingSummary | None = None

    @property
    def reasons(self) -> Mapping[str, Message]:
        """The messages of `failures` that have a code, as code and parameters."""
        return {cause: message for cause, (_, message) in self.failures.items() if isinstance(message, Message)}

    @property
    def id(self) -> str:
        """The id of the job."""
        return self.summary.id

    @property
    def name(self) -> str:
        """The name of the job."""
        return self.summary.name

    @property
    def state(self) -> JobState:
        """The state of the job."""
        return self.summary.state

    @property
    def message(self) -> str:
        """Why the job ended."""
        return self.summary.job.message

    @property
    def counts(self) -> Mapping[TrialState, int]:
        """Trials by state."""
        return self.summary.counts

    @property
    def best(self) -> Trial | None:
        """The best trial."""
        return self.summary.best


@dataclass(frozen=True)
class TrialDetail:
    """One trial with its attempts and the command line that ran it.

    Attributes:
        trial: The trial.
        attempts: Its attempts, oldest first.
        command_line: To paste: it runs the configuration again without touching the trial's files; "" if unknown.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("number", "state", "params", "value", "cause")

    trial: Trial
    attempts: Sequence[Attempt]
    command_line: str

    @property
    def number(self) -> int:
        """The number of the trial."""
        return self.trial.number

    @property
    def state(self) -> TrialState:
        """The state of the trial."""
        return self.trial.state

    @property
    def params(self) -> Mapping[str, Scalar]:
        """The params of the trial."""
        return self.trial.params

    @property
    def value(self) -> float | None:
        """The trial's value, in the metric's own sign."""
        return self.trial.value

    @property
    def cause(self) -> Cause | None:
        """Why the trial failed."""
        return self.trial.cause


@dataclass(frozen=True)
class Best:
    """The best trial and how to run it again.

    Attributes:
        trial: The best trial.
        params: All parameters, searched and fixed.
        command_line: Ready to paste.
        unit: Of the value, as the program printed it; "" for numbers alone, and while it is not known.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("number", "value")

    trial: Trial
    params: Params
    command_line: str
    unit: str = ""

    @property
    def number(self) -> int:
        """The number of the trial."""
        return self.trial.number

    @property
    def value(self) -> float | None:
        """The best value, in the metric's own sign."""
        return self.trial.value


@dataclass(frozen=True)
class WrittenBest:
    """The best trial's config files, written into a folder.

    Attributes:
        files: Their paths.
        command_line: Runs the configuration with them.
    """

    files: Sequence[str]
    command_line: str


@dataclass(frozen=True)
class LogChunk(Chunk):
    """A part of a trial's log, as text.

    Attributes:
        ended: Whether the attempt has ended, so that its log is complete.
        pruned_at: When `prune` removed the log; None while it is kept.
    """

    ended: bool
    pruned_at: datetime | None = None


@dataclass(frozen=True)
class _Choice:
    """What a job file can name.

    Attributes:
        name: As in a job file.
        description: One line.
        options: Its option table.
        package: The package that it comes from; "" for one of scriptune.
    """

    name: str
    description: str
    options: Sequence[OptionInfo]
    package: str


class SamplerRow(_Choice):
    """One sampler with its options."""


class StoppingRuleRow(_Choice):
    """One stopping rule with its options."""


@dataclass(frozen=True)
class CaptureRow:
    """A capture of a metric's regex in a log, or a value of a metric in a file.

    Attributes:
        metric: Its name.
        line_number: From 1; 0 in a file.
        line: The line, shortened; of a file that has no lines, the path or tag.
        text: What was captured.
        value: The number, in the unit of its metric; None when it was refused.
        problem: Why it was refused, or "".
        unit: The letters or the sign right after it, as printed; "" without one.
        file: The file, from the trial's own folder or absolute; "": the log.
        offset: Byte offset of the line or record in the file.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason",)

    metric: str
    line_number: int
    line: str
    text: str
    value: float | None
    problem: str = ""
    unit: str = ""
    file: str = ""
    offset: int = 0

    @property
    def reason(self) -> Message | None:
        """The problem as code and parameters; None if it has no code."""
        return self.problem if isinstance(self.problem, Message) else None


@dataclass(frozen=True)
class CheckReport:
    """The result of a check: everything that can be known before spending budget.

    Attributes:
        document: The complete job file in JSON form.
        warnings: Suspicious things that are not errors, the texts of `notices` among them.
        n_searched: Parameters to search.
        n_configurations: Of a finite space; None when infinite.
        command_line: With the defaults, ready to paste.
        captures: What the regexes found, first ones.
        n_captures: Per metric, all.
        values: Reduced value per metric.
        units: The unit of each metric's values, as printed; "" for numbers alone.
        ran: Whether the program was run; else a log file was read.
        ok: Whether a trial like this would have a value.
        cause: Why a trial like this would fail; None when it would not, or nothing was tried.
        message: The same as a sentence, with the last lines of the log.
        output: What the program printed, of a long output the beginning and the end; "" when a log was read.
        wall_s: How long the run took; None when a log was read.
        forecast_s: Expected duration of the whole search, from the run's; None when a log was read.
        log_path: Path of the output.
        hints: Parameters that the program does not accept as given, according to its --help.
        notices: Of warnings and hints those that have a code, as code and parameters.
        max_step: The length of a training in steps, for `stopping.max_step`; None when it cannot be told, or the
            program prints too few values for trials to be stopped early.
        second_params: Of a second run, far from the first; empty without one.
        second_values: What the second run reported; empty when it failed.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason",)

    document: Mapping[str, Any]
    warnings: Sequence[str]
    n_searched: int
    n_configurations: int | None
    command_line: str
    captures: Sequence[CaptureRow] = ()
    n_captures: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    ran: bool = False
    ok: bool = False
    cause: Cause | None = None
    message: str = ""
    output: str = ""
    wall_s: float | None = None
    forecast_s: float | None = None
    log_path: str = ""
    hints: Sequence[str] = field(default_factory=list)
    notices: tuple[Message, ...] = ()
    max_step: int | None = None
    second_params: Mapping[str, Scalar] = field(default_factory=dict)
    second_values: Mapping[str, float] = field(default_factory=dict)

    @property
    def reason(self) -> Message | None:
        """The message as code and parameters; None if it has no code."""
        return self.message if isinstance(self.message, Message) else None


@dataclass(frozen=True)
class ReplayReport:
    """The result of a replay: whether suggestions and values can be reproduced.

    Attributes:
        n_trials: Trials examined.
        n_derived: Suggestions that were reproduced.
        n_enqueued: Enqueued trials, which have no suggestion to reproduce.
        first_difference: Number of the first trial that differs; None when all agree.
        expected, found: Its params as recomputed and as recorded.
        n_checked: Ended trials whose folder holds their command, and whose log gives their value again.
        n_not_checked: Ended trials whose files were removed, or are not whole: nothing can be said of them.
        n_pruned: Of these, the ones whose files `prune` removed.
        pruned_at: When it last did.
        n_freed: Of these, the ones whose logs lost their middle, as they had grown beyond ``max_log_bytes``.
        contradictions: Trials whose folder or log says something else than the database, as code and parameters; by
            number, first ones only.
        n_contradictions: All of these.
        n_decisions: Decisions of the stopping rule that were reproduced.
        different_decision: The first one that was not, as code and parameters.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("agrees",)

    n_trials: int
    n_derived: int
    n_enqueued: int
    first_difference: int | None = None
    expected: Params | None = None
    found: Params | None = None
    n_checked: int = 0
    n_not_checked: int = 0
    n_pruned: int = 0
    pruned_at: datetime | None = None
    contradictions: tuple[Message, ...] = ()
    n_contradictions: int = 0
    n_freed: int = 0
    n_decisions: int = 0
    different_decision: Message | None = None

    @property
    def agrees(self) -> bool:
        """Whether every suggestion and decision was reproduced, and nothing contradicts the database."""
        return self.first_difference is None and self.different_decision is None and not self.n_contradictions


@dataclass(frozen=True)
class PrunedJob:
    """What `prune` removed from a job."""

    id: str
    name: str
    n_attempts: int
    freed_bytes: int


@dataclass(frozen=True)
class PruneReport:
    """What `prune` removed, or would remove.

    Attributes:
        n_attempts: Attempts whose folders are gone.
        freed_bytes, left_bytes: Bytes on the disk of these, and of all other attempts of the home.
        jobs: The same by job.
        is_preview: Nothing was removed.
    """

    n_attempts: int
    freed_bytes: int
    left_bytes: int
    jobs: Sequence[PrunedJob]
    is_preview: bool


@dataclass(frozen=True)
class ReparseReport:
    """What a re-parse changed, or would change.

    Attributes:
        n_trials: Trials whose logs were read.
        changed: Trial, value before, value after; changed ones only.
        n_without_log: Trials without a whole log, which stay as they are.
        n_captured: Captures per metric, in all logs.
        n_lost: Trials that no longer have a value.
        n_pruned: Of those without a log, the ones whose files `prune` removed.
        pruned_at: When it last did.
        n_freed: Of those without a log, the ones whose logs lost their middle, as they had grown beyond
            ``max_log_bytes``.
        metric, goal: The objective from now on.
        best: Number and value of the best trial from now on; None when no trial has a value.
        is_tied: All values are the same from now on, so that ``best`` is no better than the others.
        state, message: Of the job from now on.
        is_preview: Nothing was changed.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason",)

    n_trials: int
    changed: Sequence[tuple[int, float | None, float | None]]
    n_without_log: int
    n_captured: Mapping[str, int]
    n_lost: int
    n_pruned: int
    pruned_at: datetime | None
    metric: str
    goal: Goal
    best: tuple[int, float] | None
    state: JobState
    message: str
    is_preview: bool
    n_freed: int = 0
    is_tied: bool = False

    @property
    def reason(self) -> Message | None:
        """The message as code and parameters; None if it has no code."""
        return self.message if isinstance(self.message, Message) else None
