"""How a search went: the best value so far, and the same in few points for a plot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scriptune.core.job import Goal

__all__ = ["HistoryPoint", "best_so_far", "downsample", "thinned_history"]


@dataclass(frozen=True)
class HistoryPoint:
    """One trial of a search's history.

    Attributes:
        number: The trial.
        value: Its value in the metric's own sign; None when it has none.
        best: Best value of the trials up to this one; None before the first value.
        improved: Whether this trial made it better.
    """

    number: int
    value: float | None
    best: float | None
    improved: bool


def best_so_far(trials: Iterable[tuple[int, float | None]], goal: Goal) -> list[HistoryPoint]:
    """The history in the order given.

    Args:
        trials: (number, value) in the order that counts (by number, or by time of ending); None, NaN and infinite
            values are failures.
        goal: Which way is good.
    """
    course = _course(list(trials), goal)
    return course.points(np.arange(len(course.numbers)))


def thinned_history(trials: Iterable[tuple[int, float | None]], goal: Goal, n_points: int) -> list[HistoryPoint]:
    """`downsample` of `best_so_far`, without making the points in between: for 50,000 trials and a page that polls.

    Args:
        trials, goal: As in `best_so_far`.
        n_points: As in `downsample`.
    """
    course = _course(list(trials), goal)
    return course.points(_kept(course.improved, n_points))


def downsample(points: list[HistoryPoint], n_points: int) -> list[HistoryPoint]:
    """At most ``n_points`` of a history: first, last and every improvement, the rest evenly spread.

    Where the improvements alone are more than that (a metric that improves with every trial), they are thinned
    evenly too; the best value at the points that remain is still true.

    Args:
        points: From `best_so_far`.
        n_points: At least 2.
    """
    improved = np.fromiter((point.improved for point in points), dtype=bool, count=len(points))
    return [points[i] for i in _kept(improved, n_points).tolist()]


@dataclass(frozen=True)
class _Course:
    """A history as arrays, one entry per trial; values are the metric's own, NaN without one."""

    numbers: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    best: npt.NDArray[np.float64]
    improved: npt.NDArray[np.bool_]

    def points(self, indices: npt.NDArray[np.intp]) -> list[HistoryPoint]:
        values, best = self.values[indices], self.best[indices]
        rows = zip(
            self.numbers[indices].tolist(),
            values.tolist(),
            np.isfinite(values).tolist(),
            best.tolist(),
            np.isfinite(best).tolist(),
            self.improved[indices].tolist(),
            strict=True,
        )
        return [
            HistoryPoint(number, value if has_value else None, b if has_best else None, gain)
            for number, value, has_value, b, has_best, gain in rows
        ]


def _course(pairs: list[tuple[int, float | None]], goal: Goal) -> _Course:
    numbers = np.array([number for number, _ in pairs], dtype=np.int64)
    values = np.array([np.nan if value is None else value for _, value in pairs], dtype=np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    signed = np.where(np.isnan(values), np.inf, goal.sign * values)
    best = np.minimum.accumulate(signed)
    improved = signed < np.concatenate([[np.inf], best[:-1]]) if len(signed) else np.zeros(0, dtype=bool)
    return _Course(numbers, values, goal.sign * best, improved)


def _kept(improved: npt.NDArray[np.bool_], n_points: int) -> npt.NDArray[np.intp]:
    """Indices that `downsample` keeps, in order."""
    n = len(improved)
    if n <= max(n_points, 2):
        return np.arange(n)
    must = improved.copy()
    must[[0, -1]] = True
    kept = np.flatnonzero(must)
    if len(kept) >= n_points:
        return _evenly(kept, max(n_points, 2))
    return np.sort(np.concatenate([kept, _evenly(np.flatnonzero(~must), n_points - len(kept))]))


def _evenly(indices: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """``count`` of the indices, evenly spread, first and last included when there are two or more."""
    return indices[np.linspace(0, len(indices) - 1, min(count, len(indices))).round().astype(np.intp)]
