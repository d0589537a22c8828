from __future__ import annotations

import numpy as np
import pytest

from scriptune.core.parameters import Float
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation, Phase
from scriptune.search.auto import AutoSampler
from scriptune.search.gp.sampler import GPSampler, ModelFailedError
from scriptune.search.registry import make_sampler
from scriptune.search.tpe.sampler import TPESampler

SPACE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


def tell_random(sampler: AutoSampler, n: int) -> None:
    rng = np.random.default_rng(0)
    for number in range(n):
        params: Params = {"x": float(rng.random()), "y": float(rng.random())}
        sampler.tell(Observation(number, params, float(params["x"]) + number % 3))


def test_up_to_five_hundred_results_it_asks_what_bayes_asks() -> None:
    auto, bayes = AutoSampler(SPACE, 4), GPSampler(SPACE, 4)
    for number in range(9):
        suggestion = auto.suggest(number)
        assert suggestion == bayes.suggest(number)
        assert suggestion.sampler == "bayes"
        for sampler in (auto, bayes):
            sampler.tell(Observation(number, suggestion.params, float(number % 4)))


def test_beyond_five_hundred_results_every_fourth_suggestion_is_of_bayes() -> None:
    sampler = AutoSampler(SPACE, 4)
    tell_random(sampler, 501)
    assert [sampler.suggest(number).sampler for number in range(501, 509)] == ["tpe"] * 3 + ["bayes"] + ["tpe"] * 3 + [
        "bayes"
    ]


@pytest.mark.parametrize(("deadline_ms", "expected"), [(5.0, "tpe"), (50.0, "bayes")])
def test_a_short_deadline_calls_for_tpe_from_the_start_of_the_model(deadline_ms: float, expected: str) -> None:
    sampler = make_sampler("auto", SPACE, 4, deadline_ms=deadline_ms)
    assert isinstance(sampler, AutoSampler)
    tell_random(sampler, 9)
    assert sampler.suggest(9).sampler == expected


@pytest.mark.parametrize(("rules", "expected"), [(1, "bayes"), (2, "tpe")])
def test_with_more_than_three_hundred_trials_pending_tpe_keeps_away_from_all_of_them(rules: int, expected: str) -> None:
    sampler = make_sampler("auto", SPACE, 4, rules=rules)
    assert isinstance(sampler, AutoSampler)
    tell_random(sampler, 4)
    rng = np.random.default_rng(1)
    pending: list[Params] = [{"x": float(x), "y": float(y)} for x, y in rng.random((301, 2))]
    assert sampler.suggest(400, pending[1:]).sampler == "bayes"
    suggestion = sampler.suggest(400, pending)
    assert suggestion.sampler == expected
    assert suggestion == sampler.suggest(400, pending[::-1])


def fail(*_args: object) -> None:
    raise ModelFailedError


def test_when_the_model_fails_tpe_takes_over_and_then_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = AutoSampler(SPACE, 4)
    tell_random(sampler, 9)
    monkeypatch.setattr(GPSampler, "propose_or_fail", fail)
    second = sampler.suggest(10)
    assert (second.sampler, second.phase) == ("tpe", Phase.FALLBACK)
    monkeypatch.setattr(TPESampler, "propose", fail)
    third = sampler.suggest(10)
    assert (third.sampler, third.phase) == ("random", Phase.FALLBACK)
    assert SPACE.contains(third.params)


def test_enqueued_params_reach_neither_model() -> None:
    sampler = AutoSampler(SPACE, 4)
    sampler.enqueue({"x": 0.125, "y": 1.0})
    assert sampler.suggest(0).phase is Phase.ENQUEUED
