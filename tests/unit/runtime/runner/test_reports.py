"""runtime/runner/reports.py: what was read is stored, not too often."""

from __future__ import annotations

from datetime import timedelta

from worlds import Program, World, new_runner


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
