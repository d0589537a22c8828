"""``scriptune reparse`` and what ``show`` says afterwards, over a world in which programs are Python functions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.cli.commands import reparse, show
from scriptune.cli.main import main
from scriptune.core.job import SearchJob
from worlds import Program, World


def _program(given: Mapping[str, str]) -> Program:
    """All the same loss; an accuracy that differs."""
    x = float(given["x"])
    return Program((f"loss=1.5\nacc={x!r}\n".encode(),))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, memory_storage(), _program)
    for module in (reparse, show):
        monkeypatch.setattr(module, "open_engine", lambda shared, **_: world.engine)
    return world


@pytest.fixture
def job(world: World) -> SearchJob:
    metrics = {"loss": {"regex": r"acc=(\S+)"}}
    return world.run(world.submit(metrics=metrics, search={"trials": 4}))


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_reparse_announces_no_best_when_all_values_are_equal(
    world: World, job: SearchJob, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert main(["reparse", job.id, "--regex", r"loss=(\S+)", *options]) == 0
    said = capsys.readouterr().out
    have = "would have" if options else "have"
    assert f"All trials with a value {have} the same one (loss 1.5), so there is no best trial." in said
    assert "best loss" not in said


def test_show_calls_no_trial_the_best_when_all_values_are_equal(
    world: World, job: SearchJob, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", job.id, "--trial", "0"]) == 0
    assert "best" in capsys.readouterr().out
    assert main(["reparse", job.id, "--regex", r"loss=(\S+)"]) == 0
    capsys.readouterr()
    for number in range(4):
        assert main(["show", job.id, "--trial", str(number)]) == 0
        assert "best" not in capsys.readouterr().out


def test_reparse_refuses_to_change_a_regex_that_no_kept_log_can_answer(
    world: World, job: SearchJob, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--regex", r"loss=(\S+)"]
    # The regex was changed without a word, and the values of the old one stayed.
    world.engine.prune(older_than_s=0)
    before = world.storage.job(job.id).document
    assert main(["reparse", job.id, *options]) != 0
    said = capsys.readouterr().err
    assert "4 trials without a complete log (4 removed by prune, the last on 20" in said
    assert "--yes" in said
    assert world.storage.job(job.id).document == before
    assert main(["reparse", job.id, *options, "--dry-run"]) == 0
    assert main(["reparse", job.id, "--name", "accuracy", "--maximize"]) == 0  # needs no log
    assert main(["reparse", job.id, *options, "--yes"]) == 0
    assert world.storage.job(job.id).document != before


def test_show_says_how_many_logs_were_pruned_and_when(
    world: World, job: SearchJob, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", job.id]) == 0
    assert "prune" not in capsys.readouterr().out
    world.engine.prune(older_than_s=0, keep_best=1)
    assert main(["show", job.id]) == 0
    said = capsys.readouterr().out
    assert "The files of 3 attempts were removed by prune, the last on 2030-01-01" in said
