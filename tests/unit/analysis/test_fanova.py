"""Functional ANOVA of trees against Monte Carlo."""

import numpy as np
import pytest

from scriptune.analysis.fanova import find_measure, marginal_curve, shares
from scriptune.analysis.forest import Boxes, grow_forest, predict
from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.search.encoding import Encoding

PLAIN = SearchSpace({"a": Float(0, 1), "c": Categorical(["x", "y", "z"]), "b": Float(1e-3, 1, log=True)})
CONDITIONAL = SearchSpace(
    {
        "optimizer": Categorical(["sgd", "adam", "none"]),
        "momentum": Float(0, 1, when={"optimizer": "sgd"}),
        "decay": Float(0, 1, when={"optimizer": ["sgd", "adam"]}),
        "layers": Int(1, 4),
        "width": Float(0, 1, when={"layers": [2, 3]}),
    }
)


def target(encoding: Encoding, X: np.ndarray) -> np.ndarray:
    weights = np.arange(1.0, encoding.d + 1)
    return np.nan_to_num(X, nan=0.3) @ weights + np.nan_to_num(X[:, 0] * X[:, -1])


def a_tree(encoding: Encoding, n: int = 40) -> Boxes:
    X = encoding.sample(n, np.random.default_rng(1))
    rng = np.random.default_rng(2)
    return next(iter(grow_forest(X, target(encoding, X), encoding.n_choices, n_trees=1, rng=rng)))


@pytest.mark.parametrize("space", [PLAIN, CONDITIONAL], ids=["plain", "conditional"])
def test_marginals_and_shares_agree_with_monte_carlo(space: SearchSpace) -> None:
    encoding = Encoding(space)
    boxes = a_tree(encoding)
    measure = find_measure(encoding, np.random.default_rng(0))
    X = encoding.sample(200_000, np.random.default_rng(3))
    f = predict(boxes, X, encoding.n_choices)
    computed = shares(encoding, boxes, measure)
    for j, name in enumerate(space):
        has = ~np.isnan(X[:, j])
        levels = measure.levels[j]
        cell = np.argmin(np.abs(X[has, j, None] - levels), axis=1)
        count = np.bincount(cell, minlength=len(levels))
        sampled = np.bincount(cell, f[has], minlength=len(levels)) / count
        curve = marginal_curve(encoding, boxes, measure, j, levels)
        # 200,000 / 64 cells / 3 branches leave 1,000 draws a cell: standard error sd / 30.
        tolerance = 0.1 * f.std()
        assert np.abs(np.average(curve - sampled, weights=count)) < tolerance / 10, name
        assert np.sqrt(np.average((curve - sampled) ** 2, weights=count)) < tolerance, name
        spread = np.average((sampled - np.average(sampled, weights=count)) ** 2, weights=count)
        assert computed[j] == pytest.approx(has.mean() * spread / f.var(), abs=0.01), name


def test_the_shares_of_an_additive_tree_sum_to_one() -> None:
    encoding = Encoding(SearchSpace({"a": Float(0, 1), "b": Float(0, 1)}))
    # Four boxes of a sum of two steps, 3 at a = 1/2 and 1 at b = 1/4: variances 9/4 and 3/16.
    low = np.array([[0, 0], [0.5, 0], [0, 0.25], [0.5, 0.25]])
    high = np.array([[0.5, 0.25], [1, 0.25], [0.5, 1], [1, 1]])
    boxes = Boxes(low, high, np.ones((4, 2, 1), bool), np.ones((4, 2), bool), np.array([0.0, 3.0, 1.0, 4.0]))
    measure = find_measure(encoding, np.random.default_rng(0))
    expected = np.array([9 / 4, 3 / 16])
    np.testing.assert_allclose(shares(encoding, boxes, measure), expected / expected.sum(), rtol=1e-12)


def test_a_constant_tree_has_no_shares() -> None:
    encoding = Encoding(PLAIN)
    boxes = Boxes(np.zeros((1, 3)), np.ones((1, 3)), np.ones((1, 3, 3), bool), np.ones((1, 3), bool), np.ones(1))
    measure = find_measure(encoding, np.random.default_rng(0))
    assert shares(encoding, boxes, measure).tolist() == [0.0, 0.0, 0.0]


def test_the_regimes_of_a_conditional_space_are_its_branches() -> None:
    measure = find_measure(Encoding(CONDITIONAL), np.random.default_rng(0))
    assert measure.probability.sum() == pytest.approx(1.0)
    by_activity: dict[tuple[bool, ...], float] = {}
    for p, active in zip(measure.probability, measure.active, strict=True):
        key = tuple(active.tolist())
        by_activity[key] = by_activity.get(key, 0.0) + p
    assert by_activity == pytest.approx(
        {
            (True, momentum, decay, True, width): 1 / 6
            for momentum, decay in [(True, True), (False, True), (False, False)]
            for width in (True, False)
        }
    )


def test_spaces_with_very_many_branches_are_sampled() -> None:
    switches = {f"use_{i}": Bool() for i in range(12)}
    amounts = {f"x_{i}": Float(0, 1, when={f"use_{i}": True}) for i in range(12)}
    measure = find_measure(Encoding(SearchSpace({**switches, **amounts})), np.random.default_rng(0))
    assert len(measure.probability) <= 64
    assert measure.probability.sum() == pytest.approx(1.0)
    for i in range(12):
        np.testing.assert_array_equal(measure.active[:, 12 + i], measure.given[i][:, 1] == 1.0)


def test_whole_numbers_on_a_log_scale_have_the_probability_of_a_draw() -> None:
    space = SearchSpace({"n": Int(1, 8, log=True)})
    encoding = Encoding(space)
    measure = find_measure(encoding, np.random.default_rng(0))
    drawn = encoding.sample(100_000, np.random.default_rng(1))[:, 0]
    shares_drawn = [np.mean(np.isclose(drawn, level)) for level in measure.levels[0]]
    np.testing.assert_allclose(measure.given[0][0], shares_drawn, atol=0.01)
