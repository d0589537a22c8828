from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scriptune.errors import JobFileError
from scriptune.jobfile.parser import parse_text, plain_scalar
from scriptune.jobfile.problems import Problems


def read(text: str) -> Any:
    problems = Problems("job.yaml")
    data = parse_text(text, problems)
    problems.raise_if_any()
    return data


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-3", 0.001),
        ("1E+05", 1e5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5e3", -500.0),
        ("1e3", 1000.0),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("-7", -7),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2020-01-01", "2020-01-01"),
        ("1e", "1e"),
        (".", "."),
        ("0b1", "0b1"),
        ("none", "none"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written: str, value: object) -> None:
    read_back = read(f"key: {written}")["key"]
    assert read_back == value
    assert type(read_back) is type(value)
    assert type(plain_scalar(written)) is type(value)


def test_infinities_and_nan_are_read_so_that_they_can_be_refused_by_name() -> None:
    data = read("[.inf, -.Inf, .nan]")
    assert data[:2] == [math.inf, -math.inf]
    assert math.isnan(data[2])


def test_a_quoted_scalar_is_a_text() -> None:
    assert read("a: '1'\nb: \"true\"\nc: |\n  1\n") == {"a": "1", "b": "true", "c": "1\n"}


def test_every_path_has_its_line() -> None:
    problems = Problems("job.yaml")
    parse_text("# comment\nrun:\n  parallel: 2\nlist:\n  - 1\n  - {a: b}\n", problems)
    assert problems.lines[("run",)] == 2
    assert problems.lines[("run", "parallel")] == 3
    assert problems.lines[("list", 1, "a")] == 6
    assert problems.line(("run", "no", "such", "path")) == 2


def test_anchors_and_merge_keys_work() -> None:
    data = read(
        "base: &base {min: 0.0, max: 1.0}\na: *base\nb:\n  <<: *base\n  max: 2.0\nc: {<<: [*base, {max: 9, log: 1}]}\n"
    )
    assert data["a"] == {"min": 0.0, "max": 1.0}
    assert data["b"] == {"min": 0.0, "max": 2.0}
    assert data["c"] == {"min": 0.0, "max": 1.0, "log": 1}


def test_anchors_that_multiply_end_in_an_error_and_not_in_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(JobFileError, match="expand without limit"):
        read("\n".join(lines))


@pytest.mark.parametrize("text", ["a: " + "[" * 5000, "[" * 5000 + "\t", '{"a":' * 3000, "- " * 3000 + "x"])
def test_brackets_without_end_are_an_error_with_words(text: str) -> None:
    with pytest.raises(JobFileError, match="levels deep"):
        read(text)


def test_json_indented_by_tabs_is_read() -> None:
    assert read('{\n\t"a": [1, 2.5, "x\\ty"],\n\t"b":null}') == {"a": [1, 2.5, "x\ty"], "b": None}


def test_a_byte_order_mark_is_ignored() -> None:
    assert read("\ufeffa: 1") == {"a": 1}


def test_a_whole_number_of_five_thousand_digits_does_not_stop_the_reader() -> None:
    assert read("a: " + "9" * 5000) == {"a": math.inf}


names = st.text("abcé\U0001f600 :{}#", max_size=5)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=50)
@given(json_values, st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_json_reads_as_the_standard_library_reads_it(value: object, ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps({"value": value}, ensure_ascii=ascii_only, indent=indent)
    if any(ord(character) in (0x7F, *range(0x80, 0xA0), 0xFFFE, 0xFFFF, 0xFEFF, 0x2028, 0x2029) for character in text):
        return  # characters that YAML wants escaped and JSON does not
    assert read(text) == {"value": value}
