"""search/gp/joint.py: the rows of a model over configuration and step, and a sampler that learns from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from scriptune.core.parameters import Float
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation, Phase
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Encoding
from scriptune.search.gp.joint import JointEnsemble, RungValues, joint_distances, training_rows
from scriptune.search.registry import make_sampler

SPACE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})
RUNGS = (4, 8, 16, 32)
T = 52


def loss(params: Params, step: float) -> float:
    """Best at (0.3, 0.7); every training gets better in the same way."""
    x, y = float(params["x"]), float(params["y"])  # type: ignore[arg-type]  # numbers
    return (x - 0.3) ** 2 + (y - 0.7) ** 2 + 2.0 / step


def curve(number: int, *rungs: tuple[float, float], final: float | None = None) -> RungValues:
    return RungValues(number, np.array([0.1 * number, 0.5]), rungs, final)


def told(n: int, sampler_name: str = "bayes", seed: int = 3, **options: Any) -> BaseSampler:
    """A search that stops each trial that is worse than the best so far at step 8."""
    sampler = make_sampler(sampler_name, SPACE, seed, first=(), **options)
    sampler.max_step = T
    best = math.inf
    for number in range(n):
        sampler.tell(ended(number, sampler.ask(number, []), best))
        best = min(best, loss(sampler.observations[-1].params, 8))
    return sampler


def ended(number: int, params: Params, best: float = math.inf) -> Observation:
    reached = [rung for rung in RUNGS if rung <= 8 or loss(params, 8) <= best]
    rungs = tuple((float(rung), loss(params, rung)) for rung in reached)
    is_final = len(reached) == len(RUNGS)
    return Observation(number, params, loss(params, T) if is_final else rungs[-1][1], rungs, is_final)


def test_each_trial_gives_its_newest_value_then_earlier_ones_of_the_newest_trials() -> None:
    data = training_rows([curve(0, (4, 3.0), (8, 2.0), final=1.0), curve(1, (4, 4.0))], T)
    assert data.levels is not None
    assert data.is_final is not None
    assert data.chosen.tolist() == [0, 1, 0, 0]
    assert np.allclose(
        data.levels, [1.0, math.log(4) / math.log(T), math.log(4) / math.log(T), math.log(8) / math.log(T)]
    )
    assert data.is_final.tolist() == [True, False, True, True]


def test_values_are_freed_of_the_common_curve() -> None:
    curves = [curve(i, (4, 3.0 + i), final=1.0 + i) for i in range(3)] + [curve(3, (4, 3.5))]
    data = training_rows(curves, T)
    values = data.plain.center + data.plain.scale * data.y[0]
    assert np.allclose(values, [1.0, 2.0, 3.0, 1.5, 3.0, 2.0, 1.0])
    assert data.best.tolist() == [0, 3, 1, 2], "One row of each trial, the best first."


def test_there_are_at_most_ninety_rows() -> None:
    few = [curve(i, *((rung, 1.0) for rung in RUNGS), final=float(i)) for i in range(30)]
    assert len(training_rows(few, T).X) == 90
    many = [curve(i, (4, 1.0), final=float(i)) for i in range(200)]
    chosen = training_rows(many, T).chosen.tolist()
    assert sorted(chosen) == [*range(45), *range(155, 200)]


def test_a_failure_counts_a_tenth_of_the_range_worse_than_the_worst() -> None:
    data = training_rows([curve(0, final=1.0), curve(1, final=2.0), curve(2, (4, 1.5), final=math.nan)], T)
    values = data.plain.center + data.plain.scale * data.y[0]
    assert np.allclose(values[:3], [1.0, 2.0, 2.1])
    assert np.isclose(values[3], 1.5)
    assert 2 not in data.best.tolist()


def test_the_length_of_a_training_is_guessed_from_the_rungs_where_nobody_says_it() -> None:
    data = training_rows([curve(0, (4, 1.0), (32, 1.0), final=1.0), curve(1, (4, 1.0))], None)
    assert data.levels is not None
    assert np.isclose(data.levels[1], math.log(4) / math.log(51.2))


def test_a_program_that_ends_early_counts_with_its_final_value() -> None:
    data = training_rows([curve(0, (4, 1.0), (60, 0.8), final=0.8), curve(1, final=0.9)], T)
    assert data.chosen.tolist() == [0, 1, 0]


@pytest.mark.parametrize("value", [1e-300, 1e300])
def test_values_of_any_size_give_the_same_rows(value: float) -> None:
    small = training_rows([curve(0, (4, 3.0), final=1.0), curve(1, (4, 2.0))], T)
    large = training_rows([curve(0, (4, 3.0 * value), final=value), curve(1, (4, 2.0 * value))], T)
    assert np.allclose(small.y, large.y)
    assert np.isclose(large.plain.center, small.plain.center * value, rtol=1e-9)


def test_levels_are_one_more_column_of_distances() -> None:
    D = joint_distances(np.zeros((2, 2, 3)), np.array([0.0, 1.0]), np.array([1.0, 0.5, 0.0]))
    assert D.shape == (3, 2, 3)
    assert D[2].tolist() == [[1.0, 0.25, 0.0], [0.0, 0.25, 1.0]]


def test_the_particles_are_a_function_of_what_was_told() -> None:
    encoding = Encoding(SPACE)
    one, other = JointEnsemble(encoding, 7), JointEnsemble(encoding, 7)
    for number in range(8):
        one.tell(curve(number, (4, 1.0 + number % 3), final=float(number % 4)), T)
        one.particles()
    for made in one.told:
        other.tell(made, T)
    assert np.array_equal(one.particles().plain.w, other.particles().plain.w)


@pytest.mark.parametrize("name", ["bayes", "auto"])
def test_a_search_that_stops_trials_finds_the_best_and_says_why(name: str) -> None:
    sampler = told(16, name)
    assert sum(not o.is_final for o in sampler.observations) >= 4
    assert min(loss(o.params, T) for o in sampler.observations if o.is_final) < 2.0 / T + 0.01
    suggestion = sampler.suggest(16, [])
    assert (suggestion.phase, suggestion.sampler) == (Phase.MODEL, "bayes")
    assert suggestion.mean is not None
    assert 0.0 < suggestion.mean < 1.3, "A final value, not one at a rung."
    assert "Nearest: trial" in suggestion.note


@pytest.mark.parametrize("name", ["auto", "bayes", "tpe", "anneal", "random"])
def test_a_sampler_that_is_told_again_asks_what_it_would_have_asked(name: str) -> None:
    sampler = told(9, name)
    again = make_sampler(name, SPACE, 3, first=())
    again.max_step = T
    for observation in sampler.observations:
        again.tell(observation)
    running = [{"x": 0.4, "y": 0.6}, {"x": 0.9, "y": 0.1}]
    partial = [Observation(9, running[0], 0.4, ((4, 0.6),), is_final=False)]
    asked = sampler.ask(11, running, partial)
    assert asked == again.ask(11, running[::-1], partial)
    assert asked not in running


def test_values_of_running_trials_move_the_suggestion() -> None:
    sampler = told(9)
    running: Sequence[Params] = [{"x": 0.31, "y": 0.69}]

    def asked(value: float) -> Params:
        return sampler.ask(10, running, [Observation(9, running[0], value, ((4, value), (8, value)), is_final=False)])

    assert asked(0.1) != asked(5.0)


def test_a_running_trial_is_not_proposed_again_whether_or_not_it_is_pending_too() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0, step=0.5)})
    sampler = make_sampler("bayes", space, 0, first=())
    sampler.tell(Observation(0, {"x": 0.5}, 1.0))
    partial = [Observation(1, {"x": 0.0}, 2.0, ((4, 2.0),), is_final=False)]
    assert sampler.ask(2, [], partial) == sampler.ask(2, [{"x": 0.0}], partial) == {"x": 1.0}


def test_without_values_at_rungs_nothing_changes() -> None:
    plain = make_sampler("bayes", SPACE, 5)
    for number in range(12):
        params = plain.ask(number, [])
        plain.tell(Observation(number, params, loss(params, T)))
    known = make_sampler("bayes", SPACE, 5)
    known.max_step = T
    for observation in plain.observations:
        known.tell(observation)
    assert plain.ask(12, []) == known.ask(12, [])


def test_samplers_without_use_for_rungs_are_told_the_estimate() -> None:
    sampler = make_sampler("tpe", SPACE, 0)
    learned: list[Observation] = []
    sampler.learn = learned.append  # type: ignore[method-assign]
    sampler.tell(Observation(0, {"x": 0.1, "y": 0.1}, 0.5, ((4, 1.0),)))
    sampler.tell(Observation(1, {"x": 0.2, "y": 0.1}, 1.1, ((4, 1.2),), is_final=False))
    assert [o.value for o in learned] == [0.5, 0.7]
    assert all(o.is_final and not o.rungs for o in learned)


def test_values_at_rungs_that_say_nothing_of_final_ones_are_taken_for_noise() -> None:
    encoding = Encoding(SPACE)
    rng = np.random.default_rng(0)

    def rho(noise: float) -> float:
        ensemble = JointEnsemble(encoding, 1)
        for number in range(14):
            x = rng.random(2)
            final = float(((x - 0.4) ** 2).sum())
            rungs = tuple((float(rung), final + noise * float(rng.standard_normal())) for rung in RUNGS)
            ensemble.tell(RungValues(number, x, rungs, final), T)
        hyper = ensemble.particles()
        assert np.array_equal(hyper.more_noise(np.array([0.5, 1.0]))[:, 1], np.zeros(len(hyper.rho)))
        return float(np.median(hyper.rho))

    assert rho(1.0) > 10.0 * rho(0.0)
