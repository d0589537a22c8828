from __future__ import annotations

import numpy as np
import pytest

from scriptune.core.parameters import Float
from scriptune.core.space import SearchSpace
from scriptune.search.encoding import Encoding, History
from scriptune.search.gp.ensemble import Ensemble, training_set

ENCODING = Encoding(SearchSpace({"x": Float(0, 1), "y": Float(0, 1)}))


def history(n: int) -> History:
    rng = np.random.default_rng(4)
    told = History(ENCODING)
    for row in ENCODING.sample(n, rng):
        params = ENCODING.decode(row)
        told.append(params, float(params["x"]) ** 2 + 0.1 * float(params["y"]) if rng.random() < 0.9 else None)
    return told


@pytest.mark.parametrize("n", [1, 2, 3, 20, 60, 61, 90, 140])
def test_particles_depend_on_the_history_and_not_on_when_they_were_looked_at(n: int) -> None:
    watched = History(ENCODING)
    looked_often = Ensemble(ENCODING, watched, 3, two_views=True)
    told = history(n)
    for row, value in zip(told.X, told.y, strict=True):
        watched.append(ENCODING.decode(row), None if np.isnan(value) else float(value))
        if len(watched) % 3 != 1:
            looked_often.particles()
    once = Ensemble(ENCODING, told, 3, two_views=True).particles()
    np.testing.assert_array_equal(looked_often.particles().w, once.w)
    np.testing.assert_array_equal(looked_often.particles().noise, once.noise)


def test_another_seed_has_other_particles() -> None:
    told = history(5)
    a, b = (Ensemble(ENCODING, told, seed, two_views=True).particles() for seed in (1, 2))
    assert not np.array_equal(a.w, b.w)


def test_particles_learn_which_parameter_matters() -> None:
    told = History(ENCODING)
    for row in ENCODING.sample(40, np.random.default_rng(0)):
        told.append(ENCODING.decode(row), float(np.sin(9.0 * row[0])))
    w = Ensemble(ENCODING, told, 0, two_views=True).particles().w
    assert np.median(w[:, 0]) > 10 * np.median(w[:, 1])


def test_odd_particles_see_half_rank_values_and_all_see_the_same_order() -> None:
    told = history(20)
    data = training_set(told.X, told.y, two_views=True)
    assert data.y.shape == (12, 20)
    np.testing.assert_array_equal(data.y[0], data.plain.v)
    np.testing.assert_array_equal(data.y[0], data.y[2])
    np.testing.assert_array_equal(data.y[1], data.y[3])
    assert not np.allclose(data.y[0], data.y[1])
    one_view = training_set(told.X, told.y, two_views=False)
    assert (one_view.y == one_view.plain.v).all()


def test_beyond_sixty_results_the_model_sees_the_best_and_the_latest() -> None:
    told = history(200)
    data = training_set(told.X, told.y, two_views=True)
    assert data.y.shape == (6, 60)
    finite = np.where(np.isnan(told.y), np.inf, told.y)
    best = set(np.argsort(finite, kind="stable")[:30].tolist())
    chosen = data.chosen.tolist()
    assert chosen == sorted(chosen)
    assert best <= set(chosen)
    assert set(chosen) - best == set([i for i in range(200) if i not in best][-30:])


def test_the_best_rows_are_finite_results_best_first() -> None:
    X = np.arange(5.0)[:, None]
    data = training_set(X, np.array([3.0, np.nan, 1.0, 2.0, np.nan]), two_views=False)
    assert data.best.tolist() == [2, 3, 0]


def test_a_history_of_failures_is_a_history_of_zeros() -> None:
    data = training_set(np.zeros((3, 1)), np.full(3, np.nan), two_views=True)
    assert not data.y.any()
    assert data.best.size == 0
