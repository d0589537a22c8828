"""Freeing the space of trials that have ended."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.cli.commands import logs, prune, reparse, replay, show
from scriptune.cli.main import main
from scriptune.core.job import SearchJob
from scriptune.core.trial import TrialState
from scriptune.engine import prune as prune_module
from scriptune.storage.base import TrialFilter
from worlds import Killed, Program, World

ALL: dict[str, Any] = {"older_than_s": 0}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


@pytest.fixture
def done(world: World) -> SearchJob:
    return world.run(world.submit())


def folders(world: World, job: SearchJob) -> set[int]:
    """Trials that have a folder with a log."""
    return {int(log.parts[-3]) for log in (world.home / "jobs" / job.id).rglob("output.log")}


def test_what_is_kept_of_a_pruned_trial_is_all_but_its_files(world: World, done: SearchJob) -> None:
    before = world.storage.trials(done.id).items
    reports = world.storage.reports(done.id, 0).items
    report = world.engine.prune(**ALL)
    assert (report.n_attempts, report.is_preview, report.left_bytes) == (6, False, 0)
    assert report.freed_bytes > 0
    assert folders(world, done) == set()
    assert world.storage.trials(done.id).items == before
    assert world.storage.reports(done.id, 0).items == reports
    replayed = world.engine.replay(done.id)
    assert (replayed.first_difference, replayed.n_not_checked, replayed.n_pruned) == (None, 6, 6)
    assert replayed.pruned_at is not None
    assert world.engine.prune(**ALL).n_attempts == 0


def test_a_preview_of_prune_removes_nothing_and_says_the_same(world: World, done: SearchJob) -> None:
    told = world.engine.prune(**ALL, dry_run=True)
    assert folders(world, done) == set(range(6))
    assert world.storage.attempts(done.id, 0)[0].pruned_at is None
    report = world.engine.prune(**ALL)
    assert (told.n_attempts, told.freed_bytes, told.jobs) == (report.n_attempts, report.freed_bytes, report.jobs)


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_the_best_trials_of_each_job_keep_their_files(world: World, goal: str) -> None:
    job = world.run(world.submit(objective={"goal": goal}))
    world.engine.prune(keep_best=2)
    by_value = sorted(world.storage.trials(job.id).items, key=lambda t: job.goal.sign * (t.value or 0))
    assert folders(world, job) == {trial.number for trial in by_value[:2]}


def test_only_what_ended_long_enough_ago_is_removed(world: World, done: SearchJob) -> None:
    assert world.engine.prune(older_than_s=3600).n_attempts == 0
    world.clock.now = world.clock.now.replace(year=world.clock.now.year + 1)
    newer = world.run(world.submit())
    assert world.engine.prune(older_than_s=3600).n_attempts == 6
    assert folders(world, done) == set()
    assert folders(world, newer) == set(range(6))


def test_the_oldest_go_until_the_rest_fits(world: World, done: SearchJob) -> None:
    total = world.engine.prune(**ALL, dry_run=True)
    half = total.freed_bytes // 2
    report = world.engine.prune(max_size_bytes=half)
    assert 0 < report.left_bytes <= half
    left = folders(world, done)
    ended = {a.number: a.finished_at for a in world.storage.attempts(done.id)}
    assert max(ended[n] for n in range(6) if n not in left) <= min(ended[n] for n in left)  # type: ignore[type-var]
    assert world.engine.prune(max_size_bytes=half).n_attempts == 0


def test_nothing_of_a_search_that_runs_or_was_interrupted_is_removed(world: World) -> None:
    world.killer.kill_at = 12
    job = world.submit()
    with pytest.raises(Killed):
        world.run(job)
    world.die()
    assert world.engine.prune(**ALL).n_attempts == 0
    world.run(job)
    assert folders(world, job) == set(range(6))


def test_a_trial_that_resuming_would_run_again_keeps_its_files(world: World) -> None:
    def program(_: object) -> Program:
        if len(world.executor.runs) == 1:
            world.engine.stop(job.id)
        return Program((b"loss=1.0\n",) * 50)

    world.executor.program = program
    job = world.submit(run={"parallel": 1})
    world.run(job)
    (cut_off,) = world.storage.trials(job.id, TrialFilter((TrialState.STOPPED,))).items
    world.engine.prune(**ALL)
    kept = {a.number for a in world.storage.attempts(job.id) if (world.home / a.folder).is_dir()}
    assert kept == {cut_off.number}


def test_the_report_counts_each_job_for_itself(world: World, done: SearchJob) -> None:
    other = world.run(world.submit(name="other", search={"trials": 3}))
    report = world.engine.prune(**ALL)
    counted = {job.id: (job.name, job.n_attempts) for job in report.jobs}
    assert counted == {done.id: ("world", 6), other.id: ("other", 3)}
    assert sum(job.freed_bytes for job in report.jobs) == report.freed_bytes
    assert report.jobs[0].freed_bytes > report.jobs[1].freed_bytes > 0


def test_jobs_beyond_the_first_page_are_pruned_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune_module, "_PAGE", 2)
    jobs = [world.run(world.submit(search={"trials": 1})) for _ in range(5)]
    assert [job.id for job in world.engine.prune(**ALL).jobs] == [job.id for job in jobs]


def test_nothing_is_removed_where_the_files_just_fit(world: World, done: SearchJob) -> None:
    total = world.engine.prune(**ALL, dry_run=True).freed_bytes
    report = world.engine.prune(max_size_bytes=total)
    assert (report.n_attempts, report.left_bytes) == (0, total)


def test_the_folder_of_a_trial_goes_with_its_last_attempt(world: World) -> None:
    world.executor.program = lambda _: Program((b"no luck\n",), exit_code=1)
    job = world.run(world.submit(search={"trials": 1}, run={"retries": 1}))
    trial = world.home / "jobs" / job.id
    assert world.engine.prune(**ALL).n_attempts == 2
    assert not [path for path in trial.rglob("*") if path.name in ("0", "1", "2")]


def test_a_job_that_was_taken_while_prune_looked_keeps_its_files(
    world: World, done: SearchJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = prune_module._best

    def resume_meanwhile(*args: Any) -> set[int]:
        world.engine.resume(done.id, trials="+1")
        return best(*args)

    monkeypatch.setattr(prune_module, "_best", resume_meanwhile)
    report = world.engine.prune(**ALL)
    assert (report.n_attempts, report.freed_bytes, report.jobs) == (0, 0, [])
    assert folders(world, done) == set(range(6))


def test_a_folder_that_its_owner_removed_while_prune_looked_stops_nothing(
    world: World, done: SearchJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = prune_module._best

    def remove_meanwhile(*args: Any) -> set[int]:
        shutil.rmtree(world.home / "jobs" / done.id / "2")
        return best(*args)

    monkeypatch.setattr(prune_module, "_best", remove_meanwhile)
    assert world.engine.prune(**ALL).left_bytes == 0
    assert folders(world, done) == set()
    assert all(attempt.pruned_at is not None for attempt in world.storage.attempts(done.id))


def test_a_crash_between_mark_and_removal_leaves_nothing_behind(
    world: World, done: SearchJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_args: object, **_kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", die)
        with pytest.raises(Killed):
            world.engine.prune(**ALL)
    assert world.engine.prune(**ALL).n_attempts == 6
    assert folders(world, done) == set()


def test_a_folder_that_was_set_aside_goes_with_the_attempt_in_whose_place_it_was(world: World, done: SearchJob) -> None:
    folder = world.home / world.storage.attempts(done.id, 0)[0].folder
    before = world.engine.prune(**ALL, dry_run=True).freed_bytes
    for name in ("1.aside", "1.aside2"):
        aside = folder.with_name(name)
        aside.mkdir()
        (aside / "output.log").write_bytes(b"x" * 65536)
    (folder.with_name("10.aside")).mkdir()
    (folder.with_name("notes.txt")).write_text("the user's own")
    report = world.engine.prune(**ALL)
    assert report.freed_bytes >= before + 2 * 65536
    assert sorted(path.name for path in folder.parent.iterdir()) == ["10.aside", "notes.txt"]
    world.engine.delete(done.id)
    assert not folder.parent.exists()


def test_a_folder_that_was_set_aside_is_removed_also_when_the_attempt_has_none(world: World, done: SearchJob) -> None:
    folder = world.home / world.storage.attempts(done.id, 0)[0].folder
    world.engine.prune(**ALL)
    folder.with_name("1.aside").mkdir(parents=True)
    assert world.engine.prune(**ALL).n_attempts == 1
    assert not folder.parent.exists()


def test_a_pruned_folder_that_is_a_link_leaves_what_it_leads_to(world: World, done: SearchJob, tmp_path: Path) -> None:
    folder = world.home / world.storage.attempts(done.id, 0)[0].folder
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    world.engine.prune(**ALL)
    assert (elsewhere / "output.log").is_file()


def test_every_verb_says_that_files_were_removed_by_prune_and_when(
    world: World, done: SearchJob, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (logs, prune, reparse, replay, show):
        monkeypatch.setattr(module, "open_engine", lambda shared, **_: world.engine)
    assert main(["prune", "--older-than", "0", "--yes"]) == 0
    assert "Files of 6 attempts removed" in capsys.readouterr().out
    assert main(["logs", "0"]) == 2
    assert "The log of trial 0 was removed by prune on 2030-01-01" in capsys.readouterr().err
    assert main(["show", "--trial", "0"]) == 0
    assert "The files of attempt 1 were removed by prune on 2030-01-01" in capsys.readouterr().out
    assert main(["replay"]) == 0
    assert "(6 removed by prune, the last on 2030-01-01)" in capsys.readouterr().out
    assert main(["reparse", "--reduce", "last"]) == 0
    assert "6 without a log (6 removed by prune, the last on 2030-01-01)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Choose what to remove"),
        (["--max-size", "much"], "'much': expected a size such as 500MB, 20GB"),
        (["--older-than", "soon"], "'soon': expected a duration such as"),
        (["--keep-best", "-1"], "-1"),
    ],
)
def test_a_mistake_says_what_was_expected(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prune", *arguments]) == 2
    assert message in capsys.readouterr().err
