"""The ensemble of GP hyperparameters, as a function of the told history.

Particles are kept between suggestions and moved a little after every result. So that a resumed search owns the
very same particles, they are a pure function of the history: result number n moves them with the random
stream (seed, n), and the chain starts afresh from the prior at fixed n. Until `_CAP` results the chain starts
at the third; beyond, every `_BLOCK`, so that anyone who resumes after 1,000 results replays one block only.

Where many points are pending, results come in bursts and a suggestion must stay cheap at any moment:
`Ensemble.from_prior`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scriptune.search.encoding import Array, Encoding, History
from scriptune.search.gp.inference import elliptical_slice
from scriptune.search.gp.kernels import Hyperparameters, Prior
from scriptune.search.gp.outputs import View, clip_outliers, half_rank, impute_failures, rescaled, standardise
from scriptune.search.gp.regression import Pairs, log_likelihood

__all__ = ["Ensemble", "TrainingSet", "training_set"]

_CAP = 60  # points in the model: best half and latest half; constant cost beyond, see docs/algorithms/auto.md
_PARTICLES, _PARTICLES_CAPPED = 12, 6
_FIRST = 3  # results before the chain starts
_BLOCK = 16
_SWEEPS_FRESH, _SWEEPS = 6, 2
_N_BEST = 5
_STREAM = 0xE55  # third word of the seed of the particles' streams


@dataclass(frozen=True)
class TrainingSet:
    """The observations of a history that the GP is fitted to, preprocessed.

    Attributes:
        chosen: Positions in the history, ascending, shape (n,).
        X: Rows, shape (n, d).
        y: Values per particle, shape (P, n), each a standardised view.
        plain: The plainly standardised view, with the way back to told units.
        best: Positions in X of up to 5 best finite values, best first.
        levels: Of `joint`: the logarithm of the step of each row, shape (n,); 1 for final values. Else None.
        is_final: Of `joint`: which rows belong to trials with a final value, shape (n,). Else None.
    """

    chosen: npt.NDArray[np.intp]
    X: Array
    y: Array
    plain: View
    best: npt.NDArray[np.intp]
    levels: Array | None = None
    is_final: npt.NDArray[np.bool_] | None = None


def training_set(X: Array, y: Array, *, two_views: bool, n_particles: int | None = None) -> TrainingSet:
    """Choose up to 60 observations and prepare their values.

    Args:
        X: Rows, shape (N, d).
        y: Told values, shape (N,), NaN for failures.
        two_views: Odd particles see half-rank values (docs/algorithms/bayes.md); else all see standardised ones.
        n_particles: How many there are; None: by the number of observations.
    """
    N = len(y)
    finite = ~np.isnan(y)
    scaled, factor = rescaled(y)
    filled = impute_failures(scaled) if finite.any() else np.zeros(N)
    if N <= _CAP:
        chosen = np.arange(N)
    else:
        order = np.argsort(filled, kind="stable")
        best = order[: _CAP // 2]
        is_best = np.zeros(N, dtype=bool)
        is_best[best] = True
        latest = np.flatnonzero(~is_best)[-(_CAP - len(best)) :]
        chosen = np.sort(np.concatenate([best, latest]))
    values = clip_outliers(filled[chosen])
    plain = standardise(values)
    P = n_particles or (_PARTICLES if N <= _CAP else _PARTICLES_CAPPED)
    views = np.tile(plain.v, (P, 1))
    if two_views:
        views[1::2] = standardise(half_rank(values)).v
    plain = replace(plain, center=plain.center * factor, scale=plain.scale * factor)
    ranked = np.argsort(values, kind="stable")
    ranked = ranked[finite[chosen][ranked]][:_N_BEST]
    return TrainingSet(chosen, X[chosen], views, plain, ranked)


class Ensemble:
    """The GP hyperparameter particles of one search.

    Args:
        encoding: Of the space.
        history: Grows as the sampler is told.
        seed: Of the search.
        two_views: See `training_set`.
    """

    def __init__(self, encoding: Encoding, history: History, seed: int, *, two_views: bool) -> None:
        self.prior = Prior.for_encoding(encoding)
        self._encoding = encoding
        self._history = history
        self._seed = seed
        self._two_views = two_views
        self._n = -1
        self._Z = np.empty((0, len(self.prior.mean)))
        self._n_from_prior = -1
        self._Z_from_prior = self._Z

    def data(self) -> TrainingSet:
        """The training set chosen from the whole history."""
        return self._data(len(self._history))

    def particles(self) -> Hyperparameters:
        """The hyperparameters after the whole history."""
        n = len(self._history)
        start = _block_start(n)
        first = self._n + 1 if start <= self._n <= n else start
        for m in range(first, n + 1):
            self._Z = self._move(m, self._data(m), None if m == start else self._Z)
        self._n = n
        return self.prior.unwhiten(self._Z)

    def from_prior(self) -> tuple[TrainingSet, Hyperparameters]:
        """The training set with few particles, all in one step from the prior.

        Up to 60 results they belong to the whole history, beyond to the start of its block of results.
        """
        n = len(self._history)
        at = n if n <= _CAP else n - n % _BLOCK
        if at != self._n_from_prior:
            self._Z_from_prior, self._n_from_prior = self._move(at, self._data(at, _PARTICLES_CAPPED), None), at
        return self._data(n, _PARTICLES_CAPPED), self.prior.unwhiten(self._Z_from_prior)

    def _data(self, n: int, n_particles: int | None = None) -> TrainingSet:
        X, y = self._history.X[:n], self._history.y[:n]
        return training_set(X, y, two_views=self._two_views, n_particles=n_particles)

    def _move(self, n: int, data: TrainingSet, Z: Array | None) -> Array:
        """Move the particles Z by the likelihood of n results; None: from the prior, and further."""
        rng = np.random.default_rng([self._seed, n, _STREAM])
        n_sweeps = _SWEEPS if Z is not None else _SWEEPS_FRESH
        if Z is None:
            Z = rng.standard_normal((len(data.y), len(self.prior.mean)))
        distances = self._encoding.column_distances(data.X, data.X, self._encoding.varying)
        pairs = Pairs.of(distances)
        return elliptical_slice(
            Z,
            lambda states, which: log_likelihood(self.prior.unwhiten(states), pairs, data.y[which]),
            n_sweeps,
            rng,
        )


def _block_start(n: int) -> int:
    """The number of results at which the chain that leads to n was last restarted."""
    if n <= _CAP:
        return min(n, _FIRST)
    return _CAP + 1 + (n - _CAP - 1) // _BLOCK * _BLOCK
