"""search/stopping/median.py, against the definition."""

from __future__ import annotations

import random
import statistics

from scriptune.core.decision import Decision
from scriptune.search.stopping.median import MedianOptions, MedianRule

T = 26


def test_the_best_value_is_compared_with_the_median_of_the_others_means() -> None:
    rng = random.Random(0)
    rule = MedianRule(MedianOptions(), max_step=T, seed=0)
    curves: dict[int, list[float]] = {}
    n_cut = 0
    for number in range(12):
        curve = curves[number] = []
        for step in range(1, T):
            curve.append(rng.random() + number % 3 + 1 / step)
            means = [statistics.fmean(c[:step]) for other, c in curves.items() if other != number and len(c) >= step]
            expected = step >= 2 and len(means) >= 3 and min(curve) > statistics.median(means)
            assert (rule.record(number, step, curve[-1]) is Decision.STOP) == expected
            if expected:
                n_cut += 1
                break
    assert n_cut


def test_a_trial_that_starts_again_has_no_past() -> None:
    rule = MedianRule(MedianOptions(), max_step=T, seed=0)
    for number in range(3):
        rule.record(number, 3, 0.5)
    rule.record(3, 2, 0.1)
    rule.record(3, 1, 0.9)
    assert rule.record(3, 3, 0.8) is Decision.STOP, "Its 0.1 was of an earlier attempt."


def test_a_long_training_is_compared_at_a_thousand_steps() -> None:
    rungs = MedianRule(MedianOptions(), max_step=1_000_000, seed=0).rungs
    assert len(rungs) == 1000
    assert rungs[:2] == (1, 1001)


def test_the_first_rung_can_be_set() -> None:
    rule = MedianRule(MedianOptions(first_rung=10), max_step=T, seed=0)
    answers = []
    for number in range(4):
        answers = [rule.record(number, step, float(number)) for step in range(1, 12)]
    assert answers == [Decision.CONTINUE] * 9 + [Decision.STOP] * 2
