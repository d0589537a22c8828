"""Experiments of Determined as job files."""

from __future__ import annotations

from imported import codes, imported

EXPERIMENT = """
name: iris
entrypoint: python3 train.py --batches 400
hyperparameters:
  decay: 1.0e-6
  optim:
    lr: {type: log, minval: -5, maxval: 1, base: 10}
  width: {type: int, minval: 4, maxval: 32}
  scale: {type: double, minval: 2, maxval: 6, count: 3}
  kind: {type: categorical, vals: [a, b]}
searcher: {name: adaptive_asha, metric: acc, smaller_is_better: false, max_trials: 64, max_concurrent_trials: 4}
resources: {slots_per_trial: 2}
max_restarts: 1
environment: {environment_variables: [A=1]}
"""


def test_an_experiment_is_a_search_with_exponents_as_values() -> None:
    draft = imported(EXPERIMENT, "determined")
    assert draft.document["parameters"] == {
        "decay": {"value": 1e-6},
        "optim.lr": {"type": "float", "min": 1e-5, "max": 10.0, "log": True},
        "width": {"type": "int", "min": 4, "max": 32},
        "scale": {"type": "float", "min": 2, "max": 6, "step": 2.0},
        "kind": {"type": "categorical", "values": ["a", "b"]},
    }
    assert draft.document["command"] == ["python3", "train.py", "--batches", "400"]
    assert draft.document["search"] == {"sampler": "auto", "trials": 64}
    assert draft.document["stopping"] == {"rule": "asha"}
    assert draft.document["run"] == {"parallel": 4, "gpus": 2, "retries": 1, "env": {"A": "1"}}
    assert draft.document["objective"] == {"metric": "acc", "goal": "maximize"}
    assert "import.exponents_of" in codes(draft, "approximated")


def test_a_trial_class_is_no_command() -> None:
    draft = imported(EXPERIMENT.replace("python3 train.py --batches 400", "model_def:Trial"), "determined")
    assert draft.document["command"] == ["./train"]
