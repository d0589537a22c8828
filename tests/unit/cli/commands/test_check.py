from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scriptune.cli.main import main


def test_a_regex_is_proposed_for_a_program_without_parameters_or_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCRIPTUNE_HOME", str(tmp_path / "home"))
    program = ["--", sys.executable, "-c", "import sys; print(sys.argv[1:], 'val_acc: 0.91')"]
    assert main(["check", "--suggest", "0.91", *program]) == 0
    said = capsys.readouterr()
    assert "--metric val_acc" in said.out
    assert "[] val_acc: 0.91" in said.err  # the command ran as it is written
