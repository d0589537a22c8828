from __future__ import annotations

from typing import Any

import pytest

from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.schemas import HyperParameter, SearchParam
from scriptune.modelarts.spaces import check_hyperparameters, search_entry


def _parameter(kind: str, value: str | None = None, **constraint: Any) -> HyperParameter:
    return HyperParameter.model_validate({"name": "p", "value": value, "constraint": {"type": kind, **constraint}})


def _param(**fields: Any) -> SearchParam:
    return SearchParam.model_validate({"name": "p", **fields})


BOUNDS = {"lower_bound": "0.001", "upper_bound": "0.1"}


@pytest.mark.parametrize(
    ("kind", "value", "fields", "entry"),
    [
        ("Float", None, {**BOUNDS, "param_type": "continuous"}, {"type": "float", "min": 0.001, "max": 0.1}),
        ("Float", "0.01", BOUNDS, {"type": "float", "min": 0.001, "max": 0.1, "default": 0.01}),
        ("Float", "7", BOUNDS, {"type": "float", "min": 0.001, "max": 0.1}),
        ("Float", None, {**BOUNDS, "param_type": "log"}, {"type": "float", "min": 0.001, "max": 0.1, "log": True}),
        ("Integer", "4", {"lower_bound": "1", "upper_bound": "8.0"}, {"type": "int", "min": 1, "max": 8, "default": 4}),
        (
            "Float",
            None,
            {"lower_bound": "1", "upper_bound": "64", "param_type": "log_integer"},
            {"type": "int", "min": 1, "max": 64, "log": True},
        ),
        (
            "Integer",
            "32",
            {"param_type": "discrete", "discrete_values": ["16", "32"]},
            {"type": "categorical", "values": [16, 32], "default": 32},
        ),
        ("Integer", None, {"discrete_values": "['16', '32']"}, {"type": "categorical", "values": [16, 32]}),
        ("Float", None, {"discrete_values": ["0.1", "1"]}, {"type": "categorical", "values": [0.1, 1.0]}),
        (
            "String",
            "sgd",
            {"discrete_values": ["adam", "sgd"]},
            {"type": "categorical", "values": ["adam", "sgd"], "default": "sgd"},
        ),
        (
            "Boolean",
            "false",
            {"param_type": "boolean"},
            {"type": "categorical", "values": ["True", "False"], "default": "False"},
        ),
        (
            "Float",
            None,
            {"lower_bound": "0", "upper_bound": "1", "discrete_points_num": "5"},
            {"type": "float", "min": 0.0, "max": 1.0, "step": 0.25},
        ),
        (
            "Integer",
            None,
            {"lower_bound": "2", "upper_bound": "10", "discrete_points_num": "5"},
            {"type": "int", "min": 2, "max": 10, "step": 2},
        ),
        (
            "Float",
            None,
            {"lower_bound": "1", "upper_bound": "100", "discrete_points_num": "3", "param_type": "log"},
            {"type": "categorical", "values": [1.0, pytest.approx(10.0, rel=1e-12), 100.0]},
        ),
    ],
)
def test_a_range_becomes_a_domain_of_the_hyperparameters_type(
    kind: str, value: str | None, fields: dict[str, Any], entry: dict[str, Any]
) -> None:
    assert search_entry(_param(**fields), _parameter(kind, value)) == entry


def test_points_that_no_step_reaches_are_listed_with_both_ends() -> None:
    entry = search_entry(_param(lower_bound="0", upper_bound="1", discrete_points_num="4"), _parameter("Float"))
    assert entry["values"] == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0], abs=1e-15)
    assert (entry["values"][0], entry["values"][-1]) == (0.0, 1.0)


def test_without_a_definition_the_type_shows_in_the_values() -> None:
    assert search_entry(_param(discrete_values=["16", "32"]), None)["values"] == [16, 32]
    assert search_entry(_param(discrete_values=["1.5", "2"]), None)["values"] == [1.5, 2.0]
    assert search_entry(_param(discrete_values=["a", "1"]), None)["values"] == ["a", "1"]


@pytest.mark.parametrize(
    ("kind", "fields", "text"),
    [
        ("Float", {}, "lower_bound is None"),
        ("Float", {"lower_bound": "a", "upper_bound": "1"}, "expected a number"),
        ("Float", {"lower_bound": "2", "upper_bound": "1"}, "swap them"),
        ("Float", {"lower_bound": "0", "upper_bound": "1", "param_type": "log"}, "above 0"),
        ("Float", {"lower_bound": "0", "upper_bound": "inf"}, "finite"),
        ("Integer", {"lower_bound": "0.5", "upper_bound": "2"}, "integers"),
        ("String", {"lower_bound": "0", "upper_bound": "2"}, "discrete_values"),
        ("Float", {"param_type": "continuos", **BOUNDS}, "continuous"),
        ("Float", {"param_type": "discrete"}, "is empty"),
        ("Integer", {"discrete_values": ["1", "x"]}, "expected a number"),
        ("Integer", {"discrete_values": ["1", "1.0"]}, "twice"),
        ("Float", {**BOUNDS, "discrete_points_num": "0"}, "discrete_points_num"),
    ],
)
def test_a_range_that_is_none_is_refused(kind: str, fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ModelArtsError, match=text) as refused:
        search_entry(_param(**fields), _parameter(kind))
    assert refused.value.code == "ModelArts.2826"


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        (_parameter("Integer", "1.5"), 2768),
        (_parameter("Float", "abc"), 2768),
        (_parameter("Boolean", "maybe"), 2768),
        (_parameter("Number", "1"), 2765),
        (_parameter("Float", "2", valid_type="range", valid_range=["0", "1"]), 2769),
        (_parameter("String", "c", valid_type="Enum", valid_range=["a", "b"]), 2769),
        (_parameter("Float", "1", valid_type="range", valid_range=["1"]), 2770),
        (_parameter("Float", "1", valid_type="range", valid_range=["2", "0"]), 2770),
        (_parameter("Float", "1", valid_type="sometimes", valid_range=["2", "0"]), 2770),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(parameter: HyperParameter, code: int) -> None:
    with pytest.raises(ModelArtsError) as refused:
        check_hyperparameters([parameter])
    assert refused.value.code == f"ModelArts.{code}"


def test_a_name_is_defined_once() -> None:
    with pytest.raises(ModelArtsError, match="twice") as refused:
        check_hyperparameters([_parameter("Float"), _parameter("Float")])
    assert refused.value.code == "ModelArts.2767"


@pytest.mark.parametrize("valid_type", ["None", "", None, "RANGE", "enum", "choice"])
def test_every_known_spelling_of_a_constraint_is_taken(valid_type: str | None) -> None:
    limits = [] if valid_type in ("None", "", None) else ["1", "2"]
    check_hyperparameters([_parameter("Float", "1", valid_type=valid_type, valid_range=limits)])


RANGE = {"valid_type": "range", "valid_range": ["1e-5", "0.1"]}
ENUM = {"valid_type": "enum", "valid_range": ["16", "32"]}


@pytest.mark.parametrize(
    ("kind", "constraint", "fields", "is_refused"),
    [
        ("Float", RANGE, {"lower_bound": "0.00001", "upper_bound": "0.1"}, False),
        ("Float", RANGE, {"lower_bound": "0.00001", "upper_bound": "0.9"}, True),
        ("Float", RANGE, {"lower_bound": "0.000009", "upper_bound": "0.1"}, True),
        ("Float", {"valid_range": ["1e-5", "0.1"]}, {"lower_bound": "0.001", "upper_bound": "0.9"}, True),
        ("Float", RANGE, {"lower_bound": "0", "upper_bound": "1", "discrete_points_num": "5"}, True),
        ("Float", RANGE, {"discrete_values": ["0.01", "0.1"]}, False),
        ("Float", RANGE, {"discrete_values": ["0.01", "0.11"]}, True),
        ("Integer", ENUM, {"discrete_values": ["16", "32"]}, False),
        ("Integer", ENUM, {"discrete_values": ["16", "64"]}, True),
        ("Integer", ENUM, {"lower_bound": "16", "upper_bound": "32"}, False),
        ("String", {"valid_type": "choice", "valid_range": ["adam"]}, {"discrete_values": ["sgd"]}, True),
        ("Boolean", {"valid_type": "enum", "valid_range": ["True", "False"]}, {"param_type": "boolean"}, False),
        ("Boolean", {"valid_type": "enum", "valid_range": ["True"]}, {"param_type": "boolean"}, True),
        ("String", {"valid_type": "None", "valid_range": ["a", "b"]}, {"discrete_values": ["c"]}, False),
    ],
)
def test_a_search_keeps_to_the_declared_values(
    kind: str, constraint: dict[str, Any], fields: dict[str, Any], is_refused: bool
) -> None:
    parameter = _parameter(kind, **constraint)
    if not is_refused:
        assert search_entry(_param(**fields), parameter)
        return
    with pytest.raises(ModelArtsError, match="valid_range") as caught:
        search_entry(_param(**fields), parameter)
    assert caught.value.code == "ModelArts.2826"
