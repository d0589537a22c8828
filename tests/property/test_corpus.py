"""The excerpts of `tests/logs`: what real programs printed is read as a person reads it, or refused with its line."""

from __future__ import annotations

import ast
import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scriptune.core.trial import Report
from scriptune.metrics.pattern import compile_pattern
from scriptune.metrics.sources.log import MetricIntake

LOGS = Path(__file__).parents[1] / "logs"
INDEX: list[dict[str, Any]] = [json.loads(line) for line in (LOGS / "index.jsonl").read_text("utf-8").splitlines()]
READINGS = [
    pytest.param(excerpt["file"], reading, id=f"{excerpt['file'].removesuffix('.log')}-{number}")
    for excerpt in INDEX
    for number, reading in enumerate(excerpt["readings"])
]

# What a person knows of units, written down without a look at the product's own table.
_TIME = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "nsec": 1e-9,
    "usec": 1e-6,
    "msec": 1e-3,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
}
_COUNT = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
_BYTES = {"B": 1.0, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_RATES = {f"{unit}/s": size for unit, size in _BYTES.items()} | {"it/s": 1.0, "s/it": math.nan}
QUANTITIES = [_TIME, _COUNT, _BYTES, _RATES]

_QUOTED = re.compile(r"""in the line (?P<line>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*") \(log byte [0-9]+\)""")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def read(path: Path, regex: str) -> tuple[list[Report], list[str]]:
    intake = MetricIntake({"metric": compile_pattern("metric", regex)}, path)
    reports, warnings = [], []
    while True:
        batch = intake.read(1 << 20, now=datetime(2026, 1, 1, tzinfo=UTC), final=True)
        reports += batch.reports
        warnings += batch.warnings
        if batch.at_end:
            return reports, warnings


def person(text: str) -> tuple[float, str]:
    """Number and unit as they are written in the index."""
    number, _, unit = text.partition(" ")
    return float(number), unit


def expected(values: list[str | None]) -> list[float]:
    """The numbers that count, all in the unit of the first of them."""
    read_off = [person(text) for text in values if text is not None]
    if not read_off:
        return []
    first = read_off[0][1]
    numbers = []
    for number, unit in read_off:
        if unit != first:
            table = next(table for table in QUANTITIES if unit in table and first in table)
            number = number * table[unit] / table[first]
        numbers.append(number)
    return numbers


@pytest.mark.parametrize(("file", "reading"), READINGS)
def test_an_excerpt_is_read_as_a_person_reads_it(file: str, reading: dict[str, Any]) -> None:
    reports, warnings = read(LOGS / file, reading["regex"])
    wanted = expected(reading["values"])
    assert [report.value for report in reports] == pytest.approx(wanted, rel=1e-12, abs=0, nan_ok=True), warnings
    if "steps" in reading:
        steps = [s for s, text in zip(reading["steps"], reading["values"], strict=True) if text is not None]
        assert [report.step for report in reports] == steps
    n_refused = reading["values"].count(None)
    assert bool(n_refused) == bool(warnings), warnings
    assert len(warnings) >= min(n_refused, 3)


@pytest.mark.parametrize(("file", "reading"), [case for case in READINGS if None in case.values[1]["values"]])
def test_what_is_refused_is_quoted_with_its_line(file: str, reading: dict[str, Any]) -> None:
    _, warnings = read(LOGS / file, reading["regex"])
    printed = _ESCAPES.sub("", (LOGS / file).read_bytes().decode("utf-8", "replace"))
    quoted = [_QUOTED.search(warning) for warning in warnings if not warning.startswith("Further warnings")]
    assert quoted
    for match in quoted:
        assert match is not None, warnings
        assert ast.literal_eval(match["line"]).removeprefix("...").removesuffix("...") in printed


def test_there_are_excerpts_of_many_programs_in_many_languages() -> None:
    other = [e for e in INDEX if e["language"] != "en" or not e["locale"].startswith("C.")]
    refused = [e for e in INDEX if any(None in reading["values"] for reading in e["readings"])]
    assert len(INDEX) >= 300
    assert len({excerpt["program"] for excerpt in INDEX}) >= 25
    assert len(other) >= 60
    assert len(refused) <= 30


def test_every_excerpt_is_in_the_index_and_every_refusal_has_a_reason() -> None:
    files = sorted(str(path.relative_to(LOGS)) for path in LOGS.glob("*/*.log"))
    assert sorted(excerpt["file"] for excerpt in INDEX) == files
    for excerpt in INDEX:
        for reading in excerpt["readings"]:
            assert (None in reading["values"]) == bool(reading.get("refuse")), excerpt["file"]
