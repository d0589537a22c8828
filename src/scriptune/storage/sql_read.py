"""Reading from SQLite and PostgreSQL: every method is one transaction that sees one moment.

No method's number of statements depends on the number of rows, and no page reads the rows of another one, except to
count them in an index.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    union,
)

from scriptune.core.job import Event, Goal, JobState, JobSummary, SearchJob
from scriptune.core.trial import Attempt, Report, Tell, Trial, TrialState
from scriptune.storage import errors, rows, sql_keys, tables
from scriptune.storage.base import LOG_FREED, JobFilter, JobUse, LostLogs, Page, TrialFilter, TrialOutline
from scriptune.storage.engines import reading
from scriptune.storage.failures import translated

__all__ = ["SqlReader"]

_N_PROPOSED = 1000  # the newest names that "Did you mean" chooses from

_N_SUMMED_UP = 1000  # a page of the list
_Sums = tuple[Mapping[TrialState, int], Trial | None]

_STATES = {str(state): state for state in TrialState}  # quicker than the enumeration's call, 50,000 times
_jobs, _trials, _attempts = tables.jobs, tables.trials, tables.attempts


def _best_number() -> ColumnElement[int]:
    """Number of the best trial of the job in the row around it: two steps in the index by value, and a third for ties.

    A window function would read every trial of every listed job.
    """
    of_job = and_(_trials.c.job_id == _jobs.c.id, _trials.c.value.is_not(None))
    lowest = select(func.min(_trials.c.value)).where(of_job).correlate(_jobs).scalar_subquery()
    highest = select(func.max(_trials.c.value)).where(of_job).correlate(_jobs).scalar_subquery()
    best = case((_jobs.c.goal == Goal.MINIMIZE.value, lowest), else_=highest)
    tied = select(func.min(_trials.c.number)).where(_trials.c.job_id == _jobs.c.id, _trials.c.value == best)
    return tied.correlate(_jobs).scalar_subquery()


_JOB = select(_jobs).where(_jobs.c.id == bindparam("id"))
_BEST = (
    select(_jobs.c.id.label("best_of"), _trials)
    .join(_trials, and_(_trials.c.job_id == _jobs.c.id, _trials.c.number == _best_number()))
    .where(_jobs.c.id.in_(bindparam("ids", expanding=True)))
)
_COUNTS = (
    select(_trials.c.job_id, _trials.c.state, func.count())
    .where(_trials.c.job_id.in_(bindparam("ids", expanding=True)))
    .group_by(_trials.c.job_id, _trials.c.state)
)
_TRIAL = select(_trials).where(_trials.c.job_id == bindparam("job_id"), _trials.c.number == bindparam("number"))
_N_TRIALS = select(func.coalesce(func.max(_trials.c.number) + 1, 0)).where(_trials.c.job_id == bindparam("job_id"))
_NAMED = select(_trials).where(
    _trials.c.job_id == bindparam("job_id"), _trials.c.number.in_(bindparam("numbers", expanding=True))
)
_INDEXED = ("number", "value", "state")
_FAR = 1000  # rows that are skipped: from here on, skipping whole ones costs more than a second statement
_OUTLINES = select(
    _trials.c.number,
    _trials.c.state,
    _trials.c.value,
    cast(_trials.c.params, Text).label("params"),
    cast(_trials.c.metrics, Text).label("metrics"),
    _trials.c.n_reports,
    _trials.c.started_at,
    _trials.c.finished_at,
).order_by(_trials.c.number)
# Without an order: an index has both columns, and rows that are read for one number each are far larger.
_VALUES = select(_trials.c.number, _trials.c.value).where(_trials.c.job_id == bindparam("job_id"))
_BY_CAUSE = (
    select(_trials.c.cause, func.count().label("n"), func.min(_trials.c.number).label("first"))
    .where(_trials.c.job_id == bindparam("job_id"), _trials.c.state == TrialState.FAILED.value)
    .group_by(_trials.c.cause)
    .subquery()
)
_FAILURES = (
    select(_BY_CAUSE.c.cause, _BY_CAUSE.c.n, _trials.c.message, _trials.c.reason)
    .join(_trials, and_(_trials.c.job_id == bindparam("job_id"), _trials.c.number == _BY_CAUSE.c.first))
    .order_by(_BY_CAUSE.c.n.desc(), _BY_CAUSE.c.first)
)
_LOST_LOGS = select(
    select(func.count(_attempts.c.pruned_at)).where(_attempts.c.job_id == bindparam("job_id")).scalar_subquery(),
    select(func.max(_attempts.c.pruned_at)).where(_attempts.c.job_id == bindparam("job_id")).scalar_subquery(),
    select(func.count())
    .where(_trials.c.job_id == bindparam("job_id"), cast(_trials.c.notices, Text).like(f'%"code":"{LOG_FREED}"%'))
    .scalar_subquery(),
)
_LATEST = (
    select(_attempts.c.number, func.max(_attempts.c.attempt).label("attempt"))
    .where(_attempts.c.job_id == bindparam("job_id"), _attempts.c.number.in_(bindparam("numbers", expanding=True)))
    .group_by(_attempts.c.number)
    .subquery()
)
_METRIC_REPORTS = (
    select(tables.reports.c.number, tables.reports.c.step, tables.reports.c.value, tables.reports.c.non_finite)
    .join(
        _LATEST,
        and_(tables.reports.c.number == _LATEST.c.number, tables.reports.c.attempt == _LATEST.c.attempt),
    )
    .where(tables.reports.c.job_id == bindparam("job_id"), tables.reports.c.metric == bindparam("metric"))
    .order_by(tables.reports.c.number, tables.reports.c.position)
)
_TELLS = select(tables.tells).where(tables.tells.c.job_id == bindparam("job_id")).order_by(tables.tells.c.position)
_EVENTS = (
    select(tables.events)
    .where(tables.events.c.job_id == bindparam("job_id"), tables.events.c.seq > bindparam("after"))
    .order_by(tables.events.c.seq)
    .limit(bindparam("limit"))
)
_NEWEST_EVENTS = select(_jobs.c.id, _jobs.c.last_event).where(_jobs.c.id.in_(bindparam("ids", expanding=True)))
_NEWEST_OF_ALL = select(tables.counters.c.value).where(tables.counters.c.name == "job_events")
_ALL_EVENTS = (
    select(tables.events)
    .where(tables.events.c.global_seq > bindparam("after"))
    .order_by(tables.events.c.global_seq)
    .limit(bindparam("limit"))
)


class _SummedUp:
    """Counts and best trials of the jobs that were listed last, each as of one event of its event log."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, tuple[int, _Sums]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, job_id: str, last_event: int) -> _Sums | None:
        with self._lock:
            event, sums = self._jobs.get(job_id, (-1, None))
            return sums if event == last_event else None

    def put(self, found: Iterable[tuple[str, int, _Sums]]) -> None:
        with self._lock:
            for job_id, last_event, sums in found:
                self._jobs[job_id] = (last_event, sums)
                self._jobs.move_to_end(job_id)
            while len(self._jobs) > _N_SUMMED_UP:
                self._jobs.popitem(last=False)


class SqlReader:
    """The reading half of a `Storage` in an SQL database.

    Args:
        engine: Where.
        place: How messages call the database; without its password.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        self._reading = reading(engine)
        self._summed_up = _SummedUp()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with translated(self._place), self._reading.begin() as connection:
            yield connection

    # jobs

    def job(self, job_id: str) -> SearchJob:
        """See `Storage.job`."""
        with self._read() as connection:
            return self._job(connection, job_id)

    def find_job(
        self, ref: str | None, use: JobUse = JobUse.READ, *, labels: Mapping[str, str] | None = None
    ) -> SearchJob:
        """See `Storage.find_job`."""
        newest = (_jobs.c.created_at.desc(), _jobs.c.id)
        mine = list(_job_conditions(JobFilter(labels=labels or {})))
        with self._read() as connection:
            if ref is None:
                row = connection.execute(select(_jobs).where(*mine).order_by(*newest).limit(1)).mappings().one_or_none()
                if row is None:
                    raise errors.no_job(None)
                return rows.job_of(row)
            whole = None if mine else connection.execute(_JOB, {"id": ref}).mappings().one_or_none()
            if whole is not None:  # nearly always; the rest looks at every job
                return rows.job_of(whole)
            fits = or_(func.lower(_jobs.c.id).startswith(ref.lower(), autoescape=True), _jobs.c.name == ref)
            found = connection.execute(select(_jobs.c.id, _jobs.c.name).where(fits, *mine).order_by(*newest))
            job_id = errors.choose_job(ref, [(job_id, name) for job_id, name in found], use)
            if job_id is None:
                some = select(_jobs.c.name, _jobs.c.id).where(*mine).order_by(*newest).limit(_N_PROPOSED)
                known = connection.execute(some)
                raise errors.no_job(ref, [text for name_and_id in known for text in name_and_id])
            return self._job(connection, job_id)

    def jobs(
        self, filter: JobFilter = JobFilter(), *, offset: int = 0, limit: int = 50, sort: str = "-created_at"
    ) -> Page[JobSummary]:
        """See `Storage.jobs`."""
        name, turned = errors.sort_key(sort, errors.JOB_SORTS)
        key: ColumnElement[Any] = _jobs.c[name]
        if name != "created_at":
            key = self._bytewise(key)
        order = (key.desc() if turned else key.asc(), _jobs.c.created_at.desc(), _jobs.c.id)
        wanted = select(_jobs).where(*_job_conditions(filter))
        with self._read() as connection:
            total = _count(connection, wanted)
            found = connection.execute(_slice(wanted.order_by(*order), offset, limit)).mappings().all()
            items = self._summaries(connection, [rows.job_of(row) for row in found])
        return Page(items=items, total=total, offset=offset)

    def summary(self, job_id: str) -> JobSummary:
        """See `Storage.summary`."""
        with self._read() as connection:
            return self._summaries(connection, [self._job(connection, job_id)])[0]

    def _job(self, connection: Connection, job_id: str) -> SearchJob:
        row = connection.execute(_JOB, {"id": job_id}).mappings().one_or_none()
        if row is None:
            raise errors.no_job(job_id, connection.execute(select(_jobs.c.id).limit(_N_PROPOSED)).scalars())
        return rows.job_of(row)

    def _summaries(self, connection: Connection, jobs: Sequence[SearchJob]) -> list[JobSummary]:
        """Jobs with counts and best trial; the trials are read of those only that had an event since the last time."""
        known = {job.id: found for job in jobs if (found := self._summed_up.get(job.id, job.last_event))}
        ids = [job.id for job in jobs if job.id not in known]
        if ids:
            counts = {job_id: dict.fromkeys(TrialState, 0) for job_id in ids}
            for job_id, state, n in connection.execute(_COUNTS, {"ids": ids}):
                counts[job_id][TrialState(state)] = n
            best = {row["best_of"]: rows.trial_of(row) for row in connection.execute(_BEST, {"ids": ids}).mappings()}
            known |= {job_id: (counts[job_id], best.get(job_id)) for job_id in ids}
            self._summed_up.put((job.id, job.last_event, known[job.id]) for job in jobs)
        return [JobSummary(job, dict(known[job.id][0]), known[job.id][1]) for job in jobs]

    def _bytewise(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Order texts by code points everywhere; PostgreSQL would follow the server's language."""
        return column.collate("C") if self._engine.dialect.name == "postgresql" else column

    # trials

    def trial(self, job_id: str, number: int) -> Trial:
        """See `Storage.trial`."""
        with self._read() as connection:
            row = connection.execute(_TRIAL, {"job_id": job_id, "number": number}).mappings().one_or_none()
            if row is None:
                job = self._job(connection, job_id)
                n_trials = connection.execute(_N_TRIALS, {"job_id": job_id}).scalar_one()
                raise errors.no_trial(job, number, n_trials)
            return rows.trial_of(row)

    def trials(
        self,
        job_id: str,
        filter: TrialFilter = TrialFilter(),
        *,
        offset: int = 0,
        limit: int | None = None,
        sort: str = "number",
    ) -> Page[Trial]:
        """See `Storage.trials`."""
        dialect = self._engine.dialect.name
        fits = [sql_keys.condition(one, dialect) for one in filter.where]
        if filter.numbers:
            fits.append(_trials.c.number.in_(filter.numbers))
        wanted = select(_trials).where(_trials.c.job_id == job_id, *_in_states(_trials.c.state, filter.states), *fits)
        page = _slice(wanted.order_by(*sql_keys.order(sort, dialect)), offset, limit)
        with self._read() as connection:
            total = _count(connection, wanted)
            if limit is None or (sort.removeprefix("-") in _INDEXED and offset < _FAR):
                found = connection.execute(page).mappings()
                return Page(items=[rows.trial_of(row) for row in found], total=total, offset=offset)
            # Rows that are carried through a sort of 50,000, or skipped, cost more than the sort.
            numbers = connection.execute(page.with_only_columns(_trials.c.number)).scalars().all()
            found = connection.execute(_NAMED, {"job_id": job_id, "numbers": numbers}).mappings()
            trials = {row["number"]: rows.trial_of(row) for row in found}
            return Page(items=[trials[number] for number in numbers], total=total, offset=offset)

    def outlines(self, job_id: str, *, since: tuple[int, int] | None = None) -> Sequence[TrialOutline]:
        """See `Storage.outlines`."""
        wanted = _OUTLINES.where(_trials.c.job_id == job_id)
        if since is not None:
            wanted = wanted.where(_trials.c.number.in_(_changed_since(job_id, *since)))
        with self._read() as connection:
            found = connection.execute(wanted).all()
        # One text parsed at once takes a third of the time of 100,000 small ones.
        all_params = json.loads(f"[{','.join(row.params for row in found)}]")
        all_metrics = json.loads(f"[{','.join(row.metrics for row in found)}]")
        return [
            TrialOutline(row[0], _STATES[row[1]], row[2], params, metrics, *row[5:])
            for row, params, metrics in zip(found, all_params, all_metrics, strict=True)
        ]

    def values(self, job_id: str) -> Sequence[float | None]:
        """See `Storage.values`."""
        with self._read() as connection:
            found = connection.execute(_VALUES, {"job_id": job_id}).all()
        values: list[float | None] = [None] * len(found)  # numbers have no gaps
        for number, value in found:
            values[number] = value
        return values

    def failures(self, job_id: str) -> Mapping[str, tuple[int, str]]:
        """See `Storage.failures`."""
        with self._read() as connection:
            found = connection.execute(_FAILURES, {"job_id": job_id})
            return {str(cause): (n, rows.message_of(text, reason)) for cause, n, text, reason in found}

    def lost_logs(self, job_id: str) -> LostLogs:
        """See `Storage.lost_logs`."""
        with self._read() as connection:
            n_pruned, pruned_at, n_freed = connection.execute(_LOST_LOGS, {"job_id": job_id}).one()
        return LostLogs(n_pruned, pruned_at, n_freed)

    def attempts(
        self,
        job_id: str,
        number: int | None = None,
        *,
        states: Collection[TrialState] = (),
        limit: int | None = None,
    ) -> Sequence[Attempt]:
        """See `Storage.attempts`."""
        wanted = select(_attempts).where(_attempts.c.job_id == job_id, *_in_states(_attempts.c.state, states))
        if number is not None:
            wanted = wanted.where(_attempts.c.number == number)
        with self._read() as connection:
            wanted = wanted.order_by(_attempts.c.number, _attempts.c.attempt)
            found = connection.execute(_slice(wanted, 0, limit)).mappings()
            return [rows.attempt_of(row) for row in found]

    def reports(
        self,
        job_id: str,
        number: int,
        *,
        attempt: int | None = None,
        metric: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> Page[Report]:
        """See `Storage.reports`."""
        table = tables.reports
        with self._read() as connection:
            attempt, n_reports = _latest_attempt(connection, job_id, number, attempt)
            wanted = select(table).where(table.c.job_id == job_id, table.c.number == number, table.c.attempt == attempt)
            if metric is None:
                # Positions have no gaps, so a late page of a million reports starts where it is.
                total = n_reports
                wanted = _slice(wanted.where(table.c.position >= offset), 0, limit)
            else:
                wanted = wanted.where(table.c.metric == metric)
                total = _count(connection, wanted)
                wanted = _slice(wanted, offset, limit)
            found = connection.execute(wanted.order_by(table.c.position)).mappings()
            return Page(items=[rows.report_of(row) for row in found], total=total, offset=offset)

    def metric_reports(
        self, job_id: str, metric: str, numbers: Sequence[int]
    ) -> Mapping[int, Sequence[tuple[float, float]]]:
        """See `Storage.metric_reports`."""
        found: dict[int, list[tuple[float, float]]] = {}
        with self._read() as connection:
            given = {"job_id": job_id, "metric": metric, "numbers": list(numbers)}
            for number, step, value, non_finite in connection.execute(_METRIC_REPORTS, given):
                found.setdefault(number, []).append((step, value if non_finite is None else float(non_finite)))
        return found

    # history and event log

    def tells(self, job_id: str) -> Sequence[Tell]:
        """See `Storage.tells`."""
        with self._read() as connection:
            return [rows.tell_of(row) for row in connection.execute(_TELLS, {"job_id": job_id}).mappings()]

    def events(self, job_id: str | None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """See `Storage.events`."""
        with self._read() as connection:
            if job_id is None:
                found = connection.execute(_ALL_EVENTS, {"after": after, "limit": limit})
                return [rows.event_of(row, "global_seq") for row in found.mappings()]
            found = connection.execute(_EVENTS, {"job_id": job_id, "after": after, "limit": limit})
            return [rows.event_of(row) for row in found.mappings()]

    def newest_events(self, job_ids: Collection[str]) -> Mapping[str | None, int]:
        """See `Storage.newest_events`."""
        with self._read() as connection:
            newest: dict[str | None, int] = {None: connection.execute(_NEWEST_OF_ALL).scalar_one()}
            newest.update((job_id, seq) for job_id, seq in connection.execute(_NEWEST_EVENTS, {"ids": list(job_ids)}))
            return newest

    # items

    def get_item(self, kind: str, key: str) -> Mapping[str, Any]:
        """See `Storage.get_item`."""
        table = tables.items
        with self._read() as connection:
            of_kind = table.c.kind == kind
            row = connection.execute(select(table.c.value).where(of_kind, table.c.key == key)).one_or_none()
            if row is None:
                known = connection.execute(select(table.c.key).where(of_kind).limit(_N_PROPOSED)).scalars()
                raise errors.no_item(kind, key, known)
            value: Mapping[str, Any] = row[0]
            return value

    def items(self, kind: str, *, offset: int = 0, limit: int | None = None) -> Page[tuple[str, Mapping[str, Any]]]:
        """See `Storage.items`."""
        wanted = select(tables.items).where(tables.items.c.kind == kind)
        with self._read() as connection:
            total = _count(connection, wanted)
            found = connection.execute(_slice(wanted.order_by(tables.items.c.id), offset, limit)).mappings()
            return Page(items=[(row["key"], row["value"]) for row in found], total=total, offset=offset)


def _job_conditions(filter: JobFilter) -> Iterable[ColumnElement[bool]]:
    if filter.text:
        lower = filter.text.lower()
        yield or_(
            _jobs.c.name.contains(filter.text, autoescape=True),
            func.lower(_jobs.c.name).contains(lower, autoescape=True),
            _jobs.c.id.startswith(lower, autoescape=True),
        )
    yield from _in_states(_jobs.c.state, filter.states)
    yield from (_jobs.c.labels[name].as_string() == wanted for name, wanted in filter.labels.items())


def _in_states(
    column: ColumnElement[str], states: Collection[JobState] | Collection[TrialState]
) -> Iterable[ColumnElement[bool]]:
    if states:
        yield column.in_([str(state) for state in states])


def _count(connection: Connection, wanted: Select[Any]) -> int:
    counted: Select[Any] = wanted.with_only_columns(func.count(), maintain_column_froms=True)
    return int(connection.execute(counted).scalar_one())


def _slice(wanted: Select[Any], offset: int, limit: int | None) -> Select[Any]:
    return wanted.offset(offset or None).limit(limit)


def _changed_since(job_id: str, event: int, tell: int) -> CompoundSelect[Any]:
    """Numbers of the trials that a job's events and tells have named since."""
    events, tells = tables.events, tables.tells
    return union(
        select(events.c.number).where(events.c.job_id == job_id, events.c.seq > event, events.c.number.is_not(None)),
        select(tells.c.number).where(tells.c.job_id == job_id, tells.c.position >= tell),
    )


def _latest_attempt(connection: Connection, job_id: str, number: int, attempt: int | None) -> tuple[int, int]:
    """Number of an attempt (the latest, unless named) and of its reports; no attempt, no reports."""
    wanted = select(_attempts.c.attempt, _attempts.c.n_reports).where(
        _attempts.c.job_id == job_id, _attempts.c.number == number
    )
    if attempt is not None:
        wanted = wanted.where(_attempts.c.attempt == attempt)
    row = connection.execute(wanted.order_by(_attempts.c.attempt.desc()).limit(1)).one_or_none()
    return (row[0], row[1]) if row else (attempt or 1, 0)
