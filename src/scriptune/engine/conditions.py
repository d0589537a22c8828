"""Parse and check the user's sort orders and filters for trials: ``params.lr<0.01``."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal, cast

from scriptune.core.job import SearchJob
from scriptune.errors import NotFoundError
from scriptune.messages import Message, did_you_mean
from scriptune.storage import trial_keys
from scriptune.storage.base import Condition

__all__ = ["check_sort", "parse_conditions"]

_OPERATOR = re.compile(r"<=|>=|!=|<|>|=")  # the longer ones first, so that "<=" is not read as "<"
_OF_TEXTS = ("=", "!=")
_TIMES = set(trial_keys.FIELDS) - set(trial_keys.NUMBER_FIELDS) - set(trial_keys.TEXT_FIELDS)
_SECTIONS = {"params": "parameters", "metrics": "metrics"}  # of the job file


def check_sort(job: SearchJob, sort: str) -> str:
    """Validate a sort order for a job's trials.

    Raises:
        NotFoundError: There is no such field, parameter or metric.
    """
    _check_key(job, sort.removeprefix("-"))
    return sort


def parse_conditions(job: SearchJob, texts: Sequence[str]) -> list[Condition]:
    """Parse conditions such as ``value>=0.9``, ``params.optimizer=adam`` and ``duration<60``.

    Raises:
        NotFoundError: A text is not a condition, or its key is none of the job's.
    """
    return [_parsed(job, text) for text in texts]


def _parsed(job: SearchJob, text: str) -> Condition:
    found = None
    # A name may hold the signs of an operator, so the first one behind a key that is known counts.
    for candidate in _OPERATOR.finditer(text):
        found = found or candidate
        if _is_key(job, text[: candidate.start()].strip()):
            found = candidate
            break
    if found is None:
        raise NotFoundError(Message("filter.not_a_condition", text=text))
    key, compared = text[: found.start()].strip(), text[found.end() :].strip()
    _check_key(job, key)
    number = _number(compared)
    if key in _TIMES:
        raise NotFoundError(Message("filter.by_time", key=key))
    if number is None and found.group() not in _OF_TEXTS:
        raise NotFoundError(Message("filter.not_a_number", text=text, value=compared))
    operator = cast("Literal['<', '<=', '>', '>=', '=', '!=']", found.group())
    return Condition(key, operator, compared, number)


def _is_key(job: SearchJob, key: str) -> bool:
    mapping, _, name = key.partition(".")
    return key in trial_keys.FIELDS or name in job.document.get(_SECTIONS.get(mapping, ""), ())


def _check_key(job: SearchJob, key: str) -> None:
    mapping, name = trial_keys.parse_key(key)
    known = job.document[_SECTIONS[mapping]] if mapping else ()
    if mapping and name not in known:
        near = did_you_mean(name, known)
        if mapping == "params":
            raise NotFoundError(Message("job.no_parameter", name=job.name, parameter=name, near=near))
        raise NotFoundError(Message("job.no_metric", name=job.name, metric=name, near=near))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
