"""engine/job_changes.py: limits of a search are changed while it runs, and nothing is lost when it is killed then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.job import JobState
from scriptune.core.job_changes import JobChanges
from scriptune.core.trial import TrialState
from scriptune.errors import ConflictError, JobFileError
from scriptune.executors.folder import attempt_folder
from worlds import Killed, World, slow, table


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, memory_storage())
    world.executor.program = slow
    return world


def at(world: World, when: Callable[[], bool], *changes: JobChanges) -> list[int]:
    """Make changes, one after the other, whenever a condition holds; returns the numbers of running trials at each."""
    left, seen = list(changes), []

    def look() -> None:
        if left and when():
            seen.append(len(world.executor.running))
            world.engine.change(None, left.pop(0), by="ada")

    world.executor.on_wait = look
    return seen


def test_more_and_fewer_parallel_trials_while_it_runs(world: World) -> None:
    job = world.submit(search={"trials": 20})
    n_running: list[int] = []
    wanted = [2, 6, 1]

    def steer() -> None:
        n_running.append(len(world.executor.running))
        if len(wanted) > 1 and n_running[-1] == wanted[0]:
            wanted.pop(0)
            world.engine.change(job.id, JobChanges(parallel=wanted[0]), by="ada")

    world.executor.on_wait = steer
    assert world.run(job).state is JobState.COMPLETED
    assert max(n_running) == 6
    after = n_running[n_running.index(6) :]
    assert after[-30:] == [1] * 30 or after[-30:-1] == [1] * 29
    assert {trial.state for trial in world.storage.trials(job.id).items} == {TrialState.COMPLETED}
    assert world.engine.replay(job.id).first_difference is None


def test_what_the_sampler_sees_is_what_was_submitted(world: World) -> None:
    plain = world.run(world.submit(search={"trials": 8, "sampler": "bayes"}, run={"parallel": 1}))
    job = world.submit(search={"trials": 8, "sampler": "bayes"}, run={"parallel": 1})
    at(world, lambda: len(world.executor.runs) >= 10, JobChanges(parallel=3), JobChanges(parallel=1, trials=6))
    ended = world.run(job)
    assert (ended.n_workers, ended.document["run"]["parallel"], ended.n_trials) == (1, 1, 6)
    assert world.engine.replay(job.id).first_difference is None
    assert table(world, job.id)[:2] == table(world, plain.id)[:2]


def test_the_budget_grows_and_shrinks_while_it_runs(world: World) -> None:
    job = world.submit(search={"trials": 6})
    at(
        world,
        lambda: len(world.executor.runs) >= 2,
        JobChanges(trials=9),
        JobChanges(trials="+2"),
        JobChanges(trials=4),
    )
    assert world.run(job).n_trials == 4
    assert len(world.storage.trials(job.id).items) == 4


def test_the_time_of_the_search_can_be_moved(world: World) -> None:
    job = world.submit(run={"job_timeout": 3600})
    at(world, lambda: len(world.executor.runs) >= 2, JobChanges(job_timeout=2), JobChanges(job_timeout="1h"))
    assert world.run(job).state is JobState.COMPLETED
    job = world.submit()
    at(world, lambda: len(world.executor.runs) >= 8, JobChanges(job_timeout=2))
    ended = world.run(job)
    assert ended.reason is not None
    assert ended.reason.code == "job.time_used_up"
    assert world.engine.change(job.id, JobChanges(job_timeout="none")).document["run"]["job_timeout"] is None
    world.engine.resume(job.id)
    assert world.run(job).reason.code == "job.budget_used_up"  # type: ignore[union-attr]  # it has ended


def test_a_trial_timeout_reaches_running_trials_and_later_ones(world: World) -> None:
    job = world.submit(search={"trials": 4})
    at(world, lambda: len(world.executor.runs) >= 2, JobChanges(trial_timeout="5m"))
    world.run(job)
    assert set(world.executor.timeouts.values()) == {300.0}
    assert len(world.executor.timeouts) == 4


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (JobChanges(), "nothing is given"),
        (JobChanges(parallel=0), "parallel: got 0, expected"),
        (JobChanges(parallel=-3), "parallel: got -3, expected"),
        (JobChanges(trials=0), "expected at least 1"),
        (JobChanges(trials="many"), "expected \\+N"),
        (JobChanges(job_timeout="soon"), "job_timeout: got 'soon'"),
        (JobChanges(trial_timeout=0), "trial_timeout: got 0"),
        (JobChanges(name=" "), "name"),
        (JobChanges(note="x" * 10_001), "note: has 10,001 characters"),
        (JobChanges(tags=["a", ""]), "tags: got"),
        (JobChanges(tags=["a\tb"]), "tags: got"),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, changes: JobChanges, says: str) -> None:
    job = world.submit()
    with pytest.raises(JobFileError, match=says):
        world.engine.change(job.id, changes)
    assert world.storage.job(job.id) == job


def test_a_budget_below_the_trials_that_exist_is_refused(world: World) -> None:
    job = world.run(world.submit(search={"trials": 3}))
    with pytest.raises(JobFileError, match="expected at least 3") as caught:
        world.engine.change(job.id, JobChanges(trials=2))
    assert "--drain" in str(caught.value.hint)
    assert world.engine.change(job.id, JobChanges(trials=3)) == job


def test_a_budget_in_trainings_may_be_less_than_the_trials_that_exist(world: World) -> None:
    job = world.run(world.submit(search={"trials": None, "budget": 3}, stopping={"rule": "median"}))
    assert world.engine.change(job.id, JobChanges(trials=2)).n_trials == 2
    with pytest.raises(JobFileError, match="expected at least 1"):
        world.engine.change(job.id, JobChanges(trials=0))


def test_a_confirmation_keeps_its_trials_but_not_its_limits(world: World) -> None:
    job = world.run(world.submit(search={"trials": 3}))
    confirmation = world.engine.confirm(job.id, top=1, repeats=2)
    with pytest.raises(ConflictError, match="confirms a search"):
        world.engine.change(confirmation.id, JobChanges(trials="+1"))
    assert world.engine.change(confirmation.id, JobChanges(parallel=1)).document["run"]["parallel"] == 1


def test_a_time_limit_that_is_over_is_refused(world: World) -> None:
    job = world.run(world.submit(search={"trials": 3}))
    with pytest.raises(JobFileError, match="job_timeout: got 1s, but the search has been running for"):
        world.engine.change(job.id, JobChanges(job_timeout=1))


def test_an_ordered_search_may_run_fewer_at_once_and_suggests_the_same(world: World) -> None:
    search = {"trials": 10, "sampler": "bayes", "ordered": True}
    plain = world.run(world.submit(search=search, run={"parallel": 3}))
    job = world.submit(search=search, run={"parallel": 3})
    with pytest.raises(JobFileError, match="parallel: got 4, expected at most 3"):
        world.engine.change(job.id, JobChanges(parallel=4))
    at(world, lambda: len(world.executor.runs) >= 12, JobChanges(parallel=1), JobChanges(parallel=3))
    world.run(job)
    assert table(world, job.id) == table(world, plain.id)
    assert world.engine.replay(job.id).first_difference is None


def changes_of(world: World, job_id: str) -> list[dict[str, Any]]:
    return [dict(event.data) for event in world.engine.events(job_id) if event.kind == "change"]


def test_who_changed_what_is_logged_once(world: World) -> None:
    job = world.submit()
    world.engine.change(job.id, JobChanges(parallel=4, name="b", note="n", tags=["x", " x", "y"], star=True), by="ada")
    changed = world.engine.change(job.id, JobChanges(parallel=4, tags=["x", "y"]), by="bob")
    assert (changed.name, changed.note, changed.tags, changed.star) == ("b", "n", ("x", "y"), True)
    assert changed.document["name"] == "b"
    world.engine.change(job.id, JobChanges(trial_timeout="1m"))
    first, second = changes_of(world, job.id)
    assert first == {
        "by": "ada",
        "changes": {
            "parallel": [2, 4],
            "name": ["world", "b"],
            "note": ["", "n"],
            "tags": [[], ["x", "y"]],
            "star": [False, True],
        },
    }
    assert second["changes"] == {"trial_timeout": [None, 60]}
    assert "@" in second["by"]


CHANGES = (JobChanges(parallel=4), JobChanges(trial_timeout="5m"), JobChanges(parallel=1, trials=7, job_timeout="9h"))


@pytest.mark.parametrize("nth", range(3))
def test_killed_at_any_step_of_a_change_it_is_made_or_not_and_nothing_is_lost(tmp_path: Path, nth: int) -> None:
    """The worker and whoever changes are one process here, so each step of both is one at which it dies."""
    outcomes = set()
    for step in range(1, 14):
        world = World(tmp_path / f"{step}", memory_storage())
        world.home.mkdir()
        world.executor.program = slow
        job = world.submit()

        def change_and_die(world: World = world, step: int = step) -> None:
            if len(world.executor.running) == 2:
                world.executor.on_wait = lambda: None
                world.killer.kill_at = world.killer.calls + step
                world.engine.change(None, CHANGES[nth], by="ada")

        world.executor.on_wait = change_and_die
        with pytest.raises(Killed):
            world.run(job)
        world.executor.on_wait = lambda: None
        world.die()
        changed = bool(changes_of(world, job.id))
        ended = world.run(job)
        trials = world.storage.trials(job.id).items
        assert ended.state is JobState.COMPLETED
        assert {trial.state for trial in trials} == {TrialState.COMPLETED}
        assert len(trials) == (7 if changed and nth == 2 else 6)
        assert ended.document["run"]["parallel"] == ([4, 2, 1][nth] if changed else 2)
        assert set(world.executor.runs.values()) == {1}
        if changed and nth == 1:
            last = str(world.home / attempt_folder(job.id, 5, 1))
            assert world.executor.timeouts[last] == 300.0
        assert world.engine.replay(job.id).first_difference is None
        outcomes.add(changed)
    assert outcomes == {True, False}


def test_a_limit_changed_in_the_instant_of_a_launch_reaches_that_trial(tmp_path: Path) -> None:
    """Killed after a program was launched under the old limit, and before the database knew that it runs."""
    for step in range(1, 50):
        world = World(tmp_path / f"{step}", memory_storage())
        world.home.mkdir()
        world.executor.program = slow
        job = world.submit(search={"trials": 1}, run={"parallel": 1})
        world.killer.kill_at = world.killer.calls + step
        with pytest.raises(Killed):
            world.run(job)
        if world.executor.running and world.storage.attempts(job.id)[0].handle is None:
            break
    world.die()
    world.engine.change(job.id, JobChanges(trial_timeout="5m"))
    world.run(job)
    assert list(world.executor.timeouts.values()) == [300.0]


def test_an_error_of_the_system_while_a_limit_is_changed_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = world.submit(search={"trials": 1}, run={"parallel": 1})
    at(world, lambda: bool(world.executor.running), JobChanges(trial_timeout="5m"))
    change, errors = world.executor.change_timeout, [OSError(24, "Too many open files")]

    def refuse_once(*args: Any) -> None:
        if errors:
            raise errors.pop()
        change(*args)

    monkeypatch.setattr(world.executor, "change_timeout", refuse_once)
    assert world.run(job).state is JobState.COMPLETED
    assert list(world.executor.timeouts.values()) == [300.0]
    assert not errors
