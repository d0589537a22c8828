from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scriptune.errors import MetricPatternError
from scriptune.metrics.pattern import BACKTRACKING_LINE_BYTES, LineTimeoutError, MetricPattern, compile_pattern


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


@pytest.mark.parametrize("regex", [r"a\s+b(\d)", r"a[^x]*b(\d)", r"(?s)a.*b(\d)", r"a\Db(\d)"])
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
        ("([0-9.]*)", "matches the empty string"),
        (r"\b", "matches the empty string"),
        ("(?=a)", "matches the empty string"),
        ("(?:acc=(.*))?", "matches the empty string"),
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


@pytest.mark.parametrize(
    "regex",
    [
        r"acc=(\d+)\n",
        r"\r\nacc=(\d+)",
        r"acc=(\d+)\r?\n",
        r"acc=(\d+)\x0a",
        r"acc=(\d+)\x{0A}",
        r"acc=(\d+)\012",
        r"[\r\n]acc=(\d+)",
        r"(?:\n|\r)acc=(\d+)",
        r"(?s)epoch.*\n.*acc=(\d+)",
        r"\x1b\[31m(\d+)",
        r"(?<=\n)acc=(\d+)",
        r"acc\0=(\d+)",
        r"a\n+(\d)",
    ],
)
def test_a_regex_that_can_never_match_a_line_is_refused_with_that_reason(regex: str) -> None:
    with pytest.raises(MetricPatternError, match=r"can never match: logs are searched line by line"):
        compile_pattern("m", regex)
    assert compile_pattern("m", regex, stored=True).regex == regex


@pytest.mark.parametrize(
    "regex",
    [
        r"a\\nb=(\d)",
        r"acc=(\d+)\r?$",
        r"acc=(\d+)(?:\n|$)",
        r"[^\n]*acc=(\d)",
        r"acc=(\d)\n*",
        r"acc[\s\n]+(\d)",
        r"(?!\n)acc=(\d)",
    ],
)
def test_a_regex_that_can_do_without_a_line_break_is_taken(regex: str) -> None:
    compile_pattern("m", regex)
    assert compile_pattern("m", r"a\\nb=(\d)").find(rb"a\nb=5") is not None


PIECES = [
    *(
        "acc",
        "=",
        "a",
        r"\x61",
        r"\x{61}",
        r"\141",
        r"\Qac\E",
        r"\Qa.c\E",
        "[ab]",
        "[^c]",
        "[[:alpha:]]",
        r"[\w]",
        "[]a]",
        r"[\]a]",
    ),
    *(
        r"\pL",
        r"\p{Lu}",
        r"\PN",
        r"\p{Greek}",
        "(?i)",
        "(?i:ACC)",
        "(?s)",
        "(?:acc|loss)",
        "(acc)?",
        "a?",
        "c*",
        "c+",
        "c{2}",
        "c{0,1}",
        "c{,2}",
    ),
    *(
        r"\.",
        ".",
        r"\d",
        r"\s",
        r"\b",
        r"\t",
        "^",
        "$",
        "|",
        "é",
        r"\x{e9}",
        r"\xe9",
        r"\*",
        r"\-",
        r"\_",
        "(?=acc)",
        "(?<=acc)",
        "(?<!b)",
        "(?:",
        ")",
        "{",
    ),
]
TEXTS = st.lists(
    st.sampled_from(
        ["acc", "ACC", "=", "a", "c", "é", "É", "0.5", " ", "\t", ".", "a.c", "ac", "α", "A", "{", "]", "-", "_", "*"]
    )
).map("".join)


@settings(max_examples=400)
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), texts=st.lists(TEXTS, max_size=5))
def test_looking_for_the_literal_first_never_hides_a_match(pieces: list[str], texts: list[str]) -> None:
    try:
        pattern = compile_pattern("m", "".join(pieces) + r"(\d)?")
    except MetricPatternError:
        return
    for text in texts:
        found = list(pattern.find(text.encode()))
        if found:
            assert pattern.literal in text.encode(), (pattern, text)
