"""Connections to SQLite and PostgreSQL, and the transactions on them.

Statements are plain SQL that both databases take, with parameters written ``:name``. SQLAlchemy is not used here:
importing it costs more than a reading command may cost, and each of its statements ten times what the driver needs
(design note 6).

SQLite: write-ahead log, so that readers never wait; ``synchronous=NORMAL``, which survives the death of the process
at any instant (a power cut may cost the last moments), but ``FULL`` for durable transactions, which survive a power cut
too, with all that was committed before them; ``BEGIN IMMEDIATE`` for writes, since a deferred transaction that turns
into a writing one fails at once instead of waiting.

PostgreSQL: as the server is set up. Where ``synchronous_commit`` is off there, a durable transaction turns it on for
itself.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from scriptune.errors import MissingExtraError, SettingsError, StorageUnavailableError
from scriptune.messages import Message
from scriptune.storage.columns import DECODERS, encoded
from scriptune.storage.failures import translated

__all__ = ["Connection", "Database", "Postgres", "Sqlite", "SqliteMemory", "sqlite_connection"]

_CONNECT_TIMEOUT_S = 5
_WAIT_S = 30.0  # for a connection, when all are in use
_IDLE = 5  # connections that are kept open
_CACHE_KIB = 4 * 1024  # of every connection; the pages of large jobs stay in the cache of the system
_INCREMENTAL = 2  # of PRAGMA auto_vacuum
_FREE_PAGES = 256  # a megabyte; less is used up by the next job
_PARAMETER = re.compile(r":([a-z_][a-z_0-9]*)")

_Given = Mapping[str, Any]  # Any: whatever a column holds


class Connection:
    """A database connection during one transaction.

    Args:
        raw: The driver's connection.
        is_postgres: Whether it is psycopg's; otherwise it is sqlite3's.
    """

    def __init__(self, raw: Any, *, is_postgres: bool) -> None:
        self.raw = raw
        self.is_postgres = is_postgres

    def rows(self, statement: str, given: _Given | None = None) -> list[dict[str, Any]]:
        """Run a statement; returns rows as dictionaries of Python types."""
        cursor = self._run(statement, given)
        names = [column[0] for column in cursor.description]
        decoders = [(i, DECODERS[name]) for i, name in enumerate(names) if name in DECODERS]
        found = []
        for row in cursor:
            values = list(row)
            for i, decode in decoders:
                if values[i] is not None:
                    values[i] = decode(values[i])
            found.append(dict(zip(names, values, strict=True)))
        return found

    def row(self, statement: str, given: _Given | None = None) -> dict[str, Any] | None:
        """Run a statement; returns its first row, or None."""
        return next(iter(self.rows(statement, given)), None)

    def tuples(self, statement: str, given: _Given | None = None) -> list[tuple[Any, ...]]:
        """Run a statement; returns the driver's raw rows, JSON as text."""
        found: list[tuple[Any, ...]] = self._run(statement, given).fetchall()
        return found

    def value(self, statement: str, given: _Given | None = None) -> Any:
        """Run a statement; returns the first column of the first row, or None without a row."""
        found = self._run(statement, given).fetchone()
        return None if found is None else found[0]

    def execute(self, statement: str, given: _Given | None = None) -> int:
        """Run a statement that changes rows; returns how many it changed."""
        return int(self._run(statement, given).rowcount)

    def execute_many(self, statement: str, many: Sequence[_Given]) -> None:
        """Run a statement once per parameter set."""
        self.raw.cursor().executemany(self._said(statement), [self._encoded(given) for given in many])

    def _run(self, statement: str, given: _Given | None) -> Any:
        return self.raw.execute(self._said(statement), self._encoded(given or {}))

    def _said(self, statement: str) -> str:
        return _for_psycopg(statement) if self.is_postgres else statement

    def _encoded(self, given: _Given) -> dict[str, Any]:
        return {name: encoded(value, is_postgres=self.is_postgres) for name, value in given.items()}


@lru_cache(maxsize=1000)
def _for_psycopg(statement: str) -> str:
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))


class Database(ABC):
    """A database with a pool of connections. Thread-safe.

    Args:
        place: Its file or URL in messages, without the password.
        connect: Opens a connection of the driver.
        most: Connections that may be open at the same time; further transactions wait.
    """

    is_postgres = False

    def __init__(self, place: str, connect: Callable[[], Any], most: int) -> None:
        self.place = place
        self.connect = connect
        self._idle: list[Any] = []  # Any: connections of a driver
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(most)

    @contextmanager
    def transaction(self, *, writes: bool = False, durable: bool = False) -> Iterator[Connection]:
        """Run a transaction on a consistent snapshot; commits everything, or nothing on an exception.

        Args:
            writes: It changes rows.
            durable: A power cut cannot undo it.
        """
        with translated(self.place):
            if not self._room.acquire(timeout=_WAIT_S):
                raise StorageUnavailableError(Message("storage.no_connection", place=self.place))
            try:
                raw = self._begun(writes, durable)
                try:
                    yield Connection(raw, is_postgres=self.is_postgres)
                    raw.execute("COMMIT")
                except BaseException:
                    self._roll_back(raw)
                    raise
                finally:
                    self._keep(raw)
            finally:
                self._room.release()

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for raw in idle:
            raw.close()

    def _begun(self, writes: bool, durable: bool) -> Any:
        while True:
            with self._lock:
                kept = self._idle.pop() if self._idle else None
            raw = kept or self.connect()
            try:
                self._begin(raw, writes, durable)
            except BaseException:
                is_lost = self._is_lost(raw)
                raw.close()
                if kept is None or not is_lost:
                    raise
            else:
                return raw

    def _keep(self, raw: Any) -> None:
        with self._lock:
            if len(self._idle) < _IDLE and not self._is_lost(raw):
                self._idle.append(raw)
                return
        raw.close()

    @abstractmethod
    def _begin(self, raw: Any, writes: bool, durable: bool) -> None:
        """Begin a transaction."""

    @abstractmethod
    def _roll_back(self, raw: Any) -> None:
        """Roll back a transaction; the connection may be lost already."""

    @abstractmethod
    def _is_lost(self, raw: Any) -> bool:
        """Whether a connection is broken and should be replaced."""


class _SqliteConnection(sqlite3.Connection):
    is_durable = False


class Sqlite(Database):
    """A SQLite file.

    Args:
        place: Its file in messages.
        connect: Opens a connection; see `sqlite_connection`.
    """

    def __init__(self, place: str, connect: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(place, connect, most=25)

    def compact(self) -> None:
        """Return the free pages of the file to the disk.

        A file created before 0.2.0 does not support this: it is rewritten once, when much of it is free.

        Raises:
            sqlite3.Error: Not now, as others are writing.
        """
        raw = self.connect()
        try:
            if _number(raw, "auto_vacuum") != _INCREMENTAL:
                free, pages = _number(raw, "freelist_count"), _number(raw, "page_count")
                if free < _FREE_PAGES or free < pages / 5:
                    return
                raw.execute("PRAGMA auto_vacuum=INCREMENTAL")
                raw.execute("VACUUM")
            # As a script: `execute` takes one step, which frees a single page. The main file shrinks when the log is
            # merged into it.
            raw.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
        finally:
            raw.close()

    def _begin(self, raw: Any, writes: bool, durable: bool) -> None:
        if not writes:
            raw.execute("BEGIN")
            return
        # How far a commit is written; SQLite takes this between transactions only. The same level is not set twice.
        if raw.is_durable != durable:
            raw.execute("PRAGMA synchronous=FULL" if durable else "PRAGMA synchronous=NORMAL")
            raw.is_durable = durable
        raw.execute("BEGIN IMMEDIATE")

    def _roll_back(self, raw: Any) -> None:
        if raw.in_transaction:  # some failures have ended it already
            raw.execute("ROLLBACK")

    def _is_lost(self, raw: Any) -> bool:  # noqa: ARG002 - a file does not go away
        return False


class SqliteMemory(Sqlite):
    """A SQLite database in memory, which is deleted with this object.

    It has one connection, so that transactions of several threads come one after the other; a reading one inside
    another of the same thread sees what that one has written.

    Args:
        script: Makes the tables.
    """

    def __init__(self, script: str) -> None:
        raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        raw.executescript(script)
        weakref.finalize(self, raw.close)
        super().__init__("memory:", lambda: raw)
        self._alone = threading.RLock()
        self._connection = Connection(raw, is_postgres=False)

    @contextmanager
    def transaction(self, *, writes: bool = False, durable: bool = False) -> Iterator[Connection]:  # noqa: ARG002 - nothing is
        raw = self._connection.raw
        with self._alone, translated(self.place):
            if not writes:  # no other process writes meanwhile, so this is one moment
                yield self._connection
                return
            assert not raw.in_transaction, "transactions of one thread must not overlap"
            raw.execute("BEGIN")
            try:
                yield self._connection
                raw.execute("COMMIT")
            except BaseException:
                self._roll_back(raw)
                raise

    def compact(self) -> None:
        """Do nothing: SQLite reuses the memory."""

    def close(self) -> None:
        """Do nothing: the database exists as long as this object."""


def sqlite_connection(path: Path, busy_s: float) -> sqlite3.Connection:
    """Connect to an existing SQLite file; usable from any thread, but by one at a time."""
    # isolation_level None: the driver opens no transactions of its own.
    # mode=rw: a file that was deleted meanwhile is an error, and no new one is made.
    uri = f"{path.as_uri()}?mode=rw"
    raw = sqlite3.connect(
        uri, uri=True, timeout=busy_s, isolation_level=None, check_same_thread=False, factory=_SqliteConnection
    )
    raw.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    raw.execute("PRAGMA synchronous=NORMAL")
    return raw


def _number(raw: sqlite3.Connection, pragma: str) -> int:
    return int(raw.execute(f"PRAGMA {pragma}").fetchone()[0])


class Postgres(Database):
    """A PostgreSQL database.

    Args:
        place: Its file or URL in messages, without the password.
        conninfo: A URL that libpq knows.

    Raises:
        MissingExtraError: psycopg is not installed.
        SettingsError: It is not a URL.
    """

    is_postgres = True

    def __init__(self, place: str, conninfo: str) -> None:
        try:
            import psycopg
            from psycopg.conninfo import conninfo_to_dict
            from psycopg.types.string import TextLoader
        except ImportError as err:
            raise MissingExtraError(
                Message("storage.no_driver", why=err),
                hint=Message("storage.install_driver"),
            ) from err

        try:
            given = conninfo_to_dict(conninfo)
            [int(port) for port in str(given.get("port") or 0).split(",")]
        except (psycopg.Error, ValueError):
            raise SettingsError(  # without the cause, which quotes the password
                Message("storage.bad_postgres_url", place=place), hint=Message("storage.expected_postgres_url")
            ) from None
        options: dict[str, Any] = {"application_name": "scriptune", "connect_timeout": _CONNECT_TIMEOUT_S, **given}

        def connect() -> Any:
            # autocommit: the driver opens no transactions of its own.
            raw = psycopg.connect(autocommit=True, **options)
            raw.adapters.register_loader("json", TextLoader)
            return raw

        super().__init__(place, connect, most=15)

    def _begin(self, raw: Any, writes: bool, durable: bool) -> None:
        raw.execute("BEGIN" if writes else "BEGIN ISOLATION LEVEL REPEATABLE READ")
        if durable:
            # Only `off` loses commits; the other levels say how many servers must have them: the user's choice.
            raw.execute(
                "SELECT set_config('synchronous_commit', 'on', true) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )

    def _roll_back(self, raw: Any) -> None:
        with suppress(Exception):  # the connection is lost, and with it the transaction
            raw.execute("ROLLBACK")

    def _is_lost(self, raw: Any) -> bool:
        return bool(raw.closed)
