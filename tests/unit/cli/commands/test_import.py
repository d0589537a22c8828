"""``scriptune import``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scriptune.cli.main import main
from scriptune.jobfile import read_job_file

SWEEP = """
name: digits
program: train.py
method: random
metric: {name: loss, goal: minimize}
parameters:
  lr: {distribution: log_uniform_values, min: 1e-5, max: 0.1}
  epochs: {value: 3}
run_cap: 12
project: mine
"""


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text("print('loss=1')\n")
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    return tmp_path / "sweep.yaml"


def test_the_job_file_is_written_and_can_be_read(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = sweep.with_name("job.yaml")
    assert main(["import", str(sweep), "-o", str(output)]) == 0
    spec = read_job_file(output).spec
    assert (spec.name, spec.search.trials, spec.search.sampler) == ("digits", 12, "random")
    said = capsys.readouterr().err
    assert "Approximated:\n  metric.name: Nothing says how 'loss' is printed." in said
    assert "Not possible:\n  project: Nothing here corresponds to it." in said
    assert "To change before it runs" not in said
    assert main(["import", str(sweep), "-o", str(output)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_command_and_a_regex_replace_what_is_guessed(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(sweep), "--metric", "loss", "l=(.*)", "--json", "--", "python", "other.py"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["document"]["command"] == ["python", "other.py"]
    assert answer["document"]["metrics"] == {"loss": {"regex": "l=(.*)"}}
    assert {note["kind"] for note in answer["notes"]} == {"taken", "impossible"}
    (problem,) = answer["problems"]
    assert "other.py" in problem["message"] if isinstance(problem, dict) else "other.py" in problem


def test_without_an_output_the_job_file_is_printed(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(sweep)]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("name: digits\ncommand: [python, train.py]\n")
    assert "Taken over" in shown.err


def test_a_template_is_written_beside_the_job_file(tmp_path: Path) -> None:
    (tmp_path / "conf.yml").write_text("lr: orion~loguniform(0.01, 1)\n")
    assert main(["import", str(tmp_path / "conf.yml"), "-o", str(tmp_path / "job.yaml"), "--", "cat", "conf.yml"]) == 0
    assert (tmp_path / "conf.template.yml").read_text() == "lr: {lr}\n"
    assert read_job_file(tmp_path / "job.yaml").spec.search.trials == 20


def test_flags_with_defaults_alone_are_searched_where_they_usually_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "guild.yml").write_text("train: {main: train, flags: {learning-rate: 0.01, momentum: 0.9, seed: 1}}\n")
    assert main(["import", str(tmp_path / "guild.yml"), "--json"]) == 0
    parameters = json.loads(capsys.readouterr().out)["document"]["parameters"]
    assert parameters["learning-rate"]["log"] is True
    assert parameters["momentum"]["max"] < 1
    assert parameters["seed"] == {"value": 1, "style": "space"}


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"a: 1\n"])
def test_what_cannot_be_imported_is_wrong_usage(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "their.yaml"
    if content is not None:
        file.write_bytes(content)
    assert main(["import", str(file)]) == 2
    assert "their.yaml" in capsys.readouterr().err


def test_a_space_outside_of_the_description_s_folder_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "space.json").write_text('{"x": {"_type": "choice", "_value": [1, 2]}}')
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "config.yml").write_text(
        "trialCommand: python a.py\ntrialConcurrency: 1\nsearchSpaceFile: ../space.json\ntuner: {name: TPE}\n"
    )
    assert main(["import", str(tmp_path / "in" / "config.yml")]) == 0
    assert "'../space.json' was not found beside the description" in capsys.readouterr().err
