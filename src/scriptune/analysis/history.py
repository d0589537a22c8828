"""The history of a search: values and best so far, thinned for a plot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scriptune.analysis.results import HistoryPoint
from scriptune.core.job import Goal

__all__ = ["thinned_history"]


def thinned_history(values: Sequence[float | None], goal: Goal, n_points: int) -> list[HistoryPoint]:
    """A history thinned to ``n_points``: first, last and every improvement, the rest evenly spread.

    Where the improvements alone are more than that (a metric that improves with every trial), they are thinned
    evenly too; the best value at the points that remain is still true. Everything is done on arrays, as pages poll
    histories of 50,000 trials.

    Args:
        values: Of the trials by number, in the metric's own sign; None, NaN and infinite values are failures.
        goal: Whether to maximize or minimize.
        n_points: At least 2.
    """
    own = np.array(values, dtype=np.float64)  # None becomes NaN
    own[~np.isfinite(own)] = np.nan
    signed = np.where(np.isnan(own), np.inf, goal.sign * own)
    best = np.minimum.accumulate(signed)
    improved = best < np.concatenate([[np.inf], best])[:-1]
    kept = _kept(improved, n_points)
    return list(map(HistoryPoint, kept.tolist(), _listed(own[kept]), _listed(goal.sign * best[kept])))


def _listed(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Replace non-finite values by None."""
    return [value if has else None for value, has in zip(values.tolist(), np.isfinite(values).tolist(), strict=True)]


def _kept(improved: npt.NDArray[np.bool_], n_points: int) -> npt.NDArray[np.intp]:
    """Indices of the trials that the chart keeps, ascending."""
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
    """Select ``count`` of the indices, evenly spread, including first and last if there are two or more."""
    return indices[np.linspace(0, len(indices) - 1, min(count, len(indices))).round().astype(np.intp)]
