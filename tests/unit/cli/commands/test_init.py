from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from scriptune.cli.main import main
from scriptune.jobfile import read_job_file

SCRIPT = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.01, help="step size")
p.add_argument("--epochs", type=int, default=6)
a = p.parse_args()
for epoch in range(a.epochs):
    print(f"epoch {epoch} loss={1 / (epoch + 1):.3f} val_acc={epoch / 10}")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


def init(*words: str, program: tuple[str, ...] = (sys.executable, "train.py")) -> int:
    return main(["init", *words, "--", *program])


def test_a_script_becomes_a_job_file_that_is_accepted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init("--yes") == 0
    assert "scriptune run job.yaml" in capsys.readouterr().out
    document = read_job_file(folder / "job.yaml").document
    assert document["parameters"]["lr"]["default"] == 0.01
    assert document["metrics"] == {"val_acc": {"regex": r"\bval_acc=(\S+)"}}
    assert document["objective"]["goal"] == "maximize"
    assert (document["stopping"]["rule"], document["stopping"]["max_step"]) == ("model", 6)
    assert main(["check", "job.yaml", "--no-run"]) == 0
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) == ["job.yaml", "train.py"]


def test_json_has_all_that_was_found_and_asks_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init("--json", "-o", "a.yaml", "-n", "7", "-j", "1", "--objective", "loss") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in answer["run"]["metrics"]][:2] == ["val_acc", "loss"]
    assert answer["run"]["wall_s"] > 0
    assert set(answer["run"]["forecast_s"]) == {"10", "20", "50"}
    assert answer["document"]["search"]["trials"] == 7
    objective = answer["document"]["objective"]
    assert (objective["metric"], objective["goal"]) == ("loss", "minimize")
    assert (folder / "a.yaml").read_text() == answer["text"]


def test_a_file_that_is_there_is_not_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "job.yaml").write_text("mine")
    assert init("--yes") == 1
    assert "--overwrite" in capsys.readouterr().err
    assert (folder / "job.yaml").read_text() == "mine"
    assert init("--yes", "--overwrite") == 0
    assert (folder / "job.yaml").read_text() != "mine"


def test_without_a_terminal_questions_are_not_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init() == 2
    assert "Add --yes" in capsys.readouterr().err
    assert not (folder / "job.yaml").exists()


@pytest.mark.parametrize(
    ("script", "words", "said"),
    [
        (SCRIPT + "raise SystemExit(3)\n", (), "exit code 3"),
        (SCRIPT.replace("print", "str"), (), "wrote no number that could be a metric"),
        (SCRIPT.replace("val_acc=", "").replace("loss=", ""), (), "Add --maximize or --minimize"),
        (SCRIPT, ("--objective", "val_ac"), "Did you mean 'val_acc'?"),
        (SCRIPT, ("--limit", "soon"), "--limit"),
        ("print('acc=1')\n", (), "Found nothing to search"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], script: str, words: tuple[str, ...], said: str
) -> None:
    (folder / "train.py").write_text(script)
    assert init("--yes", *words) in (1, 2)
    assert said in capsys.readouterr().err
    assert not (folder / "job.yaml").exists()


def test_a_run_that_does_not_end_is_cut_and_what_it_wrote_is_used(folder: Path) -> None:
    waits = "    import sys, time\n    sys.stdout.flush()\n    time.sleep(60 if epoch == 5 else 0)\n"
    (folder / "train.py").write_text(SCRIPT + waits)
    assert init("--yes", "--limit", "2s") == 0
    text = (folder / "job.yaml").read_text()
    assert "stopping:" not in text  # how long a whole training is, nobody knows
