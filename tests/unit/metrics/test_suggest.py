from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scriptune.core.work_limit import WorkLimit, working_within
from scriptune.errors import MetricPatternError, WorkLimitError
from scriptune.metrics import suggest
from scriptune.metrics.pattern import compile_pattern
from scriptune.metrics.suggest import NUMBER, Example, capture_lines, suggest_pattern

SAMPLES = Path(__file__).parents[2] / "data" / "logs"
TEXT = """Epoch 1/3
loss=0.5 val_loss=0.61 acc=0.8 val_acc=0.75
Epoch 2/3
loss=0.4 val_loss=0.51 acc=0.9 val_acc=nan
epoch 3: Data  0.000 ( 1.687)    Loss 1.2290e-01 (2.1425e-01)
97.3% correct
{"eval/top1": 76.1, "eval/top5": 93.0}
1.25
"""


@pytest.mark.parametrize(
    ("example", "regex", "texts"),
    [
        ("0.75", rf"\bval_acc={NUMBER}", ["0.75", "nan"]),
        ("val_loss=0.61", rf"\bval_loss={NUMBER}", ["0.61", "0.51"]),
        ("0.5", rf"\bloss={NUMBER}", ["0.5", "0.4"]),
        ("1.2290e-01", rf"\bLoss\s+{NUMBER}", ["1.2290e-01"]),
        ("97.3", rf"{NUMBER}%", ["97.3"]),
        ("76.1", rf'\btop1":\s+{NUMBER}', ["76.1"]),
        ("1.25", rf"^{NUMBER}$", ["1.25"]),
    ],
)
def test_a_simple_regex_is_proposed(example: str, regex: str, texts: list[str]) -> None:
    proposal = suggest_pattern(TEXT, [example])
    assert (proposal.regex, [c.text for c in proposal.captures]) == (regex, texts)


def test_a_marked_place_is_widened_to_the_number_in_it() -> None:
    line = TEXT.splitlines()[4]
    start = line.index("2.1425")
    proposal = suggest_pattern(TEXT, [Example(5, start + 1, start + 3)])
    assert [c.text for c in proposal.captures] == ["2.1425e-01"]


def test_several_examples_must_all_be_captured() -> None:
    proposal = suggest_pattern(TEXT, ["0.61", "0.51"])
    assert [c.value for c in proposal.captures] == [0.61, 0.51]


@pytest.mark.parametrize(
    ("sample", "example"),
    [("keras.log", "0.8611"), ("lightgbm.log", "4.42148e-07"), ("lightning.log", "0.812"), ("xgboost.log", "0.90000")],
)
def test_proposals_for_real_logs_capture_every_epoch(sample: str, example: str) -> None:
    text = (SAMPLES / sample).read_bytes().decode()
    captures = suggest_pattern(text, [example]).captures
    assert len(captures) >= 3
    assert all(c.problem is None for c in captures)


@pytest.mark.parametrize(
    ("examples", "expected"),
    [
        ([], "No number is marked"),
        (["0.999"], "does not occur"),
        (["Epoch"], "does not occur"),
        ([""], "does not occur"),
        ([Example(1, 0, 5)], "contains no number"),
        ([Example(99, 0, 5)], "contains no number"),
        (["0.75", "97.3"], "No simple regex"),
    ],
)
def test_what_cannot_be_proposed_is_explained(examples: list[Example | str], expected: str) -> None:
    with pytest.raises(MetricPatternError, match=expected):
        suggest_pattern(TEXT, examples)


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(MetricPatternError, match="expected at most"):
        suggest_pattern("x" * 1_000_001, ["1"])
    with pytest.raises(MetricPatternError, match="expected at most"):
        suggest.test_pattern("(x)", "x" * 1_000_001)


def test_trying_a_regex_shows_values_and_refusals_with_their_places() -> None:
    good, cut = suggest.test_pattern(r"x=([0-9.]+)", "é \x1b[1mx=0.5\x1b[0m\r\nx=1e-05\r\n")
    assert (good.line_no, good.line, good.start, good.end, good.text, good.value) == (1, "é x=0.5", 4, 7, "0.5", 0.5)
    assert (cut.line_no, cut.text, cut.value) == (2, "1", None)
    assert cut.problem is not None
    assert "an exponent follows" in cut.problem


def test_captures_in_a_file_have_the_line_numbers_of_an_editor(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"start\r\n" + b"x" * 300_000 + b"\n 1%\r 2%\racc=1\n" + b"y\n" * 200_000 + b"acc=2\nacc=3\n")
    captures = capture_lines(log, {"acc": compile_pattern("acc", r"acc=(\d)")}, limit=2)
    assert [(c.line_no, c.value, c.line) for c in captures] == [(3, 1.0, "acc=1"), (200_004, 2.0, "acc=2")]


def test_many_captures_on_a_huge_line_make_no_huge_answer() -> None:
    # A viewer who tried (\\d) on a million digits got a gigabyte, after a minute.
    captures = suggest.test_pattern(r"(\d)", "1" * 900_000)
    assert 1 <= len(captures) <= 5
    assert [(c.start, c.end) for c in captures] == [(i, i + 1) for i in range(len(captures))]
    assert len(suggest.test_pattern(r"v=(\d)", "v=1 é v=2\n" * 20_000)) == 40_000


def test_columns_count_characters_on_a_line_with_many_captures() -> None:
    captures = suggest.test_pattern(r"(\d+)", "é1 ü22 ö333\nß4\n\n5")
    assert [(c.line_no, c.line, c.start, c.end) for c in captures] == [
        (1, "é1 ü22 ö333", 1, 2),
        (1, "é1 ü22 ö333", 4, 6),
        (1, "é1 ü22 ö333", 8, 11),
        (2, "ß4", 1, 2),
        (4, "5", 0, 1),
    ]


def test_a_number_far_behind_on_a_huge_line_is_told_by_what_is_near() -> None:
    # Each of a hundred marked numbers had half a megabyte before it taken apart: a minute for one request.
    text = "x=1 " * 100_000 + "loss=0.25 end"
    found = suggest_pattern(text, [Example(1, len(text) - 8, len(text) - 4)])
    assert [c.text for c in found.captures] == ["0.25"]


def test_captures_behind_a_progress_bar_stood_on_lines_that_were_not_theirs() -> None:
    raw = "0%\r50%\r\x1b[1m100%\x1b[0m\nacc=0.9\n"
    [capture] = suggest.test_pattern(r"acc=(\S+)", raw)
    assert suggest.readable(raw).splitlines()[capture.line_no - 1] == "acc=0.9"


def test_the_numbers_of_a_line_were_looked_for_again_at_every_example(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    class Counting:
        def finditer(self, line: str) -> Iterator[re.Match[str]]:
            searched.append(line)
            return re.finditer(NUMBER, line)

    monkeypatch.setattr(suggest, "_TOKEN_NUMBER", Counting())
    text = "a 0.1 b 0.2 acc=0.3\nacc=0.4"
    examples = ["acc=0.3", Example(1, 16, 19), "0.3", Example(2, 4, 7)]
    assert suggest_pattern(text, examples).regex == rf"\bacc={NUMBER}"
    assert searched == ["a 0.1 b 0.2 acc=0.3", "acc=0.4"]


def test_looking_for_an_example_on_a_huge_line_knew_no_limit() -> None:
    text = "a0.1 " * 190_000  # every "a" was compared with every number: hours
    with working_within(WorkLimit(0.0)), pytest.raises(WorkLimitError, match="Looking for the marked numbers took"):
        suggest_pattern(text, ["a"])
    with pytest.raises(MetricPatternError, match="does not occur as a complete number"):
        suggest_pattern(text, ["a"])
