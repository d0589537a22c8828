"""The contract of storages as tests. Needs pytest.

    from scriptune.testing.storages import StorageContract

    class TestMine(StorageContract):
        @pytest.fixture
        def opener(self, tmp_path):
            return lambda: MyStorage(tmp_path)

Every call of an opener opens the same, at first empty, data; what it opens is closed by the tests.
"""

# ruff: noqa: D102 - the name of a test is the sentence that it proves

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from scriptune.core.job import JobState, SearchJob
from scriptune.core.space import Params
from scriptune.core.trial import (
    Attempt,
    Cause,
    ExitReason,
    ExitStatus,
    Phase,
    Report,
    Suggestion,
    Trial,
    TrialState,
)
from scriptune.errors import ConflictError, LeaseLostError, NotFoundError
from scriptune.storage.base import JobFilter, Lease, Storage, TrialFilter

__all__ = ["NOW", "Opener", "StorageContract", "add_job", "add_trials", "new_job", "reports_of"]

Opener = Callable[[], Storage]

NOW = datetime(2030, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
"""The time in the tests; microseconds, because they must survive."""

_LIMIT_S = 30.0  # for what other threads do; far above what it takes


def new_job(job_id: str = "job-1", *, goal: str = "minimize", **fields: Any) -> SearchJob:
    """A job that nobody stored yet. ``Any``: the fields of `SearchJob` by their names."""
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


class StorageContract:
    """What every storage promises. A subclass gives the fixture ``opener``."""

    @pytest.fixture
    def opener(self) -> Opener:
        """Opens the data of one test."""
        raise NotImplementedError("A subclass of StorageContract gives the fixture 'opener'.")

    @pytest.fixture
    def storage(self, opener: Opener) -> Iterator[Storage]:
        """An open storage, empty."""
        storage = opener()
        yield storage
        storage.close()

    # what is remembered

    def test_a_job_comes_back_as_it_was_stored(self, storage: Storage) -> None:
        elsewhere = timezone(timedelta(hours=-7))
        job = new_job(
            name="数字 'quoted' %",
            message="line\nline",
            started_at=NOW.astimezone(elsewhere),
            active_s=0.1 + 0.2,
            extra_trials=3,
            resumed_at_tell=2,
            labels={"a": [1, None, {"b": 1e-300}]},
        )
        with storage.transaction() as tx:
            tx.insert_job(job)
        stored = storage.job(job.id)
        assert stored.last_event == 1
        assert stored == new_job(
            **{name: getattr(job, name) for name in ("name", "message", "started_at", "active_s", "labels")},
            extra_trials=3,
            resumed_at_tell=2,
            last_event=1,
        )
        assert stored.started_at is not None
        assert stored.started_at.utcoffset() is not None

    def test_a_trial_comes_back_as_it_was_stored(self, storage: Storage) -> None:
        lease = add_job(storage)
        params: Params = {
            "f": 1.0,
            "i": 1,
            "b": True,
            "s": "naïve ☃ 'x'",
            "big": 2**53,
            "z": -0.0,
            "tiny": 5e-324,
            "a": 1e308,
        }
        suggestion = Suggestion(
            params, "bayes", Phase.MODEL, mean=math.nan, std=0.5, acquisition=-math.inf, note="because"
        )
        trial = Trial(
            0, params, TrialState.FAILED, 0.1, {"loss": 0.1, "acc": 1e-17}, 7, Cause.OUT_OF_MEMORY, "killed",
            suggestion, n_told=3, n_attempts=2, stop_requested=True, created_at=NOW, started_at=NOW, finished_at=NOW,
        )  # fmt: skip
        with storage.transaction(lease) as tx:
            tx.insert_trial("job-1", trial)
        stored = storage.trial("job-1", 0)
        assert repr(stored) == repr(trial)  # NaN differs from itself, and 1 equals 1.0 and True
        assert list(stored.params) == list(params)

    def test_an_attempt_comes_back_as_it_was_stored(self, storage: Storage) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5])
        exit_status = ExitStatus(
            ExitReason.EXITED, 1, 9, NOW, NOW + timedelta(seconds=1), 1.5, 0.25, 2**40, "why", oom=True
        )
        attempt = Attempt(
            0, 1, TrialState.FAILED, "jobs/job-1/0/1", {"pid": 7}, exit_status, 2**40, ("a", "b"), NOW, NOW, NOW
        )
        with storage.transaction(lease) as tx:
            tx.insert_attempt("job-1", attempt)
        assert storage.attempts("job-1") == [attempt]

    def test_changes_are_returned_and_stored(self, storage: Storage) -> None:
        lease = add_job(storage)
        with storage.transaction(lease) as tx:
            tx.insert_trial("job-1", Trial(0, {"x": 1.0}, TrialState.WAITING))
            tx.insert_attempt("job-1", Attempt(0, 1, TrialState.WAITING, "f"))
        with storage.transaction(lease) as tx:
            job = tx.update_job("job-1", state=JobState.RUNNING, message="on", labels={"k": "v"})
            trial = tx.update_trial("job-1", 0, state=TrialState.RUNNING, metrics={"loss": 2.0}, started_at=NOW)
            attempt = tx.update_attempt("job-1", 0, 1, state=TrialState.RUNNING, handle={"pid": 5}, warnings=("w",))
            assert (tx.trial("job-1", 0), tx.job("job-1").message) == (trial, "on")
        assert (job.message, job.labels, trial.metrics, attempt.handle) == ("on", {"k": "v"}, {"loss": 2.0}, {"pid": 5})
        assert storage.trial("job-1", 0) == trial
        assert storage.attempts("job-1", 0) == [attempt]
        stored = storage.job("job-1")
        assert (stored.state, stored.message, stored.labels) == (JobState.RUNNING, "on", {"k": "v"})

    def test_texts_that_no_database_takes_do_no_harm(self, storage: Storage) -> None:
        with storage.transaction() as tx:
            tx.insert_job(new_job(message="before\0after \udcff end"))
        message = storage.job("job-1").message
        assert message.startswith("before")
        assert message.endswith("end")

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_a_value_of_a_trial_is_never_nan_or_infinite(self, storage: Storage, value: float) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5])
        for change in ({"value": value}, {"metrics": {"loss": value}}):
            with pytest.raises(ValueError, match="finite"), storage.transaction(lease) as tx:
                tx.update_trial("job-1", 0, **change)
        with pytest.raises(ValueError, match="finite"), storage.transaction(lease) as tx:
            tx.append_tell("job-1", 0, value)
        assert storage.trial("job-1", 0).value == 0.5

    def test_unknown_fields_are_refused(self, storage: Storage) -> None:
        lease = add_job(storage)
        for name in ("colour", "id", "n_told", "last_event"):
            changes: dict[str, Any] = {name: 1}  # Any: a field may have any type
            with pytest.raises(TypeError, match=name), storage.transaction(lease) as tx:
                tx.update_job("job-1", **changes)

    # atomicity

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

    # leases

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
        assert storage.claim("job-1", "you", now=NOW, ttl_s=60, even_from="somebody") is None
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
        with pytest.raises(LeaseLostError, match="nobody"), storage.transaction(mine) as tx:
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

    # order

    def test_the_diary_is_numbered_without_gaps(self, storage: Storage) -> None:
        lease = add_job(storage)
        with storage.transaction(lease) as tx:
            tx.update_job("job-1", state=JobState.RUNNING, message="go")
            tx.insert_trial("job-1", Trial(0, {"x": 1.0}, TrialState.WAITING))
            tx.insert_attempt("job-1", Attempt(0, 1, TrialState.RUNNING, "f"))
            tx.update_trial("job-1", 0, state=TrialState.RUNNING, n_attempts=1)
        with storage.transaction(lease) as tx:
            reports = [*reports_of([1.0, 2.0]), *reports_of([math.nan], "acc")]
            tx.add_reports("job-1", 0, 1, reports, from_offset=0, to_offset=30)
            tx.add_reports("job-1", 0, 1, [], from_offset=30, to_offset=40)
            tx.update_trial("job-1", 0, state=TrialState.COMPLETED, value=2.0)
            tx.update_trial("job-1", 0, message="no event")
        events = storage.events("job-1")
        assert [(event.seq, event.kind, event.number) for event in events] == [
            (1, "job", None), (2, "job", None), (3, "trial", 0), (4, "trial", 0), (5, "reports", 0), (6, "trial", 0),
        ]  # fmt: skip
        assert events[1].data == {"state": "running", "message": "go"}
        metrics = {"loss": {"n": 2, "last": [1.0, 2.0]}, "acc": {"n": 1, "last": [0.0, "nan"]}}
        assert events[4].data == {"attempt": 1, "metrics": metrics}
        assert events[5].data == {"state": "completed", "value": 2.0, "cause": None, "attempt": 1}
        assert [event.seq for event in storage.events("job-1", after=2, limit=3)] == [3, 4, 5]
        assert storage.job("job-1").last_event == 6

    def test_job_events_are_counted_over_all_jobs(self, storage: Storage) -> None:
        first, second = add_job(storage, "job-1"), add_job(storage, "job-2")
        add_trials(storage, first, [1.0])
        for lease in (second, first):
            with storage.transaction(lease) as tx:
                tx.update_job(lease.job_id, state=JobState.RUNNING)
        events = storage.events(None)
        assert [(event.seq, event.job_id) for event in events] == [
            (1, "job-1"),
            (2, "job-2"),
            (3, "job-2"),
            (4, "job-1"),
        ]
        with storage.transaction(first) as tx:
            tx.delete_job("job-1")
        with storage.transaction(second) as tx:
            tx.update_job("job-2", state=JobState.COMPLETED)
        assert [event.seq for event in storage.events(None, after=2)] == [3, 5]

    def test_the_told_history_keeps_its_order(self, storage: Storage) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5, None])
        for number, value in [(1, None), (0, 0.1 + 0.2), (1, -0.0)]:
            with storage.transaction(lease) as tx:
                tx.append_tell("job-1", number, value)
        tells = storage.tells("job-1")
        assert repr([(t.order, t.number, t.value) for t in tells]) == repr(
            [(0, 1, None), (1, 0, 0.1 + 0.2), (2, 1, 0.0)]
        )
        assert storage.job("job-1").n_told == 3

    # reports

    def test_reports_come_back_in_their_order(self, storage: Storage) -> None:
        lease = self._with_attempts(storage, 2)
        values = [1.5, math.nan, math.inf, -math.inf, 1e-310, 2.0**53]
        with storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, reports_of([9.0]), from_offset=0, to_offset=10)
            tx.add_reports("job-1", 0, 2, reports_of(values[:2]), from_offset=0, to_offset=20)
            more = [*reports_of(values[2:], offset=20), Report("acc", 0.5, 2.5, 2**50, NOW)]
            tx.add_reports("job-1", 0, 2, more, from_offset=20, to_offset=2**50)
        page = storage.reports("job-1", 0)
        assert repr([report.value for report in page.items]) == repr([*values, 0.5])
        assert page.items[-1] == Report("acc", 0.5, 2.5, 2**50, NOW)
        assert storage.reports("job-1", 0, metric="acc").items == [page.items[-1]]
        second = storage.reports("job-1", 0, metric="loss", offset=4, limit=1)
        assert (second.items, second.total, second.offset) == ([page.items[4]], 6, 4)
        third = storage.reports("job-1", 0, offset=5, limit=10)
        assert (third.items, third.total) == (page.items[5:], 7)
        assert [report.value for report in storage.reports("job-1", 0, attempt=1).items] == [9.0]
        assert storage.reports("job-1", 5).total == 0
        assert storage.attempts("job-1", 0)[1].log_offset == 2**50

    def test_a_part_of_a_log_is_read_once(self, storage: Storage) -> None:
        lease = self._with_attempts(storage, 1)
        with storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, reports_of([1.0]), from_offset=0, to_offset=10)
        with pytest.raises(ConflictError, match="byte 10"), storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, reports_of([1.0]), from_offset=0, to_offset=10)
        assert storage.reports("job-1", 0).total == 1

    def test_reports_are_replaced(self, storage: Storage) -> None:
        lease = self._with_attempts(storage, 1)
        with storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, reports_of([1.0, 2.0, 3.0]), from_offset=0, to_offset=30)
        with storage.transaction(lease) as tx:
            tx.replace_reports("job-1", 0, 1, reports_of([7.0, 8.0]), 25)
            tx.add_reports("job-1", 0, 1, reports_of([9.0]), from_offset=25, to_offset=35)
        page = storage.reports("job-1", 0)
        assert ([report.value for report in page.items], page.total) == ([7.0, 8.0, 9.0], 3)

    def _with_attempts(self, storage: Storage, n_attempts: int) -> Lease:
        lease = add_job(storage)
        with storage.transaction(lease) as tx:
            tx.insert_trial("job-1", Trial(0, {"x": 1.0}, TrialState.WAITING))
            for attempt in range(1, n_attempts + 1):
                tx.insert_attempt("job-1", Attempt(0, attempt, TrialState.RUNNING, "f"))
        return lease

    # looking

    def test_a_job_is_found_by_id_prefix_and_name(self, storage: Storage) -> None:
        with pytest.raises(NotFoundError, match="no job yet"):
            storage.find_job(None)
        for i, (job_id, name) in enumerate(
            [("aa11", "one"), ("aa22", "two"), ("bb33", "two"), ("cc_4", "aa"), ("d%5", "d")]
        ):
            add_job(storage, job_id, name=name, created_at=NOW + timedelta(seconds=i))
        found = {ref: storage.find_job(ref).id for ref in (None, "aa11", "aa2", "AA22", "two", "aa", "cc_", "d%", "bb")}
        assert found == {
            None: "d%5", "aa11": "aa11", "aa2": "aa22", "AA22": "aa22", "two": "bb33", "aa": "cc_4", "cc_": "cc_4",
            "d%": "d%5", "bb": "bb33",
        }  # fmt: skip
        with pytest.raises(ConflictError, match="aa11, aa22"):
            storage.find_job("a")
        with pytest.raises(NotFoundError, match="Did you mean 'one'"):
            storage.find_job("onne")
        for ref in ("%", "_", ""):
            with pytest.raises(NotFoundError):
                storage.find_job(ref)

    def test_jobs_are_filtered_sorted_and_paged(self, storage: Storage) -> None:
        rows = [
            ("1", "beta", JobState.QUEUED),
            ("2", "Alpha", JobState.RUNNING),
            ("3", "beta", JobState.FAILED),
            ("4", "ä_%", JobState.RUNNING),
        ]
        with storage.transaction() as tx:
            for i, (job_id, name, state) in enumerate(rows):
                tx.insert_job(new_job(job_id, name=name, state=state, created_at=NOW + timedelta(seconds=i)))

        def ids(*args: Any, **options: Any) -> str:  # Any: passed on
            return "".join(summary.job.id for summary in storage.jobs(*args, **options).items)

        assert ids() == "4321"
        assert ids(sort="created_at") == "1234"
        assert ids(sort="name") == "2314"
        assert ids(sort="-name") == "4312"
        assert ids(sort="state") == "3142"[:2] + "42"
        assert ids(JobFilter(text="ALPH")) == "2"
        assert ids(JobFilter(text="_%")) == "4"
        assert ids(JobFilter(text="ä")) == "4"
        assert ids(JobFilter(text="3")) == "3"
        assert ids(JobFilter(states={JobState.RUNNING, JobState.QUEUED})) == "421"
        page = storage.jobs(offset=1, limit=2)
        assert ([summary.job.id for summary in page.items], page.total, page.offset) == (["3", "2"], 4, 1)
        with pytest.raises(NotFoundError, match="created_at"):
            storage.jobs(sort="create_at")

    def test_a_summary_counts_and_finds_the_best(self, storage: Storage) -> None:
        values = [0.5, None, 0.2, 0.9, 0.2, 0.9]
        for job_id, goal in [("low", "minimize"), ("high", "maximize")]:
            add_trials(storage, add_job(storage, job_id, goal=goal), values)
        add_job(storage, "none")
        for job_id, number in [("low", 2), ("high", 3)]:
            summary = storage.summary(job_id)
            assert summary.best == storage.trial(job_id, number)
            assert summary.counts == {**dict.fromkeys(TrialState, 0), TrialState.COMPLETED: 5, TrialState.FAILED: 1}
        empty = storage.summary("none")
        assert (empty.best, sum(empty.counts.values())) == (None, 0)
        listed = {summary.job.id: summary for summary in storage.jobs().items}
        assert listed == {job_id: storage.summary(job_id) for job_id in ("low", "high", "none")}

    def test_trials_are_filtered_sorted_and_paged(self, storage: Storage) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5, None, 0.2, 0.5, -1.0])
        with storage.transaction(lease) as tx:
            tx.update_trial("job-1", 3, started_at=NOW)
            tx.update_trial("job-1", 0, started_at=NOW - timedelta(seconds=1))

        def numbers(**options: Any) -> list[int]:  # Any: passed on
            return [trial.number for trial in storage.trials("job-1", **options).items]

        assert numbers() == [0, 1, 2, 3, 4]
        assert numbers(sort="-number") == [4, 3, 2, 1, 0]
        assert numbers(sort="value") == [4, 2, 0, 3, 1]
        assert numbers(sort="-value") == [0, 3, 2, 4, 1]
        assert numbers(sort="state") == [0, 2, 3, 4, 1]
        assert numbers(sort="-state") == [1, 0, 2, 3, 4]
        assert numbers(sort="started_at") == [0, 3, 1, 2, 4]
        assert numbers(sort="-started_at") == [3, 0, 1, 2, 4]
        assert numbers(filter=TrialFilter(states=[TrialState.FAILED])) == [1]
        page = storage.trials("job-1", offset=1, limit=2, sort="value")
        assert ([trial.number for trial in page.items], page.total, page.offset) == ([2, 0], 5, 1)
        assert numbers(offset=9) == []
        assert numbers(limit=0) == []
        assert storage.trials("nowhere").total == 0
        with pytest.raises(NotFoundError, match="Did you mean 'value'"):
            storage.trials("job-1", sort="valu")

    def test_values_are_those_of_the_trials(self, storage: Storage) -> None:
        add_trials(storage, add_job(storage), [0.5, None])
        assert list(storage.values("job-1")) == [(0, 0.5, TrialState.COMPLETED), (1, None, TrialState.FAILED)]
        assert list(storage.values("nowhere")) == []

    def test_attempts_are_filtered(self, storage: Storage) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5, None])
        with storage.transaction(lease) as tx:
            for number, attempt, state in [
                (1, 1, TrialState.FAILED),
                (0, 1, TrialState.RUNNING),
                (1, 2, TrialState.RUNNING),
            ]:
                tx.insert_attempt("job-1", Attempt(number, attempt, state, "f"))

        def keys(*args: Any, **options: Any) -> list[tuple[int, int]]:  # Any: passed on
            return [(attempt.number, attempt.attempt) for attempt in storage.attempts("job-1", *args, **options)]

        assert keys() == [(0, 1), (1, 1), (1, 2)]
        assert keys(1) == [(1, 1), (1, 2)]
        assert keys(states=[TrialState.RUNNING]) == [(0, 1), (1, 2)]

    def test_a_deleted_job_is_gone_with_everything(self, storage: Storage) -> None:
        lease, kept = self._with_attempts(storage, 1), add_job(storage, "kept")
        add_trials(storage, kept, [1.0])
        with storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, reports_of([1.0]), from_offset=0, to_offset=10)
            tx.append_tell("job-1", 0, 1.0)
            tx.update_job("job-1", message="last words", state=JobState.STOPPED)
            tx.delete_job("job-1")
        assert [summary.job.id for summary in storage.jobs().items] == ["kept"]
        lists: list[Sequence[object]] = [
            storage.trials("job-1").items, storage.attempts("job-1"), storage.reports("job-1", 0).items,
            storage.tells("job-1"), storage.events("job-1"), storage.values("job-1"),
        ]  # fmt: skip
        assert [list(found) for found in lists] == [[]] * 6
        assert storage.trials("kept").total == 1
        assert self._with_attempts(storage, 1) == lease  # the id is free again

    def test_items_are_kept_by_kind_and_key(self, storage: Storage) -> None:
        for kind, key, n in [("program", "b", 1), ("program", "a", 2), ("key", "a", 3)]:
            storage.put_item(kind, key, {"n": n, "text": "ü"}, expect_absent=True)
        storage.put_item("program", "b", {"n": 4})
        with pytest.raises(ConflictError, match="'a'"):
            storage.put_item("program", "a", {}, expect_absent=True)
        assert storage.get_item("program", "a") == {"n": 2, "text": "ü"}
        page = storage.items("program")
        assert (list(page.items), page.total) == ([("b", {"n": 4}), ("a", {"n": 2, "text": "ü"})], 2)
        assert [key for key, _ in storage.items("program", offset=1, limit=5).items] == ["a"]
        storage.delete_item("program", "a")
        for act in (storage.get_item, storage.delete_item):
            with pytest.raises(NotFoundError, match="program 'a'"):
                act("program", "a")
        assert storage.get_item("key", "a")["n"] == 3
        with pytest.raises(ValueError, match="JSON"):
            storage.put_item("program", "nan", {"x": math.nan})

    # many at once

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
            start.wait(_LIMIT_S)
            lease = mine.claim("job-1", name, now=NOW, ttl_s=60)
            mine.close()
            return lease

        with ThreadPoolExecutor(4) as pool:
            leases = [lease for lease in pool.map(claim, "abcd") if lease]
        assert len(leases) == 1
        assert storage.job("job-1").lease_owner == leases[0].owner

    def test_many_claim_many_jobs_each_once(self, storage: Storage, opener: Opener) -> None:
        with storage.transaction() as tx:
            for i in range(12):
                tx.insert_job(new_job(f"job-{i}"))
        claimed: list[str] = []
        until = time.monotonic() + _LIMIT_S

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

    def test_a_reader_that_follows_the_diary_misses_nothing(self, storage: Storage, opener: Opener) -> None:
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
                writer.result(_LIMIT_S)
        assert of_job == list(range(1, 2 + 3 * n_rounds))
        assert of_all == list(range(1, 4 + 3 * n_rounds))

    def _follow(self, storage: Storage, job_id: str | None, n_events: int) -> list[int]:
        seen: list[int] = []
        until = time.monotonic() + _LIMIT_S
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
            start.wait(_LIMIT_S)
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
