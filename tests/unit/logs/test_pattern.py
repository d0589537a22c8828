from __future__ import annotations

import pytest

from scriptune.errors import MetricPatternError
from scriptune.logs.pattern import BACKTRACKING_LINE_BYTES, LineTimeoutError, MetricPattern, compile_pattern


def captured(pattern: MetricPattern, text: str) -> list[str | None]:
    data = text.encode()
    return [None if f.value is None else data[slice(*f.value)].decode() for f in pattern.find(data)]


@pytest.mark.parametrize(
    ("regex", "line", "value"),
    [
        (r"acc=([0-9.]+)", "acc=0.5", "0.5"),
        (r"(?P<value>\d+) of (\d+)", "3 of 4", "3"),
        (r"(\d+) of (?P<value>\d+)", "3 of 4", "4"),
        (r"(?P<step>\d+): (\d+)", "3: 4", "4"),
        (r"\d+\.\d+", "acc 0.5", "0.5"),
        (r"acc=(?P<other>\S+)", "acc=0.5", "0.5"),
        (r"(?<=acc=)([-+]?\d+\.?\d*([eE]{1}[-+]?\d+)?)(?=,)", "acc=1.5e3,", "1.5e3"),
        (r"(\w)\1=(\d)", "aa=5", "a"),
        (r"(?>acc)=(\d)", "acc=5", "5"),
        (r"précision : (\S+)", "précision : 0.5", "0.5"),
        (r"(?<=précision : )(\S+)", "la précision : 0.5 é", "0.5"),
        (r"^loss=(\S+)$", "loss=3", "3"),
        (r"\Aloss=(\S+)\z", "loss=3", "3"),
        (r"loss=(\S+)\Z", "loss=3", "3"),
    ],
)
def test_the_value_is_the_named_group_or_the_first_or_everything(regex: str, line: str, value: str) -> None:
    assert captured(compile_pattern("m", regex), line) == [value]


def test_only_what_re2_refuses_goes_to_the_backtracking_engine() -> None:
    assert compile_pattern("m", r"loss=(\S+?)(?:,|$)").engine == "re2"
    assert compile_pattern("m", r"loss=(\S+?)(?=,|$)").engine == "regex"


def test_a_group_that_took_no_part_is_told_apart_from_an_empty_one() -> None:
    assert captured(compile_pattern("m", r"a(?:=(\d))?"), "a a=1") == [None, "1"]
    assert captured(compile_pattern("m", r"a=(\d*)"), "a=") == [""]


@pytest.mark.parametrize("regex", [r"a\s+b(\d)", r"a[^x]*b(\d)", r"(?s)a.*b(\d)", r"a\nb(\d)", r"a\Db(\d)"])
def test_no_match_crosses_a_line(regex: str) -> None:
    assert captured(compile_pattern("m", regex), "a\nb1") == []


def test_anchors_are_the_ends_of_each_line() -> None:
    assert captured(compile_pattern("m", r"^(\d)$"), "1\n22\n3") == ["1", "3"]


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        ("acc=(", "missing ) at position 5"),
        ("acc=)", "unbalanced parenthesis at position 4"),
        ("[0-9", "unterminated character set at position 4"),
        ("*acc", "nothing to repeat at position 0"),
        ("[9-0]", "bad character range"),
        ("(?P=acc)", "unknown group"),
        ("", "is empty"),
        ("   ", "is empty"),
        ("a" * 3000, "3000 characters, expected at most 2000"),
        ("acc=\n(.*)", "line break"),
        ("acc=(\ud800)", "Unicode"),
        ("([0-9.]*)", "matches the empty text"),
        (r"\b", "matches the empty text"),
        ("(?=a)", "matches the empty text"),
        ("(?:acc=(.*))?", "matches the empty text"),
        (r"step (?P<step>\d+)", "has a group 'step' but none for the value"),
        ("(?=((a{1000}){1000}){1000})", "repeats up to 1000000000 times, expected at most 1000"),
    ],
)
def test_an_unusable_regex_is_refused_with_the_place_and_a_way_on(regex: str, expected: str) -> None:
    with pytest.raises(MetricPatternError) as caught:
        compile_pattern("accuracy", regex)
    assert expected in str(caught.value)
    assert "Metric 'accuracy'" in str(caught.value)
    assert str(caught.value).rstrip().endswith((".", "'."))


def test_an_attack_on_re2_takes_no_time() -> None:
    pattern = compile_pattern("m", r"(a+)+$")
    assert captured(pattern, "a" * 50_000 + "b") == []


def test_an_attack_on_the_backtracking_engine_is_stopped() -> None:
    pattern = compile_pattern("m", r"(?=(a|aa)+$)(\w+)")
    with pytest.raises(LineTimeoutError):
        list(pattern.find(b"a" * 60 + b"b"))


def test_the_backtracking_engine_sees_a_capped_line() -> None:
    pattern = compile_pattern("m", r"acc=(\d)(?=;)")
    far = b" " * BACKTRACKING_LINE_BYTES + b"acc=1;"
    assert list(pattern.find(far)) == []
    assert len(list(pattern.find(far[5:]))) == 0
    assert len(list(pattern.find(far[6:]))) == 1


def test_both_engines_find_the_same_places() -> None:
    line = "é acc=0.5 — acc=0.25".encode()
    linear = list(compile_pattern("m", r"acc=(\S+)").find(line, 2))
    backtracking = list(compile_pattern("m", r"(?<!x)acc=(\S+)").find(line, 2))
    assert linear == backtracking
    assert [line[slice(*f.value)] for f in linear if f.value] == [b"0.5", b"0.25"]
