"""What mutations of the loop, of ending and of resuming survived: each test fails when its line is left out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.core.job import JobState
from scriptune.core.trial import TrialState
from scriptune.runtime import lease
from scriptune.runtime.runner.requests import Requests
from worlds import Killed, Program, World, quadratic


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


def stopped_while_the_second_runs(world: World) -> str:
    """A job whose first trial has ended and whose second was cut off with the job; its id."""

    def program(given: Mapping[str, str]) -> Program:
        if len(world.executor.runs) == 1:
            world.engine.stop(job.id)
        return Program((b"epoch 0\n",) * 20 + tuple(quadratic(given).pieces))

    world.executor.program = program
    job = world.submit(run={"parallel": 1})
    assert world.run(job).state is JobState.STOPPED
    return job.id


def test_a_search_that_is_resumed_with_a_corrected_program_does_not_end_again_at_once(world: World) -> None:
    world.executor.program = lambda _: Program((b"ModuleNotFoundError: No module named 'torch'\n",), exit_code=1)
    job = world.run(world.submit(run={"parallel": 1}))
    assert job.state is JobState.FAILED
    world.executor.program = quadratic
    assert world.engine.resume(job.id).resumed_at_tell == 2
    resumed = world.run(job)
    assert (resumed.state, len(world.storage.trials(job.id).items)) == (JobState.COMPLETED, 6)


def test_the_sampler_is_not_told_of_a_trial_that_was_cut_off_with_its_job(world: World) -> None:
    job_id = stopped_while_the_second_runs(world)
    assert world.storage.trial(job_id, 1).state is TrialState.STOPPED
    assert [tell.number for tell in world.storage.tells(job_id)] == [0]
    world.engine.resume(job_id)
    world.run(world.storage.job(job_id))
    assert [tell.number for tell in world.storage.tells(job_id)] == list(range(6))


def killed_after_a_launch(folder: Path) -> World:
    """A world whose engine died when a program had been launched and the database did not know it yet."""
    for step in range(1, 50):
        world = World(folder / str(step), memory_storage())
        world.home.mkdir()
        world.executor.program = lambda given: Program((b"epoch 0\n",) * 20 + tuple(quadratic(given).pieces))
        job = world.submit(run={"parallel": 1})
        world.killer.kill_at = world.killer.calls + step
        with pytest.raises(Killed):
            world.run(job)
        if world.executor.running and world.storage.attempts(job.id)[0].handle is None:
            return world
    raise AssertionError("no step of a search is between a launch and its record")


def test_a_waiting_trial_that_was_launched_in_the_last_instant_is_ended_with_its_job(tmp_path: Path) -> None:
    world = killed_after_a_launch(tmp_path)
    job = world.storage.find_job(None)
    (attempt,) = world.storage.attempts(job.id)
    assert attempt.state is TrialState.WAITING
    world.die()
    world.engine.stop(job.id)
    assert world.storage.job(job.id).state is JobState.STOPPED
    assert world.executor.running == {}
    assert str(world.home / attempt.folder) in world.executor.cancelled


def test_trials_added_while_the_job_is_being_closed_are_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.submit(search={"trials": 3}, run={"parallel": 1})
    asked: list[int] = []
    read = Requests.read_now

    def read_and_then_be_asked(requests: Requests, now: datetime) -> None:
        read(requests, now)
        # The last look before the closing transaction.
        if len(requests._job.scoreboard) == 3 and not asked:
            asked.append(1)
            world.engine.resume(job.id, trials="+2")

    monkeypatch.setattr(Requests, "read_now", read_and_then_be_asked)
    assert world.run(job).state is JobState.COMPLETED
    assert asked
    assert len(world.storage.trials(job.id).items) == 5


def test_an_owner_that_has_ended_and_was_not_waited_for_is_dead() -> None:
    code = "from scriptune.runtime.lease import this_process; print(this_process())"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        owner = child.stdout.read().strip()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is a zombie from here on
        assert Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        assert lease.is_dead(owner)
