"""Values computed again from the kept logs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import TrialState
from scriptune.engine.attempts import Running
from scriptune.storage.memory import MemoryStorage
from worlds import Program, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, MemoryStorage())


def test_reparse_reads_the_kept_logs_with_another_regex_and_runs_nothing(world: World) -> None:
    job = world.run(world.submit(metrics={"loss": {"regex": r"accuracy=(\S+)"}}, run={"max_failed": None}))
    assert job.state is JobState.FAILED
    runs = dict(world.executor.runs)
    report = world.engine.reparse(job.id, regexes={"loss": r"loss=(\S+)"})
    assert len(report.changed) == 6
    mended = world.storage.job(job.id)
    assert (mended.state, mended.message) == (JobState.COMPLETED, "The budget is used up (6 of 6 trials).")
    assert all(t.state is TrialState.COMPLETED for t in world.storage.trials(job.id).items)
    assert world.executor.runs == runs
    assert world.engine.replay(job.id).first_difference is None


def test_a_search_that_failed_for_want_of_values_can_go_on_once_reparse_finds_them(world: World) -> None:
    job = world.run(world.submit(metrics={"loss": {"regex": r"accuracy=(\S+)"}}, run={"max_failed": 3, "parallel": 1}))
    assert "3 trials failed one after the other" in job.message
    world.engine.reparse(job.id, regexes={"loss": r"loss=(\S+)"})
    mended = world.storage.job(job.id)
    assert mended.state is JobState.STOPPED
    assert "resume" in mended.message
    world.engine.resume(job.id)
    assert world.run(job).state is JobState.COMPLETED
    assert world.engine.replay(job.id).first_difference is None


def test_a_search_without_values_after_reparse_has_failed(world: World) -> None:
    job = world.run(world.submit(run={"max_failed": None}))
    world.engine.reparse(job.id, regexes={"loss": r"accuracy=(\S+)"})
    assert world.storage.job(job.id).state is JobState.FAILED


def test_a_reparse_that_failed_midway_kept_the_job_for_an_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.run(world.submit())
    monkeypatch.setattr(Running, "read", lambda *_: os.open(world.home / "no such disk", os.O_RDONLY))
    with pytest.raises(FileNotFoundError):
        world.engine.reparse(job.id, reduce="last")
    monkeypatch.undo()
    assert world.storage.job(job.id).lease_owner is None
    assert world.storage.job(job.id).document == job.document
    assert world.engine.reparse(job.id, reduce="last").n_trials == 6


def test_reparse_with_another_reduction_changes_the_values(world: World) -> None:
    world.executor.program = lambda given: Program((f"loss={given['x']}\nloss=7.0\n".encode(),))
    job = world.run(world.submit())
    world.engine.reparse(job.id, reduce="last")
    assert {t.value for t in world.storage.trials(job.id).items} == {7.0}


def test_reparse_judges_anew_whether_the_parameters_are_read(world: World) -> None:
    """A regex that captured the one number that never changes."""
    world.executor.program = lambda given: Program((f"seed=7 loss={given['x']}\n".encode(),))
    job = world.run(world.submit(metrics={"loss": {"regex": r"seed=(\d+)"}}))
    assert [notice.code for notice in job.notices] == ["parameters_unread", "equal_values"]
    world.engine.reparse(job.id, regexes={"loss": r"loss=(\S+)"})
    assert world.storage.job(job.id).notices == ()
    assert len({trial.report_digest for trial in world.storage.trials(job.id).items}) == 6
