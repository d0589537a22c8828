"""Keys of trials (see `trial_keys`) as SQL expressions for SQLite and PostgreSQL.

Names of parameters and metrics are strangers' texts: they travel as bound values only. SQLite looks most of them up by
a JSON path, which reads a row's JSON once for all conditions, and by ``json_each`` those that a path cannot say.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Double, Integer, Numeric, and_, case, cast, false, func, literal, or_, select

from scriptune.storage import tables, trial_keys
from scriptune.storage.base import Condition

__all__ = ["condition", "order"]

_trials = tables.trials
_MICROSECONDS = 1_000_000
_IN_A_PATH = re.compile(r'[^"\\]+')  # SQLite before 3.45 ends a name in a path at any quote
_SECONDS_CHARS = 21  # of a stored time in SQLite, "2030-01-01 10:20:30.", behind which its microseconds stand
_COMPARE: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)


@dataclass(frozen=True)
class _Key:
    """A key in the row around it.

    Attributes:
        number, text: What it is; at most one of them is not NULL. None: it is never that.
        mixed: Whichever it is, where the database itself sorts numbers before texts.
    """

    number: ColumnElement[Any] | None = None
    text: ColumnElement[Any] | None = None
    mixed: ColumnElement[Any] | None = None


def order(sort: str, dialect: str) -> list[ColumnElement[Any]]:
    """What to order trials by.

    Raises:
        NotFoundError: Nothing can be sorted by that.
    """
    key, turned = trial_keys.sort_key_of(sort)
    mapping, name = trial_keys.parse_key(key)
    if not mapping and name in _trials.c:
        return [_turned(_trials.c[name], turned, nullable=bool(_trials.c[name].nullable)), _trials.c.number]
    found = _key_of(mapping, name, dialect)
    # Numbers come before texts, so that turned round texts come first.
    parts = [part for part in (found.number, found.text) if part is not None] if found.mixed is None else [found.mixed]
    return [*(_turned(part, turned) for part in (parts[::-1] if turned else parts)), _trials.c.number]


def _turned(key: ColumnElement[Any], turned: bool, *, nullable: bool = True) -> ColumnElement[Any]:
    ordered = key.desc() if turned else key.asc()
    # "Nulls last" would hide an index from SQLite's planner.
    return ordered.nulls_last() if nullable else ordered


def condition(wanted: Condition, dialect: str) -> ColumnElement[bool]:
    """What a trial's row must fulfil.

    Raises:
        NotFoundError: There is no such key.
    """
    key = _key_of(*trial_keys.parse_key(wanted.key), dialect)
    compare = _COMPARE.get(wanted.operator)
    if compare is not None:
        if key.number is None or wanted.number is None:
            return false()
        return compare(key.number, literal(wanted.number, Double))
    alternatives: list[ColumnElement[bool]] = []
    is_equal = wanted.operator == "="
    if key.number is not None:
        same = false() if wanted.number is None else key.number == literal(wanted.number, Double)
        alternatives.append(same if is_equal else and_(key.number.is_not(None), ~same))
    if key.text is not None:
        same = key.text == literal(wanted.text, tables.PlainText)
        alternatives.append(same if is_equal else and_(key.text.is_not(None), ~same))
    return or_(false(), *alternatives)


def _key_of(mapping: str, name: str, dialect: str) -> _Key:
    if mapping:
        return _postgres_json(mapping, name) if dialect == "postgresql" else _sqlite_json(mapping, name)
    if name == "duration":
        return _Key(number=_duration(dialect))
    if name in ("sampler", "phase"):
        return _Key(text=_bytewise(_trials.c.suggestion[name].as_string(), dialect))
    if name in trial_keys.NUMBER_FIELDS:
        return _Key(number=_trials.c[name])
    return _Key(text=_trials.c[name]) if name in trial_keys.TEXT_FIELDS else _Key()


def _bytewise(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Order texts by code points everywhere; PostgreSQL would follow the server's language."""
    return text.collate("C") if dialect == "postgresql" else text


def _sqlite_json(mapping: str, name: str) -> _Key:
    if _IN_A_PATH.fullmatch(name):
        # As the name is written in our JSON: letters outside of ASCII are escaped there.
        at = (_trials.c[mapping], literal(f"$.{json.dumps(name)}", tables.PlainText))
        kind, value = func.json_type(*at), func.json_extract(*at)
        is_switch = kind.in_(("true", "false"))
        return _Key(
            number=case((kind.in_(("integer", "real")), value)),
            text=case((is_switch, kind), (kind == "text", value)),
            mixed=case((is_switch, kind), else_=value),
        )
    each = func.json_each(_trials.c[mapping]).table_valued("key", "value", "type")
    found = select(each.c.value).where(each.c.key == literal(name, tables.PlainText))
    number = found.where(each.c.type.in_(("integer", "real")))
    switch = each.c.type.in_(("true", "false"))
    mixed = found.with_only_columns(case((switch, each.c.type), else_=each.c.value))
    text = mixed.where(or_(switch, each.c.type == "text"))
    return _Key(number.scalar_subquery(), text.scalar_subquery(), mixed.scalar_subquery())


def _postgres_json(mapping: str, name: str) -> _Key:
    at = (_trials.c[mapping], literal(name, tables.PlainText))
    kind = func.json_typeof(func.json_extract_path(*at))
    value = func.json_extract_path_text(*at)
    return _Key(
        number=case((kind == "number", cast(value, Numeric))),
        text=_bytewise(case((kind.in_(("string", "boolean")), value)), "postgresql"),
    )


def _duration(dialect: str) -> ColumnElement[Any]:
    """Seconds from start to end, to the microsecond."""
    start, end = _trials.c.started_at, _trials.c.finished_at
    if dialect == "postgresql":
        return func.extract("epoch", end - start)
    return (_sqlite_microseconds(end) - _sqlite_microseconds(start)) / float(_MICROSECONDS)


def _sqlite_microseconds(time: ColumnElement[Any]) -> ColumnElement[Any]:
    seconds = cast(func.strftime("%s", time), Integer)
    return seconds * _MICROSECONDS + cast(func.substr(time, _SECONDS_CHARS), Integer)
