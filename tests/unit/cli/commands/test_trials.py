"""The table of trials, as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.cli.commands import trials
from scriptune.cli.main import main
from worlds import World

NAMES = ["x", "value", "state", "number", "seconds", "loss", "attempts", "started_at", "params.x", "metrics.loss"]


def test_a_parameter_and_a_metric_of_one_name_gave_two_equal_headings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path, memory_storage())
    parameters = {name: {"type": "float", "min": 0, "max": 1} for name in NAMES}
    metrics = {"loss": {"regex": r"loss=(\S+)"}, "value": {"regex": r"loss=(\S+)"}, "state": {"regex": r"loss=(\S+)"}}
    job = world.run(world.submit(parameters=parameters, metrics=metrics, search={"trials": 2}))
    monkeypatch.setattr(trials, "open_engine", lambda shared, **_: world.engine)
    assert main(["trials", job.id, "--csv"]) == 0
    text = capsys.readouterr().out
    titles = next(csv.reader(io.StringIO(text)))
    assert len(set(titles)) == len(titles)
    assert {f"params.{name}" for name in NAMES} | {f"metrics.{name}" for name in metrics} <= set(titles)
    for row, trial in zip(csv.DictReader(io.StringIO(text)), world.engine.trials(job.id).items, strict=True):
        assert {name: float(row[f"params.{name}"]) for name in NAMES} == trial.params
        assert {name: float(row[f"metrics.{name}"]) for name in metrics} == trial.metrics
        assert (float(row["value"]), row["state"], row["number"]) == (trial.value, trial.state, str(trial.number))
