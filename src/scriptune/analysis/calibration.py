"""Calibration: how often results fell into the bands of their predictions.

A model that knows what it does not know has half of the results inside its 50 % bands and nine tenths inside its 90 %
bands. Fewer: it is too sure of itself. The bands are those of a normal distribution, mean -+ z std.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from scriptune.analysis.results import Calibration

__all__ = ["calibration"]

_Z_50, _Z_90 = 0.6744897501960817, 1.6448536269514722  # quantiles 0.75 and 0.95 of the normal distribution


def calibration(predictions: Iterable[tuple[float | None, float | None, float | None]]) -> Calibration:
    """How often results fell into the bands of their predictions.

    Args:
        predictions: Mean, standard deviation and result of each trial; trials without all three are left out.
    """
    n = n_50 = n_90 = 0
    for mean, std, value in predictions:
        if mean is None or std is None or value is None or not math.isfinite(mean) or not math.isfinite(std):
            continue
        n += 1
        off = abs(value - mean)
        n_50 += off <= _Z_50 * std
        n_90 += off <= _Z_90 * std
    return Calibration(n, n_50 / n if n else None, n_90 / n if n else None)
