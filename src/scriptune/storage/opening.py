"""Opening a database: what it is, whether its schema is ours, and making or renewing it.

A file that is no database of ours is never written to, not even its journal mode: it is looked at through a
read-only connection first. Alembic (130 ms of cpu to import) is loaded only when there is something to migrate.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from scriptune.errors import NotFoundError, SettingsError, StorageCorruptError, StorageError, StorageUnavailableError
from scriptune.storage.base import Storage
from scriptune.storage.memory import MemoryStorage

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["open_storage", "shown_url", "sqlite_path"]

_SQLITE = ("sqlite:///", "sqlite+pysqlite:///")
_POSTGRES = ("postgresql+psycopg", "postgresql", "postgres")
_MAGIC = b"SQLite format 3\0"

# A whole check reads the whole file (about 1 ms per MB), so large ones are only checked by what is read anyway.
_CHECKED_BYTES = 64 * 2**20


def open_storage(url: str, *, busy_s: float = 30.0, create: bool = True) -> Storage:
    """Open a database, and make or renew its tables when needed.

    Args:
        url: ``memory:``, ``sqlite:///PATH`` (the path is taken as it stands, without escapes), or
            ``postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME``.
        busy_s: How long to wait for another process that writes to the same SQLite file.
        create: Make a database that is not there; otherwise that is an error.

    Raises:
        SettingsError: The URL is of no known kind, or the server refuses user or password.
        NotFoundError: There is no database, and ``create`` is false.
        StorageCorruptError: The file is damaged, or belongs to another program.
        StorageUnavailableError: The folder cannot be written, or the server does not answer.
        StorageError: The database was made by a newer scriptune.
        MissingExtraError: PostgreSQL without the psycopg driver.
    """
    if url in ("memory:", "memory://"):
        return MemoryStorage()
    path = sqlite_path(url)
    if path is not None:
        return _open_sqlite(path, busy_s, create)
    if url.split(":", 1)[0] in _POSTGRES:
        return _open_postgres(url, create)
    raise SettingsError(
        f"The database {shown_url(url)!r} is of no known kind.",
        hint="Expected sqlite:///PATH, postgresql+psycopg://USER:PASSWORD@HOST/NAME or memory:.",
    )


def sqlite_path(url: str) -> Path | None:
    """The absolute path of a SQLite URL; None for other kinds."""
    for prefix in _SQLITE:
        if url.startswith(prefix) and len(url) > len(prefix) and not url.endswith(":memory:"):
            return Path(url.removeprefix(prefix)).absolute()
    return None


def shown_url(url: str) -> str:
    """A URL as it may be shown: without password and without what follows the question mark."""
    scheme, separator, rest = url.partition("://")
    rest = rest.partition("?")[0]
    user, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{host}"


# SQLite


def _open_sqlite(path: Path, busy_s: float, create: bool) -> Storage:
    found = _sqlite_schema(path, busy_s)
    if found is None and not create:
        raise NotFoundError(
            f"There is no database {str(path)!r}.", hint="Start a search, or name its folder by --home."
        )
    from scriptune.storage import schema  # only now: SQLAlchemy costs more than all of the above
    from scriptune.storage.engines import sqlite_engine
    from scriptune.storage.sql import SqlStorage

    place = f"The database {str(path)!r}"
    engine = sqlite_engine(path, busy_s)
    if found is None:
        _make_folder(path)
        schema.create_sqlite(engine, place, busy_s)
        return SqlStorage(engine, place)
    if schema.is_older(found, place):
        backup = schema.migrate_sqlite(engine, place, path, found)
        assert backup.exists()
    return SqlStorage(engine, place, before_writing=lambda: _check_sqlite(path, busy_s))


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise StorageUnavailableError(
            f"The folder {str(path.parent)!r} cannot be made: {err.strerror}.",
            hint="Choose another one with --home or SCRIPTUNE_HOME.",
        ) from err


def _sqlite_schema(path: Path, busy_s: float) -> str | None:
    """Revision of the schema in a file; None when there is no file, or nothing in it yet.

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
            f"The database {str(path)!r} cannot be read: {err.strerror}.", hint="Choose another one with --home."
        ) from err
    if not header:
        return None
    if not header.startswith(_MAGIC):
        raise _foreign(path, "it begins with other bytes than a SQLite file")
    _check_length(path, header, size_bytes)
    try:
        with closing(_read_only(path, busy_s)) as connection:
            n_objects = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if n_objects == 0:
                return None
            return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except (sqlite3.Error, TypeError) as err:
        if isinstance(err, TypeError) or "no such" in str(err):
            raise _foreign(path, "it has tables of another program") from err
        raise _sqlite_failure(err, path) from err


def _read_only(path: Path, busy_s: float) -> sqlite3.Connection:
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


def _check_sqlite(path: Path, busy_s: float) -> None:
    """Look for damage before the first write.

    Raises:
        StorageCorruptError: There is some.
    """
    try:
        if path.stat().st_size > _CHECKED_BYTES:
            return
        with closing(_read_only(path, busy_s)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as err:
        raise _sqlite_failure(err, path) from err
    except OSError:
        return  # the first write will say what is wrong with the file
    if found != "ok":
        raise _foreign(path, found.replace("\n", " "))


def _foreign(path: Path, why: str) -> StorageCorruptError:
    return StorageCorruptError(
        f"The database {str(path)!r} is not a scriptune database, or is damaged: {why}. It was left as it is.",
        hint="Move it away or choose another one with --home or --database; the logs of the trials are still there.",
    )


def _sqlite_failure(err: BaseException, path: Path) -> StorageError:
    from scriptune.storage.failures import sqlite_failure

    return sqlite_failure(err, f"The database {str(path)!r}")


# PostgreSQL


def _open_postgres(url: str, create: bool) -> Storage:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    from scriptune.storage import schema
    from scriptune.storage.engines import postgres_engine
    from scriptune.storage.sql import SqlStorage

    try:
        parsed: URL = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as err:
        raise SettingsError(
            f"The database {shown_url(url)!r} is no URL.", hint="Expected postgresql+psycopg://USER:PASSWORD@HOST/NAME."
        ) from err
    place = f"The database {shown_url(url)!r}"
    engine = postgres_engine(parsed)
    found = schema.postgres_schema(engine, place)
    if found is None:
        if not create:
            raise NotFoundError(f"{place} has no tables of scriptune yet.", hint="Start a search first.")
        schema.create_postgres(engine, place)
    elif schema.is_older(found, place):
        schema.migrate_postgres(engine, place)
    return SqlStorage(engine, place)
