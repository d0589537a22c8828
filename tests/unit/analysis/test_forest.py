"""Trees whose leaves are boxes."""

import numpy as np

from scriptune.analysis.forest import grow_forest, predict

N_CATEGORIES = np.array([0, 3, 0])


def points(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.random((n, 3))
    X[:, 1] = rng.integers(0, 3, n)
    X[X[:, 1] == 2, 2] = np.nan
    return X


def target(X: np.ndarray) -> np.ndarray:
    return 2 * X[:, 0] + (X[:, 1] == 1) + np.where(np.isnan(X[:, 2]), 3.0, X[:, 2])


def test_the_boxes_of_a_tree_tile_the_space() -> None:
    X = points(80)
    probes = points(120, seed=1)
    for boxes in grow_forest(X, target(X), N_CATEGORIES, n_trees=5, rng=np.random.default_rng(0)):
        inside = np.ones((len(probes), len(boxes.value)), dtype=int)
        for i, x in enumerate(probes):
            for leaf in range(len(boxes.value)):
                for j, n in enumerate(N_CATEGORIES):
                    if np.isnan(x[j]):
                        held = boxes.inactive[leaf, j]
                    elif n:
                        held = boxes.categories[leaf, j, int(x[j])]
                    else:
                        held = boxes.low[leaf, j] < x[j] <= boxes.high[leaf, j]
                    inside[i, leaf] &= int(held)
        assert (inside.sum(axis=1) == 1).all()


def test_a_forest_of_full_trees_predicts_a_smooth_function() -> None:
    X = points(1000)
    probes = points(300, seed=1)
    trees = grow_forest(X, target(X), N_CATEGORIES, n_trees=20, rng=np.random.default_rng(0))
    predicted = np.mean([predict(boxes, probes, N_CATEGORIES) for boxes in trees], axis=0)
    assert np.sqrt(np.mean((predicted - target(probes)) ** 2)) < 0.1


def test_every_leaf_value_is_a_mean_of_training_values() -> None:
    X = points(30)
    y = target(X)
    for boxes in grow_forest(X, y, N_CATEGORIES, n_trees=8, rng=np.random.default_rng(0)):
        assert y.min() <= boxes.value.min()
        assert boxes.value.max() <= y.max()


def test_constant_values_give_one_leaf() -> None:
    X = points(30)
    (boxes,) = grow_forest(X, np.ones(30), N_CATEGORIES, n_trees=1, rng=np.random.default_rng(0))
    assert boxes.value.tolist() == [1.0]


def test_equal_points_with_different_values_end_in_one_leaf() -> None:
    X = np.tile(points(1), (10, 1))
    (boxes,) = grow_forest(X, np.arange(10.0), N_CATEGORIES, n_trees=1, rng=np.random.default_rng(0))
    assert len(boxes.value) == 1


def test_the_same_generator_state_grows_the_same_trees() -> None:
    X = points(50)
    first, second = (
        list(grow_forest(X, target(X), N_CATEGORIES, n_trees=3, rng=np.random.default_rng(4))) for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.value, b.value)
        np.testing.assert_array_equal(a.low, b.low)
