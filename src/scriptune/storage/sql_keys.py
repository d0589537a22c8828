"""SQL expressions for the sort and filter keys of trials (see `trial_keys`), for SQLite and PostgreSQL.

Names of parameters and metrics are untrusted strings: they are passed as bound values only. SQLite looks most of
them up by a JSON path, which reads a row's JSON once for all conditions, and those that a path cannot express by
``json_each``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from scriptune.storage import trial_keys
from scriptune.storage.base import Condition

__all__ = ["Given", "condition", "json_text_at", "order"]

_MICROSECONDS = 1_000_000
_IN_A_PATH = re.compile(r'[^"\\]+')  # SQLite before 3.45 ends a name in a path at any quote
_SECONDS_CHARS = 21  # of a stored time in SQLite, "2030-01-01 10:20:30.", behind which its microseconds stand
_ORDERED = ("<", "<=", ">", ">=")
_COLUMNS = ("number", "value", "n_reports", "state", "cause", "created_at", "started_at", "finished_at")
_NEVER_NULL = ("number", "n_reports", "state")
_FALSE = "1 = 0"


class Given(dict[str, Any]):  # Any: whatever a column holds
    """Collects the bound values of a statement under construction."""

    def bind(self, value: Any) -> str:
        """Add a value and return its placeholder."""
        name = f"given_{len(self)}"
        self[name] = value
        return f":{name}"

    def bind_all(self, values: Collection[Any]) -> str:
        """Add the values of an ``IN`` list and return their placeholders; an empty list matches nothing."""
        return ", ".join(self.bind(value) for value in values) or "NULL"


@dataclass(frozen=True)
class _Key:
    """The SQL expressions of a key.

    Attributes:
        number, text: What it is; at most one of them is not NULL. None: it is never that.
        mixed: Whichever it is, where the database itself sorts numbers before texts.
    """

    number: str | None = None
    text: str | None = None
    mixed: str | None = None


def order(sort: str, given: Given, *, is_postgres: bool) -> str:
    """The ``ORDER BY`` expression for a sort key.

    Raises:
        NotFoundError: Nothing can be sorted by that.
    """
    key, turned = trial_keys.sort_key_of(sort)
    mapping, name = trial_keys.parse_key(key)
    if not mapping and name in _COLUMNS:
        return f"{_turned(name, turned, nullable=name not in _NEVER_NULL)}, number"
    found = _key_of(mapping, name, given, is_postgres)
    # Numbers come before texts, so that in the reversed order texts come first.
    parts = [part for part in (found.number, found.text) if part is not None] if found.mixed is None else [found.mixed]
    return ", ".join([*(_turned(part, turned) for part in (parts[::-1] if turned else parts)), "number"])


def _turned(key: str, turned: bool, *, nullable: bool = True) -> str:
    # "Nulls last" would hide an index from SQLite's planner.
    return f"{key} {'DESC' if turned else 'ASC'}{' NULLS LAST' if nullable else ''}"


def condition(wanted: Condition, given: Given, *, is_postgres: bool) -> str:
    """The ``WHERE`` expression for a condition.

    Raises:
        NotFoundError: There is no such key.
    """
    key = _key_of(*trial_keys.parse_key(wanted.key), given, is_postgres)
    if wanted.operator in _ORDERED:
        if key.number is None or wanted.number is None:
            return _FALSE
        return f"{key.number} {wanted.operator} {given.bind(float(wanted.number))}"
    alternatives = [_FALSE]
    operator = "=" if wanted.operator == "=" else "<>"
    if key.number is not None and wanted.number is not None:
        alternatives.append(f"{key.number} {operator} {given.bind(float(wanted.number))}")
    elif key.number is not None and operator == "<>":
        alternatives.append(f"{key.number} IS NOT NULL")
    if key.text is not None:
        alternatives.append(f"{key.text} {operator} {given.bind(wanted.text)}")
    return f"({' OR '.join(alternatives)})"


def _key_of(mapping: str, name: str, given: Given, is_postgres: bool) -> _Key:
    if mapping:
        return _postgres_json(mapping, name, given) if is_postgres else _sqlite_json(mapping, name, given)
    if name == "duration":
        return _Key(number=_duration(is_postgres))
    if name in ("sampler", "phase"):
        return _Key(text=_bytewise(json_text_at("suggestion", name, given, is_postgres=is_postgres), is_postgres))
    if name == "place":
        return _Key(text=_bytewise(name, is_postgres))
    if name in trial_keys.NUMBER_FIELDS:
        return _Key(number=name)
    return _Key(text=name) if name in trial_keys.TEXT_FIELDS else _Key()


def json_text_at(column: str, name: str, given: Given, *, is_postgres: bool) -> str:
    """The SQL expression for the text at a name in a JSON column."""
    if is_postgres:
        return f"json_extract_path_text({column}, {given.bind(name)})"
    return f"json_extract({column}, {given.bind(_path(name))})"


def _path(name: str) -> str:
    # As the name is written in our JSON: letters outside of ASCII are escaped there.
    return f"$.{json.dumps(name)}"


def _bytewise(text: str, is_postgres: bool) -> str:
    """Compare text by code points; PostgreSQL would use the server's locale."""
    return f'({text}) COLLATE "C"' if is_postgres else text


def _sqlite_json(mapping: str, name: str, given: Given) -> _Key:
    if _IN_A_PATH.fullmatch(name):
        at = f"({mapping}, {given.bind(_path(name))})"
        kind, value = f"json_type{at}", f"json_extract{at}"
        return _Key(
            number=f"CASE WHEN {kind} IN ('integer', 'real') THEN {value} END",
            text=f"CASE WHEN {kind} IN ('true', 'false') THEN {kind} WHEN {kind} = 'text' THEN {value} END",
            mixed=f"CASE WHEN {kind} IN ('true', 'false') THEN {kind} ELSE {value} END",
        )
    each = f"FROM json_each({mapping}) AS one WHERE one.key = {given.bind(name)}"
    mixed = "SELECT CASE WHEN one.type IN ('true', 'false') THEN one.type ELSE one.value END"
    return _Key(
        number=f"(SELECT one.value {each} AND one.type IN ('integer', 'real'))",
        text=f"({mixed} {each} AND one.type IN ('true', 'false', 'text'))",
        mixed=f"({mixed} {each})",
    )


def _postgres_json(mapping: str, name: str, given: Given) -> _Key:
    at = f"({mapping}, {given.bind(name)})"
    kind, value = f"json_typeof(json_extract_path{at})", f"json_extract_path_text{at}"
    return _Key(
        number=f"CASE WHEN {kind} = 'number' THEN CAST({value} AS numeric) END",
        text=_bytewise(f"CASE WHEN {kind} IN ('string', 'boolean') THEN {value} END", is_postgres=True),
    )


def _duration(is_postgres: bool) -> str:
    """The SQL expression for the seconds from start to end, with microsecond precision."""
    if is_postgres:
        return "extract(epoch FROM finished_at - started_at)"
    return f"(({_sqlite_microseconds('finished_at')} - {_sqlite_microseconds('started_at')}) / {_MICROSECONDS}.0)"


def _sqlite_microseconds(time: str) -> str:
    seconds = f"CAST(strftime('%s', {time}) AS INTEGER)"
    return f"({seconds} * {_MICROSECONDS} + CAST(substr({time}, {_SECONDS_CHARS}) AS INTEGER))"
