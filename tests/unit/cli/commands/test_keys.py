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
