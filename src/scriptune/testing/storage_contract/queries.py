"""Query tests: finding, filtering, sorting, paging, deleting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scriptune.core.confirmation import Confirms
from scriptune.core.job import JobState
from scriptune.core.trial import Attempt, Cause, Trial, TrialState
from scriptune.errors import ConflictError, NotFoundError
from scriptune.messages import Message
from scriptune.storage.base import LOG_FREED, JobFilter, JobUse, LostLogs, Storage, TrialFilter
from scriptune.testing.storage_contract.samples import (
    NOW,
    StorageFixtures,
    add_attempts,
    add_job,
    add_trials,
    new_job,
    reports_of,
)

__all__ = ["QueryContract"]


class QueryContract(StorageFixtures):
    """Tests of lists and pages."""

    def test_a_job_is_found_by_id_prefix_and_name(self, storage: Storage) -> None:
        with pytest.raises(NotFoundError, match="no jobs yet"):
            storage.find_job(None)
        jobs = [
            ("aaaa-1", "one"), ("aaaa-22", "two"), ("bbbb-3", "two"), ("ccc_-4", "aaaa"), ("ddd%-5", "d"),
        ]  # fmt: skip
        for i, (job_id, name) in enumerate(jobs):
            add_job(storage, job_id, name=name, created_at=NOW + timedelta(seconds=i))
        expected = {
            None: "ddd%-5", "aaaa-1": "aaaa-1", "aaaa-2": "aaaa-22", "AAAA-22": "aaaa-22", "two": "bbbb-3",
            "aaaa": "ccc_-4", "ccc_": "ccc_-4", "ddd%": "ddd%-5", "BBBB": "bbbb-3",
        }  # fmt: skip
        assert {ref: storage.find_job(ref).id for ref in expected} == expected
        with pytest.raises(ConflictError, match="aaaa-1, aaaa-22"):
            storage.find_job("aaaa-")
        with pytest.raises(NotFoundError, match="Did you mean 'one'"):
            storage.find_job("onne")
        for ref in ("%", "_", "", "%%%%", "____", "bbb", "Two", "AAA"):
            with pytest.raises(NotFoundError):
                storage.find_job(ref)

    def test_a_job_is_not_guessed_when_it_is_to_be_changed_or_deleted(self, storage: Storage) -> None:
        for i, (job_id, name) in enumerate(
            [("aaaa-1", "one"), ("bbbb-2", "aaaa"), ("cccc-3", "two"), ("dddd-4", "two")]
        ):
            add_job(storage, job_id, name=name, created_at=NOW + timedelta(seconds=i))
        assert storage.find_job("aaaa").id == "bbbb-2"
        for use in (JobUse.CHANGE, JobUse.DELETE):
            with pytest.raises(ConflictError, match=r"bbbb-2.*aaaa-1"):
                storage.find_job("aaaa", use)
            assert storage.find_job("aaaa-1", use).id == "aaaa-1"
        assert storage.find_job("two", JobUse.CHANGE).id == "dddd-4"
        with pytest.raises(ConflictError, match="2 jobs are named 'two'"):
            storage.find_job("two", JobUse.DELETE)

    def test_a_job_is_found_among_those_of_a_label_only(self, storage: Storage) -> None:
        add_job(storage, "aaaa-1", name="one", labels={"project": "p"})
        add_job(storage, "aaaa-2", name="one", labels={"project": "q"}, created_at=NOW + timedelta(seconds=1))
        for ref in ("one", "aaaa", "aaaa-1", None):
            assert storage.find_job(ref, JobUse.DELETE, labels={"project": "p"}).id == "aaaa-1"
        for ref in ("aaaa-2", "two"):
            with pytest.raises(NotFoundError):
                storage.find_job(ref, labels={"project": "p"})

    def test_a_trial_that_is_not_there_was_missed_by_the_long_id_of_its_job(self, storage: Storage) -> None:
        lease = add_job(storage, "0123456789ab", name="digits")
        with pytest.raises(NotFoundError, match=r"'digits' \(01234567\) has no trial 99; it has no trials yet"):
            storage.trial(lease.job_id, 99)
        add_trials(storage, lease, [1.0])
        with pytest.raises(NotFoundError, match=r"'digits' \(01234567\) has no trial 99; its only trial is 0"):
            storage.trial(lease.job_id, 99)
        add_trials(storage, lease, [1.0])
        missing = r"'digits' \(01234567\) has no trial 99; its trials are 0 to 1"
        with storage.transaction() as tx, pytest.raises(NotFoundError, match=missing):
            tx.trial(lease.job_id, 99)

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

    def test_jobs_are_filtered_by_labels(self, storage: Storage) -> None:
        with storage.transaction() as tx:
            tx.insert_job(new_job("1", labels={"project": "p", "an owner": "me"}))
            tx.insert_job(new_job("2", labels={"project": "p", "an owner": "you", "n": 5}))
            tx.insert_job(new_job("3"))

        def ids(**labels: str) -> str:
            return "".join(summary.job.id for summary in storage.jobs(JobFilter(labels=labels)).items)

        assert ids() == "123"
        assert ids(project="p") == "12"
        assert ids(project="p", **{"an owner": "you"}) == "2"
        assert ids(project="q") == ""
        assert ids(other="p") == ""

    def test_confirmations_are_found_by_their_search_and_are_not_the_latest_job(self, storage: Storage) -> None:
        confirms = Confirms("search", (3, 0), "seed")
        with storage.transaction() as tx:
            tx.insert_job(new_job("search"))
            for i, (job_id, of) in enumerate([("first", confirms), ("other", replace(confirms, job_id="else"))]):
                tx.insert_job(new_job(job_id, confirms=of, created_at=NOW + timedelta(seconds=i + 1)))

        def ids(confirms: str | None) -> list[str]:
            return [summary.job.id for summary in storage.jobs(JobFilter(confirms=confirms)).items]

        assert ids(None) == ["other", "first", "search"]
        assert ids("") == ["search"]
        assert ids("search") == ["first"]
        assert ids("first") == []
        assert storage.job("first").confirms == confirms
        assert storage.job("search").confirms is None
        assert storage.find_job(None).id == "search"
        assert storage.find_job("othe").id == "other"

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
        assert list(storage.values("job-1")) == [0.5, None]
        assert list(storage.values("nowhere")) == []

    def test_failures_are_counted_by_cause_with_the_first_message(self, storage: Storage) -> None:
        lease = add_job(storage)
        add_trials(storage, lease, [None, None, 0.5, None])
        with storage.transaction(lease) as tx:
            for number, cause in [(0, Cause.TIMEOUT), (1, Cause.EXIT_CODE), (3, Cause.EXIT_CODE)]:
                tx.update_trial("job-1", number, cause=cause, message=f"of {number}")
        assert list(storage.failures("job-1").items()) == [("exit_code", (2, "of 1")), ("timeout", (1, "of 0"))]
        assert storage.failures("nowhere") == {}

    def test_logs_that_were_removed_or_lost_their_middle_are_counted(self, storage: Storage) -> None:
        lease = add_attempts(storage, 3)
        assert storage.lost_logs("job-1") == LostLogs()
        later = NOW + timedelta(days=1)
        with storage.transaction(lease) as tx:
            tx.update_attempt("job-1", 0, 1, pruned_at=NOW)
            tx.update_attempt("job-1", 0, 2, pruned_at=later)
            tx.update_trial("job-1", 0, notices=(Message("notice.folder_set_aside", folders=[LOG_FREED]),))
        assert storage.lost_logs("job-1") == LostLogs(2, later, 0)
        with storage.transaction(lease) as tx:
            freed = Message("notice.log_freed", attempt=1, start=4096, end=8192)
            tx.update_trial("job-1", 0, notices=(Message("notice.folder_set_aside", folders=["x"]), freed))
        assert storage.lost_logs("job-1") == LostLogs(2, later, 1)
        assert storage.lost_logs("nowhere") == LostLogs()

    def test_the_newest_events_of_many_jobs_are_known_at_once(self, storage: Storage) -> None:
        lease = add_job(storage, "job-1")
        add_job(storage, "job-2")
        add_trials(storage, lease, [0.5, 0.25])
        job_events = storage.events(None)
        newest = storage.newest_events(["job-1", "job-2", "nowhere"])
        assert newest == {
            None: job_events[-1].seq,
            "job-1": storage.events("job-1")[-1].seq,
            "job-2": storage.events("job-2")[-1].seq,
        }
        assert storage.newest_events([]) == {None: job_events[-1].seq}

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
        assert keys(limit=2) == [(0, 1), (1, 1)]
        assert keys(states=[TrialState.RUNNING]) == [(0, 1), (1, 2)]

    def test_stop_requests_are_those_of_trials_that_have_not_ended(self, storage: Storage) -> None:
        for job_id in ("job-1", "other"):
            lease = add_job(storage, job_id)
            with storage.transaction(lease) as tx:
                for number in range(5):
                    tx.insert_trial(job_id, Trial(number, {"x": number / 8}, TrialState.WAITING))
                for number in (1, 3, 4) if job_id == "job-1" else (2,):
                    tx.update_trial(job_id, number, stop_requested=True)
                tx.update_trial(job_id, 0, state=TrialState.RUNNING)
                tx.update_trial(job_id, 1, state=TrialState.RUNNING)
                tx.update_trial(job_id, 4, state=TrialState.STOPPED)
        assert storage.stop_requests("job-1") == [1, 3]
        assert storage.stop_requests("other") == [2]
        assert storage.stop_requests("absent") == []

    def test_a_deleted_job_is_gone_with_everything(self, storage: Storage) -> None:
        lease, kept = add_attempts(storage, 1), add_job(storage, "kept")
        add_trials(storage, kept, [1.0])
        for kind in ("enqueued/job-1", "enqueued/kept"):
            storage.put_item(kind, "0", {"params": {}})
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
        assert (storage.items("enqueued/job-1").total, storage.items("enqueued/kept").total) == (0, 1)
        assert add_attempts(storage, 1) == lease  # the id is free again

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
