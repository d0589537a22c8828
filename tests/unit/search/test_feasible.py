"""Draws from feasible sets of every size."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scriptune.core.parameters import Categorical, Float, Int, Parameter
from scriptune.core.space import SearchSpace
from scriptune.search.encoding import Encoding
from scriptune.search.feasible import FeasibleSet

CUBE: dict[str, Parameter] = {f"x{k}": Float(0.0, 1.0) for k in range(4)}
SQUARES = " + ".join(f"x{k} ** 2" for k in range(4))


def feasible_set(parameters: dict[str, Parameter], *constraints: str) -> tuple[Encoding, FeasibleSet]:
    encoding = Encoding(SearchSpace(parameters, constraints))
    assert encoding.feasible is not None
    return encoding, encoding.feasible


@pytest.mark.parametrize(
    ("constraints", "share"),
    [
        (["x0 + x1 <= 1"], 0.5),
        (["x0 <= x1", "x1 <= x2", "x2 <= x3"], 1 / 24),
        ([f"{SQUARES} <= 0.01"], math.pi**2 / 2 * 0.01**2 / 16),  # the positive part of a ball: 3e-5
        (["abs(x0 - 0.5) <= 5e-4", "abs(x1 - 0.5) <= 5e-4"], 1e-6),
    ],
)
def test_the_share_of_the_space_is_estimated_within_a_factor_of_two(constraints: list[str], share: float) -> None:
    _, feasible = feasible_set(CUBE, *constraints)
    assert share / 2 < feasible.share < share * 2
    assert not feasible.is_empty


def test_draws_from_a_rare_set_are_uniform_in_it() -> None:
    encoding, feasible = feasible_set(CUBE, f"{SQUARES} <= 0.01")
    X = encoding.sample(2000, np.random.default_rng(0))
    assert feasible.holds(X).all()
    radius = np.sqrt((X**2).sum(axis=1)) / 0.1
    # P(radius <= r) is r ** 4 in four dimensions.
    for r in (0.5, 0.7, 0.9):
        assert abs(float((radius <= r).mean()) - r**4) < 0.06
    np.testing.assert_allclose(X.mean(axis=0), X.mean(), rtol=0.15)


def test_draws_of_a_common_set_are_uniform_in_it() -> None:
    encoding, _ = feasible_set(CUBE, "x0 + x1 <= 1")
    X = encoding.sample(4000, np.random.default_rng(0))
    np.testing.assert_allclose(X.mean(axis=0), [1 / 3, 1 / 3, 1 / 2, 1 / 2], atol=0.02)


def test_the_same_generator_gives_the_same_draws() -> None:
    draws = [
        feasible_set(CUBE, "abs(x0 - x1) <= 1e-4")[0].sample(9, np.random.default_rng(3)).tolist() for _ in range(2)
    ]
    assert draws[0] == draws[1]


@pytest.mark.parametrize("constraints", [["x0 > 2"], ["x0 < x1", "x1 < x0"], ["x0 / 0 > 1"]])
def test_an_empty_set_is_found_to_be_empty(constraints: list[str]) -> None:
    encoding, feasible = feasible_set(CUBE, *constraints)
    assert feasible.is_empty
    assert encoding.sample(5, np.random.default_rng(0)).shape == (0, 4)


def test_a_few_configurations_among_many_are_found() -> None:
    parameters: dict[str, Parameter] = {"a": Int(1, 5000), "b": Int(1, 5000), "c": Categorical(["x", "y", None])}
    encoding, feasible = feasible_set(parameters, "a * b == 4999", "c == 'x'")
    drawn = {(p["a"], p["b"]) for p in map(encoding.decode, encoding.sample(200, np.random.default_rng(0)))}
    assert drawn <= {(1, 4999), (4999, 1)}
    assert drawn
    assert feasible.share < 1e-5


def test_a_small_finite_space_is_listed() -> None:
    encoding, feasible = feasible_set({"a": Int(1, 50), "b": Int(1, 50)}, "a * b == 49")
    drawn = [encoding.decode(row)["a"] for row in encoding.sample(600, np.random.default_rng(0))]
    assert feasible.share == pytest.approx(3 / 2500)
    assert all(150 < drawn.count(a) < 250 for a in (1, 7, 49))


def test_completions_keep_what_is_held() -> None:
    _, feasible = feasible_set(CUBE, "x0 + x1 + x2 <= 1.0005", "x0 + x1 + x2 >= 1")
    held = np.array([True, False, False, True])
    X = feasible.completions(np.array([0.75, 0.0, 0.0, 0.5]), held, 50, np.random.default_rng(0))
    assert len(X) == 50
    assert feasible.holds(X).all()
    np.testing.assert_allclose(X[:, [0, 3]], np.tile([0.75, 0.5], (50, 1)), rtol=1e-12)
    assert (
        len(
            feasible.completions(
                np.array([0.99, 0.0, 0.99, 0.5]), np.array([True, False, True, False]), 5, np.random.default_rng(0)
            )
        )
        == 0
    )


def test_the_nearest_row_is_at_the_border() -> None:
    _, feasible = feasible_set(CUBE, "x0 + x1 <= 0.5")
    near = feasible.nearest(np.full(4, 0.5), np.zeros(4, dtype=bool), np.random.default_rng(0))
    assert near is not None
    assert 0.49 < near[0] + near[1] <= 0.5
    assert np.abs(near - [0.25, 0.25, 0.5, 0.5]).max() < 0.2
    kept = feasible.nearest(
        np.array([0.4, 0.5, 0.5, 0.5]), np.array([True, False, False, False]), np.random.default_rng(0)
    )
    assert kept is not None
    assert kept[0] == pytest.approx(0.4)
    assert kept[1] == pytest.approx(0.1, abs=1e-6)


def test_rows_are_pulled_back_to_the_border_towards_their_parents() -> None:
    _, feasible = feasible_set(CUBE, "x0 <= 0.3")
    parents, rows = np.full((3, 4), 0.2), np.full((3, 4), 0.6)
    rows[2, 0] = 0.1
    moved = feasible.pull_back(parents, rows, np.array([1.0, 0.5, 1.0]))
    np.testing.assert_allclose(moved[:, 0], [0.3, 0.25, 0.1], atol=1e-6)
    np.testing.assert_allclose(moved[:, 1], [0.3, 0.25, 0.6], atol=1e-6)
    assert feasible.holds(moved).all()


def test_rows_near_others_stay_in_the_window_and_in_the_set() -> None:
    encoding, feasible = feasible_set(CUBE, "abs(x0 + x1 - 1) <= 0.002", "(x2 - 0.5) ** 2 + (x3 - 0.5) ** 2 <= 0.001")
    start = encoding.sample(200, np.random.default_rng(0))
    width = np.array([0.1, 0.1, 0.01, 1.0])
    near = feasible.wander(start, width, np.random.default_rng(1))
    assert feasible.holds(near).all()
    assert (np.abs(near - start) <= 0.5 * width + 1e-12).all()
    moved = np.abs(near - start).mean(axis=0)
    assert moved[0] > 0.015  # 0.025 where every place of the window is as likely
    assert moved[3] > 0.005  # of a circle with a radius of 0.03


def test_a_category_that_violates_a_constraint_goes_back_to_the_parents() -> None:
    parameters: dict[str, Parameter] = {"c": Categorical(["a", "b", "c"]), "x": Float(0.0, 1.0)}
    _, feasible = feasible_set(parameters, "c != 'b'", "c == 'a' or x <= 0.5")
    parents = np.array([[0.0, 0.9], [0.0, 0.4]])
    moved = feasible.pull_back(parents, np.array([[1.0, 0.2], [2.0, 0.8]]), np.ones(2))
    assert moved[0, 0] == 0.0
    assert moved[1].tolist() == [2.0, pytest.approx(0.5)]
