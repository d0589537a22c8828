from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from scriptune.core.space import Float, Params, SearchSpace
from scriptune.core.trial import Observation, Phase, Suggestion
from scriptune.errors import SamplerError, SpaceError
from scriptune.search.base import BaseSampler, OptionInfo, option, option_table, parse_options

SPACE = SearchSpace({"x": Float(0.0, 10.0)})


@dataclass(frozen=True)
class Options:
    kind: str = option("fast", "how", choices=("fast", "good"), source="a paper")
    size: int | None = option(None, "how many", low=1, high=9)
    share: float = option(0.5, "how much", low=0.0, high=1.0, low_open=True)
    loud: bool = option(False, "whether")


class Counting(BaseSampler):
    name: ClassVar[str] = "counting"
    options_class: ClassVar[type] = Options

    def propose(self, number: int, pending: Sequence[Params]) -> Suggestion:
        return Suggestion({"x": float(number)}, self.name, Phase.MODEL)


def test_the_option_table_says_type_default_range_and_source() -> None:
    assert option_table(Options) == [
        OptionInfo("kind", "str", "fast", "fast | good", "how", "a paper"),
        OptionInfo("size", "int", None, "at least 1 and at most 9", "how many", ""),
        OptionInfo("share", "float", 0.5, "above 0 and at most 1", "how much", ""),
        OptionInfo("loud", "bool", False, "any", "whether", ""),
    ]


def test_legal_options_are_typed() -> None:
    parsed = parse_options("counting", Options, {"share": 1, "size": None, "loud": True, "kind": "good"})
    assert parsed == Options(kind="good", share=1.0, loud=True)
    assert type(parsed.share) is float


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "slow"}, "Option 'kind' of sampler 'counting' is 'slow', expected fast | good."),
        ({"size": 0}, "is 0, expected at least 1 and at most 9."),
        ({"size": 2.5}, "is 2.5, expected a whole number, at least 1 and at most 9."),
        ({"size": True}, "is True, expected a whole number"),
        ({"share": 0.0}, "is 0.0, expected above 0 and at most 1."),
        ({"share": math.nan}, "is nan, expected a number"),
        ({"share": "1"}, "is '1', expected a number"),
        ({"share": 10**400}, "expected above 0 and at most 1."),
        ({"loud": 1}, "is 1, expected true or false."),
        ({"sise": 3}, "Sampler 'counting' has no option 'sise'. Did you mean 'size'?"),
    ],
)
def test_wrong_options_are_refused_with_the_table(given: dict[str, object], problem: str) -> None:
    with pytest.raises(SamplerError) as caught:
        parse_options("counting", Options, given)
    assert problem in str(caught.value)
    assert "Options of 'counting': kind (str, fast | good; default fast); size (int," in str(caught.value)


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


def test_wishes_are_proposed_in_order_and_once() -> None:
    sampler = Counting(SPACE, 0)
    sampler.enqueue({"x": 7.5})
    sampler.enqueue({"x": 8.5})
    assert sampler.ask(0) == {"x": 7.5}
    assert sampler.ask(1, [{"x": 7.5}]) == {"x": 8.5}
    sampler.tell(Observation(0, {"x": 7.5}, 1.0))
    assert sampler.ask(2, [{"x": 8.5}]) == {"x": 2.0}
    with pytest.raises(SpaceError):
        sampler.enqueue({"y": 1.0})


@pytest.mark.parametrize("value", ["x", [1.0], 10**400])
def test_a_told_value_that_is_no_number_was_a_bare_error(value: Any) -> None:
    sampler = BaseSampler(SearchSpace({"x": Float(0.0, 1.0)}), seed=1)
    with pytest.raises(SamplerError, match=r"Trial 3 is told with the value .*expected a number, or None"):
        sampler.tell(Observation(3, {"x": 0.5}, value))
    sampler.tell(Observation(3, {"x": 0.5}, 1.0))
