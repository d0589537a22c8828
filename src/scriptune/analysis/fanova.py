"""Functional ANOVA of regression trees over mixed, conditional spaces.

Notation of Hutter, Hoos & Leyton-Brown (2014), "An Efficient Approach for Assessing Hyperparameter Importance":
    f       one tree: value c_l on box l (`Boxes`)
    a_j(v)  marginal of parameter j: the mean of f over all configurations with x_j = v (their eq. 4)
    V       variance of f over the space
    V_j     variance of a_j; V_j / V is the share of the variance that j explains alone (their eq. 8)

All means are taken exactly over the uniform distribution on the *encoded* space: uniform in log(v) on log scales.
A conditional space is a mixture of product spaces, here called *regimes*: one per combination of the values of
the parents, in which it is known what is active. a_j is the mean over the configurations that have j at all,
and V_j counts by the share of the space that has it; so what switching j off does is credited to its parents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scriptune.analysis.forest import Boxes
from scriptune.search.encoding import Array, Encoding

__all__ = ["Regimes", "find_regimes", "grid", "marginal_curve", "shares"]

_MAX_REGIMES = 64  # above it the regimes are sampled: cost grows with their number
_N_SAMPLED = 512
_RARE = 1.0 / 64.0  # probability of one switching value of a continuous parent, whose measure is zero
N_LEVELS = 64  # points at which the marginal of a numeric parameter is averaged


@dataclass(frozen=True)
class Regimes:
    """A space as a mixture of R products.

    Attributes:
        probability: Shape (R,), sums to 1.
        active: Which columns exist, shape (R, d).
        pinned: The value of columns that a regime fixes (categories as index), NaN where free or absent; (R, d).
    """

    probability: Array
    active: npt.NDArray[np.bool_]
    pinned: Array


def find_regimes(encoding: Encoding, rng: np.random.Generator) -> Regimes:
    """The regimes of a space: enumerated up to 64, above that those of 512 random configurations."""
    space = encoding.space
    values: dict[int, list[float]] = {}
    for conditions in space.conditions.values():
        for parent, switching in conditions.items():
            j = encoding.names.index(parent)
            values.setdefault(j, []).extend(encoding.encode_value(parent, value) for value in switching)
    parents = [j for name in space.order if (j := encoding.names.index(name)) in values]
    rows = [(1.0, np.full(encoding.d, np.nan))]
    for j in parents:
        if encoding.is_category[j]:
            cells = [(1.0 / encoding.n_choices[j], float(v)) for v in range(encoding.n_choices[j])]
        else:
            chance = 1.0 / encoding.n_values[j] if np.isfinite(encoding.n_values[j]) else _RARE
            switching_values = sorted(set(values[j]))
            cells = [(chance, v) for v in switching_values]
            if len(cells) < encoding.n_values[j]:
                cells.append((1.0 - chance * len(cells), np.nan))
        rows = [
            (p * q, _with(row, j, v))
            for p, row in rows
            for q, v in (cells if _is_active(encoding, row, j) else [(1.0, np.nan)])
        ]
        if len(rows) > _MAX_REGIMES:
            rows = _sampled(encoding, parents, values, rng)
            break
    pinned = np.array([row for _, row in rows])
    active = np.array([[_is_active(encoding, row, j) for j in range(encoding.d)] for row in pinned])
    return Regimes(np.array([p for p, _ in rows]), active, pinned)


def _with(row: Array, j: int, value: float) -> Array:
    changed = row.copy()
    changed[j] = value
    return changed


def _is_active(encoding: Encoding, row: Array, j: int) -> bool:
    """Whether column j exists where the parents have the values of the row."""
    return all(
        row[encoding.names.index(parent)] in [encoding.encode_value(parent, value) for value in switching]
        for parent, switching in encoding.space.conditions[encoding.names[j]].items()
    )


def _sampled(
    encoding: Encoding, parents: list[int], values: dict[int, list[float]], rng: np.random.Generator
) -> list[tuple[float, Array]]:
    X = encoding.sample(_N_SAMPLED, rng)
    pinned = np.full(X.shape, np.nan)
    for j in parents:
        keep = ~np.isnan(X[:, j]) if encoding.is_category[j] else np.isin(X[:, j], values[j])
        pinned[keep, j] = X[keep, j]
    unique, counts = np.unique(pinned, axis=0, return_counts=True, equal_nan=True)
    largest = np.argsort(-counts, kind="stable")[:_MAX_REGIMES]
    total = counts[largest].sum()
    return [(counts[i] / total, unique[i]) for i in largest]


def grid(encoding: Encoding, j: int, n_levels: int = N_LEVELS) -> Array:
    """Encoded levels of column j: every category, or the middles of equal cells of [0, 1]."""
    if encoding.is_category[j]:
        return np.arange(float(encoding.n_choices[j]))
    return np.asarray((np.arange(n_levels) + 0.5) / n_levels)


def _held(boxes: Boxes, j: int, is_category: bool, levels: Array) -> npt.NDArray[np.bool_]:
    """Which boxes hold which levels of column j, shape (L, G)."""
    if is_category:
        return np.asarray(boxes.categories[:, j, :][:, levels.astype(np.intp)])
    low, high = boxes.low[:, j, None], boxes.high[:, j, None]
    return np.asarray(((levels > low) | (low == 0.0)) & (levels <= high))


def _factors(encoding: Encoding, boxes: Boxes, regimes: Regimes) -> Array:
    """Measure of each side of each box in each regime, shape (R, L, d); a box's measure is their product."""
    free = boxes.high - boxes.low
    for j in np.flatnonzero(encoding.is_category):
        free[:, j] = boxes.categories[:, j, : encoding.n_choices[j]].mean(axis=1)
    F = np.where(regimes.active[:, None, :], free, boxes.inactive)
    for k in np.flatnonzero(~np.isnan(regimes.pinned).all(axis=0)).tolist():
        fixed = np.flatnonzero(~np.isnan(regimes.pinned[:, k]))
        F[fixed, :, k] = _held(boxes, k, bool(encoding.is_category[k]), regimes.pinned[fixed, k]).T
    return F


def _products_without_each(F: Array) -> Array:
    """Product over all columns but one, for each of them; shape (R, L, d). Division would meet zeros."""
    before, after = np.ones_like(F), np.ones_like(F)
    before[..., 1:] = np.cumprod(F[..., :-1], axis=-1)
    after[..., :-1] = np.cumprod(F[..., :0:-1], axis=-1)[..., ::-1]
    return before * after


def _level_weights(regimes: Regimes, j: int, levels: Array) -> Array:
    """Joint probability of regime and level of column j, shape (R, G); sums to the share that has j."""
    pinned = regimes.pinned[:, j]
    weights = np.zeros((len(pinned), len(levels)))
    fixed = np.flatnonzero(~np.isnan(pinned))
    nearest = np.argmin(np.abs(levels - pinned[fixed, None]), axis=1)
    weights[fixed, nearest] = 1.0
    # Where the column is free it has none of the values that other regimes fix.
    left = np.setdiff1d(np.arange(len(levels)), nearest)
    left = left if len(left) else np.arange(len(levels))
    weights[np.ix_(np.isnan(pinned), left)] = 1.0 / len(left)
    return np.asarray(weights * (regimes.probability * regimes.active[:, j])[:, None])


def _curve(boxes: Boxes, rest: Array, weights: Array, held: npt.NDArray[np.bool_]) -> Array:
    """a_j at the levels, shape (G,); 0 where a level never occurs."""
    per_regime = (rest * boxes.value) @ held  # (R, G): mean of f given regime and level
    total = weights.sum(axis=0)
    curve: Array = (weights * per_regime).sum(axis=0) / np.where(total > 0, total, 1.0)
    return curve


def marginal_curve(encoding: Encoding, boxes: Boxes, regimes: Regimes, j: int, levels: Array) -> Array:
    """a_j of one tree at encoded levels, shape (G,)."""
    rest = _products_without_each(_factors(encoding, boxes, regimes))[..., j]
    held = _held(boxes, j, bool(encoding.is_category[j]), levels)
    return _curve(boxes, rest, _level_weights(regimes, j, levels), held)


def shares(encoding: Encoding, boxes: Boxes, regimes: Regimes) -> Array:
    """V_j / V of one tree, shape (d,), each in [0, 1]; all 0 for a constant tree."""
    F = _factors(encoding, boxes, regimes)
    mass = regimes.probability @ F.prod(axis=-1)  # (L,)
    mean = mass @ boxes.value
    V = mass @ (boxes.value - mean) ** 2
    result = np.zeros(encoding.d)
    if V <= 0:
        return result
    without = _products_without_each(F)
    for j in encoding.varying.tolist():
        levels = grid(encoding, j)
        weights = _level_weights(regimes, j, levels)
        curve = _curve(boxes, without[..., j], weights, _held(boxes, j, bool(encoding.is_category[j]), levels))
        p = weights.sum(axis=0)
        if p.sum() > 0:
            result[j] = p @ (curve - (p @ curve) / p.sum()) ** 2 / V
    # The middles of cells are not the cells: a share may pass 1 by the error of that sum.
    return np.minimum(result, 1.0)
