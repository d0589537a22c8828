"""The course of a search in few points."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.analysis.history import thinned_history
from scriptune.analysis.results import HistoryPoint
from scriptune.core.job import Goal

values = st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=60)


def whole(values: list[float | None], goal: Goal) -> list[HistoryPoint]:
    """The plain loop."""
    best: float | None = None
    points = []
    for number, value in enumerate(values):
        value = value if value is not None and math.isfinite(value) else None
        if value is not None and (best is None or value * goal.sign < best * goal.sign):
            best = value
        points.append(HistoryPoint(number, value, best))
    return points


def improvements(points: list[HistoryPoint]) -> list[int]:
    before = [None, *(point.best for point in points)]
    return [point.number for point, last in zip(points, before, strict=False) if point.best != last]


def test_the_best_value_follows_the_goal() -> None:
    trials = [0.5, 0.7, 0.6, 0.9]
    assert [point.best for point in thinned_history(trials, Goal.MAXIMIZE, 10)] == [0.5, 0.7, 0.7, 0.9]
    assert [point.best for point in thinned_history(trials, Goal.MINIMIZE, 10)] == [0.5, 0.5, 0.5, 0.5]


def test_failures_have_no_value_and_never_become_the_best() -> None:
    points = thinned_history([None, math.nan, -math.inf, 2.0, math.inf], Goal.MINIMIZE, 10)
    assert [(p.value, p.best) for p in points] == [(None, None), (None, None), (None, None), (2.0, 2.0), (None, 2.0)]
    assert [p.number for p in points] == [0, 1, 2, 3, 4]


def test_an_empty_history_is_empty() -> None:
    assert thinned_history([], Goal.MINIMIZE, 10) == []


@given(values=values, goal=st.sampled_from(list(Goal)))
def test_a_history_that_fits_agrees_with_a_plain_loop(values: list[float | None], goal: Goal) -> None:
    assert thinned_history(values, goal, 60) == whole(values, goal)


@given(values=values, n_points=st.integers(2, 80))
def test_thinning_keeps_ends_order_and_every_improvement_there_is_room_for(
    values: list[float | None], n_points: int
) -> None:
    points = whole(values, Goal.MINIMIZE)
    kept = thinned_history(values, Goal.MINIMIZE, n_points)
    assert len(kept) == min(n_points, len(points))
    assert kept == [points[point.number] for point in kept]
    assert [p.number for p in kept] == sorted({p.number for p in kept})
    if points:
        assert kept[0] == points[0]
        assert kept[-1] == points[-1]
    if len(improvements(points)) + 2 <= n_points:
        assert set(improvements(points)) <= {p.number for p in kept}


@pytest.mark.parametrize("n", [50_000])
def test_a_long_history_that_improves_with_every_trial_is_thinned(n: int) -> None:
    kept = thinned_history([-float(i) for i in range(n)], Goal.MINIMIZE, 500)
    assert len(kept) == 500
    assert kept[-1] == HistoryPoint(n - 1, -float(n - 1), -float(n - 1))
