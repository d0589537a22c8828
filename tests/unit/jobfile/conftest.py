"""A folder as a user has it."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a user has it, and a PATH that holds a python and nothing else."""
    (tmp_path / "bin").mkdir()
    for program in (tmp_path / "bin" / "python", tmp_path / "run.sh"):
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    (tmp_path / "train.py").write_text("print('loss=1')\n")
    (tmp_path / "conf.yaml.tmpl").write_text("lr: {lr}\n")
    (tmp_path / "weights.bin").write_bytes(b"\xff\xfe\x00\x80")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path)
    return tmp_path
