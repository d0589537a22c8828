"""The list of jobs of a SQLite file, read without SQLAlchemy.

``scriptune list`` may cost 200 ms of cpu, and importing SQLAlchemy alone takes that long. So a SQLite storage starts
as a `DeferredStorage`: it lists jobs by the statements below, and becomes an `SqlStorage` when anything else is asked
of it. A test holds both to the same answers.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scriptune.core.job import JobSummary, SearchJob
from scriptune.core.trial import Trial, TrialState
from scriptune.storage import errors, rows
from scriptune.storage.base import JobFilter, Page, Storage
from scriptune.storage.sqlite_files import place_of, sqlite_failure

__all__ = ["DeferredStorage", "list_jobs"]

_FITS = """
(:text = '' OR instr(name, :text) OR instr(lower(name), :lower) OR substr(id, 1, length(:lower)) = :lower)
AND (:states = '[]' OR state IN (SELECT value FROM json_each(:states)))
AND NOT EXISTS (
    SELECT 1 FROM json_each(:labels) AS wanted
    WHERE json_extract(jobs.labels, '$."' || wanted.key || '"') IS NOT wanted.value
)
"""
_COUNTS = """
SELECT job_id, state, count(*) FROM trials
WHERE job_id IN (SELECT value FROM json_each(:ids)) GROUP BY job_id, state
"""
# By the index on (job_id, value, number), as in sql_read.
_BEST = """
SELECT trials.* FROM jobs JOIN trials ON trials.job_id = jobs.id AND trials.number = (
    SELECT min(number) FROM trials WHERE job_id = jobs.id AND value = CASE jobs.goal
        WHEN 'minimize' THEN (SELECT min(value) FROM trials WHERE job_id = jobs.id AND value IS NOT NULL)
        ELSE (SELECT max(value) FROM trials WHERE job_id = jobs.id AND value IS NOT NULL)
    END
)
WHERE jobs.id IN (SELECT value FROM json_each(:ids))
"""
_TIMES = ("created_at", "started_at", "finished_at", "lease_until")
_JSON = ("document", "labels", "params", "metrics", "suggestion", "reason", "notices", "earlier_goals", "units")


class DeferredStorage:
    """A `Storage` whose SQLAlchemy half is made at the first use of anything but `jobs`.

    Args:
        path: The SQLite file; its schema is ours.
        connect: Opens it for reading.
        make: Makes the whole storage.
        on_close: Called after the storage was closed.
    """

    def __init__(
        self,
        path: Path,
        connect: Callable[[], sqlite3.Connection],
        make: Callable[[], Storage],
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._connect = connect
        self._on_close = on_close
        self._make = make
        self._whole: Storage | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"DeferredStorage({str(self._path)!r})"

    def jobs(
        self, filter: JobFilter = JobFilter(), *, offset: int = 0, limit: int = 50, sort: str = "-created_at"
    ) -> Page[JobSummary]:
        """See `Storage.jobs`."""
        if self._whole is not None:
            return self._whole.jobs(filter, offset=offset, limit=limit, sort=sort)
        try:
            return list_jobs(self._connect, filter, offset=offset, limit=limit, sort=sort)
        except sqlite3.Error as err:
            raise sqlite_failure(err, place_of(self._path)) from err

    def close(self) -> None:
        """See `Storage.close`."""
        if self._whole is not None:
            self._whole.close()
        self._on_close()

    def __getattr__(self, name: str) -> Any:  # Any: every other method of a Storage
        if name.startswith("_"):
            raise AttributeError(name)
        with self._lock:
            if self._whole is None:
                self._whole = self._make()
        method = getattr(self._whole, name)
        # The next call finds the method itself and does not come here.
        self.__dict__[name] = method
        return method


def list_jobs(
    connect: Callable[[], sqlite3.Connection], filter: JobFilter, *, offset: int, limit: int, sort: str
) -> Page[JobSummary]:
    """Answer `Storage.jobs` from a SQLite file.

    Raises:
        NotFoundError: There is no such order.
        sqlite3.Error: The file cannot be read.
    """
    name, turned = errors.sort_key(sort, errors.JOB_SORTS)
    wanted = {
        "text": filter.text,
        "lower": filter.text.lower(),
        "states": json.dumps([str(state) for state in filter.states]),
        "labels": json.dumps(dict(filter.labels)),
        "offset": offset,
        "limit": limit,
    }
    order = f"{name} {'DESC' if turned else 'ASC'}, created_at DESC, id"
    with _one_moment(connect) as connection:
        total = connection.execute(f"SELECT count(*) FROM jobs WHERE {_FITS}", wanted).fetchone()[0]
        page = f"SELECT * FROM jobs WHERE {_FITS} ORDER BY {order} LIMIT :limit OFFSET :offset"
        jobs = [rows.job_of(_decoded(row)) for row in connection.execute(page, wanted)]
        return Page(items=_summaries(connection, jobs), total=total, offset=offset)


@contextmanager
def _one_moment(connect: Callable[[], sqlite3.Connection]) -> Iterator[sqlite3.Connection]:
    with closing(connect()) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        yield connection


def _summaries(connection: sqlite3.Connection, jobs: Sequence[SearchJob]) -> list[JobSummary]:
    ids = {"ids": json.dumps([job.id for job in jobs])}
    counts = {job.id: dict.fromkeys(TrialState, 0) for job in jobs}
    for job_id, state, n in connection.execute(_COUNTS, ids):
        counts[job_id][TrialState(state)] = n
    best: dict[str, Trial] = {row["job_id"]: rows.trial_of(_decoded(row)) for row in connection.execute(_BEST, ids)}
    return [JobSummary(job=job, counts=counts[job.id], best=best.get(job.id)) for job in jobs]


def _decoded(row: sqlite3.Row) -> dict[str, Any]:
    """A row with what SQLAlchemy's column types would have made of it."""
    columns = dict(row)
    for name in _TIMES:
        if columns.get(name) is not None:
            columns[name] = datetime.fromisoformat(columns[name]).replace(tzinfo=UTC)
    for name in _JSON:
        if columns.get(name) is not None:
            columns[name] = json.loads(columns[name])
    if "stop_requested" in columns and "number" in columns:
        columns["stop_requested"] = bool(columns["stop_requested"])  # a job's is a text
    return columns
