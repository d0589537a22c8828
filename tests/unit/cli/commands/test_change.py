"""cli/commands/change.py: what is changed, from when on it holds, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.cli.commands import change
from scriptune.cli.main import main
from worlds import World, slow


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, memory_storage(), slow)
    monkeypatch.setattr(change, "open_engine", lambda shared, **_: world.engine)
    return world


def test_it_says_what_was_changed_and_when_it_holds(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    job = world.submit()
    assert main(["change", "--parallel", "4", "--trial-timeout", "90"]) == 0
    out = capsys.readouterr().out
    assert f"world ({job.id[:8]}): parallel 2 -> 4, trial timeout none -> 1m 30s. That holds once it runs" in out
    assert main(["change", job.id, "-j", "4"]) == 0
    assert "nothing changes" in capsys.readouterr().out
    world.run(job)
    assert main(["change", "-n", "+3", "--job-timeout", "9h", "--trial-timeout", "none"]) == 0
    out = capsys.readouterr().out
    assert "trials 6 -> 9, job timeout none -> 9h 00m, trial timeout 1m 30s -> none. It has ended" in out
    assert f"scriptune resume {job.id[:8]}" in out


def test_a_running_search_follows_and_its_trials_end_on_their_own(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    job = world.submit()

    def steer() -> None:
        world.executor.on_wait = lambda: None
        assert main(["change", job.id, "--parallel", "1", "--trial-timeout", "1h", "--json"]) == 0
        assert main(["change", job.id, "--parallel", "2"]) == 0
        assert main(["change", job.id, "--parallel", "1", "--trial-timeout", "2h"]) == 0

    world.executor.on_wait = steer
    world.run(job)
    out = capsys.readouterr().out
    answer, end = json.JSONDecoder().raw_decode(out)
    assert answer["document"]["run"]["parallel"] == 1
    assert "parallel 1 -> 2. The process that runs it follows within a second.\n" in out[end:]
    assert "no more start while 1 trial or more run" in out[end:]
    assert "holds for running trials too" in out[end:]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Nothing to change"),
        (["--parallel", "0"], "parallel: got 0, expected 1 or more"),
        (["--parallel", "many"], "not a valid integer"),
        (["--trials", "2"], "expected at least 6"),
        (["--job-timeout", "soon"], "job_timeout: got 'soon'"),
    ],
)
def test_what_makes_no_sense_has_exit_code_2(
    world: World, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.run(world.submit())
    assert main(["change", *words]) == 2
    assert says in capsys.readouterr().err
