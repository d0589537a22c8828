"""The examples, run through the command line as their pages say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands import run_command

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = ROOT / ".venv-examples" / "bin"
_LIMIT_S = 600.0


class Example:
    """A copy of an example in a folder with a space in its name, and a home beside it."""

    def __init__(self, name: str, folder: Path, python: Path) -> None:
        is_made = python != FRAMEWORKS or (python / "python").exists()
        assert is_made, f"{FRAMEWORKS.parent.name} is missing. Run this with: make test-examples"
        self.folder = folder / f"my {name}"
        shutil.copytree(ROOT / "examples" / name, self.folder, ignore=shutil.ignore_patterns("spirals", "__pycache__"))
        self.home = folder / "home"
        self._env = {**os.environ, "PATH": f"{python}{os.pathsep}{os.environ['PATH']}"}

    def scriptune(self, *arguments: str) -> str:
        done = run_command("--home", str(self.home), *arguments, env=self._env, timeout=_LIMIT_S)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, *flags: str) -> list[dict[str, Any]]:
        self.scriptune("run", str(self.folder / "job.yaml"), *flags)
        return self.trials()

    def trials(self) -> list[dict[str, Any]]:
        trials = json.loads(self.scriptune("trials", "--json", "--limit", "0"))["items"]
        return sorted(trials, key=lambda trial: trial["number"])

    def logs(self) -> dict[int, str]:
        """What each trial printed, by number."""
        paths = self.home.glob("jobs/*/*/*/output.log")
        return {int(path.parts[-3]): path.read_bytes().decode() for path in paths}

    def defaults(self) -> dict[str, Any]:
        spec = json.loads(self.scriptune("show", "--json"))["summary"]["job"]["document"]
        return {n: p["default"] for n, p in spec["parameters"].items() if p.get("default") is not None}


@pytest.fixture
def example(tmp_path: Path) -> Callable[..., Example]:
    return lambda name, python=Path(sys.executable).parent: Example(name, tmp_path, python)


def best_printed(log: str, regex: str, pick: Callable[[list[float]], float]) -> float:
    """The value of a trial, read from its log by other means than ours."""
    return pick([float(text) for text in re.findall(regex, log)])


def check(trials: list[dict[str, Any]], logs: dict[int, str], n: int, regex: str, pick: Callable[..., float]) -> None:
    """Every trial completed, and its value is what stands in its log."""
    assert [trial["number"] for trial in trials] == list(range(n))
    assert {trial["state"] for trial in trials} == {"completed"}
    printed = {number: best_printed(log, regex, pick) for number, log in logs.items()}
    assert {trial["number"]: trial["value"] for trial in trials} == pytest.approx(printed, abs=1e-12)


def test_the_scikit_learn_example_finds_better_than_the_scripts_defaults_and_says_so(
    example: Callable[..., Example],
) -> None:
    digits = example("sklearn-digits")
    closing = digits.scriptune("run", str(digits.folder / "job.yaml"), "--trials", "5")
    trials = digits.trials()
    check(trials, digits.logs(), 5, r"val_acc=(\S+)", max)
    assert {n: trials[0]["params"][n] for n in digits.defaults()} == digits.defaults()
    assert max(trial["value"] for trial in trials) > trials[0]["value"] + 0.02
    assert re.search(r"best\s+accuracy 0\.\d+ in trial \d", closing)
    assert re.search(r"gain\s+0\.\d+, \d+(\.\d+)? points better than the defaults \(trial 0\)", closing), closing
    assert "python train.py --epochs=15" in closing


@pytest.mark.compiler
def test_the_example_in_c_needs_no_python(example: Callable[..., Example], tmp_path: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("NOT TESTED: the example in C, for want of a C compiler (Debian: gcc libc6-dev).")
    nothing = tmp_path / "no python here"
    nothing.mkdir()
    spirals = example("c-program", nothing)
    trials = spirals.run()
    check(trials, spirals.logs(), 16, r"test error (\S+)", min)
    assert min(trial["value"] for trial in trials) < trials[0]["value"] - 0.1


def test_the_example_in_c_says_what_is_missing_where_there_is_no_compiler(tmp_path: Path) -> None:
    folder = tmp_path / "c-program"
    shutil.copytree(ROOT / "examples" / "c-program", folder, ignore=shutil.ignore_patterns("spirals"))
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = subprocess.run([folder / "train.sh"], env={"PATH": str(tools)}, capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert "no C compiler" in done.stderr


@pytest.mark.frameworks
@pytest.mark.timeout(_LIMIT_S)
def test_the_pytorch_example_reads_past_its_progress_bar(example: Callable[..., Example]) -> None:
    digits = example("pytorch-digits", FRAMEWORKS)
    trials = digits.run()
    logs = digits.logs()
    check(trials, logs, 8, r"val_accuracy = ([0-9.]+)%", max)
    assert all("\r" in log and "it/s" in log for log in logs.values())
    steps = json.loads(digits.scriptune("show", "--trial", "0", "--json"))["trial"]["n_reports"]
    assert steps == 2 * 8, "accuracy and loss of eight epochs"
    assert max(trial["value"] for trial in trials) > trials[0]["value"]


@pytest.mark.frameworks
@pytest.mark.timeout(_LIMIT_S)
def test_the_keras_example_is_searched_by_what_keras_prints(example: Callable[..., Example]) -> None:
    digits = example("keras-digits", FRAMEWORKS)
    trials = digits.run()
    logs = digits.logs()
    check(trials, logs, 6, r"val_accuracy: ([0-9.]+)", max)
    assert all("\x1b[" in log and "\b" in log for log in logs.values())
    assert max(trial["value"] for trial in trials) > trials[0]["value"]
