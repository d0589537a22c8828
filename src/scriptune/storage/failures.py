"""Translate exceptions of database drivers. No password and no statement parameter reaches a message.

SQLite tells the kind of failure by its error name, PostgreSQL by the SQLSTATE, psycopg's connection failures by
nothing but their text.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scriptune.errors import (
    ConflictError,
    ScriptuneError,
    SettingsError,
    StorageCorruptError,
    StorageError,
    StorageUnavailableError,
)
from scriptune.messages import Message
from scriptune.storage.sqlite_files import first_line, sqlite_failure

__all__ = ["storage_failure", "translated"]

# Classes and single codes of SQLSTATE after which the same transaction may succeed.
_TRANSIENT_STATES = (
    "08",  # connection
    "53",  # out of disk, memory or connections
    "57",  # stopped by the administrator, starting up, cancelled
    "58",  # system error
    "40",  # serialisation, deadlock
    "55P03",  # lock not available
    "25006",  # read only: a standby
)
_TAKEN = "23"  # integrity
_REFUSED = ("authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied", "no password")


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Context manager that translates driver exceptions; ``place`` names the database in messages."""
    try:
        yield
    except Exception as err:
        if not _is_drivers(err):
            raise
        raise storage_failure(err, place) from err


def _is_drivers(err: BaseException) -> bool:
    psycopg = sys.modules.get("psycopg")  # where it was never imported, nothing of it was raised
    return isinstance(err, sqlite3.Error) or (psycopg is not None and isinstance(err, psycopg.Error))


def storage_failure(err: BaseException | None, place: str) -> ScriptuneError:
    """Translate a driver's exception to a `ScriptuneError`."""
    text = first_line(err)
    name = getattr(err, "sqlite_errorname", None)
    state = getattr(err, "sqlstate", None)
    if (name or "").startswith("SQLITE_CONSTRAINT") or (state or "").startswith(_TAKEN):
        return ConflictError(Message("storage.written_by_another", place=place, why=text))
    if isinstance(err, sqlite3.Error):
        return sqlite_failure(err, place)
    if state is None:
        if any(words in str(err) for words in _REFUSED):
            return SettingsError(Message("storage.refuses", place=place, why=text), hint=Message("storage.check_url"))
        if {"OperationalError", "InterfaceError"} & {kind.__name__ for kind in type(err).__mro__}:
            return StorageUnavailableError(
                Message("storage.no_answer", place=place, why=text), hint=Message("storage.is_it_running")
            )
        return StorageError(Message("storage.failed", place=place, why=text))
    if state.startswith("XX"):
        return StorageCorruptError(
            Message("storage.damaged", place=place, why=text), hint=Message("storage.restore_backup")
        )
    if state.startswith(_TRANSIENT_STATES):
        return StorageUnavailableError(
            Message("storage.not_now", place=place, why=text), hint=Message("storage.try_again")
        )
    return StorageError(Message("storage.failed_with_state", place=place, why=text, state=state))
