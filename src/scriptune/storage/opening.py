"""Opening a database: what it is, whether its schema is ours, and making or renewing it.

A file that is no database of ours is never written to, not even its journal mode: it is looked at through a
read-only connection first. SQLAlchemy (200 ms of cpu to import) is loaded when it is needed, Alembic (130 ms) only
when there is something to migrate; hence the imports inside functions.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from scriptune.errors import NotFoundError, SettingsError, StorageUnavailableError
from scriptune.storage.base import Storage
from scriptune.storage.listing import DeferredStorage
from scriptune.storage.memory import MemoryStorage
from scriptune.storage.read_only import ReadOnlyFile, can_be_written
from scriptune.storage.revision import SCHEMA
from scriptune.storage.sqlite_files import check_sqlite, place_of, read_only, sqlite_schema

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["open_storage", "shown_url", "sqlite_path"]

_SQLITE = ("sqlite:///", "sqlite+pysqlite:///")
_POSTGRES = ("postgresql+psycopg", "postgresql", "postgres")


def open_storage(url: str, *, busy_s: float = 30.0, create: bool = True, read_only: bool = False) -> Storage:
    """Open a database, and make or renew its tables when needed.

    Args:
        url: ``memory:``, ``sqlite:///PATH`` (the path is taken as it stands, without escapes), or
            ``postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME``.
        busy_s: How long to wait for another process that writes to the same SQLite file.
        create: Make a database that is not there; otherwise that is an error.
        read_only: Write nothing, so that a database can be read that cannot be written; a transaction then raises
            `StorageUnavailableError`. An older SQLite file is migrated where it is if it can be, else in a temporary
            copy.

    Raises:
        SettingsError: The URL is of an unknown kind, or the server refuses user or password.
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
        return _read_sqlite(path, busy_s) if read_only else _open_sqlite(path, busy_s, create)
    if url.split(":", 1)[0] in _POSTGRES:
        return _open_postgres(url, create and not read_only, read_only)
    raise SettingsError(
        f"The database {shown_url(url)!r} is of an unknown kind.",
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
    # The last @ ends the password, whatever unescaped signs it has.
    user, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{host.partition('?')[0]}"


# SQLite


def _open_sqlite(path: Path, busy_s: float, create: bool) -> Storage:
    found = sqlite_schema(path, busy_s)
    if found is None and not create:
        raise _no_database(path)
    if found == SCHEMA:
        deferred = DeferredStorage(path, lambda: read_only(path, busy_s), lambda: _sql_storage(path, busy_s))
        return cast("Storage", deferred)  # its other methods come by __getattr__, which no protocol can see
    from scriptune.storage import schema
    from scriptune.storage.engines import sqlite_engine

    engine = sqlite_engine(path, busy_s)
    try:
        if found is None:
            _make_folder(path)
            schema.create_sqlite(engine, place_of(path), path, busy_s)
        elif schema.is_older(found, place_of(path)):
            schema.migrate_sqlite(engine, place_of(path), path, found)
    finally:
        engine.dispose()
    return _sql_storage(path, busy_s)


def _sql_storage(path: Path, busy_s: float) -> Storage:
    from scriptune.storage.engines import sqlite_engine
    from scriptune.storage.sql import SqlStorage

    engine = sqlite_engine(path, busy_s)
    return SqlStorage(engine, place_of(path), before_writing=lambda: check_sqlite(path, busy_s))


def _read_sqlite(path: Path, busy_s: float) -> Storage:
    """A storage that only reads, whatever may not be written there."""
    file = ReadOnlyFile(path, busy_s)
    try:
        found = sqlite_schema(path, busy_s, file.connect)
        if found is None:
            raise _no_database(path)
        if found != SCHEMA and not _is_migrated(path, busy_s, found):
            _migrate_a_copy(file, busy_s, found)
    except BaseException:
        file.close()
        raise
    deferred = DeferredStorage(path, file.connect, lambda: _reading_storage(file), file.close)
    return cast("Storage", deferred)  # as in `_open_sqlite`


def _is_migrated(path: Path, busy_s: float, found: str) -> bool:
    """Migrate an older file where it is, if it can be written."""
    from scriptune.storage import schema
    from scriptune.storage.engines import sqlite_engine

    if not schema.is_older(found, place_of(path)) or not can_be_written(path):
        return False
    engine = sqlite_engine(path, busy_s)
    try:
        schema.migrate_sqlite(engine, place_of(path), path, found)
    except StorageUnavailableError:
        return False  # no room for the copy, say
    finally:
        engine.dispose()
    return True


def _migrate_a_copy(file: ReadOnlyFile, busy_s: float, found: str) -> None:
    from scriptune.storage import schema
    from scriptune.storage.engines import sqlite_engine

    copy = file.copy()
    engine = sqlite_engine(copy, busy_s)
    try:
        schema.migrate_sqlite(engine, place_of(file.path), copy, found)
    finally:
        engine.dispose()


def _reading_storage(file: ReadOnlyFile) -> Storage:
    from scriptune.storage.engines import sqlite_reading_engine
    from scriptune.storage.sql import SqlStorage

    place = place_of(file.path)
    return SqlStorage(sqlite_reading_engine(file.connect), place, before_writing=partial(_refuse_to_write, place))


def _refuse_to_write(place: str) -> None:
    raise StorageUnavailableError(
        f"{place} was opened for reading only.",
        hint="Make the file and its folder writable, or choose another folder with --home.",
    )


def _no_database(path: Path) -> NotFoundError:
    return NotFoundError(f"There is no database {str(path)!r}.", hint="Start a search, or pass its folder with --home.")


def _make_folder(path: Path) -> None:
    try:
        # Environment variables and logs of jobs are in there; a folder that is there is left as it is.
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as err:
        raise StorageUnavailableError(
            f"The folder {str(path.parent)!r} cannot be made: {err.strerror}.",
            hint="Choose another one with --home or SCRIPTUNE_HOME.",
        ) from err


# PostgreSQL


def _open_postgres(url: str, create: bool, only_read: bool) -> Storage:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    from scriptune.storage import schema
    from scriptune.storage.engines import postgres_engine
    from scriptune.storage.sql import SqlStorage

    try:
        parsed: URL = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as err:
        raise SettingsError(
            f"The database {shown_url(url)!r} is not a URL.",
            hint="Expected postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
        ) from err
    place = place_of(shown_url(url))
    engine = postgres_engine(parsed)
    try:
        found = schema.postgres_schema(engine, place)
        if found is None:
            if not create:
                raise NotFoundError(f"{place} has no tables of scriptune yet.", hint="Start a search first.")
            schema.create_postgres(engine, place)
        elif schema.is_older(found, place):
            schema.migrate_postgres(engine, place)
    except BaseException:
        engine.dispose()
        raise
    return SqlStorage(engine, place, before_writing=partial(_refuse_to_write, place) if only_read else None)
