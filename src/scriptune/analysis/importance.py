"""Parameter importance, computed from the trials of a search.

Two answers to two questions:

* Over the whole space, how much of the variation of the metric does a parameter explain alone? Functional
  ANOVA (`fanova`) on a forest fitted to the trials, with the spread over its bootstrapped trees.
* Among the trials, what tells the best ones from the others? PED-ANOVA (`ped_anova`). A parameter that
  only separates bad from very bad has a large first and a small second share.

From two finished trials up there is an answer; that two trials know little shows in ``std``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scriptune.analysis.fanova import find_measure, marginal_curve, marginal_surface, shares
from scriptune.analysis.forest import Boxes, grow_forest
from scriptune.analysis.ped_anova import ped_shares
from scriptune.analysis.results import Importance, Marginal, Surface
from scriptune.core.job import Goal
from scriptune.core.parameters import Scalar
from scriptune.core.space import Params, SearchSpace
from scriptune.errors import ConflictError, SpaceError
from scriptune.messages import Message, did_you_mean
from scriptune.search.encoding import Array, BoolArray, Encoding

__all__ = ["MAX_TRIALS", "importance", "marginal", "surface"]

MAX_TRIALS = 2000  # larger histories are sampled at random: the answer changes by less than its std
_N_TREES = 64
_N_TREES_LARGE, _LARGE = 32, 500  # trees are better and slower to grow with many trials
# Trees times trials times dimensions: two seconds of processor time or so. Anybody who may look can ask for this.
_MAX_WORK = 1_300_000
_LEAST_TREES = 8  # fewer tell nothing of the spread
_LEAST_TRIALS = 10  # fewer than these, of many, would be an answer about others
_OUTLIER = 20.0  # worse than median + 20 (median - best) is clipped: one diverged trial is not the whole variance
_STREAM = 0xFA0A


def importance(
    space: SearchSpace,
    params: Sequence[Params],
    values: Sequence[float | None],
    *,
    goal: Goal = Goal.MINIMIZE,
    seed: int = 0,
) -> list[Importance]:
    """Importance of every parameter, the largest mean first.

    Args:
        space: What was searched.
        params: Of the ended trials.
        values: Their values in the metric's own sign, None, NaN or infinite for failures (left out).
        goal: Whether to maximize or minimize.
        seed: Of the forest; the same seed gives the same answer.

    Raises:
        ConflictError: Fewer than two trials have a value.
    """
    encoding = Encoding(space)
    rng = np.random.default_rng([seed, _STREAM])
    X, y, _ = _prepared(encoding, params, values, goal, rng)
    ped = ped_shares(encoding, X, y)
    measure = find_measure(encoding, rng)
    rows = np.array([shares(encoding, boxes, measure) for boxes in _forest(encoding, X, y, rng)])
    found = [
        Importance(name, float(mean), float(std), None if nothing else float(p))
        for name, mean, std, p, nothing in zip(
            encoding.names, rows.mean(axis=0), rows.std(axis=0), ped, _never_varied(encoding, X), strict=True
        )
    ]
    return sorted(found, key=lambda item: -item.mean)


def marginal(
    space: SearchSpace,
    params: Sequence[Params],
    values: Sequence[float | None],
    name: str,
    *,
    goal: Goal = Goal.MINIMIZE,
    seed: int = 0,
    n_points: int = 40,
) -> Marginal:
    """The mean effect of one parameter, for a plot.

    Args:
        space, params, values, goal, seed: As in `importance`.
        name: The parameter.
        n_points: Points of the curve; parameters with fewer values have one for each.

    Raises:
        ConflictError: Fewer than two trials have a value.
        SpaceError: There is no parameter with that name.
    """
    encoding = Encoding(space)
    j = _column(encoding, name)
    rng = np.random.default_rng([seed, _STREAM])
    X, y, scale = _prepared(encoding, params, values, goal, rng)
    measure = find_measure(encoding, rng)
    curve_values, levels = _levels(encoding, j, n_points)
    curves = np.array([marginal_curve(encoding, boxes, measure, j, levels) for boxes in _forest(encoding, X, y, rng)])
    return Marginal(
        name,
        curve_values,
        [scale.restore(float(v)) for v in curves.mean(axis=0)],
        [scale.restore_spread(float(v)) for v in curves.std(axis=0)],
    )


def surface(
    space: SearchSpace,
    params: Sequence[Params],
    values: Sequence[float | None],
    x: str,
    y: str,
    *,
    goal: Goal = Goal.MINIMIZE,
    seed: int = 0,
    n_points: int = 24,
) -> Surface:
    """The mean effect of two parameters together, for a heat map.

    Args:
        space, params, values, goal, seed: As in `importance`.
        x, y: The parameters.
        n_points: Points along each; parameters with fewer values have one for each.

    Raises:
        ConflictError: Fewer than two trials have a value.
        SpaceError: There is no parameter with that name, or both are the same.
    """
    encoding = Encoding(space)
    i, j = _column(encoding, x), _column(encoding, y)
    if i == j:
        raise SpaceError(Message("importance.same_parameter", name=x))
    rng = np.random.default_rng([seed, _STREAM])
    X, targets, scale = _prepared(encoding, params, values, goal, rng)
    measure = find_measure(encoding, rng)
    (x_values, x_levels), (y_values, y_levels) = _levels(encoding, i, n_points), _levels(encoding, j, n_points)
    trees = _forest(encoding, X, targets, rng)
    mean = np.mean([marginal_surface(encoding, b, measure, i, j, x_levels, y_levels) for b in trees], axis=0)
    return Surface(x, y, x_values, y_values, [[scale.restore(v) for v in row] for row in mean.tolist()])


def _column(encoding: Encoding, name: str) -> int:
    if name not in encoding.space:
        raise SpaceError(Message("space.unknown_name", name=name, near=did_you_mean(name, encoding.space)))
    return encoding.names.index(name)


@dataclass(frozen=True)
class _Scale:
    """Converts scaled, minimised values back to the metric: ``sign * 2 * (centre + size * value)``, see `_prepared`."""

    sign: float
    centre: float
    size: float

    def restore(self, value: float) -> float:
        """The metric's value; NaN stays NaN."""
        return _bounded(self.sign * 2.0 * (self.centre + self.size * value))

    def restore_spread(self, std: float) -> float:
        """A standard deviation in the metric's units."""
        return _bounded(2.0 * (self.size * std))


def _bounded(value: float) -> float:
    """Clip to the range of floats: a sum near 1e308 may exceed it by rounding, and the spread by a factor of two."""
    return min(max(value, -sys.float_info.max), sys.float_info.max)


def _prepared(
    encoding: Encoding,
    params: Sequence[Params],
    values: Sequence[float | None],
    goal: Goal,
    rng: np.random.Generator,
) -> tuple[Array, Array, _Scale]:
    """Rows and values of the trials with a value: sampled, minimised, outliers clipped, scaled to about 1."""
    kept = [(p, v) for p, v in zip(params, values, strict=True) if v is not None and np.isfinite(v)]
    if len(kept) < 2:
        raise ConflictError(Message("importance.few_trials", n=len(kept)))
    n_kept = min(MAX_TRIALS, int(_MAX_WORK / (_LEAST_TREES * _width(encoding))))
    if n_kept < _LEAST_TRIALS:
        raise ConflictError(
            Message("importance.too_large", n=len(encoding.names), n_choices=int(encoding.n_choices.sum()))
        )
    if len(kept) > n_kept:
        kept = [kept[i] for i in np.sort(rng.choice(len(kept), n_kept, replace=False)).tolist()]
    y = goal.sign * np.array([v for _, v in kept], dtype=np.float64)
    # Halved, because the difference of two values of 1e308 is not a float.
    half = y / 2
    centre = float(np.median(half))
    half = half - centre
    reach = -float(half.min())
    if reach > 0:  # else half of the trials are equally best, and nothing says what an outlier would be
        half = np.minimum(half, _OUTLIER * reach)
    size = float(np.abs(half).max())
    size = size if size > 0 else 1.0
    X = encoding.encode_many([p for p, _ in kept])
    return X, half / size, _Scale(goal.sign, centre, size)


def _width(encoding: Encoding) -> float:
    """The cost of a trial in a tree: cuts are tried in every dimension, and choices are shuffled in each."""
    return len(encoding.names) * (1.0 + float(encoding.n_choices.max(initial=0)) / 4)


def _never_varied(encoding: Encoding, X: Array) -> BoolArray:
    """Which columns have several possible values but a single one among the rows, shape (d,)."""
    present = ~np.isnan(X)
    low, high = np.where(present, X, np.inf).min(axis=0), np.where(present, X, -np.inf).max(axis=0)
    return np.asarray((low >= high) & (encoding.n_values > 1))


def _forest(encoding: Encoding, X: Array, y: Array, rng: np.random.Generator) -> Iterable[Boxes]:
    n_trees = _N_TREES if len(y) <= _LARGE else _N_TREES_LARGE
    n_trees = min(n_trees, max(_LEAST_TREES, int(_MAX_WORK / (len(y) * _width(encoding)))))
    return grow_forest(X, y, encoding.n_choices.astype(np.intp), n_trees=n_trees, rng=rng)


def _levels(encoding: Encoding, j: int, n_points: int) -> tuple[list[Scalar], Array]:
    """Values of parameter j and their encoded levels: all of them if there are few."""
    name = encoding.names[j]
    parameter = encoding.space[name]
    count = parameter.n_values
    if count is not None and (encoding.is_category[j] or count <= n_points):
        every = [parameter.nth(i) for i in range(count)]
        return every, np.array([encoding.encode_value(name, value) for value in every])
    by_value = {encoding.decode_value(name, float(u)): float(u) for u in np.linspace(0.0, 1.0, max(2, n_points))}
    return list(by_value), np.array(list(by_value.values()))
