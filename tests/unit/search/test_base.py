from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from scriptune.core.parameters import Float
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation, Phase, Suggestion
from scriptune.errors import SamplerError, SpaceError
from scriptune.search.base import BaseSampler

SPACE = SearchSpace({"x": Float(0.0, 10.0)})


class Counting(BaseSampler):
    name: ClassVar[str] = "counting"

    def propose(self, number: int, pending: Sequence[Params]) -> Suggestion:
        return Suggestion({"x": float(number)}, self.name, Phase.MODEL)


def test_values_that_are_no_finite_numbers_are_failures() -> None:
    sampler = Counting(SPACE, 0)
    for number, value in enumerate([1, math.nan, math.inf, -math.inf, None]):
        sampler.tell(Observation(number, {"x": float(number)}, value))
    assert [o.value for o in sampler.observations] == [1.0, None, None, None, None]


def test_params_are_validated_and_typed_when_told() -> None:
    sampler = Counting(SPACE, 0)
    sampler.tell(Observation(0, {"x": 3}, 1.0))
    assert type(sampler.observations[0].params["x"]) is float
    with pytest.raises(SpaceError):
        sampler.tell(Observation(1, {"x": 11.0}, 1.0))
    assert len(sampler.observations) == 1


def test_enqueued_params_are_proposed_in_order_and_once() -> None:
    sampler = Counting(SPACE, 0)
    sampler.enqueue({"x": 7.5})
    sampler.enqueue({"x": 8.5})
    assert sampler.ask(0) == {"x": 7.5}
    assert sampler.ask(1, [{"x": 7.5}]) == {"x": 8.5}
    sampler.tell(Observation(0, {"x": 7.5}, 1.0))
    assert sampler.ask(2, [{"x": 8.5}]) == {"x": 2.0}
    with pytest.raises(SpaceError):
        sampler.enqueue({"y": 1.0})


@pytest.mark.parametrize("value", ["x", [1.0]])
def test_a_told_value_that_is_no_number_was_a_bare_error(value: Any) -> None:
    sampler = BaseSampler(SearchSpace({"x": Float(0.0, 1.0)}), seed=1)
    with pytest.raises(SamplerError, match=r"The value of trial 3 is .*expected a number, or None"):
        sampler.tell(Observation(3, {"x": 0.5}, value))
    sampler.tell(Observation(3, {"x": 0.5}, 1.0))
