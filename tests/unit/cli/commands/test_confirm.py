"""cli/commands/confirm.py: the best configurations again, from a terminal."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from scriptune.cli.main import main
from scriptune.engine.build import build_engine
from scriptune.settings import load_settings

JOB = """
name: digits
command: [/bin/sh, -c, 'echo loss={x}$1', sh]
parameters: {x: {type: int, min: 1, max: 3}}
metrics: {loss: {regex: 'loss=([0-9]+)'}}
objective: {metric: loss, goal: minimize}
search: {trials: 3, seed: 1}
"""


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    (tmp_path / "job.yaml").write_text(JOB)
    assert main(["run", str(tmp_path / "job.yaml"), "--home", str(tmp_path / "home")]) == 0
    capsys.readouterr()
    return str(tmp_path / "home")


def test_confirm_runs_and_says_what_it_found(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["confirm", "--top", "2", "--home", home]) == 0
    said = capsys.readouterr().out
    assert "digits-confirm" in said
    assert "[4/4] trial 3 completed" in said
    assert "best so far" not in said
    assert "Confirmation of loss\n" in said
    assert "name it: --seed-flag" in said
    assert main(["show", "--home", home]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("digits")
    assert "Confirmation of loss\n" in shown
    assert "To run the best configuration again" in shown


def test_a_confirmation_is_shown_with_what_it_runs_again(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["confirm", "--top", "1", "--home", home]) == 0
    capsys.readouterr()
    assert main(["show", "digits-confirm", "--home", home]) == 0
    shown = capsys.readouterr().out
    search = build_engine(load_settings(home)).job().job
    assert f"of {search.id[:8]} again" in shown
    assert "Confirmation of loss\n" in shown
    assert "random" not in shown
    assert "To run the best configuration again" not in shown


def test_the_list_names_no_best_of_a_confirmation(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["confirm", "--top", "1", "--home", home]) == 0
    capsys.readouterr()
    assert main(["list", "--home", home]) == 0
    rows = {words[1]: words for line in capsys.readouterr().out.splitlines() if (words := line.split())}
    assert rows["digits-confirm"][5] == "-"
    assert rows["digits"][5] == "1"


def test_json_ends_with_the_confirmation(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["confirm", "digits", "--top", "1", "--repeats", "2", "--json", "--home", home]
    assert main(words) == 0
    *_, end = map(json.loads, capsys.readouterr().out.splitlines())
    assert (end["kind"], end["interrupted"], end["job"]["name"]) == ("end", False, "digits-confirm")
    [row] = end["confirmation"]["trials"]
    assert (row["value"], row["values"], row["n"], row["mean"], row["optimism"]) == (1.0, [1.0, 1.0], 2, 1.0, 0.0)
    assert "best" not in end


def test_a_queued_confirmation_is_continued(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["confirm", "--repeats", "1", "--detach", "--home", home]) == 0
    queued = capsys.readouterr().out
    assert queued.startswith("Queued digits-confirm as ")
    advised = shlex.split(queued[queued.index("scriptune resume") :])
    assert main(["confirm", "--repeats", "9", "--home", home]) == 0
    assert "[3/3] trial 2 completed" in capsys.readouterr().out
    assert main(advised[1:]) == 1  # it has ended


@pytest.mark.parametrize(("words", "code"), [(["--top", "0"], 2), (["--seed-flag", "a b"], 2), (["--top", "x"], 2)])
def test_what_cannot_be_confirmed_is_refused(
    home: str, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    assert main(["confirm", *words, "--home", home]) == code
    assert capsys.readouterr().err
    assert build_engine(load_settings(home)).jobs().total == 1
