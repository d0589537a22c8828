"""Decide the state of a trial from how its attempt ended and what it printed."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scriptune.core.job import RunSpec
from scriptune.core.trial import Cause, ExitReason, ExitStatus, TrialState
from scriptune.messages import Message, lines, sentences
from scriptune.metrics.excerpt import QUOTE, with_log

__all__ = ["Verdict", "judge", "not_tunable", "should_retry"]

_OUT_OF_MEMORY = re.compile(
    r"out of memory|MemoryError|std::bad_alloc|cannot allocate memory|OOM when allocating|OutOfMemoryError", re.I
)

# Failures that no choice of hyperparameters can cure. Two in a row with one message end the job.
_NOT_TUNABLE = re.compile(
    r"ModuleNotFoundError|No module named|ImportError|cannot open shared object file|SyntaxError|IndentationError"
    r"|unrecognized (arguments|option)|no such option|unknown (option|flag|argument)|invalid option"
    r"|the following arguments are required|Missing (option|argument)"
    r"|FileNotFoundError|No such file or directory|can't open file|command not found|not found$"
    r"|Permission denied|NotADirectoryError|is not recognized",
    re.I,
)
_DISK_FULL = re.compile(
    r"No space left on device|\bENOSPC\b|\[Errno 28\]|Disk quota exceeded|\[Errno 122\]|\bEDQUOT\b"
    r"|disk (was|is) full",
    re.I,
)
_MAX_LOST = 3  # attempts that vanished before a trial is given up; it is not the program's fault


@dataclass(frozen=True)
class Verdict:
    """The decision about an ended attempt.

    Attributes:
        state: Completed, early stopped, failed or stopped.
        value: Of the objective; only with the first two.
        cause: Why it failed.
        message: For people, with the last lines of the log when it failed; of completed trials only those that were
            ended at ``run.trial_timeout`` have one.
    """

    state: TrialState
    value: float | None = None
    cause: Cause | None = None
    message: str = ""


def judge(
    exit: ExitStatus,
    value: float | None,
    *,
    n_reports: int,
    metric: str,
    last_lines: Sequence[str],
    warnings: Sequence[str] = (),
    keep_value: bool = True,
    is_cancelled: bool = False,
    keep_on_timeout: bool = False,
    log_problem: str = "",
    nearest: Callable[[], tuple[Sequence[str], str]] = lambda: ((), ""),
    in_file: bool = False,
) -> Verdict:
    """Decide the state of a trial whose attempt has ended.

    Args:
        exit: How it ended.
        value: The objective's reduced finite value, None when there is none.
        n_reports: Captures of the objective's metric, finite or not.
        metric: The objective's name.
        last_lines: Of the log, for the message.
        warnings: What the intake said about refused captures.
        keep_value: Whether a cancelled trial counts with what it printed.
        is_cancelled: Whether it was asked to end, which a preemption may have come before.
        keep_on_timeout: Whether one with a value is completed that reached ``run.trial_timeout``.
        log_problem: Why there is no log to read, as a sentence.
        nearest: When nothing was captured: the lines that come nearest, and a sentence that proposes a regex, or "".
        in_file: Whether the objective's metric is read from a file.
    """
    if exit.reason is ExitReason.CANCELLED:
        if value is not None and keep_value:
            return Verdict(TrialState.EARLY_STOPPED, value, message=Message("trial.stopped_early"))
        return Verdict(
            TrialState.STOPPED,
            message=Message("trial.stopped_without_value") if value is None else Message("trial.stopped"),
        )
    if exit.reason is ExitReason.PREEMPTED and is_cancelled:
        return Verdict(TrialState.STOPPED, message=Message("trial.stopped"))
    if exit.reason is ExitReason.TIMEOUT and keep_on_timeout and value is not None:
        message = sentences(_limit(exit, Message("trial.time_limit")), Message("trial.printed_counts"))
        return Verdict(TrialState.COMPLETED, value, message=message)
    failure = _failure(exit, last_lines)
    if failure is not None:
        cause, text = failure
        return Verdict(
            TrialState.FAILED, None, cause, with_log(_with_notes(text, exit, last_lines, log_problem), last_lines)
        )
    if value is not None:
        return Verdict(TrialState.COMPLETED, value)
    if n_reports:
        text = Message("trial.never_finite", metric=metric, n=n_reports)
        if n_reports == 1:
            text = Message("trial.once_not_finite", metric=metric)
        return Verdict(TrialState.FAILED, None, Cause.NON_FINITE, with_log(text, last_lines))
    said: str = Message("trial.no_metric", metric=metric)
    if in_file:
        said = Message("trial.no_metric_in_file", metric=metric)
    if log_problem or exit.message:
        said = _with_notes(said, exit, last_lines, log_problem)
    elif warnings:
        said = sentences(said, warnings[0])
    else:
        said = sentences(said, Message("trial.see_regex"))
    near_lines, proposal = nearest()
    message = lines([with_log(said, list(dict.fromkeys([*near_lines, *last_lines]))), proposal])
    return Verdict(TrialState.FAILED, None, Cause.NO_METRIC, message)


def _failure(exit: ExitStatus, last_lines: Sequence[str]) -> tuple[Cause, str] | None:
    match exit.reason:
        case ExitReason.TIMEOUT:
            return Cause.TIMEOUT, _limit(exit, Message("trial.time_limit"))
        case ExitReason.IDLE_TIMEOUT:
            return Cause.TIMEOUT, _limit(exit, Message("trial.idle_limit"))
        case ExitReason.LAUNCH_ERROR:
            return Cause.LAUNCH_ERROR, exit.message or Message("trial.not_started")
        case ExitReason.LOST:
            vanished = Message("trial.lost")
            return Cause.LOST, exit.message or vanished
        case ExitReason.PREEMPTED:
            taken_away = Message("trial.preempted")
            return Cause.PREEMPTED, exit.message or taken_away
    ran_out = exit.oom or any(_OUT_OF_MEMORY.search(line) for line in last_lines)
    if exit.signal is not None:
        name = _signal_name(exit.signal)
        if ran_out:
            return Cause.OUT_OF_MEMORY, Message("trial.killed_out_of_memory", name=name)
        return Cause.SIGNAL, Message("trial.killed", name=name)
    if exit.exit_code:
        if ran_out:
            return Cause.OUT_OF_MEMORY, Message("trial.out_of_memory", n=exit.exit_code)
        return Cause.EXIT_CODE, Message("trial.exit_code", n=exit.exit_code)
    return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _limit(exit: ExitStatus, fallback: str) -> str:
    """Which limit was reached, in the launcher's words; attempts of version 0.1 have no message."""
    return Message("trial.limit_reached", what=exit.message or fallback)


def _with_notes(text: str, exit: ExitStatus, last_lines: Sequence[str], log_problem: str) -> str:
    """A sentence about a failure, with everything else known about it."""
    notes = [text]
    if exit.reason is ExitReason.EXITED or exit.reason is ExitReason.LOST:
        notes.append(exit.message)
    notes.append(log_problem)
    if _DISK_FULL.search(exit.message) or any(_DISK_FULL.search(line) for line in last_lines):
        notes.append(Message("trial.disk_full"))
    return sentences(*notes)


def should_retry(
    cause: Cause | None, earlier: Sequence[ExitReason], retries: int, max_preempted: int = RunSpec.max_preempted
) -> bool:
    """Whether a failed attempt is followed by another one of the same trial.

    Args:
        cause: Why it failed.
        earlier: How the trial's attempts before it ended.
        retries: The user's ``run.retries``; lost and preempted attempts do not count.
        max_preempted: The user's ``run.max_preempted``.
    """
    n_lost = sum(reason is ExitReason.LOST for reason in earlier)
    n_preempted = sum(reason is ExitReason.PREEMPTED for reason in earlier)
    if cause is Cause.LOST:
        return n_lost + 1 < _MAX_LOST
    if cause is Cause.PREEMPTED:
        return n_preempted < max_preempted
    return len(earlier) - n_lost - n_preempted < retries


def not_tunable(cause: Cause | None, message: str) -> str | None:
    """The log line showing that no hyperparameter can fix the failure; None for other failures."""
    if cause is Cause.LAUNCH_ERROR:
        return " ".join(message.split()) or Message("trial.launch_error")
    if cause is not Cause.EXIT_CODE:
        return None
    for line in reversed(message.splitlines()):
        if line.startswith(QUOTE) and _NOT_TUNABLE.search(line):
            return line.removeprefix(QUOTE).strip()
    return None
