"""However a log was written, read and resumed, its reports are those of a slow plain reader."""

from __future__ import annotations

import math
import random
import re
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scriptune.core.job import MetricUnit
from scriptune.core.trial import Report
from scriptune.metrics import numbers as number_rules
from scriptune.metrics import scan, shapes
from scriptune.metrics.numbers import Refusal, is_everyday, read_number, unit_of
from scriptune.metrics.pattern import compile_pattern
from scriptune.metrics.sources.log import MetricIntake
from scriptune.metrics.tracebacks import may_be_quoted
from scriptune.metrics.units import MetricUnits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REGEXES = {
    "acc": r"acc=([0-9.e+-]+)",
    "loss": r"(?P<step>\d+): loss[=:]\s*(\S+)",
    "look": r"(?<=Loss )([-+]?\d+\.?\d*([eE]{1}[-+]?\d+)?)(?= \()",
    "first": r"^\D*?(nan|\d+\.\d+)",
    "whole": r"\A#[0-9]+\z",
}
PATTERNS = {name: compile_pattern(name, regex) for name, regex in REGEXES.items()}
BLIND_PATTERNS = {name: pattern for name, pattern in PATTERNS.items() if pattern.is_blind_to_digits}
MAX_LINE_BYTES = 48

words = st.sampled_from(
    [
        *(
            b"acc=",
            b"0.5",
            b"1e-05",
            b"12: loss=",
            b"loss: ",
            b"nan",
            b"Loss ",
            b" (2)",
            b"#17",
            b", ",
            b" ",
            b"1,234.5",
        ),
        *(b"-", b"\n", b"\n", b"\r\n", b"\r", b"\b", b"\0", b"acc=0.75\n", b"7: loss=0.25\r", b"x" * 30, b"\n#8\n"),
        *(b"\x1b[31m", b"\x1b[0m", b"\x1b[2K", b"\x1b[1A", b"\x1b[3C", b"\x1b"),
        *(b"\xff\xfe", b"\xc3", "é".encode(), "−0.25".encode()),
    ]
)
logs = st.lists(words, max_size=60).map(b"".join)

Values = list[tuple[str, float, float, int]]


def plain_reader(data: bytes) -> Values:
    """Reports by splitting the whole log into lines and searching each with Python's own engine."""
    values: list[tuple[int, int, int, str, float, float | None]] = []
    units = MetricUnits()
    pieces = re.split(rb"([\n\r\b\0])", data)
    marked_ends = bytearray(data + b"\n")
    for number in re.finditer(rb"([0-9.,eE+-]*[0-9][0-9.,eE+-]*)(\x08+)", data):
        if len(number[2]) >= len(number[1]):  # drawn again as a whole
            marked_ends[number.start(2)] = ord("\n")
    start, left = 0, b"\n"
    for line in pieces[::2]:
        right = bytes(marked_ends[start + len(line) :][:1])
        shown = line[:MAX_LINE_BYTES]
        # The mark of a movement is a NUL between lines, and a carriage return for a blank.
        moved = re.sub(rb"\x1b\[[0-9;]*C", lambda m: b"\r" * len(m[0]), shown)
        moved = re.sub(rb"\x1b\[[0-9;]*[ABDEFGHf]", lambda m: b"\0" * len(m[0]), moved)
        # An erased line parts the digits before it from those behind it, and nothing else.
        erased = rb"(?<=[0-9.,m])\x1b\[2K(?=(?:\x1b\[[0-9;]*m)*[0-9.,])"
        moved = re.sub(erased, lambda m: b"\0" * len(m[0]), moved)
        at = start
        subs = moved.split(b"\0")
        for number, sub in enumerate(subs):
            clean = re.sub(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\].*?(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^-~])?", b"", sub)
            marked = clean.decode("utf-8", "replace")
            text = marked.replace("\r", " ")
            is_cut = len(line) > MAX_LINE_BYTES and number == len(subs) - 1
            marks = (
                "\0" if number or left in b"\b\0" else "",
                "\0" if number < len(subs) - 1 or (not is_cut and right in b"\b\0") else "",
            )
            for order, (metric, regex) in enumerate(REGEXES.items()):
                for match in re.finditer(regex.replace(r"\z", r"\Z"), text, re.ASCII) if text else ():
                    group = 2 if "step" in match.groupdict() else min(1, len(match.groups()))
                    value = read_number(
                        match[group].encode(),
                        (marks[0] + marked[: match.start(group)]).encode(),
                        (marked[match.end(group) :] + marks[1]).encode(),
                        loose_before=PATTERNS[metric].loose_before,
                        line_cut=is_cut,
                    )
                    if not isinstance(value, Refusal):
                        known = units.read(metric, float(value), unit_of(value), str)
                        if known is not None:
                            where = len(text[: match.start()].encode())
                            values.append((at, where, order, metric, known, plain_step(marked, marks, match)))
            at += len(sub) + 1
        start, left = start + len(line) + 1, right
    counts = dict.fromkeys(REGEXES, 0)
    reports: Values = []
    for at, _, _, metric, value, step in sorted(values, key=lambda v: v[:3]):
        reports.append((metric, value, counts[metric] if step is None else step, at))
        counts[metric] += 1
    return reports


def plain_step(marked: str, marks: tuple[str, str], match: re.Match[str]) -> float | None:
    if "step" not in match.groupdict():
        return None
    before, after = (
        (marks[0] + marked[: match.start("step")]).encode(),
        (marked[match.end("step") :] + marks[1]).encode(),
    )
    number = read_number(match["step"].encode(), before, after)
    return None if isinstance(number, Refusal) else number


def comparable(reports: list[Report] | Values) -> list[tuple[object, ...]]:
    rows = [(r.metric, r.value, r.step, r.offset) if isinstance(r, Report) else r for r in reports]
    return [(m, "nan" if math.isnan(v) else v, s, at) for m, v, s, at in rows]


@settings(max_examples=300)
@given(data=logs, seed=st.randoms(use_true_random=False))
def test_reports_do_not_depend_on_how_the_log_was_written_read_and_resumed(data: bytes, seed: random.Random) -> None:
    with TemporaryDirectory() as folder:
        log = Path(folder) / "output.log"
        log.touch()
        written, at_end = 0, False
        reports: list[Report] = []
        units = MetricUnits()
        intake = MetricIntake(PATTERNS, log, units=units, block_bytes=64, max_line_bytes=MAX_LINE_BYTES)
        offset = 0
        while written < len(data) or not at_end:
            if written < len(data):
                n = seed.choice([1, 7, 40, 200])
                with log.open("ab") as file:
                    file.write(data[written : written + n])
                written += n
            batch = intake.read(seed.choice([1, 64, 1000]), final=written >= len(data), now=NOW)
            at_end = batch.at_end
            assert batch.from_offset == offset
            offset = batch.to_offset
            reports += batch.reports
            if seed.random() < 0.3:  # killed: the next reader knows what was stored, and nothing else
                counts = {metric: sum(r.metric == metric for r in reports) for metric in PATTERNS}
                intake = MetricIntake(
                    PATTERNS, log, offset, counts, units=units, block_bytes=64, max_line_bytes=MAX_LINE_BYTES
                )
        assert comparable(reports) == comparable(plain_reader(data)), data
        assert offset == len(data)


@given(data=logs)
def test_running_out_of_time_after_every_line_changes_nothing(data: bytes) -> None:
    ticks = iter(range(10**9))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "_CHECK_EVERY", 1)
        log = Path(folder) / "output.log"
        log.write_bytes(data)
        intake = MetricIntake(
            PATTERNS, log, clock=lambda: float(next(ticks)), block_bytes=64, max_line_bytes=MAX_LINE_BYTES
        )
        reports: list[Report] = []
        at_end = False
        while not at_end:
            batch = intake.read(10**6, final=True, now=NOW)
            reports += batch.reports
            at_end = batch.at_end
        assert comparable(reports) == comparable(plain_reader(data)), data


@given(
    value=st.floats(allow_nan=False), style=st.sampled_from(["{!r}", "{:.3e}", "{:.4f}", "{:+g}", "{:,.2f}", "{:E}"])
)
def test_every_float_that_python_prints_is_read_as_float_would_read_it(value: float, style: str) -> None:
    text = style.format(value)
    expected = float(text.replace(",", ""))
    number = read_number(text.encode(), b"loss: ", b" end")
    if isinstance(number, Refusal):  # 400 digits is where we stop; a lone thousands comma cannot occur with 2 decimals
        assert len(text) > 400
    else:
        assert number == expected


@given(value=st.floats(allow_nan=False, allow_infinity=False), data=st.data())
def test_no_piece_of_a_printed_number_passes_for_another_number(value: float, data: st.DataObject) -> None:
    text = repr(value)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    number = read_number(text[start:end].encode(), b"loss=" + text[:start].encode(), text[end:].encode() + b" x")
    if not isinstance(number, Refusal):
        assert number == value


neighbours = st.lists(st.sampled_from(list(b"0123456789.,-+eEdDxX_'%kM#* =:()[]a\"")), max_size=6).map(bytes)
numbers = st.sampled_from([b"1", b"0", b"123", b"0.5", b"-2.", b".25", b"1e5", b"+3"])


@settings(max_examples=500)
@given(before=neighbours, number=numbers, after=neighbours)
def test_the_short_cut_for_everyday_captures_never_accepts_more(before: bytes, number: bytes, after: bytes) -> None:
    quick = read_number(number, before, after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(number_rules, "_is_safe", lambda before, after: False)
        careful = read_number(number, before, after)
    assert quick == careful


plain_words = st.sampled_from(
    [
        *(b"acc=", b"12: loss=", b"345: loss: ", b"Loss ", b" (2)", b"#17", b"epoch 3", b"|", b"at f (x.js:1:2)"),
        *(
            b"0.5",
            b"1.25",
            b"-7",
            b"1e-05",
            b"1e999",
            b"12:30",
            b"3/10",
            b"87%",
            b"1,234",
            b"0,5",
            b"nan",
            b"0.5 s",
            b"v2",
        ),
        *(b", ", b" ", b" ", b"  ", b": ", b'"', b"_", b".", b"-", b"\n", b"\n", b"\n", b"\n\n", b"\r\n", b"\n" * 40),
        *(
            b'  File "x.py", line 3\n',
            b"Traceback (most recent call last):\n",
            b"a.py:12: in f\n",
            b"E   ",
            b"----> 3 ",
        ),
        *("损失：".encode(), b"\xff", b"\x1b[1m", b"\x1b[2K", b"\b", b"x" * 60),
    ]
)
dense_logs = st.lists(plain_words, max_size=12).flatmap(
    lambda words: st.lists(plain_words | st.just(b"".join(words) + b"\n"), max_size=40).map(b"".join)
)


@settings(max_examples=500)
@given(data=dense_logs, digits=st.randoms(use_true_random=False), block_bytes=st.sampled_from([64, 300, 4096]))
# Two warnings a line: the scanner gave those of a kind together, and more lines at a time than are left to it here.
@example(data=(b"\n" * 40 + b"0,00000: loss=acc=\n") * 2, digits=random.Random(7), block_bytes=300)
def test_reading_by_shapes_gives_what_the_scanner_gives(data: bytes, digits: random.Random, block_bytes: int) -> None:
    data = bytes(digits.choice(b"0123456789") if chr(byte).isdigit() else byte for byte in data)
    batches = []
    for is_by_shape in (True, False):
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(shapes, "_MIN_BYTES", 0 if is_by_shape else 10**9)
            patch.setattr(shapes, "_REST", 0)
            patch.setattr(shapes, "_DENSE_BYTES", 10**9)
            patch.setattr(shapes, "_MAX_RUN_BYTES", 50)
            patch.setattr(shapes, "LOOK_BACK_BYTES", 48)
            patch.setattr(scan, "LOOK_BACK_BYTES", 48)
            log = Path(folder) / "output.log"
            log.write_bytes(data)
            intake = MetricIntake(
                BLIND_PATTERNS,
                log,
                units=MetricUnits({"acc": MetricUnit("")}),
                clock=lambda: 0.0,  # a slow machine reads no less
                block_bytes=block_bytes,
                max_line_bytes=MAX_LINE_BYTES,
            )
            batches.append(intake.read(10**9, final=True, torn=True, now=NOW))
    by_shape, by_scanner = batches
    assert [repr(report) for report in by_shape.reports] == [repr(report) for report in by_scanner.reports], data
    assert by_shape.warnings == by_scanner.warnings
    assert by_shape.to_offset == by_scanner.to_offset


@given(line=dense_logs, above=dense_logs, digits=st.randoms(use_true_random=False))
def test_other_digits_change_nothing_of_what_shapes_depend_on(line: bytes, above: bytes, digits: random.Random) -> None:
    line, above = (text.replace(b"\n", b" ") or b" " for text in (line, above))
    other, other_above = (
        bytes(digits.choice(b"0123456789") if chr(byte).isdigit() else byte for byte in text) for text in (line, above)
    )
    assert may_be_quoted(line, above) == may_be_quoted(other, other_above)
    assert [list(pattern.find(line)) for pattern in BLIND_PATTERNS.values()] == [
        list(pattern.find(other)) for pattern in BLIND_PATTERNS.values()
    ]
    cut = digits.randrange(len(line) + 1)
    end = digits.randrange(cut, len(line) + 1)
    assert is_everyday(line[cut:end], line[:cut], line[end:]) == is_everyday(other[cut:end], other[:cut], other[end:])
