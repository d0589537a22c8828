"""A reference implementation of sorting and filtering trials in plain Python, as `storage.trial_keys` defines them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from scriptune.core.trial import Trial
from scriptune.storage.base import Condition
from scriptune.storage.trial_keys import parse_key, sort_key_of

__all__ = ["fits", "key_of", "sort_trials"]

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)

_Key = float | str | datetime | None


def sort_trials(trials: Sequence[Trial], sort: str) -> list[Trial]:
    """Sort trials, given by number, by a sort key.

    Raises:
        NotFoundError: Nothing can be sorted by that.
    """
    key, turned = sort_key_of(sort)
    keyed = [(_rank(key_of(trial, key)), trial) for trial in trials]
    present = [(rank, trial) for rank, trial in keyed if rank is not None]
    present.sort(key=lambda pair: pair[0], reverse=turned)  # sorting keeps the order of equals
    return [trial for _, trial in present] + [trial for rank, trial in keyed if rank is None]


def fits(trial: Trial, condition: Condition) -> bool:
    """Whether a trial fulfils a condition; a missing value never does.

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
    """The value of a sort key for a trial; None if the trial has none.

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
    return None if value == "" else value  # a place that is not known


def _rank(found: _Key) -> tuple[int, float | datetime, str] | None:
    if found is None:
        return None
    return (1, 0.0, str(found)) if isinstance(found, str) else (0, found, "")
