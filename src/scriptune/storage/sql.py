"""Storage on SQLite and PostgreSQL: transactions, leases and items; `SqlReader` is the reading part."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from scriptune.core.job import UNFINISHED_JOB
from scriptune.errors import StorageError
from scriptune.storage import errors, events
from scriptune.storage.base import Lease
from scriptune.storage.connections import Connection, Database, Sqlite
from scriptune.storage.sql_keys import Given
from scriptune.storage.sql_read import SqlReader
from scriptune.storage.sql_transaction import SqlTransaction

__all__ = ["SqlStorage"]

_FREE = "(lease_owner IS NULL OR lease_until IS NULL OR lease_until <= :now)"
_OURS = "id = :job_id AND lease_owner = :owner"
_ITEM = "kind = :kind AND key = :key"
_SET_LEASE = "UPDATE jobs SET lease_owner = :owner, lease_until = :until WHERE"


class SqlStorage(SqlReader):
    """A `Storage` in an SQL database whose tables exist; created by `open_storage`.

    Args:
        database: Where.
        clock: Gives the time of events.
        before_writing: Called once, before the first transaction that writes; what it raises prevents it.
        on_close: Called after the connections were closed.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime] = events.utc_now,
        before_writing: Callable[[], None] | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(database)
        self._clock = clock
        self._before_writing = before_writing
        self._on_close = on_close

    def __repr__(self) -> str:
        return f"SqlStorage({self._database.place!r})"

    @contextmanager
    def transaction(self, lease: Lease | None = None, *, durable: bool = False) -> Iterator[SqlTransaction]:
        with self._write(durable=durable) as connection:
            tx = SqlTransaction(connection, self._clock)
            if lease is not None:
                holder = tx.lock(lease.job_id).lease_owner
                if holder != lease.owner:
                    raise errors.lease_lost(lease, holder)
            yield tx
            tx.finish()

    @contextmanager
    def _write(self, *, durable: bool = False) -> Iterator[Connection]:
        if self._before_writing is not None:
            self._before_writing()
            self._before_writing = None
        with self._database.transaction(writes=True, durable=durable) as connection:
            yield connection

    # leases

    def claim(
        self, job_id: str, owner: str, *, now: datetime, ttl_s: float, even_from: str | None = None
    ) -> Lease | None:
        given = Given(_lease(now, ttl_s, owner), job_id=job_id, now=now)
        free = f"({_FREE} OR lease_owner = :owner"
        free += ")" if even_from is None else f" OR lease_owner = {given.bind(even_from)})"
        with self._write() as connection:
            # One statement: PostgreSQL waits for anyone who holds the row and then checks the condition again.
            if connection.execute(f"{_SET_LEASE} id = :job_id AND {free}", given):
                return Lease(job_id, owner)
            if connection.value("SELECT id FROM jobs WHERE id = :job_id", {"job_id": job_id}) is None:
                raise errors.no_job(job_id)
            return None

    def claim_next(self, owner: str, *, now: datetime, ttl_s: float) -> Lease | None:
        given = Given(now=now)
        unfinished = given.bind_all([str(state) for state in UNFINISHED_JOB])
        waiting = f"SELECT id FROM jobs WHERE state IN ({unfinished}) AND {_FREE} ORDER BY created_at, id LIMIT 1"
        skips = " FOR UPDATE SKIP LOCKED" if self._is_postgres else ""
        with self._write() as connection:
            job_id = connection.value(f"{waiting}{skips}", given)
            if job_id is None:
                return None
            connection.execute(f"{_SET_LEASE} id = :job_id", {"job_id": job_id, **_lease(now, ttl_s, owner)})
            return Lease(job_id, owner)

    def renew(self, lease: Lease, *, now: datetime, ttl_s: float) -> None:
        given = {"job_id": lease.job_id, **_lease(now, ttl_s, lease.owner)}
        with self._write() as connection:
            if not connection.execute(f"{_SET_LEASE} {_OURS}", given):
                holder = connection.value("SELECT lease_owner FROM jobs WHERE id = :job_id", {"job_id": lease.job_id})
                raise errors.lease_lost(lease, holder)

    def release(self, lease: Lease) -> None:
        with self._write() as connection:
            connection.execute(
                f"UPDATE jobs SET lease_owner = NULL, lease_until = NULL WHERE {_OURS}",
                {"job_id": lease.job_id, "owner": lease.owner},
            )

    # items

    def put_item(self, kind: str, key: str, value: Mapping[str, Any], *, expect_absent: bool = False) -> None:
        given = {"kind": kind, "key": key, "value": dict(value)}
        locks = " FOR UPDATE" if self._is_postgres else ""
        with self._write() as connection:
            if connection.value(f"SELECT id FROM items WHERE {_ITEM}{locks}", given) is None:
                connection.execute("INSERT INTO items (kind, key, value) VALUES (:kind, :key, :value)", given)
            elif expect_absent:
                raise errors.item_taken(kind, key)
            else:
                connection.execute(f"UPDATE items SET value = :value WHERE {_ITEM}", given)

    def delete_item(self, kind: str, key: str) -> None:
        given = {"kind": kind, "key": key}
        with self._write() as connection:
            if not connection.execute(f"DELETE FROM items WHERE {_ITEM}", given):
                known = connection.tuples("SELECT key FROM items WHERE kind = :kind", given)
                raise errors.no_item(kind, key, [text for (text,) in known])

    def compact(self) -> None:
        """See `Storage.compact`; PostgreSQL has its autovacuum."""
        if isinstance(self._database, Sqlite):
            with suppress(StorageError, sqlite3.Error):
                self._database.compact()

    def close(self) -> None:
        self._database.close()
        if self._on_close is not None:
            self._on_close()


def _lease(now: datetime, ttl_s: float, owner: str) -> dict[str, Any]:
    return {"owner": owner, "until": now + timedelta(seconds=ttl_s)}
