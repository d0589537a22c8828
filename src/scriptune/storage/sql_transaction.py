"""Transactions on SQLite and PostgreSQL.

The first thing that a transaction does to a job is to lock its row (SQLite: the whole database is locked for writing
by BEGIN IMMEDIATE), always before any row of the job. So writers of one job take turns, cannot deadlock, and numbers
given out under the lock (tells, events) become visible in their order.

Statements are built once, when the module is loaded: building one costs several times its execution.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from scriptune.core.decision import StoppingCall
from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import Attempt, Report, Tell, Trial, TrialState
from scriptune.errors import NotFoundError
from scriptune.storage import errors, events, rows
from scriptune.storage.connections import Connection
from scriptune.storage.sql_keys import Given, json_text_at

__all__ = ["SqlTransaction"]

# The prefix keeps keys apart from the changed columns of an UPDATE.
_JOB = "id = :k_job_id"
_TRIAL = "job_id = :k_job_id AND number = :k_number"
_ATTEMPT = f"{_TRIAL} AND attempt = :k_attempt"
_N_TRIALS = "SELECT coalesce(max(number) + 1, 0) FROM trials WHERE job_id = :k_job_id"
_COUNT_JOB_EVENT = "UPDATE counters SET value = value + 1 WHERE name = 'job_events' RETURNING value"
_OF_A_JOB = ("reports", "tells", "events", "attempts", "trials")


def _insert(table: str, columns: Iterable[str]) -> str:
    names = list(columns)
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({quoted}) VALUES ({', '.join(f':{name}' for name in names)})"


def _update(table: str, columns: Iterable[str], where: str) -> str:
    changed = ", ".join(f'"{name}" = :{name}' for name in columns)
    return f"UPDATE {table} SET {changed} WHERE {where}"


@dataclass(frozen=True)
class _Attempt:
    """An attempt with a database column that the dataclass lacks."""

    attempt: Attempt
    n_reports: int


class SqlTransaction:
    """A `Transaction` on one connection. Call `finish` before the commit."""

    def __init__(self, connection: Connection, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._clock = clock
        self._locks = " FOR UPDATE" if connection.is_postgres else ""  # SQLite's writers take turns
        # Locked jobs by id. Their counters run ahead of the database until `finish` writes them.
        self._jobs: dict[str, SearchJob] = {}
        self._counted: set[str] = set()
        # Rows under those locks: no other process changes them, so none is read twice.
        self._trials: dict[tuple[str, int], Trial] = {}
        self._attempts: dict[tuple[str, int, int], _Attempt] = {}
        self._events: list[dict[str, Any]] = []

    def lock(self, job_id: str) -> SearchJob:
        """Lock a job's row until the end of the transaction.

        Raises:
            NotFoundError: No such job.
        """
        job = self._jobs.get(job_id)
        if job is None:
            row = self._connection.row(f"SELECT * FROM jobs WHERE {_JOB}{self._locks}", {"k_job_id": job_id})
            if row is None:
                raise errors.no_job(job_id)
            job = self._jobs[job_id] = rows.job_of(row)
        return job

    def finish(self) -> None:
        """Write the collected events and counters."""
        if self._events:
            self._connection.execute_many(_insert("events", self._events[0]), self._events)
            self._events = []
        for job_id in self._counted:
            job = self._jobs[job_id]
            self._change("jobs", _JOB, {"k_job_id": job_id}, {"last_event": job.last_event, "n_told": job.n_told})
        self._counted.clear()

    def _add(self, table: str, columns: Mapping[str, Any]) -> None:
        self._connection.execute(_insert(table, columns), columns)

    def _change(self, table: str, where: str, key: Mapping[str, Any], columns: Mapping[str, Any]) -> None:
        self._connection.execute(_update(table, columns, where), {**key, **columns})

    # jobs

    def insert_job(self, job: SearchJob, *, unique_among: Mapping[str, str] | None = None) -> None:
        try:
            self.lock(job.id)
        except NotFoundError:
            if unique_among is not None:
                self._refuse_taken_name(job.name, unique_among)
            columns = rows.encode_job({name: getattr(job, name) for name in rows.JOB_FIELDS})
            self._add("jobs", columns)
            self._jobs[job.id] = job
            self._append_event(job.id, "job", None, events.job_data(job))
        else:
            raise errors.job_taken(job.id)

    def _refuse_taken_name(self, name: str, labels: Mapping[str, str]) -> None:
        # Anyone who inserts a job counts an event, so with this lock those who ask for a name take turns.
        self._connection.tuples(f"SELECT value FROM counters WHERE name = 'job_events'{self._locks}")
        given = Given(name=name)
        taken = "SELECT id FROM jobs WHERE name = :name"
        for label, text in labels.items():
            at = json_text_at("labels", label, given, is_postgres=self._connection.is_postgres)
            taken += f" AND {at} = {given.bind(text)}"
        if self._connection.value(f"{taken} LIMIT 1", given) is not None:
            raise errors.job_name_taken(name)

    def update_job(self, job_id: str, *, expected: Collection[JobState] = (), **changes: Any) -> SearchJob:
        """Implements `Transaction.update_job`; ``Any``: the fields have many types."""
        rows.check_changes(changes, rows.JOB_FIELDS)
        job = self.lock(job_id)
        events.check_job_change(job, expected, changes.get("state"))
        if changes:
            columns = rows.encode_job(changes)
            self._change("jobs", _JOB, {"k_job_id": job_id}, columns)
            before, job = job, replace(job, **changes)
            self._jobs[job_id] = job
            if job.notices != before.notices:
                self._append_event(job_id, "notices", None, events.notices_data(job))
            if job.units != before.units:
                self._append_event(job_id, "units", None, events.units_data(job))
        if "state" in changes:
            self._append_event(job_id, "job", None, events.job_data(job))
        return self._jobs[job_id]

    def delete_job(self, job_id: str) -> None:
        self.lock(job_id)
        for table in _OF_A_JOB:
            self._connection.execute(f"DELETE FROM {table} WHERE job_id = :job_id", {"job_id": job_id})
        ending = f"/{job_id}"
        self._connection.execute(
            f"DELETE FROM items WHERE substr(kind, length(kind) - {len(ending) - 1}) = :ending", {"ending": ending}
        )
        self._connection.execute("DELETE FROM jobs WHERE id = :job_id", {"job_id": job_id})
        del self._jobs[job_id]
        self._counted.discard(job_id)
        self._events = [event for event in self._events if event["job_id"] != job_id]
        self._forget(job_id)

    def _forget(self, job_id: str) -> None:
        """Read the trials and attempts of a job again when they are needed."""
        self._trials = {key: trial for key, trial in self._trials.items() if key[0] != job_id}
        self._attempts = {key: known for key, known in self._attempts.items() if key[0] != job_id}

    # trials

    def insert_trial(self, job_id: str, trial: Trial) -> None:
        self.lock(job_id)
        n_trials = self.n_trials(job_id)
        if trial.number != n_trials:
            raise errors.wrong_number(job_id, trial.number, n_trials)
        columns = rows.encode_trial({name: getattr(trial, name) for name in rows.TRIAL_FIELDS})
        self._add("trials", {"job_id": job_id, **columns})
        self._trials[job_id, trial.number] = trial
        self._append_event(job_id, "trial", trial.number, events.trial_data(trial))

    def update_trial(self, job_id: str, number: int, *, expected: Collection[TrialState] = (), **changes: Any) -> Trial:
        """Implements `Transaction.update_trial`; ``Any``: the fields have many types."""
        rows.check_changes(changes, rows.TRIAL_FIELDS)
        before = self.trial(job_id, number)
        events.check_trial_change(before, expected, changes.get("state"))
        trial = replace(before, **changes)
        if changes:
            columns = rows.encode_trial(changes)
            self._change("trials", _TRIAL, {"k_job_id": job_id, "k_number": number}, columns)
            self._trials[job_id, number] = trial
        if events.is_event(before, trial):
            self._append_event(job_id, "trial", number, events.trial_data(trial))
        return trial

    # attempts and reports

    def insert_attempt(self, job_id: str, attempt: Attempt) -> None:
        self.trial(job_id, attempt.number)
        key = (job_id, attempt.number, attempt.attempt)
        if self._find_attempt(*key) is not None:
            raise errors.attempt_taken(*key)
        columns = rows.encode_attempt({name: getattr(attempt, name) for name in rows.ATTEMPT_FIELDS})
        self._add("attempts", {"job_id": job_id, "n_reports": 0, **columns})
        self._attempts[key] = _Attempt(attempt, n_reports=0)

    def update_attempt(self, job_id: str, number: int, attempt: int, **changes: Any) -> Attempt:
        """Implements `Transaction.update_attempt`; ``Any``: the fields have many types."""
        rows.check_changes(changes, rows.ATTEMPT_FIELDS)
        self.lock(job_id)
        known = self._known_attempt(job_id, number, attempt)
        return self._change_attempt(job_id, known, changes, known.n_reports) if changes else known.attempt

    def note_contact(self, job_id: str, at: datetime) -> None:
        self.lock(job_id)
        running = {"k_job_id": job_id, "k_state": str(TrialState.RUNNING)}
        for table in ("trials", "attempts"):
            self._change(table, "job_id = :k_job_id AND state = :k_state", running, {"contact_at": at})
        self._forget(job_id)

    def add_reports(
        self, job_id: str, number: int, attempt: int, reports: Sequence[Report], *, from_offset: int, to_offset: int
    ) -> None:
        self.lock(job_id)
        known = self._known_attempt(job_id, number, attempt)
        if known.attempt.log_offset != from_offset:
            raise errors.offset_moved(number, attempt, from_offset, known.attempt.log_offset)
        self._append_reports(job_id, known, reports, to_offset)
        if reports:
            self._append_event(job_id, "reports", number, events.reports_data(attempt, reports))

    def replace_reports(
        self, job_id: str, number: int, attempt: int, reports: Sequence[Report], log_offset: int
    ) -> None:
        self.lock(job_id)
        known = self._known_attempt(job_id, number, attempt)
        self._connection.execute(f"DELETE FROM reports WHERE {_ATTEMPT}", _attempt_key(job_id, number, attempt))
        self._append_reports(job_id, replace(known, n_reports=0), reports, log_offset)

    def _append_reports(self, job_id: str, known: _Attempt, reports: Sequence[Report], log_offset: int) -> None:
        key = {"job_id": job_id, "number": known.attempt.number, "attempt": known.attempt.attempt}
        encoded = [
            {**key, "position": position, **rows.encode_report(report)}
            for position, report in enumerate(reports, known.n_reports)
        ]
        if encoded:
            self._connection.execute_many(_insert("reports", encoded[0]), encoded)
        self._change_attempt(job_id, known, {"log_offset": log_offset}, known.n_reports + len(encoded))

    def _change_attempt(self, job_id: str, known: _Attempt, changes: Mapping[str, Any], n_reports: int) -> Attempt:
        key = (job_id, known.attempt.number, known.attempt.attempt)
        columns = rows.encode_attempt(changes)
        self._change("attempts", _ATTEMPT, _attempt_key(*key), {**columns, "n_reports": n_reports})
        changed = replace(known.attempt, **changes)
        self._attempts[key] = _Attempt(changed, n_reports)
        return changed

    def _find_attempt(self, job_id: str, number: int, attempt: int) -> _Attempt | None:
        key = (job_id, number, attempt)
        if key not in self._attempts:
            row = self._connection.row(f"SELECT * FROM attempts WHERE {_ATTEMPT}", _attempt_key(*key))
            if row is None:
                return None
            self._attempts[key] = _Attempt(rows.attempt_of(row), row["n_reports"])
        return self._attempts[key]

    def _known_attempt(self, job_id: str, number: int, attempt: int) -> _Attempt:
        known = self._find_attempt(job_id, number, attempt)
        if known is None:
            raise errors.no_attempt(job_id, number, attempt)
        return known

    # history and event log

    def append_tell(
        self,
        job_id: str,
        number: int,
        value: float | None,
        *,
        rungs: tuple[tuple[float, float], ...] = (),
        is_final: bool = True,
        lengths: tuple[float, ...] = (),
    ) -> Tell:
        job = self.lock(job_id)
        tell = Tell(job.n_told, number, rows.told_value(value), rungs, is_final, lengths)
        self._add("tells", {"job_id": job_id, **rows.encode_tell(tell)})
        self._count(job_id, n_told=job.n_told + 1)
        return tell

    def append_stopping_call(self, job_id: str, call: StoppingCall) -> None:
        self.lock(job_id)
        self._append_event(job_id, "stopping", call.number, events.stopping_data(call))

    def append_change(self, job_id: str, by: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
        self.lock(job_id)
        self._append_event(job_id, "change", None, events.change_data(by, changes))

    def _append_event(self, job_id: str, kind: str, number: int | None, data: Mapping[str, Any]) -> None:
        """Append an event to the event log; only ``job`` events get a number over all jobs."""
        seq = self._jobs[job_id].last_event + 1
        self._count(job_id, last_event=seq)
        counted = self._connection.value(_COUNT_JOB_EVENT) if kind == "job" else None
        self._events.append(
            {
                "job_id": job_id,
                "seq": seq,
                "at": self._clock(),
                "kind": kind,
                "number": number,
                "data": data,
                "global_seq": counted,
            }
        )

    def _count(self, job_id: str, **counters: Any) -> None:
        """Update ``n_told`` or ``last_event``, written by `finish`. ``Any``: replace() takes the fields' types."""
        self._jobs[job_id] = replace(self._jobs[job_id], **counters)
        self._counted.add(job_id)

    # reading

    def job(self, job_id: str) -> SearchJob:
        """Read a job and lock its row, since the caller is about to change it."""
        return self.lock(job_id)

    def trial(self, job_id: str, number: int) -> Trial:
        """Read a trial and lock the job's row, since the caller is about to change it."""
        job = self.lock(job_id)
        key = (job_id, number)
        if key not in self._trials:
            key_columns = {"k_job_id": job_id, "k_number": number}
            found = self._connection.row(f"SELECT * FROM trials WHERE {_TRIAL}", key_columns)
            if found is None:
                raise errors.no_trial(job, number, self.n_trials(job_id))
            self._trials[key] = rows.trial_of(found)
        return self._trials[key]

    def n_trials(self, job_id: str) -> int:
        """Count the trials and lock the job's row, so that the next number stays free."""
        self.lock(job_id)
        return int(self._connection.value(_N_TRIALS, {"k_job_id": job_id}))


def _attempt_key(job_id: str, number: int, attempt: int) -> dict[str, Any]:
    return {"k_job_id": job_id, "k_number": number, "k_attempt": attempt}
