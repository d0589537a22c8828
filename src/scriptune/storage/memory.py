"""Storage in dictionaries: for tests, and for searches that nobody wants to keep. One lock serialises everything."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from scriptune.core.job import UNFINISHED_JOB, Event, Goal, JobSummary, SearchJob
from scriptune.core.trial import Attempt, Report, Tell, Trial, TrialState
from scriptune.storage import errors, events, rows, trial_keys
from scriptune.storage.base import LOG_FREED, JobFilter, JobUse, Lease, LostLogs, Page, TrialFilter, TrialOutline
from scriptune.storage.memory_transaction import MemoryData, MemoryTransaction, fits, json_copy

__all__ = ["MemoryStorage"]

T = TypeVar("T")


class MemoryStorage:
    """A `Storage` that ends with the process. See there for its methods.

    Args:
        clock: Gives the time of events.
    """

    def __init__(self, *, clock: Callable[[], datetime] = events.utc_now) -> None:
        self._data = MemoryData(clock)
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return "MemoryStorage()"

    @contextmanager
    def transaction(self, lease: Lease | None = None, *, durable: bool = False) -> Iterator[MemoryTransaction]:  # noqa: ARG002 - memory survives nothing
        """See `Storage.transaction`."""
        with self._lock:
            if lease is not None:
                holder = self._data.record(lease.job_id).job.lease_owner
                if holder != lease.owner:
                    raise errors.lease_lost(lease, holder)
            try:
                yield MemoryTransaction(self._data)
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
        with self._lock:
            waiting = [
                (record.job.created_at, record.job.id)
                for record in self._data.records.values()
                if record.job.state in UNFINISHED_JOB and _is_free(record.job, now)
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
                raise errors.lease_lost(lease, holder)
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

    def find_job(
        self, ref: str | None, use: JobUse = JobUse.READ, *, labels: Mapping[str, str] | None = None
    ) -> SearchJob:
        """See `Storage.find_job`."""
        with self._lock:
            newest = self._sorted_jobs(JobFilter(labels=labels or {}), "-created_at")
            if ref is None and newest:
                return newest[0]
            job_id = None if ref is None else errors.choose_job(ref, [(job.id, job.name) for job in newest], use)
            if job_id is None:
                raise errors.no_job(ref, [text for job in newest for text in (job.name, job.id)])
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
        name, turned = errors.sort_key(sort, errors.JOB_SORTS)
        found = [record.job for record in self._data.records.values() if fits(record.job, filter)]
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
            return MemoryTransaction(self._data).trial(job_id, number)

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

    def lost_logs(self, job_id: str) -> LostLogs:
        """See `Storage.lost_logs`."""
        pruned = [at for attempt in self.attempts(job_id) if (at := attempt.pruned_at) is not None]
        with self._lock:
            freed = [t for t in self._trials(job_id) if any(notice.code == LOG_FREED for notice in t.notices)]
        return LostLogs(len(pruned), max(pruned, default=None), len(freed))

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

    # history and event log

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
            if (kind, key) not in self._data.items:
                raise errors.no_item(kind, key, self._keys(kind))
            return self._data.items[kind, key]

    def put_item(self, kind: str, key: str, value: Mapping[str, Any], *, expect_absent: bool = False) -> None:
        """See `Storage.put_item`."""
        with self._lock:
            if expect_absent and (kind, key) in self._data.items:
                raise errors.item_taken(kind, key)
            self._data.items[kind, key] = json_copy(value)

    def delete_item(self, kind: str, key: str) -> None:
        """See `Storage.delete_item`."""
        with self._lock:
            self.get_item(kind, key)
            del self._data.items[kind, key]

    def items(self, kind: str, *, offset: int = 0, limit: int | None = None) -> Page[tuple[str, Mapping[str, Any]]]:
        """See `Storage.items`."""
        with self._lock:
            return _page([(key, self._data.items[kind, key]) for key in self._keys(kind)], offset, limit)

    def _keys(self, kind: str) -> list[str]:
        return [key for known, key in self._data.items if known == kind]

    def compact(self) -> None:
        """See `Storage.compact`; Python frees its memory."""

    def close(self) -> None:
        """See `Storage.close`; there is nothing to let go of."""


def _is_free(job: SearchJob, now: datetime) -> bool:
    return job.lease_owner is None or job.lease_until is None or job.lease_until <= now


def _page(items: Sequence[T], offset: int, limit: int | None) -> Page[T]:
    end = None if limit is None else offset + limit
    return Page(items=items[offset:end], total=len(items), offset=offset)
