"""runtime/runner/reports.py: what was read is stored, not too often."""

from __future__ import annotations

from datetime import timedelta

from scriptune.runtime.runner.launch import Launch
from scriptune.runtime.runner.reports import save_reports
from worlds import Program, World, new_runner, new_running_job


def test_reports_that_follow_each_other_closely_are_stored_together(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=1.0\n",) * 100)
    runner = new_runner(world, world.submit(search={"trials": 1}))
    runner.step()
    world.clock.tick = timedelta(0)  # time stands still but for what follows

    def n_stored() -> int:
        return world.storage.reports(runner.job.id, 0).total

    for n_steps, expected in ((10, 1), (1, 11), (10, 11), (1, 22)):
        if n_steps == 1:
            world.clock.now += timedelta(seconds=0.15)
        for _ in range(n_steps):
            runner.step()
        assert n_stored() == expected


def test_the_report_that_decides_a_unit_is_stored_at_once_with_it(world: World) -> None:
    world.clock.tick = timedelta(0)
    job = new_running_job(world, world.submit(metrics={"loss": {"regex": r"loss=(\S+ ?\S*)"}}))
    Launch(job).start(world.clock())
    run = job.running[0]
    run.log.write_bytes(b"loss=1.5 ms\nloss=2.5 ms\n")
    run.read(1 << 20, world.clock())
    save_reports(job, run, world.clock())
    job.flush()
    assert world.storage.reports(job.id, 0).total == 2
    assert world.storage.job(job.id).units["loss"].unit == "ms"


def test_what_is_read_again_is_stored_with_the_end_only(world: World) -> None:
    job = new_running_job(world, world.submit())
    Launch(job).start(world.clock())
    run = job.running[0]
    run.log.write_bytes(b"loss=1.5\n")
    run.read(1 << 20, world.clock())
    run.is_reread = True
    for _ in range(2):
        world.clock.now += timedelta(seconds=1)
        save_reports(job, run, world.clock())
        job.flush()
    assert (world.storage.reports(job.id, 0).total, len(run.unsaved)) == (0, 1)
