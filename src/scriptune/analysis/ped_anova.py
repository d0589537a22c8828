"""PED-ANOVA: which parameters decide whether a trial is among the best.

Notation of Watanabe, Bansal & Hutter (2023), "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance
in Arbitrary Subspaces":
    gamma'  share of the trials that counts as best
    p_j     density of column j among the best trials, q_j among all of them
    D_PE    Pearson divergence, the mean over q of (p / q - 1)^2

The local importance of column j is (gamma'/gamma)^2 D_PE(p_j || q_j) with gamma = 1 (their theorem 1); reported
is its share of the sum over the columns, in which that factor cancels. Both densities are Parzen estimators of one
bandwidth, mixed with one share of a uniform density that keeps q above 0: so samples of equal proportions, of different
size though they be, have divergence 0. A conditional column is judged on the trials that have it, and counts by their
share among the best.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from scriptune.search.encoding import Array, Encoding
from scriptune.search.normal import ndtr

__all__ = ["pearson_divergence", "ped_shares"]

_GAMMA = 0.1  # the paper's; at least _MIN_BEST trials
_MIN_BEST = 2
_N_CELLS = 64
_BANDWIDTH = 0.3  # at n = 0, shrinking at Scott's rate n^(-1/5); data are in [0, 1]


def ped_shares(encoding: Encoding, X: Array, y: Array) -> Array:
    """Share of each column in the divergence of the best trials from all, shape (d,), summing to 1 (or all 0).

    Args:
        encoding: Of the space.
        X: Rows, shape (n, d), n >= 2.
        y: Finite values to be minimised, shape (n,).
    """
    n = len(y)
    n_best = min(max(math.ceil(_GAMMA * n), _MIN_BEST), n - 1)
    best = np.argsort(y, kind="stable")[:n_best]
    if y[best[-1]] == y.max():  # nothing is better than anything else
        return np.zeros(encoding.d)
    divergence = np.array([_divergence(encoding, X, best, j) for j in range(encoding.d)])
    total = divergence.sum()
    return divergence / total if total > 0 else np.zeros(encoding.d)


def _divergence(encoding: Encoding, X: Array, best: npt.NDArray[np.intp], j: int) -> float:
    x_all, x_best = X[:, j], X[best, j]
    x_all, x_best = x_all[~np.isnan(x_all)], x_best[~np.isnan(x_best)]
    if encoding.n_values[j] <= 1 or not len(x_best):
        return 0.0
    # One pseudo-observation among the best, and as large a share of all. One among all as well would be a smaller
    # share there, and a column that never varied the one that matters most.
    uniform = 1.0 / (len(x_best) + 1.0)
    if encoding.is_category[j]:
        k = int(encoding.n_choices[j])
        p, q = _frequencies(x_best, k), _frequencies(x_all, k)
    else:
        sigma = _BANDWIDTH * (len(x_best) + 1.0) ** (-1.0 / 5.0)
        p, q = _cells(x_best, sigma), _cells(x_all, sigma)
    p, q = ((1.0 - uniform) * density + uniform / len(density) for density in (p, q))
    return pearson_divergence(p, q) * len(x_best) / len(best)


def _frequencies(x: Array, k: int) -> Array:
    """Probability of k categories, shape (k,)."""
    return np.asarray(np.bincount(x.astype(np.intp), minlength=k) / len(x))


def _cells(x: Array, sigma: float) -> Array:
    """Probability of 64 equal cells of [0, 1] under truncated normal kernels, shape (64,)."""
    edges = np.linspace(0.0, 1.0, _N_CELLS + 1)
    cdf = ndtr((edges - x[:, None]) / sigma)
    return np.asarray((np.diff(cdf, axis=1) / (cdf[:, -1:] - cdf[:, :1])).mean(axis=0))


def pearson_divergence(p: Array, q: Array) -> float:
    """Mean over q of (p / q - 1)^2 for two discrete distributions, q above 0."""
    return float(np.sum((p - q) ** 2 / q))
