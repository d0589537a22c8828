"""Constraints, compared with what Python says of the same expression."""

from __future__ import annotations

import math
import random

import pytest

from scriptune.core.constraint_parser import parse_constraint
from scriptune.core.parameters import Bool, Categorical, Float, Int, Scalar
from scriptune.core.space import Params, SearchSpace
from scriptune.errors import SpaceError

PARAMETERS = {
    "batch": Int(1, 512),
    "accumulate": Int(1, 16),
    "lr": Float(0.0, 1.0),
    "weight-decay": Float(0.0, 1.0),
    "weight": Float(0.0, 1.0),
    "optimizer": Categorical(["adam", "sgd", None]),
    "momentum": Float(0.0, 1.0, when={"optimizer": "sgd"}),
    "nesterov": Bool(),
    "mixed": Categorical([1, "auto"]),
}
PARAMS: Params = {
    "batch": 64,
    "accumulate": 4,
    "lr": 0.25,
    "weight-decay": 0.5,
    "weight": 0.75,
    "optimizer": "sgd",
    "momentum": 0.9,
    "nesterov": True,
    "mixed": 1,
}


def holds(text: str, **changed: Scalar) -> bool:
    return parse_constraint(text, PARAMETERS, {}).holds({**PARAMS, **changed})


@pytest.mark.parametrize(
    "text",
    [
        "batch * accumulate <= 256",
        "batch * accumulate < 256",
        "batch + accumulate * 2 == 72",
        "(batch + accumulate) * 2 == 136",
        "batch - accumulate - 10 == 50",
        "batch / accumulate / 2 == 8",
        "batch % 5 == 4",
        "-batch % 5 == 1",
        "-2 ** 2 + batch == 60",
        "2 ** 3 ** 2 == batch * 8",
        "2 ** -1 == lr * 2",
        "1 < accumulate < 5 <= batch",
        "1 < accumulate > 5",
        "not accumulate > 5 and lr > 0.1",
        "accumulate > 5 or not nesterov or lr < .3",
        "not not nesterov",
        "min(batch, accumulate, 7) == 4",
        "max(lr, 1e-1) == 0.25",
        "abs(lr - 1) >= 7.5e-1",
        "log(batch) < 4.2",
        "optimizer == 'sgd'",
        'optimizer != "sgd"',
        "optimizer in ('adam', 'sgd')",
        "optimizer not in ['adam',]",
        "accumulate in (1, 2, 4)",
        "nesterov == True",
        "nesterov + nesterov == 2",
        "mixed == 1",
    ],
)
def test_a_constraint_means_what_it_means_in_python(text: str) -> None:
    expected = eval(text, {"log": math.log}, dict(PARAMS))
    assert holds(text) is bool(expected)


def test_the_longest_name_is_meant() -> None:
    assert holds("weight-decay < 0.6")
    assert not holds("weight-decay > 0.6")
    assert holds("weight - weight-decay == 0.25")


@pytest.mark.parametrize("text", ["momentum > 2", "lr > 2 and momentum > 2", "optimizer == 'adam' or lr > 2"])
def test_a_constraint_that_names_an_inactive_or_null_parameter_does_not_apply(text: str) -> None:
    constraint = parse_constraint(text, PARAMETERS, {})
    without = {name: value for name, value in PARAMS.items() if name != "momentum"} | {"optimizer": None}
    assert constraint.holds(without)
    assert not constraint.holds(PARAMS)


@pytest.mark.parametrize(
    "text",
    [
        "1 / (lr - 0.25) > 0 or lr < 9",
        "log(lr - 1) < 9",
        "(lr - 1) ** 0.5 < 9",
        "10 ** batch ** 9 > 0",
        "batch % 0 < 1",
    ],
)
def test_a_part_without_a_finite_value_violates_the_constraint(text: str) -> None:
    assert not holds(text)
    assert not holds(f"not ({text})")


def test_what_no_longer_matters_is_not_calculated() -> None:
    assert holds("lr == 0.25 or 1 / (lr - 0.25) > 2")
    assert not holds("lr != 0.25 and 1 / (lr - 0.25) > 2")
    assert holds("2 ** (-(batch * 1000)) == 0")


@pytest.mark.parametrize(
    ("text", "message", "caret"),
    [
        ("batch * accumulate", "not a condition; compare it", 0),
        ("batch = 64", "'=' is not an operator here; write '=='", 6),
        ("batch ^ 2 < 9", r"write '\*\*'", 6),
        ("lr < 1 && batch < 9", "write 'and'", 7),
        ("batch // 2 < 9", "write '/'", 6),
        ("lr < momentun", "'momentun' is not a parameter. Did you mean 'momentum'", 5),
        ("optimizer == 'sdg'", "Did you mean 'sgd'", 13),
        ("optimizer == 1", "compares a string with a number", 13),
        ("optimizer < 1", "'<' takes numbers", 0),
        ("lr * mixed < 1", r"'\*' takes numbers", 5),
        ("lr and nesterov", "what 'and' joins must be conditions", 0),
        ("not lr", "what 'not' joins must be conditions", 4),
        ("lr < 0.5 0.3", "got '0.3', expected an operator", 9),
        ("lr <", "got the end, expected a number", 4),
        ("(lr < 1", "got the end, expected '\\)'", 7),
        ("min(lr) < 1", "two arguments or more, and has 1", 0),
        ("abs(lr, 1) < 1", "one argument, and has 2", 0),
        ("lr in 0.5", "expected the values in parentheses", 6),
        ("1 < 2", "names no parameter", 0),
        ("'a < lr", "quotation is not closed", 0),
        ("lr < $x", "'\\$' is not part of a constraint", 5),
        ("(" * 31 + "lr < 1" + ")" * 31, "more than 30 parentheses", 31),
    ],
)
def test_an_error_says_what_is_wrong_and_where(text: str, message: str, caret: int) -> None:
    with pytest.raises(SpaceError, match=message) as caught:
        parse_constraint(text, PARAMETERS, {})
    _, shown, below = str(caught.value).split("\n")
    assert below.index("^") - 4 == caret
    assert shown == f"    {text}"[: 4 + 72]


@pytest.mark.parametrize("text", ["lr < 1 or " * 100 + "lr < 1", "", 7, "lr + " * 200 + "lr < 1"])
def test_constraints_are_strings_of_bounded_length(text: str) -> None:
    with pytest.raises(SpaceError):
        parse_constraint(text, PARAMETERS, {})


def test_a_long_constraint_is_calculated_without_a_deep_stack() -> None:
    text = "+".join(["lr"] * 300) + " <= 75"
    assert holds(text)
    assert not holds(text, lr=0.3)


def test_an_error_in_a_long_constraint_is_shown_in_its_surroundings() -> None:
    with pytest.raises(SpaceError) as caught:
        parse_constraint("lr < 1 and " * 20 + "lr ? 2", PARAMETERS, {})
    _, shown, below = str(caught.value).split("\n")
    assert len(shown) <= 76
    assert shown[below.index("^")] == "?"


def test_a_fixed_parameter_may_be_named() -> None:
    constraint = parse_constraint("lr * size <= 10", {"lr": Float(0.0, 1.0)}, {"size": 64, "other": "a"})
    assert constraint.holds({"lr": 0.1})
    assert not constraint.holds({"lr": 0.2})
    never_used = parse_constraint("lr * size <= 10", {"lr": Float(0.0, 1.0)}, {"size": None})
    assert never_used.holds({"lr": 1.0})


def space(*constraints: str, **defaults: float) -> SearchSpace:
    names = ("a", "b")
    return SearchSpace({name: Int(1, 4, default=defaults.get(name)) for name in names}, constraints)  # type: ignore[arg-type]


def test_params_that_violate_a_constraint_do_not_belong_to_the_space() -> None:
    with pytest.raises(SpaceError, match=r"'a \* b <= 4' is violated by a 2, b 3"):
        space("a * b <= 4").validate({"a": 2, "b": 3})
    assert space("a * b <= 4").validate({"a": 2, "b": 2}) == {"a": 2, "b": 2}
    assert not space("a * b <= 4").contains({"a": 2, "b": 3})


def test_a_finite_space_lists_and_counts_what_satisfies_its_constraints() -> None:
    constrained = space("a * b <= 4", "a != b")
    listed = [(one["a"], one["b"]) for one in constrained.enumerate()]
    assert listed == [(1, 2), (1, 3), (1, 4), (2, 1), (3, 1), (4, 1)]
    assert constrained.size() == 6
    assert constrained.size(limit=5) is None


def test_defaults_that_violate_a_constraint_are_refused() -> None:
    with pytest.raises(SpaceError, match="the defaults violate the constraint 'a < b': a 3, b 2"):
        space("a < b", a=3, b=2)
    assert space("a < b", a=3)["a"].default == 3


def test_a_list_of_strings_is_expected() -> None:
    with pytest.raises(SpaceError, match="expected a list of strings"):
        SearchSpace({"a": Int(1, 4)}, "a < 2")
    with pytest.raises(SpaceError, match="101 constraints"):
        space(*["a < b"] * 101)


def test_random_expressions_never_fail_in_another_way() -> None:
    rng = random.Random(1)
    pieces = [
        "lr",
        "batch",
        "optimizer",
        "'sgd'",
        "2",
        "1e3",
        "<",
        "==",
        "+",
        "**",
        "not",
        "and",
        "(",
        ")",
        "in",
        ",",
        "min",
    ]
    for _ in range(3000):
        text = " ".join(rng.choices(pieces, k=rng.randint(1, 9)))
        try:
            constraint = parse_constraint(text, PARAMETERS, {})
        except SpaceError:
            continue
        assert constraint.holds(PARAMS) in (True, False)


def test_a_walk_to_rare_configurations_ends() -> None:
    wide = SearchSpace({name: Int(1, 4000) for name in "abc"}, ["a + b + c == 12000"])
    assert list(wide.enumerate(max_steps=5000)) == []
    assert wide.size() is None
    assert len(list(space("a != b").enumerate(max_steps=1000))) == 12
