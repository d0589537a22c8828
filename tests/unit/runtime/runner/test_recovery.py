"""runtime/runner/recovery.py: what an earlier process has left."""

from __future__ import annotations

import pytest

from scriptune.core.job import JobState
from scriptune.runtime.runner.requests import Requests
from worlds import Killed, Program, World, deaf, new_runner, new_running_job, refuse_to_start, slow


def test_stopping_a_job_whose_engine_died_ends_its_trials(world: World) -> None:
    world.executor.program = slow
    job = world.submit()
    world.killer.calls = 0
    world.killer.kill_at = 20
    with pytest.raises(Killed):
        world.run(job)
    assert world.executor.running
    world.die()
    stopped = world.engine.stop(job.id)
    assert stopped.state is JobState.STOPPED
    assert not world.executor.running


def test_deleting_a_job_whose_engine_died_leaves_no_process_and_no_folder(world: World) -> None:
    world.executor.program = slow
    job = world.submit()
    world.killer.calls = 0
    world.killer.kill_at = 20
    with pytest.raises(Killed):
        world.run(job)
    world.die()
    world.engine.delete(job.id)
    assert not world.executor.running
    assert not (world.settings.jobs_folder / job.id).exists()
    assert world.engine.jobs().total == 0


def test_notices_are_derived_from_the_record_when_a_search_is_resumed(world: World) -> None:
    world.executor.program = deaf
    job = world.run(world.submit())
    with world.storage.transaction() as tx:
        tx.update_job(job.id, notices=())
    resumed = world.run(world.engine.resume(job.id, trials="+1"))
    assert resumed.notices == job.notices


def test_the_digest_of_an_adopted_trial_is_that_of_all_it_printed(world: World) -> None:
    whole = world.run(world.submit(search={"trials": 1}))
    killed = world.submit(search={"trials": 1})
    world.killer.calls, world.killer.kill_at = 0, 12
    with pytest.raises(Killed):
        world.run(killed)
    world.die()
    world.run(killed)
    digests = {world.storage.trial(job.id, 0).report_digest for job in (whole, killed)}
    assert len(digests) == 1
    assert None not in digests


def test_a_queued_job_is_running_once_it_is_taken_and_nothing_else_has_happened(world: World) -> None:
    submitted = world.submit()
    job = new_running_job(world, submitted)
    assert (job.record.state, job.record.started_at is not None) == (JobState.RUNNING, True)
    assert (job.running, list(job.waiting), job.n_trials, job.history.n_told) == ({}, [], 0, 0)
    assert world.storage.trials(submitted.id).total == 0


def test_what_runs_is_followed_from_where_its_reports_end_and_what_waits_is_left_to_the_first_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.executor.program = lambda _: Program((b"loss=1.0\n", b"loss=2.0\n") + (b"working\n",) * 50)
    refuse_to_start(world, monkeypatch, lambda: bool(world.executor.running))
    runner = new_runner(world, world.submit())
    while not world.storage.reports(runner.job.id, 0).total:
        runner.step()
    world.die()
    job = new_running_job(world, runner.job)
    [run] = job.running.values()
    assert (run.number, run.is_recovered, run.n_reports["loss"] > 0) == (0, True, True)
    assert run.read_offset == world.storage.attempts(job.id, 0)[0].log_offset
    assert list(job.waiting) == []
    Requests(job).read_now(world.clock())
    assert [attempt.number for attempt in job.waiting] == [1]
