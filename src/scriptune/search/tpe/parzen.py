"""Parzen estimators over rows of a mixed, conditional space: build, sample, log density.

Notation of Watanabe (2023), "Tree-Structured Parzen Estimator":
    n       observations in the group, d columns
    mu_i    observation i, one row;  x a row to be judged
    w_i     weight of observation i; w_0 belongs to the prior
    sigma_j bandwidth of numeric column j, the same for all observations (his "b")
    b_j     bandwidth of category column j, K_j choices

    p(x) = sum_i w_i prod_j k_j(x_j, mu_ij) / sum_i w_i,   i = 0 is the prior

    numeric     k_j = normal density around mu_ij, truncated to the range that column j is drawn from
    category    k_j = (1 + b_j) / (1 + K_j b_j) on the same choice, b_j / (1 + K_j b_j) on another
    prior       k_j = N(1/2, 1) truncated, or 1 / K_j

Conditional columns: where x has no column j the factor is 1 (its absence follows from other columns); where
x has it and mu_i has not, the factor is the prior. So a column is modelled on the observations that have it,
and p integrates to 1 over the space. The prior itself is an observation that has no column at all.

With constraints every kernel is truncated to the feasible set F, as it is to the range of its columns: it is divided by
its mass there, Z_i, which draws estimate. Undivided, a density would fall towards a border that it knows nothing of,
and the ratio of two densities with it.

Every log k_j is bilinear in features of x_j and of mu_ij, so that all of them are one matrix product:

    log k_j = [x/s, -x^2/2s^2, 1, log prior(x)] . [mu/s, 1, -mu^2/2s^2 - log(s Z(mu)), 0]   mu has the column
                                                . [0, 0, 0, 1]                              mu has it not
    (the features of x are all 0 where x has it not; Z is the mass of the kernel inside the range)

A category has one feature per choice; with more than 16 choices, comparing x_j with every mu_ij is cheaper.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from scriptune.search.encoding import Array, Encoding
from scriptune.search.linear_algebra import matmul
from scriptune.search.normal import ndtr, ndtri

__all__ = ["Columns", "ParzenEstimator", "bandwidths"]

_C = 0.3  # bandwidth at n = 0; 0.1 loses 0.016 at 50 trials, 0.2 and 0.4 are equal (docs/algorithms/tpe.md)
_SIGMA_MIN = 0.03  # below it the estimator only repeats its best point
_PRIOR_MEAN, _PRIOR_SIGMA = 0.5, 1.0
_PRIOR_WEIGHT = 1.0  # beside n observations of weight 1 in the mean; above 0, so that every row has a density
_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
_MASS_DRAWS = 64  # of a kernel; its mass is then known to 0.06, and many kernels average that out
_WIDTH = 3.46  # of the window that is as wide as a kernel: a uniform density of standard deviation 1
_MAX_REDRAWS = 20  # of draws that violate a constraint
_MAX_FEATURES = 16  # choices of a category that is compared by features; 10,000 of them took 15 ms a suggestion


def bandwidths(n: Array, d: int, spacing: Array) -> Array:
    """Bandwidth of numeric columns: Scott's rate with a fixed constant, since the data are in [0, 1].

    Args:
        n: Observations that have the column, shape (d,).
        d: Number of columns of the model.
        spacing: Distance between neighbouring values of grid columns, 0 elsewhere; shape (d,).

    Returns:
        Shape (d,), between 0.03 and 1.
    """
    sigma = _C * (n + 1.0) ** (-1.0 / (d + 4.0))
    # The "magic clip" of Bergstra et al. (2011), and never so narrow that an integer cannot reach the next.
    floor = np.maximum(np.maximum(_SIGMA_MIN, 1.0 / np.minimum(100.0, 2.0 + n)), 0.5 * spacing)
    return np.clip(sigma, np.minimum(floor, 1.0), 1.0)


class Columns:
    """Column metadata shared by all estimators over one space.

    Args:
        encoding: Of the space.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        varying = encoding.varying
        self.n = len(varying)
        self.numeric = varying[~encoding.is_category[varying]]
        self.categories = varying[encoding.is_category[varying]]
        self.choices = [np.arange(k) for k in encoding.n_choices[self.categories]]
        self.by_features = [i for i, choices in enumerate(self.choices) if len(choices) <= _MAX_FEATURES]
        self.by_comparison = [i for i, choices in enumerate(self.choices) if len(choices) > _MAX_FEATURES]
        self.low, self.high = encoding.draw_low[self.numeric], encoding.draw_high[self.numeric]
        self.spacing = encoding.spacing[self.numeric]
        upper, lower = (self.high - _PRIOR_MEAN) / _PRIOR_SIGMA, (self.low - _PRIOR_MEAN) / _PRIOR_SIGMA
        self.log_prior_constant = -_LOG_SQRT_2PI - np.log(_PRIOR_SIGMA * (ndtr(upper) - ndtr(lower)))


class ParzenEstimator:
    """The density of one group of observations.

    Args:
        columns: Of the space.
        MU: Rows of the observations, shape (n, d), n >= 0.
        weights: Shape (n,), >= 0; None for equal ones. Relative to the prior, whose weight is 1.
        rng: Of the draws that estimate Z_i; needed with constraints only, and used only then.
    """

    def __init__(
        self, columns: Columns, MU: Array, weights: Array | None = None, rng: np.random.Generator | None = None
    ) -> None:
        self._columns = columns
        # The prior is the last row, an observation without columns.
        self._MU = np.concatenate([MU, np.full((1, MU.shape[1]), np.nan)])
        w = np.append(np.ones(len(MU)) if weights is None else weights, _PRIOR_WEIGHT)
        self._p = w / w.sum()
        self._present = ~np.isnan(self._MU)
        n = self._present.sum(axis=0).astype(float)
        self._sigma = bandwidths(n[columns.numeric], columns.n, columns.spacing)
        self._b = 1.0 / (n[columns.categories] + 1.0)
        categories = (self._category_psi(i) for i in columns.by_features)
        self._psi = np.concatenate([self._numeric_psi(), *categories], axis=1)
        self._log_mass = None if columns.encoding.feasible is None or rng is None else self._feasible_mass(rng)

    def _numeric_psi(self) -> Array:
        """Features of the observations' numeric columns, shape (n + 1, 4 * columns)."""
        has = self._present[:, self._columns.numeric]
        mu = np.where(has, self._MU[:, self._columns.numeric], 0.0)
        s = self._sigma
        # Kept for `_sample_numeric`: distribution functions are the dearest part, and dearer per call than per number.
        self._centre = np.where(has, mu, _PRIOR_MEAN)
        self._scale = np.where(has, s, _PRIOR_SIGMA)
        ends = np.stack([self._columns.low - self._centre, self._columns.high - self._centre])
        self._below, above = ndtr(ends / self._scale)
        self._mass = above - self._below
        constant = -0.5 * (mu / s) ** 2 - np.log(s * self._mass) - _LOG_SQRT_2PI
        return np.concatenate([mu / s, has, np.where(has, constant, 0.0), ~has], axis=1)

    def _numeric_phi(self, X: Array) -> Array:
        """Features of rows' numeric columns, shape (m, 4 * columns)."""
        x = X[:, self._columns.numeric]
        has = ~np.isnan(x)
        x = np.where(has, x, 0.0)
        z = x / self._sigma
        log_prior = self._columns.log_prior_constant - 0.5 * ((x - _PRIOR_MEAN) / _PRIOR_SIGMA) ** 2
        return np.concatenate([z, -0.5 * z**2, has, np.where(has, log_prior, 0.0)], axis=1)

    def _category_psi(self, i: int) -> Array:
        """Log probability of every choice of category column i under each observation, shape (n + 1, K)."""
        return self._log_category(i, self._columns.choices[i], self._MU[:, self._columns.categories[i], None])

    def _log_category(self, i: int, x: Array | npt.NDArray[np.int_], mu: Array) -> Array:
        """log k_j of category column i; x without NaN."""
        k, b = len(self._columns.choices[i]), self._b[i]
        log_other = math.log(b) - math.log1p(k * b)
        log_same = math.log1p(b) - math.log1p(k * b)
        return np.where(np.isnan(mu), -math.log(k), np.where(mu == x, log_same, log_other))

    def _category_phi(self, X: Array, i: int) -> npt.NDArray[np.bool_]:
        """Whether rows have each choice of category column i, shape (m, K)."""
        chosen: npt.NDArray[np.bool_] = X[:, self._columns.categories[i], None] == self._columns.choices[i]
        return chosen

    def log_density(self, X: Array) -> Array:
        """Log p of m rows, shape (m,)."""
        categories = (self._category_phi(X, i) for i in self._columns.by_features)
        phi = np.concatenate([self._numeric_phi(X), *categories], axis=1)
        log_kernels = matmul(phi, self._psi.T)  # (m, n + 1)
        for i in self._columns.by_comparison:
            x = X[:, self._columns.categories[i], None]
            log_k = self._log_category(i, x, self._MU[:, self._columns.categories[i]])
            log_kernels += np.where(np.isnan(x), 0.0, log_k)
        if self._log_mass is not None:
            log_kernels -= self._log_mass
        top = log_kernels.max(axis=1, keepdims=True)
        result: Array = np.log(np.exp(log_kernels - top) @ self._p) + top[:, 0]
        return result

    def sample(self, m: int, rng: np.random.Generator) -> Array:
        """Draw m legal rows: a component by weight, then every column from its kernel by inverse cdf."""
        cumulated = np.cumsum(self._p)
        component = np.minimum(np.searchsorted(cumulated, rng.random(m), side="right"), len(self._p) - 1)
        X = self._draw(component, rng)
        feasible = self._columns.encoding.feasible
        if feasible is None:
            return X
        for _ in range(_MAX_REDRAWS):
            bad = np.flatnonzero(~feasible.holds(X))
            if not bad.size:
                return X
            X[bad] = self._draw(component[bad], rng)
        # What is left is drawn by steps from the observation that its kernel is around; the prior has none.
        bad = np.flatnonzero(~feasible.holds(X))
        around = self._present[component[bad]].any(axis=1)[:, None]
        width = np.ones(X.shape[1])
        width[self._columns.numeric] = _WIDTH * self._sigma
        X[bad] = feasible.wander(np.where(around, self._MU[component[bad]], feasible.sample(len(bad), rng)), width, rng)
        return X

    def _feasible_mass(self, rng: np.random.Generator) -> Array:
        """log Z_i of every kernel, shape (n + 1,)."""
        feasible = self._columns.encoding.feasible
        assert feasible is not None
        component = np.repeat(np.arange(len(self._p)), _MASS_DRAWS)
        inside = feasible.holds(self._draw(component, rng)).reshape(-1, _MASS_DRAWS).sum(axis=1)
        return np.asarray(np.log((inside + 0.5) / (_MASS_DRAWS + 1.0)))  # never 0: the centre itself is feasible

    def _draw(self, component: npt.NDArray[np.intp], rng: np.random.Generator) -> Array:
        """Draw one legal row from each of some kernels."""
        m = len(component)
        MU = self._MU[component]
        X = np.zeros(MU.shape)  # columns of a single value stay 0
        X[:, self._columns.numeric] = self._sample_numeric(component, rng)
        for i, j in enumerate(self._columns.categories):
            k = len(self._columns.choices[i])
            # (1 + b) / (1 + K b) on the same choice is: stay with 1 / (1 + K b), else draw any choice.
            stay = rng.random(m) < 1.0 / (1.0 + k * self._b[i])
            X[:, j] = np.where(stay & ~np.isnan(MU[:, j]), MU[:, j], rng.integers(k, size=m))
        return self._columns.encoding.snap(X)

    def _sample_numeric(self, component: npt.NDArray[np.intp], rng: np.random.Generator) -> Array:
        uniform = rng.random((len(component), len(self._columns.numeric)))
        p = self._below[component] + uniform * self._mass[component]
        draws: Array = self._centre[component] + self._scale[component] * ndtri(p)
        # ndtri(0) and ndtri(1) are infinite; the range itself bounds the draw.
        return np.clip(draws, self._columns.low, self._columns.high)
