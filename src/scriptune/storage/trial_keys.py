"""The keys that trials are sorted and filtered by; `sql_keys` implements them in SQL.

A key is a field of a trial (``value``, ``state``, ...) or a value from its mappings: ``params.lr``, ``metrics.loss``.
Of a trial it is a number, a text, or missing:

- Numbers come before texts, numbers by size, texts by code points; a switch is the text ``true`` or ``false``.
- Missing ones (an inactive parameter, a metric that was never printed) come last, also when the order is reversed.
- Equal ones come by trial number.
"""

from __future__ import annotations

from scriptune.errors import NotFoundError
from scriptune.messages import Message, did_you_mean

__all__ = [
    "FIELDS",
    "MAPPINGS",
    "NUMBER_FIELDS",
    "TEXT_FIELDS",
    "parse_key",
    "sort_key_of",
]

MAPPINGS = ("params", "metrics")
"""Mappings of a trial whose values are keys: ``params.lr``."""

NUMBER_FIELDS = ("number", "value", "n_reports", "duration")
TEXT_FIELDS = ("state", "cause", "sampler", "phase", "place")
FIELDS = (*NUMBER_FIELDS, *TEXT_FIELDS, "created_at", "started_at", "finished_at")
"""Every key that is not a value of a mapping; ``duration`` is the time from start to end in seconds."""


def parse_key(key: str) -> tuple[str, str]:
    """Split a key into the mapping's name and the name inside it; the first is "" for a field.

    Raises:
        NotFoundError: There is no such key.
    """
    mapping, dot, name = key.partition(".")
    if dot and name and mapping in MAPPINGS:
        return mapping, name
    if key in FIELDS:
        return "", key
    near = did_you_mean(key, FIELDS) or Message("trial.key_of_mapping", key=key)
    raise NotFoundError(Message("trial.no_key", key=key, fields=list(FIELDS), near=near))


def sort_key_of(sort: str) -> tuple[str, bool]:
    """Split ``-params.lr`` into the key and whether the order is reversed.

    Raises:
        NotFoundError: There is no such sort key.
    """
    key = sort.removeprefix("-")
    parse_key(key)
    return key, sort.startswith("-")
