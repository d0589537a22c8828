"""A small forest of extremely randomised regression trees whose leaves are boxes.

Geurts, Ernst & Wehenkel (2006), with a bootstrap per tree: every node tries a few random cuts per dimension
and keeps the one that explains most variance. Functional ANOVA needs the leaves as boxes with a measure,
which is why the trees are our own; they are grown a level at a time, all nodes of a level at once.

    n, d    number of points and of dimensions
    K       largest number of categories of a dimension
    L       leaves of a tree

A point has per dimension a position in [0, 1], a category index, or NaN where the parameter is inactive.
Inactive points of a node follow one side of a cut chosen at random; being inactive is never a cut of its own,
because it is a function of the parents, which can be cut instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Boxes", "grow_forest", "predict"]

Array = NDArray[np.float64]
_N_CUTS = 3  # random cuts tried per node and dimension: 1 is too blind for 20 trials, exhaustive ones follow the noise
_MIN_GAIN = 1e-12  # relative to the variance at the root: below it a gain is rounding error


@dataclass(frozen=True)
class Boxes:
    """The leaves of one tree; together they tile the space.

    Attributes:
        low, high: Sides of the numeric dimensions, shape (L, d); a box holds low < x <= high.
        categories: Which categories of which dimension a box holds, shape (L, d, K).
        inactive: Whether a box holds the points without this dimension, shape (L, d).
        value: Mean of the training points inside, shape (L,).
    """

    low: Array
    high: Array
    categories: NDArray[np.bool_]
    inactive: NDArray[np.bool_]
    value: Array


def grow_forest(
    X: Array,
    y: Array,
    n_categories: NDArray[np.intp],
    *,
    n_trees: int,
    rng: np.random.Generator,
) -> Iterator[Boxes]:
    """Grow trees one after the other, each on its own bootstrap sample.

    Args:
        X: Points, shape (n, d), NaN where inactive.
        y: Values, shape (n,), finite and of moderate size.
        n_categories: Per dimension the number of categories, 0 for a numeric one; shape (d,).
        n_trees: How many.
        rng: Source of the bootstraps and the cuts.
    """
    for _ in range(n_trees):
        weights = np.bincount(rng.integers(len(y), size=len(y)), minlength=len(y)).astype(float)
        drawn = weights > 0
        yield _grow(X[drawn], y[drawn], weights[drawn], n_categories, rng)


def predict(boxes: Boxes, X: Array, n_categories: NDArray[np.intp]) -> Array:
    """Value of the leaf that holds each point; shape (n, d) to (n,)."""
    inside = np.ones((len(X), len(boxes.value)), dtype=bool)
    for j, n in enumerate(n_categories):
        absent = np.isnan(X[:, j])
        if n:
            held = boxes.categories[:, j, :][:, np.where(absent, 0, X[:, j]).astype(int)].T
        else:
            x = X[:, j, None]
            held = ((x > boxes.low[:, j]) | (boxes.low[:, j] == 0)) & (x <= boxes.high[:, j])
        inside &= np.where(absent[:, None], boxes.inactive[:, j], held)
    result: Array = boxes.value[np.argmax(inside, axis=1)]
    return result


@dataclass
class _Nodes:
    """The nodes of one tree level, with the arrays of `Boxes`."""

    low: Array
    high: Array
    categories: NDArray[np.bool_]
    inactive: NDArray[np.bool_]

    def pick(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> _Nodes:
        return _Nodes(self.low[rows], self.high[rows], self.categories[rows], self.inactive[rows])


@dataclass
class _Cuts:
    """The best cut of each node: a point goes right where its key is above the threshold."""

    found: NDArray[np.bool_]
    dimension: NDArray[np.intp]
    threshold: Array
    category_keys: Array
    inactive_right: NDArray[np.bool_]


def _grow(X: Array, y: Array, w: Array, n_categories: NDArray[np.intp], rng: np.random.Generator) -> Boxes:
    d = X.shape[1]
    k = max(1, int(n_categories.max(initial=0)))
    nodes = _Nodes(np.zeros((1, d)), np.ones((1, d)), np.ones((1, d, k), dtype=bool), np.ones((1, d), dtype=bool))
    rows = np.arange(len(y))
    node = np.zeros(len(y), dtype=np.intp)
    floor = _MIN_GAIN * float(np.sum(w * (y - np.average(y, weights=w)) ** 2))
    leaves: list[_Nodes] = []
    values: list[Array] = []
    while len(rows):
        order = np.argsort(node, kind="stable")
        rows, node = rows[order], node[order]
        cuts = _best_cuts(X[rows], y[rows], w[rows], node, n_categories, k, rng, floor)
        mean = np.bincount(node, w[rows] * y[rows]) / np.bincount(node, w[rows])
        leaves.append(nodes.pick(~cuts.found))
        values.append(mean[~cuts.found])
        kept = cuts.found[node]
        rows, node = rows[kept], node[kept]
        right = _goes_right(X[rows], node, cuts, n_categories)
        nodes = _children(nodes, cuts, n_categories)
        renumbered = np.cumsum(cuts.found) - 1
        node = renumbered[node] * 2 + right
    return Boxes(
        np.concatenate([part.low for part in leaves]),
        np.concatenate([part.high for part in leaves]),
        np.concatenate([part.categories for part in leaves]),
        np.concatenate([part.inactive for part in leaves]),
        np.concatenate(values),
    )


def _best_cuts(
    X: Array,
    y: Array,
    w: Array,
    node: NDArray[np.intp],
    n_categories: NDArray[np.intp],
    k: int,
    rng: np.random.Generator,
    floor: float,
) -> _Cuts:
    """Try random cuts in every node; ``node`` is sorted and has no gaps. Axes: (cut, dimension, node).

    A node of one point has no cut with a point on either side, and so none is found.
    """
    starts = np.flatnonzero(np.diff(node, prepend=-1))
    m, d = len(starts), X.shape[1]
    shape = (_N_CUTS, d, m)
    # A category gets a random key per node, so that one threshold cuts the categories into random halves.
    category_keys = rng.random((*shape, k))
    keys = np.broadcast_to(X.T, (_N_CUTS, *X.T.shape)).copy()
    absent = np.isnan(X.T)
    for j in np.flatnonzero(n_categories):
        keys[:, j] = category_keys[:, j, node, np.where(absent[j], 0, X[:, j]).astype(int)]
    low = np.minimum.reduceat(np.where(absent, np.inf, keys), starts, axis=2)
    high = np.maximum.reduceat(np.where(absent, -np.inf, keys), starts, axis=2)
    valid = low < high
    threshold = np.where(valid, low, 0.0) + rng.random(shape) * np.where(valid, high - low, 0.0)
    inactive_right = rng.random(shape) < 0.5
    right = np.where(absent, inactive_right[:, :, node], keys > threshold[:, :, node])
    w_all, s_all = np.add.reduceat(w, starts), np.add.reduceat(w * y, starts)
    w_right = np.add.reduceat(right * w, starts, axis=2)
    s_right = np.add.reduceat(right * (w * y), starts, axis=2)
    w_left, s_left = w_all - w_right, s_all - s_right
    valid &= (w_left > 0) & (w_right > 0)
    between = s_left**2 / np.where(valid, w_left, 1.0) + s_right**2 / np.where(valid, w_right, 1.0)
    gain = np.where(valid, between - s_all**2 / w_all, -np.inf)
    # Equal gains are common with few points; a fixed winner would call the first parameter important.
    ranked = gain * (1 + 1e-9 * rng.random(shape))
    flat = np.argmax(ranked.reshape(-1, m), axis=0)
    cut, dimension = np.unravel_index(flat, (_N_CUTS, d))
    each = np.arange(m)
    return _Cuts(
        found=gain[cut, dimension, each] > floor,
        dimension=dimension.astype(np.intp),
        threshold=threshold[cut, dimension, each],
        category_keys=category_keys[cut, dimension, each],
        inactive_right=inactive_right[cut, dimension, each],
    )


def _goes_right(X: Array, node: NDArray[np.intp], cuts: _Cuts, n_categories: NDArray[np.intp]) -> NDArray[np.bool_]:
    j = cuts.dimension[node]
    x = X[np.arange(len(X)), j]
    absent = np.isnan(x)
    category = np.where(absent | (n_categories[j] == 0), 0, x).astype(int)
    key = np.where(n_categories[j] > 0, cuts.category_keys[node, category], x)
    return np.where(absent, cuts.inactive_right[node], key > cuts.threshold[node])


def _children(nodes: _Nodes, cuts: _Cuts, n_categories: NDArray[np.intp]) -> _Nodes:
    """The two boxes of every cut node, left before right."""
    parents = np.repeat(np.flatnonzero(cuts.found), 2)
    children = nodes.pick(parents)
    each = np.arange(len(parents))
    right = each % 2 == 1
    j, threshold = cuts.dimension[parents], cuts.threshold[parents]
    numeric = n_categories[j] == 0
    raise_low, lower_high = numeric & right, numeric & ~right
    children.low[each[raise_low], j[raise_low]] = threshold[raise_low]
    children.high[each[lower_high], j[lower_high]] = threshold[lower_high]
    keys_right = cuts.category_keys[parents] > threshold[:, None]
    chosen = np.where(right[:, None], keys_right, ~keys_right)
    children.categories[each[~numeric], j[~numeric]] &= chosen[~numeric]
    children.inactive[each, j] &= cuts.inactive_right[parents] == right
    return children
