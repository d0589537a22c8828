"""search/completion.py: the user fixes some values, the sampler chooses the others."""

from __future__ import annotations

import numpy as np
import pytest

from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Observation, Phase
from scriptune.errors import SpaceExhaustedError
from scriptune.search.base import BaseSampler
from scriptune.search.completion import complete
from scriptune.search.pending import Pending
from scriptune.search.registry import SAMPLERS, make_sampler

SPACE = SearchSpace(
    {
        "lr": Float(1e-5, 1e-1, log=True, default=1e-3),
        "layers": Int(1, 6),
        "optimizer": Categorical(["adam", "sgd"]),
        "momentum": Float(0.0, 0.99, when={"optimizer": "sgd"}),
        "nesterov": Bool(when={"optimizer": "sgd"}),
    }
)
PARTS: list[Params] = [
    {"lr": 0.012345678901234567},
    {"layers": 3, "optimizer": "adam"},
    {"optimizer": "sgd"},
    {"optimizer": "sgd", "momentum": 0.7},
]


def told(sampler: BaseSampler, n: int) -> BaseSampler:
    for number in range(n):
        params = sampler.ask(number, [])
        sampler.tell(Observation(number, params, float(np.log10(params["lr"]) ** 2) + float(params["layers"])))  # type: ignore[arg-type]  # numbers
    return sampler


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("n", [0, 12])
def test_the_fixed_values_are_kept_digit_for_digit_and_the_rest_is_legal(name: str, n: int) -> None:
    sampler, again = (told(make_sampler(name, SPACE, 3, n_trials=30), n) for _ in range(2))
    seen = set(sampler.told_keys)
    pending: list[Params] = []
    for number, part in enumerate(PARTS * 3, n):
        suggestion = complete(sampler, number, pending, part)
        assert suggestion == complete(again, number, Pending.of(pending), part)
        assert (suggestion.phase, suggestion.fixed) == (Phase.ENQUEUED, part)
        assert SPACE.contains(suggestion.params)
        assert {key: suggestion.params[key] for key in part} == part
        assert params_key(suggestion.params) not in seen
        seen.add(params_key(suggestion.params))
        pending.append(suggestion.params)
    assert sampler.ask(n + 12, pending) == again.ask(n + 12, pending)


PLANE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


@pytest.mark.parametrize("name", ["auto", "bayes", "tpe", "smac"])
def test_the_model_chooses_the_rest_for_the_fixed_part(name: str) -> None:
    """The best y is x: with x fixed at 0.5, where the search does not go by itself."""
    misses = []
    for seed in range(3):
        sampler = make_sampler(name, PLANE, seed, n_trials=40, first=())
        for number in range(30):
            params = sampler.ask(number, [])
            x, y = float(params["x"]), float(params["y"])  # type: ignore[arg-type]  # numbers
            sampler.tell(Observation(number, params, 0.1 * (x - 0.3) ** 2 + (y - x) ** 2))
        chosen = complete(sampler, 30, [], {"x": 0.5})
        assert chosen.note.code == "suggestion.completed"  # type: ignore[attr-defined]  # a message
        misses.append(abs(float(chosen.params["y"]) - 0.5))  # type: ignore[arg-type]  # a number
    assert np.median(misses) < 0.2, misses  # a random y misses by 0.25 on average


def test_without_results_it_is_the_first_point_with_the_fixed_values() -> None:
    first = [{"x": 0.5, "y": 0.25}, {"x": 0.5, "y": 0.75}]
    sampler = make_sampler("auto", PLANE, 0, first=first)
    chosen = complete(sampler, 0, [], {"x": 0.125})
    assert chosen.params == {"x": 0.125, "y": 0.25}
    assert chosen.note.code == "suggestion.completed_plainly"  # type: ignore[attr-defined]  # a message
    assert complete(sampler, 1, [chosen.params], {"x": 0.125}).params == {"x": 0.125, "y": 0.75}


CONSTRAINED = SearchSpace(
    {"x": Float(0.0, 1.0), "y": Float(0.0, 1.0), "n": Int(1, 8)}, constraints=["x + y <= 1.0", "x * n <= 3"]
)


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_rest_satisfies_the_constraints(name: str) -> None:
    sampler = make_sampler(name, CONSTRAINED, 0, n_trials=30)
    for number in range(12):
        params = sampler.ask(number, [])
        sampler.tell(Observation(number, params, -float(params["x"]) - float(params["y"])))  # type: ignore[arg-type]  # numbers
    for part in ({"x": 0.98}, {"x": 0.9, "n": 3}, {"y": 0.5}):
        assert CONSTRAINED.contains(complete(sampler, 12, [], part).params)
    with pytest.raises(SpaceExhaustedError, match="satisfies the constraints"):
        complete(sampler, 12, [], {"x": 0.9, "n": 4})


def test_a_rest_that_satisfies_narrow_constraints_is_found() -> None:
    space = SearchSpace({name: Float(0.0, 1.0) for name in "xyz"}, constraints=["abs(x + y + z - 1) <= 1e-6"])
    params = complete(make_sampler("auto", space, 0, first=()), 0, [], {"x": 0.3}).params
    assert params["x"] == 0.3
    assert space.contains(params)


def test_when_every_rest_was_tried_the_best_is_run_again() -> None:
    space = SearchSpace({"c": Categorical(["a", "b"]), "d": Categorical(["e", "f"])})
    sampler = make_sampler("auto", space, 0)
    for number, params in enumerate(space.enumerate()):
        sampler.tell(Observation(number, params, float(number)))
    assert complete(sampler, 4, [], {"c": "a"}).params in ({"c": "a", "d": "e"}, {"c": "a", "d": "f"})
