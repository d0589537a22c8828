from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.program import Program
from scriptune.engine.programs import ProgramStore, job_from_program
from scriptune.errors import JobFileError, NotFoundError
from worlds import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


@pytest.fixture
def store(world: World) -> ProgramStore:
    return ProgramStore(world.storage)


def fields(**changes: Any) -> dict[str, Any]:
    return {
        "name": "trainer",
        "workdir": ".",
        "command": ["/bin/true"],
        "parameters": {
            "lr": {"domain": {"type": "float", "min": 1e-4, "max": 0.1, "log": True}},
            "layers": {"domain": {"type": "int", "min": 1, "max": 8}, "required": False},
            "dropout": {"domain": {"type": "float", "min": 0.0, "max": 0.5, "step": 0.05, "default": 0.4}},
            "optimizer": {"domain": {"type": "categorical", "values": ["adam", "sgd"]}},
            "batch_size": {"domain": {"type": "categorical", "values": [16, 32, 64]}},
            "seed": {"domain": {"type": "int", "value": 7}, "editable": False},
        },
        "metrics": {"loss": {"regex": r"loss=(\S+)"}, "time": {"regex": r"time=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "samplers": ["random", "tpe"],
        "objectives": ["loss"],
        **changes,
    }


@pytest.fixture
def program(store: ProgramStore, world: World) -> Program:
    return store.create(fields(), base_dir=world.home)


def made(world: World, **given: Any) -> dict[str, Any]:
    job, _ = job_from_program(world.engine.programs, {"program": "trainer", **given})
    return job.document


def test_a_program_alone_makes_a_job(world: World, program: Program) -> None:
    job = world.engine.submit(made(world), base_dir=world.home)
    assert job.name == "trainer"
    assert set(job.document["parameters"]) == set(fields()["parameters"])
    assert job.document["search"]["sampler"] == "random"
    assert job.document["workdir"] == str(world.home)


def test_a_job_may_narrow_fix_and_leave_out(world: World, program: Program) -> None:
    changes = {"lr": {"min": 1e-3, "max": 1e-2}, "layers": None, "optimizer": {"value": "sgd"}}
    document = made(world, parameters=changes, run={"parallel": 4}, search={"sampler": "tpe", "trials": 3})
    assert set(document["parameters"]) == set(fields()["parameters"]) - {"layers"}
    assert document["run"]["parallel"] == 4
    assert (document["search"]["sampler"], document["search"]["trials"]) == ("tpe", 3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"parameters": {"lr": {"min": 1e-5, "max": 0.1}}}, "parameters.lr: exceeds what program"),
        ({"parameters": {"lr": {"value": 1.0}}}, "parameters.lr: exceeds what program"),
        ({"parameters": {"optimizer": {"values": ["adam", "lion"]}}}, "parameters.optimizer: exceeds what program"),
        ({"parameters": {"dropout": {"type": "float", "min": 0.0, "max": 0.5}}}, "on the step 0.05"),
        ({"parameters": {"dropout": {"min": 0.1, "max": 0.3, "step": 0.01}}}, "on the step 0.05"),
        ({"parameters": {"dropout": {"min": 0.12, "max": 0.3}}}, "on the step 0.05"),
        ({"parameters": {"dropout": {"value": 0.12}}}, "on the step 0.05"),
        ({"parameters": {"layers": {"type": "float", "min": 1, "max": 8}}}, "write type: int"),
        ({"parameters": {"layers": {"value": 2.0}}}, "the program needs 2"),
        ({"parameters": {"layers": {"values": [1, 2.5]}}}, "not an integer"),
        ({"parameters": {"batch_size": {"type": "int", "min": 16, "max": 64}}}, "use 'values'"),
        ({"parameters": {"batch_size": {"type": "int", "min": 16, "max": 64, "step": 24}}}, "value 40 is not one of"),
        ({"parameters": {"lr": None}}, "parameters.lr: is required"),
        ({"parameters": {"seed": {"value": 8}}}, "parameters.seed: is not editable"),
        ({"parameters": {"lrr": {"value": 8}}}, "Did you mean 'lr'?"),
        ({"parameters": []}, "expected a mapping"),
        ({"search": {"sampler": "bayes"}}, "allows: random, tpe"),
        ({"objective": {"metric": "time", "goal": "minimize"}}, "allows: loss"),
        ({"command": "rm"}, "command: belongs to the program"),
        ({"workdir": "/"}, "workdir: belongs to the program"),
        ({"metrics": {}}, "metrics: belongs to the program"),
        ({"version": "1"}, "version: got '1'"),
        ({"colour": 1}, "unknown key 'colour'"),
    ],
)
def test_a_job_stays_within_its_program(world: World, program: Program, given: dict[str, Any], expected: str) -> None:
    with pytest.raises(JobFileError) as caught:
        made(world, **given)
    assert expected in str(caught.value)


def test_new_bounds_alone_keep_the_type_scale_and_step_of_the_program(world: World, program: Program) -> None:
    changes = {"lr": {"max": 0.01}, "dropout": {"min": 0.1, "max": 0.3}, "layers": {"min": 2}}
    parameters = made(world, parameters=changes)["parameters"]
    assert parameters["lr"] == {"type": "float", "min": 1e-4, "max": 0.01, "log": True}
    assert parameters["dropout"] == {"type": "float", "min": 0.1, "max": 0.3, "step": 0.05}  # 0.4 is outside now
    assert parameters["layers"] == {"type": "int", "min": 2, "max": 8}


def test_a_coarser_step_and_whole_numbers_lie_within_a_finer_range(world: World, program: Program) -> None:
    changes = {
        "dropout": {"type": "float", "min": 0.1, "max": 0.4, "step": 0.15},
        "lr": {"type": "float", "min": 1e-3, "max": 1e-2},
        "batch_size": {"type": "int", "min": 32, "max": 64, "step": 32},
        "layers": {"values": [1, 8]},
    }
    assert made(world, parameters=changes)["parameters"]["lr"] == changes["lr"]


def test_every_change_makes_a_version_and_jobs_can_name_it(world: World, store: ProgramStore, program: Program) -> None:
    changed = store.change(program, fields(run={"parallel": 3}), base_dir=world.home)
    assert [p.version for p in store.versions(changed)] == [2, 1]
    assert made(world)["run"]["parallel"] == 3
    assert made(world, version=1)["run"]["parallel"] == 1
    with pytest.raises(NotFoundError, match="its newest is 2"):
        made(world, version=3)


def test_a_program_from_which_no_job_could_be_made_is_refused(world: World, store: ProgramStore) -> None:
    broken = fields(samplers=["random", "magic"], objectives=["los"], metrics={"loss": {"regex": "("}})
    with pytest.raises(JobFileError) as caught:
        store.create(broken, base_dir=world.home)
    text = str(caught.value)
    assert "magic" in text
    assert "los" in text
    assert "metrics.loss" in text
    assert store.page().total == 0


def test_programs_of_other_projects_do_not_exist(world: World, store: ProgramStore) -> None:
    store.create(fields(labels={"project": "p"}), base_dir=world.home)
    assert store.get("trainer", project="p").name == "trainer"
    assert store.page(project="q").total == 0
    with pytest.raises(NotFoundError):
        job_from_program(world.engine.programs, {"program": "trainer"}, project="q")


def test_a_deleted_program_leaves_no_version_behind(world: World, store: ProgramStore, program: Program) -> None:
    store.delete(store.change(program, fields(), base_dir=world.home))
    assert store.page().total == 0
    assert world.storage.items("program_version").total == 0


def test_a_job_has_the_constraints_of_its_program_and_its_own(world: World, store: ProgramStore) -> None:
    store.create(fields(constraints=["layers * batch_size <= 256", "lr < 0.05"]), base_dir=world.home)
    assert made(world, constraints=["dropout < 0.3 or lr < 0.01"])["constraints"] == [
        "layers * batch_size <= 256",
        "lr < 0.05",
        "dropout < 0.3 or lr < 0.01",
    ]
    assert made(world, parameters={"layers": None})["constraints"] == ["lr < 0.05"]
    with pytest.raises(JobFileError, match="constraints"):
        made(world, constraints="lr < 0.05")
    with pytest.raises(JobFileError, match="not a parameter"):
        store.create(fields(name="other", constraints=["momentum < 1"]), base_dir=world.home)
