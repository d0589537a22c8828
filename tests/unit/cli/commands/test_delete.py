"""cli/commands/delete.py: whose job is deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.cli.commands import delete, reparse, stop
from scriptune.cli.main import main
from worlds import World


def test_delete_1_deletes_the_job_called_1_and_none_whose_id_begins_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path, memory_storage())
    for module in (delete, reparse, stop):
        monkeypatch.setattr(module, "open_engine", lambda shared, **_: world.engine)
    other = world.submit(name="digits")
    named = world.submit(name=other.id[0])
    both = world.submit(name=other.id[:6])
    assert main(["delete", named.name]) == 0
    assert {summary.job.id for summary in world.engine.jobs().items} == {other.id, both.id}
    assert main(["delete", named.name]) == 2
    assert "at least 4 characters" in capsys.readouterr().err
    for words in (["delete", both.name], ["stop", both.name], ["reparse", both.name]):
        assert main(words) == 1
        said = capsys.readouterr().err
        assert both.id in said
        assert other.id in said
    assert {summary.job.id for summary in world.engine.jobs().items} == {other.id, both.id}
