"""jobfile/start_file.py: known results and configurations to try first, from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.cli.commands import trials
from scriptune.cli.main import main
from scriptune.errors import JobFileError
from scriptune.jobfile import CheckedJob, check_document
from worlds import Program, World, quadratic

PARAMETERS = {
    "x": {"type": "float", "min": 0.0, "max": 1.0},
    "optimizer": {"type": "categorical", "values": ["adam", "sgd", None]},
    "momentum": {"type": "float", "min": 0.0, "max": 0.9, "when": {"optimizer": "sgd"}},
    "n": {"type": "int", "min": 1, "max": 9, "default": 3},
    "batch_size": {"type": "int", "value": 64},
}


def checked(folder: Path, text: str) -> CheckedJob:
    (folder / "known.csv").write_text(text, "utf-8-sig")
    document = World(folder, memory_storage()).document(parameters=PARAMETERS, search={"start_with": "known.csv"})
    document["parameters"] = PARAMETERS
    return check_document(document, base_dir=folder)


def test_rows_are_results_or_configurations_and_what_lies_outside_is_counted(tmp_path: Path) -> None:
    job = checked(
        tmp_path,
        "note,params.x,optimizer,momentum,n,batch_size,loss\n"
        "a,0.5,adam,,4,64,0.25\n"
        "b,0.25,sgd,0.5,,,\n"
        "c,1e-1,null,0.3,2,64,1e-3\n"
        "d,1.5,adam,,4,64,0.1\n"
        "e,0.5,lamb,,4,64,0.1\n"
        "f,0.5,adam,,4,32,0.1\n"
        "g,0.5,,,4,64,0.1\n"
        "h,0.75,adam,,4,64,nan\n",
    )
    assert job.document["search"]["start_with"] == [
        {"params": {"x": 0.5, "optimizer": "adam", "n": 4}, "value": 0.25},
        {"params": {"x": 0.25, "optimizer": "sgd", "momentum": 0.5, "n": 3}},
        {"params": {"x": 0.1, "optimizer": None, "n": 2}, "value": 0.001},
        {"params": {"x": 0.75, "optimizer": "adam", "n": 4}},
    ]
    [said] = [warning for warning in job.warnings if "known.csv" in warning]
    assert "2 known results and 2 configurations to try first" in said
    assert "3 outside the ranges, 1 without a value of a parameter, 0 without a result" in said


@pytest.mark.parametrize("text", ["", "lr,loss\n1,2\n", "params.y\n1\n"])
def test_a_file_without_a_parameter_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(JobFileError, match="none is named like"):
        checked(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    document = World(tmp_path, memory_storage()).document(search={"start_with": "none.csv"})
    with pytest.raises(JobFileError, match=r"cannot read the CSV file .*none\.csv"):
        check_document(document, base_dir=tmp_path)


def test_what_trials_csv_writes_is_read_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path, memory_storage())
    programs = iter([Program((b"no luck\n",), exit_code=1)])
    world.executor.program = lambda given: next(programs, None) or quadratic(given)
    first = world.run(world.submit(search={"trials": 5}))
    monkeypatch.setattr(trials, "open_engine", lambda shared, **_: world.engine)
    assert main(["trials", "--csv"]) == 0
    (tmp_path / "trials.csv").write_text(capsys.readouterr().out)
    narrow = {"x": {"type": "float", "min": 0.0, "max": 0.6}}
    job = world.submit(parameters=narrow, search={"start_with": "trials.csv", "trials": 2})
    known: list[Any] = [t for t in world.storage.trials(first.id).items if t.value is not None]
    expected = [{"params": dict(t.params), "value": t.value} for t in known if t.params["x"] <= 0.6]
    assert job.document["search"]["start_with"] == expected
    world.run(job)
    assert world.engine.replay(job.id).first_difference is None


def test_another_job_is_where_results_are_taken_from(tmp_path: Path) -> None:
    world = World(tmp_path, memory_storage())
    world.run(world.submit(name="old", search={"trials": 3}))
    job = world.submit(search={"start_with": {"job": "old"}, "trials": 2})
    assert len(job.document["search"]["start_with"]) == 3
    assert any("old" in notice for notice in job.notices)
