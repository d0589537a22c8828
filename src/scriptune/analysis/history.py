"""How a search went: the best value so far, and the same in few points for a plot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scriptune.core.job import Goal

__all__ = ["HistoryPoint", "best_so_far", "downsample"]


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
    pairs = list(trials)
    signed = np.array([np.nan if value is None else value * goal.sign for _, value in pairs], dtype=np.float64)
    signed = np.where(np.isfinite(signed), signed, np.inf)
    best = np.minimum.accumulate(signed)
    improved = signed < np.concatenate([[np.inf], best[:-1]]) if len(signed) else np.zeros(0, dtype=bool)
    return [
        HistoryPoint(number, value if ok else None, goal.sign * b if b < np.inf else None, gain)
        for (number, value), ok, b, gain in zip(
            pairs, np.isfinite(signed).tolist(), best.tolist(), improved.tolist(), strict=True
        )
    ]


def downsample(points: list[HistoryPoint], n_points: int) -> list[HistoryPoint]:
    """At most ``n_points`` of a history: first, last and every improvement, the rest evenly spread.

    Where the improvements alone are more than that (a metric that improves with every trial), they are thinned
    evenly too; the best value at the points that remain is still true.

    Args:
        points: From `best_so_far`.
        n_points: At least 2.
    """
    n = len(points)
    if n <= max(n_points, 2):
        return list(points)
    must = np.zeros(n, dtype=bool)
    must[[0, -1]] = True
    must |= np.fromiter((point.improved for point in points), dtype=bool, count=n)
    kept = np.flatnonzero(must)
    if len(kept) >= n_points:
        kept = _evenly(kept, max(n_points, 2))
    else:
        kept = np.sort(np.concatenate([kept, _evenly(np.flatnonzero(~must), n_points - len(kept))]))
    return [points[i] for i in kept.tolist()]


def _evenly(indices: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """``count`` of the indices, evenly spread, first and last included when there are two or more."""
    return indices[np.linspace(0, len(indices) - 1, min(count, len(indices))).round().astype(np.intp)]
