"""What trials are sorted and filtered by, and what that means; `sql_keys` says the same in SQL.

A key is a field of a trial (``value``, ``state``, ...) or a value from its mappings: ``params.lr``, ``metrics.loss``.
Of a trial it is a number, a text, or missing:

- Numbers come before texts, numbers by size, texts by code points; a switch is the text ``true`` or ``false``.
- Missing ones (an inactive parameter, a metric that was never printed) come last, also when the order is turned round.
- Equal ones come by trial number.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from scriptune.core.trial import Trial
from scriptune.errors import NotFoundError, closest
from scriptune.storage.base import Condition

__all__ = [
    "FIELDS",
    "MAPPINGS",
    "NUMBER_FIELDS",
    "TEXT_FIELDS",
    "fits",
    "key_of",
    "parse_key",
    "sort_key_of",
    "sort_trials",
]

MAPPINGS = ("params", "metrics")
"""Mappings of a trial whose values are keys: ``params.lr``."""

NUMBER_FIELDS = ("number", "value", "n_reports", "duration")
TEXT_FIELDS = ("state", "cause", "sampler", "phase")
FIELDS = (*NUMBER_FIELDS, *TEXT_FIELDS, "created_at", "started_at", "finished_at")
"""Every key that is no value of a mapping; ``duration`` is the time from start to end in seconds."""

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)

_Key = float | str | datetime | None


def parse_key(key: str) -> tuple[str, str]:
    """Split a key into a mapping's name and the name in it; the first is "" for a field.

    Raises:
        NotFoundError: There is no such key.
    """
    mapping, dot, name = key.partition(".")
    if dot and name and mapping in MAPPINGS:
        return mapping, name
    if key in FIELDS:
        return "", key
    raise NotFoundError(
        f"Trials have no key {key!r}; expected one of {', '.join(FIELDS)}, params.NAME or metrics.NAME."
        f"{closest(key, FIELDS) or f' A parameter is written params.{key}, a metric metrics.{key}.'}"
    )


def sort_key_of(sort: str) -> tuple[str, bool]:
    """Split ``-params.lr`` into the key and whether the order is turned round.

    Raises:
        NotFoundError: Nothing can be sorted by that.
    """
    key = sort.removeprefix("-")
    parse_key(key)
    return key, sort.startswith("-")


def sort_trials(trials: Sequence[Trial], sort: str) -> list[Trial]:
    """Trials, given by number, in another order.

    Raises:
        NotFoundError: Nothing can be sorted by that.
    """
    key, turned = sort_key_of(sort)
    keyed = [(_rank(key_of(trial, key)), trial) for trial in trials]
    present = [(rank, trial) for rank, trial in keyed if rank is not None]
    present.sort(key=lambda pair: pair[0], reverse=turned)  # sorting keeps the order of equals
    return [trial for _, trial in present] + [trial for rank, trial in keyed if rank is None]


def fits(trial: Trial, condition: Condition) -> bool:
    """Whether a trial fulfils a condition; a missing value fulfils none.

    Raises:
        NotFoundError: There is no such key.
    """
    found = key_of(trial, condition.key)
    if found is None or isinstance(found, datetime):
        return False
    compare = _OPERATORS.get(condition.operator)
    if compare is None:
        is_equal = found == (condition.text if isinstance(found, str) else condition.number)
        return is_equal == (condition.operator == "=")
    return not isinstance(found, str) and condition.number is not None and compare(found, condition.number)


def key_of(trial: Trial, key: str) -> _Key:
    """What a key is of a trial; None when it is missing.

    Raises:
        NotFoundError: There is no such key.
    """
    mapping, name = parse_key(key)
    if mapping:
        found = getattr(trial, mapping).get(name)
        return str(found).lower() if isinstance(found, bool) else found
    if name == "duration":
        if trial.started_at is None or trial.finished_at is None:
            return None
        return (trial.finished_at - trial.started_at).total_seconds()
    if name in ("sampler", "phase"):
        return None if trial.suggestion is None else str(getattr(trial.suggestion, name))
    value: _Key = getattr(trial, name)
    return value


def _rank(found: _Key) -> tuple[int, float | datetime, str] | None:
    if found is None:
        return None
    return (1, 0.0, str(found)) if isinstance(found, str) else (0, found, "")
