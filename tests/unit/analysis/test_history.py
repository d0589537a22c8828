"""The course of a search in few points."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.analysis.history import thinned_history
from scriptune.core.job import Goal

values = st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=60)


def whole(values: list[float | None], goal: Goal) -> list[tuple[int, float | None, float | None]]:
    """The plain loop."""
    best: float | None = None
    points = []
    for number, value in enumerate(values):
        value = value if value is not None and math.isfinite(value) else None
        if value is not None and (best is None or value * goal.sign < best * goal.sign):
            best = value
        points.append((number, value, best))
    return points


def improvements(points: list[tuple[int, float | None, float | None]]) -> list[int]:
    before = [None, *(best for _, _, best in points)]
    return [number for (number, _, best), last in zip(points, before, strict=False) if best != last]


def test_the_best_value_follows_the_goal() -> None:
    trials = [0.5, 0.7, 0.6, 0.9]
    assert [best for _, _, best in thinned_history(trials, Goal.MAXIMIZE, 10)] == [0.5, 0.7, 0.7, 0.9]
    assert [best for _, _, best in thinned_history(trials, Goal.MINIMIZE, 10)] == [0.5, 0.5, 0.5, 0.5]


def test_failures_have_no_value_and_never_become_the_best() -> None:
    points = thinned_history([None, math.nan, -math.inf, 2.0, math.inf], Goal.MINIMIZE, 10)
    assert points == [(0, None, None), (1, None, None), (2, None, None), (3, 2.0, 2.0), (4, None, 2.0)]


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
    assert kept == [points[number] for number, _, _ in kept]
    assert [number for number, _, _ in kept] == sorted({number for number, _, _ in kept})
    if points:
        assert kept[0] == points[0]
        assert kept[-1] == points[-1]
    if len(improvements(points)) + 2 <= n_points:
        assert set(improvements(points)) <= {number for number, _, _ in kept}


@pytest.mark.parametrize("n", [50_000])
def test_a_long_history_that_improves_with_every_trial_is_thinned(n: int) -> None:
    kept = thinned_history([-float(i) for i in range(n)], Goal.MINIMIZE, 500)
    assert len(kept) == 500
    assert kept[-1] == (n - 1, -float(n - 1), -float(n - 1))
