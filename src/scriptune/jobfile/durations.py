"""Parse and format durations: ``90``, ``90s``, ``30m``, ``1.5h``, ``1d``, ``1h30m`` <-> seconds."""

from __future__ import annotations

import math
import re

from scriptune.messages import Message

__all__ = ["format_duration", "parse_duration"]

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_PARTS = re.compile(rf"({_NUMBER})\s*([dhms])\s*")
_WHOLE = re.compile(rf"(?:(?:{_NUMBER})\s*[dhms]\s*)+|(?:{_NUMBER})")
_MAX_S = 10 * 365 * 86400.0  # ten years: a longer limit is a slip of the pen


def parse_duration(value: object) -> float:
    """Parse a duration to seconds.

    Raises:
        ValueError: It is none; its argument is the message that says what is wrong with it, without the value.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(Message("duration.expected"))
    try:
        seconds = _text_seconds(value.strip().lower()) if isinstance(value, str) else float(value)
    except OverflowError:
        seconds = math.inf
    if math.isnan(seconds) or seconds < 0:
        raise ValueError(Message("duration.negative"))
    if seconds > _MAX_S:
        raise ValueError(Message("duration.too_long"))
    return seconds


def _text_seconds(text: str) -> float:
    if not _WHOLE.fullmatch(text):
        raise ValueError(Message("duration.expected"))
    parts = _PARTS.findall(text)
    if not parts:
        return float(text)
    units = [unit for _, unit in parts]
    if units != sorted(set(units), key="dhms".index):
        raise ValueError(Message("duration.units_in_order"))
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def format_duration(seconds: float) -> str | float:
    """The shortest string that `parse_duration` converts back exactly: ``"30m"``, ``"1h30m"``."""
    if seconds != int(seconds) or seconds == 0:
        return seconds
    rest = int(seconds)
    text = ""
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, int(size))
        text += f"{count}{unit}" if count else ""
    return text
