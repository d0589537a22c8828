"""cli/commands/run.py: what `run` and `resume` say of searches that were there before."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from scriptune.cli.main import main
from scriptune.core.job import JobState
from scriptune.engine.build import build_engine
from scriptune.settings import load_settings

JOB = """
name: digits
command: [/bin/echo, loss=1]
parameters: {x: {type: float, min: 0.0, max: 1.0}}
metrics: {loss: {regex: 'loss=(\\S+)'}}
objective: {metric: loss, goal: minimize}
search: {trials: 2, seed: 1}
"""


def test_resume_advises_reparse_when_a_regex_was_edited_in_the_job_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, home = tmp_path / "job.yaml", str(tmp_path / "home")
    file.write_text(JOB)
    assert main(["run", str(file), "--home", home]) == 0
    capsys.readouterr()
    edited = JOB.replace(r"(\S+)", r"([0-9.]+)")
    assert edited != JOB
    file.write_text(edited)
    assert main(["resume", "--trials", "+1", "--home", home]) == 0
    said = capsys.readouterr().err
    assert "was edited in" in said
    line = next(line for line in said.splitlines() if "scriptune reparse" in line)
    advised = shlex.split(line[line.index("scriptune reparse") :])
    assert main(advised[1:]) == 0
    assert main(["resume", "--trials", "+1", "--home", home]) == 0
    assert "scriptune reparse" not in capsys.readouterr().err


def test_a_second_run_mentions_the_interrupted_search_and_resume_an_edited_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, home = tmp_path / "job.yaml", str(tmp_path / "home")
    file.write_text(JOB)
    assert main(["run", str(file), "--home", home]) == 0
    assert "interrupted" not in capsys.readouterr().err
    engine = build_engine(load_settings(home))
    job = engine.job().job
    with engine.storage.transaction() as tx:  # as a crash leaves it
        tx.update_job(job.id, state=JobState.QUEUED)
        tx.update_job(job.id, state=JobState.RUNNING, lease_owner=None, lease_until=None)
    engine.close()
    assert main(["run", str(file), "--home", home, "-n", "1"]) == 0
    said = capsys.readouterr().err
    assert f"digits ({job.id[:8]}) was interrupted after 2 of 2 trials" in said
    assert f"scriptune resume {job.id[:8]}" in said
    assert main(["resume", job.id, "--trials", "+1", "--home", home]) == 0
    assert "edited" not in capsys.readouterr().err
    file.write_text(JOB + "run: {parallel: 2}\n")
    assert main(["resume", job.id, "--trials", "+1", "--home", home]) == 0
    said = capsys.readouterr().err
    assert f"{file} was edited since this search began" in said
    assert f"scriptune run {file} --from " in said
