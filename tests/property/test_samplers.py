"""Any space, any history, every sampler."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from random_spaces import random_space
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Observation
from scriptune.errors import SpaceExhaustedError
from scriptune.search.pending import Pending
from scriptune.search.registry import SAMPLERS, make_sampler
from strategies import awkward_values, histories, params_of, spaces

# The forest takes 0.1 s a suggestion, hundreds of times the others'.
EXAMPLES = {name: 8 if name == "smac" else 25 for name in SAMPLERS}


@pytest.mark.parametrize("name", SAMPLERS)
def test_suggestions_for_any_space_and_history_are_legal_new_and_reproducible(name: str) -> None:
    @settings(max_examples=EXAMPLES[name], suppress_health_check=list(HealthCheck))
    @given(data=st.data(), space=spaces(max_parameters=5), seed=st.integers(0, 2**32))
    def check(data: st.DataObject, space: object, seed: int) -> None:
        told = data.draw(histories(space))
        pending = data.draw(st.lists(params_of(space), max_size=3))
        sampler, twin = make_sampler(name, space, seed), make_sampler(name, space, seed)
        for observation in told:
            sampler.tell(observation)
            twin.tell(observation)
        taken = {params_key(o.params) for o in told} | {params_key(params) for params in pending}
        number = len(told)
        for _ in range(3):
            try:
                suggestion = sampler.suggest(number, pending)
            except SpaceExhaustedError:
                size = space.size(limit=1000)
                # A grid ends before its space does.
                assert name == "grid" or size is None or len(taken) == size
                return
            assert space.contains(suggestion.params)
            assert params_key(suggestion.params) not in taken
            for figure in (suggestion.mean, suggestion.std, suggestion.acquisition):
                assert figure is None or math.isfinite(figure)
            assert twin.suggest(number, pending[::-1]) == suggestion
            taken.add(params_key(suggestion.params))
            observation = Observation(number, suggestion.params, data.draw(awkward_values))
            sampler.tell(observation)
            twin.tell(observation)
            number += 1

    check()


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "smac"])
def test_of_hundreds_of_pending_trials_none_is_proposed_again_whatever_their_order(name: str) -> None:
    @settings(max_examples=6, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), space=spaces(max_parameters=4), order=st.randoms(use_true_random=False))
    def check(data: st.DataObject, space: SearchSpace, order: random.Random) -> None:
        sampler, twin = make_sampler(name, space, 1), make_sampler(name, space, 1)
        for observation in data.draw(histories(space)):
            sampler.tell(observation)
            twin.tell(observation)
        draws = make_sampler("random", space, 2)
        pending: list[Params] = []
        for number in range(data.draw(st.sampled_from([101, 180, 301]))):
            try:
                pending.append(draws.ask(number, Pending.of(pending)))
            except SpaceExhaustedError:
                break
        shuffled = order.sample(pending, len(pending))
        try:
            suggestion = sampler.suggest(len(pending) + 50, pending)
        except SpaceExhaustedError:
            return
        assert suggestion.params not in pending
        assert twin.suggest(len(pending) + 50, shuffled) == suggestion

    check()


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_unit_of_the_metric_does_not_matter(name: str) -> None:
    """Powers of two change no digit, so the suggestions are the same ones; a loss of 1e-15 is no constant."""

    @settings(max_examples=EXAMPLES[name] // 4, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), space=spaces(max_parameters=4), unit=st.sampled_from([2.0**-400, 2.0**-60, 2.0**60]))
    def check(data: st.DataObject, space: SearchSpace, unit: float) -> None:
        usual, other = make_sampler(name, space, 1), make_sampler(name, space, 1)
        for number in range(8):
            try:
                params = usual.ask(number)
            except SpaceExhaustedError:
                return
            assert other.ask(number) == params
            value = data.draw(st.one_of(st.none(), st.floats(-4.0, 4.0, width=16)))
            usual.tell(Observation(number, params, value))
            other.tell(Observation(number, params, None if value is None else value * unit))

    check()


@settings(max_examples=40)
@given(data=st.data())
def test_the_strategies_make_legal_params(data: st.DataObject) -> None:
    space = data.draw(spaces())
    params: Params = data.draw(params_of(space))
    assert space.contains(params)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_suggestion_satisfies_the_constraints_of_any_space(name: str) -> None:
    for seed in range(3 if name == "smac" else 12):
        space, anchor = random_space(random.Random(seed))
        assert space.violated(anchor) is None
        sampler, twin = make_sampler(name, space, seed, n_trials=5), make_sampler(name, space, seed, n_trials=5)
        for number in range(5):
            try:
                suggestion = sampler.suggest(number)
            except SpaceExhaustedError:
                # A grid may have no point in a narrow set.
                assert name == "grid" or (number and space.size(limit=number) is not None)
                break
            assert space.contains(suggestion.params)
            assert twin.suggest(number) == suggestion
            observation = Observation(number, suggestion.params, float(number % 3))
            sampler.tell(observation)
            twin.tell(observation)
