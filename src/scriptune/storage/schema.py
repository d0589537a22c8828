"""Create and migrate the tables. One process at a time does so; the others wait and find it done.

SQLAlchemy and Alembic are used here alone: what the tables are is said once for both databases, and importing the two
(230 and 130 ms of cpu) is for homes that are new or old.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, exc, insert, inspect, select, text
from sqlalchemy.pool import NullPool

from scriptune.errors import StorageCorruptError, StorageUnavailableError
from scriptune.messages import Message
from scriptune.storage.connections import Database, sqlite_connection
from scriptune.storage.failures import storage_failure
from scriptune.storage.revision import SCHEMA
from scriptune.storage.sqlite_files import sqlite_failure
from scriptune.storage.tables import METADATA, counters, version

__all__ = [
    "MIGRATIONS",
    "create_postgres",
    "create_sqlite",
    "migrate_postgres",
    "migrate_sqlite",
    "postgres_schema",
    "sqlite_script",
]

MIGRATIONS = Path(__file__).with_name("migrations")
"""Folder of the Alembic scripts."""

_ADVISORY_LOCK = 7_305_807_130_562  # any number, the same for every scriptune
_RETRY_S = 0.02


def _create(connection: Connection) -> None:
    METADATA.create_all(connection, checkfirst=False)
    version.create(connection)
    connection.execute(insert(version), {"version_num": SCHEMA})
    connection.execute(insert(counters), {"name": "job_events", "value": 0})


@contextmanager
def _changing(place: str, connect: Callable[[], Any], *, is_postgres: bool = False) -> Iterator[Connection]:
    """An SQLAlchemy connection inside a writing transaction; ``Any``: a connection of the driver."""

    def opened() -> Any:
        raw = connect()
        if is_postgres:
            raw.autocommit = False
        return raw

    engine = create_engine(
        "postgresql+psycopg://" if is_postgres else "sqlite+pysqlite://", creator=opened, poolclass=NullPool
    )
    if not is_postgres:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            yield connection
    except exc.DBAPIError as err:
        raise storage_failure(err.orig, place) from err


def create_sqlite(place: str, path: Path, busy_s: float) -> None:
    """Create the tables in a new file, unless another process was faster."""
    _set_journal_mode(place, path, busy_s)
    with _changing(place, lambda: sqlite_connection(path, busy_s)) as connection:
        if not inspect(connection).has_table(version.name):
            _create(connection)


@cache
def sqlite_script() -> str:
    """The statements that create the tables in a new SQLite database that only this process uses."""
    with _changing("A new database", lambda: sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _create(connection)
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        return "\n".join(raw.iterdump())


def _set_journal_mode(place: str, path: Path, busy_s: float) -> None:
    """Enable the write-ahead log, a setting stored in the file.

    Switching needs the file alone, and SQLite does not wait for that by its busy time.
    """
    until = time.monotonic() + busy_s
    while True:
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                # Before the first table: so that deleted jobs give their space back.
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
                connection.execute("PRAGMA journal_mode=WAL")
                return
        except sqlite3.Error as err:
            if getattr(err, "sqlite_errorname", "") != "SQLITE_BUSY" or time.monotonic() > until:
                raise sqlite_failure(err, place) from err
            time.sleep(_RETRY_S)


def postgres_schema(database: Database) -> str | None:
    """The schema revision of a PostgreSQL database; None if it has no scriptune tables."""
    with database.transaction() as connection:
        if connection.value("SELECT to_regclass(:name)", {"name": version.name}) is None:
            return None
        found: str | None = connection.value(f"SELECT version_num FROM {version.name}")
        return found


def create_postgres(database: Database) -> None:
    """Create the tables in a PostgreSQL database, unless another process was faster.

    Raises:
        StorageCorruptError: It has tables of the same names already.
    """
    with _changing(database.place, database.connect, is_postgres=True) as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        present = set(inspect(connection).get_table_names())
        if version.name in present:
            return
        taken = sorted(present & METADATA.tables.keys())
        if taken:
            raise StorageCorruptError(
                Message("storage.foreign_tables", place=database.place, tables=list(taken)),
                hint=Message("storage.own_database"),
            )
        _create(connection)


def migrate_sqlite(place: str, path: Path, busy_s: float, found: str, scripts: Path = MIGRATIONS) -> Path:
    """Migrate an older file after copying it; returns the path of the copy."""
    backup = path.with_name(f"{path.name}.schema-{found}")
    with _changing(place, lambda: sqlite_connection(path, busy_s)) as connection:
        # Under the lock for writing, so that the copy holds everything and no other process migrates.
        present = connection.execute(select(version.c.version_num)).scalar_one()
        if present == found:
            _copy(path, backup, place)
            _upgrade(connection, scripts)
    return backup


def _copy(path: Path, backup: Path, place: str) -> None:
    partial = backup.with_name(f"{backup.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
        partial.replace(backup)
    except (OSError, sqlite3.Error) as err:
        raise StorageUnavailableError(
            Message("storage.no_backup", place=place, backup=str(backup), why=err),
            hint=Message("storage.free_space"),
        ) from err


def migrate_postgres(database: Database, scripts: Path = MIGRATIONS) -> None:
    """Migrate older tables in a PostgreSQL database, in one transaction."""
    with _changing(database.place, database.connect, is_postgres=True) as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        _upgrade(connection, scripts)


def _upgrade(connection: Connection, scripts: Path) -> None:
    """Run the pending migrations in the caller's transaction."""
    from alembic import command  # costs 130 ms, so only when there is something to migrate
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
