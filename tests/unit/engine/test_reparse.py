"""Values computed again from the kept logs."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.job import Goal, JobState
from scriptune.core.trial import TrialState
from scriptune.engine.views import ReplayReport
from scriptune.errors import ConflictError, JobFileError, NotFoundError
from scriptune.runtime.attempts import RunningAttempt
from worlds import Program, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


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
    assert "3 trials failed in a row" in job.message
    world.engine.reparse(job.id, regexes={"loss": r"loss=(\S+)"})
    mended = world.storage.job(job.id)
    assert mended.state is JobState.STOPPED
    assert "resume" in mended.message
    world.engine.resume(job.id)
    assert world.run(job).state is JobState.COMPLETED
    assert world.engine.replay(job.id).first_difference is None


def test_a_search_without_values_after_reparse_has_failed(world: World) -> None:
    job = world.run(world.submit(run={"max_failed": None}))
    world.engine.reparse(job.id, regexes={"loss": r"accuracy=(\S+)"}, confirmed=True)
    assert world.storage.job(job.id).state is JobState.FAILED


def test_a_reparse_that_failed_midway_kept_the_job_for_an_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.run(world.submit())
    monkeypatch.setattr(RunningAttempt, "read", lambda *_: os.open(world.home / "no such disk", os.O_RDONLY))
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


def test_reparse_decides_again_whether_the_parameters_are_read(world: World) -> None:
    """A regex that captured the one number that never changes."""
    world.executor.program = lambda given: Program((f"seed=7 loss={given['x']}\n".encode(),))
    job = world.run(world.submit(metrics={"loss": {"regex": r"seed=(\d+)"}}))
    assert [notice.code for notice in job.notices] == ["notice.parameters_unread", "notice.equal_values"]
    world.engine.reparse(job.id, regexes={"loss": r"loss=(\S+)"})
    assert world.storage.job(job.id).notices == ()
    assert len({trial.report_digest for trial in world.storage.trials(job.id).items}) == 6


UP = r"epoch 2 loss=(\S+)"
FIRST = r"epoch 1 loss=(\S+)"


def everything(world: World, job_id: str) -> object:
    """All that a re-parse may touch, but the numbers of events, tells and times of reading."""
    job = world.storage.job(job_id)
    trials = world.storage.trials(job_id).items
    reports = [
        [(r.metric, r.value, r.step, r.offset) for r in world.storage.reports(job_id, trial.number).items]
        for trial in trials
    ]
    return job.document, job.state, job.message, job.notices, list(trials), reports


def test_a_preview_says_what_would_change_and_changes_nothing(world: World) -> None:
    job = world.run(world.submit())
    before, events = everything(world, job.id), world.storage.job(job.id)
    told = world.engine.reparse(job.id, regexes={"": FIRST}, dry_run=True)
    assert (everything(world, job.id), world.storage.job(job.id)) == (before, events)
    done = world.engine.reparse(job.id, regexes={"": FIRST})
    assert (told.is_preview, done.is_preview) == (True, False)
    assert replace(told, is_preview=False) == done
    assert done.n_captured == {"loss": 6}
    best = world.engine.best(job.id)
    assert best is not None
    assert done.best == (best.number, best.value)


def test_a_preview_says_what_becomes_of_the_job(world: World) -> None:
    job = world.run(world.submit(metrics={"loss": {"regex": r"accuracy=(\S+)"}}, run={"max_failed": None}))
    told = world.engine.reparse(job.id, regexes={"loss": UP}, dry_run=True)
    assert (told.state, told.message) == (JobState.COMPLETED, "The budget is used up (6 of 6 trials).")


@pytest.mark.parametrize(
    "changes",
    [
        {"regexes": {"": FIRST}},
        {"regexes": {"loss": r"accuracy=(\S+)"}, "confirmed": True},
        {"reduce": "last", "name": "error", "goal": "maximize"},
        {"goal": "maximize"},
        {"name": "error", "regexes": {"error": FIRST}},
    ],
    ids=str,
)
def test_undo_brings_back_everything_as_it_was(world: World, changes: dict[str, Any]) -> None:
    job = world.run(world.submit(run={"max_failed": None}))
    before = everything(world, job.id)
    world.engine.reparse(job.id, **changes)
    assert everything(world, job.id) != before
    world.engine.undo_reparse(job.id)
    assert everything(world, job.id) == before
    assert world.engine.replay(job.id).first_difference is None
    with pytest.raises(ConflictError, match="There is no re-parse of 'world' to undo"):
        world.engine.undo_reparse(job.id)


def test_undo_brings_back_the_values_before_although_the_logs_are_gone(world: World) -> None:
    job = world.run(world.submit())
    before = everything(world, job.id)
    world.engine.reparse(job.id, regexes={"": UP}, name="error", goal="maximize")
    for log in (world.home / "jobs" / job.id).rglob("output.log"):
        log.unlink()
    report = world.engine.undo_reparse(job.id)
    assert report.n_without_log == 6
    assert everything(world, job.id)[:5] == before[:5]  # type: ignore[index]
    assert {r.metric for r in world.storage.reports(job.id, 0).items} == {"loss"}


def test_a_search_that_went_on_after_a_reparse_is_read_as_a_whole_when_that_is_undone(world: World) -> None:
    job = world.run(world.submit())
    values = [trial.value for trial in world.storage.trials(job.id).items]
    world.engine.reparse(job.id, regexes={"": FIRST}, goal="maximize")
    world.engine.resume(job.id, trials="+3")
    world.run(job)
    world.engine.undo_reparse(job.id)
    undone = world.storage.job(job.id)
    assert (undone.goal, undone.state) == (Goal.MINIMIZE, JobState.COMPLETED)
    now = [trial.value for trial in world.storage.trials(job.id).items]
    assert now[:6] == values
    assert all(value is not None and value < 1 for value in now)  # the first epochs print 1 more
    assert world.engine.replay(job.id).first_difference is None


def test_a_regex_that_finds_nothing_is_refused_unless_confirmed(world: World) -> None:
    job = world.run(world.submit(metrics={"loss": {"regex": r"loss=(\S+)"}, "other": {"regex": r"epoch (\d+)"}}))
    before = everything(world, job.id)
    for regexes in ({"": r"acc=(\S+)"}, {"other": r"acc=(\S+)"}):
        with pytest.raises(ConflictError, match=r"finds nothing in 6 logs.* Nothing was changed") as caught:
            world.engine.reparse(job.id, regexes=regexes)
        assert "confirmed" in (caught.value.hint or "")
    assert everything(world, job.id) == before
    assert world.storage.job(job.id).lease_owner is None
    assert world.engine.reparse(job.id, regexes={"other": r"acc=(\S+)"}, confirmed=True).n_captured["other"] == 0


@pytest.mark.parametrize("sampler", ["random", "tpe", "bayes"])
def test_a_name_and_a_goal_guessed_wrong_are_corrected_and_every_suggestion_is_derived_still(
    tmp_path: Path, sampler: str
) -> None:
    world = World(tmp_path, memory_storage())
    world.executor.program = lambda given: Program((f"train_loss={given['x']} val_acc={given['x']}\n".encode(),))
    job = world.submit(
        metrics={"loss": {"regex": r"val_acc=(\S+)"}}, search={"sampler": sampler, "trials": 14}, run={"parallel": 1}
    )
    job = world.run(job)
    worst = max(trial.value or 0 for trial in world.storage.trials(job.id).items)
    report = world.engine.reparse(job.id, name="val_acc", goal="maximize")
    assert (report.metric, report.goal, report.changed) == ("val_acc", Goal.MAXIMIZE, [])
    corrected = world.storage.job(job.id)
    assert (corrected.metric, corrected.goal) == ("val_acc", Goal.MAXIMIZE)
    best = world.engine.best(job.id)
    assert best is not None
    assert best.value == worst
    assert set(world.storage.trial(job.id, 0).metrics) == {"val_acc"}
    assert world.engine.replay(job.id).n_derived == 14
    world.engine.resume(job.id, trials="+10")
    world.run(job)
    assert world.engine.replay(job.id) == ReplayReport(24, 24, 0, n_checked=24)
    if sampler != "random":
        # It was led away from the good values before, and towards them since.
        values = [trial.value or 0 for trial in world.storage.trials(job.id).items]
        assert sum(values[14:]) / 10 > sum(values[:14]) / 14
    world.engine.reparse(job.id, goal="minimize")
    assert world.engine.replay(job.id).first_difference is None


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"name": "other"}, ConflictError, "already has another metric 'other'"),
        ({"name": " "}, JobFileError, "name: got ' ', expected one line"),
        ({"name": "a\nb"}, JobFileError, "expected one line"),
        ({"goal": "up"}, JobFileError, "goal"),
        ({"regexes": {"los": "x=(.)"}}, NotFoundError, "no metric 'los'. Did you mean 'loss'"),
    ],
)
def test_what_cannot_be_used_is_refused_in_the_preview_too(
    world: World, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    job = world.run(world.submit(metrics={"loss": {"regex": r"loss=(\S+)"}, "other": {"regex": r"epoch (\d+)"}}))
    for dry_run in (True, False):
        with pytest.raises(error, match=re.escape(message)):
            world.engine.reparse(job.id, dry_run=dry_run, **changes)


def test_what_undo_needs_is_deleted_with_the_job(world: World) -> None:
    job = world.run(world.submit())
    world.engine.reparse(job.id, goal="maximize")
    world.engine.delete(job.id)
    assert world.storage.items(f"reparse/{job.id}").total == 0


def test_values_that_would_be_lost_are_counted_and_none_are_spoken_of_where_there_are_none(world: World) -> None:
    metrics = {"loss": {"regex": r"loss=(\S+)"}, "other": {"regex": r"epoch (\d+)"}}
    job = world.run(world.submit(metrics=metrics))
    with pytest.raises(ConflictError, match=r"finds nothing in 6 logs, and 6 values would be lost\. Nothing was"):
        world.engine.reparse(job.id, regexes={"": r"acc=(\S+)"})
    with pytest.raises(ConflictError, match=r"finds nothing in 6 logs\. Nothing was changed"):
        world.engine.reparse(job.id, regexes={"other": r"acc=(\S+)"})


def test_a_search_learns_every_value_that_a_reparse_changes(world: World) -> None:
    job = world.run(world.submit())
    world.engine.reparse(job.id, regexes={"": FIRST})
    tells = world.storage.tells(job.id)
    values = {trial.number: trial.value for trial in world.storage.trials(job.id).items}
    assert len(tells) == 12
    assert {tell.number: tell.value for tell in tells[6:]} == values
    assert all(values[tell.number] != tell.value for tell in tells[:6])


def test_undo_gives_a_search_that_could_go_on_its_end_again(world: World) -> None:
    job = world.run(world.submit(metrics={"loss": {"regex": r"accuracy=(\S+)"}}, run={"max_failed": 3, "parallel": 1}))
    before = everything(world, job.id)
    world.engine.reparse(job.id, regexes={"loss": r"loss=(\S+)"})
    assert world.storage.job(job.id).state is JobState.STOPPED
    world.engine.undo_reparse(job.id)
    assert everything(world, job.id) == before
