from __future__ import annotations

from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.cli.commands import importance
from scriptune.cli.main import main
from worlds import World

PARAMETERS = {
    "x": {"type": "float", "min": -1, "max": 1},
    "c": {"type": "categorical", "values": ["a", "b"]},
}


def test_importance_has_no_figure_for_what_never_varied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path, memory_storage())
    starts = [{"x": -0.5, "c": "a"}, {"x": 0.75, "c": "a"}]
    job = world.run(world.submit(parameters=PARAMETERS, search={"trials": 2, "start_with": starts}))
    monkeypatch.setattr(importance, "open_engine", lambda shared, **_: world.engine)
    assert main(["importance", job.id]) == 0
    out = capsys.readouterr().out
    (row,) = (line for line in out.splitlines() if line.startswith("c "))
    assert row.split()[1:] == ["-", "-", "-"]
    assert "the same in all trials so far" in out
