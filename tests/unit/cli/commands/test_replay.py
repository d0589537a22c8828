"""cli/commands/replay.py: what it says of a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.cli.commands import replay
from scriptune.cli.main import main
from worlds import World


def test_replay_names_what_files_say_differently_and_counts_what_is_not_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path, memory_storage())
    monkeypatch.setattr(replay, "open_engine", lambda shared, **_: world.engine)
    job = world.run(world.submit())
    (tmp_path / "jobs" / job.id / "5" / "1" / "output.log").unlink()
    assert main(["replay", job.id]) == 0
    assert capsys.readouterr().out == (
        "All agree: 6 of 6 suggestions derived again.\n"
        "Params and values agree with command.json and log in 5 of 6 ended trials, "
        "1 not checked: their files were removed or are incomplete.\n"
    )
    with world.storage.transaction() as tx:
        tx.update_trial(job.id, 2, value=0.125)
    assert main(["replay", job.id]) == 1
    said = capsys.readouterr().out
    assert said.startswith("6 of 6 suggestions derived again.\n")
    assert "Trial 2: its stored value is 0.125, but its log gives 0." in said
    assert main(["replay", job.id, "--json"]) == 1
    said = capsys.readouterr().out
    assert all(
        part in said for part in ('"n_not_checked": 1', '"n_checked": 4', '"agrees": false', '"notice.value_differs"')
    )
