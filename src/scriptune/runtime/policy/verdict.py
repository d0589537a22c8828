"""From how an attempt ended and what it printed to what became of the trial."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scriptune.core.trial import Cause, ExitReason, ExitStatus, TrialState
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
    """What became of an attempt.

    Attributes:
        state: Completed, early stopped, failed or stopped.
        value: Of the objective; only with the first two.
        cause: Why it failed.
        message: For people, with the last lines of the log when it failed.
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
    keep_on_timeout: bool = False,
    log_problem: str = "",
    nearest: Callable[[], tuple[Sequence[str], str]] = lambda: ((), ""),
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
        keep_on_timeout: Whether one counts that reached ``run.trial_timeout``.
        log_problem: Why there is no log to read, as a sentence.
        nearest: When nothing was captured: the lines that come nearest, and a sentence that proposes a regex, or "".
    """
    if exit.reason is ExitReason.CANCELLED:
        if value is not None and keep_value:
            message = "Stopped early; the values printed until then count."
            return Verdict(TrialState.EARLY_STOPPED, value, message=message)
        return Verdict(TrialState.STOPPED, message="Stopped before it had a value." if value is None else "Stopped.")
    if exit.reason is ExitReason.TIMEOUT and keep_on_timeout and value is not None:
        sentences = (_limit(exit, "run.trial_timeout was reached."), "The values printed until then count.")
        return Verdict(TrialState.EARLY_STOPPED, value, message=" ".join(sentences))
    failure = _failure(exit, last_lines)
    if failure is not None:
        cause, text = failure
        return Verdict(
            TrialState.FAILED, None, cause, with_log(_with_notes(text, exit, last_lines, log_problem), last_lines)
        )
    if value is not None:
        return Verdict(TrialState.COMPLETED, value)
    if n_reports:
        text = f"The program printed {metric!r} {n_reports} times, never as a finite number."
        if n_reports == 1:
            text = f"The program printed {metric!r} once, not as a finite number."
        return Verdict(TrialState.FAILED, None, Cause.NON_FINITE, with_log(text, last_lines))
    text = f"The program succeeded, but nothing it printed was read as {metric!r}."
    if log_problem or exit.message:
        text = _with_notes(text, exit, last_lines, log_problem)
    elif warnings:
        text += " " + warnings[0]
    else:
        text += " See what the regex finds: scriptune check JOBFILE --log FILE; then fix it: scriptune reparse."
    lines, proposal = nearest()
    shown = dict.fromkeys([*lines, *last_lines])
    message = "\n".join([with_log(text, list(shown)), *([proposal] if proposal else [])])
    return Verdict(TrialState.FAILED, None, Cause.NO_METRIC, message)


def _failure(exit: ExitStatus, last_lines: Sequence[str]) -> tuple[Cause, str] | None:
    match exit.reason:
        case ExitReason.TIMEOUT:
            return Cause.TIMEOUT, _limit(exit, "run.trial_timeout was reached.")
        case ExitReason.IDLE_TIMEOUT:
            return Cause.TIMEOUT, _limit(exit, "it printed nothing for run.idle_timeout.")
        case ExitReason.LAUNCH_ERROR:
            return Cause.LAUNCH_ERROR, exit.message or "The program could not be started."
        case ExitReason.LOST:
            vanished = "The trial's process was lost: its launcher was killed, or the machine restarted."
            return Cause.LOST, exit.message or vanished
    ran_out = exit.oom or any(_OUT_OF_MEMORY.search(line) for line in last_lines)
    if exit.signal is not None:
        name = _signal_name(exit.signal)
        if ran_out:
            return Cause.OUT_OF_MEMORY, f"Killed by {name} after running out of memory."
        return Cause.SIGNAL, f"Killed by {name}."
    if exit.exit_code:
        if ran_out:
            return Cause.OUT_OF_MEMORY, f"Ran out of memory (exit code {exit.exit_code})."
        return Cause.EXIT_CODE, f"Failed with exit code {exit.exit_code}."
    return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _limit(exit: ExitStatus, fallback: str) -> str:
    """Which limit was reached, as the launcher says it; attempts of version 0.1 have no message."""
    return f"Stopped: {exit.message or fallback}"


def _with_notes(text: str, exit: ExitStatus, last_lines: Sequence[str], log_problem: str) -> str:
    """A sentence about a failure, with what else is known about it."""
    notes = [text]
    if exit.reason is ExitReason.EXITED or exit.reason is ExitReason.LOST:
        notes.append(exit.message)
    notes.append(log_problem)
    if _DISK_FULL.search(exit.message) or any(_DISK_FULL.search(line) for line in last_lines):
        notes.append("A disk was full: make room, then run `scriptune retry`.")
    return " ".join(filter(None, notes))


def should_retry(cause: Cause | None, earlier: Sequence[ExitReason], retries: int) -> bool:
    """Whether a failed attempt is followed by another one of the same trial.

    Args:
        cause: Why it failed.
        earlier: How the trial's attempts before it ended.
        retries: The user's ``run.retries``; attempts that were lost are no charge on it.
    """
    n_lost = sum(reason is ExitReason.LOST for reason in earlier)
    if cause is Cause.LOST:
        return n_lost + 1 < _MAX_LOST
    return len(earlier) - n_lost < retries


def not_tunable(cause: Cause | None, message: str) -> str | None:
    """The line of a failed trial's message that shows what no hyperparameter can cure; None for other failures."""
    if cause is Cause.LAUNCH_ERROR:
        return " ".join(message.split()) or "launch error"
    if cause is not Cause.EXIT_CODE:
        return None
    for line in reversed(message.splitlines()):
        if _NOT_TUNABLE.search(line):
            return line.removeprefix(QUOTE).strip()
    return None
