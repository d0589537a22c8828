"""Ordered searches: what ends first plays no part."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import Suggestion, TrialState
from worlds import Killed, Program, World, quadratic, table

N_TRIALS, PARALLEL = 9, 3
Row = tuple[int, dict[str, object], str, float | None, Suggestion | None]


def dawdling(seed: int, *, fails: bool = False) -> Callable[[Mapping[str, str]], Program]:
    """Programs that take a random time. Some of them fail, as their params say."""
    rng = random.Random(seed)

    def program(given: Mapping[str, str]) -> Program:
        waiting = (b"working\n",) * rng.choice([0, 0, 1, 3, 9])
        if fails and int(float(given["x"]) * 1e6) % 3 == 0:
            return Program((*waiting, b"no result\n"), exit_code=1)
        return Program((*waiting, *quadratic(given).pieces))

    return program


def new_world(folder: Path, seed: int, **kwargs: bool) -> World:
    home = folder / str(seed)
    home.mkdir(exist_ok=True)
    return World(home, memory_storage(), dawdling(seed, **kwargs))


def submitted(world: World, *, sampler: str = "tpe", ordered: bool = True, **run: Any) -> SearchJob:
    search = {"sampler": sampler, "trials": N_TRIALS, "ordered": ordered}
    return world.submit(search=search, run={"parallel": PARALLEL, "max_failed": None, **run})


def rows(world: World, job: SearchJob) -> list[Row]:
    """The table, with everything that the sampler said."""
    trials = world.storage.trials(job.id).items
    return [(*row, trial.suggestion) for row, trial in zip(table(world, job.id), trials, strict=True)]


def order_of_ends(world: World, job: SearchJob) -> tuple[int, ...]:
    return tuple(tell.number for tell in world.storage.tells(job.id))


def test_twenty_runs_with_other_delays_give_one_table(tmp_path: Path) -> None:
    tables, orders = [], set()
    for seed in range(20):
        world = new_world(tmp_path, seed, fails=True)
        job = world.run(submitted(world, retries=seed % 2))
        assert job.state is JobState.COMPLETED
        assert world.executor.max_running == PARALLEL
        tables.append(rows(world, job))
        orders.add(order_of_ends(world, job))
    assert all(other == tables[0] for other in tables)
    assert len(orders) > 5
    assert {row[2] for row in tables[0]} == {"completed", "failed"}
    assert world.engine.replay(job.id).first_difference is None


def test_without_it_the_order_of_the_results_decides(tmp_path: Path) -> None:
    tables = []
    for seed in range(5):
        world = new_world(tmp_path, seed)
        tables.append(rows(world, world.run(submitted(world, ordered=False))))
    assert any(other != tables[0] for other in tables)


@pytest.mark.parametrize("sampler", ["auto", "random"])
def test_every_sampler_can_be_ordered(tmp_path: Path, sampler: str) -> None:
    tables = []
    for seed in range(2):
        world = new_world(tmp_path, seed)
        tables.append(rows(world, world.run(submitted(world, sampler=sampler))))
    assert tables[0] == tables[1]


def test_a_trial_waits_for_the_results_that_it_is_chosen_from(tmp_path: Path) -> None:
    world = new_world(tmp_path, 0)
    job = submitted(world)
    started: dict[int, set[int]] = {}

    def watch() -> None:
        told = set(order_of_ends(world, job))
        for trial in world.storage.trials(job.id).items:
            started.setdefault(trial.number, told)

    world.executor.on_wait = watch
    world.run(job)
    watch()
    assert all(started[n] >= set(range(n - PARALLEL + 1)) for n in range(N_TRIALS))


def test_killed_at_many_moments_it_is_still_the_same_search(tmp_path: Path) -> None:
    unbroken = new_world(tmp_path, 0, fails=True)
    reference = rows(unbroken, unbroken.run(submitted(unbroken)))
    for kill_at in range(2, unbroken.killer.calls, 23):
        world = new_world(tmp_path, kill_at, fails=True)
        job = submitted(world)
        world.killer.calls, world.killer.kill_at = 0, kill_at
        with suppress(Killed):
            world.run(job)
        world.die()
        if world.storage.job(job.id).state is not JobState.COMPLETED:
            world.run(job)
        assert rows(world, job) == reference, kill_at
        assert all(n == 1 for n in world.executor.runs.values())
        assert world.engine.replay(job.id).first_difference is None


def test_stopped_and_resumed_it_is_still_the_same_search(tmp_path: Path) -> None:
    """Trials that were stopped with their search run again before any that is chosen from their results."""
    unbroken = new_world(tmp_path, 0)
    reference = rows(unbroken, unbroken.run(submitted(unbroken)))
    for n_waits in (3, 9):
        world = new_world(tmp_path, n_waits)
        job = submitted(world)
        left = iter(range(n_waits))

        def stop(world: World = world, job: SearchJob = job, left: Any = left) -> None:
            if next(left, None) is None:
                world.engine.stop(job.id)

        world.executor.on_wait = stop
        stopped = world.run(job)
        world.executor.on_wait = lambda: None
        if stopped.state is JobState.STOPPED:
            world.engine.resume(job.id)
            world.run(job)
        assert rows(world, job) == reference
        assert world.engine.replay(job.id).first_difference is None


def test_a_stopped_trial_counts_as_tried_and_holds_nothing_up(tmp_path: Path) -> None:
    world = new_world(tmp_path, 1)
    job = submitted(world)
    quick = world.executor.program

    def program(given: Mapping[str, str]) -> Program:
        return Program((b"working\n",) * 10_000) if len(world.executor.runs) == 1 else quick(given)

    world.executor.program = program

    def stop() -> None:
        if len(order_of_ends(world, job)) == PARALLEL - 1:  # trial 4 waits for trial 1
            world.engine.stop(job.id, 1)

    world.executor.on_wait = stop
    assert world.run(job).state is JobState.COMPLETED
    assert world.storage.trial(job.id, 1).state is TrialState.STOPPED
    assert world.engine.replay(job.id).first_difference is None


def test_after_a_retry_it_continues_with_the_new_results(tmp_path: Path) -> None:
    world = new_world(tmp_path, 2, fails=True)
    job = world.run(submitted(world))
    failed = [t.number for t in world.storage.trials(job.id).items if t.state is TrialState.FAILED]
    world.executor.program = dawdling(3)
    world.engine.retry(job.id)
    assert world.run(job).state is JobState.COMPLETED
    world.engine.resume(job.id, trials="+6")
    assert world.run(job).state is JobState.COMPLETED
    trials = world.storage.trials(job.id).items
    assert failed
    assert all(trial.value is not None for trial in trials)
    assert len(trials) == N_TRIALS + 6
    assert world.engine.replay(job.id).first_difference is None
