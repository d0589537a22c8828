from __future__ import annotations

import numpy as np
import pytest

from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.search.encoding import Array, Encoding
from scriptune.search.gp.maximise import maximise, mutants

MIXED = SearchSpace(
    {
        "x": Float(0.0, 1.0),
        "k": Int(1, 9),
        "c": Categorical(["a", "b", "c"]),
        "y": Float(0.0, 1.0, when={"c": ("b",)}),
        "one": Float(3.0, 3.0),
    }
)


def test_the_maximum_of_a_smooth_function_is_found() -> None:
    encoding = Encoding(SearchSpace({f"x{j}": Float(0, 1) for j in range(4)}))
    target = np.array([0.3, 0.72, 0.11, 0.95])
    rows, scores = maximise(
        lambda X: -np.sum((X - target) ** 2, axis=1), encoding, np.empty((0, 4)), np.random.default_rng(0), set()
    )
    assert np.abs(rows[0] - target).max() < 0.05
    assert (np.diff(scores) <= 0).all()


def test_an_optimum_in_a_corner_is_reached_exactly() -> None:
    encoding = Encoding(SearchSpace({"x": Float(0, 1), "y": Float(0, 1)}))
    rows, _ = maximise(lambda X: X[:, 0] - X[:, 1], encoding, np.empty((0, 2)), np.random.default_rng(1), set())
    np.testing.assert_array_equal(rows[0], [1.0, 0.0])


def test_taken_rows_and_scores_that_are_no_numbers_come_last() -> None:
    encoding = Encoding(SearchSpace({"k": Int(0, 5), "b": Bool()}))
    taken = set(encoding.keys(encoding.encode_many([{"k": 5, "b": True}])))

    def score(X: Array) -> Array:
        return np.where(X[:, 1] == 0, np.nan, X[:, 0])

    rows, scores = maximise(score, encoding, np.empty((0, 2)), np.random.default_rng(0), taken)
    assert encoding.decode(rows[0]) == {"k": 4, "b": True}
    last = {tuple(row) for row in rows[np.isneginf(scores)]}
    assert (1.0, 1.0) in last
    assert not np.isnan(scores).any()


def test_mutants_are_legal_rows_and_nearly_all_differ_from_their_parents() -> None:
    encoding = Encoding(MIXED)
    rng = np.random.default_rng(3)
    parents = encoding.sample(400, rng)
    rows = mutants(encoding, parents, np.full(400, 0.1), rng)
    assert all(MIXED.contains(encoding.decode(row)) for row in rows)
    np.testing.assert_array_equal(np.isnan(rows), ~encoding.active(rows))
    changed = np.array([a != b for a, b in zip(encoding.keys(parents), encoding.keys(rows), strict=True)])
    assert changed.mean() > 0.5  # unchanged: one category, whole number or inactive column was selected and stayed


def test_small_steps_still_move_whole_numbers_half_of_the_time() -> None:
    encoding = Encoding(SearchSpace({"k": Int(1, 1000, log=True)}))
    rng = np.random.default_rng(0)
    parents = encoding.encode_many([{"k": 700}] * 2000)
    rows = mutants(encoding, parents, np.full(2000, 1e-6), rng)
    values = np.array([encoding.decode(row)["k"] for row in rows])
    assert set(values) == {699, 700, 701}
    assert (values != 700).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("k", [1, 1000])
def test_a_whole_number_at_its_border_moves_inwards(k: int) -> None:
    encoding = Encoding(SearchSpace({"k": Int(1, 1000, log=True)}))
    rows = mutants(encoding, encoding.encode_many([{"k": k}] * 500), np.full(500, 1e-6), np.random.default_rng(0))
    assert {encoding.decode(row)["k"] for row in rows} == {k, 2 if k == 1 else 999}
