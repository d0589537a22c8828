from __future__ import annotations

import math
from collections.abc import Iterable

import pytest

from scriptune.core.job import Goal, Reduction
from scriptune.metrics.reduction import Reducer

VALUES = [0.5, math.nan, 0.9, 0.7, math.inf, 0.6]


def reduced(values: Iterable[float], reduction: Reduction, goal: Goal, last_k: int = 5) -> float | None:
    reducer = Reducer(reduction, goal, last_k)
    for value in values:
        reducer.add(value)
    return reducer.value


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
    assert reduced(VALUES, reduction, goal, k) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("reduction", Reduction)
def test_without_a_finite_report_there_is_no_value(reduction: Reduction) -> None:
    assert reduced([], reduction, Goal.MINIMIZE) is None
    assert reduced([math.nan, -math.inf], reduction, Goal.MINIMIZE) is None


@pytest.mark.parametrize(("goal", "value"), [(Goal.MINIMIZE, 0.6), (Goal.MAXIMIZE, -0.6)])
def test_less_is_better_in_minimized_values_and_none_is_the_worst(goal: Goal, value: float) -> None:
    reducer = Reducer(Reduction.LAST, goal)
    reducer.add(math.nan)
    assert reducer.minimized == math.inf
    reducer.add(0.6)
    assert reducer.minimized == value


def test_a_reducer_rebuilt_from_stored_reports_goes_on_alike() -> None:
    unbroken = Reducer(Reduction.MEAN_LAST_K, Goal.MAXIMIZE, 3)
    for n, value in enumerate(VALUES):
        unbroken.add(value)
        rebuilt = Reducer(Reduction.MEAN_LAST_K, Goal.MAXIMIZE, 3)
        for earlier in VALUES[: n + 1]:
            rebuilt.add(earlier)
        assert rebuilt.value == unbroken.value


def test_the_mean_of_huge_values_is_finite_and_within_them() -> None:
    assert reduced([1.7e308, 1.7e308], Reduction.MEAN_LAST_K, Goal.MINIMIZE) == 1.7e308
    assert reduced([0.1] * 3, Reduction.MEAN_LAST_K, Goal.MINIMIZE) == 0.1


def test_a_mean_of_no_reports_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Reducer(Reduction.MEAN_LAST_K, Goal.MINIMIZE, 0)
