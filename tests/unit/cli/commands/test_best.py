from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.cli.commands import best
from scriptune.cli.main import main
from worlds import Program, World


def test_best_of_equal_values_says_that_none_is_the_best_beside_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path, memory_storage(), lambda params: Program([b"loss=1.5\n"]))
    job = world.run(world.submit(search={"trials": 4}))
    monkeypatch.setattr(best, "open_engine", lambda shared, **_: world.engine)
    assert main(["best", job.id, "--command"]) == 0
    said = capsys.readouterr()
    assert "so there is no best trial" in said.err
    assert len(said.out.splitlines()) == 1


def test_the_unit_of_the_metric_is_in_the_json_of_best_and_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path, memory_storage(), lambda params: Program([b"loss=1.5ms\n"]))
    job = world.run(world.submit(search={"trials": 2}))
    for verb in ("best", "trials"):
        module = import_module(f"scriptune.cli.commands.{verb}")
        monkeypatch.setattr(module, "open_engine", lambda shared, **_: world.engine)
    assert main(["best", job.id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unit"] == "ms"
    assert main(["trials", job.id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["units"] == {"loss": "ms"}


@pytest.mark.parametrize("verb", ["best", "trials", "show"])
def test_the_unit_of_the_metric_stands_beside_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    world = World(tmp_path, memory_storage(), lambda params: Program([b"loss=1.5ms\n"]))
    job = world.run(world.submit(search={"trials": 2}))
    module = import_module(f"scriptune.cli.commands.{verb}")
    monkeypatch.setattr(module, "open_engine", lambda shared, **_: world.engine)
    assert main([verb, job.id]) == 0
    assert "loss (ms)" in capsys.readouterr().out
