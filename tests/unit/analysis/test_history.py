"""Best-so-far curves and their down-sampling."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.analysis.history import HistoryPoint, best_so_far, downsample, thinned_history
from scriptune.core.job import Goal

values = st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=60)


def test_the_best_value_follows_the_goal() -> None:
    trials = [(0, 0.5), (1, 0.7), (2, 0.6), (3, 0.9)]
    assert [p.best for p in best_so_far(trials, Goal.MAXIMIZE)] == [0.5, 0.7, 0.7, 0.9]
    assert [p.best for p in best_so_far(trials, Goal.MINIMIZE)] == [0.5, 0.5, 0.5, 0.5]
    assert [p.improved for p in best_so_far(trials, Goal.MAXIMIZE)] == [True, True, False, True]


def test_failures_have_no_value_and_never_become_the_best() -> None:
    points = best_so_far([(0, None), (1, math.nan), (2, -math.inf), (3, 2.0), (4, math.inf)], Goal.MINIMIZE)
    assert [p.best for p in points] == [None, None, None, 2.0, 2.0]
    assert [p.value for p in points] == [None, None, None, 2.0, None]


def test_an_empty_history_is_empty() -> None:
    assert best_so_far([], Goal.MINIMIZE) == []
    assert downsample([], 10) == []


@given(values=values, goal=st.sampled_from(list(Goal)))
def test_the_curve_agrees_with_a_plain_loop(values: list[float | None], goal: Goal) -> None:
    best: float | None = None
    expected = []
    for value in values:
        good = value is not None and math.isfinite(value)
        improved = good and (best is None or value * goal.sign < best * goal.sign)
        best = value if improved else best
        expected.append((best, improved))
    assert [(p.best, p.improved) for p in best_so_far(enumerate(values), goal)] == expected


@given(values=values, n_points=st.integers(2, 80))
def test_downsampling_keeps_ends_order_and_every_improvement_there_is_room_for(
    values: list[float | None], n_points: int
) -> None:
    points = best_so_far(enumerate(values), Goal.MINIMIZE)
    kept = downsample(points, n_points)
    assert len(kept) <= n_points
    assert len(kept) == min(n_points, len(points))
    assert [p.number for p in kept] == sorted({p.number for p in kept})
    if points:
        assert kept[0] == points[0]
        assert kept[-1] == points[-1]
    improvements = [p for p in points if p.improved]
    if len(improvements) + 2 <= n_points:
        assert set(improvements) <= set(kept)


@pytest.mark.parametrize("n", [50_000])
def test_a_long_history_that_improves_with_every_trial_is_thinned(n: int) -> None:
    kept = downsample(best_so_far(((i, -float(i)) for i in range(n)), Goal.MINIMIZE), 500)
    assert len(kept) == 500
    assert kept[-1] == HistoryPoint(n - 1, -float(n - 1), -float(n - 1), True)


def test_a_thinned_history_is_the_whole_one_thinned() -> None:
    rng = np.random.default_rng(3)
    rows = [(i, None if v > 2 else float(v)) for i, v in enumerate(rng.normal(size=500))]
    for goal in Goal:
        for n_points in (2, 7, 100, 1000):
            assert thinned_history(rows, goal, n_points) == downsample(best_so_far(rows, goal), n_points)
    assert thinned_history([], Goal.MINIMIZE, 10) == []
