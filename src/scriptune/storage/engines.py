"""SQLAlchemy engines for SQLite and PostgreSQL, set up the way the storage needs them.

SQLite: write-ahead log, so that readers never wait; ``synchronous=NORMAL``, which survives the death of the process
at any instant (a power cut may cost the last moments), but ``FULL`` for durable transactions, which survive a power cut
too, with all that was committed before them; ``BEGIN IMMEDIATE`` for writes, since a deferred transaction that turns
into a writing one fails at once instead of waiting.

PostgreSQL: as the server is set up. Where ``synchronous_commit`` is off there, a durable transaction turns it on for
itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from scriptune.errors import MissingExtraError

__all__ = ["give_back_space", "postgres_engine", "reading", "sqlite_engine", "sqlite_reading_engine", "writing"]

_CONNECT_TIMEOUT_S = 5
_POOL_TIMEOUT_S = 30.0
_CACHE_KIB = 4 * 1024  # of every connection; the pages of large jobs stay in the cache of the system

_OPTIONS: dict[str, Any] = {
    # Without spaces; NaN is no JSON and PostgreSQL would refuse it.
    "json_serializer": partial(json.dumps, separators=(",", ":"), allow_nan=False),
    "hide_parameters": True,
    "pool_timeout": _POOL_TIMEOUT_S,
}
_WRITES = "scriptune_writes"
_INCREMENTAL = 2  # of PRAGMA auto_vacuum
_FREE_PAGES = 256  # a megabyte; less is used up by the next job
_DURABLE = "scriptune_durable"
_LEVEL = "scriptune_synchronous"


def sqlite_engine(path: Path, busy_s: float) -> Engine:
    """An engine on a SQLite file."""
    # isolation_level None: the driver opens no transactions of its own, `_begin` does.
    arguments = {"timeout": busy_s, "isolation_level": None, "check_same_thread": False}
    url = URL.create("sqlite+pysqlite", database=str(path))
    engine = create_engine(url, connect_args=arguments, max_overflow=20, **_OPTIONS)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def sqlite_reading_engine(connect: Callable[[], sqlite3.Connection]) -> Engine:
    """An engine on connections that cannot write."""
    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool, max_overflow=20, **_OPTIONS)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    cursor.close()


def give_back_space(engine: Engine) -> None:
    """Return the free pages of a SQLite file to the disk.

    A file that was made before 0.2.0 knows nothing of that: it is written anew once, when much of it is free.

    Raises:
        sqlite3.Error: Not now, as others are writing.
    """
    with closing(engine.raw_connection()) as borrowed:
        connection = borrowed.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        if _number(connection, "auto_vacuum") != _INCREMENTAL:
            free, pages = _number(connection, "freelist_count"), _number(connection, "page_count")
            if free < _FREE_PAGES or free < pages / 5:
                return
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("VACUUM")
        # As a script: `execute` takes one step, which frees a single page. The main file shrinks when the log is
        # merged into it.
        connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_WRITES, False):
        _set_level(connection, "FULL" if options.get(_DURABLE, False) else "NORMAL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _set_level(connection: Connection, level: str) -> None:
    """How far a commit is written; SQLite takes this between transactions only. The same level is not set twice."""
    if connection.info.get(_LEVEL, "NORMAL") != level:
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.info[_LEVEL] = level


def postgres_engine(url: URL) -> Engine:
    """An engine on a PostgreSQL database; connects at first use.

    Raises:
        MissingExtraError: psycopg is not installed.
    """
    # A connection that the server closed meanwhile is noticed and replaced before it is used (pre_ping).
    arguments: dict[str, Any] = {"application_name": "scriptune"}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = _CONNECT_TIMEOUT_S
    try:
        engine = create_engine(url, connect_args=arguments, pool_pre_ping=True, **_OPTIONS)
    except ImportError as err:
        raise MissingExtraError(
            f"A PostgreSQL database needs the psycopg driver, which cannot be loaded ({err}).",
            hint='Install it with: pip install "scriptune[postgres]"',
        ) from err
    event.listen(engine, "begin", _begin_postgres)
    return engine


def _begin_postgres(connection: Connection) -> None:
    if connection.get_execution_options().get(_DURABLE, False):
        # Only `off` loses commits; the other levels say how many servers must have them, which is the user's choice.
        connection.exec_driver_sql(
            "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
        )


def writing(engine: Engine, *, durable: bool = False) -> Engine:
    """The same connections, for transactions that write; with ``durable`` a power cut cannot undo them."""
    return engine.execution_options(**{_WRITES: True, _DURABLE: durable})


def reading(engine: Engine) -> Engine:
    """The same connections, for transactions that only read; all their statements see one moment."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine
