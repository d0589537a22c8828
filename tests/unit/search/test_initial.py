from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import SearchSpace, params_key
from scriptune.core.trial import Phase
from scriptune.search.encoding import Encoding
from scriptune.search.initial import InitialDesign, default_params, latin_hypercube, quarter_of_budget, untried_defaults
from strategies import spaces

PLAIN = Encoding(SearchSpace({f"x{j}": Float(0.0, 1.0) for j in range(4)}))


def test_the_centre_had_the_noise_of_floats_in_its_last_digits() -> None:
    tiny = Float(1.0, 1.0 + 4e-16)
    space = SearchSpace({"lr": Float(1e-4, 1.0, log=True), "dropout": Float(0.0, 0.6), "narrow": tiny})
    centre = default_params(Encoding(space), 0)
    assert (centre["lr"], centre["dropout"]) == (0.01, 0.3)
    assert 1.0 <= float(centre["narrow"]) <= 1.0 + 4e-16


def test_the_first_point_is_the_centre() -> None:
    encoding = Encoding(SearchSpace({"lr": Float(1e-4, 1.0, log=True), "k": Int(1, 3), "c": Categorical(["a", "b"])}))
    params = default_params(encoding, 0)
    assert params["lr"] == pytest.approx(1e-2)
    assert params["k"] == 2
    assert {default_params(encoding, seed)["c"] for seed in range(10)} == {"a", "b"}


def test_the_users_defaults_replace_what_they_name() -> None:
    space = SearchSpace(
        {
            "lr": Float(0.0, 1.0, default=0.9),
            "opt": Categorical(["adam", "sgd"], default="sgd"),
            "momentum": Float(0.0, 1.0, when={"opt": ("sgd",)}, default=0.99),
            "k": Int(0, 10),
        }
    )
    assert default_params(Encoding(space), 3) == {"lr": 0.9, "opt": "sgd", "momentum": 0.99, "k": 5}


@pytest.mark.parametrize(("k_default", "is_all"), [(3, True), (None, False)])
def test_a_point_of_which_only_a_part_was_given_was_called_the_users_defaults(
    k_default: int | None, is_all: bool
) -> None:
    space = SearchSpace({"lr": Float(0.0, 1.0, default=0.9), "k": Int(0, 10, default=k_default)})
    suggestion = untried_defaults("auto", space, default_params(Encoding(space), 0), set())
    assert suggestion is not None
    assert (suggestion.note == "Your defaults.") is is_all


def test_a_latin_hypercube_has_one_point_in_every_slice() -> None:
    W = latin_hypercube(9, 5, np.random.default_rng(0))
    assert (np.sort(np.floor(W * 9), axis=0) == np.arange(9)[:, None]).all()


@pytest.mark.parametrize(
    ("n_workers", "n_pending", "expected"), [(None, 0, 3), (1, 0, 3), (8, 0, 8), (None, 7, 8), (2, 9, 10)]
)
def test_there_is_a_first_point_for_every_worker(n_workers: int | None, n_pending: int, expected: int) -> None:
    assert InitialDesign(PLAIN, 0, n_workers).n_points(n_pending) == expected


def test_eight_workers_get_one_hypercube_whether_their_number_is_known_or_not() -> None:
    known, unknown = InitialDesign(PLAIN, 5, 8), InitialDesign(PLAIN, 5, None)
    rows = np.array([known.row(k, k) for k in range(1, 8)])
    assert (np.sort(np.floor(rows * 7), axis=0) == np.arange(7)[:, None]).all()
    np.testing.assert_array_equal(rows, [unknown.row(k, k) for k in range(1, 8)])


def test_rows_do_not_end_and_do_not_repeat() -> None:
    design = InitialDesign(PLAIN, 5)
    rows = np.array([design.row(k, 0) for k in range(60)])
    distances = PLAIN.column_distances(rows, rows).sum(axis=0) + np.eye(60)
    assert distances.min() > 1e-4


def test_a_search_whose_trials_all_fail_gets_random_rows_in_the_end() -> None:
    # Each hypercube keeps its distance from earlier ones, down to the first: that recursed too deep.
    design = InitialDesign(PLAIN, 5)
    rows = np.array([design.row(k, 0) for k in (19_999, 20_000, 20_001)])
    assert len(np.unique(rows, axis=0)) == 3
    np.testing.assert_array_equal(rows[1], InitialDesign(PLAIN, 5).row(20_000, 0))


def test_absurdly_many_workers_cost_no_memory() -> None:
    design = InitialDesign(PLAIN, 5, n_workers=10**9)
    rows = np.array([design.row(k, k) for k in (1, 2, 300)])
    assert len(np.unique(rows, axis=0)) == 3
    assert design.n_points(0) == 10**9


def test_the_chosen_hypercube_is_spread_wider_than_a_random_one() -> None:
    def smallest(rows: np.ndarray) -> float:
        distances = PLAIN.column_distances(rows, rows).sum(axis=0)
        return float(distances[np.triu_indices(len(rows), 1)].min())

    chosen, random = [], []
    for seed in range(20):
        design = InitialDesign(PLAIN, seed, 8)
        chosen.append(smallest(np.array([design.row(k, 0) for k in range(1, 8)])))
        random.append(smallest(latin_hypercube(7, 4, np.random.default_rng(seed))))
    assert np.mean(chosen) > 1.3 * np.mean(random)


def test_every_branch_of_a_conditional_space_is_visited() -> None:
    space = SearchSpace(
        {
            "opt": Categorical(["adam", "sgd", "rmsprop", "lamb"]),
            "beta": Float(0.0, 1.0, when={"opt": ("adam", "lamb")}),
            "momentum": Float(0.0, 1.0, when={"opt": ("sgd",)}),
            "decay": Float(0.0, 1.0, when={"opt": ("rmsprop",)}),
            "nesterov": Bool(when={"opt": ("sgd",)}),
            "damping": Float(0.0, 1.0, when={"nesterov": (True,)}),
        }
    )
    for seed in range(20):
        design = InitialDesign(Encoding(space), seed)
        n = design.n_points(0)
        active = {name for k in range(n) for name in Encoding(space).decode(design.row(k, 0))}
        assert active == set(space)
        assert n <= 8


def test_a_taken_row_is_replaced_by_a_later_one() -> None:
    design = InitialDesign(PLAIN, 0)
    first = design.suggest("mine", 0, 0, set())
    assert first.phase is Phase.DEFAULT
    second = design.suggest("mine", 0, 0, {params_key(first.params)})
    assert second.params == design.suggest("mine", 1, 0, set()).params
    assert (second.sampler, second.phase) == ("mine", Phase.INITIAL)


def test_in_a_small_space_a_free_configuration_is_drawn_when_all_rows_are_taken() -> None:
    space = SearchSpace({"b": Bool(), "c": Bool()})
    free = {"b": True, "c": False}
    taken = {params_key(params) for params in space.enumerate() if params != free}
    assert InitialDesign(Encoding(space), 1).suggest("mine", 3, 0, taken).params == free


def test_defaults_are_tried_before_anything_else_even_late() -> None:
    encoding = Encoding(SearchSpace({"x": Float(0.0, 1.0, default=0.9)}))
    design = InitialDesign(encoding, 0)
    late = design.suggest("mine", 2, 1, set())
    assert (late.params, late.phase) == ({"x": 0.9}, Phase.DEFAULT)
    assert design.suggest("mine", 2, 1, {params_key({"x": 0.9})}).phase is Phase.INITIAL


@settings(max_examples=30)
@given(space=spaces(), seed=st.integers(0, 99), n_workers=st.sampled_from([None, 1, 5]))
def test_rows_of_any_space_are_legal_and_a_function_of_the_seed(
    space: SearchSpace, seed: int, n_workers: int | None
) -> None:
    encoding = Encoding(space)
    a, b = InitialDesign(encoding, seed, n_workers), InitialDesign(encoding, seed, n_workers)
    for number in (9, 0, 3, 1):
        row = a.row(number, 2)
        assert space.contains(encoding.decode(row))
        np.testing.assert_array_equal(row, b.row(number, 2))


@pytest.mark.parametrize(("n_trials", "n_first"), [(None, 8), (1, 4), (19, 4), (20, 5), (32, 8), (1000, 8)])
def test_a_quarter_of_the_budget_has_bounds(n_trials: int | None, n_first: int) -> None:
    assert quarter_of_budget(n_trials) == n_first
