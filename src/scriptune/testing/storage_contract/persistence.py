"""Persistence tests: stored data is read back unchanged."""

from __future__ import annotations

import math
from datetime import timedelta, timezone
from typing import Any

import pytest

from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.job import JobState, MetricUnit
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
from scriptune.messages import Message
from scriptune.storage.base import Storage
from scriptune.testing.storage_contract.samples import (
    NOW,
    StorageFixtures,
    add_attempts,
    add_job,
    add_trials,
    new_job,
)

__all__ = ["PersistenceContract"]


class PersistenceContract(StorageFixtures):
    """Tests that every field of every dataclass survives."""

    def test_a_job_comes_back_as_it_was_stored(self, storage: Storage) -> None:
        elsewhere = timezone(timedelta(hours=-7))
        job = new_job(
            name="数字 'quoted' %",
            message="line\nline",
            started_at=NOW.astimezone(elsewhere),
            active_s=0.1 + 0.2,
            extra_trials=3,
            resumed_at_tell=2,
            search_rules=1,
            first_points=(
                FirstPoint({"x": 1.0}, {"x": Origin.USUAL}, Message("note.centre")),
                FirstPoint({"x": 2.0, "s": "a"}, {"x": Origin.HELP, "s": Origin.YOURS}, "plain"),
            ),
            usual_values_version=1,
            notices=(Message("notice.equal_values", metric="m", value=0.1), Message("notice.other")),
            units={"loss": MetricUnit("µs", "loss=1µs"), "acc": MetricUnit("")},
            note="naïve ☃\nsecond line",
            tags=("a", "数字"),
            star=True,
            submitted_run={"parallel": 2, "trial_timeout": None},
            labels={"a": [1, None, {"b": 1e-300}]},
        )
        with storage.transaction() as tx:
            tx.insert_job(job)
        stored = storage.job(job.id)
        assert stored.last_event == 1
        assert stored == new_job(
            **{name: getattr(job, name) for name in ("name", "message", "started_at", "active_s", "notices", "labels")},
            units=job.units,
            extra_trials=3,
            resumed_at_tell=2,
            search_rules=1,
            first_points=job.first_points,
            usual_values_version=1,
            note=job.note,
            tags=job.tags,
            star=True,
            submitted_run=job.submitted_run,
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
            suggestion, n_told=3, n_attempts=2, stop_requested=True, report_digest="ab12",
            notices=(Message("notice.odd", n=[1, None]),), created_at=NOW, started_at=NOW, finished_at=NOW,
        )  # fmt: skip
        with storage.transaction(lease) as tx:
            tx.insert_trial("job-1", trial)
        stored = storage.trial("job-1", 0)
        assert repr(stored) == repr(trial)  # NaN differs from itself, and 1 equals 1.0 and True
        assert list(stored.params) == list(params)

    def test_a_change_of_a_jobs_notices_is_an_event(self, storage: Storage) -> None:
        lease = add_job(storage)
        notice = Message("notice.equal_values", metric="loss", value=0.5)
        for notices in ((notice,), (notice,), ()):
            with storage.transaction(lease) as tx:
                assert tx.update_job("job-1", notices=notices, active_s=1.0).notices == notices
            assert storage.job("job-1").notices == notices
        events = [event for event in storage.events("job-1") if event.kind == "notices"]
        assert [event.data for event in events] == [
            {"notices": [{"code": "notice.equal_values", "params": dict(notice.params), "message": notice}]},
            {"notices": []},
        ]

    def test_a_change_of_a_jobs_units_is_an_event(self, storage: Storage) -> None:
        lease = add_job(storage)
        units = {"loss": MetricUnit("ms", "loss=3ms")}
        for _ in range(2):
            with storage.transaction(lease) as tx:
                assert tx.update_job("job-1", units=units).units == units
            assert storage.job("job-1").units == units
        events = [event for event in storage.events("job-1") if event.kind == "units"]
        assert [event.data for event in events] == [{"units": {"loss": {"unit": "ms", "line": "loss=3ms"}}}]

    def test_a_change_by_someone_is_an_event(self, storage: Storage) -> None:
        add_job(storage)
        with storage.transaction() as tx:
            tx.append_change("job-1", "ada@host", {"parallel": (2, 6), "job_timeout": (None, 3600)})
        (event,) = storage.events("job-1", after=1)
        assert (event.kind, event.number) == ("change", None)
        assert event.data == {"by": "ada@host", "changes": {"parallel": [2, 6], "job_timeout": [None, 3600]}}

    def test_a_contact_is_noted_with_all_running_trials_and_no_others(self, storage: Storage) -> None:
        lease = add_job(storage)
        states = (TrialState.RUNNING, TrialState.WAITING, TrialState.RUNNING, TrialState.COMPLETED)
        with storage.transaction(lease) as tx:
            for number, state in enumerate(states):
                tx.insert_trial("job-1", Trial(number, {"x": 1.0}, state))
                tx.insert_attempt("job-1", Attempt(number, 1, state, f"f{number}"))
        before = storage.job("job-1").last_event
        with storage.transaction(lease) as tx:
            assert tx.trial("job-1", 0).contact_at is None
            tx.note_contact("job-1", NOW)
            assert tx.trial("job-1", 0).contact_at == NOW
        assert [trial.contact_at for trial in storage.trials("job-1").items] == [NOW, None, NOW, None]
        assert [attempt.contact_at for attempt in storage.attempts("job-1")] == [NOW, None, NOW, None]
        assert storage.job("job-1").last_event == before

    @pytest.mark.parametrize("unit", ["", "µs", None])
    def test_the_unit_of_a_report_comes_back_as_it_was_printed(self, storage: Storage, unit: str | None) -> None:
        lease = add_attempts(storage, 1)
        report = Report("loss", 0.5, 0.0, 0, NOW, unit)
        with storage.transaction(lease) as tx:
            tx.add_reports("job-1", 0, 1, [report], from_offset=0, to_offset=9)
        assert storage.reports("job-1", 0).items == [report]

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

    def test_reports_of_files_and_how_far_files_were_read_come_back(self, storage: Storage) -> None:
        lease = add_attempts(storage, 1)
        report = Report("loss", 0.5, 0.0, 12, NOW, "", "logs/metrics.csv")
        sources = {"csv:logs/metrics.csv": {"offset": 30, "inode": 7, "anchor": [30, "ab"]}}
        with storage.transaction(lease) as tx:
            assert tx.update_attempt("job-1", 0, 1, sources=sources).sources == sources
            tx.add_reports("job-1", 0, 1, [report], from_offset=0, to_offset=0)
        assert storage.reports("job-1", 0).items == [report]
        assert [attempt.sources for attempt in storage.attempts("job-1", 0)] == [sources]
