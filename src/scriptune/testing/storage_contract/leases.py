"""Lease tests: a job is worked on by one owner at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scriptune.core.job import JobState
from scriptune.errors import LeaseLostError
from scriptune.storage.base import Lease, Storage
from scriptune.testing.storage_contract.samples import (
    NOW,
    StorageFixtures,
    add_job,
    new_job,
)

__all__ = ["LeaseContract"]


class LeaseContract(StorageFixtures):
    """Tests of claims, renewals and fencing."""

    def test_a_lease_is_held_by_one(self, storage: Storage) -> None:
        add_job(storage)
        assert storage.claim("job-1", "you", now=NOW + timedelta(seconds=59), ttl_s=60) is None
        assert storage.claim("job-1", "me", now=NOW, ttl_s=60) == Lease("job-1", "me")
        job = storage.job("job-1")
        assert (job.lease_owner, job.lease_until) == ("me", NOW + timedelta(seconds=60))

    def test_a_lease_that_ran_out_is_free(self, storage: Storage) -> None:
        mine = add_job(storage)
        yours = storage.claim("job-1", "you", now=NOW + timedelta(seconds=60), ttl_s=60)
        assert yours == Lease("job-1", "you")
        with pytest.raises(LeaseLostError):
            storage.renew(mine, now=NOW, ttl_s=60)
        storage.release(mine)
        assert storage.job("job-1").lease_owner == "you"

    def test_a_lease_is_taken_from_the_dead(self, storage: Storage) -> None:
        add_job(storage)
        assert storage.claim("job-1", "you", now=NOW, ttl_s=60, even_from="someone") is None
        assert storage.claim("job-1", "you", now=NOW, ttl_s=60, even_from="me") == Lease("job-1", "you")

    def test_a_lease_is_renewed_and_released(self, storage: Storage) -> None:
        lease = add_job(storage)
        storage.renew(lease, now=NOW + timedelta(seconds=50), ttl_s=60)
        assert storage.claim("job-1", "you", now=NOW + timedelta(seconds=100), ttl_s=60) is None
        storage.release(lease)
        assert storage.job("job-1").lease_until is None
        assert storage.claim("job-1", "you", now=NOW, ttl_s=60) is not None

    def test_an_owner_that_lost_its_lease_changes_nothing(self, storage: Storage) -> None:
        mine = add_job(storage)
        storage.claim("job-1", "you", now=NOW + timedelta(hours=1), ttl_s=60)
        with pytest.raises(LeaseLostError, match="'you'"), storage.transaction(mine) as tx:
            tx.update_job("job-1", message="mine")
        storage.release(Lease("job-1", "you"))
        with pytest.raises(LeaseLostError, match="no process holds it"), storage.transaction(mine) as tx:
            tx.update_job("job-1", message="mine")
        assert storage.job("job-1").message == ""

    def test_the_job_that_waits_longest_is_claimed_next(self, storage: Storage) -> None:
        states = [JobState.COMPLETED, JobState.QUEUED, JobState.RUNNING, JobState.STOPPING, JobState.STOPPED]
        with storage.transaction() as tx:
            for i, state in enumerate(states):
                tx.insert_job(new_job(f"job-{i}", state=state, created_at=NOW - timedelta(hours=i)))
        claimed = [storage.claim_next("me", now=NOW, ttl_s=60) for _ in range(4)]
        assert [lease and lease.job_id for lease in claimed] == ["job-3", "job-2", "job-1", None]
        later = storage.claim_next("you", now=NOW + timedelta(seconds=61), ttl_s=60)
        assert later == Lease("job-3", "you")
