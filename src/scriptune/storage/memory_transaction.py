"""Transactions in memory, and the dictionaries that they change.

A transaction changes the dictionaries at once and notes how to undo each change; when it fails, the notes are played
backwards. Lists only grow at their end, so undoing is cutting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from scriptune.core.job import Event, JobState, SearchJob
from scriptune.core.trial import Attempt, Report, Tell, Trial, TrialState
from scriptune.storage import errors, events, rows
from scriptune.storage.base import JobFilter

__all__ = ["MemoryData", "MemoryTransaction", "Record", "fits", "json_copy"]

T = TypeVar("T")
K = TypeVar("K")


@dataclass
class Record:
    """Everything of one job."""

    job: SearchJob
    trials: list[Trial] = field(default_factory=list)
    attempts: dict[tuple[int, int], Attempt] = field(default_factory=dict)
    reports: dict[tuple[int, int], list[Report]] = field(default_factory=dict)
    tells: list[Tell] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class MemoryData:
    """All records, and the ways to undo what the open transaction did to them."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.records: dict[str, Record] = {}
        self.items: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.job_events: list[Event] = []  # of all jobs; seq counts over all of them
        self.n_job_events = 0  # deleted ones included
        self.undo: list[Callable[[], None]] = []

    def record(self, job_id: str) -> Record:
        """A job's record.

        Raises:
            NotFoundError: No such job.
        """
        if job_id not in self.records:
            raise errors.no_job(job_id, self.records)
        return self.records[job_id]

    def put(self, mapping: dict[K, T], key: K, value: T) -> None:
        """Set a key of a dictionary."""
        if key in mapping:
            old = mapping[key]
            self.undo.append(lambda: mapping.__setitem__(key, old))
        else:
            self.undo.append(lambda: mapping.__delitem__(key))
        mapping[key] = value

    def put_at(self, items: list[T], index: int, value: T) -> None:
        """Set an element of a list."""
        old = items[index]
        self.undo.append(lambda: items.__setitem__(index, old))
        items[index] = value

    def extend(self, items: list[T], new: Sequence[T]) -> None:
        """Add to the end of a list."""
        length = len(items)
        self.undo.append(lambda: items.__delitem__(slice(length, None)))
        items.extend(new)

    def set(self, owner: Record | MemoryData, name: str, value: object) -> None:
        """Set an attribute."""
        old = getattr(owner, name)
        self.undo.append(lambda: setattr(owner, name, old))
        setattr(owner, name, value)

    def roll_back(self) -> None:
        """Undo everything since the undo list was empty, last change first."""
        while self.undo:
            self.undo.pop()()


class MemoryTransaction:
    """A `Transaction` on `MemoryData`; the storage's lock is held."""

    def __init__(self, data: MemoryData) -> None:
        self._data = data

    def insert_job(self, job: SearchJob, *, unique_among: Mapping[str, str] | None = None) -> None:
        """See `Transaction.insert_job`."""
        if job.id in self._data.records:
            raise errors.job_taken(job.id)
        if unique_among is not None:
            among = JobFilter(labels=unique_among)
            if any(other.job.name == job.name and fits(other.job, among) for other in self._data.records.values()):
                raise errors.job_name_taken(job.name)
        job = replace(job, document=json_copy(job.document), labels=json_copy(job.labels))
        self._data.put(self._data.records, job.id, Record(job))
        self._append_event(job.id, "job", None, events.job_data(job))

    def update_job(self, job_id: str, *, expected: Collection[JobState] = (), **changes: Any) -> SearchJob:
        """See `Transaction.update_job`."""
        rows.check_changes(changes, rows.JOB_FIELDS)
        record = self._data.record(job_id)
        events.check_job_change(record.job, expected, changes.get("state"))
        for name in {"document", "labels"} & changes.keys():
            changes[name] = json_copy(changes[name])
        before = record.job
        self._data.set(record, "job", replace(before, **changes))
        if record.job.notices != before.notices:
            self._append_event(job_id, "notices", None, events.notices_data(record.job))
        if record.job.units != before.units:
            self._append_event(job_id, "units", None, events.units_data(record.job))
        if "state" in changes:
            self._append_event(job_id, "job", None, events.job_data(record.job))
        return record.job

    def delete_job(self, job_id: str) -> None:
        """See `Transaction.delete_job`."""
        record = self._data.record(job_id)
        self._data.undo.append(lambda: self._data.records.__setitem__(job_id, record))
        del self._data.records[job_id]
        kept_items = {key: item for key, item in self._data.items.items() if not key[0].endswith(f"/{job_id}")}
        self._data.set(self._data, "items", kept_items)
        kept = [event for event in self._data.job_events if event.job_id != job_id]
        self._data.set(self._data, "job_events", kept)

    def insert_trial(self, job_id: str, trial: Trial) -> None:
        """See `Transaction.insert_trial`."""
        record = self._data.record(job_id)
        if trial.number != len(record.trials):
            raise errors.wrong_number(job_id, trial.number, len(record.trials))
        _check_trial(trial)
        self._data.extend(record.trials, [trial])
        self._append_event(job_id, "trial", trial.number, events.trial_data(trial))

    def update_trial(self, job_id: str, number: int, *, expected: Collection[TrialState] = (), **changes: Any) -> Trial:
        """See `Transaction.update_trial`."""
        rows.check_changes(changes, rows.TRIAL_FIELDS)
        before = self.trial(job_id, number)
        events.check_trial_change(before, expected, changes.get("state"))
        trial = replace(before, **changes)
        _check_trial(trial)
        self._data.put_at(self._data.record(job_id).trials, number, trial)
        if events.is_event(before, trial):
            self._append_event(job_id, "trial", number, events.trial_data(trial))
        return trial

    def insert_attempt(self, job_id: str, attempt: Attempt) -> None:
        """See `Transaction.insert_attempt`."""
        self.trial(job_id, attempt.number)
        key = (attempt.number, attempt.attempt)
        record = self._data.record(job_id)
        if key in record.attempts:
            raise errors.attempt_taken(job_id, *key)
        self._data.put(record.attempts, key, attempt)
        self._data.put(record.reports, key, [])

    def update_attempt(self, job_id: str, number: int, attempt: int, **changes: Any) -> Attempt:
        """See `Transaction.update_attempt`."""
        rows.check_changes(changes, rows.ATTEMPT_FIELDS)
        changed = replace(self._attempt(job_id, number, attempt), **changes)
        self._data.put(self._data.record(job_id).attempts, (number, attempt), changed)
        return changed

    def _attempt(self, job_id: str, number: int, attempt: int) -> Attempt:
        record = self._data.record(job_id)
        if (number, attempt) not in record.attempts:
            raise errors.no_attempt(job_id, number, attempt)
        return record.attempts[number, attempt]

    def add_reports(
        self, job_id: str, number: int, attempt: int, reports: Sequence[Report], *, from_offset: int, to_offset: int
    ) -> None:
        """See `Transaction.add_reports`."""
        present = self._attempt(job_id, number, attempt).log_offset
        if present != from_offset:
            raise errors.offset_moved(number, attempt, from_offset, present)
        _check_reports(reports)
        self._data.extend(self._data.record(job_id).reports[number, attempt], reports)
        self.update_attempt(job_id, number, attempt, log_offset=to_offset)
        if reports:
            self._append_event(job_id, "reports", number, events.reports_data(attempt, reports))

    def replace_reports(
        self, job_id: str, number: int, attempt: int, reports: Sequence[Report], log_offset: int
    ) -> None:
        """See `Transaction.replace_reports`."""
        _check_reports(reports)
        self.update_attempt(job_id, number, attempt, log_offset=log_offset)
        self._data.put(self._data.record(job_id).reports, (number, attempt), list(reports))

    def append_tell(self, job_id: str, number: int, value: float | None) -> Tell:
        """See `Transaction.append_tell`."""
        value = rows.told_value(value)
        record = self._data.record(job_id)
        tell = Tell(order=len(record.tells), number=number, value=value)
        self._data.extend(record.tells, [tell])
        self._data.set(record, "job", replace(record.job, n_told=tell.order + 1))
        return tell

    def _append_event(self, job_id: str, kind: str, number: int | None, data: Mapping[str, Any]) -> None:
        record = self._data.record(job_id)
        event = Event(job_id, record.job.last_event + 1, self._data.clock(), kind, number, data)
        self._data.extend(record.events, [event])
        self._data.set(record, "job", replace(record.job, last_event=event.seq))
        if kind == "job":
            self._data.set(self._data, "n_job_events", self._data.n_job_events + 1)
            self._data.extend(self._data.job_events, [replace(event, seq=self._data.n_job_events)])

    def job(self, job_id: str) -> SearchJob:
        """See `Transaction.job`."""
        return self._data.record(job_id).job

    def trial(self, job_id: str, number: int) -> Trial:
        """See `Transaction.trial`."""
        record = self._data.record(job_id)
        if not 0 <= number < len(record.trials):
            raise errors.no_trial(record.job, number, len(record.trials))
        return record.trials[number]

    def n_trials(self, job_id: str) -> int:
        """See `Transaction.n_trials`."""
        return len(self._data.record(job_id).trials)


def json_copy(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a database would give back, and the errors it would raise for what is no JSON."""
    copy: Mapping[str, Any] = json.loads(json.dumps(dict(value), allow_nan=False))
    return copy


def fits(job: SearchJob, filter: JobFilter) -> bool:
    """Whether a job is one of those that a filter means."""
    text = filter.text.lower()
    return (
        (text in job.name.lower() or job.id.startswith(text))
        and (not filter.states or job.state in filter.states)
        and all(job.labels.get(name) == wanted for name, wanted in filter.labels.items())
    )


def _check_reports(reports: Sequence[Report]) -> None:
    """Refuse what no database could store; encoding does, and its result is not needed here."""
    for report in reports:
        rows.encode_report(report)


def _check_trial(trial: Trial) -> None:
    """As `_check_reports`."""
    rows.encode_trial({"value": trial.value, "metrics": trial.metrics})
