"""cli/commands/enqueue.py: what is tried next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.cli.commands import enqueue
from scriptune.cli.main import main
from worlds import World

PARAMETERS = {
    "x": {"type": "float", "min": 0.0, "max": 1.0},
    "size": {"type": "categorical", "values": ["64", "64,32"]},
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, memory_storage())
    monkeypatch.setattr(enqueue, "open_engine", lambda shared, **_: world.engine)
    return world


def test_a_name_that_comes_again_begins_the_next_configuration(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    job = world.submit(parameters=PARAMETERS, search={"trials": 3})
    assert main(["enqueue", "world", "x=0.5", "size=64", "size=64,32", "x=1", "x=0.25"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"3 configurations wait for world ({job.id[:8]}). To continue the search: scriptune resume")
    assert main(["enqueue", "x=0.75", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == job.id
    world.run(job)
    trials = world.storage.trials(job.id).items
    assert [trial.params["x"] for trial in trials] == [0.5, 1.0, 0.25]
    assert [trial.params["size"] for trial in trials[:2]] == ["64", "64,32"]
    assert main(["enqueue", "x=0.125"]) == 0
    assert f"scriptune resume {job.id[:8]} --trials +1" in capsys.readouterr().out


def test_a_search_that_runs_tries_them_next(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    job = world.submit()

    def ask_once() -> None:
        world.executor.on_wait = lambda: None
        assert main(["enqueue", job.id, "x=0.125"]) == 0

    world.executor.on_wait = ask_once
    world.run(job)
    assert "1 configuration waits for world" in (out := capsys.readouterr().out)
    assert "The next trials are these." in out
    assert 0.125 in [trial.params["x"] for trial in world.storage.trials(job.id).items]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "No value to try"),
        (["world"], "No value to try"),
        (["world", "x=0.5", "size"], "expected NAME=VALUE"),
        (["x=2"], "outside 0.0 .. 1.0"),
        (["xx=2"], "Did you mean 'x'"),
        (["nobody", "x=0.5"], "nobody"),
    ],
)
def test_what_cannot_be_tried_has_exit_code_2(
    world: World, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.submit(parameters=PARAMETERS)
    assert main(["enqueue", *words]) == 2
    assert says in capsys.readouterr().err
