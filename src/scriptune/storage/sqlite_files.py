"""Inspect SQLite files read-only, with the standard library alone.

Other programs' files are recognised here before anything could write to them, and without importing SQLAlchemy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from scriptune.errors import StorageCorruptError, StorageError, StorageUnavailableError
from scriptune.messages import Message

__all__ = ["check_sqlite", "first_line", "read_only", "sqlite_failure", "sqlite_schema"]

_MAGIC = b"SQLite format 3\0"

# A whole check reads the whole file (about 1 ms per MB), so large ones are only checked by what is read anyway.
_CHECKED_BYTES = 64 * 2**20

_SQLITE_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT")


def sqlite_schema(path: Path, busy_s: float, connect: Callable[[], sqlite3.Connection] | None = None) -> str | None:
    """The schema revision in a file; None if the file does not exist or is empty.

    Args:
        path: The file.
        busy_s: How long to wait for another process.
        connect: Opens it in another way than `read_only`.

    Raises:
        StorageCorruptError: It is damaged, or another program's.
        StorageUnavailableError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
            size_bytes = file.seek(0, 2)
    except FileNotFoundError:
        return None
    except OSError as err:
        raise StorageUnavailableError(
            Message("storage.cannot_read", place=str(path), why=err.strerror), hint=Message("storage.choose_home")
        ) from err
    if not header:
        return None
    if not header.startswith(_MAGIC):
        raise _foreign(path, Message("storage.no_sqlite_file"))
    _check_length(path, header, size_bytes)
    try:
        try:
            return _revision(connect() if connect else read_only(path, busy_s))
        except sqlite3.OperationalError as err:
            # Who created the file died before it was done; only a connection that may write can take that back.
            if connect or err.sqlite_errorname != "SQLITE_READONLY_ROLLBACK":
                raise
            return _revision(_connection(path, busy_s, "rw"))
    except (sqlite3.Error, TypeError) as err:
        if isinstance(err, TypeError) or "no such" in str(err):
            raise _foreign(path, Message("storage.other_program")) from err
        raise sqlite_failure(err, str(path)) from err


def _revision(connection: sqlite3.Connection) -> str | None:
    with closing(connection):
        n_objects = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if n_objects == 0:
            return None
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def read_only(path: Path, busy_s: float) -> sqlite3.Connection:
    """Open a read-only connection."""
    return _connection(path, busy_s, "ro")


def _connection(path: Path, busy_s: float, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=busy_s, isolation_level=None)


def _check_length(path: Path, header: bytes, size_bytes: int) -> None:
    """Detect a truncated file now, before SQLite fails at some later page.

    While a write-ahead log waits to be merged the file may lawfully be shorter than its header says.
    """
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size > 0:
        return
    page_bytes = int.from_bytes(header[16:18], "big")
    page_bytes = 65536 if page_bytes == 1 else page_bytes  # how the format writes 64 KiB in two bytes
    n_pages = int.from_bytes(header[28:32], "big")
    if len(header) < 100 or size_bytes < n_pages * page_bytes:
        raise _foreign(path, Message("storage.cut_off", n=size_bytes, expected=n_pages * page_bytes))


def check_sqlite(path: Path, busy_s: float) -> None:
    """Check a file for damage before the first write.

    Raises:
        StorageCorruptError: There is some.
    """
    try:
        if path.stat().st_size > _CHECKED_BYTES:
            return
        with closing(read_only(path, busy_s)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as err:
        raise sqlite_failure(err, str(path)) from err
    except OSError:
        return  # the first write will say what is wrong with the file
    if found != "ok":
        raise _foreign(path, found.replace("\n", " "))


def _foreign(path: Path, why: str) -> StorageCorruptError:
    return StorageCorruptError(
        Message("storage.not_ours", place=str(path), why=why),
        hint=Message("storage.move_away"),
    )


def sqlite_failure(err: BaseException | None, place: str) -> StorageError:
    """Translate an exception of sqlite3, by its error name."""
    name = getattr(err, "sqlite_errorname", "") or ""
    text = first_line(err)
    if name.startswith(_SQLITE_DAMAGE):
        return StorageCorruptError(
            Message("storage.not_ours", place=place, why=text),
            hint=Message("storage.move_away"),
        )
    for known, hint in _hints().items():
        if name.startswith(known):
            return StorageUnavailableError(Message("storage.not_usable", place=place, why=text), hint=hint)
    return StorageError(Message("storage.failed_as", place=place, why=text, name=name or type(err).__name__))


def _hints() -> dict[str, Message]:
    """What to do about an error, by prefix of its name."""
    return {
        "SQLITE_BUSY": Message("storage.busy"),
        "SQLITE_LOCKED": Message("storage.locked"),
        "SQLITE_FULL": Message("storage.disk_full"),
        "SQLITE_IOERR": Message("storage.disk_failed"),
        "SQLITE_READONLY": Message("storage.not_writable"),
        "SQLITE_CANTOPEN": Message("storage.cannot_open"),
        "SQLITE_PERM": Message("storage.not_readable"),
        "SQLITE_NOMEM": Message("storage.out_of_memory"),
        "SQLITE_SCHEMA": Message("storage.changed_meanwhile"),
        "SQLITE_PROTOCOL": Message("storage.many_open_it"),
    }


def first_line(err: BaseException | None) -> str:
    """The first line of a driver's message, without the final full stop."""
    return str(err).strip().split("\n", 1)[0].rstrip(".")
