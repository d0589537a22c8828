"""Storage on SQLite and PostgreSQL: transactions, leases and items; the reading half is `SqlReader`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, insert, or_, select, update

from scriptune.core.job import UNFINISHED_JOB
from scriptune.errors import StorageError
from scriptune.storage import errors, events
from scriptune.storage.base import Lease
from scriptune.storage.engines import give_back_space, writing
from scriptune.storage.failures import translated
from scriptune.storage.sql_read import SqlReader
from scriptune.storage.sql_transaction import SqlTransaction
from scriptune.storage.tables import items, jobs

__all__ = ["SqlStorage"]


class SqlStorage(SqlReader):
    """A `Storage` in an SQL database whose tables exist; `open_storage` makes them and this.

    Args:
        engine: Where; one of `engines`.
        place: How messages call the database; without its password.
        clock: Gives the time of events.
        before_writing: Called once, before the first transaction that writes; what it raises prevents it.
    """

    def __init__(
        self,
        engine: Engine,
        place: str,
        *,
        clock: Callable[[], datetime] = events.utc_now,
        before_writing: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(engine, place)
        self._writing = writing(engine)
        self._durably = writing(engine, durable=True)
        self._clock = clock
        self._before_writing = before_writing

    def __repr__(self) -> str:
        return f"SqlStorage({self._place!r})"

    @contextmanager
    def transaction(self, lease: Lease | None = None, *, durable: bool = False) -> Iterator[SqlTransaction]:
        """See `Storage.transaction`."""
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
        engine = self._durably if durable else self._writing
        with translated(self._place), engine.begin() as connection:
            yield connection

    # leases

    def claim(
        self, job_id: str, owner: str, *, now: datetime, ttl_s: float, even_from: str | None = None
    ) -> Lease | None:
        """See `Storage.claim`."""
        free = or_(_is_free(now), jobs.c.lease_owner == owner)
        if even_from is not None:
            free = or_(free, jobs.c.lease_owner == even_from)
        with self._write() as connection:
            # One statement: PostgreSQL waits for whoever holds the row and then looks at the condition again.
            lease = _lease(now, ttl_s, owner)
            if connection.execute(update(jobs).where(jobs.c.id == job_id, free).values(lease)).rowcount:
                return Lease(job_id, owner)
            if connection.execute(select(jobs.c.id).where(jobs.c.id == job_id)).one_or_none() is None:
                raise errors.no_job(job_id)
            return None

    def claim_next(self, owner: str, *, now: datetime, ttl_s: float) -> Lease | None:
        """See `Storage.claim_next`."""
        unfinished = [str(state) for state in UNFINISHED_JOB]
        waiting = (
            select(jobs.c.id)
            .where(jobs.c.state.in_(unfinished), _is_free(now))
            .order_by(jobs.c.created_at, jobs.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._write() as connection:
            job_id = connection.execute(waiting).scalar_one_or_none()
            if job_id is None:
                return None
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(_lease(now, ttl_s, owner)))
            return Lease(job_id, owner)

    def renew(self, lease: Lease, *, now: datetime, ttl_s: float) -> None:
        """See `Storage.renew`."""
        with self._write() as connection:
            values = _lease(now, ttl_s, lease.owner)
            if not connection.execute(update(jobs).where(_is_ours(lease)).values(values)).rowcount:
                holder = connection.execute(select(jobs.c.lease_owner).where(jobs.c.id == lease.job_id))
                raise errors.lease_lost(lease, holder.scalar_one_or_none())

    def release(self, lease: Lease) -> None:
        """See `Storage.release`."""
        with self._write() as connection:
            free = {"lease_owner": None, "lease_until": None}
            connection.execute(update(jobs).where(_is_ours(lease)).values(free))

    # items

    def put_item(self, kind: str, key: str, value: Mapping[str, Any], *, expect_absent: bool = False) -> None:
        """See `Storage.put_item`."""
        this = and_(items.c.kind == kind, items.c.key == key)
        with self._write() as connection:
            if connection.execute(select(items.c.id).where(this).with_for_update()).one_or_none() is None:
                connection.execute(insert(items), {"kind": kind, "key": key, "value": dict(value)})
            elif expect_absent:
                raise errors.item_taken(kind, key)
            else:
                connection.execute(update(items).where(this), {"value": dict(value)})

    def delete_item(self, kind: str, key: str) -> None:
        """See `Storage.delete_item`."""
        with self._write() as connection:
            this = and_(items.c.kind == kind, items.c.key == key)
            if not connection.execute(delete(items).where(this)).rowcount:
                raise errors.no_item(
                    kind, key, connection.execute(select(items.c.key).where(items.c.kind == kind)).scalars()
                )

    def compact(self) -> None:
        """See `Storage.compact`; PostgreSQL has its autovacuum."""
        if self._engine.dialect.name != "sqlite":
            return
        with suppress(StorageError, sqlite3.Error), translated(self._place):
            give_back_space(self._engine)

    def close(self) -> None:
        """See `Storage.close`."""
        self._engine.dispose()


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(jobs.c.lease_owner.is_(None), jobs.c.lease_until.is_(None), jobs.c.lease_until <= now)


def _is_ours(lease: Lease) -> ColumnElement[bool]:
    return and_(jobs.c.id == lease.job_id, jobs.c.lease_owner == lease.owner)


def _lease(now: datetime, ttl_s: float, owner: str) -> dict[str, Any]:
    return {"lease_owner": owner, "lease_until": now + timedelta(seconds=ttl_s)}
