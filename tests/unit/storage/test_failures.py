"""What drivers raise, in our words."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from scriptune.errors import (
    ConflictError,
    SettingsError,
    StorageCorruptError,
    StorageError,
    StorageUnavailableError,
)
from scriptune.storage.failures import translated


def postgres_error(text: str, sqlstate: str | None) -> psycopg.OperationalError:
    err = psycopg.OperationalError(text)
    err.sqlstate = sqlstate
    return err


def sqlite_error(name: str, text: str = "it failed") -> sqlite3.OperationalError:
    err = sqlite3.OperationalError(text)
    err.sqlite_errorname = name
    return err


def raised(err: Exception) -> Exception:
    with pytest.raises(Exception) as caught, translated("x"):
        raise err
    return caught.value


@pytest.mark.parametrize(
    ("name", "expected", "says"),
    [
        ("SQLITE_BUSY", StorageUnavailableError, "SCRIPTUNE_SQLITE_BUSY_S"),
        ("SQLITE_BUSY_SNAPSHOT", StorageUnavailableError, "try again"),
        ("SQLITE_FULL", StorageUnavailableError, "free some space"),
        ("SQLITE_IOERR_WRITE", StorageUnavailableError, "disk failed"),
        ("SQLITE_READONLY_DIRECTORY", StorageUnavailableError, "--home"),
        ("SQLITE_CANTOPEN", StorageUnavailableError, "--home"),
        ("SQLITE_CORRUPT_INDEX", StorageCorruptError, "left unchanged"),
        ("SQLITE_NOTADB", StorageCorruptError, "left unchanged"),
        ("SQLITE_MISUSE", StorageError, "SQLITE_MISUSE"),
    ],
)
def test_sqlite_failures_say_how_to_go_on(name: str, expected: type[Exception], says: str) -> None:
    err = raised(sqlite_error(name))
    assert type(err) is expected
    assert says in str(err)
    assert "The database 'x'" in str(err)


@pytest.mark.parametrize(
    ("sqlstate", "expected"),
    [
        ("57P01", StorageUnavailableError),
        ("53100", StorageUnavailableError),
        ("53300", StorageUnavailableError),
        ("40P01", StorageUnavailableError),
        ("40001", StorageUnavailableError),
        ("08006", StorageUnavailableError),
        ("25006", StorageUnavailableError),
        ("XX001", StorageCorruptError),
        ("42501", StorageError),
        ("22021", StorageError),
    ],
)
def test_postgres_failures_go_by_their_sqlstate(sqlstate: str, expected: type[Exception]) -> None:
    err = raised(postgres_error("it failed\nDETAIL: all of it", sqlstate))
    assert type(err) is expected
    assert "it failed" in str(err)
    assert "DETAIL" not in str(err)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('connection failed: FATAL: password authentication failed for user "me"', SettingsError),
        ('connection failed: FATAL: database "x" does not exist', SettingsError),
        ("connection failed: Connection refused", StorageUnavailableError),
        ("server closed the connection unexpectedly", StorageUnavailableError),
    ],
)
def test_postgres_connection_failures_go_by_their_text(text: str, expected: type[Exception]) -> None:
    assert type(raised(postgres_error(text, None))) is expected


def test_other_failures() -> None:
    taken = sqlite3.IntegrityError("UNIQUE constraint failed: trials.number")
    taken.sqlite_errorname = "SQLITE_CONSTRAINT_UNIQUE"
    assert type(raised(taken)) is ConflictError
    assert type(raised(psycopg.errors.UniqueViolation("taken"))) is ConflictError
    assert type(raised(psycopg.ProgrammingError("the query has 2 placeholders"))) is StorageError
    assert type(raised(ValueError("naive"))) is ValueError
    assert type(raised(KeyError("mine"))) is KeyError
