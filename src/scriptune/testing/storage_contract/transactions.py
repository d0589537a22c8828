"""Transaction tests: changes are atomic, and start from the expected state."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import (
    Attempt,
    Cause,
    Trial,
    TrialState,
)
from scriptune.errors import ConflictError, NotFoundError
from scriptune.storage.base import Lease, Storage
from scriptune.testing.storage_contract.samples import (
    NOW,
    StorageFixtures,
    add_job,
    add_trials,
    new_job,
    reports_of,
)

__all__ = ["TransactionContract"]


class TransactionContract(StorageFixtures):
    """Tests of atomicity, keys, and compare-and-set."""

    def test_a_failed_transaction_leaves_no_trace(self, storage: Storage) -> None:
        lease = add_job(storage)
        with storage.transaction(lease) as tx:
            tx.insert_trial("job-1", Trial(0, {"x": 1.0}, TrialState.WAITING))
            tx.insert_attempt("job-1", Attempt(0, 1, TrialState.WAITING, "f"))
            tx.append_tell("job-1", 0, None)

        def look() -> list[object]:
            return [
                storage.job("job-1"), storage.trials("job-1"), storage.attempts("job-1"), storage.reports("job-1", 0),
                storage.tells("job-1"), storage.events("job-1"), storage.events(None), storage.jobs(),
            ]  # fmt: skip

        before = look()
        for deletes in (False, True):
            with pytest.raises(KeyboardInterrupt), storage.transaction(lease) as tx:  # noqa: PT012 - all of it is undone
                tx.insert_job(new_job("job-2"))
                tx.update_job("job-1", state=JobState.RUNNING)
                tx.update_trial("job-1", 0, state=TrialState.RUNNING)
                tx.insert_trial("job-1", Trial(1, {"x": 2.0}, TrialState.WAITING))
                tx.insert_attempt("job-1", Attempt(1, 1, TrialState.WAITING, "g"))
                tx.add_reports("job-1", 0, 1, reports_of([1.0]), from_offset=0, to_offset=10)
                tx.append_tell("job-1", 1, 1.0)
                if deletes:
                    tx.delete_job("job-1")
                raise KeyboardInterrupt
            assert look() == before

    def test_a_transaction_reads_its_own_writes(self, storage: Storage) -> None:
        lease = add_job(storage)
        with storage.transaction(lease) as tx:
            for number in range(3):
                assert tx.n_trials("job-1") == number
                tx.insert_trial("job-1", Trial(number, {"x": 1.0}, TrialState.WAITING))
                assert tx.append_tell("job-1", number, None).order == number
            tx.update_trial("job-1", 1, state=TrialState.FAILED, cause=Cause.LOST)
            assert tx.trial("job-1", 1).cause is Cause.LOST
            assert tx.job("job-1").n_told == 3
            assert tx.job("job-1").last_event == 5

    def test_every_change_of_an_ended_trial_is_an_event(self, storage: Storage) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5, 0.7])
        before = storage.job("job-1").last_event
        assert storage.summary("job-1").best == storage.trial("job-1", 0)
        with storage.transaction(lease) as tx:
            tx.update_trial("job-1", 0, value=0.9, metrics={"loss": 0.9})
            tx.update_trial("job-1", 0, value=0.9)
            tx.insert_trial("job-1", Trial(2, {"x": 1.0}, TrialState.WAITING))
            tx.update_trial("job-1", 2, n_reports=3)
        (changed, added) = storage.events("job-1", after=before)
        assert (changed.kind, changed.number, changed.data["value"]) == ("trial", 0, 0.9)
        assert (added.kind, added.number) == ("trial", 2)
        for summary in (storage.summary("job-1"), storage.jobs().items[0]):
            assert summary.best == storage.trial("job-1", 1)
            assert (summary.counts[TrialState.COMPLETED], summary.counts[TrialState.WAITING]) == (2, 1)

    def test_keys_are_taken_once(self, storage: Storage) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5])
        with storage.transaction(lease) as tx:
            tx.insert_attempt("job-1", Attempt(0, 1, TrialState.WAITING, "f"))
            inserts: list[Callable[[], None]] = [
                lambda: tx.insert_job(new_job()),
                lambda: tx.insert_trial("job-1", Trial(0, {}, TrialState.WAITING)),
                lambda: tx.insert_trial("job-1", Trial(2, {}, TrialState.WAITING)),
                lambda: tx.insert_attempt("job-1", Attempt(0, 1, TrialState.WAITING, "g")),
            ]
            for insert in inserts:
                with pytest.raises(ConflictError):
                    insert()
            # A refusal that was caught does not spoil the transaction.
            tx.insert_attempt("job-1", Attempt(0, 2, TrialState.WAITING, "g"))
        assert len(storage.attempts("job-1")) == 2

    def test_a_name_is_unique_among_the_jobs_it_is_to_be_unique_among(self, storage: Storage) -> None:
        mine, other = {"project": "p"}, {"project": "q"}
        with storage.transaction() as tx:
            tx.insert_job(new_job("one", name="n", labels=mine), unique_among=mine)
            tx.insert_job(new_job("two", name="n", labels=other), unique_among=other)
            tx.insert_job(new_job("three", name="m", labels=mine), unique_among=mine)
            with pytest.raises(ConflictError, match="'n'"):
                tx.insert_job(new_job("four", name="n", labels=mine), unique_among=mine)
            # Who does not ask for it may share a name.
            tx.insert_job(new_job("five", name="n", labels=mine))
        assert storage.jobs().total == 4

    def test_what_is_not_there_is_not_found(self, storage: Storage) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5])
        with storage.transaction() as tx:
            acts: list[Callable[[], object]] = [
                lambda: tx.job("job-9"),
                lambda: tx.update_job("job-9", message="x"),
                lambda: tx.delete_job("job-9"),
                lambda: tx.insert_trial("job-9", Trial(0, {}, TrialState.WAITING)),
                lambda: tx.update_trial("job-1", 1, message="x"),
                lambda: tx.insert_attempt("job-1", Attempt(7, 1, TrialState.WAITING, "f")),
                lambda: tx.update_attempt("job-1", 0, 1, log_offset=1),
                lambda: tx.add_reports("job-1", 0, 1, [], from_offset=0, to_offset=1),
                lambda: storage.job("job-9"),
                lambda: storage.summary("job-9"),
                lambda: storage.trial("job-1", 1),
                lambda: storage.trial("job-9", 0),
            ]
            for act in acts:
                with pytest.raises(NotFoundError):
                    act()
        with pytest.raises(NotFoundError):
            storage.claim("job-9", "me", now=NOW, ttl_s=1)
        with pytest.raises(NotFoundError), storage.transaction(Lease("job-9", "me")):
            pass

    # compare and set

    def test_a_change_names_the_state_it_starts_from(self, storage: Storage) -> None:
        lease = add_job(storage)
        with storage.transaction(lease) as tx:
            tx.insert_trial("job-1", Trial(0, {"x": 1.0}, TrialState.WAITING))
            with pytest.raises(ConflictError, match="waiting, expected running"):
                tx.update_trial("job-1", 0, expected={TrialState.RUNNING}, state=TrialState.COMPLETED)
            with pytest.raises(ConflictError, match="queued, expected running"):
                tx.update_job("job-1", expected=[JobState.RUNNING], message="no")
        assert storage.trial("job-1", 0).state is TrialState.WAITING
        assert storage.job("job-1").message == ""

    def test_illegal_transitions_are_refused(self, storage: Storage) -> None:
        lease = add_job(storage)
        with storage.transaction(lease) as tx:
            tx.insert_trial("job-1", Trial(0, {"x": 1.0}, TrialState.WAITING))
            with pytest.raises(ConflictError, match="cannot become completed"):
                tx.update_trial("job-1", 0, state=TrialState.COMPLETED)
            with pytest.raises(ConflictError, match="cannot become completed"):
                tx.update_job("job-1", state=JobState.COMPLETED)
