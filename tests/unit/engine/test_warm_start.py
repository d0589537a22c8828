"""What a new search takes from earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.first_points import Origin
from scriptune.core.job import SearchJob
from scriptune.errors import ConflictError, NotFoundError
from worlds import Program, World

SPACE = {name: {"type": "float", "min": 0.0, "max": 1.0} for name in ("a", "b", "c")}


def total(given: Mapping[str, str]) -> Program:
    return Program((f"loss={sum(float(given[name]) for name in given)!r}\n".encode(),))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage(), total)


def submit(
    world: World,
    *,
    name: str = "job",
    space: Mapping[str, Any] = SPACE,
    changes: Mapping[str, Any] | None = None,
    **search: Any,
) -> SearchJob:
    search = {"sampler": "tpe", "trials": 3, "seed": 1, **search}
    document = {**world.document(), "name": name, "parameters": dict(space), "search": search, **(changes or {})}
    return world.engine.submit(document, base_dir=world.home)


def run_good(world: World, name: str = "old") -> SearchJob:
    """A search whose best configuration is not the centre."""
    return world.run(submit(world, name=name, start_with=[{"params": {"a": 0.1, "b": 0.2, "c": 0.3}}]))


def earlier_of(job: SearchJob) -> Mapping[str, object] | None:
    """The params of the first point that an earlier search gave."""
    return next((dict(point.params) for point in job.first_points if Origin.EARLIER in point.origin.values()), None)


def best_of(world: World, job: SearchJob) -> Mapping[str, object]:
    best = world.engine.job(job.id).best
    assert best is not None
    return best.params


def test_the_best_of_a_named_job_is_tried_between_the_defaults_and_what_follows(world: World) -> None:
    old = run_good(world)
    new = world.run(submit(world, seed=2, after="old"))
    assert earlier_of(new) == best_of(world, old)
    assert world.engine.trial(new.id, 1).trial.params == best_of(world, old)
    assert "'old'" in new.first_points[1].note
    assert new.n_told == 3


def test_names_that_differ_are_left_out_and_values_outside_take_the_nearer_end(world: World) -> None:
    run_good(world)
    space = {"a": {"type": "float", "min": 2.0, "max": 3.0}, "d": SPACE["b"]}
    assert earlier_of(submit(world, space=space, after="old")) == {"a": 2.0, "d": 0.5}


def test_the_latest_search_of_the_same_program_is_found(world: World) -> None:
    world.run(submit(world, name="first"))
    second = run_good(world, "second")
    found = submit(world, name="third", seed=None)
    assert earlier_of(found) == best_of(world, second)


def test_a_job_that_names_its_seed_looks_at_others_only_when_it_says_so(world: World) -> None:
    run_good(world)
    assert earlier_of(submit(world, seed=2)) is None
    assert earlier_of(submit(world, seed=2, after="auto")) is not None
    assert earlier_of(submit(world, seed=None, after="none")) is None


def test_another_program_metric_or_space_is_not_the_same_search(world: World) -> None:
    run_good(world)
    (world.home / "other.sh").write_text("")
    assert earlier_of(submit(world, seed=None, changes={"command": ["/bin/sh", "other.sh"]})) is None
    goal = {"metric": "loss", "goal": "maximize"}
    assert earlier_of(submit(world, seed=None, changes={"objective": goal})) is None
    assert earlier_of(submit(world, space={"a": SPACE["a"], "x": SPACE["a"]}, seed=None)) is None


def test_of_three_searches_the_configuration_with_the_best_mean_rank_is_taken(world: World) -> None:
    good, fair = {"a": 0.25, "b": 0.25, "c": 0.25}, {"a": 0.5, "b": 0.5, "c": 0.75}
    tried = ([good, fair], [good, fair], [fair])
    for i, configurations in enumerate(tried):
        world.run(submit(world, name=f"job-{i}", start_with=[{"params": params} for params in configurations]))
    new = submit(world, seed=None)
    assert earlier_of(new) == good
    assert "3 searches" in new.first_points[1].note


def test_a_job_without_a_value_or_that_is_not_there_is_refused(world: World) -> None:
    submit(world, name="empty")
    with pytest.raises(ConflictError, match="no trial with a value"):
        submit(world, after="empty")
    with pytest.raises(NotFoundError):
        submit(world, after="nowhere")
    with pytest.raises(NotFoundError):
        submit(world, **{"from": "nowhere"})


# --- results that are known already -----------------------------------------------------------------------


def test_results_of_the_same_program_are_known_results_where_they_fit(world: World) -> None:
    starts = [{"params": {"a": 0.1, "b": 0.1, "c": 0.1}}, {"params": {"a": 0.9, "b": 0.1, "c": 0.1}}]
    world.run(submit(world, name="old", start_with=starts, trials=2))
    space = {**SPACE, "a": {"type": "float", "min": 0.0, "max": 0.5}}
    new = submit(world, space=space, **{"from": "old"})
    known = new.document["search"]["start_with"]
    assert [(item["params"]["a"], item["value"]) for item in known] == [(0.1, pytest.approx(0.3))]
    assert new.document["search"]["from"] is None
    [note] = [notice for notice in new.notices if notice.code == "note.from"]
    assert (note.params["n"], note.params["n_outside"], note.params["n_missing"]) == (1, 1, 0)
    assert world.run(new).n_trials == 3


def test_a_new_parameter_has_its_default_or_the_result_is_left_out(world: World) -> None:
    world.run(submit(world, name="old", trials=2))
    new = {"type": "float", "min": 0.0, "max": 1.0}
    with_default = submit(world, space={**SPACE, "d": {**new, "default": 0.25}}, **{"from": "old"})
    assert [item["params"]["d"] for item in with_default.document["search"]["start_with"]] == [0.25, 0.25]
    without = submit(world, space={**SPACE, "d": new}, **{"from": "old"})
    assert without.document["search"]["start_with"] == []


def test_a_parameter_that_is_no_longer_searched_must_have_had_the_value_that_is_passed_now(world: World) -> None:
    starts = [{"params": {"a": 0.1, "b": 0.1, "c": 0.5}}, {"params": {"a": 0.2, "b": 0.1, "c": 0.1}}]
    world.run(submit(world, name="old", start_with=starts, trials=2))
    space = {"a": SPACE["a"], "b": SPACE["b"]}
    fixed = submit(world, space={**space, "c": {"type": "float", "value": 0.5}}, **{"from": "old"})
    assert [item["params"] for item in fixed.document["search"]["start_with"]] == [{"a": 0.1, "b": 0.1}]
    assert submit(world, space=space, **{"from": "old"}).document["search"]["start_with"] == []


def test_results_of_another_objective_are_refused(world: World) -> None:
    world.run(submit(world, name="old"))
    with pytest.raises(ConflictError, match="another objective"):
        submit(world, changes={"objective": {"metric": "loss", "goal": "maximize"}}, **{"from": "old"})
