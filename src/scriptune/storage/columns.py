"""Conversion of column values between Python and the databases.

Rows leave and enter with Python's own types: aware times in UTC, parsed JSON, `None`. SQLite has neither times nor
JSON, so both are texts there; PostgreSQL gets and gives times, and JSON as text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

__all__ = ["DECODERS", "encoded", "json_text", "storable_text"]

# Without spaces; NaN is not JSON, and PostgreSQL would refuse it.
json_text: Callable[[Any], str] = partial(json.dumps, separators=(",", ":"), allow_nan=False)
"""A JSON value as it is stored."""

_JSON = (
    "document",
    "labels",
    "notices",
    "earlier_goals",
    "units",
    "first_points",
    "confirms",
    "tags",
    "submitted_run",
    "params",
    "metrics",
    "suggestion",
    "reason",
    "waits",
    "handle",
    "sources",
    "exit",
    "warnings",
    "data",
    "steps",
)
_PLAIN = {int, float, bool}  # as every driver takes them
_TIMES = ("created_at", "started_at", "finished_at", "lease_until", "pruned_at", "contact_at", "at")


def encoded(value: Any, *, is_postgres: bool) -> Any:  # Any: whatever a column or a condition holds
    """Convert a value to what the driver accepts.

    Raises:
        ValueError: A time without a time zone; NaN in JSON.
        TypeError: JSON has no such type.
    """
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, datetime):
        return _utc(value, is_postgres)
    if isinstance(value, dict | list | tuple):
        return json_text(value)
    return value


def storable_text(value: str) -> str:
    """Replace characters that a database cannot store.

    Messages quote logs and paths that other programs wrote. PostgreSQL refuses U+0000 and no driver can encode half a
    surrogate pair (which is how Python holds undecodable bytes of a path); both are replaced by visible signs.
    """
    value = str(value)  # an enumeration's member is not what a driver expects
    if value.isascii() and "\0" not in value:  # nearly all texts
        return value
    return value.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "backslashreplace").decode("utf-8")


def _utc(value: datetime, is_postgres: bool) -> datetime | str:
    if value.tzinfo is None:
        raise ValueError(f"The time {value!r} has no time zone; times are stored as aware UTC.")
    value = value.astimezone(UTC)
    return value if is_postgres else value.replace(tzinfo=None).isoformat(" ", "microseconds")


def _time(value: str | datetime) -> datetime:
    """Convert a time to UTC, whatever time zone the server's session uses."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)


DECODERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {**dict.fromkeys(_JSON, json.loads), **dict.fromkeys(_TIMES, _time)}
)
"""Column -> what makes Python's value of the driver's, which is not None. No name has two meanings."""
