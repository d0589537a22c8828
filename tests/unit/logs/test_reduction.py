from __future__ import annotations

import math

import pytest

from scriptune.core.job import Goal, Reduction
from scriptune.core.trial import Cause
from scriptune.logs.reduction import Reducer, reduce_values

VALUES = [0.5, math.nan, 0.9, 0.7, math.inf, 0.6]


@pytest.mark.parametrize(
    ("reduction", "goal", "k", "value"),
    [
        (Reduction.BEST, Goal.MAXIMIZE, 5, 0.9),
        (Reduction.BEST, Goal.MINIMIZE, 5, 0.5),
        (Reduction.LAST, Goal.MAXIMIZE, 5, 0.6),
        (Reduction.MEAN_LAST_K, Goal.MAXIMIZE, 2, 0.65),
        (Reduction.MEAN_LAST_K, Goal.MINIMIZE, 100, 0.675),
    ],
)
def test_only_finite_reports_are_reduced(reduction: Reduction, goal: Goal, k: int, value: float) -> None:
    assert reduce_values(VALUES, reduction, goal, k) == (pytest.approx(value, rel=1e-15), None)


@pytest.mark.parametrize("reduction", Reduction)
def test_no_value_has_a_cause(reduction: Reduction) -> None:
    assert reduce_values([], reduction, Goal.MINIMIZE) == (None, Cause.NO_METRIC)
    assert reduce_values([math.nan, -math.inf], reduction, Goal.MINIMIZE) == (None, Cause.NON_FINITE)


def test_a_reducer_rebuilt_from_stored_reports_goes_on_alike() -> None:
    unbroken = Reducer(Reduction.MEAN_LAST_K, Goal.MAXIMIZE, 3)
    for n, value in enumerate(VALUES):
        unbroken.add(value)
        rebuilt = Reducer(Reduction.MEAN_LAST_K, Goal.MAXIMIZE, 3)
        for earlier in VALUES[: n + 1]:
            rebuilt.add(earlier)
        assert (rebuilt.value, rebuilt.n_reports) == (unbroken.value, unbroken.n_reports)


def test_the_mean_of_huge_values_is_finite_and_within_them() -> None:
    assert reduce_values([1.7e308, 1.7e308], Reduction.MEAN_LAST_K, Goal.MINIMIZE) == (1.7e308, None)
    assert reduce_values([0.1] * 3, Reduction.MEAN_LAST_K, Goal.MINIMIZE) == (0.1, None)


def test_a_mean_of_no_reports_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Reducer(Reduction.MEAN_LAST_K, Goal.MINIMIZE, 0)
