"""Looking at SQLite files with nothing but the standard library, read-only.

What is not ours is recognised here before anything could write to it, and without importing SQLAlchemy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from scriptune.errors import StorageCorruptError, StorageError, StorageUnavailableError

__all__ = ["check_sqlite", "first_line", "place_of", "read_only", "sqlite_failure", "sqlite_schema"]

_MAGIC = b"SQLite format 3\0"

# A whole check reads the whole file (about 1 ms per MB), so large ones are only checked by what is read anyway.
_CHECKED_BYTES = 64 * 2**20

_SQLITE_HINTS = {
    "SQLITE_BUSY": "Another process is writing for longer than the busy time (SCRIPTUNE_SQLITE_BUSY_S); try again.",
    "SQLITE_LOCKED": "Another thread is writing; try again.",
    "SQLITE_FULL": "The disk is full; free some space, then continue with `scriptune resume`.",
    "SQLITE_IOERR": "The disk failed or is full; check it, then continue with `scriptune resume`.",
    "SQLITE_READONLY": "The file or its folder cannot be written; choose another folder with --home.",
    "SQLITE_CANTOPEN": "The folder is missing or cannot be written; choose another folder with --home.",
    "SQLITE_PERM": "The file cannot be read; choose another folder with --home.",
    "SQLITE_NOMEM": "The machine is out of memory; try again.",
    "SQLITE_SCHEMA": "The database has changed meanwhile; try again.",
    "SQLITE_PROTOCOL": "Many processes open the database at once; try again.",
}
_SQLITE_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT")


def place_of(path: Path | str) -> str:
    """How messages call a file."""
    return f"The database {str(path)!r}"


def sqlite_schema(path: Path, busy_s: float, connect: Callable[[], sqlite3.Connection] | None = None) -> str | None:
    """Revision of the schema in a file; None when there is no file, or nothing in it yet.

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
            f"{place_of(path)} cannot be read: {err.strerror}.", hint="Choose another one with --home."
        ) from err
    if not header:
        return None
    if not header.startswith(_MAGIC):
        raise _foreign(path, "it does not begin as a SQLite file does")
    _check_length(path, header, size_bytes)
    try:
        with closing(connect() if connect else read_only(path, busy_s)) as connection:
            n_objects = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if n_objects == 0:
                return None
            return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except (sqlite3.Error, TypeError) as err:
        if isinstance(err, TypeError) or "no such" in str(err):
            raise _foreign(path, "it has tables of another program") from err
        raise sqlite_failure(err, place_of(path)) from err


def read_only(path: Path, busy_s: float) -> sqlite3.Connection:
    """A connection that cannot write."""
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=busy_s, isolation_level=None)


def _check_length(path: Path, header: bytes, size_bytes: int) -> None:
    """Notice a file that was cut off, before SQLite stumbles over it at some later page.

    While a write-ahead log waits to be merged the file may lawfully be shorter than its header says.
    """
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size > 0:
        return
    page_bytes = int.from_bytes(header[16:18], "big")
    page_bytes = 65536 if page_bytes == 1 else page_bytes  # how the format writes 64 KiB in two bytes
    n_pages = int.from_bytes(header[28:32], "big")
    if len(header) < 100 or size_bytes < n_pages * page_bytes:
        raise _foreign(path, f"it has {size_bytes} bytes and should have {n_pages * page_bytes}: it was cut off")


def check_sqlite(path: Path, busy_s: float) -> None:
    """Look for damage before the first write.

    Raises:
        StorageCorruptError: There is some.
    """
    try:
        if path.stat().st_size > _CHECKED_BYTES:
            return
        with closing(read_only(path, busy_s)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as err:
        raise sqlite_failure(err, place_of(path)) from err
    except OSError:
        return  # the first write will say what is wrong with the file
    if found != "ok":
        raise _foreign(path, found.replace("\n", " "))


def _foreign(path: Path, why: str) -> StorageCorruptError:
    return StorageCorruptError(
        f"{place_of(path)} is not a scriptune database, or is damaged: {why}. It was left unchanged.",
        hint="Move it away or choose another one with --home or --database; the logs of the trials are kept.",
    )


def sqlite_failure(err: BaseException | None, place: str) -> StorageError:
    """Our exception for one of the sqlite3 module; SQLite tells the kind of failure by its error name."""
    name = getattr(err, "sqlite_errorname", "") or ""
    text = first_line(err)
    if name.startswith(_SQLITE_DAMAGE):
        return StorageCorruptError(
            f"{place} is not a scriptune database, or is damaged ({text}). It was left unchanged.",
            hint="Move it away or choose another one with --home or --database; the logs of the trials are kept.",
        )
    for known, hint in _SQLITE_HINTS.items():
        if name.startswith(known):
            return StorageUnavailableError(f"{place} cannot be used now: {text}.", hint=hint)
    return StorageError(f"{place} failed: {text} ({name or type(err).__name__}).")


def first_line(err: BaseException | None) -> str:
    """The first line of a driver's message, without the final stop."""
    return str(err).strip().split("\n", 1)[0].rstrip(".")
