"""engine/enqueue.py: configurations to try next, whole and in part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.job import JobSpec, JobState
from scriptune.core.parameters import Float
from scriptune.core.space import SearchSpace
from scriptune.core.trial import Phase
from scriptune.engine.engine import Engine
from scriptune.errors import SpaceError
from worlds import Killed, World, slow

PARAMETERS = {
    "x": {"type": "float", "min": 0.0, "max": 1.0},
    "optimizer": {"type": "categorical", "values": ["adam", "sgd", "lamb"]},
    "momentum": {"type": "float", "min": 0.0, "max": 0.9, "when": {"optimizer": "sgd"}},
    "warmup": {"type": "int", "min": 1, "max": 9, "when": {"optimizer": ["sgd", "lamb"]}},
    "batch_size": {"type": "int", "value": 64},
}


def submitted(world: World, sampler: str = "bayes", **run: Any) -> str:
    search = {"sampler": sampler, "trials": 8}
    return world.submit(parameters=PARAMETERS, search=search, run={"parallel": 1, **run}).id


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


@pytest.mark.parametrize("sampler", ["auto", "tpe", "random", "grid"])
def test_what_is_left_out_is_suggested_and_derived_again(world: World, sampler: str) -> None:
    job_id = submitted(world, sampler)
    parts = [{"x": 0.1}, {"momentum": 0.5}, {"optimizer": "adam", "x": 0.25}, {"x": 0.1}]
    world.engine.enqueue(job_id, parts)
    world.run(world.storage.job(job_id))
    trials = world.storage.trials(job_id).items
    assert [trial.suggestion.fixed for trial in trials[:4]] == [  # type: ignore[union-attr]  # they have one
        {"x": 0.1},
        {"optimizer": "sgd", "momentum": 0.5},
        None,
        {"x": 0.1},
    ]
    assert all(trial.suggestion.phase is Phase.ENQUEUED for trial in trials[:4])  # type: ignore[union-attr]  # they have one
    assert trials[1].params["optimizer"] == "sgd"
    assert trials[2].params == {"x": 0.25, "optimizer": "adam"}
    assert trials[0].params != trials[3].params
    assert all(trial.suggestion.phase is not Phase.ENQUEUED for trial in trials[4:])  # type: ignore[union-attr]  # they have one
    report = world.engine.replay(job_id)
    assert (report.first_difference, report.n_derived, report.n_enqueued) == (None, 7, 1)


def test_they_are_tried_next_while_the_search_runs(world: World) -> None:
    world.executor.program = slow
    job_id = submitted(world)

    def enqueue_once() -> None:
        if len(world.executor.runs) == 3:
            world.executor.on_wait = lambda: None
            world.engine.enqueue(job_id, {"x": 0.625})

    world.executor.on_wait = enqueue_once
    world.run(world.storage.job(job_id))
    assert world.storage.trial(job_id, 3).params["x"] == 0.625
    assert world.engine.replay(job_id).first_difference is None


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"y": 1}, "'y' is not a parameter of this search"),
        ({"optimiser": "adam"}, "Did you mean 'optimizer'"),
        ({"x": 1.5}, "'x': value 1.5 is outside 0.0 .. 1.0"),
        ({"x": "much"}, "'x'"),
        ({"optimizer": "adams"}, "not one of .*Did you mean 'adam'"),
        ({"warmup": 3}, "'warmup' is used only with 'optimizer' one of"),
        ({"optimizer": "adam", "momentum": 0.5}, "momentum"),
        ({"batch_size": 32}, "always"),
        ({"batch_size": 64}, "No value of a searched parameter"),
        ({}, "No value of a searched parameter"),
        ([], "got 0 configurations"),
        ([{"x": 0.5}, {"x": 7}], "outside"),
        ([3], "mapping"),
    ],
)
def test_what_cannot_be_tried_is_refused_and_nothing_is_queued(world: World, params: Any, says: str) -> None:
    job_id = submitted(world)
    with pytest.raises(SpaceError, match=says):
        world.engine.enqueue(job_id, params)
    assert world.storage.items(f"enqueued/{job_id}").total == 0


def test_a_fixed_value_that_is_the_same_may_be_given(world: World) -> None:
    job_id = submitted(world)
    world.engine.enqueue(job_id, {"batch_size": 64, "x": 0.5, "optimizer": "adam"})
    world.run(world.storage.job(job_id))
    assert world.storage.trial(job_id, 0).params == {"x": 0.5, "optimizer": "adam"}


def test_killed_at_any_step_the_same_configurations_are_tried_once(tmp_path: Path) -> None:
    for step in range(1, 16):
        world = World(tmp_path / f"{step}", memory_storage())
        world.home.mkdir()
        world.executor.program = slow
        job_id = submitted(world)

        def enqueue_and_die(world: World = world, job_id: str = job_id, step: int = step) -> None:
            if len(world.executor.runs) == 2:
                world.executor.on_wait = lambda: None
                world.engine.enqueue(job_id, [{"x": 0.625}, {"x": 0.75, "optimizer": "adam"}])
                world.killer.kill_at = world.killer.calls + step

        world.executor.on_wait = enqueue_and_die
        with pytest.raises(Killed):
            world.run(world.storage.job(job_id))
        world.executor.on_wait = lambda: None
        world.die()
        assert world.run(world.storage.job(job_id)).state is JobState.COMPLETED
        trials = world.storage.trials(job_id).items
        assert [trial.params["x"] for trial in trials[2:4]] == [0.625, 0.75]
        assert sum(trial.suggestion.phase is Phase.ENQUEUED for trial in trials) == 2  # type: ignore[union-attr]  # they have one
        assert set(world.executor.runs.values()) == {1}
        assert world.engine.replay(job_id).first_difference is None


def test_configurations_that_an_earlier_version_queued_are_read(world: World) -> None:
    job_id = submitted(world)
    params = {"x": 0.5, "optimizer": "adam"}
    world.storage.put_item(f"enqueued/{job_id}", "000000000", {"params": params})
    world.run(world.storage.job(job_id))
    assert isinstance(world.engine, Engine)
    assert world.storage.trial(job_id, 0).params == params


def test_a_part_that_no_configuration_has_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.submit()
    space = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.5, 1.0)}, constraints=["x + y <= 1"])
    monkeypatch.setattr(JobSpec, "space", space)
    with pytest.raises(SpaceError, match=r"No configuration with .*0\.75.* satisfies the constraints"):
        world.engine.enqueue(job.id, {"x": 0.75})
    world.engine.enqueue(job.id, {"x": 0.25})
    assert world.storage.items(f"enqueued/{job.id}").total == 1
