"""What confirmations say of configurations: mean, spread, and the chance that one is the best.

Results of configuration i are taken as normal around a mean of its own, all with the same standard deviation, which two
or three runs could not tell for each alone. Under the usual flat prior of mean and log standard deviation (Gelman et
al., Bayesian Data Analysis, 3rd edition, 2013, sections 3.2 and 15.6)

    sigma^2       is scaled-inverse-chi^2 with nu = sum (n_i - 1) degrees of freedom and scale
                  s^2 = sum (y_ij - m_i)^2 / nu
    mu_i | sigma  is normal around m_i with standard deviation sigma / sqrt(n_i), independently

and the chance of i is P(mu_i < mu_j for all j != i). With two configurations this is Student's t with nu degrees of
freedom; with more, both integrals are sums over a fixed grid, so that the same results give the same chances.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["chances_to_be_best", "mean_of", "std_of"]

_N_SIGMA = 61  # points of the outer sum; twice as many in both change no chance by 1e-4
_Z_MOST, _N_Z = 4.5, 61  # of the inner sum, in standard deviations of a mean


def mean_of(values: Sequence[float]) -> float:
    """The mean of at least one value."""
    return math.fsum(values) / len(values)


def std_of(values: Sequence[float]) -> float | None:
    """The standard deviation of a sample (n - 1); None for a single value."""
    if len(values) < 2:
        return None
    mean = mean_of(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def chances_to_be_best(groups: Sequence[Sequence[float]]) -> list[float] | None:
    """The chance of each configuration to have the lowest mean.

    Args:
        groups: The results of each, to be minimised; at least one each.

    Returns:
        As many chances, which sum to 1; None when nothing is known about the spread: fewer than two configurations,
        none with two results, or all results of each configuration equal.
    """
    nu = sum(len(values) - 1 for values in groups)
    means = [mean_of(values) for values in groups]
    squares = math.fsum((value - mean) ** 2 for values, mean in zip(groups, means, strict=True) for value in values)
    if len(groups) < 2 or nu < 1 or squares <= 0.0:
        return None
    scale = math.sqrt(squares / nu)
    roots = [math.sqrt(len(values)) for values in groups]
    chances = [0.0] * len(groups)
    for log_ratio in _log_ratios(nu):
        ratio = math.exp(log_ratio)
        weight = math.exp(-nu * (log_ratio + 0.5 * (1.0 / ratio**2 - 1.0)))  # 1 at its mode, a ratio of 1
        for i, chance in enumerate(_given_sigma(means, [scale * ratio / root for root in roots])):
            chances[i] += weight * chance
    total = math.fsum(chances)
    return [chance / total for chance in chances]


def _log_ratios(nu: int) -> list[float]:
    """Grid of log(sigma / s), wide enough for the slow upper tail of few degrees of freedom."""
    width = 6.0 / math.sqrt(2.0 * nu)
    low, high = -min(width, 2.0), max(width, 16.0 / nu)
    return [low + (high - low) * step / (_N_SIGMA - 1) for step in range(_N_SIGMA)]


def _given_sigma(means: Sequence[float], errors: Sequence[float]) -> list[float]:
    """The chances for known standard errors, up to a factor that is the same for all."""
    chances = []
    for i, (mean, error) in enumerate(zip(means, errors, strict=True)):
        others = [(m, e * math.sqrt(2.0)) for j, (m, e) in enumerate(zip(means, errors, strict=True)) if j != i]
        total = 0.0
        for step in range(_N_Z):
            z = _Z_MOST * (2.0 * step / (_N_Z - 1) - 1.0)
            below = mean + error * z
            total += math.exp(-0.5 * z * z) * math.prod(0.5 * math.erfc((below - m) / scaled) for m, scaled in others)
        chances.append(total)
    return chances
