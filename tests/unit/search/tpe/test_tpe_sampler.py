"""The TPE sampler: split, weights, options."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.core.parameters import Categorical, Float
from scriptune.core.space import SearchSpace
from scriptune.core.trial import Observation, Phase
from scriptune.errors import SamplerError
from scriptune.search.registry import make_sampler
from scriptune.search.tpe.sampler import good_weights, split

SPACE = SearchSpace({"x": Float(0, 1), "y": Float(0, 1), "c": Categorical(["a", "b", "c"])})


def told(n: int, *, seed: int = 1, **options: Any) -> Any:
    sampler = make_sampler("tpe", SPACE, seed, **options)
    for number in range(n):
        params = sampler.ask(number)
        value = (params["x"] - 0.7) ** 2 + (params["y"] - 0.2) ** 2 + (params["c"] != "b")
        sampler.tell(Observation(number, params, value))
    return sampler


@given(
    y=st.lists(st.one_of(st.just(math.nan), st.floats(-1e6, 1e6)), min_size=1, max_size=200),
    gamma=st.floats(0.01, 0.99),
)
def test_the_split_takes_the_best_and_never_a_failure(y: list[float], gamma: float) -> None:
    values = np.array(y)
    n_finite = int(np.isfinite(values).sum())
    if n_finite == 0:
        return
    good, threshold = split(values, gamma)
    assert len(good) == max(1, min(math.ceil(gamma * len(y)), 25, len(y) - 1, n_finite))
    assert np.isfinite(values[good]).all()
    rest = np.delete(values, good)
    rest = np.where(np.isnan(rest), np.inf, rest)
    assert threshold == (rest.min() if len(rest) else math.inf)
    assert values[good].max() <= threshold


def test_weights_grow_with_the_improvement_over_the_rest() -> None:
    weights = good_weights(np.array([1.0, 2.0, 3.0]), 4.0)
    assert weights is not None
    np.testing.assert_allclose(weights, [1.5, 1.0, 0.5])


@pytest.mark.parametrize(
    ("y", "threshold"), [([1.0, 1.0], 1.0), ([1.0], math.inf), ([-1.7e308, 0.0], 1.7e308)], ids=["ties", "none", "huge"]
)
def test_weights_are_equal_where_the_improvement_says_nothing(y: list[float], threshold: float) -> None:
    assert good_weights(np.array(y), threshold) is None


def test_a_good_trial_as_good_as_the_rest_keeps_a_small_weight() -> None:
    weights = good_weights(np.array([1.0, 4.0]), 4.0)
    assert weights is not None
    assert weights[1] == pytest.approx(1e-3)


def phases(sampler_options: dict[str, Any], n: int, **budget: Any) -> list[Phase]:
    sampler = make_sampler("tpe", SPACE, 3, **budget, **sampler_options)
    found = []
    for number in range(n):
        suggestion = sampler.suggest(number)
        found.append(suggestion.phase)
        sampler.tell(Observation(number, suggestion.params, float(number % 5)))
    return found


@pytest.mark.parametrize(
    ("options", "budget", "n_initial"),
    [
        ({}, {}, 8),
        ({}, {"n_trials": 20}, 5),
        ({}, {"n_trials": 10}, 4),
        ({}, {"n_trials": 500}, 8),
        ({"n_initial_points": 20}, {"n_trials": 20}, 20),
        ({"n_initial_points": 1}, {"n_trials": 20}, 1),
    ],
)
def test_the_start_is_a_quarter_of_the_budget_unless_it_is_named(
    options: dict[str, Any], budget: dict[str, Any], n_initial: int
) -> None:
    found = phases(options, 22, **budget)
    assert found[0] is Phase.DEFAULT
    assert found[1:n_initial] == [Phase.INITIAL] * (n_initial - 1)
    assert set(found[n_initial:]) == {Phase.MODEL}


def test_gamma_is_obeyed() -> None:
    n_good = [int(told(40, gamma=gamma).suggest(40).note.split(" best trials")[0].split()[-1]) for gamma in (0.1, 0.5)]
    assert n_good == [4, 20]


@pytest.mark.parametrize(
    "options", [{"gamma": 0.0}, {"gamma": 1.0}, {"n_initial_points": 0}, {"n_initial_points": 2.5}, {"gama": 0.2}]
)
def test_options_out_of_range_are_refused_with_the_table(options: dict[str, Any]) -> None:
    with pytest.raises(SamplerError, match="n_initial_points"):
        make_sampler("tpe", SPACE, 0, **options)


def test_the_model_finds_the_good_corner_and_category() -> None:
    sampler = told(40)
    params = [sampler.ask(40 + k) for k in range(10)]
    assert sum(p["c"] == "b" for p in params) >= 6
    assert abs(np.median([p["x"] for p in params]) - 0.7) < 0.15


def test_pending_trials_push_parallel_asks_apart() -> None:
    sampler = told(30)
    alone = sampler.suggest(30)
    crowd = sampler.suggest(30, [alone.params] * 1 + [{**alone.params, "x": alone.params["x"] * 0.999}])
    assert crowd.params != alone.params
    assert crowd.acquisition < alone.acquisition


def test_failed_trials_repel() -> None:
    space = SearchSpace({"x": Float(0, 1)})
    sampler = make_sampler("tpe", space, 0, n_initial_points=1)
    for number, x in enumerate(np.linspace(0, 1, 41)):
        sampler.tell(Observation(number, {"x": float(x)}, None if x > 0.5 else 1.0))
    asked = [sampler.ask(100 + k)["x"] for k in range(20)]
    assert np.mean(np.array(asked) < 0.5) > 0.8


def test_while_everything_fails_the_space_is_filled() -> None:
    sampler = make_sampler("tpe", SPACE, 0)
    for number in range(15):
        suggestion = sampler.suggest(number)
        assert suggestion.phase in (Phase.DEFAULT, Phase.INITIAL)
        sampler.tell(Observation(number, suggestion.params, None))


def test_suggestions_do_not_slow_down_because_the_model_stays_small() -> None:
    sampler = make_sampler("tpe", SPACE, 0)
    rng = np.random.default_rng(0)
    for number in range(3000):
        params = {"x": float(rng.random()), "y": float(rng.random()), "c": "a"}
        sampler.tell(Observation(number, params, float(rng.random())))
    sampler.ask(3000)
    n_good, good, rest = sampler._fit(np.empty((0, 3)), np.random.default_rng(0))
    assert (n_good, len(good._MU), len(rest._MU)) == (25, 26, 201)
