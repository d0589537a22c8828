"""Which commands only look, and that these need nothing but the right to read."""

from __future__ import annotations

from pathlib import Path

import pytest

import scriptune
from permissions import unwritable
from scriptune.cli.main import COMMANDS, main

DOCUMENT = """
name: counting
command: [/bin/sh, -c, 'echo "n is ${1#--n=}"', train]
parameters: {n: {type: int, min: 1, max: 5}}
metrics: {loss: {regex: 'n is (.+)'}}
objective: {metric: loss, goal: minimize}
search: {sampler: grid, trials: 5, seed: 1}
"""
LOOKING: dict[str, list[list[str]]] = {
    "list": [[], ["--json"]],
    "show": [[], ["--trial", "0"]],
    "trials": [[], ["--csv"], ["--where", "params.n>2", "--sort", "best"]],
    "best": [[], ["--command"]],
    "logs": [["0"], ["0", "--path"]],
    "importance": [[]],
    "replay": [[]],
    "samplers": [[]],
    "nodes": [[], ["local", "--json"]],
    "keys": [["list"]],
    "sessions": [["list"]],
    "check": [["JOBFILE"]],
    "inspect": [["--no-run", "--", "train", "--lr=0.1"]],
}
CHANGING = {
    "run",
    "init",
    "resume",
    "confirm",
    "change",
    "enqueue",
    "stop",
    "retry",
    "delete",
    "reparse",
    "prune",
    "serve",
}
WITHOUT_A_HOME = {"completion", "import", "report", "usual"}  # report needs the built console, the others open no home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("session")
    (folder / "job.yaml").write_text(DOCUMENT)
    scriptune.run(folder / "job.yaml", home=folder / "home", progress=False)
    return folder / "home"


def test_every_command_is_known_to_look_or_to_change() -> None:
    # A new command that looks opens its engine with read_only=True and is listed above.
    assert {*LOOKING, *CHANGING, *WITHOUT_A_HOME} == set(COMMANDS)


@pytest.mark.parametrize("command", LOOKING)
def test_a_command_that_looks_failed_in_a_home_that_cannot_be_written(
    command: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in LOOKING[command]:
        given = [str(home.parent / "job.yaml") if word == "JOBFILE" else word for word in arguments]
        with unwritable(home):
            code = main([command, *given, "--home", str(home)])
        shown = capsys.readouterr()
        assert code == 0, (arguments, shown.err)
        assert shown.out


@pytest.mark.parametrize("arguments", [["delete", "counting", "--yes"], ["resume", "--trials", "+1"], ["reparse"]])
def test_a_command_that_changes_says_what_cannot_be_written(
    arguments: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with unwritable(home):
        assert main([*arguments, "--home", str(home)]) == 1
    message = capsys.readouterr().err
    assert str(home / "scriptune.db") in message
    assert "--home" in message


def test_a_client_of_a_home_that_cannot_be_written_looks_only(home: Path) -> None:
    with unwritable(home), scriptune.Client(home=home) as client:
        job = client.job("counting")
        assert len(job.trials()) == 5
        assert job.replay().first_difference is None
        with pytest.raises(scriptune.errors.StorageUnavailableError, match="choose another folder with --home"):
            job.reparse()


@pytest.mark.parametrize("words", ["list", "samplers", "keys list", "sessions list", "check --no-run"])
def test_looking_at_a_home_that_is_not_there_does_not_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    program = ["-p", "x=0..1", "-m", "l=(.*)", "--minimize", "--", "true"] if words.startswith("check") else []
    assert main([*words.split(), "--home", str(tmp_path / "home"), *program]) == 0, capsys.readouterr().err
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("words", ["show", "best", "trials", "importance", "logs job 0", "stop", "retry", "resume"])
def test_commands_about_a_job_say_that_there_is_no_home_and_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    home = tmp_path / "home"
    assert main([*words.split(), "--home", str(home)]) == 2
    said = capsys.readouterr().err
    assert str(home) in said
    assert "scriptune run" in said
    assert "--home" in said
    assert not home.exists()
