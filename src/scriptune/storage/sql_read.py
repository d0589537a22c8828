"""Read queries on SQLite and PostgreSQL; every method is one transaction with a consistent snapshot.

No method's number of statements depends on the number of rows, and no page reads the rows of another one, except to
count them in an index.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from scriptune.core.baseline import baseline_of, compared_numbers
from scriptune.core.decision import StoppingCall
from scriptune.core.job import Event, JobState, JobSummary, SearchJob
from scriptune.core.trial import Attempt, Report, Tell, Trial, TrialState
from scriptune.storage import errors, rows, sql_keys
from scriptune.storage.base import LOG_FREED, JobFilter, JobUse, LostLogs, Page, TrialFilter, TrialOutline
from scriptune.storage.columns import DECODERS
from scriptune.storage.connections import Connection, Database
from scriptune.storage.events import stopping_call
from scriptune.storage.sql_keys import Given

__all__ = ["SqlReader"]

_N_PROPOSED = 1000  # the newest names that "Did you mean" chooses from

_N_SUMMED_UP = 1000  # a page of the list
_Sums = tuple[Mapping[TrialState, int], Trial | None, Sequence[Trial]]

_STATES = {str(state): state for state in TrialState}  # quicker than the enumeration's call, 50,000 times

_JOB = "SELECT * FROM jobs WHERE id = :id"
_NEWEST_FIRST = "created_at DESC, id"
_COUNTS = "SELECT job_id, state, count(*) FROM trials WHERE job_id IN ({ids}) GROUP BY job_id, state"
# Two steps in the index by value, and a third for ties: a window function would read every trial of every listed job.
_BEST = """
SELECT trials.* FROM jobs JOIN trials ON trials.job_id = jobs.id AND trials.number = (
    SELECT min(number) FROM trials AS tied WHERE tied.job_id = jobs.id AND tied.value = CASE jobs.goal
        WHEN 'minimize' THEN (SELECT min(value) FROM trials AS low WHERE low.job_id = jobs.id AND value IS NOT NULL)
        ELSE (SELECT max(value) FROM trials AS high WHERE high.job_id = jobs.id AND value IS NOT NULL)
    END
)
WHERE jobs.id IN ({ids})
"""
_COMPARED = "SELECT * FROM trials WHERE job_id IN ({ids}) AND number IN ({numbers})"
_TRIAL = "SELECT * FROM trials WHERE job_id = :job_id AND number = :number"
_N_TRIALS = "SELECT coalesce(max(number) + 1, 0) FROM trials WHERE job_id = :job_id"
_INDEXED = ("number", "value", "state")
_FAR = 1000  # rows that are skipped: from here on, skipping whole ones costs more than a second statement
_OUTLINES = "SELECT number, state, value, params, metrics, n_reports, started_at, finished_at FROM trials WHERE {which}"
_CHANGED = """number IN (
    SELECT number FROM events WHERE job_id = :job_id AND seq > :event AND number IS NOT NULL
    UNION SELECT number FROM tells WHERE job_id = :job_id AND position >= :tell
)"""
# Without an order: an index has both columns, and rows that are read for one number each are far larger.
_VALUES = "SELECT number, value FROM trials WHERE job_id = :job_id"
_FAILURES = """
SELECT by_cause.cause, by_cause.n, trials.message, trials.reason
FROM (
    SELECT cause, count(*) AS n, min(number) AS first FROM trials WHERE job_id = :job_id AND state = 'failed'
    GROUP BY cause
) AS by_cause JOIN trials ON trials.job_id = :job_id AND trials.number = by_cause.first
ORDER BY by_cause.n DESC, by_cause.first
"""
_LOST_LOGS = """
SELECT count(pruned_at), max(pruned_at), (
    SELECT count(*) FROM trials WHERE job_id = :job_id AND CAST(notices AS TEXT) LIKE :freed
) FROM attempts WHERE job_id = :job_id
"""
# The last condition is that of a partial index.
_STOP_REQUESTS = """
SELECT number FROM trials WHERE job_id = :job_id AND state IN ('waiting', 'running') AND stop_requested ORDER BY number
"""
_METRIC_REPORTS = """
SELECT reports.number, reports.step, reports.value, reports.non_finite
FROM reports JOIN (
    SELECT number, max(attempt) AS attempt FROM attempts WHERE job_id = :job_id AND number IN ({numbers})
    GROUP BY number
) AS latest ON reports.number = latest.number AND reports.attempt = latest.attempt
WHERE reports.job_id = :job_id AND reports.metric = :metric
ORDER BY reports.number, reports.position
"""
_TELLS = "SELECT * FROM tells WHERE job_id = :job_id ORDER BY position"
_EVENTS = "SELECT * FROM events WHERE job_id = :job_id AND seq > :after ORDER BY seq LIMIT :limit"
_STOPPING_CALLS = "SELECT * FROM events WHERE job_id = :job_id AND kind = 'stopping' ORDER BY seq"
_ALL_EVENTS = "SELECT * FROM events WHERE global_seq > :after ORDER BY global_seq LIMIT :limit"


class _CachedSummaries:
    """A cache of the counts and best trials of recently listed jobs, valid for one event number each."""

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
    """The read methods of a `Storage` in an SQL database.

    Args:
        database: Where.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = database.transaction
        self._is_postgres = database.is_postgres
        self._cached_summaries = _CachedSummaries()

    # jobs

    def job(self, job_id: str) -> SearchJob:
        with self._read() as connection:
            return self._job(connection, job_id)

    def find_job(
        self, ref: str | None, use: JobUse = JobUse.READ, *, labels: Mapping[str, str] | None = None
    ) -> SearchJob:
        given = Given()
        # The latest job is a search, even while one of its confirmations runs.
        mine = self._of_jobs(JobFilter(labels=labels or {}, confirms="" if ref is None else None), given)
        with self._read() as connection:
            if ref is None:
                row = connection.row(f"SELECT * FROM jobs WHERE {mine} ORDER BY {_NEWEST_FIRST} LIMIT 1", given)
                if row is None:
                    raise errors.no_job(None)
                return rows.job_of(row)
            whole = None if labels else connection.row(_JOB, {"id": ref})
            if whole is not None:  # nearly always; the rest reads every job
                return rows.job_of(whole)
            fits = f"(substr(lower(id), 1, {len(ref)}) = {given.bind(ref.lower())} OR name = {given.bind(ref)})"
            found = connection.tuples(
                f"SELECT id, name FROM jobs WHERE {fits} AND {mine} ORDER BY {_NEWEST_FIRST}", given
            )
            job_id = errors.choose_job(ref, found, use)
            if job_id is None:
                some = f"SELECT name, id FROM jobs WHERE {mine} ORDER BY {_NEWEST_FIRST} LIMIT {_N_PROPOSED}"
                raise errors.no_job(
                    ref, [text for name_and_id in connection.tuples(some, given) for text in name_and_id]
                )
            return self._job(connection, job_id)

    def jobs(
        self, filter: JobFilter = JobFilter(), *, offset: int = 0, limit: int = 50, sort: str = "-created_at"
    ) -> Page[JobSummary]:
        name, turned = errors.sort_key(sort, errors.JOB_SORTS)
        key = f'{name} COLLATE "C"' if self._is_postgres and name != "created_at" else name
        order = f"{key} {'DESC' if turned else 'ASC'}, {_NEWEST_FIRST}"
        given = Given()
        wanted = f"FROM jobs WHERE {self._of_jobs(filter, given)}"
        with self._read() as connection:
            total = int(connection.value(f"SELECT count(*) {wanted}", given))
            found = connection.rows(f"SELECT * {wanted} ORDER BY {order}{self._slice(offset, limit)}", given)
            items = self._summaries(connection, [rows.job_of(row) for row in found])
        return Page(items=items, total=total, offset=offset)

    def summary(self, job_id: str) -> JobSummary:
        with self._read() as connection:
            return self._summaries(connection, [self._job(connection, job_id)])[0]

    def _job(self, connection: Connection, job_id: str) -> SearchJob:
        row = connection.row(_JOB, {"id": job_id})
        if row is None:
            known = connection.tuples(f"SELECT id FROM jobs LIMIT {_N_PROPOSED}")
            raise errors.no_job(job_id, [text for (text,) in known])
        return rows.job_of(row)

    def _summaries(self, connection: Connection, jobs: Sequence[SearchJob]) -> list[JobSummary]:
        """Jobs with counts and best trial; trials are read only for jobs with new events since the last call."""
        known = {job.id: found for job in jobs if (found := self._cached_summaries.get(job.id, job.last_event))}
        ids = [job.id for job in jobs if job.id not in known]
        if ids:
            counts = {job_id: dict.fromkeys(TrialState, 0) for job_id in ids}
            given = Given()
            listed = given.bind_all(ids)
            for job_id, state, n in connection.tuples(_COUNTS.format(ids=listed), given):
                counts[job_id][TrialState(state)] = n
            best_rows = connection.rows(_BEST.format(ids=listed), given)
            best = {row["job_id"]: rows.trial_of(row) for row in best_rows}
            compared = self._compared(connection, [job for job in jobs if job.id in counts])
            known |= {job_id: (counts[job_id], best.get(job_id), compared[job_id]) for job_id in ids}
            self._cached_summaries.put((job.id, job.last_event, known[job.id]) for job in jobs)
        return [
            JobSummary(job, dict(n_by_state), best_trial, baseline_of(job, compared, best_trial))
            for job in jobs
            for n_by_state, best_trial, compared in [known[job.id]]
        ]

    def _compared(self, connection: Connection, jobs: Sequence[SearchJob]) -> Mapping[str, list[Trial]]:
        """The trials that baselines of jobs are made of."""
        numbers = {job.id: compared_numbers(job) for job in jobs}
        given = Given()
        listed = given.bind_all(list(numbers))
        wanted = ", ".join(map(str, sorted({number for some in numbers.values() for number in some})))
        found: dict[str, list[Trial]] = {job.id: [] for job in jobs}
        for row in connection.rows(_COMPARED.format(ids=listed, numbers=wanted), given):
            if row["number"] in numbers[row["job_id"]]:
                found[row["job_id"]].append(rows.trial_of(row))
        return found

    def _of_jobs(self, filter: JobFilter, given: Given) -> str:
        """The ``WHERE`` expression of a job filter."""
        wanted = ["1 = 1"]
        if filter.text:
            lower = filter.text.lower()
            text, lowered = given.bind(filter.text), given.bind(lower)
            contains = "strpos" if self._is_postgres else "instr"
            by_name = f"{contains}(name, {text}) > 0 OR {contains}(lower(name), {lowered}) > 0"
            wanted.append(f"({by_name} OR substr(id, 1, {len(lower)}) = {lowered})")
        if filter.states:
            wanted.append(_in_states(filter.states, given))
        for name, label in filter.labels.items():
            at = sql_keys.json_text_at("labels", name, given, is_postgres=self._is_postgres)
            wanted.append(f"{at} = {given.bind(label)}")
        if filter.confirms == "":
            wanted.append("confirms IS NULL")
        elif filter.confirms is not None:
            at = sql_keys.json_text_at("confirms", "job_id", given, is_postgres=self._is_postgres)
            wanted.append(f"confirms IS NOT NULL AND {at} = {given.bind(filter.confirms)}")
        return " AND ".join(wanted)

    def _slice(self, offset: int, limit: int | None) -> str:
        if limit is None:
            limited = " LIMIT -1" if offset and not self._is_postgres else ""  # SQLite knows no offset alone
        else:
            limited = f" LIMIT {int(limit)}"
        return f"{limited} OFFSET {int(offset)}" if offset else limited

    # trials

    def trial(self, job_id: str, number: int) -> Trial:
        with self._read() as connection:
            row = connection.row(_TRIAL, {"job_id": job_id, "number": number})
            if row is None:
                job = self._job(connection, job_id)
                raise errors.no_trial(job, number, connection.value(_N_TRIALS, {"job_id": job_id}))
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
        given = Given(job_id=job_id)
        fits = ["job_id = :job_id"]
        if filter.states:
            fits.append(_in_states(filter.states, given))
        if filter.numbers:
            fits.append(f"number IN ({given.bind_all(filter.numbers)})")
        fits += [sql_keys.condition(one, given, is_postgres=self._is_postgres) for one in filter.where]
        wanted = f"FROM trials WHERE {' AND '.join(fits)}"
        page = f"{wanted} ORDER BY {sql_keys.order(sort, given, is_postgres=self._is_postgres)}"
        page += self._slice(offset, limit)
        with self._read() as connection:
            total = int(connection.value(f"SELECT count(*) {wanted}", given))
            if limit is None or (sort.removeprefix("-") in _INDEXED and offset < _FAR):
                found = connection.rows(f"SELECT * {page}", given)
                return Page(items=[rows.trial_of(row) for row in found], total=total, offset=offset)
            # Rows that are carried through a sort of 50,000, or skipped, cost more than the sort.
            numbers = [number for (number,) in connection.tuples(f"SELECT number {page}", given)]
            named = Given(job_id=job_id)
            these = f"SELECT * FROM trials WHERE job_id = :job_id AND number IN ({named.bind_all(numbers)})"
            trials = {row["number"]: rows.trial_of(row) for row in connection.rows(these, named)}
            return Page(items=[trials[number] for number in numbers], total=total, offset=offset)

    def outlines(self, job_id: str, *, since: tuple[int, int] | None = None) -> Sequence[TrialOutline]:
        given: dict[str, Any] = {"job_id": job_id}
        which = "job_id = :job_id"
        if since is not None:
            given |= {"event": since[0], "tell": since[1]}
            which += f" AND {_CHANGED}"
        with self._read() as connection:
            found = connection.tuples(f"{_OUTLINES.format(which=which)} ORDER BY number", given)
        # One text parsed at once takes a third of the time of 100,000 small ones.
        all_params = json.loads(f"[{','.join(row[3] for row in found)}]")
        all_metrics = json.loads(f"[{','.join(row[4] for row in found)}]")
        return [
            TrialOutline(
                row[0],
                _STATES[row[1]],
                row[2],
                params,
                metrics,
                row[5],
                row[6] and _time(row[6]),
                row[7] and _time(row[7]),
            )
            for row, params, metrics in zip(found, all_params, all_metrics, strict=True)
        ]

    def values(self, job_id: str) -> Sequence[float | None]:
        with self._read() as connection:
            found = connection.tuples(_VALUES, {"job_id": job_id})
        values: list[float | None] = [None] * len(found)  # numbers have no gaps
        for number, value in found:
            values[number] = value
        return values

    def failures(self, job_id: str) -> Mapping[str, tuple[int, str]]:
        with self._read() as connection:
            found = connection.rows(_FAILURES, {"job_id": job_id})
            return {str(row["cause"]): (row["n"], rows.message_of(row["message"], row["reason"])) for row in found}

    def lost_logs(self, job_id: str) -> LostLogs:
        given = {"job_id": job_id, "freed": f'%"code":"{LOG_FREED}"%'}
        with self._read() as connection:
            n_pruned, pruned_at, n_freed = connection.tuples(_LOST_LOGS, given)[0]
        return LostLogs(n_pruned, pruned_at and _time(pruned_at), n_freed)

    def attempts(
        self,
        job_id: str,
        number: int | None = None,
        *,
        states: Collection[TrialState] = (),
        limit: int | None = None,
    ) -> Sequence[Attempt]:
        given = Given(job_id=job_id)
        wanted = "SELECT * FROM attempts WHERE job_id = :job_id"
        if states:
            wanted += f" AND {_in_states(states, given)}"
        if number is not None:
            wanted += f" AND number = {given.bind(number)}"
        with self._read() as connection:
            found = connection.rows(f"{wanted} ORDER BY number, attempt{self._slice(0, limit)}", given)
            return [rows.attempt_of(row) for row in found]

    def stop_requests(self, job_id: str) -> Sequence[int]:
        with self._read() as connection:
            return [number for (number,) in connection.tuples(_STOP_REQUESTS, {"job_id": job_id})]

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
        with self._read() as connection:
            attempt, total = _latest_attempt(connection, job_id, number, attempt)
            given = {"job_id": job_id, "number": number, "attempt": attempt, "metric": metric, "first": offset}
            wanted = "FROM reports WHERE job_id = :job_id AND number = :number AND attempt = :attempt"
            if metric is None:
                # Positions have no gaps, so a late page of a million reports starts where it is.
                wanted += " AND position >= :first"
                page = self._slice(0, limit)
            else:
                wanted += " AND metric = :metric"
                total = int(connection.value(f"SELECT count(*) {wanted}", given))
                page = self._slice(offset, limit)
            found = connection.rows(f"SELECT * {wanted} ORDER BY position{page}", given)
            return Page(items=[rows.report_of(row) for row in found], total=total, offset=offset)

    def metric_reports(
        self, job_id: str, metric: str, numbers: Sequence[int]
    ) -> Mapping[int, Sequence[tuple[float, float]]]:
        found: dict[int, list[tuple[float, float]]] = {}
        with self._read() as connection:
            given = Given(job_id=job_id, metric=metric)
            statement = _METRIC_REPORTS.format(numbers=given.bind_all(numbers))
            for number, step, value, non_finite in connection.tuples(statement, given):
                found.setdefault(number, []).append((step, value if non_finite is None else float(non_finite)))
        return found

    # history and event log

    def tells(self, job_id: str) -> Sequence[Tell]:
        with self._read() as connection:
            return [rows.tell_of(row) for row in connection.rows(_TELLS, {"job_id": job_id})]

    def stopping_calls(self, job_id: str) -> Sequence[StoppingCall]:
        with self._read() as connection:
            found = connection.rows(_STOPPING_CALLS, {"job_id": job_id})
            return [stopping_call(rows.event_of(row)) for row in found]

    def events(self, job_id: str | None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        with self._read() as connection:
            if job_id is None:
                found = connection.rows(_ALL_EVENTS, {"after": after, "limit": limit})
                return [rows.event_of(row, "global_seq") for row in found]
            found = connection.rows(_EVENTS, {"job_id": job_id, "after": after, "limit": limit})
            return [rows.event_of(row) for row in found]

    def newest_events(self, job_ids: Collection[str]) -> Mapping[str | None, int]:
        with self._read() as connection:
            newest: dict[str | None, int] = {
                None: int(connection.value("SELECT value FROM counters WHERE name = 'job_events'"))
            }
            if job_ids:  # an idle worker asks for none, again and again
                given = Given()
                of_jobs = f"SELECT id, last_event FROM jobs WHERE id IN ({given.bind_all(job_ids)})"
                newest.update((job_id, seq) for job_id, seq in connection.tuples(of_jobs, given))
            return newest

    # items

    def get_item(self, kind: str, key: str) -> Mapping[str, Any]:
        with self._read() as connection:
            found = connection.value(
                "SELECT value FROM items WHERE kind = :kind AND key = :key", {"kind": kind, "key": key}
            )
            if found is None:
                known = connection.tuples(
                    f"SELECT key FROM items WHERE kind = :kind LIMIT {_N_PROPOSED}", {"kind": kind}
                )
                raise errors.no_item(kind, key, [text for (text,) in known])
            value: Mapping[str, Any] = json.loads(found)
            return value

    def items(self, kind: str, *, offset: int = 0, limit: int | None = None) -> Page[tuple[str, Mapping[str, Any]]]:
        wanted = "FROM items WHERE kind = :kind"
        with self._read() as connection:
            total = int(connection.value(f"SELECT count(*) {wanted}", {"kind": kind}))
            page = f"SELECT key, value {wanted} ORDER BY id{self._slice(offset, limit)}"
            found = connection.tuples(page, {"kind": kind})
            return Page(items=[(key, json.loads(value)) for key, value in found], total=total, offset=offset)


_time = DECODERS["started_at"]


def _in_states(states: Collection[JobState] | Collection[TrialState], given: Given) -> str:
    return f"state IN ({given.bind_all([str(state) for state in states])})"


def _latest_attempt(connection: Connection, job_id: str, number: int, attempt: int | None) -> tuple[int, int]:
    """The number of an attempt (by default the latest) and of its reports; zeros if there is none."""
    wanted = "SELECT attempt, n_reports FROM attempts WHERE job_id = :job_id AND number = :number"
    if attempt is not None:
        wanted += " AND attempt = :attempt"
    given = {"job_id": job_id, "number": number, "attempt": attempt}
    found = connection.tuples(f"{wanted} ORDER BY attempt DESC LIMIT 1", given)
    return (int(found[0][0]), int(found[0][1])) if found else (attempt or 1, 0)
