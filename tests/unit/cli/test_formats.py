"""cli/formats.py: values as people read them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.cli.formats import (
    ago,
    bar,
    duration,
    fill_params,
    number,
    one_line,
    params_text,
    printable,
    scalar,
    shorten,
    size,
    sparkline,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.983333333, "0.98333"),
        (64.0, "64"),
        (-3.25e-05, "-3.25e-05"),
        (12345.6, "12,346"),
        (1e12, "1e+12"),
        (0.0, "0"),
        (math.nan, "nan"),
    ],
)
def test_a_metric_is_written_with_five_digits(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3, "3"),
        (3.0, "3.0"),
        (0.00123456, "0.001235"),
        (1e-05, "1e-05"),
        (None, "null"),
        ("a  b\n", "a b"),
    ],
)
def test_a_parameter_shows_its_type(value: bool | int | float | str | None, text: str) -> None:
    assert scalar(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_float_parameter_never_looks_like_a_whole_number(value: float) -> None:
    assert not scalar(value).lstrip("-").isdigit()
    assert math.isclose(float(scalar(value)), value, rel_tol=1e-3)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.34, "340 ms"),
        (0.9999, "1.0 s"),
        (8.31, "8.3 s"),
        (59.97, "1m 00s"),
        (125, "2m 05s"),
        (3599.9, "1h 00m"),
        (50 * 3600 + 60, "2d 02h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "just now"), (59, "just now"), (120, "2 min ago"), (90000, "1 d ago")]
)
def test_an_age_is_coarse(seconds: float, text: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_sizes_are_in_decimal_units() -> None:
    assert [size(n) for n in (None, 999, 312_400_000, 2_500_000_000)] == ["-", "999 B", "312 MB", "2.5 GB"]


@given(st.text(), st.integers(1, 30))
def test_a_shortened_text_fits(text: str, width: int) -> None:
    assert len(shorten(text, width)) <= width


@given(st.text(alphabet=st.sampled_from("ab\x1b[;]0123mKHJ\x07\x08\r\n\t\x9b\x00?c")))
def test_nothing_that_is_printed_moves_the_cursor_or_sets_the_terminal(text: str) -> None:
    left = re.sub(r"\x1b\[[0-9;:]*m", "", printable(text))
    assert not set(left) & set("\x00\x07\x08\x0d\x1b\x9b")


def test_colours_of_a_log_stay_and_other_sequences_go() -> None:
    assert printable("\x1b[31mred\x1b[0m\x1b[2K\x1b]0;title\x07\x1b[1A ok\r\n") == "\x1b[31mred\x1b[0m ok\n"
    assert printable("10%\r20%\n") == "10%\n20%\n"
    assert printable("10%\r20%\n", keep_returns=True) == "10%\r20%\n"
    assert one_line("\x1b[31mred\x1b[0m\n  two\x1b[1A") == "red two"


def test_params_are_written_in_one_line_or_filled_into_several() -> None:
    params = {"lr": 0.00301234, "layers": 2, "opt": "sgd"}
    assert params_text(params) == "lr=0.003012 layers=2 opt=sgd"
    assert fill_params(params, 22) == "lr 0.003012   layers 2\nopt sgd"
    assert fill_params({}, 10) == ""


@given(st.floats(-1, 2), st.integers(1, 40))
def test_a_bar_is_always_as_wide_as_asked(share: float, width: int) -> None:
    assert len(bar(share, width)) == width


def test_a_bar_has_eighths() -> None:
    assert bar(0.5, 3) == "█▌ "
    assert bar(1.0, 2) == "██"


def test_a_sparkline_rises_with_its_values_and_leaves_gaps() -> None:
    assert sparkline([0.0, 0.5, None, 1.0], 10) == "▁▅ █"
    assert sparkline([2.0, 2.0], 10) == "▄▄"
    assert sparkline([], 10) == sparkline([None, math.nan], 10) == ""


def test_a_sparkline_over_decades_is_logarithmic() -> None:
    assert sparkline([1000.0, 1.0, 0.001], 10) == "█▅▁"


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True))), st.integers(1, 20))
def test_a_sparkline_never_exceeds_its_width_and_ends_with_the_last_value(
    values: list[float | None], width: int
) -> None:
    assert len(sparkline(values, width)) <= width
