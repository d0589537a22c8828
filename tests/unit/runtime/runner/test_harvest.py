"""runtime/runner/harvest.py: running trials are followed, whatever happens to their files."""

from __future__ import annotations

import errno
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import ExitReason, ExitStatus, TrialState
from scriptune.executors.base import Handle
from scriptune.metrics.sources.base import Batch
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.runner.harvest import harvest
from scriptune.runtime.runner.launch import Launch
from worlds import Program, World, interrupted, new_runner, new_running_job


def test_the_count_of_warnings_that_were_left_out_was_left_out_too(world: World) -> None:
    names = [f"m{i}" for i in range(8)]
    lines = "".join(f"{name}=oops\n" for name in names) * 5
    world.executor.program = lambda _: Program((lines.encode(), b"loss=1.0\n"))
    metrics = {name: {"regex": rf"\b{name}=(\S+)"} for name in [*names, "loss"]}
    job = world.run(world.submit(metrics=metrics, search={"trials": 1}))
    [attempt] = world.storage.attempts(job.id)
    assert len(attempt.warnings) == 3 * len(names) + 1
    assert "were left out: 16" in attempt.warnings[-1]


def test_half_a_number_of_a_stopped_trial_is_not_its_value(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=0.75\n", b"loss=0.0", *[b""] * 500))
    job = world.submit(search={"trials": 1}, run={"parallel": 1})

    def stop_once_reported() -> None:
        trial = world.storage.trial(job.id, 0)
        if trial.n_reports and trial.state is TrialState.RUNNING:
            world.engine.stop(job.id, 0)

    world.executor.on_wait = stop_once_reported
    world.run(job)
    assert (world.storage.trial(job.id, 0).state, world.storage.trial(job.id, 0).value) == (
        TrialState.EARLY_STOPPED,
        0.75,
    )


@pytest.mark.parametrize("damage", ["another command", "no command", "no folder"])
def test_a_running_trial_is_lost_and_run_again_when_its_folder_is_not_its_own(world: World, damage: str) -> None:
    attempt = interrupted(world, 1)
    folder = world.home / attempt.folder
    if damage == "no folder":
        shutil.rmtree(folder)
    elif damage == "no command":
        (folder / "command.json").unlink()
    else:
        document = json.loads((folder / "command.json").read_text())
        document["env"]["SCRIPTUNE_ATTEMPT_KEY"] = "of another hand-over"
        (folder / "command.json").write_text(json.dumps(document))
        (folder / "output.log").write_bytes(b"loss=-99\n" * 100)
        world.executor.exits[str(folder)] = ExitStatus(ExitReason.EXITED, exit_code=0)
    job = world.run(world.engine.show().summary.job)
    assert job.state is JobState.COMPLETED
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.n_attempts) == (TrialState.COMPLETED, 2)
    assert trial.value == (float(trial.params["x"]) - 0.3) ** 2
    [first, _] = world.storage.attempts(job.id, 1)
    assert first.exit is not None
    assert first.exit.reason is ExitReason.LOST
    assert "restored from a different time" in first.exit.message
    assert str(folder) in world.executor.cancelled, "what runs there belongs to nobody any more"


def test_a_folder_is_recognised_once_and_may_be_tidied_up_by_its_program_later(world: World) -> None:
    attempt = interrupted(world, 1)
    job = world.engine.show().summary.job
    runner = new_runner(world, job)
    runner.step()
    (world.home / attempt.folder / "command.json").unlink()
    while not runner.done:
        runner.step()
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.n_attempts) == (TrialState.COMPLETED, 1)


def test_a_trial_whose_log_lost_its_end_is_run_again_instead_of_taking_a_value_from_the_rest(world: World) -> None:
    # A copy of the folder that was taken while the program wrote, or a power failure: exit.json is there, the log not.
    attempt = interrupted(world, 1)
    log = world.home / attempt.folder / "output.log"
    log.write_bytes(b"loss=-99\n")
    ended = ExitStatus(ExitReason.EXITED, exit_code=0, log_size=log.stat().st_size + 9)
    world.executor.exits[str(log.parent)] = ended
    job = world.run(world.engine.show().summary.job)
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.n_attempts) == (TrialState.COMPLETED, 2)
    assert trial.value == (float(trial.params["x"]) - 0.3) ** 2


def test_a_trial_that_cannot_be_looked_at_is_followed_again_when_it_can(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = new_runner(world, world.submit(search={"trials": 1}))
    assert runner.step()

    def refuse(_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(world.executor, "poll", refuse)
        for _ in range(3):
            assert not runner.step()
        assert "Cannot read trial 0 at the moment" in runner.notice
        assert "Too many open files" in runner.notice
        world.clock.now += timedelta(hours=1)  # however long: nothing is known of its end
        assert not runner.step()
    while not runner.done:
        runner.step()
    assert runner.notice == ""
    assert runner.job.state is JobState.COMPLETED
    assert world.storage.trial(runner.job.id, 0).state is TrialState.COMPLETED


@pytest.mark.parametrize(("stop", "patience_s"), [(False, 900), (True, 10)])
def test_a_log_that_stays_unreadable_after_the_end_is_given_up_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch, stop: bool, patience_s: int
) -> None:
    world.executor.program = lambda _: Program((b"loss=0.5\n",))
    runner = new_runner(world, world.submit(search={"trials": 1}))
    assert runner.step()

    def unreadable(run: RunningAttempt, *_: object) -> object:
        if run.exit is None:
            return Batch(from_offset=0, to_offset=0)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(RunningAttempt, "read", unreadable)
    while world.executor.running:
        runner.step()
    runner.step()
    if stop:
        world.engine.stop(runner.job.id)
    world.clock.now += timedelta(seconds=1)
    runner.step()
    since = world.clock.now
    while not runner.done:
        assert world.clock.now < since + timedelta(seconds=patience_s + 60)
        world.clock.now += timedelta(seconds=patience_s / 20)
        runner.step()
    assert world.clock.now >= since + timedelta(seconds=patience_s * 0.8)
    attempt = world.storage.attempts(runner.job.id, 0)[0]
    assert attempt.warnings == (
        "Its log could not be read to the end: Input/output error; use `scriptune reparse` to read it again.",
    )
    assert attempt.state is TrialState.FAILED


def test_only_trials_with_news_are_looked_at_and_all_of_them_now_and_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.executor.program = lambda _: Program((b"working\n",) * 1000)
    job = new_running_job(world, world.submit(run={"parallel": 3}))
    launch = Launch(job)
    while len(job.running) < 3:
        launch.start(world.clock())
    looked_at: list[int] = []
    poll = world.executor.poll

    def noted(handle: Handle) -> ExitStatus | None:
        looked_at.append(job.numbers[handle.folder])
        return poll(handle)

    monkeypatch.setattr(world.executor, "poll", noted)
    one = job.running[1].handle.folder

    def looks(news: set[Path]) -> list[int]:
        looked_at.clear()
        harvest(job, world.clock(), news)
        return looked_at.copy()

    assert looks(set()) == [0, 1, 2], "after recovery"
    assert looks({one, world.home / "of another job"}) == [1]
    assert looks(set()) == []
    job.again.add(2)
    assert looks({one}) == [1, 2]
    world.clock.now += timedelta(seconds=31)
    assert looks(set()) == [0, 1, 2]
    world.clock.now -= timedelta(hours=1)  # the clock was set back
    assert looks(set()) == [0, 1, 2]
    assert looks(set()) == []


def test_values_that_were_not_stored_yet_and_logs_with_more_are_looked_at_again_without_news(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.executor.program = lambda _: Program((b"loss=1.5\n", b"loss=1.25\n", *[b""] * 1000))
    job = new_running_job(world, world.submit(run={"parallel": 1}))
    Launch(job).start(world.clock())
    world.clock.tick = timedelta(0)
    harvest(job, world.clock(), set())
    job.flush()  # the first value, which decides the unit
    assert not harvest(job, world.clock(), {job.running[0].handle.folder})
    assert job.running[0].unsaved
    assert job.again == {0}
    world.clock.now += timedelta(seconds=0.2)
    assert not harvest(job, world.clock(), set())
    assert job.again == set()
    job.flush()
    assert world.storage.reports(job.id, 0).total == 2
    monkeypatch.setattr("scriptune.runtime.runner.harvest._READ_BYTES", 1)
    monkeypatch.setattr("scriptune.metrics.sources.log.READ_TIME_S", 0.0)
    job.running[0].log.write_bytes(b"loss=1.5\n" + b"working\n" * 200_000)
    assert harvest(job, world.clock(), {job.running[0].handle.folder})
    assert job.again == {0}
