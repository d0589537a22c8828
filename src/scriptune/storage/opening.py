"""Open a database: detect what it is, and create or migrate its schema.

A file that is not a scriptune database is never written to, not even its journal mode: it is examined through a
read-only connection first. Making and renewing need SQLAlchemy, so they are imported when there is something to do.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from scriptune.errors import NotFoundError, SettingsError, StorageUnavailableError
from scriptune.messages import Message
from scriptune.storage.base import Storage
from scriptune.storage.connections import Postgres, Sqlite, SqliteMemory, sqlite_connection
from scriptune.storage.read_only import ReadOnlyFile, can_be_written
from scriptune.storage.revision import is_older
from scriptune.storage.sql import SqlStorage
from scriptune.storage.sqlite_files import check_sqlite, sqlite_schema

__all__ = ["open_storage", "shown_url", "sqlite_path"]

_MEMORY = ("memory:", "memory://", "sqlite://")
_SQLITE = ("sqlite:///", "sqlite+pysqlite:///")
_POSTGRES = ("postgresql+psycopg", "postgresql", "postgres")


def open_storage(url: str, *, busy_s: float = 30.0, create: bool = True, read_only: bool = False) -> Storage:
    """Open a database, creating or migrating its tables if needed.

    Args:
        url: ``sqlite:///PATH`` (the path is taken as it is, without escapes), ``sqlite://`` for a database in memory
            that ends with the process (``memory:`` is the same), or ``postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME``.
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
    if url in _MEMORY:
        return _open_memory()
    path = sqlite_path(url)
    if path is not None:
        return _read_sqlite(path, busy_s) if read_only else _open_sqlite(path, busy_s, create)
    if url.split(":", 1)[0] in _POSTGRES:
        return _open_postgres(url, create and not read_only, read_only)
    raise SettingsError(
        Message("storage.unknown_kind", url=shown_url(url)),
        hint=Message("storage.expected_url"),
    )


def sqlite_path(url: str) -> Path | None:
    """The absolute path in a SQLite URL; None for other URLs."""
    for prefix in _SQLITE:
        if url.startswith(prefix) and len(url) > len(prefix) and not url.endswith(":memory:"):
            return Path(url.removeprefix(prefix)).absolute()
    return None


def shown_url(url: str) -> str:
    """A database URL for display: without the password and the query string."""
    scheme, separator, rest = url.partition("://")
    # The last @ ends the password, which may contain unescaped characters.
    user, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{host.partition('?')[0]}"


# SQLite


def _open_memory() -> SqlStorage:
    from scriptune.storage import schema

    return SqlStorage(SqliteMemory(schema.sqlite_script()))


def _open_sqlite(path: Path, busy_s: float, create: bool) -> Storage:
    place = str(path)
    found = sqlite_schema(path, busy_s)
    if found is None:
        if not create:
            raise _no_database(path)
        from scriptune.storage import schema

        _make_folder(path)
        schema.create_sqlite(place, path, busy_s)
    elif is_older(found, place):
        from scriptune.storage import schema

        schema.migrate_sqlite(place, path, busy_s, found)
    return SqlStorage(
        Sqlite(place, lambda: sqlite_connection(path, busy_s)), before_writing=lambda: check_sqlite(path, busy_s)
    )


def _read_sqlite(path: Path, busy_s: float) -> Storage:
    """Open a storage for reading only, even on a read-only file system."""
    place = str(path)
    file = ReadOnlyFile(path, busy_s)
    try:
        found = sqlite_schema(path, busy_s, file.connect)
        if found is None:
            raise _no_database(path)
        if is_older(found, place) and not _is_migrated(place, path, busy_s, found):
            from scriptune.storage import schema

            schema.migrate_sqlite(place, file.copy(), busy_s, found)
    except BaseException:
        file.close()
        raise
    refuse = partial(_refuse_to_write, place)
    return SqlStorage(Sqlite(place, file.connect), before_writing=refuse, on_close=file.close)


def _is_migrated(place: str, path: Path, busy_s: float, found: str) -> bool:
    """Migrate an older file in place if it is writable; returns whether it was."""
    from scriptune.storage import schema

    if not can_be_written(path):
        return False
    try:
        schema.migrate_sqlite(place, path, busy_s, found)
    except StorageUnavailableError:
        return False  # no room for the copy, say
    return True


def _refuse_to_write(place: str) -> None:
    raise StorageUnavailableError(
        Message("storage.read_only", place=place),
        hint=Message("storage.make_writable"),
    )


def _no_database(path: Path) -> NotFoundError:
    return NotFoundError(Message("storage.no_database", path=str(path)), hint=Message("storage.pass_home"))


def _make_folder(path: Path) -> None:
    try:
        # Environment variables and logs of jobs are in there; a folder that is there is left as it is.
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as err:
        raise StorageUnavailableError(
            Message("storage.no_folder", folder=str(path.parent), why=err.strerror),
            hint=Message("storage.other_home"),
        ) from err


# PostgreSQL


def _open_postgres(url: str, create: bool, only_read: bool) -> Storage:
    place = shown_url(url)
    database = Postgres(place, f"postgresql:{url.partition(':')[2]}")
    from scriptune.storage import schema

    try:
        found = schema.postgres_schema(database)
        if found is None:
            if not create:
                raise NotFoundError(Message("storage.no_tables", place=place), hint=Message("storage.start_search"))
            schema.create_postgres(database)
        elif is_older(found, place):
            schema.migrate_postgres(database)
    except BaseException:
        database.close()
        raise
    return SqlStorage(database, before_writing=partial(_refuse_to_write, place) if only_read else None)
