"""runtime/policy/stopping.py: from reports to the calls of a rule, and the rule rebuilt from them."""

from __future__ import annotations

import math

from scriptune.core.decision import Decision, StoppingCall
from scriptune.runtime.policy.stopping import Stopping, call_again


class Strict:
    """Stops whatever is worse than the best so far, at any rung."""

    def __init__(self, max_step: int | None = None) -> None:
        self._max_step, self._best = max_step, math.inf

    @property
    def rungs(self) -> tuple[int, ...]:
        return (2, 4, 8) if self._max_step else ()

    def record(self, number: int, step: float, value: float, protected: bool = False) -> Decision:
        is_worse = value > self._best
        self._best = min(value, self._best)
        return Decision.STOP if is_worse and not protected else Decision.CONTINUE

    def finish(self, number: int, step: float, completed: bool) -> None:
        if completed:
            self._max_step = self._max_step or int(step)


CONTINUE, STOP = Decision.CONTINUE, Decision.STOP


def follow(
    stopping: Stopping, number: int, *points: tuple[float, float], protected: bool = False
) -> list[StoppingCall]:
    """Report points of a trial that was begun, and ask the rule."""
    for step, value in points:
        stopping._curves[number].report(step, value)
    return stopping.record(number, protected=protected)


def test_the_rule_is_asked_about_the_first_report_at_or_above_a_rung() -> None:
    stopping = Stopping(Strict(10))
    stopping.begin(0, 1)
    assert follow(stopping, 0, (0, 9.0), (1, 8.0)) == []
    assert follow(stopping, 0, (3, 7.0), (3.5, 6.0)) == [StoppingCall(0, 1, 3, 7.0, decision=CONTINUE)]
    assert follow(stopping, 0, (9, 5.0), (10, 4.0)) == [StoppingCall(0, 1, 9, 5.0, decision=CONTINUE)]


def test_a_step_that_is_not_above_the_last_one_reaches_no_rung() -> None:
    stopping = Stopping(Strict(10))
    stopping.begin(0, 1)
    assert [call.step for call in follow(stopping, 0, (2, 1.0), (1, 0.5), (2, 0.4), (4, 0.3))] == [2, 4]


def test_a_trial_that_is_to_be_stopped_is_recorded_further_and_not_judged_again() -> None:
    stopping = Stopping(Strict(10))
    stopping.begin(0, 1)
    stopping.begin(1, 1)
    follow(stopping, 0, (2, 1.0))
    calls = follow(stopping, 1, (2, 2.0), (4, 3.0), (8, 0.5))
    assert [(call.decision, call.protected) for call in calls] == [(STOP, False), (CONTINUE, True), (CONTINUE, True)]
    assert stopping.stopped == {1: calls[0]}


def test_what_was_reported_before_the_rungs_were_known_is_recorded_with_them() -> None:
    stopping = Stopping(Strict())
    for number in (2, 0, 1):
        stopping.begin(number, 1)
    assert follow(stopping, 0, (1, 5.0), (2, 4.0)) == []
    assert follow(stopping, 1, (2, 6.0), (3, 6.0), (5, 6.0)) == []
    assert follow(stopping, 2, (2, 1.0)) == []
    assert stopping.finish(2, completed=False) == [StoppingCall(2, 1, 2, completed=False)]
    assert stopping.needs_past
    assert stopping.finish(0, completed=True) == [
        StoppingCall(0, 1, 2, completed=True),
        StoppingCall(0, 1, 2, 4.0, protected=True, decision=CONTINUE),
        StoppingCall(1, 1, 2, 6.0, protected=True, decision=CONTINUE),
        StoppingCall(1, 1, 5, 6.0, protected=True, decision=CONTINUE),
        StoppingCall(2, 1, 2, 1.0, protected=True, decision=CONTINUE),
    ]
    assert follow(stopping, 1, (6, 6.0)) == []
    assert follow(stopping, 1, (8, 6.0)) == [StoppingCall(1, 1, 8, 6.0, decision=STOP)]
    assert stopping.finish(1, completed=False)[0].step == 8


def test_a_rule_that_never_has_rungs_keeps_no_curves() -> None:
    class Silent(Strict):
        rungs = ()

    stopping = Stopping(Silent())
    stopping.begin(0, 1)
    follow(stopping, 0, (1, 1.0))
    stopping.finish(0, completed=True)
    assert not stopping.needs_past
    assert not stopping._curves


def test_a_rule_that_is_given_the_stored_calls_goes_on_as_if_nothing_had_happened() -> None:
    first = Stopping(Strict(10))
    first.begin(0, 1)
    calls = follow(first, 0, (2, 1.0))
    first.begin(1, 1)
    calls += follow(first, 1, (2, 0.5), (4, 0.25))
    again = Stopping(Strict(10), calls)
    again.begin(0, 1, [(2, 1.0)])
    assert follow(again, 0, (3, 1.0)) == []
    assert follow(again, 0, (4, 1.0)) == follow(first, 0, (4, 1.0)) == [StoppingCall(0, 1, 4, 1.0, decision=STOP)]
    again.begin(1, 1, [(2, 0.5)])  # its report of step 4 was not stored, and is read again
    assert follow(again, 1, (4, 0.25)) == []
    rule = Strict(10)
    assert [call_again(rule, call) for call in calls] == [call.decision for call in calls]


def test_a_further_attempt_reaches_the_rungs_again() -> None:
    stopping = Stopping(Strict(10))
    stopping.begin(0, 1)
    follow(stopping, 0, (2, 1.0))
    stopping.begin(0, 2)
    assert follow(stopping, 0, (2, 0.5)) == [StoppingCall(0, 2, 2, 0.5, decision=CONTINUE)]


def test_a_value_that_is_missing_is_worse_than_any() -> None:
    stopping = Stopping(Strict(10))
    for number in (0, 1):
        stopping.begin(number, 1)
    follow(stopping, 0, (2, 1e300))
    assert follow(stopping, 1, (2, math.inf))[0].decision is STOP
