"""Sample data and fixtures shared by all parts of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import (
    Attempt,
    Report,
    Trial,
    TrialState,
)
from scriptune.storage.base import Lease, Storage

__all__ = [
    "LIMIT_S",
    "NOW",
    "Opener",
    "StorageFixtures",
    "add_attempts",
    "add_job",
    "add_trials",
    "new_job",
    "reports_of",
]

Opener = Callable[[], Storage]

NOW = datetime(2030, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
"""The time in the tests; microseconds, because they must survive."""

LIMIT_S = 30.0  # for what other threads do; far above what it takes


def new_job(job_id: str = "job-1", *, goal: str = "minimize", **fields: Any) -> SearchJob:
    """A job that is not stored yet. ``Any``: the fields of `SearchJob` by name."""
    document = {"objective": {"metric": "loss", "goal": goal}, "search": {"trials": 5, "seed": 1}}
    given = {"name": "digits", "document": document, "state": JobState.QUEUED, "created_at": NOW, **fields}
    return SearchJob(id=job_id, **given)


def add_job(storage: Storage, job_id: str = "job-1", **fields: Any) -> Lease:
    """Store a job and claim it for ``"me"``. ``Any``: as `new_job`."""
    with storage.transaction() as tx:
        tx.insert_job(new_job(job_id, **fields))
    lease = storage.claim(job_id, "me", now=NOW, ttl_s=60)
    assert lease is not None
    return lease


def add_trials(storage: Storage, lease: Lease, values: Sequence[float | None]) -> None:
    """Store ended trials with these values; None makes a failed one."""
    with storage.transaction(lease) as tx:
        for value in values:
            state = TrialState.FAILED if value is None else TrialState.COMPLETED
            tx.insert_trial(lease.job_id, Trial(tx.n_trials(lease.job_id), {"x": 1.0}, state, value=value))


def reports_of(values: Sequence[float], metric: str = "loss", offset: int = 0) -> list[Report]:
    """One report per value, ten bytes apart."""
    return [Report(metric, value, float(i), offset + 10 * i, NOW) for i, value in enumerate(values)]


def add_attempts(storage: Storage, n_attempts: int) -> Lease:
    """Store a job with one running trial that has so many attempts."""
    lease = add_job(storage)
    with storage.transaction(lease) as tx:
        tx.insert_trial("job-1", Trial(0, {"x": 1.0}, TrialState.WAITING))
        for attempt in range(1, n_attempts + 1):
            tx.insert_attempt("job-1", Attempt(0, attempt, TrialState.RUNNING, "f"))
    return lease


class StorageFixtures:
    """Fixtures; a subclass overrides ``opener``."""

    @pytest.fixture
    def opener(self) -> Opener:
        """A function that opens the data of one test."""
        pytest.fail("A subclass of StorageContract gives the fixture 'opener'; see scriptune.testing.storages.")

    @pytest.fixture
    def storage(self, opener: Opener) -> Iterator[Storage]:
        """An open storage, empty."""
        storage = opener()
        yield storage
        storage.close()
