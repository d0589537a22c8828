from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from scriptune.cli.main import main

SCRIPT = """
import argparse
LAYERS = 3
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.01, help="step size")
p.add_argument("--amp", action="store_true")
p.parse_args()
open("worked", "w").close()
"""


def test_inspect_shows_what_was_found_and_where_and_runs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    words = ["inspect", "--home", str(tmp_path / "home"), "--workdir", str(tmp_path), "--", sys.executable, "train.py"]
    assert main(words) == 0
    out = capsys.readouterr().out
    (lr,) = (line.split() for line in out.splitlines() if line.startswith("--lr"))
    assert lr == ["--lr", "float", "0.01", "0.00033..0.3:log", "parser", "step", "size"]
    assert "2 options, read by argparse." in out
    assert "LAYERS = 3" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train.py"]
    assert main([*words[:5], "--json", *words[5:]]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [one["default"] for one in answer["parameters"]] == [0.01, False]
    assert answer["constants"][0]["name"] == "LAYERS"


def test_inspect_without_a_program_says_where_to_write_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect"]) == 2
    assert "scriptune inspect -- python train.py" in capsys.readouterr().err


def test_inspect_says_why_a_program_was_not_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "train.py").write_text("open('worked', 'w')\n")
    assert main(["inspect", "--workdir", str(tmp_path), "--", sys.executable, "train.py"]) == 0
    assert "was not run with --help" in capsys.readouterr().out
    assert not (tmp_path / "worked").exists()
