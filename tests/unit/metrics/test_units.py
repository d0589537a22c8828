"""Which units are converted, and which are not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.metrics.units import MetricUnits, convert, unit_words


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "expected"),
    [
        (1.67, "ms", "us", 1670.0),
        (572.0, "us", "ms", 0.572),
        (1.67, "ms", "s", 0.00167),
        (572.0, "μs", "µs", 572.0),
        (1.5, "h", "min", 90.0),
        (2.0, "m", "s", 120.0),
        (2.0, "分", "秒", 120.0),
        (1.2, "GB", "MB", 1200.0),
        (1.0, "KiB", "B", 1024.0),
        (1.2, "k", "", 1200.0),
        (950.0, "", "k", 0.95),
        (3.0, "M", "k", 3000.0),
        (1.2, "万", "", 12000.0),
        (2.0, "m", "km", 0.002),
        (1.05, "kit/s", "it/s", 1050.0),
        (1.0, "MB/s", "kB/s", 1000.0),
        (120.0, "it/min", "it/s", 2.0),
        (3.0, "ms/step", "us/step", 3000.0),
        (3.0, "/s", "/min", 180.0),
        (2.4, "GHz", "MHz", 2400.0),
        (5.0, "GFLOPS", "MFLOPS", 5000.0),
    ],
)
def test_known_units_of_one_quantity_are_converted(value: float, unit: str, wanted: str, expected: float) -> None:
    assert convert(value, unit, wanted) == expected


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [
        ("%", ""),
        ("", "%"),
        ("s/it", "it/s"),
        ("it/s", "s/it"),
        ("ms", "MB"),
        ("s", ""),
        ("", "s"),
        ("s", "m"),
        ("k", "m"),
        ("km", "m"),
        ("m", ""),
        ("Mb", "MB"),
        ("MB", "MB/s"),
        ("it/s", "img/s"),
        ("x", ""),
        ("dB", "B"),
        ("°C", "°F"),
        ("k", "kB"),
        ("min", "MiB"),
    ],
)
def test_any_other_mixture_is_refused(unit: str, wanted: str) -> None:
    assert convert(1.0, unit, wanted) is None


@given(
    value=st.floats(1e-6, 1e6),
    unit=st.sampled_from(unit_words()),
    wanted=st.sampled_from(unit_words()),
    third=st.sampled_from(unit_words()),
)
def test_conversions_agree_with_one_another(value: float, unit: str, wanted: str, third: str) -> None:
    assert convert(value, unit, unit) == value
    there = convert(value, unit, wanted)
    if there is None:
        return
    back, further = convert(there, wanted, unit), convert(there, wanted, third)
    if back is not None:  # m is ambiguous as a goal
        assert math.isclose(back, value, rel_tol=1e-12)
    straight = convert(value, unit, third)
    if further is not None and straight is not None:
        assert math.isclose(further, straight, rel_tol=1e-12)


def test_the_first_finite_value_decides_and_further_ones_are_read_in_its_unit() -> None:
    units = MetricUnits()
    lines = iter(["a=5ms", "never asked for"])
    assert math.isnan(units.read("a", math.nan, "", str) or 0.0)
    assert units.read("a", 5.0, "ms", lambda: next(lines)) == 5.0
    assert units.read("a", 2.0, "s", lambda: next(lines)) == 2000.0
    assert units.read("a", 2.0, "", lambda: next(lines)) is None
    assert units.known["a"].line == "a=5ms"


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "converted"),
    [
        (900.0, "Mbps", "Gbps", 0.9),
        (900.0, "MFLOPS", "GFLOPS", 0.9),
        (0.1, "kW", "W", 100.0),
        (950.0, "thousand", "million", 0.95),
        (3.0, "ns", "ps", 3000.0),
        (1.0, "Gi", "Mi", 1024.0),
        (51.0, "percent", "%", 51.0),
        (900.0, "mV", "V", 0.9),
        (900.0, "Mbit", "Gbit", 0.9),
    ],
)
def test_measures_with_multipliers_are_converted(value: float, unit: str, wanted: str, converted: float) -> None:
    assert convert(value, unit, wanted) == converted


@pytest.mark.parametrize(("unit", "wanted"), [("it/s", "s/it"), ("Mb", "MB"), ("%", ""), ("dB", ""), ("W", "Wh")])
def test_other_quantities_are_not_converted(unit: str, wanted: str) -> None:
    assert convert(3.0, unit, wanted) is None
