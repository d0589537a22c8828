"""Values of other libraries, wherever they come into the Python API."""

from __future__ import annotations

import enum
from array import array
from collections import deque
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

import scriptune
from scriptune.core.builtin_values import builtin_document, builtin_list, builtin_value
from scriptune.errors import SpaceError


class Named(str, enum.Enum):  # noqa: UP042  # the older form prints another text
    ADAM = "adam"


class Tensor:
    """Like a result of a tensor library: no number to Python, but an array of no dimension."""

    ndim = 0

    def item(self) -> float:
        return 0.25


INTEGERS: list[Any] = [kind(3) for kind in (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64)] + [np.array(3)]
REALS: list[Any] = [np.float16(0.25), np.float32(0.25), np.float64(0.25), np.longdouble(0.25), np.array(0.25)]
REALS += [Fraction(1, 4), Decimal("0.25"), Tensor()]
TEXTS: list[Any] = [np.str_("adam"), Named.ADAM, Path("adam"), PurePosixPath("adam")]
BOOLS: list[Any] = [np.bool_(True), np.array(True)]
LISTS: list[Any] = [
    range(1, 4),
    np.arange(1, 4),
    (1, 2, 3),
    deque([1, 2, 3]),
    array("q", [1, 2, 3]),
    [np.int64(1), 2, 3],
]


def kinds(values: list[Any]) -> list[str]:
    return [f"{type(value).__module__}.{type(value).__name__}" for value in values]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(v, 3) for v in INTEGERS] + [(v, 0.25) for v in REALS] + [(v, "adam") for v in TEXTS] + [(v, True) for v in BOOLS],
)
def test_a_scalar_of_another_library_becomes_the_built_in_one_that_it_stands_for(value: Any, expected: Any) -> None:
    found = builtin_value(value)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    "value", [None, True, 1, 1.5, "a", b"a", [1], {"a": 1}, object(), 1j, np.datetime64("2026-01-01")]
)
def test_what_is_no_such_scalar_stays_as_it_is_for_the_message(value: Any) -> None:
    assert builtin_value(value) is value


@pytest.mark.parametrize("values", LISTS, ids=kinds(LISTS))
def test_any_sequence_of_choices_is_taken(values: Any) -> None:
    choices = scriptune.Categorical(values).choices
    assert choices == (1, 2, 3)
    assert [type(choice) for choice in choices] == [int, int, int]


@pytest.mark.parametrize("values", ["abc", b"abc", bytearray(b"abc"), {1, 2}, {"a": 1}, 3, None, np.array(3)])
def test_what_is_not_a_sequence_is_refused_as_choices(values: Any) -> None:
    assert builtin_list(values) is None
    with pytest.raises(SpaceError, match="expected a list"):
        scriptune.Categorical(values)


@pytest.mark.parametrize("value", REALS, ids=kinds(REALS))
def test_bounds_steps_and_defaults_of_floats_may_be_any_real_number(value: Any) -> None:
    domain = scriptune.Float(value, value, step=value, default=value)
    for field in (domain.low, domain.high, domain.step, domain.default, domain.coerce(value)):
        assert (type(field), field) == (float, 0.25)


@pytest.mark.parametrize("value", INTEGERS, ids=kinds(INTEGERS))
def test_bounds_steps_and_defaults_of_whole_numbers_may_be_any_integer(value: Any) -> None:
    domain = scriptune.Int(value, value, step=value, default=value)
    for field in (domain.low, domain.high, domain.step, domain.default, domain.coerce(value)):
        assert (type(field), field) == (int, 3)


def test_numbers_that_are_none_are_refused_still() -> None:
    with pytest.raises(SpaceError, match="expected a finite number"):
        scriptune.Float(np.float64("nan"), 1.0)
    with pytest.raises(SpaceError, match="expected a number"):
        scriptune.Float(np.bool_(True), 1.0)  # type: ignore[arg-type]  # what is tried
    with pytest.raises(SpaceError, match="expected strings, numbers or true/false"):
        scriptune.Categorical(np.array([[1, 2], [3, 4]]))  # type: ignore[arg-type]  # what is tried


def test_conditions_and_defaults_of_choices_may_be_of_other_libraries() -> None:
    space = scriptune.SearchSpace(
        {
            "optimizer": scriptune.Categorical([*TEXTS[:1], "sgd"], default=np.str_("sgd")),
            "nesterov": scriptune.Bool(default=np.bool_(True)),
            "layers": scriptune.Int(1, 3, when={"optimizer": np.array(["adam"])}),  # type: ignore[dict-item]
        }
    )
    assert space.validate({"optimizer": np.str_("adam"), "nesterov": np.bool_(False), "layers": np.int64(2)}) == {
        "optimizer": "adam",
        "nesterov": False,
        "layers": 2,
    }


@pytest.mark.parametrize("name", ["random", "tpe", "bayes"])
def test_a_sampler_takes_what_numpy_calculates_with(name: str) -> None:
    space = scriptune.SearchSpace({"x": scriptune.Float(np.float32(0), np.int64(1)), "n": scriptune.Int(0, 5)})
    plain = scriptune.make_sampler(name, space, seed=7, n_trials=20)
    other = scriptune.make_sampler(name, space, seed=np.int64(7), n_trials=np.int32(20))  # type: ignore[arg-type]
    for number in range(6):
        pending = [{"x": 0.125, "n": 3}]
        params = plain.ask(number, pending)
        given: Any = [{"n": np.int64(3), "x": np.float64(0.125)}]
        assert other.ask(np.int64(number), given) == params  # type: ignore[arg-type]
        plain.tell(scriptune.Observation(number, params, params["x"]))  # type: ignore[arg-type]  # x is a float
        told: Any = {key: np.asarray(value)[()] for key, value in params.items()}
        other.tell(scriptune.Observation(np.int64(number), told, np.float64(params["x"])))  # type: ignore[arg-type]
    assert plain.observations == other.observations
    assert {type(observation.number) for observation in other.observations} == {int}


def test_options_of_samplers_may_be_numpy_scalars() -> None:
    space = scriptune.SearchSpace({"x": scriptune.Float(0, 1)})
    sampler = scriptune.make_sampler("bayes", space, seed=0, kappa=np.float32(2.5))
    assert type(sampler.options.kappa) is float


def test_a_job_file_built_in_python_becomes_built_in_values_at_every_depth() -> None:
    document = {
        "command": (Path("train.py"), np.str_("--fast")),
        "parameters": {
            "lr": {"min": np.float64(0.5)},
            "n": {"values": range(2)},
            "m": {"values": np.array([0.5, 1.0])},
        },
        "start_with": ({"params": {"n": np.int64(1)}, "value": np.float32(0.5)},),
    }
    assert builtin_document(document) == {
        "command": ["train.py", "--fast"],
        "parameters": {"lr": {"min": 0.5}, "n": {"values": [0, 1]}, "m": {"values": [0.5, 1.0]}},
        "start_with": [{"params": {"n": 1}, "value": 0.5}],
    }
