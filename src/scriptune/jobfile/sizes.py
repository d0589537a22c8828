"""Parse and format sizes of memory and files: ``16GB``, ``512MiB``, ``1.5 TB``, ``1000`` <-> bytes."""

from __future__ import annotations

import math
import re

from scriptune.messages import Message

__all__ = ["format_size", "parse_size"]

_SIZE = re.compile(r"([0-9]{1,20}(?:\.[0-9]*)?|\.[0-9]+)\s*(?:([KMGT])(i)?B?|B)?", re.I)
_PREFIXES = "KMGT"
_MAX_BYTES = 10**18  # an exabyte: a larger size is a slip of the pen


def parse_size(value: object) -> int:
    """Parse a size to bytes; ``KB`` is 1000 of them, ``KiB`` 1024.

    Raises:
        ValueError: It is not a size; its argument is the message that says what is wrong with it, without the value.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(Message("size.expected"))
    n_bytes = _text_bytes(value.strip()) if isinstance(value, str) else value
    if n_bytes > _MAX_BYTES:
        raise ValueError(Message("size.too_large"))
    if math.isnan(n_bytes) or n_bytes < 0:
        raise ValueError(Message("size.expected"))
    return round(n_bytes)


def _text_bytes(text: str) -> int | float:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(Message("size.expected"))
    number = int(match[1]) if match[1].isdecimal() else float(match[1])
    if match[2] is None:
        return number
    unit: int = (1024 if match[3] else 1000) ** (1 + _PREFIXES.index(match[2].upper()))
    return number * unit


def format_size(n_bytes: int) -> str | int:
    """The shortest string that `parse_size` converts back exactly: ``"16GB"``, ``"512MiB"``; bytes without a unit."""
    best: str | int = n_bytes
    shortest = n_bytes
    for base, suffix in ((1000, "B"), (1024, "iB")):
        for exponent, prefix in enumerate(_PREFIXES, start=1):
            count, rest = divmod(n_bytes, base**exponent)
            if rest == 0 and 0 < count < shortest:
                best, shortest = f"{count}{prefix}{suffix}", count
    return best
