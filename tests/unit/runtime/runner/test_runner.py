"""runtime/runner/runner.py: whole searches in a world without processes, killed at every step."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.job import JobState
from scriptune.core.trial import ExitReason, ExitStatus
from scriptune.errors import ConflictError
from scriptune.runtime.runner.runner import JobRunner
from scriptune.runtime.shared_limit import SharedLimit
from worlds import Killed, Program, World, new_runner, slow, table


def test_a_search_uses_its_budget_and_knows_its_best_trial(world: World) -> None:
    job = world.run(world.submit())
    assert job.state is JobState.COMPLETED
    trials = world.storage.trials(job.id).items
    assert [t.number for t in trials] == list(range(6))
    for trial in trials:
        assert trial.value == (float(trial.params["x"]) - 0.3) ** 2
        assert trial.n_reports == 2
    best = world.engine.best(job.id)
    assert best is not None
    assert best.trial.value == min(t.value for t in trials if t.value is not None)


def test_no_more_trials_than_allowed_run_side_by_side(world: World) -> None:
    world.run(world.submit(search={"trials": 12}, run={"parallel": 3}))
    assert world.executor.max_running == 3


def test_the_same_seed_gives_the_same_search(world: World) -> None:
    first, second = (world.run(world.submit(run={"parallel": 1})) for _ in range(2))
    assert table(world, first.id) == table(world, second.id)


def test_replay_derives_every_suggestion_of_a_parallel_search(world: World) -> None:
    job = world.run(world.submit(search={"sampler": "bayes", "trials": 10}, run={"parallel": 4}))
    report = world.engine.replay(job.id)
    assert (report.n_trials, report.n_derived, report.first_difference) == (10, 10, None)


def test_replay_names_the_first_suggestion_that_was_changed_by_hand(world: World) -> None:
    job = world.run(world.submit())
    with world.storage.transaction() as tx:
        tx.update_trial(job.id, 3, params={"x": 0.5})
    report = world.engine.replay(job.id)
    assert report.first_difference == 3
    assert report.found == {"x": 0.5}


@pytest.mark.parametrize("parallel", [1, 3])
def test_killed_at_every_step_nothing_is_lost_run_twice_or_left_running(tmp_path: Path, parallel: int) -> None:
    unbroken = World(tmp_path / "unbroken", memory_storage())
    unbroken.home.mkdir()
    reference = unbroken.run(unbroken.submit(run={"parallel": parallel}))
    n_steps = unbroken.killer.calls
    assert n_steps > 30
    for kill_at in range(1, n_steps + 1):
        home = tmp_path / f"{kill_at}"
        home.mkdir()
        world = World(home, memory_storage())
        job = world.submit(run={"parallel": parallel})
        world.killer.calls = 0
        world.killer.kill_at = kill_at
        try:
            ended = world.run(job)
        except Killed:
            finished_then = {t[0]: t for t in table(world, job.id) if t[2] == "completed"}
            world.die()
            ended = world.engine.storage.job(job.id)
            if ended.state not in (JobState.COMPLETED, JobState.FAILED):
                ended = world.run(ended)
            now = {t[0]: t for t in table(world, job.id)}
            assert {n: now[n] for n in finished_then} == finished_then
        assert ended.state is JobState.COMPLETED, kill_at
        assert all(n == 1 for n in world.executor.runs.values()), kill_at
        assert len(world.executor.runs) == 6
        assert not world.executor.running
        if parallel == 1:
            assert table(world, job.id) == table(unbroken, reference.id)
        assert world.engine.replay(job.id).first_difference is None


def too_slow(given: Mapping[str, str]) -> Program:
    """Reaches its time limit after its first value, and prints a much better one while it tidies up."""
    before, after = f"loss={1 + float(given['x'])!r}\n".encode(), b"loss=0.0\n"
    exit = ExitStatus(ExitReason.TIMEOUT, signal=15, log_size=len(before), message="run.trial_timeout was reached.")
    return Program((before, after), exit=exit)


@pytest.mark.parametrize("on_timeout", ["fail", "keep"])
def test_killed_at_every_step_a_time_limit_keeps_or_drops_the_same_values(tmp_path: Path, on_timeout: str) -> None:
    changes: dict[str, Any] = {
        "search": {"trials": 3},
        "run": {"parallel": 1, "trial_timeout": 60, "on_timeout": on_timeout, "max_failed": None},
    }
    unbroken = World(tmp_path, memory_storage(), too_slow)
    reference = table(unbroken, unbroken.run(unbroken.submit(**changes)).id)
    assert {state for _, _, state, _ in reference} == {"completed" if on_timeout == "keep" else "failed"}
    assert all(value is None or value >= 1.0 for *_, value in reference)
    for kill_at in range(1, unbroken.killer.calls, 5):
        world = World(tmp_path / str(kill_at), memory_storage(), too_slow)
        world.home.mkdir()
        job = world.submit(**changes)
        world.killer.calls, world.killer.kill_at = 0, kill_at
        with suppress(Killed):
            world.run(job)
        world.die()
        if world.storage.job(job.id).state is not JobState.COMPLETED:
            world.run(job)
        assert table(world, job.id) == reference, kill_at
        assert [tell.value for tell in world.storage.tells(job.id)] == [value for *_, value in reference]
        assert world.engine.replay(job.id).first_difference is None


def test_killed_again_and_again_at_ever_other_steps(tmp_path: Path) -> None:
    world = World(tmp_path, memory_storage())
    job = world.submit(search={"trials": 12}, run={"parallel": 4})
    kills = 0
    for step in range(3, 400):
        world.killer.calls = 0
        world.killer.kill_at = 3 + step % 17
        try:
            ended = world.run(world.storage.job(job.id))
            break
        except Killed:
            kills += 1
            world.die()
    assert ended.state is JobState.COMPLETED
    assert kills > 5
    assert len(world.executor.runs) == 12
    assert set(world.executor.runs.values()) == {1}
    assert world.engine.replay(job.id).first_difference is None


def test_a_job_that_is_being_run_is_not_run_by_another_process(world: World) -> None:
    job = world.submit()
    world.executor.program = slow
    other = World(world.home, world.storage)
    other.clock.now = world.clock.now

    def intrude() -> None:
        with pytest.raises(ConflictError):
            run_elsewhere(other, job.id)

    world.executor.on_wait = intrude
    assert world.run(job).state is JobState.COMPLETED


def run_elsewhere(world: World, job_id: str) -> None:
    from scriptune.runtime.worker import Worker

    Worker(world.engine.context).run_job(job_id)


def test_leaving_lets_trials_run_on_and_the_next_process_adopts_them(world: World) -> None:
    from scriptune.runtime.worker import Worker

    world.executor.program = slow
    job = world.submit()
    worker = Worker(world.engine.context)
    world.executor.on_wait = worker.leave
    left = worker.run_job(job.id)
    assert left.state is JobState.RUNNING
    assert left.lease_owner is None
    assert world.executor.running
    world.executor.on_wait = lambda: None
    assert world.run(job).state is JobState.COMPLETED
    assert set(world.executor.runs.values()) == {1}


def test_a_runner_that_leaves_gives_its_places_back_and_keeps_the_time(world: World) -> None:
    world.executor.program = slow
    limit = SharedLimit(2)
    context = world.engine.context
    job = world.submit()
    lease = context.storage.claim(job.id, "me", now=context.clock(), ttl_s=world.settings.lease_ttl_s)
    assert lease is not None
    runner = JobRunner(world.settings, context.storage, context.make_executor, lease, context.clock, limit)
    while limit.room(1):
        runner.step()
    assert len(runner._job.running) == 2
    runner.leave()
    assert not runner._job.running
    assert limit.room(1)
    stored = world.storage.job(job.id)
    assert stored.lease_owner is None
    assert stored.active_s > 0


def test_a_search_that_only_waits_for_its_running_trials_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = new_runner(world, world.submit(run={"parallel": 1}))
    runner.step()
    with monkeypatch.context() as patched:
        patched.setattr(world.executor, "poll", lambda _: None)  # it prints nothing and does not end
        assert not runner.step()
        with world.storage.transaction() as tx:
            tx.update_job(runner.job.id, stop_requested="drain")
        world.clock.now += timedelta(seconds=1)
        assert [runner.step() for _ in range(3)] == [False] * 3
        assert runner.job.state is JobState.STOPPING
    while not runner.done:
        runner.step()
    assert runner.job.state is JobState.STOPPED
