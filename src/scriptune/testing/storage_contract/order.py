"""Order tests: event log, told history and reports keep their order."""

from __future__ import annotations

import math

import pytest

from scriptune.core.decision import Decision, StoppingCall
from scriptune.core.job import JobState
from scriptune.core.trial import (
    Attempt,
    Report,
    Trial,
    TrialState,
)
from scriptune.errors import ConflictError
from scriptune.storage.base import Storage
from scriptune.testing.storage_contract.samples import (
    NOW,
    StorageFixtures,
    add_attempts,
    add_job,
    add_trials,
    reports_of,
)

__all__ = ["OrderContract"]


class OrderContract(StorageFixtures):
    """Tests that numbers have no gaps."""

    def test_the_event_log_is_numbered_without_gaps(self, storage: Storage) -> None:
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
            tx.update_trial("job-1", 0, message="no event")
            tx.update_trial("job-1", 0, state=TrialState.COMPLETED, value=2.0)
            # Counts and best trials are remembered as of the newest event, so what changes an ended trial is one.
            tx.update_trial("job-1", 0, value=1.0)
        events = storage.events("job-1")
        assert [(event.seq, event.kind, event.number) for event in events] == [
            (1, "job", None), (2, "job", None), (3, "trial", 0), (4, "trial", 0), (5, "reports", 0), (6, "trial", 0),
            (7, "trial", 0),
        ]  # fmt: skip
        assert events[1].data == {"state": "running", "message": "go", "reason": None}
        metrics = {"loss": {"n": 2, "last": [1.0, 2.0]}, "acc": {"n": 1, "last": [0.0, "nan"]}}
        assert events[4].data == {"attempt": 1, "metrics": metrics}
        assert events[5].data == {"state": "completed", "value": 2.0, "cause": None, "attempt": 1}
        assert events[6].data == {**events[5].data, "value": 1.0}
        assert [event.seq for event in storage.events("job-1", after=2, limit=3)] == [3, 4, 5]
        assert storage.job("job-1").last_event == 7

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

    def test_the_calls_of_a_stopping_rule_keep_their_order_among_the_events(self, storage: Storage) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [0.5, None])
        calls = [
            StoppingCall(1, 1, 4.0, 0.1 + 0.2, decision=Decision.CONTINUE),
            StoppingCall(0, 2, 4.5, math.inf, protected=True, decision=Decision.CONTINUE),
            StoppingCall(0, 2, 8.0, -1e-310, decision=Decision.STOP),
            StoppingCall(1, 1, 52.0, completed=True),
        ]
        for call in calls:
            with storage.transaction(lease) as tx:
                tx.append_stopping_call("job-1", call)
        assert storage.stopping_calls("job-1") == calls
        newest = storage.events("job-1")[-1]
        assert (newest.kind, newest.number) == ("stopping", 1)
        assert newest.data == {"attempt": 1, "step": 52.0, "completed": True}
        assert storage.stopping_calls("job-2") == []

    def test_reports_come_back_in_their_order(self, storage: Storage) -> None:
        lease = add_attempts(storage, 2)
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
        lease = add_attempts(storage, 1)
        with storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, reports_of([1.0]), from_offset=0, to_offset=10)
        with pytest.raises(ConflictError, match="byte 10"), storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, reports_of([1.0]), from_offset=0, to_offset=10)
        assert storage.reports("job-1", 0).total == 1

    def test_reports_are_replaced(self, storage: Storage) -> None:
        lease = add_attempts(storage, 1)
        with storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, reports_of([1.0, 2.0, 3.0]), from_offset=0, to_offset=30)
        with storage.transaction(lease) as tx:
            tx.replace_reports("job-1", 0, 1, reports_of([7.0, 8.0]), 25)
            tx.add_reports("job-1", 0, 1, reports_of([9.0]), from_offset=25, to_offset=35)
        page = storage.reports("job-1", 0)
        assert ([report.value for report in page.items], page.total) == ([7.0, 8.0, 9.0], 3)

    def test_a_report_whose_step_is_no_number_is_refused_whichever_way_it_comes(self, storage: Storage) -> None:
        lease = add_attempts(storage, 1)
        stray = [Report("loss", 0.5, math.nan, 0, NOW)]
        with pytest.raises(ValueError, match="step"), storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, stray, from_offset=0, to_offset=10)
        with pytest.raises(ValueError, match="step"), storage.transaction(lease) as tx:
            tx.replace_reports("job-1", 0, 1, stray, 10)
        assert (storage.reports("job-1", 0).total, storage.attempts("job-1", 0)[0].log_offset) == (0, 0)
