"""runtime/runner/heartbeat.py: the lease and the running time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scriptune.runtime.runner.heartbeat import Heartbeat
from worlds import Program, World, new_runner, new_running_job


def test_a_lease_is_renewed_and_the_time_kept_before_a_quarter_of_it_has_passed_twice(world: World) -> None:
    world.executor.program = lambda _: Program((b"working\n",) * 10_000)
    runner = new_runner(world, world.submit())
    began = world.clock.now
    ttl_s = world.settings.lease_ttl_s
    while world.clock.now < began + timedelta(seconds=ttl_s * 3):
        runner.step()
        stored = world.storage.job(runner.job.id)
        assert stored.lease_until is not None
        assert stored.lease_until - world.clock.now > timedelta(seconds=ttl_s / 2)
        lived_s = (world.clock.now - began).total_seconds()
        assert stored.active_s == pytest.approx(lived_s, abs=ttl_s / 2)


def test_a_clock_that_is_set_back_takes_no_running_time_away(world: World) -> None:
    job = new_running_job(world, world.submit())
    heartbeat = Heartbeat(job, world.clock())
    heartbeat.count(world.clock.now + timedelta(seconds=5))
    job.flush()
    before_s = heartbeat.active_s(world.clock.now + timedelta(seconds=5))
    assert heartbeat.active_s(world.clock.now - timedelta(hours=1)) == before_s == world.storage.job(job.id).active_s
