"""Making the tables and renewing older ones. One process at a time does it; the others wait and find it done."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, exc, insert, inspect, select, text

from scriptune.errors import StorageCorruptError, StorageError, StorageUnavailableError
from scriptune.storage.engines import writing
from scriptune.storage.failures import is_missing_table, translated
from scriptune.storage.revision import SCHEMA
from scriptune.storage.sqlite_files import sqlite_failure
from scriptune.storage.tables import METADATA, counters, version

__all__ = [
    "MIGRATIONS",
    "create_postgres",
    "create_sqlite",
    "is_older",
    "migrate_postgres",
    "migrate_sqlite",
    "postgres_schema",
]

MIGRATIONS = Path(__file__).with_name("migrations")
"""Folder of the Alembic scripts."""

_ADVISORY_LOCK = 7_305_807_130_562  # any number, the same for every scriptune
_RETRY_S = 0.02


def is_older(found: str, place: str) -> bool:
    """Whether a schema must be migrated.

    Raises:
        StorageError: It is of a newer scriptune.
        StorageCorruptError: It is none of ours.
    """
    if len(found) != len(SCHEMA) or not found.isdecimal():
        raise StorageCorruptError(
            f"{place} has the schema {found!r}, which is not one of scriptune's. It was left unchanged.",
            hint="Choose another one with --database.",
        )
    if found > SCHEMA:
        raise StorageError(
            f"{place} has the schema {found!r} of a newer scriptune; this one supports up to {SCHEMA!r}.",
            hint="Upgrade scriptune; the database was left unchanged.",
        )
    return found < SCHEMA


def _create(connection: Connection) -> None:
    METADATA.create_all(connection, checkfirst=False)
    version.create(connection)
    connection.execute(insert(version), {"version_num": SCHEMA})
    connection.execute(insert(counters), {"name": "job_events", "value": 0})


def create_sqlite(engine: Engine, place: str, path: Path, busy_s: float) -> None:
    """Make the tables in a new file, unless another process was quicker."""
    _set_journal_mode(place, path, busy_s)
    with translated(place), writing(engine).begin() as connection:
        if not inspect(connection).has_table(version.name):
            _create(connection)


def _set_journal_mode(place: str, path: Path, busy_s: float) -> None:
    """Switch to the write-ahead log, which stays in the file.

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


def postgres_schema(engine: Engine, place: str) -> str | None:
    """Revision of the schema in a PostgreSQL database; None without our tables."""
    with translated(place):
        try:
            with engine.begin() as connection:
                return connection.execute(select(version.c.version_num)).scalar_one_or_none()
        except exc.ProgrammingError as err:
            if is_missing_table(err):
                return None
            raise


def create_postgres(engine: Engine, place: str) -> None:
    """Make the tables in a PostgreSQL database, unless another process was quicker.

    Raises:
        StorageCorruptError: It has tables of the same names already.
    """
    with translated(place), engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        present = set(inspect(connection).get_table_names())
        if version.name in present:
            return
        taken = sorted(present & METADATA.tables.keys())
        if taken:
            raise StorageCorruptError(
                f"{place} has tables of another program under the same names: {', '.join(taken)}. "
                "It was left unchanged.",
                hint="Make a database of its own for scriptune, with createdb.",
            )
        _create(connection)


def migrate_sqlite(engine: Engine, place: str, path: Path, found: str, scripts: Path = MIGRATIONS) -> Path:
    """Renew an older file, after a copy of it; return the copy's path."""
    backup = path.with_name(f"{path.name}.schema-{found}")
    with translated(place), writing(engine).begin() as connection:
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
            f"{place} is older and must be migrated, but its copy {str(backup)!r} cannot be written: {err}.",
            hint="Free some space or make its folder writable; it was left unchanged.",
        ) from err


def migrate_postgres(engine: Engine, place: str, scripts: Path = MIGRATIONS) -> None:
    """Renew older tables in a PostgreSQL database, in one transaction."""
    with translated(place), engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        _upgrade(connection, scripts)


def _upgrade(connection: Connection, scripts: Path) -> None:
    """Run the migrations that are missing, in the caller's transaction."""
    from alembic import command  # costs 130 ms, so only when there is something to migrate
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
