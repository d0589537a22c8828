"""The contract of stopping rules as tests. Needs pytest.

    from scriptune.testing.stopping import StoppingRuleContract

    class TestMine(StoppingRuleContract):
        rule = "mine"

A rule of an installed package, or of this one, is named. One that has no name yet is made::

    class TestMine(StoppingRuleContract):
        def make(self, max_step, seed):
            return MyRule(MyOptions(), max_step=max_step, seed=seed)

The tests ask what `scriptune.search.stopping.base` states, they know no rule by its name, and each says in its
docstring what it asks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from scriptune.core.decision import Decision
from scriptune.search.stopping.base import StoppingRule
from scriptune.search.stopping.registry import make_stopping_rule

__all__ = ["StoppingRuleContract"]

_T = 52


class StoppingRuleContract:
    """What every stopping rule passes. Subclass it and set ``rule``, or override `make`.

    Attributes:
        rule: A registered name.
        options: Its options.
    """

    rule: ClassVar[str] = ""
    options: ClassVar[dict[str, Any]] = {}

    def make(self, max_step: int | None, seed: int) -> StoppingRule:
        """Create a rule."""
        return make_stopping_rule(self.rule, max_step=max_step, seed=seed, **self.options)

    @pytest.mark.parametrize("max_step", [1, 2, 3, 10, _T, 1000])
    def test_rungs_ascend_within_a_training(self, max_step: int) -> None:
        """They are whole steps, and the last step of a training is none: a trial that is there has ended."""
        rungs = self.make(max_step, 0).rungs
        assert list(rungs) == sorted(set(rungs))
        assert all(type(rung) is int and 1 <= rung < max_step for rung in rungs)

    def test_the_first_completed_trial_shows_how_long_a_training_is(self) -> None:
        """One that failed does not; before, there are no rungs."""
        rule = self.make(None, 0)
        assert rule.rungs == ()
        rule.finish(1, 7, completed=False)
        assert rule.rungs == ()
        rule.finish(0, _T, completed=True)
        assert rule.rungs == self.make(_T, 0).rungs
        rule.finish(2, 2 * _T, completed=True)
        assert set(rule.rungs) <= set(self.make(_T, 0).rungs)

    @pytest.mark.parametrize("seed", [0, 1])
    def test_the_same_calls_give_the_same_decisions(self, seed: int) -> None:
        """So a search can be resumed, and replayed."""
        assert list(self._search(seed)) == list(self._search(seed))

    def test_decisions_are_made_with_nothing_but_the_calls(self) -> None:
        """Two rules that are asked in turn do not disturb each other."""
        alone = list(self._search(0))
        first, second = self._search(0), self._search(0)
        assert [(a, b) for a, b in zip(first, second, strict=True)] == [(a, a) for a in alone]

    def test_a_protected_trial_continues(self) -> None:
        """However bad it is."""
        assert set(self._search(3, protected=True)) <= {Decision.CONTINUE}

    def test_a_trial_that_can_be_compared_with_none_continues(self) -> None:
        """The first at each rung, whatever its value."""
        rule = self.make(_T, 0)
        assert {rule.record(0, rung, math.inf) for rung in rule.rungs} <= {Decision.CONTINUE}

    def test_the_best_trial_of_all_continues(self) -> None:
        """Each is better than all before it, at every rung."""
        rule = self.make(_T, 0)
        decisions = [rule.record(number, rung, -float(number)) for number in range(20) for rung in rule.rungs]
        assert set(decisions) <= {Decision.CONTINUE}

    @pytest.mark.parametrize("values", [[math.inf], [1.0], [1e308, -1e308], [5e-324, 0.0, -0.0], [math.inf, 1.0]])
    def test_awkward_values_do_no_harm(self, values: list[float]) -> None:
        """Failures, equal values and values of any size are ordinary; so are trials without a report."""
        rule = self.make(_T, 0)
        for number in range(12):
            for rung in rule.rungs:
                assert rule.record(number, rung + 0.5, values[number % len(values)]) in Decision
            rule.finish(number, _T, completed=True)
        rule.finish(12, 0, completed=False)

    def test_a_trial_that_is_run_again_may_report_again(self) -> None:
        """A further attempt starts at its first step."""
        rule = self.make(_T, 0)
        for value in (1.0, 2.0):
            for rung in rule.rungs[:2]:
                assert rule.record(0, rung, value) in Decision
        rule.finish(0, _T, completed=True)

    def _search(self, seed: int, *, protected: bool = False) -> Iterator[Decision]:
        """The decisions of a search with four parallel trials; a trial that was stopped reports no further."""
        rule, rng = self.make(_T, seed), random.Random(seed)
        running: dict[int, list[int]] = {}
        number = 0
        while number < 40 or running:
            if len(running) < 4 and number < 40:
                running[number] = list(rule.rungs)
                number += 1
                continue
            one = rng.choice(sorted(running))
            if not running[one]:
                del running[one]
                rule.finish(one, _T, completed=True)
                continue
            step = running[one].pop(0)
            decision = rule.record(one, step, rng.random() + one % 5, protected)
            yield decision
            if decision is Decision.STOP:
                del running[one]
                rule.finish(one, step, completed=False)
