"""search/stopping/model.py, asha.py and comparison.py: who is cut at a rung."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scriptune.core.decision import Comparison, Decision
from scriptune.errors import StoppingRuleError
from scriptune.search.stopping.asha import AshaOptions, AshaRule
from scriptune.search.stopping.model import ModelOptions, ModelRule
from scriptune.search.stopping.registry import make_stopping_rule

CONTINUE, STOP = Decision.CONTINUE, Decision.STOP


def model(max_step: int | None = 52, seed: int = 0, audit: float = 0.0, keep: float = 0.5) -> ModelRule:
    return ModelRule(ModelOptions(audit=audit, keep=keep), max_step=max_step, seed=seed)


@pytest.mark.parametrize(
    ("max_step", "rungs"),
    [(52, (4, 8, 16, 32)), (10, (1, 2, 4)), (3, (1, 2)), (1, ()), (2, (1,)), (100, (8, 16, 32, 64))],
)
def test_rungs_double_from_a_thirteenth_of_a_training(max_step: int, rungs: tuple[int, ...]) -> None:
    assert make_stopping_rule("model", max_step=max_step, seed=0).rungs == rungs


def test_rungs_of_asha_triple_from_a_26th_of_a_training() -> None:
    assert make_stopping_rule("asha", max_step=52, seed=0).rungs == (2, 6, 18)


def test_the_first_rung_can_be_set() -> None:
    assert make_stopping_rule("model", max_step=52, seed=0, first_rung=10).rungs == (10, 20)


def test_a_trial_continues_among_the_best_half_and_ties_continue() -> None:
    rule = model()
    answers = [rule.record(number, 4, value) for number, value in enumerate([0.5, 0.6, 0.4, 0.45, 0.45, 0.6])]
    assert answers == [CONTINUE, STOP, CONTINUE, CONTINUE, CONTINUE, STOP]
    # Of five, floor(2.5) = 2 continue: 0.4 and 0.45, and whoever equals it.


def test_the_decision_says_what_it_is_based_on() -> None:
    rule = model()
    rule.record(0, 4, 0.5)
    rule.record(1, 9, 0.7)
    assert rule.comparison == Comparison(rung=8, n=1, rank=1)
    rule.record(2, 4, 0.6)
    assert rule.comparison == Comparison(rung=4, n=3, rank=2, is_behind=True)
    rule.record(2, 5, 0.6)
    assert rule.comparison is None


def test_rungs_that_one_report_reaches_get_its_value_and_the_highest_decides() -> None:
    rule = model()
    rule.record(0, 4, 0.1)
    assert rule.record(1, 17, 0.3) is CONTINUE, "Alone at rung 16."
    assert rule.values[4] == {0: 0.1, 1: 0.3}
    assert rule.values[8] == rule.values[16] == {1: 0.3}


def test_a_trial_without_a_finite_value_is_the_worst() -> None:
    rule = model()
    assert rule.record(0, 4, math.nan) is CONTINUE
    assert rule.record(1, 4, 9.0) is CONTINUE
    assert rule.record(2, 4, math.inf) is STOP


def test_a_protected_trial_counts_and_continues() -> None:
    rule = model()
    rule.record(0, 4, 0.1)
    assert rule.record(1, 4, 0.9, protected=True) is CONTINUE
    assert rule.comparison == Comparison(4, 2, 2, is_behind=True)


def test_a_trial_beyond_the_end_of_a_training_is_not_cut() -> None:
    rule = model()
    rule.record(0, 52, 0.1)
    assert rule.record(1, 51, 0.9) is STOP
    assert rule.record(2, 52, 0.9) is CONTINUE


def test_a_further_attempt_replaces_the_values_of_the_earlier_one() -> None:
    rule = model()
    rule.record(0, 8, 0.1)
    rule.record(0, 4, 0.7)
    assert rule.values[4] == {0: 0.7}
    assert rule.values[8] == {}


def test_keep_is_the_share_that_continues() -> None:
    rule = model(keep=0.25)
    for number in range(7):
        rule.record(number, 4, float(number))
    assert rule.record(7, 4, 0.5) is CONTINUE
    assert rule.record(8, 4, 1.5) is STOP


def test_the_length_of_a_training_is_that_of_the_first_completed_trial() -> None:
    rule = model(max_step=None)
    rule.finish(1, 3, completed=False)
    assert rule.rungs == ()
    rule.finish(0, 51.6, completed=True)
    assert rule.rungs == (4, 8, 16, 32)
    rule.finish(2, 99, completed=True)
    assert rule.rungs == (4, 8, 16, 32)


def test_the_audit_spares_the_trials_whose_draw_is_low_and_for_good() -> None:
    rule = model(seed=7, audit=0.3)
    rule.record(0, 4, 0.0)
    answers = {number: rule.record(number, 4, 1.0 + number) for number in range(1, 60)}
    drawn = {n for n in range(1, 60) if np.random.default_rng([7, n, 0xA0D]).random() < 0.3}
    assert {number for number, answer in answers.items() if answer is CONTINUE} - {1} == drawn - {1}
    assert rule.spared >= drawn - {1}
    one = max(drawn)
    rule.record(0, 8, 0.0)
    assert rule.record(one, 8, 99.0) is CONTINUE
    assert rule.comparison == Comparison(8, 2, 2, is_behind=True, is_spared=True)


def test_a_protected_trial_is_not_an_audited_one() -> None:
    rule = model(audit=1.0)
    rule.record(0, 4, 0.0)
    rule.record(1, 4, 1.0, protected=True)
    assert rule.spared == set()


def test_final_values_are_kept_if_they_are_finite() -> None:
    rule = model()
    rule.learn_final(0, 0.25)
    rule.learn_final(1, math.inf)
    assert rule.finals == {0: 0.25}


def test_asha_keeps_the_best_third_of_three_and_more() -> None:
    rule = AshaRule(AshaOptions(), max_step=52, seed=0)
    answers = [rule.record(number, 2, value) for number, value in enumerate([0.5, 0.6, 0.55, 0.5, 0.4, 0.45])]
    assert answers == [CONTINUE, CONTINUE, STOP, CONTINUE, CONTINUE, CONTINUE]
    assert rule.record(6, 2, 0.46) is STOP


def test_illegal_options_are_refused() -> None:
    for name, options in (
        ("model", {"keep": 0}),
        ("model", {"audit": 1.5}),
        ("asha", {"keep": 0.5}),
        ("median", {"first_rung": 0}),
    ):
        with pytest.raises(StoppingRuleError):
            make_stopping_rule(name, max_step=52, seed=0, **options)
