"""runtime/runner/running_job.py: what the parts of a runner share."""

from __future__ import annotations

import errno

from scriptune.runtime.runner.launch import Launch
from worlds import World, new_running_job, slow


def test_running_attempts_count_against_the_shared_limit_until_they_are_removed(world: World) -> None:
    world.executor.program = slow
    job = new_running_job(world, world.submit(run={"parallel": 3}), 2)
    launch = Launch(job)
    assert [launch.start_next(world.clock()) for _ in range(3)] == [True, True, False]
    assert (list(job.running), job.limit.has_room) == ([0, 1], False)
    job.remove_running(0)
    assert (list(job.running), job.limit.has_room) == ([1], True)


def test_what_the_executor_gets_belongs_to_the_attempt(world: World) -> None:
    job = new_running_job(world, world.submit())
    Launch(job).start_next(world.clock())
    [attempt] = world.storage.attempts(job.id)
    launch_spec = job.launch_spec(attempt)
    assert launch_spec.folder == world.home / attempt.folder
    assert launch_spec.params == world.storage.trial(job.id, 0).params


def test_files_that_cannot_be_read_are_named_by_their_trial_and_the_reason(world: World) -> None:
    job = new_running_job(world, world.submit())
    Launch(job).start_next(world.clock())
    job.note_unreadable(job.running[0], OSError(errno.EIO, "Input/output error"))
    assert "trial 0" in job.file_notice
    assert "Input/output error" in job.file_notice
