from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from scriptune.errors import SamplerError
from scriptune.plugins.options import OptionInfo, option, option_table, parse_options


@dataclass(frozen=True)
class Options:
    kind: str = option("fast", "how", choices=("fast", "good"), source="a paper")
    size: int | None = option(None, "how many", low=1, high=9)
    share: float = option(0.5, "how much", low=0.0, high=1.0, low_open=True)
    loud: bool = option(False, "whether")


def test_the_option_table_says_type_default_range_and_source() -> None:
    assert option_table(Options) == [
        OptionInfo("kind", "str", "fast", "fast | good", "how", "a paper"),
        OptionInfo("size", "int", None, "at least 1 and at most 9", "how many", ""),
        OptionInfo("share", "float", 0.5, "above 0 and at most 1", "how much", ""),
        OptionInfo("loud", "bool", False, "any", "whether", ""),
    ]


def test_legal_options_are_typed() -> None:
    parsed = parse_options(
        "sampler", "counting", Options, {"share": 1, "size": None, "loud": True, "kind": "good"}, SamplerError
    )
    assert parsed == Options(kind="good", share=1.0, loud=True)
    assert type(parsed.share) is float


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "slow"}, "Option 'kind' of sampler 'counting' is 'slow', expected fast | good."),
        ({"size": 0}, "is 0, expected at least 1 and at most 9."),
        ({"size": 2.5}, "is 2.5, expected an integer, at least 1 and at most 9."),
        ({"size": True}, "is True, expected an integer"),
        ({"share": 0.0}, "is 0.0, expected above 0 and at most 1."),
        ({"share": math.nan}, "is nan, expected a number"),
        ({"share": "1"}, "is '1', expected a number"),
        ({"share": 10**400}, "expected above 0 and at most 1."),
        ({"loud": 1}, "is 1, expected true or false."),
        ({"sise": 3}, "The sampler 'counting' has no option 'sise'. Did you mean 'size'?"),
    ],
)
def test_wrong_options_are_refused_with_the_table(given: dict[str, object], problem: str) -> None:
    with pytest.raises(SamplerError) as caught:
        parse_options("sampler", "counting", Options, given, SamplerError)
    assert problem in str(caught.value)
    assert "Options of 'counting': kind (str, fast | good; default fast); size (int," in str(caught.value)
