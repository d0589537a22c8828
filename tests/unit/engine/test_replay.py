"""Replay compares the record with itself, and with the files of the trials."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.job import SearchJob
from scriptune.engine.views import ReplayReport
from worlds import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    return World(tmp_path, memory_storage())


@pytest.fixture
def job(world: World) -> SearchJob:
    return world.run(world.submit())


def folder_of(world: World, job: SearchJob, number: int) -> Path:
    return world.home / "jobs" / job.id / str(number) / "1"


def change_command(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "command.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_every_value_is_found_again_in_its_log(world: World, job: SearchJob) -> None:
    report = world.engine.replay(job.id)
    assert report.agrees
    assert (report.n_checked, report.n_not_checked, report.contradictions) == (6, 0, ())


def test_a_value_that_its_log_does_not_give_is_named(world: World, job: SearchJob) -> None:
    with world.storage.transaction() as tx:
        tx.update_trial(job.id, 2, value=0.125)
    report = world.engine.replay(job.id)
    assert not report.agrees
    [contradiction] = report.contradictions
    assert (contradiction.code, contradiction.params["number"]) == ("notice.value_differs", 2)
    assert contradiction.startswith("Trial 2: its stored value is 0.125, but its log gives 0.")
    assert (report.n_checked, report.n_contradictions) == (5, 1)


def argument(document: dict[str, Any]) -> None:
    document["argv"][-1] = "--x=0.999"


def recorded_params(document: dict[str, Any]) -> None:
    document["params"]["x"] = 0.999


def as_before(document: dict[str, Any]) -> None:
    argument(document)
    del document["params"], document["files"]


@pytest.mark.parametrize("change", [argument, recorded_params, as_before])
def test_a_folder_of_other_params_contradicts_the_trial(
    world: World, job: SearchJob, change: Callable[[dict[str, Any]], None]
) -> None:
    # `replay` said that all agreed, although values were those of other parameters.
    change_command(folder_of(world, job, 4), change)
    report = world.engine.replay(job.id)
    assert report.first_difference is None
    [contradiction] = report.contradictions
    assert contradiction.code == "notice.command_differs"
    assert "0.999" in contradiction
    assert f"jobs/{job.id}/4/1" in contradiction
    assert not report.agrees


def test_trials_whose_files_were_removed_are_not_checked(world: World, job: SearchJob) -> None:
    shutil.rmtree(folder_of(world, job, 0))
    (folder_of(world, job, 1) / "output.log").unlink()
    (folder_of(world, job, 2) / "command.json").write_text("{")
    with (folder_of(world, job, 3) / "output.log").open("r+b") as log:
        log.truncate(5)  # a folder that was restored from an earlier moment
    report = world.engine.replay(job.id)
    assert (report.n_checked, report.n_not_checked, report.n_contradictions) == (2, 4, 0)
    assert report.agrees


def test_a_template_that_was_edited_since_contradicts_nothing(world: World) -> None:
    template = world.home / "conf.tmpl"
    template.write_text("x: {x}\n")
    job = world.run(world.submit(files={"conf.yaml": str(template)}, command=["/bin/true", "--x={x}"]))
    template.write_text("x: {x}  # edited\n")
    assert (world.engine.replay(job.id).n_checked, world.engine.replay(job.id).agrees) == (6, True)
    template.unlink()
    assert (world.engine.replay(job.id).n_checked, world.engine.replay(job.id).agrees) == (6, True)
    change_command(folder_of(world, job, 4), recorded_params)
    assert not world.engine.replay(job.id).agrees


def test_reading_logs_again_takes_no_value_from_a_restored_folder(world: World, job: SearchJob) -> None:
    values = world.storage.values(job.id)
    change_command(folder_of(world, job, 1), argument)
    (folder_of(world, job, 1) / "output.log").write_bytes(b"loss=-99.0\n" * 9)
    with (folder_of(world, job, 2) / "output.log").open("r+b") as log:
        log.truncate(21)
    report = world.engine.reparse(job.id)
    assert (report.n_trials, report.n_without_log, list(report.changed)) == (4, 2, [])
    assert world.storage.values(job.id) == values


def test_a_search_can_be_proved_while_its_latest_trial_runs(world: World) -> None:
    reports: list[ReplayReport] = []
    job = world.submit(run={"parallel": 1})
    world.executor.on_wait = lambda: reports.append(world.engine.replay(job.id))
    world.run(job)
    assert reports
    assert all(report.agrees for report in reports)
