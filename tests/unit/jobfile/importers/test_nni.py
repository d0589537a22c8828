"""Experiments and search spaces of NNI as job files."""

from __future__ import annotations

from typing import Any

import pytest

from imported import codes, imported

SPACE = '{"lr": {"_type": "loguniform", "_value": [1e-5, 0.1]}, "n": {"_type": "randint", "_value": [2, 9]}}'
CONFIG = """
searchSpaceFile: space.json
trialCommand: python3 mnist.py --epochs 3
trialGpuNumber: 1
trialConcurrency: 2
maxTrialNumber: 100
maxExperimentDuration: 1h
tuner: {name: TPE, classArgs: {optimize_mode: maximize}}
trainingService: {platform: local, maxTrialNumberPerGpu: 2}
"""


def test_a_config_with_its_space_beside_it_is_a_search() -> None:
    draft = imported(CONFIG, "nni", {"space.json": SPACE})
    assert draft.document["parameters"] == {
        "lr": {"type": "float", "min": 1e-5, "max": 0.1, "log": True},
        "n": {"type": "int", "min": 2, "max": 8},
    }
    assert draft.document["search"] == {"sampler": "tpe", "trials": 100}
    assert draft.document["run"] == {"gpus": 0.5, "parallel": 2, "job_timeout": "1h"}
    assert draft.document["objective"]["goal"] == "maximize"
    assert "import.pulled_params" in codes(draft, "impossible")
    assert "import.upper_end_excluded" in codes(draft, "approximated")


def test_a_space_that_is_not_beside_it_is_said() -> None:
    assert "import.file_not_there" in codes(imported(CONFIG, "nni"), "impossible")


def test_names_of_the_first_version_and_with_underscores_are_known() -> None:
    first = imported(
        "authorName: a\nexperimentName: digits\ntrialConcurrency: 3\nmaxTrialNum: 5\nsearchSpacePath: space.json\n"
        "tuner: {builtinTunerName: Anneal, classArgs: {optimize_mode: minimize}}\n"
        "assessor: {builtinAssessorName: Medianstop}\n"
        "trial: {command: python3 a.py | tee log, codeDir: ./code, gpuNum: 0}\n",
        "nni",
        {"space.json": SPACE},
    )
    assert (first.document["name"], first.document["command"]) == ("digits", "python3 a.py | tee log")
    assert (first.document["shell"], first.document["workdir"]) == (True, "./code")
    assert first.document["search"] == {"sampler": "anneal", "trials": 5}
    assert first.document["stopping"] == {"rule": "median"}
    snake = imported(
        f"search_space: {SPACE}\ntrial_command: python a.py\ntrial_concurrency: 1\nmax_trial_number: 4\n"
        "tuner: {name: GridSearch, class_args: {optimize_mode: minimize}}\n",
        "nni",
    )
    assert (snake.document["search"]["sampler"], snake.document["objective"]["goal"]) == ("grid", "minimize")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("choice", [1, "a", None], {"type": "categorical", "values": [1, "a", None]}),
        ("choice", [7], {"value": 7}),
        ("randint", [0, 0], None),
        ("randint", [10, 11], {"value": 10}),
        ("uniform", [0, 1], {"type": "float", "min": 0, "max": 1}),
        ("quniform", [0, 10, 2], {"type": "int", "min": 0, "max": 10, "step": 2}),
        ("quniform", [2.0, 10.0, 5.0], {"type": "float", "min": 5.0, "max": 10.0, "step": 5.0}),
        ("qloguniform", [1, 64, 1], {"type": "int", "min": 1, "max": 64, "log": True}),
        ("normal", [0, 1], {"type": "float", "min": -3.0, "max": 3.0}),
        ("surprise", [0, 1], None),
        ("uniform", "words", None),
    ],
)
def test_each_kind_is_a_domain(kind: str, value: Any, expected: Any) -> None:
    import json

    space = json.dumps({"x": {"_type": kind, "_value": value}, "y": {"_type": "choice", "_value": [1, 2]}})
    assert imported(space, "nni").document["parameters"].get("x") == expected


def test_a_nested_choice_is_a_choice_with_conditional_parameters() -> None:
    draft = imported(
        '{"layer": {"_type": "choice", "_value": [{"_name": "empty"}, {"_name": "conv", "size": '
        '{"_type": "choice", "_value": [1, 3]}}, {"_name": "pool", "size": {"_type": "choice", "_value": [2, 4]}}]}}',
        "nni",
    )
    assert draft.document["parameters"] == {
        "layer": {"type": "categorical", "values": ["empty", "conv", "pool"]},
        "layer.conv.size": {"type": "categorical", "values": [1, 3], "when": {"layer": "conv"}},
        "layer.pool.size": {"type": "categorical", "values": [2, 4], "when": {"layer": "pool"}},
    }


def test_passwords_of_machines_are_never_copied() -> None:
    service = "trainingService: {platform: remote, machineList: [{host: h, user: u, password: secret1}]}"
    draft = imported(CONFIG.replace("trainingService: {platform: local, maxTrialNumberPerGpu: 2}", service), "nni")
    assert "secret1" not in repr(draft)
    assert "import.machines" in codes(draft, "impossible")
