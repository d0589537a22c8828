"""engine/confirm.py: the best configurations are run again, beside the search, with other seeds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.job import JobState, SearchJob
from scriptune.engine import confirm
from scriptune.engine.replay import replay
from scriptune.errors import ConflictError, JobFileError, NotFoundError
from scriptune.storage.base import JobFilter
from worlds import Killed, Program, World, claim, table

SEED = {"type": "int", "value": 7}


def noisy(given: Mapping[str, str]) -> Program:
    """A loss that depends on the seed as well, smallest at x = 0.3."""
    loss = (float(given["x"]) - 0.3) ** 2 + 0.01 * (int(given.get("seed", 0)) % 3)
    return Program((f"loss={loss!r}\n".encode(),))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage(), noisy)


def best_xs(world: World, job: SearchJob, top: int) -> list[float]:
    trials = [trial for trial in world.storage.trials(job.id, sort="value").items if trial.value is not None]
    return [float(trial.params["x"]) for trial in trials[:top]]


def runs(world: World, job: SearchJob) -> list[dict[str, object]]:
    return [params for _, params, _, _ in table(world, job.id)]


def test_each_of_the_best_is_run_with_the_same_seeds(world: World) -> None:
    job = world.run(world.submit())
    confirming = world.run(world.engine.confirm(job.id, top=2, repeats=2, seed_flag="--seed"))
    first, second = best_xs(world, job, 2)
    assert runs(world, confirming) == [
        {"x": first, "seed": 1001},
        {"x": second, "seed": 1001},
        {"x": first, "seed": 1002},
        {"x": second, "seed": 1002},
    ]
    assert (confirming.state, confirming.confirms.job_id if confirming.confirms else "") == (
        JobState.COMPLETED,
        job.id,
    )
    assert replay(world.storage, confirming, world.home, world.clock()).first_difference is None


def test_a_confirmation_costs_the_search_nothing(world: World) -> None:
    job = world.run(world.submit())
    before = (world.storage.summary(job.id), world.storage.tells(job.id))
    world.run(world.engine.confirm(job.id, seed_flag="--seed"))
    assert (world.storage.summary(job.id), world.storage.tells(job.id)) == before
    assert world.engine.job().id == job.id


def test_configurations_are_looked_for_behind_many_trials_of_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "_PAGE", 2)
    starts = [{"x": x} for x in (0.3, 0.3, 0.3, 0.3, 0.3, 0.4, 0.5)]
    job = world.run(world.submit(search={"start_with": starts, "trials": 7}))
    confirming = world.engine.confirm(job.id, top=3, repeats=1)
    assert confirming.confirms is not None
    assert confirming.confirms.numbers == (0, 5, 6)


def test_a_server_without_work_is_woken(world: World) -> None:
    job = world.run(world.submit())
    world.engine.context.new_work.clear()
    world.engine.confirm(job.id)
    assert world.engine.context.new_work.is_set()


def test_a_further_confirmation_takes_further_seeds(world: World) -> None:
    job = world.run(world.submit())
    for repeats, seeds in ((2, [1001, 1002]), (1, [1003])):
        confirming = world.run(world.engine.confirm(job.id, top=1, repeats=repeats, seed_flag="seed"))
        assert [params["seed"] for params in runs(world, confirming)] == seeds


def test_a_program_that_draws_its_own_seeds_is_run_as_it_was(world: World) -> None:
    job = world.run(world.submit())
    confirming = world.run(world.engine.confirm(job.id, top=1, repeats=3))
    assert runs(world, confirming) == [{"x": best_xs(world, job, 1)[0]}] * 3
    assert confirming.document["search"]["seed"] != job.document["search"]["seed"]


def test_limits_of_the_search_do_not_cut_a_confirmation(world: World) -> None:
    given: dict[str, Any] = {
        "objective": {"target": 5.0},
        "run": {"job_timeout": 9.0, "trial_timeout": 60.0, "parallel": 2},
        "search": {"trials": 3},
        "stopping": {"rule": "median"},
    }
    job = world.run(world.submit(**given))
    confirming = world.run(world.engine.confirm(job.id, top=1, repeats=4))
    assert confirming.document["run"]["trial_timeout"] == 60.0
    assert confirming.document["run"]["job_timeout"] is None
    assert confirming.document["stopping"]["rule"] == "none"
    assert len(runs(world, confirming)) == 4


@pytest.mark.parametrize(("parallel", "is_used"), [(None, 2), (3, 3), (50, 4)])
def test_as_many_run_at_once_as_in_the_search_or_as_asked(world: World, parallel: int | None, is_used: int) -> None:
    job = world.run(world.submit())
    confirming = world.engine.confirm(job.id, top=2, repeats=2, parallel=parallel)
    assert confirming.document["run"]["parallel"] == is_used


def test_configurations_that_were_tried_twice_are_one(world: World) -> None:
    starts = [{"x": x} for x in (0.3, 0.3, 0.3, 0.4, 0.9)]
    job = world.run(world.submit(search={"start_with": starts, "trials": 5, "allow_duplicates": True}))
    confirming = world.engine.confirm(job.id, top=2, repeats=1)
    assert confirming.confirms is not None
    assert confirming.confirms.numbers == (0, 3)
    assert world.engine.confirm(job.id, top=9, repeats=1, hold=True).id == confirming.id


def test_of_a_maximized_metric_the_highest_are_run_again(world: World) -> None:
    job = world.run(world.submit(objective={"goal": "maximize"}))
    worst = world.storage.trials(job.id, sort="-value").items[0]
    confirming = world.engine.confirm(job.id, top=1, repeats=1)
    assert confirming.document["search"]["start_with"] == [{"params": dict(worst.params)}]


def test_a_seed_that_is_a_parameter_of_the_search_is_replaced(world: World) -> None:
    parameters = {"x": {"type": "float", "min": 0.0, "max": 1.0}, "the-seed": {**SEED, "flag": "--seed"}}
    job = world.run(world.submit(parameters=parameters))
    for name in ("the_seed", "--seed", "--the-seed"):
        confirming = world.run(world.engine.confirm(job.id, top=1, repeats=1, seed_flag=name))
        assert confirming.document["parameters"]["the-seed"] == {
            "type": "int",
            "min": runs(world, confirming)[0]["the-seed"],
            "max": runs(world, confirming)[0]["the-seed"],
            "flag": "--seed",
        }


def test_searched_seeds_do_not_make_configurations_differ(world: World) -> None:
    parameters = {"x": {"type": "int", "min": 0, "max": 1}, "seed": {"type": "int", "min": 0, "max": 9}}
    job = world.run(world.submit(parameters=parameters, search={"trials": 20}))
    confirming = world.run(world.engine.confirm(job.id, top=3, repeats=1, seed_flag="seed"))
    assert sorted(runs(world, confirming), key=str) == [{"x": 0, "seed": 1001}, {"x": 1, "seed": 1001}]


@pytest.mark.parametrize(
    ("style", "seed_flag", "expected"),
    [
        ("equals", "--seed", ["--x=0.5", "--seed=1001"]),
        ("equals", "seed", ["--x=0.5", "--seed=1001"]),
        ("equals", "--random-seed", ["--x=0.5", "--random-seed=1001"]),
        ("space", "--seed", ["--x", "0.5", "--seed", "1001"]),
        ("equals", "-s", ["--x=0.5", "-s", "1001"]),
        ("hydra", "trainer.seed", ["x=0.5", "trainer.seed=1001"]),
        ("hydra", "--seed", ["x=0.5", "--seed=1001"]),
    ],
)
def test_the_seed_is_passed_as_it_is_written_or_as_the_others(
    world: World, style: str, seed_flag: str, expected: list[str]
) -> None:
    world.executor.program = lambda _: Program((b"loss=1\n",))
    parameters = {"x": {"type": "float", "min": 0.0, "max": 1.0, "style": style}}
    job = world.run(world.submit(parameters=parameters, search={"trials": 1, "start_with": [{"x": 0.5}]}))
    confirming = world.run(world.engine.confirm(job.id, repeats=1, seed_flag=seed_flag))
    line = world.engine.trial(confirming.id, 0).command_line
    assert line.split("/bin/true ")[1].split() == expected


def test_the_seed_reaches_a_variable_as_the_others_do(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=1\n",))
    parameters = {"x": {"type": "float", "min": 0.0, "max": 1.0, "style": "env"}}
    job = world.run(world.submit(parameters=parameters, search={"trials": 1}))
    confirming = world.run(world.engine.confirm(job.id, repeats=1, seed_flag="SEED"))
    assert "SEED=1001" in world.engine.trial(confirming.id, 0).command_line


def test_the_program_as_it_is_is_run_again_without_its_parameters(world: World) -> None:
    world.executor.program = lambda given: Program((b"loss=0.5\n",) if "x" not in given else (b"loss=1\n",))
    job = world.submit(search={"trials": 2, "start_with": [{"x": 0.5}]})
    with world.storage.transaction() as tx:
        tx.update_job(job.id, first_points=(FirstPoint({"x": 0.5}, {"x": Origin.HELP}),))
    world.run(job)
    confirming = world.run(world.engine.confirm(job.id, top=1, repeats=1, seed_flag="--seed"))
    assert runs(world, confirming) == [{"x": 0.5, "seed": 1001}]
    assert world.storage.trial(confirming.id, 0).value == 0.5
    line = world.engine.trial(confirming.id, 0).command_line
    assert line.split("/bin/true ")[1].split() == ["--seed=1001"]
    assert world.engine.job(confirming.id).baseline is None


def test_a_search_that_runs_is_confirmed_with_the_best_so_far(world: World) -> None:
    job = world.submit(search={"trials": 6}, run={"parallel": 1})
    world.executor.on_wait = lambda: _die_at(world, "/3/")
    with pytest.raises(Killed):
        world.run(job)
    world.executor.on_wait = lambda: None
    confirming = world.run(world.engine.confirm(job.id, top=1, repeats=1))
    assert runs(world, confirming) == [{"x": best_xs(world, job, 1)[0]}]
    assert world.storage.job(job.id).state is JobState.RUNNING
    world.die()
    assert len(table(world, world.run(job).id)) == 6


def _die_at(world: World, folder: str) -> None:
    if any(folder in running for running in world.executor.running):
        raise Killed


def test_a_confirmation_that_was_killed_at_any_step_is_continued_by_the_same_command(world: World) -> None:
    job = world.run(world.submit())
    whole = world.run(_confirm(world, job))
    expected = table(world, whole.id)
    n_calls = _killed_at(world, job, 10**9)
    for step in range(1, n_calls + 1):
        _killed_at(world, job, step, expected)


def _confirm(world: World, job: SearchJob) -> SearchJob:
    return world.engine.confirm(job.id, top=2, repeats=2, seed_flag="--seed", hold=True)


def _killed_at(world: World, job: SearchJob, step: int, expected: object = None) -> int:
    """Confirm from the start, die at a step, and confirm again; returns how many steps it took."""
    for other in world.storage.jobs(JobFilter(confirms=job.id)).items:
        world.engine.delete(other.id)
    world.killer.calls, world.killer.kill_at = 0, step
    try:
        confirming = world.run(_confirm(world, job))
    except Killed:
        world.die()
        made = [one.job for one in world.storage.jobs(JobFilter(confirms=job.id)).items]
        confirming = made[0] if made and made[0].state is JobState.COMPLETED else _confirm(world, job)
        world.run(confirming)
    assert max(world.executor.runs.values()) == 1
    if expected is not None:
        assert table(world, confirming.id) == expected
    world.killer.kill_at = None
    return world.killer.calls


def test_only_one_confirmation_of_a_search_runs_at_a_time(world: World) -> None:
    job = world.run(world.submit())
    confirming = world.engine.confirm(job.id)
    with pytest.raises(ConflictError, match=f"is being confirmed by {confirming.id[:8]}"):
        world.engine.confirm(job.id)
    claim(world, confirming)
    with pytest.raises(ConflictError, match="is being confirmed"):
        world.engine.confirm(job.id, hold=True)


def test_a_confirmation_stands_for_its_search(world: World) -> None:
    job = world.run(world.submit())
    confirming = world.run(world.engine.confirm(job.id, top=1, repeats=1))
    further = world.engine.confirm(confirming.id, top=2, repeats=1)
    assert further.confirms is not None
    assert further.confirms.job_id == job.id


def test_a_confirmation_takes_no_other_configurations(world: World) -> None:
    job = world.run(world.submit())
    confirming = world.run(world.engine.confirm(job.id, top=1, repeats=1))
    for act in (
        lambda: world.engine.resume(confirming.id, trials="+1"),
        lambda: world.engine.enqueue(confirming.id, {"x": 0.5}),
    ):
        with pytest.raises(ConflictError, match="it runs the configurations that it was made for") as caught:
            act()
        assert caught.value.hint == f"To run the best ones again: scriptune confirm {job.id[:8]}"


def test_a_search_is_deleted_with_its_confirmations(world: World) -> None:
    job = world.run(world.submit())
    confirming = world.run(world.engine.confirm(job.id))
    running = world.engine.confirm(job.id)
    lease = claim(world, running)
    with pytest.raises(ConflictError, match="'world-confirm' is running"):
        world.engine.delete(job.id)
    assert world.storage.job(confirming.id)
    world.storage.release(lease)
    world.engine.delete(job.id)
    assert world.storage.jobs().total == 0
    with pytest.raises(NotFoundError):
        world.storage.job(confirming.id)


def test_earlier_confirmations_are_no_searches_to_start_from(world: World) -> None:
    job = world.run(world.submit(search={"sampler": "bayes"}))
    world.run(world.engine.confirm(job.id))
    again = world.submit(search={"sampler": "bayes", "seed": None})
    assert "'world'" in next(point.note for point in again.first_points if Origin.EARLIER in point.origin.values())


def test_the_project_of_the_search_is_that_of_its_confirmation(world: World) -> None:
    job = world.run(world.engine.submit(world.document(), base_dir=world.home, labels={"project": "p", "file": "f"}))
    assert world.engine.confirm(job.id).labels == {"project": "p"}


def test_without_a_value_there_is_nothing_to_confirm(world: World) -> None:
    job = world.submit()
    with pytest.raises(ConflictError, match="'world' has no trial with a value, so there is nothing to confirm"):
        world.engine.confirm(job.id)


@pytest.mark.parametrize("counts", [{"top": 0}, {"repeats": -1}, {"parallel": 0}])
def test_counts_are_positive(world: World, counts: dict[str, int]) -> None:
    job = world.run(world.submit())
    [(name, count)] = counts.items()
    with pytest.raises(JobFileError, match=f"{name} is {count}, expected 1 or more"):
        world.engine.confirm(job.id, **counts)  # type: ignore[arg-type]  # the names are those of numbers
