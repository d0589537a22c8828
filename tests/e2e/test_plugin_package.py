"""The example package of plug-ins: installed with pip into a fresh environment, listed, used, and killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from killing import Search
from plugin_packages import install

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plugin"
SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


class Environment:
    """An environment of its own that sees our packages.

    Args:
        folder: Where it is made.
    """

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        self.python = folder / "bin" / "python"
        self.site = folder / SITE
        ours = [path for path in sys.path if path and Path(path).is_dir() and path != sysconfig.get_path("stdlib")]
        (self.site / "ours.pth").write_text("\n".join(ours) + "\n")

    def run(self, *words: str, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a module of the environment and check its exit code."""
        environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
        command = [str(self.python), "-m", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environ, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def json(self, *words: str, cwd: Path) -> Any:
        """What a command of scriptune answers."""
        return json.loads(self.run("scriptune", *words, "--json", cwd=cwd).stdout)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The example is installed as anybody would install it, offline; beside it is a package with broken plug-ins."""
    made = Environment(tmp_path_factory.mktemp("environment"))
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check")
    made.run("pip", "install", *offline, str(EXAMPLE))
    points = {"scriptune.samplers": {"bad": "broken_plugin:X"}, "scriptune.executors": {"bad": "broken_plugin:X"}}
    install(made.site, "broken-package", points, {"broken_plugin": "raise SystemExit(7)"})
    return made


def job_file(folder: Path, **changes: Any) -> str:
    """A search of six trials with the sampler and the executor of the example."""
    document = {
        "command": ["/bin/sh", "-c", "echo loss={x}"],
        "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0}},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "search": {"sampler": "halton", "trials": 6, "seed": 1, "options": {"skip": 3}},
        "run": {"parallel": 2, "executor": {"polite": {"max_load": 1e6}}},
    }
    path = folder / "job.json"
    path.write_text(json.dumps(document | changes))
    return str(path)


def test_a_search_uses_the_sampler_and_the_executor_of_a_package(environment: Environment, tmp_path: Path) -> None:
    environment.run("scriptune", "run", job_file(tmp_path), cwd=tmp_path)
    without = [sys.executable, "-m", "scriptune", "resume", "--trials", "+2"]
    missing = subprocess.run(without, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert missing.returncode == 2
    assert "There is no executor 'polite'." in missing.stderr
    environment.run("scriptune", "resume", "--trials", "+2", cwd=tmp_path)
    trials = environment.json("trials", cwd=tmp_path)["items"]
    assert [trial["state"] for trial in trials] == ["completed"] * 8
    notes = [trial["suggestion"]["note"] for trial in trials]
    assert notes == [f"Point {n} of a Halton sequence." for n in range(4, 12)]
    report = environment.json("replay", cwd=tmp_path)
    assert (report["n_trials"], report["n_derived"], report["n_checked"]) == (8, 8, 8)


def test_plugins_are_listed_and_checked_and_broken_ones_named(environment: Environment, tmp_path: Path) -> None:
    listed = environment.run("scriptune", "samplers", "--json", cwd=tmp_path)
    rows = {row["name"]: row for row in json.loads(listed.stdout)}
    assert (rows["halton"]["package"], rows["halton"]["options"][0]["name"]) == ("scriptune-example", "skip")
    why = "of the package 'broken-package' cannot be used: importing 'broken_plugin:X' raised SystemExit: 7. Update"
    for kind in ("sampler", "executor"):
        assert f"The {kind} 'bad' {why}" in listed.stderr
    for search, said in (
        ({"sampler": "bad"}, f"The sampler 'bad' {why}"),
        (
            {"sampler": "halton", "options": {"skip": -1}},
            "Option 'skip' of sampler 'halton' is -1, expected at least 0",
        ),
    ):
        wrong = job_file(tmp_path, search=search, run={"executor": "bad"})
        refused = environment.run("scriptune", "run", wrong, cwd=tmp_path, code=2).stderr
        assert said in refused
        assert f"The executor 'bad' {why}" in refused


def test_the_example_passes_its_own_tests_of_the_sampler(environment: Environment) -> None:
    environment.run("pytest", "-q", "-p", "no:cacheprovider", "tests/test_halton.py", cwd=EXAMPLE)


@pytest.mark.slow
def test_the_example_passes_its_own_tests_of_the_executor(environment: Environment) -> None:
    environment.run("pytest", "-q", "-p", "no:cacheprovider", "tests/test_polite.py", cwd=EXAMPLE)


def _kill(environment: Environment, folder: Path, kills: int) -> None:
    """Kill searches with the example's executor until so many kills are done; nothing may be wrong afterwards."""
    rng = random.Random(12)
    done, round_number = 0, 0
    while done < kills:
        search = Search(
            folder / f"{round_number}",
            trials=6,
            parallel=2 + round_number % 7,
            seed=round_number,
            sampler="halton",
            executor="polite",
            is_installed=True,
            python=str(environment.python),
        )
        damage = search.run_and_kill(rng, max_kills=4)
        assert damage.none, (round_number, damage)
        done += damage.kills
        round_number += 1


def test_killing_a_search_on_the_executor_of_a_package_loses_nothing(environment: Environment, tmp_path: Path) -> None:
    _kill(environment, tmp_path, 1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_kills_of_searches_on_the_executor_of_a_package(environment: Environment, tmp_path: Path) -> None:
    _kill(environment, tmp_path, 200)
