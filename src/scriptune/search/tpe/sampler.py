"""TPESampler: proposes points where good trials are dense and the others are sparse.

Notation of Bergstra et al. (2011) and Watanabe (2023):
    gamma   share of the trials that count as good
    l, g    densities of the good trials and of the rest, p_good and p_rest below (`ParzenEstimator`)
    n       trials told

    1. Split the history at the gamma quantile: the k best, and the rest with failures at infinity.
    2. Good trials weigh as much as they are better than the best of the rest: then the ratio of densities
       orders candidates by expected improvement over that value (Watanabe, section 3.2).
    3. Pending trials join the rest, as if they had failed (constant liar): parallel asks keep away from them.
    4. Draw candidates from l and take the one with the largest log l - log g that is not taken.

The cost does not grow with the history beyond one pass to find the k best: k <= 25, and at most 200 of the
rest, drawn again for every trial, make up g.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scriptune.core.trial import Observation, Phase, Suggestion
from scriptune.messages import Message
from scriptune.plugins.options import option
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Array, Encoding, History, PendingRows
from scriptune.search.free import any_free, first_free
from scriptune.search.gp.maximise import Score
from scriptune.search.initial import InitialDesign, quarter_of_budget
from scriptune.search.pending import Pending, taken_keys
from scriptune.search.tpe.parzen import Columns, ParzenEstimator

__all__ = ["TPEOptions", "TPESampler", "good_weights", "split"]

_GAMMA = 0.15  # 0.25 loses 0.01 at 20 trials (docs/algorithms/tpe.md)
_MAX_GOOD = 25  # Bergstra's bound: beyond it l describes more than the best region
_MAX_REST = 200  # g is a smooth background; more points cost time and change nothing
_N_CANDIDATES = 64  # 48 to 96 are equal
_WEIGHT_FLOOR = 1e-3  # relative to a mean of 1: a point equal to the threshold still is a good point


@dataclass(frozen=True)
class TPEOptions:
    """Options of `tpe`."""

    n_initial_points: int | None = option(
        None,
        "sampler_option.tpe_n_initial_points",
        low=1,
        source="ModelArts tpe_search",
    )
    gamma: float | None = option(
        None,
        "sampler_option.tpe_gamma",
        low=0.0,
        high=1.0,
        low_open=True,
        high_open=True,
        source="Bergstra et al. 2011; ModelArts tpe_search",
    )


class TPESampler(BaseSampler):
    """Tree-structured Parzen estimator, joint over all parameters."""

    name = "tpe"
    options_class = TPEOptions
    brings_defaults = True
    uses_first_points = True
    options: TPEOptions

    def prepare(self) -> None:
        """Create the initial design and an empty history."""
        self._encoding = Encoding(self.space)
        self._history = History(self._encoding)
        self._pending = PendingRows(self._encoding)
        self._columns = Columns(self._encoding)
        self._gamma = self.options.gamma or _GAMMA
        self._n_initial = self.options.n_initial_points or quarter_of_budget(self.n_trials)
        # One hypercube for the whole start: several small ones would fill the space less evenly.
        self._design = InitialDesign(
            self._encoding, self.seed, max(self._n_initial, self.n_workers or 1), self.rules, self.first
        )

    def learn(self, observation: Observation) -> None:
        self._history.append(observation.params, observation.value)

    def propose(self, number: int, pending: Pending) -> Suggestion:
        """Propose from the initial design, then by the density model."""
        taken = taken_keys(self.told_keys, pending)
        opening = self._design.opening(self.name, number, self._history, len(pending), taken, self._n_initial)
        if opening is not None:
            return opening
        rng = np.random.default_rng([self.seed, number])
        k, p_good, p_rest = self._fit(self._pending.of(pending), rng)
        X = p_good.sample(_N_CANDIDATES, rng)
        score = p_good.log_density(X) - p_rest.log_density(X)
        order = np.argsort(-score, kind="stable")
        found = first_free(self._encoding, X[order], taken)
        if found is None:
            note = Message("note.liked_tried")
            return Suggestion(any_free(self._encoding, taken, rng), self.name, Phase.FALLBACK, note=note)
        index, params = found
        acquisition = float(score[order[index]])
        return Suggestion(
            params, self.name, Phase.MODEL, acquisition=acquisition, note=_note(acquisition, k, len(self._history))
        )

    def measure(self, number: int, pending: Pending) -> Score | None:
        if not self._history.n_finite or len(self._history) + len(pending) < self._n_initial:
            return None
        _, p_good, _ = self._fit(self._pending.of(pending), np.random.default_rng([self.seed, number]))
        return p_good.log_density  # the ratio would go where nothing was tried yet, see `completion`

    def _fit(self, waiting: Array, rng: np.random.Generator) -> tuple[int, ParzenEstimator, ParzenEstimator]:
        """Fit the densities: the number of good trials, their density, and that of the rest with the pending rows."""
        X, y = self._history.X, self._history.y
        good, threshold = split(y, self._gamma)
        is_rest = np.ones(len(y), dtype=bool)
        is_rest[good] = False
        rest = np.flatnonzero(is_rest)
        if len(rest) > _MAX_REST:
            rest = rest[rng.choice(len(rest), _MAX_REST, replace=False, shuffle=False)]
        p_good = ParzenEstimator(self._columns, X[good], good_weights(y[good], threshold), rng)
        p_rest = ParzenEstimator(self._columns, np.concatenate([X[rest], waiting]), None, rng)
        return len(good), p_good, p_rest


def split(y: Array, gamma: float) -> tuple[npt.NDArray[np.intp], float]:
    """Split trials into good ones and the rest; returns the good ones and the value to improve on.

    Args:
        y: Values, shape (n,), NaN for failures; at least one finite.
        gamma: Share that counts as good.

    Returns:
        Indices of the k = ceil(gamma n) smallest values in rising order of index, with 1 <= k <= 25, k < n
        unless n is 1, and no failure among them; and the smallest value of the rest, infinite when the rest
        is empty or all failed.
    """
    n = len(y)
    ranked = np.where(np.isnan(y), np.inf, y)
    n_finite = int(np.isfinite(ranked).sum())
    k = max(1, min(math.ceil(gamma * n), _MAX_GOOD, n - 1, n_finite))
    if k == n:
        return np.arange(n), math.inf
    parted = np.argpartition(ranked, (k - 1, k))
    return np.sort(parted[:k]), float(ranked[parted[k]])


def good_weights(y: Array, threshold: float) -> Array | None:
    """Weights of the good trials, threshold - y with mean 1, or None (equal) where that says nothing.

    Args:
        y: Values of the good trials, shape (k,), finite, none above the threshold.
        threshold: Best value of the rest.
    """
    top = threshold - float(y.min())  # Python's floats overflow to infinity without a warning
    if not math.isfinite(top) or top <= 0:
        return None
    w = (threshold - y) / top
    weights: Array = np.maximum(w / w.mean(), _WEIGHT_FLOOR)
    return weights


def _note(acquisition: float, k: int, n: int) -> str:
    times = math.exp(min(acquisition, 50.0))
    best = Message("note.best_trial") if k == 1 else Message("note.best_trials", n=k)
    return Message("note.times_as_likely", times=f"{times:.3g}", best=best, n_others=n - k)
