"""Algorithms and training jobs of ModelArts as job files."""

from __future__ import annotations

import json
from typing import Any

from imported import codes, imported

REGEX = r"(?<=loss )([-+]?\d+\.?\d*([eE]{1}[-+]?\d+)?)(?= end)"
SEARCH: dict[str, Any] = {
    "skip_search_params": "",
    "reward_attrs": [{"name": "loss", "mode": "min", "regex": REGEX}],
    "search_params": [
        {"name": "lr", "param_type": "continuous", "lower_bound": "0.001", "upper_bound": "0.1"},
        {"name": "bs", "param_type": "discrete", "discrete_values": ["16", "32"]},
        {"name": "drop", "lower_bound": "0", "upper_bound": "0.5", "discrete_points_num": "6"},
    ],
    "algo_configs": [{"name": "tpe_search", "params": [{"key": "num_samples", "value": "4", "type": "Integer"}]}],
}
ALGORITHM: dict[str, Any] = {
    "metadata": {"name": "alg-1"},
    "job_config": {
        "code_dir": "/bucket/code/",
        "boot_file": "/bucket/code/sub/train.py",
        "parameters": [
            {"name": "lr", "value": "0.01", "constraint": {"type": "Float"}},
            {"name": "bs", "value": "16", "constraint": {"type": "Integer"}},
            {"name": "epochs", "value": "3", "constraint": {"type": "Integer"}},
            {"name": "tag", "value": "1", "constraint": {"type": "String"}},
        ],
        "inputs": [{"name": "data_url"}],
        "engine": {"engine_id": "pytorch"},
    },
    "advanced_config": {"auto_search": SEARCH},
}


def test_an_algorithm_is_a_search_with_typed_values() -> None:
    draft = imported(json.dumps(ALGORITHM), "modelarts")
    assert draft.document["command"] == ["python", "sub/train.py"]
    assert draft.document["parameters"] == {
        "lr": {"type": "float", "min": 0.001, "max": 0.1, "default": 0.01},
        "bs": {"type": "categorical", "values": [16, 32], "default": 16},
        "drop": {"type": "float", "min": 0, "max": 0.5, "step": 0.1},
        "epochs": {"value": 3},
        "tag": {"value": "1"},
    }
    assert draft.document["metrics"] == {"loss": {"regex": REGEX}}
    assert draft.document["objective"] == {"metric": "loss", "goal": "minimize"}
    assert draft.document["search"] == {"sampler": "tpe", "trials": 4}
    assert codes(draft, "impossible") == {"import.channel", "import.no_counterpart"}


def test_a_training_job_has_its_search_in_its_policies() -> None:
    job = {
        "kind": "job",
        "metadata": {"name": "job-1"},
        "algorithm": {
            "command": "python a.py --x 1",
            "parameters": [{"name": "lr", "value": "0.02"}],
            "policies": {"auto_search": SEARCH},
            "environments": {"A": "1"},
        },
        "spec": {"resource": {"flavor_id": "f"}},
    }
    draft = imported(json.dumps(job), "modelarts")
    assert draft.document["command"] == ["python", "a.py", "--x", "1"]
    assert draft.document["run"] == {"env": {"A": "1"}}
    assert {"lr", "bs", "drop"} == set(draft.document["parameters"])
