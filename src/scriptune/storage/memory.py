"""Storage in dictionaries: for tests, and for searches that nobody wants to keep.

One lock serialises everything. A transaction changes the dictionaries at once and notes how to undo each change;
when it fails, the notes are played backwards. Lists only grow at their end, so undoing is cutting.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from scriptune.core.job import Event, Goal, JobState, JobSummary, SearchJob
from scriptune.core.trial import Attempt, Report, Tell, Trial, TrialState
from scriptune.storage import diary, refusals, rows, trial_keys
from scriptune.storage.base import JobFilter, Lease, Page, TrialFilter, TrialOutline

__all__ = ["MemoryStorage"]

T = TypeVar("T")
K = TypeVar("K")


@dataclass
class _Record:
    """Everything of one job."""

    job: SearchJob
    trials: list[Trial] = field(default_factory=list)
    attempts: dict[tuple[int, int], Attempt] = field(default_factory=dict)
    reports: dict[tuple[int, int], list[Report]] = field(default_factory=dict)
    tells: list[Tell] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class _Data:
    """All records, and the ways to undo what the open transaction did to them."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.records: dict[str, _Record] = {}
        self.job_events: list[Event] = []  # of all jobs; seq counts over all of them
        self.n_job_events = 0  # deleted ones included
        self.undo: list[Callable[[], None]] = []

    def record(self, job_id: str) -> _Record:
        if job_id not in self.records:
            raise refusals.no_job(job_id, self.records)
        return self.records[job_id]

    def put(self, mapping: dict[K, T], key: K, value: T) -> None:
        if key in mapping:
            old = mapping[key]
            self.undo.append(lambda: mapping.__setitem__(key, old))
        else:
            self.undo.append(lambda: mapping.__delitem__(key))
        mapping[key] = value

    def put_at(self, items: list[T], index: int, value: T) -> None:
        old = items[index]
        self.undo.append(lambda: items.__setitem__(index, old))
        items[index] = value

    def extend(self, items: list[T], new: Sequence[T]) -> None:
        length = len(items)
        self.undo.append(lambda: items.__delitem__(slice(length, None)))
        items.extend(new)

    def set(self, owner: _Record | _Data, name: str, value: object) -> None:
        old = getattr(owner, name)
        self.undo.append(lambda: setattr(owner, name, old))
        setattr(owner, name, value)

    def roll_back(self) -> None:
        while self.undo:
            self.undo.pop()()


class _MemoryTransaction:
    """A `Transaction` on `_Data`; the storage's lock is held."""

    def __init__(self, data: _Data) -> None:
        self._data = data

    def insert_job(self, job: SearchJob, *, unique_among: Mapping[str, str] | None = None) -> None:
        if job.id in self._data.records:
            raise refusals.job_taken(job.id)
        if unique_among is not None:
            among = JobFilter(labels=unique_among)
            if any(other.job.name == job.name and _fits(other.job, among) for other in self._data.records.values()):
                raise refusals.job_name_taken(job.name)
        job = replace(job, document=_json_copy(job.document), labels=_json_copy(job.labels))
        self._data.put(self._data.records, job.id, _Record(job))
        self._note(job.id, "job", None, diary.job_data(job))

    def update_job(self, job_id: str, *, expected: Collection[JobState] = (), **changes: Any) -> SearchJob:
        rows.check_changes(changes, rows.JOB_FIELDS)
        record = self._data.record(job_id)
        diary.check_job_change(record.job, expected, changes.get("state"))
        for name in {"document", "labels"} & changes.keys():
            changes[name] = _json_copy(changes[name])
        self._data.set(record, "job", replace(record.job, **changes))
        if "state" in changes:
            self._note(job_id, "job", None, diary.job_data(record.job))
        return record.job

    def delete_job(self, job_id: str) -> None:
        record = self._data.record(job_id)
        self._data.undo.append(lambda: self._data.records.__setitem__(job_id, record))
        del self._data.records[job_id]
        kept = [event for event in self._data.job_events if event.job_id != job_id]
        self._data.set(self._data, "job_events", kept)

    def insert_trial(self, job_id: str, trial: Trial) -> None:
        record = self._data.record(job_id)
        if trial.number != len(record.trials):
            raise refusals.wrong_number(job_id, trial.number, len(record.trials))
        _check_trial(trial)
        self._data.extend(record.trials, [trial])
        self._note(job_id, "trial", trial.number, diary.trial_data(trial))

    def update_trial(self, job_id: str, number: int, *, expected: Collection[TrialState] = (), **changes: Any) -> Trial:
        rows.check_changes(changes, rows.TRIAL_FIELDS)
        before = self.trial(job_id, number)
        diary.check_trial_change(before, expected, changes.get("state"))
        trial = replace(before, **changes)
        _check_trial(trial)
        self._data.put_at(self._data.record(job_id).trials, number, trial)
        if diary.is_noted(before, trial):
            self._note(job_id, "trial", number, diary.trial_data(trial))
        return trial

    def insert_attempt(self, job_id: str, attempt: Attempt) -> None:
        self.trial(job_id, attempt.number)
        key = (attempt.number, attempt.attempt)
        record = self._data.record(job_id)
        if key in record.attempts:
            raise refusals.attempt_taken(job_id, *key)
        self._data.put(record.attempts, key, attempt)
        self._data.put(record.reports, key, [])

    def update_attempt(self, job_id: str, number: int, attempt: int, **changes: Any) -> Attempt:
        rows.check_changes(changes, rows.ATTEMPT_FIELDS)
        changed = replace(self._attempt(job_id, number, attempt), **changes)
        self._data.put(self._data.record(job_id).attempts, (number, attempt), changed)
        return changed

    def _attempt(self, job_id: str, number: int, attempt: int) -> Attempt:
        record = self._data.record(job_id)
        if (number, attempt) not in record.attempts:
            raise refusals.no_attempt(job_id, number, attempt)
        return record.attempts[number, attempt]

    def add_reports(
        self, job_id: str, number: int, attempt: int, reports: Sequence[Report], *, from_offset: int, to_offset: int
    ) -> None:
        present = self._attempt(job_id, number, attempt).log_offset
        if present != from_offset:
            raise refusals.offset_moved(number, attempt, from_offset, present)
        for report in reports:
            rows.encode_report(report)  # for its checks
        self._data.extend(self._data.record(job_id).reports[number, attempt], reports)
        self.update_attempt(job_id, number, attempt, log_offset=to_offset)
        if reports:
            self._note(job_id, "reports", number, diary.reports_data(attempt, reports))

    def replace_reports(
        self, job_id: str, number: int, attempt: int, reports: Sequence[Report], log_offset: int
    ) -> None:
        self.update_attempt(job_id, number, attempt, log_offset=log_offset)
        self._data.put(self._data.record(job_id).reports, (number, attempt), list(reports))

    def append_tell(self, job_id: str, number: int, value: float | None) -> Tell:
        value = rows.told_value(value)
        record = self._data.record(job_id)
        tell = Tell(order=len(record.tells), number=number, value=value)
        self._data.extend(record.tells, [tell])
        self._data.set(record, "job", replace(record.job, n_told=tell.order + 1))
        return tell

    def _note(self, job_id: str, kind: str, number: int | None, data: Mapping[str, Any]) -> None:
        record = self._data.record(job_id)
        event = Event(job_id, record.job.last_event + 1, self._data.clock(), kind, number, data)
        self._data.extend(record.events, [event])
        self._data.set(record, "job", replace(record.job, last_event=event.seq))
        if kind == "job":
            self._data.set(self._data, "n_job_events", self._data.n_job_events + 1)
            self._data.extend(self._data.job_events, [replace(event, seq=self._data.n_job_events)])

    def job(self, job_id: str) -> SearchJob:
        return self._data.record(job_id).job

    def trial(self, job_id: str, number: int) -> Trial:
        record = self._data.record(job_id)
        if not 0 <= number < len(record.trials):
            raise refusals.no_trial(record.job, number, len(record.trials))
        return record.trials[number]

    def n_trials(self, job_id: str) -> int:
        return len(self._data.record(job_id).trials)


class MemoryStorage:
    """A `Storage` that ends with the process. See there for its methods.

    Args:
        clock: Gives the time of events.
    """

    def __init__(self, *, clock: Callable[[], datetime] = diary.utc_now) -> None:
        self._data = _Data(clock)
        self._items: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return "MemoryStorage()"

    @contextmanager
    def transaction(self, lease: Lease | None = None) -> Iterator[_MemoryTransaction]:
        """See `Storage.transaction`."""
        with self._lock:
            if lease is not None:
                holder = self._data.record(lease.job_id).job.lease_owner
                if holder != lease.owner:
                    raise refusals.lease_lost(lease, holder)
            try:
                yield _MemoryTransaction(self._data)
            except BaseException:
                self._data.roll_back()
                raise
            self._data.undo.clear()

    # leases

    def claim(
        self, job_id: str, owner: str, *, now: datetime, ttl_s: float, even_from: str | None = None
    ) -> Lease | None:
        """See `Storage.claim`."""
        with self._lock:
            job = self._data.record(job_id).job
            if not (_is_free(job, now) or job.lease_owner in (owner, even_from)):
                return None
            return self._take(job_id, owner, now, ttl_s)

    def claim_next(self, owner: str, *, now: datetime, ttl_s: float) -> Lease | None:
        """See `Storage.claim_next`."""
        unfinished = (JobState.QUEUED, JobState.RUNNING, JobState.STOPPING)
        with self._lock:
            waiting = [
                (record.job.created_at, record.job.id)
                for record in self._data.records.values()
                if record.job.state in unfinished and _is_free(record.job, now)
            ]
            return self._take(min(waiting)[1], owner, now, ttl_s) if waiting else None

    def _take(self, job_id: str, owner: str, now: datetime, ttl_s: float) -> Lease:
        record = self._data.record(job_id)
        record.job = replace(record.job, lease_owner=owner, lease_until=now + timedelta(seconds=ttl_s))
        return Lease(job_id, owner)

    def renew(self, lease: Lease, *, now: datetime, ttl_s: float) -> None:
        """See `Storage.renew`."""
        with self._lock:
            record = self._data.records.get(lease.job_id)
            holder = record.job.lease_owner if record else None
            if holder != lease.owner:
                raise refusals.lease_lost(lease, holder)
            self._take(lease.job_id, lease.owner, now, ttl_s)

    def release(self, lease: Lease) -> None:
        """See `Storage.release`."""
        with self._lock:
            record = self._data.records.get(lease.job_id)
            if record and record.job.lease_owner == lease.owner:
                record.job = replace(record.job, lease_owner=None, lease_until=None)

    # jobs

    def job(self, job_id: str) -> SearchJob:
        """See `Storage.job`."""
        with self._lock:
            return self._data.record(job_id).job

    def find_job(self, ref: str | None) -> SearchJob:
        """See `Storage.find_job`."""
        with self._lock:
            newest = self._sorted_jobs(JobFilter(), "-created_at")
            if ref is None and newest:
                return newest[0]
            job_id = None if ref is None else refusals.choose_job(ref, [(job.id, job.name) for job in newest])
            if job_id is None:
                raise refusals.no_job(ref, [text for job in newest for text in (job.name, job.id)])
            return self.job(job_id)

    def jobs(
        self, filter: JobFilter = JobFilter(), *, offset: int = 0, limit: int = 50, sort: str = "-created_at"
    ) -> Page[JobSummary]:
        """See `Storage.jobs`."""
        with self._lock:
            found = self._sorted_jobs(filter, sort)
            items = [self.summary(job.id) for job in found[offset : offset + limit]]
            return Page(items=items, total=len(found), offset=offset)

    def _sorted_jobs(self, filter: JobFilter, sort: str) -> list[SearchJob]:
        name, turned = refusals.sort_key(sort, refusals.JOB_SORTS)
        found = [record.job for record in self._data.records.values() if _fits(record.job, filter)]
        found.sort(key=lambda job: job.id)
        found.sort(key=lambda job: job.created_at, reverse=True)
        found.sort(key=lambda job: getattr(job, name), reverse=turned)  # sorting keeps the order of equals
        return found

    def summary(self, job_id: str) -> JobSummary:
        """See `Storage.summary`."""
        with self._lock:
            record = self._data.record(job_id)
            counts = dict.fromkeys(TrialState, 0)
            for trial in record.trials:
                counts[trial.state] += 1
            sign = Goal(rows.goal_of(record.job.document)).sign
            valued = [(sign * trial.value, trial.number) for trial in record.trials if trial.value is not None]
            best = record.trials[min(valued)[1]] if valued else None
            return JobSummary(job=record.job, counts=counts, best=best)

    # trials

    def trial(self, job_id: str, number: int) -> Trial:
        """See `Storage.trial`."""
        with self._lock:
            return _MemoryTransaction(self._data).trial(job_id, number)

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
        for one in filter.where:
            trial_keys.parse_key(one.key)
        with self._lock:
            found = [trial for trial in self._trials(job_id) if not filter.states or trial.state in filter.states]
        if filter.numbers:
            found = [trial for trial in found if trial.number in filter.numbers]
        wanted = [trial for trial in found if all(trial_keys.fits(trial, one) for one in filter.where)]
        return _page(trial_keys.sort_trials(wanted, sort), offset, limit)

    def outlines(self, job_id: str, *, since: tuple[int, int] | None = None) -> Sequence[TrialOutline]:
        """See `Storage.outlines`."""
        with self._lock:
            trials = self._trials(job_id)
            if since is not None and trials:
                record = self._data.records[job_id]
                named = {event.number for event in record.events if event.seq > since[0]}
                named |= {tell.number for tell in record.tells[since[1] :]}
                trials = [trial for trial in trials if trial.number in named]
            return [TrialOutline(*(getattr(trial, name) for name in TrialOutline._fields)) for trial in trials]

    def _trials(self, job_id: str) -> list[Trial]:
        return self._data.records[job_id].trials if job_id in self._data.records else []

    def values(self, job_id: str) -> Sequence[float | None]:
        """See `Storage.values`."""
        with self._lock:
            return [trial.value for trial in self._trials(job_id)]

    def failures(self, job_id: str) -> Mapping[str, tuple[int, str]]:
        """See `Storage.failures`."""
        with self._lock:
            failed = [trial for trial in self._trials(job_id) if trial.state is TrialState.FAILED]
        messages = {str(trial.cause): trial.message for trial in reversed(failed)}
        counts = Counter(str(trial.cause) for trial in failed)
        return {cause: (n, messages[cause]) for cause, n in counts.most_common()}

    def attempts(
        self,
        job_id: str,
        number: int | None = None,
        *,
        states: Collection[TrialState] = (),
        limit: int | None = None,
    ) -> Sequence[Attempt]:
        """See `Storage.attempts`."""
        with self._lock:
            known = self._data.records[job_id].attempts if job_id in self._data.records else {}
            return [
                attempt
                for key, attempt in sorted(known.items())
                if number in (None, key[0]) and (not states or attempt.state in states)
            ][:limit]

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
        with self._lock:
            known = self._data.records[job_id].reports if job_id in self._data.records else {}
            latest = max((key[1] for key in known if key[0] == number), default=1)
            found = known.get((number, latest if attempt is None else attempt), [])
            return _page([report for report in found if metric in (None, report.metric)], offset, limit)

    def metric_reports(
        self, job_id: str, metric: str, numbers: Sequence[int]
    ) -> Mapping[int, Sequence[tuple[float, float]]]:
        """See `Storage.metric_reports`."""
        pages = {number: self.reports(job_id, number, metric=metric).items for number in numbers}
        return {number: [(report.step, report.value) for report in page] for number, page in pages.items() if page}

    # history and diary

    def tells(self, job_id: str) -> Sequence[Tell]:
        """See `Storage.tells`."""
        with self._lock:
            return list(self._data.records[job_id].tells) if job_id in self._data.records else []

    def events(self, job_id: str | None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """See `Storage.events`."""
        with self._lock:
            if job_id is None:
                found = self._data.job_events
            else:
                found = self._data.records[job_id].events if job_id in self._data.records else []
            return [event for event in found if event.seq > after][:limit]

    def newest_events(self, job_ids: Collection[str]) -> Mapping[str | None, int]:
        """See `Storage.newest_events`."""
        with self._lock:
            known = [self._data.records[job_id].job for job_id in job_ids if job_id in self._data.records]
            return {None: self._data.n_job_events, **{job.id: job.last_event for job in known}}

    # items

    def get_item(self, kind: str, key: str) -> Mapping[str, Any]:
        """See `Storage.get_item`."""
        with self._lock:
            if (kind, key) not in self._items:
                raise refusals.no_item(kind, key, self._keys(kind))
            return self._items[kind, key]

    def put_item(self, kind: str, key: str, value: Mapping[str, Any], *, expect_absent: bool = False) -> None:
        """See `Storage.put_item`."""
        with self._lock:
            if expect_absent and (kind, key) in self._items:
                raise refusals.item_taken(kind, key)
            self._items[kind, key] = _json_copy(value)

    def delete_item(self, kind: str, key: str) -> None:
        """See `Storage.delete_item`."""
        with self._lock:
            self.get_item(kind, key)
            del self._items[kind, key]

    def items(self, kind: str, *, offset: int = 0, limit: int | None = None) -> Page[tuple[str, Mapping[str, Any]]]:
        """See `Storage.items`."""
        with self._lock:
            return _page([(key, self._items[kind, key]) for key in self._keys(kind)], offset, limit)

    def _keys(self, kind: str) -> list[str]:
        return [key for known, key in self._items if known == kind]

    def close(self) -> None:
        """See `Storage.close`; there is nothing to let go of."""


def _json_copy(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a database would give back, and the errors it would raise for what is no JSON."""
    copy: Mapping[str, Any] = json.loads(json.dumps(dict(value), allow_nan=False))
    return copy


def _check_trial(trial: Trial) -> None:
    rows.encode_trial({"value": trial.value, "metrics": trial.metrics})


def _is_free(job: SearchJob, now: datetime) -> bool:
    return job.lease_owner is None or job.lease_until is None or job.lease_until <= now


def _fits(job: SearchJob, filter: JobFilter) -> bool:
    text = filter.text.lower()
    return (
        (text in job.name.lower() or job.id.startswith(text))
        and (not filter.states or job.state in filter.states)
        and all(job.labels.get(name) == wanted for name, wanted in filter.labels.items())
    )


def _page(items: Sequence[T], offset: int, limit: int | None) -> Page[T]:
    end = None if limit is None else offset + limit
    return Page(items=items[offset:end], total=len(items), offset=offset)
