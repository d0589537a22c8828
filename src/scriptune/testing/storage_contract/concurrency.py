"""Concurrency tests: many threads with their own storages on the same data."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from scriptune.core.trial import (
    Trial,
    TrialState,
)
from scriptune.errors import ConflictError
from scriptune.storage.base import Lease, Storage
from scriptune.testing.storage_contract.samples import (
    LIMIT_S,
    NOW,
    Opener,
    StorageFixtures,
    add_job,
    add_trials,
    new_job,
)

__all__ = ["ConcurrencyContract"]


class ConcurrencyContract(StorageFixtures):
    """Nothing is taken twice or missed."""

    def test_what_one_stored_another_reads(self, storage: Storage, opener: Opener) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5])
        other = opener()
        assert other.trials("job-1") == storage.trials("job-1")
        other.close()

    def test_a_job_is_claimed_by_one_of_many(self, storage: Storage, opener: Opener) -> None:
        with storage.transaction() as tx:
            tx.insert_job(new_job())
        start = threading.Barrier(4)

        def claim(name: str) -> Lease | None:
            mine = opener()
            start.wait(LIMIT_S)
            lease = mine.claim("job-1", name, now=NOW, ttl_s=60)
            mine.close()
            return lease

        with ThreadPoolExecutor(4) as pool:
            leases = [lease for lease in pool.map(claim, "abcd") if lease]
        assert len(leases) == 1
        assert storage.job("job-1").lease_owner == leases[0].owner

    def test_a_unique_name_is_taken_by_one_of_many(self, storage: Storage, opener: Opener) -> None:  # noqa: ARG002
        start = threading.Barrier(4)

        def insert(job_id: str) -> bool:
            mine = opener()
            start.wait(LIMIT_S)
            try:
                with mine.transaction() as tx:
                    tx.insert_job(new_job(job_id, name="n", labels={"project": "p"}), unique_among={"project": "p"})
            except ConflictError:
                return False
            finally:
                mine.close()
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(insert, "abcd")) == [False, False, False, True]

    def test_many_claim_many_jobs_each_once(self, storage: Storage, opener: Opener) -> None:
        with storage.transaction() as tx:
            for i in range(12):
                tx.insert_job(new_job(f"job-{i}"))
        claimed: list[str] = []
        until = time.monotonic() + LIMIT_S

        def work(name: str) -> None:
            mine = opener()
            while len(claimed) < 12 and time.monotonic() < until:
                lease = mine.claim_next(name, now=NOW, ttl_s=60)
                if lease is not None:
                    claimed.append(lease.job_id)
            mine.close()

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(work, "abc"))
        assert sorted(claimed) == sorted(f"job-{i}" for i in range(12))

    def test_a_reader_that_follows_the_event_log_misses_nothing(self, storage: Storage, opener: Opener) -> None:
        with storage.transaction() as tx:
            for name in "abc":
                tx.insert_job(new_job(name))
        n_rounds = 15

        def write(name: str) -> None:
            mine = opener()
            for _ in range(n_rounds):
                with mine.transaction() as tx:  # one job for all, and one of its own
                    tx.insert_trial("a", Trial(tx.n_trials("a"), {"x": 1.0}, TrialState.WAITING))
                with mine.transaction() as tx:
                    tx.insert_job(new_job(f"{name}-{tx.n_trials('a')}-{time.monotonic_ns()}"))
            mine.close()

        with ThreadPoolExecutor(3) as pool:
            writers = [pool.submit(write, name) for name in "xyz"]
            of_job = self._follow(storage, "a", 1 + 3 * n_rounds)
            of_all = self._follow(storage, None, 3 + 3 * n_rounds)
            for writer in writers:
                writer.result(LIMIT_S)
        assert of_job == list(range(1, 2 + 3 * n_rounds))
        assert of_all == list(range(1, 4 + 3 * n_rounds))

    def _follow(self, storage: Storage, job_id: str | None, n_events: int) -> list[int]:
        seen: list[int] = []
        until = time.monotonic() + LIMIT_S
        while len(seen) < n_events and time.monotonic() < until:
            seen += [event.seq for event in storage.events(job_id, after=seen[-1] if seen else 0, limit=7)]
        return seen

    def test_a_stop_and_an_end_at_the_same_moment_do_not_both_happen(self, storage: Storage, opener: Opener) -> None:
        lease = add_job(storage)
        with storage.transaction(lease) as tx:
            tx.insert_trial("job-1", Trial(0, {"x": 1.0}, TrialState.WAITING))
            tx.update_trial("job-1", 0, state=TrialState.RUNNING)
        start = threading.Barrier(2)

        def end(state: TrialState) -> bool:
            mine = opener()
            start.wait(LIMIT_S)
            try:
                with mine.transaction() as tx:
                    tx.update_trial("job-1", 0, expected={TrialState.RUNNING}, state=state)
            except ConflictError:
                return False
            finally:
                mine.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(end, [TrialState.COMPLETED, TrialState.STOPPED]))
        assert sorted(done) == [False, True]
