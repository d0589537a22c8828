"""runtime/runner/stop.py: trials that are ended before their time."""

from __future__ import annotations

import errno
import json
from datetime import timedelta

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import ExitReason, ExitStatus, TrialState
from scriptune.executors.base import Handle
from scriptune.runtime.runner.launch import Launch
from scriptune.runtime.runner.stop import cancel, stop_waiting
from worlds import Program, World, interrupted, new_runner, new_running_job, quadratic, refuse_to_start


def test_retried_trials_that_are_cut_off_with_their_job_run_when_it_is_resumed(world: World) -> None:
    world.executor.program = lambda given: Program((b"no luck\n",), exit_code=1)
    job = world.run(world.submit(search={"trials": 6}, run={"parallel": 1, "max_failed": None}))
    world.engine.retry(job.id)
    world.executor.on_wait = lambda: world.engine.stop(job.id)
    assert world.run(job).state is JobState.STOPPED
    stopped = [t for t in world.storage.trials(job.id).items if t.state is TrialState.STOPPED]
    assert [t.message for t in stopped[1:]] == ["Stopped before it was started."] * (len(stopped) - 1)
    assert not [t for t in stopped[1:] if t.started_at is not None]  # else it seems to have run all the time between

    world.executor.on_wait = lambda: None
    world.executor.program = quadratic
    world.engine.resume(job.id)
    assert world.run(job).state is JobState.COMPLETED
    again = [t.number for t in world.storage.trials(job.id).items if t.state is TrialState.COMPLETED]
    assert again == [t.number for t in stopped]
    assert world.engine.replay(job.id).first_difference is None


def test_a_waiting_trial_that_is_stopped_takes_no_value_from_a_folder_of_another_command(world: World) -> None:
    attempt = interrupted(world, 1)
    folder = world.home / attempt.folder
    job = world.engine.show().summary.job
    # The database is of a moment before the start, the folder of another search's end.
    with world.storage.transaction() as tx:
        tx.update_trial(job.id, 1, state=TrialState.WAITING)
        tx.update_attempt(job.id, 1, 1, state=TrialState.WAITING, handle=None)
    document = json.loads((folder / "command.json").read_text())
    document["params"] = {"x": 0.999}
    (folder / "command.json").write_text(json.dumps(document))
    (folder / "output.log").write_bytes(b"loss=-99\n")
    world.executor.exits[str(folder)] = ExitStatus(ExitReason.EXITED, exit_code=0)
    world.engine.stop(job.id)
    assert world.run(job).state is JobState.STOPPED
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.value) == (TrialState.STOPPED, None)


def test_the_sampler_is_not_told_of_a_trial_that_ends_with_its_job_before_it_was_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = new_runner(world, world.submit())
    refuse_to_start(world, monkeypatch)
    runner.step()
    with world.storage.transaction() as tx:
        tx.update_job(runner.job.id, stop_requested="drain")
    world.clock.now += timedelta(seconds=1)
    while not runner.done:
        runner.step()
    assert [trial.state for trial in world.storage.trials(runner.job.id).items] == [TrialState.STOPPED]
    assert list(world.storage.tells(runner.job.id)) == []


def test_an_attempt_is_cancelled_once_and_keeps_the_first_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = new_running_job(world, world.submit())
    Launch(job).start(world.clock())
    run, asked = job.running[0], list[Handle]()
    monkeypatch.setattr(world.executor, "cancel", asked.append)
    cancel(job, run, "trial")
    cancel(job, run, "job")
    assert (run.stop, run.is_asked, asked) == ("trial", True, [run.handle])


def test_a_cancel_that_cannot_be_made_now_is_made_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Handle) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    job = new_running_job(world, world.submit())
    Launch(job).start(world.clock())
    run = job.running[0]
    with monkeypatch.context() as patched:
        patched.setattr(world.executor, "cancel", refuse)
        cancel(job, run, "job")
    assert (run.stop, run.is_asked) == ("job", False)
    assert "Too many open files" in job.file_notice
    cancel(job, run, "job")
    assert run.is_asked


def test_an_attempt_that_has_ended_is_not_cancelled(world: World) -> None:
    job = new_running_job(world, world.submit())
    Launch(job).start(world.clock())
    run = job.running[0]
    run.exit = ExitStatus(ExitReason.EXITED, exit_code=0)
    cancel(job, run, "trial")
    assert (run.stop, run.is_asked) == ("", False)


def test_a_trial_that_does_not_wait_is_not_touched(world: World) -> None:
    job = new_running_job(world, world.submit())
    Launch(job).start(world.clock())
    job.flush()
    stop_waiting(job, 0, tell=True)
    assert world.storage.trial(job.id, 0).state is TrialState.RUNNING
