"""What a new search tries first, and how its result is told against that."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.first_points import Origin
from scriptune.core.job import SearchJob
from scriptune.engine import first_trials
from scriptune.engine.first_points_text import first_points_text
from worlds import Program, World

SOURCE = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.001)
p.add_argument("--momentum", type=float, default=0.25 * 2, help="default: %(default)s")
p.parse_args()
"""
PARAMETERS = {
    "lr": {"type": "float", "min": 1e-5, "max": 1.0, "log": True},
    "momentum": {"type": "float", "min": 0.0, "max": 0.99},
}


def accuracy(given: Mapping[str, str]) -> Program:
    """0.8 without arguments, 0.9 with usual values, 0.7 else."""
    value = 0.8 if not given else 0.9 if given == {"lr": "0.02", "momentum": "0.9"} else 0.7
    return Program((f"acc={value}\n".encode(),))


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "train.py").write_text(SOURCE)
    return World(tmp_path, memory_storage(), accuracy)


def submit(world: World, **changes: Any) -> SearchJob:
    search = {"sampler": "tpe", "trials": 3, **changes.pop("search", {})}
    document: dict[str, Any] = {
        **world.document(),
        "command": [sys.executable, "train.py"],
        "parameters": PARAMETERS,
        "metrics": {"acc": {"regex": "acc=(.+)"}},
        "objective": {"metric": "acc", "goal": "maximize"},
        "run": {"parallel": 1},
        "search": search,
        **changes,
    }
    return world.engine.submit(document, base_dir=world.home)


def argv(world: World, job: SearchJob, number: int) -> str:
    return world.engine.trial(job.id, number).command_line.partition("train.py")[2].strip()


def test_trial_0_is_the_program_as_it_is_and_trial_1_has_usual_values(world: World) -> None:
    job = world.run(submit(world))
    first, second = (world.engine.trial(job.id, number).trial for number in (0, 1))
    assert (first.params, second.params) == ({"lr": 0.001, "momentum": 0.5}, {"lr": 0.02, "momentum": 0.9})
    assert (argv(world, job, 0), argv(world, job, 1)) == ("", "--lr=0.02 --momentum=0.9")
    assert (first.value, second.value) == (0.8, 0.9)
    assert set(job.first_points[0].origin.values()) == {Origin.HELP}
    assert not world.engine.replay(job.id).contradictions


def test_the_result_is_told_against_the_defaults(world: World) -> None:
    base = world.engine.job(world.run(submit(world)).id).baseline
    assert base is not None
    assert (base.number, base.value, base.kind, base.comparison) == (
        0,
        0.8,
        "defaults",
        "10 points better than the defaults (trial 0)",
    )


def test_behind_a_configuration_of_the_user_it_is_told_against_the_defaults_still(world: World) -> None:
    world.executor.program = lambda given: Program((b"acc=0.8\n" if not given else b"acc=0.7\n",))
    starts = [{"lr": 0.5, "momentum": 0.25}]
    job = world.run(submit(world, search={"start_with": starts}))
    assert world.engine.trial(job.id, 0).trial.params == starts[0]
    [listed] = world.engine.jobs().items
    assert listed.baseline is not None
    assert (listed.baseline.number, listed.baseline.kind, listed.baseline.gain) == (1, "defaults", 0.0)


def test_a_retry_of_trial_0_and_its_command_line_pass_nothing_either(world: World) -> None:
    world.executor.program = lambda given: Program(exit_code=0 if given else 1, pieces=(b"acc=0.5\n",))
    job = world.run(submit(world, search={"trials": 2}))
    world.engine.retry(job.id, 0)
    world.run(job)
    assert world.engine.trial(job.id, 0).trial.n_attempts == 2
    assert argv(world, job, 0) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {**PARAMETERS, "lr": {**PARAMETERS["lr"], "default": 0.001}}},
        {"command": [sys.executable, "train.py", "--lr=0.001"]},
        {"command": [sys.executable, "train.py", "--lr={lr}"]},
    ],
    ids=["job", "argument", "placeholder"],
)
def test_a_default_from_elsewhere_is_passed_with_all_others(world: World, changes: dict[str, Any]) -> None:
    job = world.run(submit(world, **changes))
    assert world.engine.trial(job.id, 0).trial.params == {"lr": 0.001, "momentum": 0.5}
    assert "--lr=0.001" in argv(world, job, 0)
    assert "--momentum=0.5" in argv(world, job, 0)


def test_without_usual_values_the_defaults_are_tried_alone(world: World) -> None:
    job = submit(world, search={"usual_values": False})
    assert [point.params for point in job.first_points] == [{"lr": 0.001, "momentum": 0.5}]


def test_a_default_between_two_steps_is_not_told_as_another_one(world: World) -> None:
    stepped = {**PARAMETERS, "momentum": {"type": "float", "min": 0.0, "max": 0.9, "step": 0.3}}
    first = submit(world, parameters=stepped).first_points[0]
    assert first.origin == {"lr": Origin.HELP, "momentum": Origin.USUAL}


def test_a_program_is_asked_for_its_help_once_until_it_changes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    read = first_trials.read_program_help
    monkeypatch.setattr(first_trials, "read_program_help", lambda spec: (asked.append(spec), read(spec))[1])
    assert submit(world).first_points == submit(world).first_points
    assert len(asked) == 1
    (world.home / "train.py").write_text(SOURCE.replace("0.25 * 2", "0.25 * 3"))
    assert submit(world).first_points[0].params["momentum"] == 0.75
    assert len(asked) == 2


def test_random_search_and_plain_jobs_start_as_ever(world: World) -> None:
    assert submit(world, search={"sampler": "random"}).first_points == ()
    document = {**submit(world).document, "name": "plain"}
    assert world.engine.submit(document, is_plain=True).first_points == ()


def test_what_is_tried_first_is_said_before_the_start(world: World) -> None:
    assert first_points_text(submit(world).first_points) == (
        "First trials: the defaults (lr 0.001 from --help, momentum 0.5 from --help), usual values (lr 0.02, momentum "
        "0.9); then spread points. Turn off: search.usual_values: false, search.after: none."
    )
    unknown = {"x": {"type": "float", "min": 0.0, "max": 1.0}}
    assert first_points_text(submit(world, parameters=unknown).first_points) is None
