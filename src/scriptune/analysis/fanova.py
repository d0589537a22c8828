"""Functional ANOVA of regression trees over mixed, conditional spaces.

Notation of Hutter, Hoos & Leyton-Brown (2014), "An Efficient Approach for Assessing Hyperparameter Importance":
    f       one tree: value c_l on box l (`Boxes`)
    a_j(v)  marginal of parameter j: the mean of f over all configurations with x_j = v (their eq. 4)
    V       variance of f over the space
    V_j     variance of a_j; V_j / V is the share of the variance that j explains alone (their eq. 8)

Means are exact sums over a discrete measure: every column has G_j levels (its values, or the middles of 64 cells)
with the probability that a uniform draw from the *encoded* space has (uniform in log(v) on log scales).
A conditional space is a mixture of R products, here called *regimes*: one per combination of the values of the
parents, in which it is known what is active. a_j is the mean over the configurations that have j at all, and
V_j counts by the share of the space that has it; so what switching j off does is credited to its parents.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scriptune.analysis.forest import Boxes
from scriptune.core.space import SearchSpace
from scriptune.search.encoding import Array, Encoding

__all__ = ["Measure", "find_measure", "marginal_curve", "marginal_surface", "shares"]

_MAX_REGIMES = 64  # above it the regimes are sampled: cost grows with their number
_N_SAMPLED = 512
_RARE = 1.0 / 64.0  # probability of one switching value of a continuous parent, whose measure is zero
_N_CELLS = 64
_N_PROBES = 4096  # points by which the probability of an integer on a log scale is counted


@dataclass(frozen=True)
class Measure:
    """The uniform distribution on a space, as a mixture of R discrete products.

    Attributes:
        probability: Of the regimes, shape (R,), sums to 1.
        active: Which columns exist in a regime, shape (R, d).
        levels: Per column its encoded levels, shape (G_j,).
        given: Per column the probability of its levels given the regime, shape (R, G_j); rows sum to 1 where
            the column is active.
    """

    probability: Array
    active: npt.NDArray[np.bool_]
    levels: list[Array]
    given: list[Array]


def find_measure(encoding: Encoding, rng: np.random.Generator) -> Measure:
    """The measure of a space; with more than 64 regimes, estimated from 512 random configurations."""
    columns = [_levels(encoding, j) for j in range(encoding.d)]
    pinned_values = _switching_values(encoding, columns)
    probability, pinned = _regimes(encoding, columns, pinned_values, rng)
    active = np.array([[_is_active(encoding, row, j) for j in range(encoding.d)] for row in pinned])
    given = []
    for j, (levels, weights) in enumerate(columns):
        table = np.empty((len(pinned), len(levels)))
        free = weights.copy()
        # Where a parent is free it has none of the values that other regimes pin.
        free[_nearest(levels, np.array(pinned_values.get(j, [])))] = 0.0
        free = weights if free.sum() == 0 else free / free.sum()
        for r, value in enumerate(pinned[:, j]):
            table[r] = free if np.isnan(value) else np.arange(len(levels)) == _nearest(levels, np.array(value))
        given.append(table)
    return Measure(probability, active, [levels for levels, _ in columns], given)


def _levels(encoding: Encoding, j: int) -> tuple[Array, Array]:
    """The encoded levels of column j and their probabilities."""
    if encoding.is_category[j]:
        k = int(encoding.n_choices[j])
        return np.arange(float(k)), np.full(k, 1.0 / k)
    if encoding.n_values[j] > _N_CELLS:
        return (np.arange(_N_CELLS) + 0.5) / _N_CELLS, np.full(_N_CELLS, 1.0 / _N_CELLS)
    name = encoding.names[j]
    alone = Encoding(SearchSpace({name: replace(encoding.space[name], when={})}))
    probes = (np.arange(_N_PROBES)[:, None] + 0.5) / _N_PROBES
    levels, counts = np.unique(alone.from_uniform(probes), return_counts=True)
    return levels, counts / _N_PROBES


def _nearest(levels: Array, values: Array) -> npt.NDArray[np.intp]:
    """The indices of the levels nearest to values of any shape; levels are ascending."""
    return np.asarray(np.searchsorted(0.5 * (levels[1:] + levels[:-1]), values), dtype=np.intp)


def _switching_values(encoding: Encoding, columns: list[tuple[Array, Array]]) -> dict[int, list[float]]:
    """The values that regimes fix, per parent column: all of a category; of a number, those that activate something."""
    values: dict[int, set[float]] = {}
    for conditions in encoding.space.conditions.values():
        for parent, switching in conditions.items():
            j = encoding.names.index(parent)
            every = columns[j][0].tolist() if encoding.is_category[j] else []
            values.setdefault(j, set()).update(every, (encoding.encode_value(parent, value) for value in switching))
    return {j: sorted(found) for j, found in values.items()}


def _regimes(
    encoding: Encoding,
    columns: list[tuple[Array, Array]],
    pinned_values: dict[int, list[float]],
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """The probability of each regime, shape (R,), and the values it fixes, shape (R, d), NaN where free or absent."""
    rows = [(1.0, np.full(encoding.d, np.nan))]
    for name in encoding.space.order:
        j = encoding.names.index(name)
        if j not in pinned_values:
            continue
        cells = _cells(encoding, j, columns[j], pinned_values[j])
        rows = [
            (p * chance, _with(row, j, value))
            for p, row in rows
            for chance, value in (cells if _is_active(encoding, row, j) else [(1.0, np.nan)])
        ]
        if len(rows) > _MAX_REGIMES:
            return _sampled_regimes(encoding, pinned_values, rng)
    return np.array([p for p, _ in rows]), np.array([row for _, row in rows])


def _cells(encoding: Encoding, j: int, column: tuple[Array, Array], values: list[float]) -> list[tuple[float, float]]:
    """The (probability, value) pairs of a parent: each fixed value, and NaN for all others."""
    levels, weights = column
    if len(levels) == encoding.n_values[j]:
        cells = list(zip(weights[_nearest(levels, np.array(values))].tolist(), values, strict=True))
    else:
        chance = min(_RARE, 1.0 / float(encoding.n_values[j])) or _RARE
        cells = [(chance, value) for value in values]
    rest = 1.0 - sum(chance for chance, _ in cells)
    return cells if rest < 1e-9 else [*cells, (rest, np.nan)]


def _with(row: Array, j: int, value: float) -> Array:
    changed = row.copy()
    changed[j] = value
    return changed


def _is_active(encoding: Encoding, row: Array, j: int) -> bool:
    """Whether column j is active given the parents' values in the row."""
    return all(
        row[encoding.names.index(parent)] in [encoding.encode_value(parent, value) for value in switching]
        for parent, switching in encoding.space.conditions[encoding.names[j]].items()
    )


def _sampled_regimes(
    encoding: Encoding, pinned_values: dict[int, list[float]], rng: np.random.Generator
) -> tuple[Array, Array]:
    X = encoding.sample(_N_SAMPLED, rng)
    pinned = np.full(X.shape, np.nan)
    for j, values in pinned_values.items():
        keep = np.isin(X[:, j], values)
        pinned[keep, j] = X[keep, j]
    unique, counts = np.unique(pinned, axis=0, return_counts=True, equal_nan=True)
    largest = np.argsort(-counts, kind="stable")[:_MAX_REGIMES]
    return counts[largest] / counts[largest].sum(), unique[largest]


# --- sums over the boxes of a tree -----------------------------------------------------------------------


def _held(encoding: Encoding, boxes: Boxes, j: int, levels: Array) -> npt.NDArray[np.bool_]:
    """Which boxes contain which levels of column j, shape (L, G)."""
    if encoding.is_category[j]:
        return np.asarray(boxes.categories[:, j, :][:, levels.astype(np.intp)])
    low, high = boxes.low[:, j, None], boxes.high[:, j, None]
    return np.asarray(((levels > low) | (low == 0.0)) & (levels <= high))


def _factors(encoding: Encoding, boxes: Boxes, measure: Measure) -> Array:
    """Measure of each side of each box in each regime, shape (R, L, d); a box's measure is their product."""
    F = np.empty((len(measure.probability), *boxes.low.shape))
    for j in range(encoding.d):
        inside = measure.given[j] @ _held(encoding, boxes, j, measure.levels[j]).T
        F[:, :, j] = np.where(measure.active[:, j, None], inside, boxes.inactive[:, j])
    return F


def _products_without_each(F: Array) -> Array:
    """Product over all columns but one, for each of them; shape (R, L, d). Division would meet zeros."""
    before, after = np.ones_like(F), np.ones_like(F)
    before[..., 1:] = np.cumprod(F[..., :-1], axis=-1)
    after[..., :-1] = np.cumprod(F[..., :0:-1], axis=-1)[..., ::-1]
    return before * after


def _curve(measure: Measure, j: int, rest: Array, value: Array, held: npt.NDArray[np.bool_], given: Array) -> Array:
    """a_j at G levels, shape (G,); 0 where a level never occurs.

    Args:
        measure: Of the space.
        j: Column.
        rest: Measure of the boxes' other sides, shape (R, L).
        value: Of the boxes, shape (L,).
        held: Which boxes hold which levels, shape (L, G).
        given: Probability of the levels given the regime, shape (R, G).
    """
    joint = given * (measure.probability * measure.active[:, j])[:, None]
    total = joint.sum(axis=0)
    curve: Array = (joint * ((rest * value) @ held)).sum(axis=0) / np.where(total > 0, total, 1.0)
    return curve


def marginal_curve(encoding: Encoding, boxes: Boxes, measure: Measure, j: int, levels: Array) -> Array:
    """a_j of one tree at any encoded levels, shape (G,)."""
    rest = _products_without_each(_factors(encoding, boxes, measure))[..., j]
    given = measure.given[j][:, _nearest(measure.levels[j], levels)]
    return _curve(measure, j, rest, boxes.value, _held(encoding, boxes, j, levels), given)


def marginal_surface(
    encoding: Encoding, boxes: Boxes, measure: Measure, i: int, j: int, levels_i: Array, levels_j: Array
) -> Array:
    """The mean of one tree over all configurations with x_i = v and x_j = w, shape (G_j, G_i).

    NaN where the two values never occur together, because one parameter is off for the other's value.
    """
    F = _factors(encoding, boxes, measure)
    F[..., [i, j]] = 1.0
    rest = F.prod(axis=-1) * boxes.value  # (R, L)
    p, active = measure.probability, measure.active[:, i] & measure.active[:, j]
    weights = []
    for column, levels in ((i, levels_i), (j, levels_j)):
        weights.append(measure.given[column][:, _nearest(measure.levels[column], levels)])
    held_i, held_j = (_held(encoding, boxes, c, ls).astype(float) for c, ls in ((i, levels_i), (j, levels_j)))
    total, sums = np.zeros((2, len(levels_j), len(levels_i)))
    for r in np.flatnonzero(active):
        chance = p[r] * np.outer(weights[1][r], weights[0][r])
        total += chance
        sums += chance * ((held_j * rest[r][:, None]).T @ held_i)
    surface: Array = np.where(total > 0, sums / np.where(total > 0, total, 1.0), np.nan)
    return surface


def shares(encoding: Encoding, boxes: Boxes, measure: Measure) -> Array:
    """V_j / V of one tree, shape (d,), each in [0, 1]; all 0 for a constant tree."""
    F = _factors(encoding, boxes, measure)
    mass = measure.probability @ F.prod(axis=-1)  # (L,)
    V = mass @ (boxes.value - mass @ boxes.value) ** 2
    result = np.zeros(encoding.d)
    if V <= 0:
        return result
    without = _products_without_each(F)
    for j in encoding.varying.tolist():
        held = _held(encoding, boxes, j, measure.levels[j])
        curve = _curve(measure, j, without[..., j], boxes.value, held, measure.given[j])
        p = (measure.probability * measure.active[:, j]) @ measure.given[j]
        if p.sum() > 0:
            result[j] = p @ (curve - (p @ curve) / p.sum()) ** 2 / V
    # Rounding may lift a sole cause above 1.
    return np.minimum(result, 1.0)
