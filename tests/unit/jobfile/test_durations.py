from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.jobfile.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90),
        ("90", 90),
        ("90s", 90),
        ("30m", 1800),
        ("1.5h", 5400),
        ("1d", 86400),
        ("1h30m", 5400),
        ("1d 2h 3m 4.5s", 93784.5),
        (" 2 H ", 7200),
        (0.25, 0.25),
        (".5m", 30),
        (0, 0),
    ],
)
def test_a_duration_is_read_in_every_way_people_write_it(written: object, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "30 minutes",
        "5ms",
        "1m30h",
        "1h1h",
        "-5",
        -5,
        "1:30",
        "1e3s",
        True,
        None,
        [5],
        float("nan"),
        float("inf"),
        10**400,
        "11y",
        "99999999d",
    ],
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_duration(written)


@given(st.one_of(st.integers(0, 10**8), st.floats(0, 1e8)))
def test_a_written_duration_reads_back_exactly(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


def test_whole_durations_are_written_with_units() -> None:
    assert [format_duration(s) for s in (90, 1800, 5400, 86400, 0.5)] == ["1m30s", "30m", "1h30m", "1d", 0.5]
