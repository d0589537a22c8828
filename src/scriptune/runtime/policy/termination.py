"""When and why a search ends: functions of the job and its ordered history."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import islice

from scriptune.core.job import Goal, JobState, SearchJob
from scriptune.core.trial import Tell, Trial, TrialState
from scriptune.messages import Message
from scriptune.runtime.policy.verdict import not_tunable

__all__ = ["Ending", "Outcome", "Scoreboard", "budget_ending", "early_ending", "is_at_its_end"]

_NOT_TUNABLE_IN_A_ROW = 2  # one may be an accident of the machine; a third would only burn budget
_NUMBER = re.compile(r"0x[0-9a-f]+|\d+(\.\d+)?([eE][-+]?\d+)?", re.I)


@dataclass(frozen=True)
class Outcome:
    """One ended trial, in the order of telling.

    Attributes:
        order: Position in the told history.
        number: The trial.
        state: Its state.
        value: In the metric's own sign; None without one.
        not_tunable: The line that shows a failure no hyperparameter can cure; None for others.
    """

    order: int
    number: int
    state: TrialState
    value: float | None
    not_tunable: str | None = None

    @classmethod
    def of(cls, tell: Tell, trial: Trial) -> Outcome:
        """The outcome of a trial, from its entry in the told history."""
        return cls(tell.order, trial.number, trial.state, tell.value, not_tunable(trial.cause, trial.message))

    @property
    def reason(self) -> str:
        """Why the failure is not tunable, with numbers blanked, so that equal failures compare equal."""
        return _NUMBER.sub("#", self.not_tunable or "")


@dataclass(frozen=True)
class Ending:
    """Why a search starts no more trials.

    Attributes:
        state: What the job becomes.
        message: For people.
        cut: Whether running trials are ended too, counting with what they printed.
    """

    state: JobState
    message: str
    cut: bool = False


class Scoreboard:
    """The outcomes of a job in the order of telling, with incrementally updated statistics.

    A later outcome of the same trial (retry, reparse) replaces the earlier one.
    """

    def __init__(self, goal: Goal) -> None:
        self._sign = goal.sign
        self._outcomes: list[Outcome] = []
        self._numbers: set[int] = set()
        self.best: Outcome | None = None

    def add(self, outcome: Outcome) -> None:
        """Add the next outcome; its order exceeds all others."""
        if outcome.number in self._numbers:
            self._outcomes = [other for other in self._outcomes if other.number != outcome.number]
            with_value = [other for other in self._outcomes if other.value is not None]
            self.best = min(with_value, key=self._minimized, default=None)
        self._numbers.add(outcome.number)
        self._outcomes.append(outcome)
        if outcome.value is not None and (self.best is None or self._minimized(outcome) < self._minimized(self.best)):
            self.best = outcome

    def _minimized(self, outcome: Outcome) -> float:
        assert outcome.value is not None
        return self._sign * outcome.value

    def __len__(self) -> int:
        return len(self._outcomes)

    def first(self, n: int, from_order: int) -> list[Outcome]:
        """The first outcomes told at or after a position of the history."""
        start = bisect_left(self._outcomes, from_order, key=lambda outcome: outcome.order)
        return list(islice(self._outcomes, start, start + n))

    def failed_in_a_row(self, from_order: int) -> int:
        """Failed trials at the end of the history; stopped trials neither count nor break the row."""
        streak = 0
        for outcome in reversed(self._outcomes):
            if outcome.order < from_order or outcome.value is not None:
                break
            streak += outcome.state is TrialState.FAILED
        return streak

    def stalled(self, min_gain: float, from_order: int) -> int:
        """Completed trials at the end of the history without an improvement of ``min_gain`` on the best before them.

        Several small improvements count as one once they add up to it.

        Args:
            min_gain: In the metric's units; with 0 every improvement counts.
            from_order: Trials told before it are compared with, and not counted.
        """
        n, reference = 0, math.inf
        for outcome in self._outcomes:
            if outcome.value is None:
                continue
            value = self._minimized(outcome)
            if value < reference and reference - value >= min_gain:
                n, reference = 0, value
            elif outcome.order >= from_order:
                n += outcome.state is TrialState.COMPLETED
        return n

    def reached(self, target: float) -> bool:
        """Whether the best trial is as good as a target."""
        return self.best is not None and self._minimized(self.best) <= self._sign * target


def early_ending(
    scoreboard: Scoreboard,
    *,
    target: float | None,
    max_failed: int | None,
    resumed_at_tell: int,
    active_s: float,
    job_timeout_s: float | None,
    patience: int | None = None,
    min_gain: float = 0.0,
) -> Ending | None:
    """Why a search ends before its budget is used up, or None while it continues."""
    if target is not None and scoreboard.reached(target):
        assert scoreboard.best is not None
        text = Message("job.target_reached", number=scoreboard.best.number, value=scoreboard.best.value, target=target)
        return Ending(JobState.COMPLETED, text, cut=True)
    first = scoreboard.first(_NOT_TUNABLE_IN_A_ROW, resumed_at_tell)
    if len(first) == _NOT_TUNABLE_IN_A_ROW and first[0].not_tunable and len({o.reason for o in first}) == 1:
        return Ending(
            JobState.FAILED,
            Message("job.not_tunable", n=_NOT_TUNABLE_IN_A_ROW, line=first[0].not_tunable.rstrip(".")),
            cut=True,
        )
    streak = scoreboard.failed_in_a_row(resumed_at_tell)
    if max_failed is not None and streak >= max_failed:
        if streak == 1:
            return Ending(
                JobState.FAILED,
                Message("job.one_failed"),
            )
        return Ending(
            JobState.FAILED,
            Message("job.failed_in_a_row", n=streak, most=max_failed),
        )
    if patience is not None and scoreboard.best is not None:
        n = scoreboard.stalled(min_gain, resumed_at_tell)
        if n >= patience:
            gain = Message("job.min_gain", min_gain=min_gain) if min_gain else ""
            best = scoreboard.best
            text = Message("job.no_improvement", n=n, gain=gain, number=best.number, value=best.value)
            return Ending(JobState.COMPLETED, text)
    if job_timeout_s is not None and active_s >= job_timeout_s:
        state = JobState.COMPLETED if scoreboard.best is not None else JobState.FAILED
        return Ending(state, Message("job.time_used_up", seconds=f"{job_timeout_s:g}"), cut=True)
    return None


_ENDS = ("budget_used_up", "trainings_used_up", "all_tried", "grid_tried")
_AT_ITS_END = frozenset(f"job.{why}{rest}" for why in _ENDS for rest in ("", "_in_vain")) | {"job.ended_in_0_1_0"}
"""Codes of endings without a further trial to start; 0.1.0 stored none, and the migration marks its rows."""


def is_at_its_end(job: SearchJob) -> bool:
    """Whether a job had no further trial to start: if resumed unchanged, it ends at once in the same way."""
    return (
        job.state in (JobState.COMPLETED, JobState.FAILED) and job.reason is not None and job.reason.code in _AT_ITS_END
    )


def budget_ending(
    scoreboard: Scoreboard, *, budget: int, exhausted: bool, is_divided: bool = False, trainings: float | None = None
) -> Ending:
    """How a search ends that has used up its budget or every configuration.

    Args:
        scoreboard: Its outcomes.
        budget: Of trials.
        exhausted: Whether the sampler has nothing left to propose.
        trainings: The budget in full trainings, where it is one of those.
        is_divided: Whether it proposes points of a grid only, between which there are others.
    """
    done = len(scoreboard)
    if scoreboard.best is None:
        if not exhausted and trainings is not None:
            message = Message("job.trainings_used_up_in_vain", done=done, budget=f"{trainings:g}")
        elif not exhausted:
            message = Message("job.budget_used_up_in_vain", done=done, budget=budget)
        elif is_divided:
            message = Message("job.grid_tried_in_vain", done=done, budget=budget)
        else:
            message = Message("job.all_tried_in_vain", done=done, budget=budget)
        return Ending(JobState.FAILED, message)
    if not exhausted and trainings is not None:
        message = Message("job.trainings_used_up", done=done, budget=f"{trainings:g}")
    elif not exhausted:
        message = Message("job.budget_used_up", done=done, budget=budget)
    elif is_divided:
        message = Message("job.grid_tried", done=done, budget=budget)
    else:
        message = Message("job.all_tried", done=done, budget=budget)
    return Ending(JobState.COMPLETED, message)
