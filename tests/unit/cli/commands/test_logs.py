"""What a trial printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.cli.commands import logs
from scriptune.cli.main import main
from worlds import Program, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, memory_storage())
    world.executor.program = lambda _: Program((b"one\ntwo\n", b"loss=1.0\n"))
    world.run(world.submit(search={"trials": 2}))
    monkeypatch.setattr(logs, "open_engine", lambda shared, **_: world.engine)
    return world


def test_one_argument_is_a_trial_of_the_latest_job(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "1"]) == 0
    assert capsys.readouterr().out == "one\ntwo\nloss=1.0\n"


@pytest.mark.parametrize(("n_lines", "shown"), [(0, ""), (1, "loss=1.0\n"), (9, "one\ntwo\nloss=1.0\n")])
def test_the_last_lines_are_shown(world: World, capsys: pytest.CaptureFixture[str], n_lines: int, shown: str) -> None:
    assert main(["logs", "0", "--tail", str(n_lines)]) == 0
    assert capsys.readouterr().out == shown


def test_the_place_of_a_log_was_no_json_where_json_was_asked_for(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "0", "--path", "--json"]) == 0
    path = Path(json.loads(capsys.readouterr().out)["path"])
    assert path.read_text() == "one\ntwo\nloss=1.0\n"
    assert main(["logs", "0", "--path"]) == 0
    assert capsys.readouterr().out == f"{path}\n"


def test_a_job_without_a_number_asks_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "digits"]) == 2
    assert "Give its number: scriptune logs digits 0" in capsys.readouterr().err
