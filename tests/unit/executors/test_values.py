from __future__ import annotations

import ast
import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from scriptune.core.parameters import same_value
from scriptune.executors.values import as_argument, as_hydra, as_literal, writer_for

floats = st.floats(allow_nan=False, allow_infinity=False)
numbers = st.one_of(floats, st.integers(), st.booleans())


@pytest.mark.parametrize(
    ("value", "argument", "literal", "hydra"),
    [
        (1.0, "1.0", "1.0", "1.0"),
        (1e-05, "1e-05", "1.0e-05", "1e-05"),
        (1.5e-07, "1.5e-07", "1.5e-07", "1.5e-07"),
        (1e16, "1e+16", "1.0e+16", "1e+16"),
        (-0.0, "-0.0", "-0.0", "-0.0"),
        (3, "3", "3", "3"),
        (True, "True", "true", "True"),
        (False, "False", "false", "False"),
        ("adam", "adam", "adam", "adam"),
        ("a b", "a b", "a b", "'a b'"),
        ("it's", "it's", "it's", r"'it\'s'"),
        ("1", "1", "1", "'1'"),
        ("true", "true", "true", "'true'"),
        ("", "", "", "''"),
        ("a,b", "a,b", "a,b", "'a,b'"),
        ("/data/x.csv", "/data/x.csv", "/data/x.csv", "/data/x.csv"),
        ("C:\\", "C:\\", "C:\\", r"'C:\\'"),
    ],
)
def test_values_are_written_as_documented(value: object, argument: str, literal: str, hydra: str) -> None:
    assert as_argument(value) == argument  # type: ignore[arg-type]  # the table mixes types on purpose
    assert as_literal(value) == literal  # type: ignore[arg-type]  # as above
    assert as_hydra(value) == hydra  # type: ignore[arg-type]  # as above


@given(numbers)
def test_an_argument_reads_back_as_the_same_value_and_type(value: bool | int | float) -> None:
    assert same_value(ast.literal_eval(as_argument(value)), value)


@given(numbers)
def test_a_literal_reads_back_from_json(value: bool | int | float) -> None:
    assert same_value(json.loads(as_literal(value)), value)


@given(st.one_of(floats, st.integers(-(2**63), 2**63 - 1), st.booleans()))
def test_a_literal_reads_back_from_toml(value: bool | int | float) -> None:
    assert same_value(tomllib.loads(f"x = {as_literal(value)}")["x"], value)


@pytest.mark.parametrize("value", [1.0, 1e-05, 1.5e-07, 1e16, 1e22, -1e-300, 5e-324, 3, -7, True, False])
@pytest.mark.parametrize("version", [(1, 1), (1, 2)])
def test_a_literal_reads_back_from_both_versions_of_yaml(version: tuple[int, int], value: bool | int | float) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version  # type: ignore[assignment]  # the package declares a narrower type than it takes
    assert same_value(yaml.load(as_literal(value)), value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.json", "true"), ("b/a.YAML", "true"), ("a.yml", "true"), ("a.toml", "true"), ("a.py", "True"), ("a", "True")],
)
def test_the_format_of_a_file_decides_how_a_bool_is_written(name: str, text: str) -> None:
    assert writer_for(name)(True) == text
