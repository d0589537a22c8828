"""Calibration: how often results fell into the bands of their predictions.

A model that knows what it does not know has half of the results inside its 50 % bands and nine tenths inside its 90 %
bands. Fewer: it is too sure of itself. The bands are those of a normal distribution, mean -+ z std. A few results may
well miss these shares by chance, so bands are called wrong only where right ones would hold so few, or so many, results
with a probability below 2.5 % (the tails of a binomial distribution).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from scriptune.analysis.results import Calibration
from scriptune.messages import Message

__all__ = ["calibration"]

_FEWEST = 5  # results, before a share of them says anything
_BY_CHANCE = 0.025
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
    if not n:
        return Calibration(0, None, None)
    return Calibration(n, n_50 / n, n_90 / n, _note(n, n_50, n_90) if n >= _FEWEST else None)


def _note(n: int, n_50: int, n_90: int) -> Message:
    bands = ((n_50, 0.5), (n_90, 0.9))
    if any(_at_most(held, n, share) < _BY_CHANCE for held, share in bands):
        return Message("calibration.narrow", n=n)
    if any(_at_most(n - held, n, 1.0 - share) < _BY_CHANCE for held, share in bands):
        return Message("calibration.wide", n=n)
    return Message("calibration.right", n=n)


def _at_most(k: int, n: int, p: float) -> float:
    """The probability of at most k successes in n trials of a binomial distribution."""
    logs = (math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in range(k + 1))
    return math.fsum(math.exp(log + i * math.log(p) + (n - i) * math.log1p(-p)) for i, log in enumerate(logs))
