"""runtime/runner/running_job.py: what the parts of a runner share."""

from __future__ import annotations

import errno
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from scriptune.runtime.runner.launch import Launch
from scriptune.storage.base import Lease, Transaction
from worlds import World, new_running_job, slow


def test_running_attempts_count_against_the_shared_limit_until_they_are_removed(world: World) -> None:
    world.executor.program = slow
    job = new_running_job(world, world.submit(run={"parallel": 3}), 2)
    launch = Launch(job)
    assert [launch.start(world.clock()) for _ in range(3)] == [True, True, False]
    assert (list(job.running), job.limit.room(1)) == ([0, 1], 0)
    job.remove_running(0)
    assert (list(job.running), job.limit.room(1)) == ([1], 1)


def test_what_the_executor_gets_belongs_to_the_attempt(world: World) -> None:
    job = new_running_job(world, world.submit())
    Launch(job).start(world.clock())
    [attempt] = world.storage.attempts(job.id)
    launch_spec = job.launch_spec(attempt)
    assert launch_spec.folder == world.home / attempt.folder
    assert launch_spec.params == world.storage.trial(job.id, 0).params


def test_files_that_cannot_be_read_are_named_by_their_trial_and_the_reason(world: World) -> None:
    job = new_running_job(world, world.submit())
    Launch(job).start(world.clock())
    job.note_unreadable(job.running[0], OSError(errno.EIO, "Input/output error"))
    assert "trial 0" in job.file_notice
    assert "Input/output error" in job.file_notice


def test_changes_of_a_step_are_stored_in_one_transaction_and_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = new_running_job(world, world.submit())
    opened: list[bool] = []
    transaction = world.storage.transaction

    def counted(lease: Lease, *, durable: bool = False) -> AbstractContextManager[Transaction]:
        opened.append(durable)
        return transaction(lease, durable=durable)

    monkeypatch.setattr(world.storage, "transaction", counted)
    for active_s, durable in ((1.0, False), (2.0, True)):
        job.later(lambda tx, s=active_s: tx.update_job(job.id, active_s=s), durable=durable)
    job.commit(world.clock.now)
    job.commit(world.clock.now)
    assert (opened, job.record.active_s) == ([True], 2.0)


def test_what_the_folders_say_too_waits_for_company_but_not_long(world: World) -> None:
    job = new_running_job(world, world.submit())
    stored: list[int] = []
    job.later(lambda _: stored.append(1), urgent=False)
    job.commit(world.clock.now)
    assert stored == []
    job.commit(world.clock.now + timedelta(seconds=0.15))
    assert stored == [1]
    job.later(lambda _: stored.append(2), urgent=False)
    job.later(lambda _: stored.append(3))
    job.commit(world.clock.now)
    assert stored == [1, 2, 3]


def test_changes_of_a_transaction_that_failed_are_not_tried_again(world: World) -> None:
    job = new_running_job(world, world.submit())
    job.later(lambda tx: tx.update_job(job.id, active_s=5.0))
    with pytest.raises(ZeroDivisionError), job.transaction():
        raise ZeroDivisionError
    job.flush()
    assert world.storage.job(job.id).active_s == 0.0
