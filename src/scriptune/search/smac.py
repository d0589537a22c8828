"""SmacSampler: a random forest as the model, expected improvement on a logarithmic scale.

For spaces with many categories and conditions, where a Gaussian process is weakest.
Notation of Hutter, Hoos & Leyton-Brown (2011), "Sequential Model-Based Optimization for General Algorithm
Configuration", and Lindauer et al. (2022), "SMAC3":
    t       log of the value above the best one seen; every model works on t
    mu, s   mean and standard deviation of t at a row, from B trees
    t_best  smallest t that was told

    1. Fit a forest to all trials. Inactive parameters have a level of their own, categories one column each.
    2. mu is the mean of the trees; s^2 the variance of their means plus the mean of their leaves' variances (0 for
       most rows: leaves are split down to equal values, as in SMAC3's facade for hyperparameters).
    3. Expected improvement of exp(t) over exp(t_best), in closed form because t is taken as normal.
    4. Maximise it over random rows, and by local search from the best trials and the best random rows:
       neighbours differ in one parameter (one-exchange); move to the best neighbour while it is better.
    5. Every tenth suggestion, at random, is a random configuration: a forest is sure where it has no data.

Failed trials get a value worse than the worst; pending ones the median (constant liar).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from scriptune.core.trial import Observation, Phase, Suggestion
from scriptune.errors import MissingExtraError
from scriptune.messages import Message
from scriptune.plugins.options import NoOptions
from scriptune.search.base import BaseSampler
from scriptune.search.completion import RESTRICTED_KAPPA
from scriptune.search.encoding import Array, Encoding, History, PendingRows
from scriptune.search.free import any_free, first_free
from scriptune.search.gp.maximise import Score
from scriptune.search.initial import InitialDesign, quarter_of_budget
from scriptune.search.normal import erfcx, ndtr
from scriptune.search.pending import Pending, taken_keys

__all__ = ["ForestModel", "LogScale", "SmacSampler", "local_search", "log_expected_improvement", "one_exchange"]

_N_TREES = 30  # SMAC3 has 10; the variance over 10 trees is itself mostly noise
_FEATURE_SHARE = 5 / 6  # of the columns tried per cut, Hutter's; SMAC3 tries all of them for hyperparameters
_RANDOM_SHARE = 0.1
_N_RANDOM = 1000  # rows to choose the starts of the local search from
_N_STARTS_BEST, _N_STARTS_RANDOM = 6, 4
_MAX_STEPS = 10
_N_NUMERIC_NEIGHBOURS = 4  # per numeric column, SMAC's
_NEIGHBOUR_SIGMA = 0.2
_MAX_CHOICES = 64  # a category of more gets columns for the bits of its index, and as many neighbours, drawn again
_OFFSET = 0.1  # of (median - best): keeps the logarithm of the best trial finite and its neighbours apart
_S_MIN = 1e-6  # trees that agree exactly would divide by zero
_MIN_DIFFERENCE = 1e-300  # of two numbers that round to one; keeps the logarithm finite
_SQRT_HALF, _SQRT_HALF_PI, _LOG_SQRT_2PI = math.sqrt(0.5), math.sqrt(0.5 * math.pi), 0.5 * math.log(2.0 * math.pi)
_EXP_LIMIT = 300.0  # exp of twice that still is a float, squares of moments included
_INACTIVE = -0.5  # level of an inactive numeric parameter, outside [0, 1]: one cut separates it


class SmacSampler(BaseSampler):
    """Sequential model-based search with a random forest.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """

    name = "smac"
    options_class = NoOptions
    brings_defaults = True
    uses_first_points = True

    def prepare(self) -> None:
        _forest_class()
        self._encoding = Encoding(self.space)
        self._history = History(self._encoding)
        self._pending = PendingRows(self._encoding)
        self._n_initial = quarter_of_budget(self.n_trials)
        self._design = InitialDesign(
            self._encoding, self.seed, max(self._n_initial, self.n_workers or 1), self.rules, self.first
        )

    def learn(self, observation: Observation) -> None:
        self._history.append(observation.params, observation.value)

    def propose(self, number: int, pending: Pending) -> Suggestion:
        """Propose from the initial design, then by the forest."""
        taken = taken_keys(self.told_keys, pending)
        opening = self._design.opening(self.name, number, self._history, len(pending), taken, self._n_initial)
        if opening is not None:
            return opening
        rng = np.random.default_rng([self.seed, number])
        if rng.random() < _RANDOM_SHARE:
            note = Message("note.random_safeguard")
            return Suggestion(any_free(self._encoding, taken, rng), self.name, Phase.MODEL, note=note)
        scale = LogScale(self._history.y)
        model, t_best = self._fit(scale, self._pending.of(pending), rng)
        X, score = self._maximise(model, t_best, rng)
        order = np.argsort(-score, kind="stable")
        found = first_free(self._encoding, X[order], taken)
        if found is None:
            note = Message("note.liked_tried")
            return Suggestion(any_free(self._encoding, taken, rng), self.name, Phase.FALLBACK, note=note)
        index, params = found
        mu, s = model.predict(X[order[index : index + 1]])
        mean, std = scale.restore(float(mu[0]), float(s[0]))
        # No figure in the sentence: it is read under either goal, and these are of the minimised value.
        chance = float(ndtr(np.array((t_best - mu[0]) / max(float(s[0]), _S_MIN))))
        note = Message("note.chance", percent=round(100 * chance))
        acquisition = float(score[order[index]])
        return Suggestion(params, self.name, Phase.MODEL, mean=mean, std=std, acquisition=acquisition, note=note)

    def measure(self, number: int, pending: Pending) -> Score | None:
        if not self._history.n_finite or len(self._history) + len(pending) < self._n_initial:
            return None
        scale, rng = LogScale(self._history.y), np.random.default_rng([self.seed, number])
        model, _ = self._fit(scale, self._pending.of(pending), rng)

        def low_bound(rows: Array) -> Array:
            mu, s = model.predict(rows)
            return RESTRICTED_KAPPA * s - mu

        return low_bound

    def _fit(self, scale: LogScale, waiting: Array, rng: np.random.Generator) -> tuple[ForestModel, float]:
        t = scale.apply(self._history.y)
        X = np.concatenate([self._history.X, waiting])
        y = np.concatenate([t, np.full(len(waiting), np.median(t))])
        return ForestModel(self._encoding, X, y, rng), float(t.min())

    def _maximise(self, model: ForestModel, t_best: float, rng: np.random.Generator) -> tuple[Array, Array]:
        """Step 4: all rows evaluated, shape (m, d), and their log expected improvement, shape (m,)."""

        def judge(X: Array) -> Array:
            return log_expected_improvement(*model.predict(X), t_best)

        X = self._encoding.sample(_N_RANDOM, rng)
        score = judge(X)
        best_told = np.argsort(self._history.y, kind="stable")[: min(_N_STARTS_BEST, self._history.n_finite)]
        best_random = np.argsort(-score, kind="stable")[:_N_STARTS_RANDOM]
        starts = np.concatenate([self._history.X[best_told], X[best_random]])
        X_local, score_local = local_search(judge, self._encoding, starts, rng)
        return np.concatenate([X, X_local]), np.concatenate([score, score_local])


class LogScale:
    """The log transform t = log(y - best + offset), which places failures above the worst value, and its inverse.

    Args:
        y: Told values, shape (n,), NaN for failures, at least one finite.
    """

    def __init__(self, y: Array) -> None:
        finite = y[np.isfinite(y)]
        # Halves and a unit keep differences of values up to 1e308 finite.
        self._unit = max(float(np.abs(finite).max()), 1e-300)
        scaled = finite / self._unit
        self._best = float(scaled.min())
        spread = float(np.median(scaled)) - self._best or float(scaled.max()) - self._best
        self._offset = _OFFSET * spread if spread > 0 else 1.0
        self._failed = float(scaled.max()) + 0.1 * (float(scaled.max()) - self._best)

    def apply(self, y: Array) -> Array:
        """Transform values to t; same shape."""
        scaled = np.where(np.isnan(y), self._failed, y / self._unit)
        return np.asarray(np.log(scaled - self._best + self._offset))

    def restore(self, mu: float, s: float) -> tuple[float | None, float | None]:
        """Mean and standard deviation of y if t is normal; None where they overflow a float."""
        if max(mu, 0.0) + s * s > _EXP_LIMIT:  # values told span hundreds of decades
            return None, None
        mean = math.exp(mu + 0.5 * s * s)
        std = mean * math.sqrt(math.expm1(s * s))
        restored = (mean + self._best - self._offset) * self._unit, std * self._unit
        return restored if all(map(math.isfinite, restored)) else (None, None)


class ForestModel:
    """A regression forest that predicts mean and standard deviation.

    Args:
        encoding: Of the space.
        X: Rows, shape (n, d), NaN where inactive.
        t: Values, shape (n,), finite.
        rng: Source of the forest's seed.
    """

    def __init__(self, encoding: Encoding, X: Array, t: Array, rng: np.random.Generator) -> None:
        self._encoding = encoding
        forest = _forest_class()(
            n_estimators=_N_TREES, max_features=_FEATURE_SHARE, random_state=int(rng.integers(2**31)), n_jobs=1
        )
        forest.fit(self._features(X), t)
        self._trees = [tree.tree_ for tree in forest.estimators_]

    def _features(self, X: Array) -> Any:
        """Numeric columns with an extra level for inactive, one column per category; float32, as scikit-learn needs."""
        numeric = np.where(np.isnan(X), _INACTIVE, X)[:, ~self._encoding.is_category]
        categories = (
            _category_features(X[:, j], int(self._encoding.n_choices[j]))
            for j in np.flatnonzero(self._encoding.is_category)
        )
        return np.concatenate([numeric, *categories], axis=1, dtype=np.float32)

    def predict(self, X: Array) -> tuple[Array, Array]:
        """mu and s at m rows, both of shape (m,)."""
        F = self._features(X)
        leaves = [tree.apply(F) for tree in self._trees]
        means = np.array([tree.value[leaf, 0, 0] for tree, leaf in zip(self._trees, leaves, strict=True)])
        within = np.array([tree.impurity[leaf] for tree, leaf in zip(self._trees, leaves, strict=True)])
        # The variance of a pure leaf is a difference of equal sums and may round below 0.
        return means.mean(axis=0), np.sqrt(means.var(axis=0) + np.maximum(within, 0.0).mean(axis=0))


def _category_features(x: Array, n_choices: int) -> npt.NDArray[np.bool_]:
    """One column per choice, or the bits of its index if there are many; all 0 where x is NaN (inactive)."""
    if n_choices <= _MAX_CHOICES:
        return np.asarray(x[:, None] == np.arange(n_choices))
    index = np.where(np.isnan(x), 0, x + 1).astype(np.int64)  # + 1: the first choice is not the inactive level
    return np.asarray(index[:, None] >> np.arange(n_choices.bit_length()) & 1, dtype=bool)


def log_expected_improvement(mu: Array, s: Array, t_best: float) -> Array:
    """Log of E[max(exp(t_best) - exp(t), 0)] for t ~ N(mu, s^2), relative to exp(t_best).

    With v = (t_best - mu) / s it is Phi(v) - exp(s^2 / 2 - v s) Phi(v - s) (Hutter et al. 2009, eq. 8). For v < 0 that
    is a difference of tiny numbers. There exp(s^2 / 2 - v s) phi(v - s) = phi(v) makes it

        phi(v) (M(v) - M(v - s)),   M(z) = Phi(z) / phi(z) = sqrt(pi/2) erfcx(-z / sqrt2)

    Args:
        mu, s: Shape (m,), s >= 0; s below 1e-6 counts as that.
        t_best: Log of the value to improve on.

    Returns:
        Shape (m,), finite.
    """
    s = np.maximum(s, _S_MIN)
    v = (t_best - mu) / s
    out = np.empty_like(v)
    worse = v < 0.0
    vw, vb, sb = v[worse], v[~worse], s[~worse]
    difference = _SQRT_HALF_PI * (erfcx(-vw * _SQRT_HALF) - erfcx((s[worse] - vw) * _SQRT_HALF))
    out[worse] = np.log(np.maximum(difference, _MIN_DIFFERENCE)) - 0.5 * vw**2 - _LOG_SQRT_2PI
    # Phi(v - s) is taken from the side on which the exponential cannot overflow.
    phi_ratio = np.exp(-0.5 * vb**2 - _LOG_SQRT_2PI) * _SQRT_HALF_PI * erfcx(np.maximum(sb - vb, 0.0) * _SQRT_HALF)
    direct = np.exp(np.minimum(sb * (0.5 * sb - vb), 0.0)) * ndtr(vb - sb)
    out[~worse] = np.log(np.maximum(ndtr(vb) - np.where(sb > vb, phi_ratio, direct), _MIN_DIFFERENCE))
    return out


def local_search(
    judge: Callable[[Array], Array], encoding: Encoding, starts: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Move every start to its best neighbour while that improves the score, up to ten times.

    Args:
        judge: Rows (k, d) to scores (k,), larger is better.
        encoding: Of the space.
        starts: Rows, shape (m, d), m >= 1.
        rng: Of the neighbours.

    Returns:
        All neighbours that were scored, and their scores; the starts are not among them.
    """
    at, at_score = starts.copy(), judge(starts)
    seen, seen_score = [], []
    for _ in range(_MAX_STEPS):
        origin, rows = one_exchange(encoding, at, rng)
        score = judge(rows)
        seen.append(rows)
        seen_score.append(score)
        moved = False
        for i in range(len(at)):
            own = np.flatnonzero(origin == i)
            top = own[np.argmax(score[own])]
            if score[top] > at_score[i]:
                at[i], at_score[i], moved = rows[top], score[top], True
        if not moved:
            break
    return np.concatenate(seen), np.concatenate(seen_score)


def one_exchange(encoding: Encoding, X: Array, rng: np.random.Generator) -> tuple[npt.NDArray[np.intp], Array]:
    """Neighbours of rows that differ in one active parameter and in the parameters it activates.

    Args:
        encoding: Of the space.
        X: Rows, shape (m, d).
        rng: Source of numeric steps and of the values of newly active parameters.

    Returns:
        Index of the row that each neighbour belongs to, shape (k,), and the neighbours, shape (k, d): every
        other category (64 of them, drawn again for each call, where there are more), four normal steps per
        numeric column.
    """
    origins, neighbours = [], []
    for j in encoding.varying:
        rows = np.flatnonzero(~np.isnan(X[:, j]))
        if encoding.is_category[j]:
            shifts = np.arange(1, encoding.n_choices[j])
            if len(shifts) > _MAX_CHOICES:
                shifts = rng.choice(shifts, _MAX_CHOICES, replace=False)
            values = (X[rows, j][:, None] + shifts) % encoding.n_choices[j]
        else:
            steps = rng.normal(0.0, _NEIGHBOUR_SIGMA, (len(rows), _N_NUMERIC_NEIGHBOURS))
            values = np.clip(X[rows, j][:, None] + steps, 0.0, 1.0)
        changed = np.repeat(encoding.fill(X[rows], rng), values.shape[1], axis=0)
        changed[:, j] = values.ravel()
        origins.append(np.repeat(rows, values.shape[1]))
        neighbours.append(changed)
    if not origins:
        return np.arange(len(X), dtype=np.intp), X.copy()
    origin, moved = np.concatenate(origins), encoding.snap(np.concatenate(neighbours))
    if encoding.feasible is not None:
        moved = encoding.feasible.pull_back(X[origin], moved, np.ones(len(moved)))
    return origin, moved


def _forest_class() -> Any:
    """Import scikit-learn's forest; it is an optional extra, and slow to import."""
    try:
        from sklearn.ensemble import RandomForestRegressor
    except ImportError as err:
        raise MissingExtraError(
            Message("sampler.smac_missing"),
            hint=Message("sampler.install_smac"),
        ) from err
    return RandomForestRegressor
