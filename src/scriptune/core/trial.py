"""Trials: states and their legal transitions, attempts, reports and observations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeAlias

from scriptune.core.builtin_values import builtin_value
from scriptune.core.parameters import Scalar
from scriptune.core.space import Params
from scriptune.errors import ConflictError, SamplerError
from scriptune.messages import Message

__all__ = [
    "ENDED",
    "TRANSITIONS",
    "AnyFloat",
    "Attempt",
    "Cause",
    "ExitReason",
    "ExitStatus",
    "Observation",
    "Phase",
    "Report",
    "Suggestion",
    "Tell",
    "Trial",
    "TrialState",
    "check_transition",
]


AnyFloat: TypeAlias = Annotated[float, "null in JSON unless finite"]
"""A number that may be NaN or infinite."""


class TrialState(StrEnum):
    """State of a trial."""

    WAITING = "waiting"  # has params, no running process
    RUNNING = "running"
    COMPLETED = "completed"  # has a value, and was not stopped before its end or its time limit
    EARLY_STOPPED = "early_stopped"  # ended by us or the user, and its value counts
    FAILED = "failed"  # has a cause
    STOPPED = "stopped"  # ended by the user without a value


class Cause(StrEnum):
    """Why a trial failed."""

    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    NO_METRIC = "no_metric"
    NON_FINITE = "non_finite"
    LAUNCH_ERROR = "launch_error"
    LOST = "lost"
    PREEMPTED = "preempted"


ENDED = frozenset({TrialState.COMPLETED, TrialState.EARLY_STOPPED, TrialState.FAILED, TrialState.STOPPED})

_S = TrialState
TRANSITIONS: Mapping[TrialState, frozenset[TrialState]] = MappingProxyType(
    {
        _S.WAITING: frozenset({_S.RUNNING, _S.FAILED, _S.STOPPED}),
        # Back to waiting: the attempt failed or was lost, and another one will follow.
        _S.RUNNING: frozenset({_S.COMPLETED, _S.EARLY_STOPPED, _S.FAILED, _S.STOPPED, _S.WAITING}),
        # The remaining rows are user's acts on ended trials: `retry`, `resume` and `reparse`.
        _S.COMPLETED: frozenset({_S.COMPLETED, _S.FAILED}),
        _S.EARLY_STOPPED: frozenset({_S.EARLY_STOPPED, _S.FAILED, _S.STOPPED, _S.WAITING}),
        _S.FAILED: frozenset({_S.WAITING, _S.COMPLETED, _S.EARLY_STOPPED, _S.FAILED}),
        _S.STOPPED: frozenset({_S.WAITING, _S.EARLY_STOPPED, _S.STOPPED}),
    }
)


def check_transition(number: int, old: TrialState, new: TrialState) -> None:
    """Reject a state transition that is not in the table.

    Raises:
        ConflictError: The transition is not legal.
    """
    if new not in TRANSITIONS[old]:
        legal = sorted(TRANSITIONS[old]) or Message("trial.no_state")
        raise ConflictError(Message("trial.wrong_transition", number=number, old=old, new=new, legal=legal))


@dataclass(frozen=True)
class Observation:
    """The result of a trial as a sampler is told it.

    Attributes:
        number: The trial's number; negative for results known before the search (-1, -2, ...).
        params: The trial's params.
        value: To be minimised; None, NaN or infinite when it failed.
        rungs: (step, value) at rungs that it has reached, ascending, to be minimised.
        is_final: Whether the program ran to its end, or failed; otherwise ``value`` is the last one before it was
            stopped, or the latest one while it runs.
    """

    number: int
    params: Params
    value: float | None
    rungs: tuple[tuple[float, float], ...] = ()
    is_final: bool = True

    def __post_init__(self) -> None:
        try:
            value = builtin_value(self.value)
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            value = float(value) if is_number else value
        except OverflowError as err:  # not quoted: it may have thousands of digits
            raise SamplerError(Message("trial.value_too_large", number=self.number)) from err
        if not (value is None or is_number):
            raise SamplerError(Message("trial.value_not_a_number", number=self.number, value=self.value))
        object.__setattr__(self, "value", value)
        rungs = tuple((float(builtin_value(step)), float(builtin_value(reached))) for step, reached in self.rungs)
        object.__setattr__(self, "rungs", tuple(sorted(rungs, key=lambda rung: rung[0])))


class Phase(StrEnum):
    """The phase of a search that chose a trial's params (initial design, model, ...)."""

    DEFAULT = "default"  # a first point: defaults, usual values, the centre of the space
    INITIAL = "initial"  # space filling, before the model
    MODEL = "model"
    FALLBACK = "fallback"  # the model failed; something simpler chose
    ENQUEUED = "enqueued"  # the user asked for it


@dataclass(frozen=True)
class Suggestion:
    """Proposed params and how they were chosen.

    Attributes:
        params: The params.
        sampler: Name of the sampler that chose them; under ``auto`` the one it used.
        phase: Which part of the search.
        mean, std: The model's prediction. From a sampler in the units it was told (minimised); in a
            stored trial in the metric's own units and sign. None without a model.
        acquisition: Value of the acquisition function, in its own units.
        note: One sentence that explains the choice.
        n_compared: Length of the record of the stopping rule's calls when it was chosen; with it, a suggestion that
            considers values of running trials can be replayed.
        fixed: What the user asked for, where the sampler chose the rest.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason",)

    params: Params
    sampler: str
    phase: Phase
    mean: float | None = None
    std: float | None = None
    acquisition: float | None = None
    note: str = ""
    n_compared: int = 0
    fixed: Params | None = None

    @property
    def reason(self) -> Message | None:
        """The note as code and parameters; None if it has no code."""
        return self.note if isinstance(self.note, Message) else None


@dataclass(slots=True)  # not frozen, which would take five times as long, and a log may have millions of values
class Report:
    """One metric value, read from the log or from a file that the program wrote.

    Attributes:
        metric: The metric's name.
        value: The number; NaN and infinities (null in JSON) are kept as what was printed, but never become a value.
        step: As the program wrote it, else the count of reports of this metric from 0.
        offset: Byte offset in the log of the line it was read from; in a file, of its record.
        at: When it was read.
        unit: The letters or the sign that were printed right after the number, ``""`` without one; ``value`` is in the
            unit of the metric, whichever it was printed in. None for reports of 0.1.0.
        file: The file it was read from: its path from the trial's own folder, or an absolute one; ``""``: the log.
    """

    metric: str
    value: AnyFloat
    step: float
    offset: int
    at: datetime
    unit: str | None = ""
    file: str = ""


@dataclass(frozen=True)
class Tell:
    """One entry of the ordered history of results that a job's sampler was told.

    A later entry for the same trial (after a retry or reparse) replaces the earlier one.

    Attributes:
        order: Position in the job's history, from 0 without gaps.
        number: The trial.
        value: The metric's own sign; None when it failed.
        rungs: (step, value) at rungs that it has reached, ascending, in the metric's own sign.
        is_final: Whether the value is a final one; False for a trial that was stopped. True in entries of 0.1.0.
        lengths: How long its attempts were, in steps, the latest one last; () in entries of 0.1.0.
    """

    order: int
    number: int
    value: float | None
    rungs: tuple[tuple[float, AnyFloat], ...] = ()
    is_final: bool = True
    lengths: tuple[float, ...] = ()


class ExitReason(StrEnum):
    """Why the process of an attempt ended."""

    EXITED = "exited"  # on its own; exit_code or signal tells how
    TIMEOUT = "timeout"
    IDLE_TIMEOUT = "idle_timeout"
    CANCELLED = "cancelled"
    LAUNCH_ERROR = "launch_error"
    LOST = "lost"  # the launcher was lost
    PREEMPTED = "preempted"  # a scheduler gave its slot to others; what it printed is half a result


@dataclass(frozen=True)
class ExitStatus:
    """How an attempt ended, as the launcher wrote it.

    Attributes:
        reason: Why the process has ended.
        exit_code: Of the program when it exited.
        signal: Number of the signal that ended it.
        started_at, finished_at: Wall clock; None when unknown.
        wall_s, cpu_s: Seconds; cpu of the program and all its descendants.
        peak_memory_bytes: Largest resident size of any of its processes.
        message: The launcher's message about a launch error, a limit that was reached, or processes left behind.
        oom: Whether the kernel reported an out-of-memory kill meanwhile.
        log_size: Bytes in the log when the program ended, or reached ``trial_timeout``; what comes after them does not
            count. None when that is unknown, as in attempts of version 0.1.
    """

    reason: ExitReason
    exit_code: int | None = None
    signal: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    wall_s: float | None = None
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    message: str = ""
    oom: bool = False
    log_size: int | None = None


@dataclass(frozen=True)
class Attempt:
    """One execution of a trial; a retry is a further attempt.

    Attributes:
        number: The trial's number.
        attempt: 1 for the first.
        state: ``waiting`` (ordered), ``running`` or the state it ended in.
        folder: Path of the attempt folder, relative to the home.
        handle: What the executor needs to find it again, as JSON; None before it was submitted.
        exit: How it ended; None while it runs.
        log_offset: Bytes of the log that were read into reports; always the start of a line.
        sources: How far metric files were read into reports, by source; see `runtime.metric_files`.
        warnings: Warnings about matches that were not numbers, the first ones only.
        created_at, started_at, finished_at: Ordered, running, ended, in aware UTC; None before that.
        pruned_at: When `prune` removed its files, the log among them; None while they are kept.
        placed: Where it runs or ran: machine and devices, as ``gpu3, GPU 1``; "" while that is not known.
        contact_at: When its executor last heard of it, to half a minute; None before it was submitted.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("notices",)
    not_shown: ClassVar[tuple[str, ...]] = ("sources",)

    number: int
    attempt: int
    state: TrialState
    folder: str
    handle: Mapping[str, Any] | None = None
    exit: ExitStatus | None = None
    log_offset: int = 0
    warnings: tuple[str, ...] = ()
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    pruned_at: datetime | None = None
    placed: str = ""
    contact_at: datetime | None = None
    sources: Mapping[str, Any] = field(default_factory=dict)

    @property
    def notices(self) -> tuple[Message, ...]:
        """The warnings that have a code, as code and parameters."""
        return tuple(warning for warning in self.warnings if isinstance(warning, Message))


@dataclass(frozen=True)
class Trial:
    """One set of params with its state and result.

    Attributes:
        number: Counts from 0 in its job.
        params: The searched parameters only, without inactive ones.
        state: Its state.
        value: The objective's reduced value in the metric's own sign, always finite; None without one.
        metrics: Reduced finite value of every metric so far, live while it runs.
        n_reports: Captured values so far, over all metrics.
        cause: Why it failed.
        message: What a user should know about how it ended: the error with the last log lines.
        suggestion: How the params were chosen.
        n_told: Length of the told history when it was asked; with it, the suggestion can be replayed.
        n_attempts: Attempts so far.
        stop_requested: Whether it was, or will be, stopped individually: by the user, or because another trial
            reached the target.
        report_digest: Equal in trials that printed the same values of all metrics at the same steps; None before the
            end, without reports, and in trials that were stored before 0.2.0.
        notices: What the user should know about it beside the error in `message`.
        place: Where its latest attempt runs or ran: machine and devices, as ``gpu3, GPU 1``; "" while not known.
        waits: Why it waits, as a sentence; "" unless it is waiting.
        contact_at: When the executor last heard of its latest attempt, to half a minute; None before that.
        created_at: When it was asked for, in aware UTC.
        started_at, finished_at: Of its latest attempt, in aware UTC; None before that.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason", "waits_reason")

    number: int
    params: Mapping[str, Scalar]
    state: TrialState
    value: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    n_reports: int = 0
    cause: Cause | None = None
    message: str = ""
    suggestion: Suggestion | None = None
    n_told: int = 0
    n_attempts: int = 0
    stop_requested: bool = False
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    report_digest: str | None = None
    notices: tuple[Message, ...] = ()
    place: str = ""
    waits: str = ""
    contact_at: datetime | None = None

    @property
    def reason(self) -> Message | None:
        """The message as code and parameters; None if it has no code, as in trials of version 0.1.0."""
        return self.message if isinstance(self.message, Message) else None

    @property
    def waits_reason(self) -> Message | None:
        """Why it waits as code and parameters; None if it does not wait, or a plug-in says why."""
        return self.waits if isinstance(self.waits, Message) else None
