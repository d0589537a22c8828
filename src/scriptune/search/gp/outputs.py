"""Transformations of the told values before the GP is fitted: views of the output.

All functions take values y, shape (n,), to be minimised, and keep their order up to ties. The unit of the metric
plays no part. `rescaled` comes first: the others square their values and need them between 1e-100 and 1e100.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scriptune.search.encoding import Array
from scriptune.search.normal import ndtri

__all__ = ["View", "clip_outliers", "half_rank", "impute_failures", "rescaled", "standardise"]

_FAILURE_MARGIN = 0.1  # a failure counts a tenth of the range worse than the worst result
_OUTLIER_FACTOR = 20.0  # untouched real metrics stay below; a diverged loss of 1e12 does not
_FLAT = 1e-14  # a relative range below this is rounding, not signal
_HUGE, _TINY = 1e100, 1e-100  # squares of larger values overflow, of smaller ones vanish


@dataclass(frozen=True)
class View:
    """Standardised values with the inverse transformation ``y = center + scale * v``.

    Attributes:
        v: ``(n,)``, mean 0 and standard deviation 1, or all 0 when y is constant.
        center, scale: Units of y; scale is 1 when y is constant.
    """

    v: Array
    center: float
    scale: float


def rescaled(y: Array) -> tuple[Array, float]:
    """Divide y by a factor, other than 1 only if squares would overflow or vanish; returns ``(y / factor, factor)``."""
    largest = float(np.max(np.abs(y[~np.isnan(y)]), initial=0.0))
    factor = largest if largest > _HUGE or 0.0 < largest < _TINY else 1.0
    return y / factor, factor


def impute_failures(y: Array) -> Array:
    """Replace NaN (failures) by worst + 0.1 (worst - best); at least one value must be finite.

    The trial stays in the model, so that its region is avoided. While all values are equal there is no range; any
    margin then says the same, as values are standardised, and a tenth of the value keeps the metric's unit.
    """
    failed = np.isnan(y)
    if not failed.any():
        return y
    best, worst = float(y[~failed].min()), float(y[~failed].max())
    scale = (worst - best) or abs(worst) or 1.0
    return np.where(failed, worst + _FAILURE_MARGIN * scale, y)


def clip_outliers(y: Array) -> Array:
    """Clip at median + 20 (median - min), so that one diverged trial does not flatten all others.

    Does nothing when half of the values equal the best: then there is no scale to judge by.
    """
    low, median = float(y.min()), float(np.median(y))
    limit = median + _OUTLIER_FACTOR * (median - low)
    return np.minimum(y, limit) if low < median else y


def standardise(y: Array) -> View:
    """Mean 0 and standard deviation 1; zeros when the range is below rounding."""
    center, scale = float(y.mean()), float(y.std())
    is_flat = float(y.max() - y.min()) <= _FLAT * float(np.max(np.abs(y)))
    if is_flat or scale == 0.0:  # 0 without being flat: squares that vanish, see `rescaled`
        return View(np.zeros(len(y)), center, 1.0)
    return View((y - center) / scale, center, scale)


def half_rank(y: Array) -> Array:
    """Keep values up to the median (minus it), and replace the worse half by normal scores of its ranks.

    Values above the median become s * ndtri((rank + 0.5) / n), ties getting their mean rank, with s the root
    mean square of the better half around the median (Song et al. 2024, the first step of their warping).
    Where the better half is constant there is no s, and the values are returned as they are.
    """
    centered = y - np.median(y)
    good = centered[centered <= 0.0]
    s = float(np.sqrt(np.mean(good**2)))
    if s == 0.0:
        return centered
    _, inverse, counts = np.unique(centered, return_inverse=True, return_counts=True)
    mean_rank = (np.cumsum(counts) - 0.5 * (counts + 1))[inverse]
    scores = s * ndtri((mean_rank + 0.5) / len(y))
    return np.where(centered > 0.0, scores, centered)
