from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from event_writer import scalar, tensor_scalar, version
from scriptune.core.job import Goal
from scriptune.inspection.metric_files import files_hint, metrics_in_files, snapshot, workdir_hint


def entries(folder: Path) -> list[dict[str, str]]:
    return [dict(metric.entry) for metric in metrics_in_files(folder)]


def test_columns_are_proposed_with_their_steps_the_held_out_first(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(
        "epoch,lr,train_loss,val_loss,note\n0,0.1,0.9,0.8,a\n1,0.1,0.7,,b\n2,0.1,,0.6,c\n"
    )
    first, second = metrics_in_files(tmp_path)
    assert first.entry == {"csv": "metrics.csv", "column": "val_loss", "step": "epoch"}
    assert (first.name, first.goal, first.n_values, first.values) == ("val_loss", Goal.MINIMIZE, 2, (0.8, 0.6))
    assert second.entry["column"] == "train_loss"


def test_lightnings_columns_count_steps_that_grow(tmp_path: Path) -> None:
    (tmp_path / "lightning_logs/version_0").mkdir(parents=True)
    path = tmp_path / "lightning_logs/version_0/metrics.csv"
    path.write_text("epoch,step,train_loss,val_acc\n0,9,0.5,\n0,19,0.4,\n0,19,,0.7\n1,29,0.3,\n1,39,,0.8\n")
    assert entries(tmp_path) == [
        {"csv": "lightning_logs/version_0/metrics.csv", "column": "val_acc", "step": "epoch"},
        {"csv": "lightning_logs/version_0/metrics.csv", "column": "train_loss"},
    ]


def test_paths_and_tags_are_proposed(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"config": {"lr": 0.1}, "eval": {"f1": 0.5}, "name": "x"}')
    (tmp_path / "trainer_state.json").write_text(
        json.dumps({"log_history": [{"epoch": 1, "eval_loss": 0.5}, {"epoch": 2, "eval_loss": 0.25}], "max_steps": 9})
    )
    (tmp_path / "log.jsonl").write_text('{"step": 1, "ppl": 9.0}\n{"step": 2, "ppl": 8.0}\n{"st')
    (tmp_path / "mm.json").write_text('{"iter": 1, "mAP": 0.1}\n{"iter": 2, "mAP": 0.2}\n')
    for run, write in (("train", scalar), ("validation", tensor_scalar)):
        (tmp_path / "runs" / run).mkdir(parents=True)
        events = version() + write("epoch_accuracy", 0.5, 0) + write("epoch_accuracy", 0.75, 1)
        (tmp_path / "runs" / run / "events.out.tfevents.1.host").write_bytes(events)
    found = entries(tmp_path)
    assert {"json": "results.json", "path": "eval.f1"} in found
    assert {"json": "trainer_state.json", "path": "log_history.eval_loss", "step": "log_history.epoch"} in found
    assert {"jsonl": "log.jsonl", "path": "ppl", "step": "step"} in found
    assert {"jsonl": "mm.json", "path": "mAP", "step": "iter"} in found
    tags = [entry for entry in found if "tensorboard" in entry]
    assert tags == [
        {"tensorboard": "runs/validation", "tag": "epoch_accuracy"},
        {"tensorboard": "runs/train", "tag": "epoch_accuracy"},
    ]
    assert len(found) == 6


def test_only_what_changed_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("loss\n0.5\n")
    before = snapshot(tmp_path)
    assert metrics_in_files(tmp_path, before) == []
    assert workdir_hint(tmp_path, before) == ""
    (tmp_path / "new.csv").write_text("loss\n0.25\n")
    (found,) = metrics_in_files(tmp_path, before, prefix=f"{tmp_path}/")
    assert found.entry == {"csv": f"{tmp_path}/new.csv", "column": "loss"}
    assert f"loss: {{csv: {tmp_path}/new.csv, column: loss}}" in workdir_hint(tmp_path, before)


def test_equal_names_are_told_apart(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("loss\n0.5\n")
    assert [metric.name for metric in metrics_in_files(tmp_path)] == ["loss", "loss_2"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.csv", b"1,2,3\n4,5,6\n"),
        ("model.bin", bytes(range(256))),
        ("broken.json", b'{"loss": 0.5'),
        ("list.json", b"[1, 2, 3]"),
        ("deep.json", b"[" * 100_000),
        ("events.out.tfevents.1", b"garbage" * 100),
        ("names.csv", b"name,city\na,b\n"),
        ("empty.csv", b""),
    ],
)
def test_files_without_metrics_give_nothing(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert metrics_in_files(tmp_path) == []


def test_links_and_pipes_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("loss\n0.5\n")
    work = tmp_path / "work"
    work.mkdir()
    (work / "metrics.csv").symlink_to(tmp_path / "secret")
    (work / "inner").symlink_to(tmp_path)
    os.mkfifo(work / "pipe.csv")
    assert metrics_in_files(work) == []


def test_a_hint_names_entries_like_the_metric_or_files(tmp_path: Path) -> None:
    assert files_hint(tmp_path, "loss") == ""
    (tmp_path / "config.yaml").write_text("")
    assert files_hint(tmp_path, "loss", {"config.yaml": ""}) == ""
    (tmp_path / "model.pt").write_bytes(b"")
    assert (
        files_hint(tmp_path, "loss", {"config.yaml": ""})
        == "The program wrote 'model.pt', in which no metric was found."
    )
    (tmp_path / "m.csv").write_text("val_acc,val/loss\n0.5,0.25\n")
    hint = files_hint(tmp_path, "loss")
    assert hint.splitlines()[0].endswith("reads 0.25 there: val_loss: {csv: m.csv, column: val/loss}")
