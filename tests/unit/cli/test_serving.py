from __future__ import annotations

import json
from pathlib import Path

import pytest

from scriptune.cli.main import main


def run(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> str:
    assert main([*words, "--home", str(home)]) == 0
    return capsys.readouterr().out


def test_a_key_is_created_listed_and_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = json.loads(run(capsys, tmp_path, "keys", "create", "--project", "vision", "--json"))
    assert set(made) == {"access_key", "secret_key", "project", "role"}
    assert (made["project"], made["role"]) == ("vision", "operator")
    listed = run(capsys, tmp_path, "keys", "list")
    assert made["access_key"] in listed
    assert made["secret_key"] not in listed
    run(capsys, tmp_path, "keys", "revoke", made["access_key"])
    assert json.loads(run(capsys, tmp_path, "keys", "list", "--json")) == []


def test_a_key_that_is_not_there_cannot_be_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "revoke", "nothing", "--home", str(tmp_path)]) == 2
    assert "nothing" in capsys.readouterr().err


def test_the_words_that_make_a_server_are_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--help"]) == 0
    text = capsys.readouterr().out
    for option in ("--host", "--port", "--root-path", "--max-parallel", "--open", "--behind-proxy"):
        assert option in text


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
