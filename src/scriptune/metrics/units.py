"""Units of metric values: the unit of a metric, and conversion between units.

The letters or the sign right after a number are its unit; a number alone has the unit ``""``. All values of a metric
in a job are in one unit, that of its first report; `MetricUnits` remembers it and reads every further value in it.

Known are units of time, of bytes, of lengths, the multipliers k, M, G and T alone, and rates (something per something)
of these. Letters that fit several quantities (``m`` is minutes, milli or metres) are converted only to a unit that
fits a single one of them. Nothing else is converted: a value of another unit is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from scriptune.core.job import MetricSpec, MetricUnit

__all__ = ["TIME_UNITS", "MetricUnits", "convert", "spelled", "unit_words"]


def _names(scale: str | int, *names: str) -> Iterable[tuple[str, Fraction]]:
    return ((name, Fraction(scale)) for name in names)


TIME_UNITS: Mapping[str, Fraction] = dict(
    [
        *_names("1/1000000000000000", "fs"),
        *_names("1/1000000000000", "ps"),
        *_names("1/1000000000", "ns", "nsec", "nanosecond", "nanoseconds", "纳秒", "нс"),
        *_names("1/1000000", "us", "µs", "usec", "microsecond", "microseconds", "微秒", "мкс"),
        *_names("1/1000", "ms", "msec", "msecs", "millisecond", "milliseconds", "毫秒", "ミリ秒", "밀리초", "мс"),
        *_names(1, "s", "sec", "secs", "second", "seconds", "秒", "초", "с", "сек", "Sekunden", "secondes", "segundos"),
        *_names(60, "m", "min", "mins", "minute", "minutes", "分", "分钟", "分鐘", "분", "мин", "Minuten"),
        *_names(3600, "h", "hr", "hrs", "hour", "hours", "小时", "小時", "時間", "시간", "ч", "Stunden", "heures"),
        *_names(86400, "d", "day", "days", "天", "日", "일"),
    ]
)
"""Seconds of each unit of time."""

_BYTES = {
    "B": Fraction(1),
    **dict.fromkeys(("byte", "bytes", "Byte", "Bytes", "字节"), Fraction(1)),
    **{f"{p}B": Fraction(1000) ** n for n, ps in enumerate(("kK", "M", "G", "T", "P"), 1) for p in ps},
    **{f"{p}o": Fraction(1000) ** n for n, ps in enumerate(("kK", "M", "G", "T"), 1) for p in ps},
    **{f"{p}iB": Fraction(1024) ** n for n, ps in enumerate(("kK", "M", "G", "T", "P"), 1) for p in ps},
}
_PREFIXES = {
    **dict.fromkeys("kK", Fraction(10**3)),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
}
_COUNTS = {
    **_PREFIXES,
    **{f"{p}i": Fraction(1024) ** n for n, p in enumerate("KMGT", 1)},
    **dict(_names(10**3, "thousand")),
    **dict(_names(10**6, "million")),
    **dict(_names(10**9, "billion")),
    **dict(_names(10**12, "trillion")),
    "m": Fraction(1, 1000),
    **dict(_names(10**3, "千", "천", "тыс")),
    **dict(_names(10**4, "万", "萬", "만")),
    **dict(_names(10**8, "亿", "億", "억")),
    **dict(_names(10**6, "млн", "百万")),
}
_LENGTHS = {
    "nm": Fraction(1, 10**9),
    "um": Fraction(1, 10**6),
    "µm": Fraction(1, 10**6),
    "mm": Fraction(1, 1000),
    "cm": Fraction(1, 100),
    "m": Fraction(1),
    "km": Fraction(1000),
}
_MEASURES = "W Wh J V Pa eV Hz mol bit bits b FLOP FLOPs FLOPS flops OPS"
_SCALES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "µ": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **_PREFIXES,
    "P": Fraction(10**15),
}
_QUANTITIES: Mapping[str, Mapping[str, Fraction]] = {
    "time": TIME_UNITS,
    "bytes": _BYTES,
    "count": _COUNTS,
    "length": _LENGTHS,
    "mass": {"mg": Fraction(1, 1000), "g": Fraction(1), "kg": Fraction(1000)},
    **{name: {prefix + name: scale for prefix, scale in _SCALES.items()} for name in _MEASURES.split()},
}
_ALONE = ("percent", "pct", "Prozent", "dB", "dBm", "ppm", "ppb")
_NEVER_BEHIND_A_BLANK = frozenset(("b", "mb", "nb", "ub", "g"))
_RATES = ("Bps", "bps", "fps", "FPS", "rps", "qps", "tps", "ops", "IOPS", "iops", "FLOPS", "FLOPs", "flops", "Hz")
_RATE_WORD = re.compile(rf"(?P<prefix>[kKMGT]?)(?P<rate>{'|'.join(_RATES)})")
_PERCENT = frozenset(("percent", "pct", "Prozent"))
_SAME = str.maketrans({"μ": "µ", "％": "%", "℃": "°"})  # the Greek letter for the micro sign, ...


def unit_words() -> list[str]:
    """All known single-word units, longest first."""
    words = {word for table in _QUANTITIES.values() for word in table} - _NEVER_BEHIND_A_BLANK
    words |= {prefix + rate for rate in _RATES for prefix in ("", *_PREFIXES)} | set(_ALONE)
    return sorted(words, key=lambda word: (-len(word), word))


def spelled(unit: str) -> str:
    """Normalise a unit for comparison: the micro sign and the percent sign have two code points each."""
    return "%" if unit in _PERCENT else unit.replace("℃", "°C").translate(_SAME)


def convert(value: float, unit: str, wanted: str) -> float | None:
    """Convert a value to another unit; None if the two are not known units of the same quantity."""
    factor = _factor(spelled(unit), spelled(wanted))
    if factor is None:
        return None
    if factor == 1:
        return value
    try:
        return float(Fraction(repr(value)) * factor)  # of what was printed: 1.67 ms are 0.00167 s, the next double
    except OverflowError:
        return math.copysign(math.inf, value)


def _factor(unit: str, wanted: str) -> Fraction | None:
    if unit == wanted:
        return Fraction(1)
    if "/" in unit or "/" in wanted:
        return _rate_factor(unit, wanted)
    rates = _RATE_WORD.fullmatch(unit), _RATE_WORD.fullmatch(wanted)
    if rates[0] and rates[1] and rates[0]["rate"] == rates[1]["rate"]:
        return _PREFIXES.get(rates[0]["prefix"], Fraction(1)) / _PREFIXES.get(rates[1]["prefix"], Fraction(1))
    target = _without_doubt(wanted)
    if target is None:
        return None
    quantity, scale = target
    if not unit:
        return 1 / scale if quantity == "count" else None
    if not wanted and _without_doubt(unit) is None:
        return None  # 950m beside 1.2 may be minutes
    source = _QUANTITIES[quantity].get(unit)
    return None if source is None else source / scale


def _without_doubt(unit: str) -> tuple[str, Fraction] | None:
    """The quantity and size of a unit, if it belongs to exactly one quantity; else None."""
    if not unit:
        return "count", Fraction(1)
    fitting = [(name, table[unit]) for name, table in _QUANTITIES.items() if unit in table]
    return fitting[0] if len(fitting) == 1 else None


def _rate_factor(unit: str, wanted: str) -> Fraction | None:
    """The factor between two rates such as ``12.5 kit/s`` and ``it/s``; either side may have multipliers."""
    per = unit.partition("/"), wanted.partition("/")
    if not (per[0][1] and per[1][1]):
        return None
    below = Fraction(1) if per[0][2] == per[1][2] else _time_factor(per[0][2], per[1][2])
    above = _factor(per[0][0], per[1][0])
    if above is None:
        above = _multiplier(per[0][0], per[1][0])
    return None if above is None or below is None else above / below


def _time_factor(unit: str, wanted: str) -> Fraction | None:
    if unit in TIME_UNITS and wanted in TIME_UNITS:  # below a stroke, m is minutes: nothing else is a time
        return TIME_UNITS[unit] / TIME_UNITS[wanted]
    return None


def _multiplier(counted: str, wanted: str) -> Fraction | None:
    """The factor between counted words such as ``kit`` and ``it`` or ``Mit``, which differ in their multiplier only."""
    for prefix, scale in [("", Fraction(1)), *_PREFIXES.items()]:
        for wanted_prefix, wanted_scale in [("", Fraction(1)), *_PREFIXES.items()]:
            word = counted.removeprefix(prefix)
            if word and counted.startswith(prefix) and wanted == wanted_prefix + word:
                return scale / wanted_scale
    return None


class MetricUnits:
    """The units of a job's metrics: set in the job file, stored with the job, or taken from the first report.

    Attributes:
        known: By metric; grows when a first report decides.
    """

    def __init__(self, known: Mapping[str, MetricUnit] | None = None) -> None:
        self.known: dict[str, MetricUnit] = dict(known or {})

    @classmethod
    def of(cls, metrics: Mapping[str, MetricSpec], stored: Mapping[str, MetricUnit] | None = None) -> MetricUnits:
        """Create the units of a job; those set in its file override stored ones."""
        given = {name: MetricUnit(metric.unit) for name, metric in metrics.items() if metric.unit is not None}
        return cls({**{name: unit for name, unit in (stored or {}).items() if name in metrics}, **given})

    def unit(self, metric: str) -> str | None:
        """The unit of a metric; None when no value has decided it."""
        known = self.known.get(metric)
        return None if known is None else known.unit

    def read(self, metric: str, value: float, unit: str, line: Callable[[], str]) -> float | None:
        """Convert a printed value to the unit of its metric; None if it cannot be converted.

        The first one decides the unit. A value that is not finite fits every unit and decides none.

        Args:
            metric: Its name.
            value: As printed.
            unit: As printed.
            line: Gives the line, to be remembered if it decides.
        """
        if not math.isfinite(value):
            return value
        known = self.known.get(metric)
        if known is None:
            self.known[metric] = MetricUnit(unit, line())
            return value
        return value if known.unit == unit else convert(value, unit, known.unit)
