"""inspection/log_metrics.py: which numbers of a log could be the metric, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from scriptune.core.job import Goal
from scriptune.inspection.log_metrics import MetricCandidate, metrics_in_log
from scriptune.metrics.suggest import test_pattern

MNIST = """Train Epoch: {n} [0/600 (0%)]\tLoss: {a}
Train Epoch: {n} [64/600 (10%)]\tLoss: {b}

Test set: Average loss: {c}, Accuracy: 9{n}12/10000 (9{n}%)
"""
EVALS = """{{'loss': {a}, 'grad_norm': 1.{n}, 'learning_rate': {n}e-05, 'epoch': {n}.0}}
{{'eval_loss': {b}, 'eval_accuracy': 0.7{n}, 'eval_runtime': 0.3{n}, 'eval_samples_per_second': 31.{n}, 'epoch': {n}.0}}
"""
STEPS = "step {n}0: train loss {a}, val loss {b}\niter {n}1: loss {c}, time 3154.0{n}ms, mfu -100.00%\n"
LINES = "epoch {n} train loss {a}\nepoch {n} val loss {b}\nepoch {n} took {c} s\n"


def read(folder: Path, text: str) -> dict[str, MetricCandidate]:
    (folder / "log").write_text(text)
    return {one.name: one for one in metrics_in_log(folder / "log")}


def filled(text: str) -> str:
    return "".join(text.format(n=n, a=2.5 - n / 5, b=1.25 - n / 9, c=0.75 + n / 8) for n in range(1, 6))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (MNIST, ["test_accuracy", "test_loss", "train_loss"]),
        (EVALS, ["eval_accuracy", "eval_loss", "loss"]),
        (STEPS, ["val_loss", "loss", "train_loss"]),
        (LINES, ["val_loss", "train_loss"]),
    ],
    ids=["mnist", "evals", "steps", "lines"],
)
def test_validation_comes_before_training_and_results_before_progress(
    tmp_path: Path, text: str, first: list[str]
) -> None:
    assert list(read(tmp_path, filled(text)))[: len(first)] == first


def test_a_regex_finds_its_own_numbers_and_no_others(tmp_path: Path) -> None:
    text = filled(LINES)
    found = read(tmp_path, text)
    captured = [one.value for one in test_pattern(found["val_loss"].entry["regex"], text)]
    assert captured == [float(f"{1.25 - n / 9}") for n in range(1, 6)]
    assert (found["val_loss"].goal, found["val_loss"].changes) == (Goal.MINIMIZE, True)
    assert found["val_loss"].n_values == 5


def test_a_number_without_a_name_is_found_and_has_no_goal(tmp_path: Path) -> None:
    ((name, found),) = read(tmp_path, "0.5\n0.25\n").items()
    assert (name, found.goal, found.values) == ("metric", None, (0.5, 0.25))


def test_columns_of_a_table_are_named_by_its_heading(tmp_path: Path) -> None:
    table = "E    STEPS   LOSS NER  SCORE\n---  ------  --------  -----\n"
    table += "  0     100     51.88   0.10\n  1     200     20.50   0.80\n"
    found = read(tmp_path, table)
    assert next(iter(found)) == "score"
    assert (found["score"].values, found["score"].goal) == ((0.1, 0.8), Goal.MAXIMIZE)
    assert found["loss_ner"].values == (51.88, 20.5)


def test_clocks_and_dates_are_not_metrics(tmp_path: Path) -> None:
    assert set(read(tmp_path, "2026-01-02 10:11:12 acc=0.5\n2026-01-02 10:11:13 acc=0.75\n")) == {"acc"}


def test_two_of_a_name_are_told_apart(tmp_path: Path) -> None:
    found = read(tmp_path, "a: loss 0.5 b; loss 0.25\na: loss 0.75 b; loss 0.5\n")
    assert {"loss", "loss_2"} <= set(found)


def test_a_log_that_is_not_there_has_no_metrics(tmp_path: Path) -> None:
    assert metrics_in_log(tmp_path / "none") == []


def test_a_result_of_something_simpler_is_not_the_first(tmp_path: Path) -> None:
    found = read(tmp_path, "average loss = 0.5\nbest constant's loss = 0.75\n")
    assert list(found) == ["loss", "constant_loss"]


def test_precision_at_k_and_speeds_are_named(tmp_path: Path) -> None:
    found = read(tmp_path, "loss: 0.25 120.5 it/s\nP@1\t0.833\nR@1\t0.75\n")
    assert list(found)[:2] == ["precision_at_1", "recall_at_1"]
    assert found["it_per_s"].goal is Goal.MAXIMIZE
    assert list(found).index("loss") < list(found).index("it_per_s")
