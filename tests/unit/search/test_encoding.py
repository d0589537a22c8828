from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import SearchSpace, params_key
from scriptune.search.encoding import Encoding, History
from strategies import params_of, spaces

SPACE = SearchSpace(
    {
        "lr": Float(1e-4, 1.0, log=True),
        "units": Int(1, 100, log=True),
        "drop": Float(0.0, 0.5, step=0.05),
        "opt": Categorical(["adam", "sgd", 1, 1.0, True]),
        "momentum": Float(0.0, 1.0, when={"opt": ("sgd", 1.0)}),
        "nesterov": Bool(when={"momentum": (0.0,), "opt": ("sgd",)}),
    }
)


def test_numbers_become_their_place_between_the_bounds_on_their_scale() -> None:
    row = Encoding(SPACE).encode({"lr": 1e-2, "units": 10, "drop": 0.25, "opt": 1.0, "momentum": 0.75})
    np.testing.assert_allclose(row[:5], [0.5, 0.5, 0.5, 3.0, 0.75], rtol=1e-12)
    assert math.isnan(row[5])


@settings(max_examples=60)
@given(data=st.data(), space=spaces())
def test_params_survive_a_round_trip(data: st.DataObject, space: SearchSpace) -> None:
    encoding = Encoding(space)
    params = data.draw(params_of(space))
    back = encoding.decode(encoding.encode(params))
    assert space.contains(back)
    assert list(back) == [name for name in params if name in back]
    for name, value in params.items():
        if isinstance(space[name], Float) and space[name].n_values is None:
            # exp and log each lose a few units in the last place of a value, or of the range where that is wider
            scale = max(abs(space[name].low), abs(space[name].high))  # type: ignore[union-attr]  # a Float
            assert back[name] == pytest.approx(value, rel=1e-11, abs=1e-11 * scale)
        else:
            assert params_key({name: back[name]}) == params_key({name: value})


@settings(max_examples=60)
@given(space=spaces(), seed=st.integers(0, 1000))
def test_every_row_is_legal_and_its_key_is_that_of_its_params(space: SearchSpace, seed: int) -> None:
    encoding = Encoding(space)
    X = encoding.sample(40, np.random.default_rng(seed))
    many = [encoding.decode(row) for row in X]
    assert all(space.contains(params) for params in many)
    np.testing.assert_array_equal(np.isnan(X), ~encoding.active(X))
    again = encoding.encode_many(many)
    # The narrowest range, 1e-9 wide at 1e3, has 1e4 floats, and exp and log lose some of them.
    np.testing.assert_allclose(again, X, rtol=0, atol=1e-2)
    if encoding.is_finite:
        assert encoding.keys(again) == encoding.keys(X)
        assert len(set(encoding.keys(X))) == len({params_key(params) for params in many})
    np.testing.assert_array_equal(
        encoding.snap(encoding.fill(X, np.random.default_rng(0)))[~np.isnan(X)], X[~np.isnan(X)]
    )


def test_all_whole_numbers_are_equally_likely_ends_included() -> None:
    encoding = Encoding(
        SearchSpace({"k": Int(1, 4), "s": Float(0.0, 0.3, step=0.1), "c": Categorical(["a", "b", "c"])})
    )
    X = encoding.sample(40_000, np.random.default_rng(0))
    for column, n in ((0, 4), (1, 4), (2, 3)):
        _, counts = np.unique(X[:, column], return_counts=True)
        assert len(counts) == n
        # Four standard errors of a share of 1/n in 40,000 draws.
        np.testing.assert_allclose(counts / 40_000, 1 / n, atol=4 * math.sqrt(0.25 / 40_000))


def test_the_ends_of_a_range_decode_exactly() -> None:
    space = SearchSpace({"x": Float(0.1, 0.3, log=True), "y": Float(-0.7, 0.1)})
    encoding = Encoding(space)
    assert encoding.decode(np.array([0.0, 0.0])) == {"x": 0.1, "y": -0.7}
    assert encoding.decode(np.array([1.0, 1.0])) == {"x": 0.3, "y": 0.1}


def test_a_range_so_narrow_that_logarithms_coincide_is_taken_as_linear() -> None:
    high = np.nextafter(np.nextafter(1e300, math.inf), math.inf)
    space = SearchSpace({"x": Float(1e300, float(high), log=True)})
    encoding = Encoding(space)
    X = encoding.sample(50, np.random.default_rng(0))
    assert np.isfinite(X).all()
    assert all(space.contains(encoding.decode(row)) for row in X)


def test_conditions_follow_chains_of_parents() -> None:
    encoding = Encoding(SPACE)
    X = np.array(
        [
            [0.5, 0.5, 0.5, 1.0, 0.0, 1.0],
            [0.5, 0.5, 0.5, 1.0, 0.3, 1.0],
            [0.5, 0.5, 0.5, 0.0, 0.0, 1.0],
            [0.5, 0.5, 0.5, 3.0, 0.0, 1.0],
        ]
    )
    assert encoding.active(X)[:, 4:].tolist() == [[True, True], [True, False], [False, False], [True, False]]
    assert np.isnan(encoding.snap(X)).tolist() == (~encoding.active(X)).tolist()


def test_distances_per_column() -> None:
    space = SearchSpace(
        {
            "x": Float(0.0, 1.0),
            "c": Categorical(["a", "b"]),
            "y": Float(0.0, 1.0, when={"c": ("b",)}),
            "k": Categorical([1, 2], when={"c": ("b",)}),
        }
    )
    encoding = Encoding(space)
    off = encoding.encode({"x": 0.2, "c": "a"})
    on = encoding.encode({"x": 0.5, "c": "b", "y": 0.4, "k": 1})
    other = encoding.encode({"x": 0.5, "c": "b", "y": 0.9, "k": 2})
    D = encoding.column_distances(np.array([off, on]), np.array([off, other]))
    np.testing.assert_allclose(D[:, 0, 0], [0, 0, 0, 0])
    np.testing.assert_allclose(D[:, 0, 1], [0.09, 1, 1, 1])
    np.testing.assert_allclose(D[:, 1, 1], [0, 0, (2 * math.sin(0.25)) ** 2, 1])
    np.testing.assert_array_equal(encoding.column_distances(X := np.array([on]), X, np.array([2]))[0], [[0.0]])


def test_steps_are_rounded_clipped_and_leave_categories_alone() -> None:
    encoding = Encoding(SearchSpace({"x": Float(0, 1), "k": Int(0, 10), "c": Categorical(["a", "b", "c"])}))
    X = encoding.encode_many([{"x": 0.9, "k": 5, "c": "c"}] * 2)
    steps = np.array([[0.3, 0.12, 5.0], [-0.2, 0.01, -5.0]])
    moved = encoding.moved(X, steps, np.ones((2, 3), dtype=bool))
    assert [encoding.decode(row) for row in moved] == [
        {"x": 1.0, "k": 6, "c": "c"},
        {"x": pytest.approx(0.7), "k": 6, "c": "c"},
    ]
    still = encoding.moved(X, steps, np.zeros((2, 3), dtype=bool))
    assert encoding.decode(still[1])["k"] == 5


def test_a_history_grows_beyond_its_first_arrays() -> None:
    encoding = Encoding(SearchSpace({"k": Int(0, 1000)}))
    history = History(encoding)
    for k in range(200):
        history.append({"k": k}, float(k) if k % 3 else None)
    assert len(history) == len(history.keys) == 200
    assert [encoding.decode(row)["k"] for row in history.X[[0, 63, 64, 199]]] == [0, 63, 64, 199]
    assert np.isnan(history.y[::3]).all()
    assert history.y[199] == 199.0


def test_zero_has_one_sign_in_every_row() -> None:
    # Equal rows must have equal bytes: by them, told configurations are found again.
    encoding = Encoding(
        SearchSpace({"x": Float(0, 1), "k": Int(0, 10), "c": Categorical(["a", "b"]), "s": Float(-1, 0)})
    )
    negative = np.full((2, encoding.d), -0.0)
    rows = [
        encoding.snap(negative),
        encoding.moved(np.zeros((2, encoding.d)), negative, np.zeros((2, encoding.d), dtype=bool)),
        encoding.encode_many([{"x": -0.0, "k": 0, "c": "a", "s": -1.0}] * 2),
        encoding.encode({"x": -0.0, "k": 0, "c": "a", "s": -1.0})[None],
    ]
    for X in rows:
        assert not np.signbit(X).any(), X


def test_a_reverse_log_scale_divides_one_minus_the_value_evenly() -> None:
    encoding = Encoding(SearchSpace({"beta": Float(0.9, 0.999, log="reverse")}))
    U = encoding.encode_many([{"beta": 0.9}, {"beta": 0.99}, {"beta": 0.999}])
    np.testing.assert_allclose(U[:, 0], [0.0, 0.5, 1.0], atol=1e-12)
    assert encoding.decode(U[2]) == {"beta": 0.999}
    values = [float(encoding.decode(row)["beta"] or 0) for row in encoding.sample(4000, np.random.default_rng(0))]
    assert abs(np.mean(np.array(values) > 0.99) - 0.5) < 0.03


def test_steps_on_a_reverse_log_scale_are_drawn_by_their_share_of_it() -> None:
    space = SearchSpace({"beta": Float(0.0, 0.9, log="reverse", step=0.1)})
    encoding = Encoding(space)
    for index in range(10):
        value = space["beta"].nth(index)
        assert encoding.decode(encoding.encode({"beta": value})) == {"beta": value}
    drawn = [encoding.decode(row)["beta"] for row in encoding.sample(4000, np.random.default_rng(0))]
    assert drawn.count(0.9) > 3 * drawn.count(0.1) > 0
    assert drawn.count(0.0) > 0


def test_ordered_choices_are_apart_by_their_positions() -> None:
    space = SearchSpace({"layers": Categorical([1, 2, 4, 8, None], ordered=True), "x": Float(0.0, 1.0)})
    encoding = Encoding(space)
    rows = encoding.encode_many([{"layers": value, "x": 0.0} for value in (1, 2, 4, 8, None)])
    np.testing.assert_allclose(rows[:, 0], [0.0, 0.25, 0.5, 0.75, 1.0])
    assert [encoding.decode(row)["layers"] for row in rows] == [1, 2, 4, 8, None]
    np.testing.assert_allclose(encoding.distances(rows, rows)[0], [0.0, 1 / 16, 1 / 4, 9 / 16, 1.0])
    assert encoding.is_grid.tolist() == [True, False]
    assert not encoding.is_category.any()
    drawn = [encoding.decode(row)["layers"] for row in encoding.sample(5000, np.random.default_rng(0))]
    assert all(900 < drawn.count(value) < 1100 for value in (1, 2, 4, 8, None))


def test_conditions_hold_on_ordered_choices() -> None:
    space = SearchSpace(
        {"layers": Categorical([1, 2, 4], ordered=True), "width": Float(0.0, 1.0, when={"layers": [2, 4]})}
    )
    encoding = Encoding(space)
    for row in encoding.sample(200, np.random.default_rng(0)):
        params = encoding.decode(row)
        assert ("width" in params) == (params["layers"] != 1) == (not math.isnan(row[1]))
