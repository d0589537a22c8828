"""Early stopping of one job: from the reports of its trials to the calls of its rule.

The rule knows nothing but these calls. They are stored in the transaction that stores the reports, so the rule can be
built again from them at any time, and each decision derived again.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scriptune.core.decision import Decision, StoppingCall
from scriptune.core.job import JobSpec
from scriptune.search.levels import told_rungs
from scriptune.search.stopping.base import AuditedRule, StoppingRule
from scriptune.search.stopping.registry import make_stopping_rule

__all__ = ["StepCurve", "Stopping", "call_again", "rule_of"]


def rule_of(spec: JobSpec) -> StoppingRule | None:
    """Make the rule of a job; None when no trial is stopped.

    Raises:
        StoppingRuleError: It comes from a package that is not installed.
    """
    stopping = spec.stopping
    if stopping.rule == "none":
        return None
    return make_stopping_rule(stopping.rule, max_step=stopping.max_step, seed=spec.search.seed, **stopping.options)


def call_again(rule: StoppingRule, call: StoppingCall) -> Decision | None:
    """Repeat a stored call; returns the decision that a rung gets now."""
    if call.decision is None:
        if call.value is not None and isinstance(rule, AuditedRule):
            rule.learn_final(call.number, call.value)
        rule.finish(call.number, call.step, call.completed)
        return None
    assert call.value is not None
    return rule.record(call.number, call.step, call.value, call.protected)


@dataclass
class StepCurve:
    """The values of an attempt by step.

    Attributes:
        attempt: Which one.
        points: Step and value so far of the reports that the rule was not asked about yet.
        last_step: Of all reports; one that is not above it, as of a second phase, is no further step.
        asked_step: The rule was asked about reports up to here.
    """

    attempt: int
    points: list[tuple[float, float]] = field(default_factory=list)
    last_step: float = -math.inf
    asked_step: float = -math.inf

    def report(self, step: float, value: float) -> None:
        """Add a report.

        Args:
            step: Its step.
            value: What the reports up to it are reduced to, to be minimised; infinite when none was finite.
        """
        if step > self.last_step:
            self.points.append((step, value))
            self.last_step = step


class Stopping:
    """The rule of a job, and the trials that it follows.

    Args:
        rule: In its first state.
        calls: The stored calls, in order.

    Attributes:
        stopped: The calls that stopped a trial, by its number.
        n_calls: How many calls there are.
        max_step: Length of a training in steps, once it is known.
    """

    def __init__(self, rule: StoppingRule, calls: Sequence[StoppingCall] = (), *, max_step: int | None = None) -> None:
        self._rule = rule
        self.n_calls = 0
        self.max_step = max_step
        self._told_rungs: tuple[float, ...] | None = None
        self._values: dict[int, dict[float, float]] = {}
        self._attempts: dict[int, int] = {}
        self._curves: dict[int, StepCurve] = {}
        self._ended: set[int] = set()
        self._asked: dict[tuple[int, int], float] = {}
        self._has_ended_once = False
        self.stopped: dict[int, StoppingCall] = {}
        for call in calls:
            self.repeat(call)

    def repeat(self, call: StoppingCall) -> Decision | None:
        """Make a stored call again; returns what the rule decides now."""
        decision = call_again(self._rule, call)
        self._note(call)
        return decision

    def rungs_of(self, number: int) -> tuple[tuple[float, float], ...]:
        """(step, value) at the rungs that a trial has reached, to be minimised, as samplers are told them."""
        return tuple(self._values.get(number, {}).items())

    @property
    def needs_past(self) -> bool:
        """Whether the reports of trials that have ended may still be compared: no rung is known yet."""
        return not (self._rule.rungs or self._has_ended_once)

    def begin(self, number: int, attempt: int, stored: Iterable[tuple[float, float]] = ()) -> StepCurve:
        """Follow an attempt; an earlier one of the trial is left.

        Args:
            number, attempt: Which one.
            stored: Its stored reports: the rule was asked about those that reached a rung.
        """
        curve = self._curves[number] = StepCurve(attempt)
        self._ended.discard(number)
        if number in self.stopped and self.stopped[number].attempt != attempt:
            del self.stopped[number]
        for step, value in stored:
            curve.report(step, value)
        if not self.needs_past:
            curve.points.clear()
            curve.asked_step = max(curve.last_step, self._asked.pop((number, attempt), -math.inf))
        return curve

    def reaches_rung(self, number: int) -> bool:
        """Whether a report of the trial that the rule was not asked about reaches a rung."""
        curve = self._curves[number]
        return bool(curve.points) and self._rung(curve.points[-1][0]) > self._rung(curve.asked_step)

    def _rung(self, step: float) -> int:
        """How many rungs lie at or below a step."""
        return bisect_right(self._rule.rungs, step)

    def record(self, number: int, *, protected: bool) -> list[StoppingCall]:
        """Ask the rule about the reports of a trial that reached a rung.

        Args:
            number: The trial.
            protected: Whether it continues in any case.
        """
        curve = self._curves[number]
        if self.needs_past:
            return []
        calls = []
        for step, value in curve.points:
            if self._rung(step) > self._rung(curve.asked_step):
                spared = protected or number in self.stopped
                decision = self._rule.record(number, step, value, spared)
                comparison = self._rule.comparison if isinstance(self._rule, AuditedRule) else None
                call = StoppingCall(number, curve.attempt, step, value, spared, decision, comparison=comparison)
                calls.append(call)
                self._note(calls[-1])
            curve.asked_step = max(curve.asked_step, step)
        curve.points.clear()
        return calls

    def finish(self, number: int, *, completed: bool, value: float | None = None) -> list[StoppingCall]:
        """Tell the rule that a trial has ended; if this makes the rungs known, also what was reported before.

        Args:
            number: The trial, whose reports are all recorded.
            completed: Whether its program ran to its end, with a value.
            value: Its final value, to be minimised, if it has completed.
        """
        needed_past = self.needs_past
        curve = self._curves[number]
        calls = [StoppingCall(number, curve.attempt, max(curve.last_step, 0.0), value, completed=completed)]
        call_again(self._rule, calls[0])
        self._note(calls[0])
        if needed_past and not self.needs_past:
            for other in sorted(self._curves):
                calls += self.record(other, protected=True)
        self._ended.add(number)
        if not self.needs_past:
            for other in self._ended & self._curves.keys():
                del self._curves[other]
        return calls

    def _note(self, call: StoppingCall) -> None:
        self.n_calls += 1
        if call.decision is None:
            if call.completed and self.max_step is None:
                self.max_step = max(1, round(call.step))
            self._has_ended_once = self._has_ended_once or call.completed
            return
        self._note_rungs(call)
        self._asked[call.number, call.attempt] = call.step
        if call.decision is Decision.STOP:
            self.stopped[call.number] = call

    def _note_rungs(self, call: StoppingCall) -> None:
        """Keep the value at the rungs that a call has reached."""
        assert call.value is not None
        if self._told_rungs is None:  # they do not change once there are any
            self._told_rungs = told_rungs(self._rule.rungs)
        if self._attempts.get(call.number) != call.attempt:
            self._attempts[call.number] = call.attempt
            self._values.pop(call.number, None)
        known = self._values.get(call.number, {})
        reached = [rung for rung in self._told_rungs if rung <= call.step and rung not in known]
        if reached:
            self._values[call.number] = known | dict.fromkeys(reached, call.value)
