from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scriptune.core.job import MetricUnit
from scriptune.core.trial import Report
from scriptune.metrics.pattern import compile_pattern
from scriptune.metrics.shapes import ShapeReader
from scriptune.metrics.sources.tail import Piece
from scriptune.metrics.units import MetricUnits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REGEX = r"(?:step (?P<step>\d+) )?loss=(\S+)"
FILLING = b"".join(b"step %d loss=0.%d5\n" % (n, n) for n in range(10, 99))


def reader(regex: str = REGEX, unit: str | None = "") -> ShapeReader:
    known = {} if unit is None else {"loss": MetricUnit(unit)}
    return ShapeReader({"loss": compile_pattern("loss", regex)}, MetricUnits(known))


def piece(text: bytes) -> Piece:
    return Piece(100, 100 + len(text), text, before=b"\nepoch 0\n")


def read(text: bytes, shapes: ShapeReader) -> tuple[list[Report], list[bytes]]:
    """The reports, and the lines for the scanner."""
    reports: list[Report] = []
    runs = list(shapes.read(piece(text), reports, {"loss": 7}, NOW))
    return reports, [text[start:end] for start, end in runs]


def test_plain_lines_are_read_with_their_steps_and_places() -> None:
    reports, others = read(b"step 3 loss=0.5\n\nnothing\nloss=.25\n", reader())
    assert reports == [Report("loss", 0.5, 3.0, 100, NOW), Report("loss", 0.25, 8.0, 125, NOW)]
    assert others == []


@pytest.mark.parametrize(
    "line", [b"loss=0.5s", b"loss=87%", b"loss=1,234", b"loss=nan", b"loss=1e", b"loss=0x1F", b'  print("loss=1")']
)
def test_what_needs_a_closer_look_is_left_to_the_scanner(line: bytes) -> None:
    reports, others = read(b"loss=0.5\n" + line + b"\nplain\nloss=0.5\n", reader())
    assert len(reports) == 2
    assert others[0].startswith(line + b"\n")


@pytest.mark.parametrize("unit", [None, "s"])
def test_a_metric_with_a_unit_or_with_none_decided_yet_is_left_to_the_scanner(unit: str | None) -> None:
    assert read(b"loss=0.5\nloss=0.5\n", reader(unit=unit)) == ([], [b"loss=0.5\nloss=0.5\n"])


def test_a_line_below_the_head_of_a_traceback_is_left_to_the_scanner_though_its_shape_is_known() -> None:
    head = b"Traceback (most recent call last):\n"
    reports, others = read(b"loss=1\n" + head + b"loss=2\n", reader(r"loss=(\d)"))
    assert [report.value for report in reports] == [1.0]
    assert others == [b"loss=2\n"]


def test_the_first_line_is_left_to_the_scanner_when_the_one_above_is_not_plain_to_see() -> None:
    shapes = reader()
    for before in (b"", b"half a line", b"\n\x1b[1mbold\n", b"\n\xff\n", b"\nx\b\n"):
        text = b"loss=1\nloss=2\n"
        assert list(shapes.read(Piece(0, len(text), text, before=before), [], {"loss": 0}, NOW)) == [(0, 7)]


@pytest.mark.parametrize(
    ("regex", "is_blind"),
    [
        (r"loss=([0-9.]+)", True),
        (r"loss=([-+]?\d+\.?\d*(?:[eE][-+]?\d+)?)", True),
        (r"(?<=loss=)([-+]?\d+\.?\d*([eE]{1}[-+]?\d+)?)(?=,)", True),
        (r"(\d{2,3})/\d+ [^,]+, (?P<value>[[:digit:].]+)", True),
        (r"top5=(\S+)", False),
        (r"loss=([1-9]\S*)", False),
        (r"loss=([+-0]\S*)", False),
        (r"loss=(\x31\S*)", False),
        (r"(\d+) is (?P<value>\1)", False),
    ],
)
def test_a_regex_that_tells_digits_apart_is_left_to_the_scanner(regex: str, is_blind: bool) -> None:
    shapes = reader(regex)
    assert shapes.suits(piece(FILLING), torn=False) is is_blind


def test_pieces_with_what_terminals_interpret_are_left_to_the_scanner() -> None:
    shapes = reader()
    assert shapes.suits(piece(FILLING), torn=False)
    assert not shapes.suits(piece(FILLING + b"\x1b[2K\n"), torn=False)
    assert not shapes.suits(piece(FILLING + b"\xff\n"), torn=False)
    assert not shapes.suits(piece(FILLING)._replace(raw=FILLING), torn=False)
    assert not shapes.suits(piece(FILLING)._replace(unterminated=True), torn=True)
    assert not shapes.suits(piece(FILLING)._replace(before=b"12\b"), torn=False)


def test_shapes_rest_where_values_are_few_or_lines_are_all_different() -> None:
    for text in (b"x" * 300 + b"\n", b"".join(b"%s loss=1\n" % (b"x" * n) for n in range(50))):
        shapes = reader()
        text += b"y" * 2000 + b"\n"
        assert shapes.suits(piece(text), torn=False)
        read(text, shapes)
        assert not shapes.suits(piece(text), torn=False)
