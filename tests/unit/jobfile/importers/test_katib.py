"""Experiments of Katib as job files."""

from __future__ import annotations

from typing import Any

import pytest

from imported import codes, imported
from scriptune.jobfile.importers import Draft

EXPERIMENT = """
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: wine}
spec:
  objective:
    type: maximize
    goal: 0.95
    objectiveMetricName: valid auc
    additionalMetricNames: [train auc]
  algorithm:
    algorithmName: bayesianoptimization
    algorithmSettings: [{name: random_state, value: "7"}, {name: acq_func, value: EI}]
  parallelTrialCount: 4
  maxTrialCount: 30
  maxFailedTrialCount: 2
  parameters:
    - {name: lr, parameterType: double, feasibleSpace: {min: "1e-4", max: "0.1", distribution: logUniform}}
    - {name: num-leaves, parameterType: int, feasibleSpace: {min: "8", max: "64", step: "8"}}
    - {name: depth, parameterType: discrete, feasibleSpace: {list: ["3", "5"]}}
    - {name: booster, parameterType: categorical, feasibleSpace: {list: [gbdt, "1"]}}
  trialTemplate:
    primaryContainerName: main
    trialParameters:
      - {name: learningRate, reference: lr}
      - {name: leaves, reference: num-leaves}
      - {name: depth, reference: depth}
      - {name: kind, reference: booster}
    trialSpec:
      kind: Job
      spec:
        template:
          spec:
            containers:
              - {name: sidecar, command: [sleep, infinity]}
              - name: main
                image: registry.example.com/wine
                command: [python3, wine.py, "--lr=${trialParameters.learningRate}", "--depth=${trialParameters.depth}"]
                args: ["--leaves", "${trialParameters.leaves}", "--kind=${trialParameters.kind}"]
                env: [{name: DATA, value: /data}, {name: KEY, valueFrom: {secretKeyRef: {name: k}}}]
                resources: {limits: {nvidia.com/gpu: 1}}
"""


def test_an_experiment_is_a_search_with_the_same_command_ranges_and_budget() -> None:
    draft = imported(EXPERIMENT, "katib")
    document = draft.document
    assert document["name"] == "wine"
    assert document["command"] == [
        *("python3", "wine.py", "--lr={lr}", "--depth={depth}", "--leaves", "{num-leaves}", "--kind={booster}")
    ]
    assert document["parameters"] == {
        "lr": {"type": "float", "min": 1e-4, "max": 0.1, "log": True},
        "num-leaves": {"type": "int", "min": 8, "max": 64, "step": 8},
        "depth": {"type": "categorical", "values": [3, 5]},
        "booster": {"type": "categorical", "values": ["gbdt", "1"]},
    }
    assert document["objective"] == {"metric": "valid auc", "goal": "maximize", "target": 0.95}
    assert document["search"] == {"sampler": "bayes", "seed": 7, "trials": 30}
    assert document["run"] == {"parallel": 4, "max_failed": 2, "env": {"DATA": "/data"}, "gpus": 1}
    assert set(document["metrics"]) == {"valid auc", "train auc"}
    assert codes(draft, "impossible") == {"import.no_counterpart", "import.env_elsewhere"}


@pytest.mark.parametrize(
    ("pattern", "regex"),
    [
        (r"(\w+\s\w+)\s:\s((-?\d+)(\.\d+)?)", r"(?:valid auc)\s:\s((-?\d+)(\.\d+)?)"),
        (r"\[([a-z ]+)\] = ([0-9.]+)", r"\[(?:valid auc)\] = ([0-9.]+)"),
        (r"(?:epoch \d+ )([\w ()]+)=([0-9.]+)", r"(?:epoch \d+ )(?:valid auc)=([0-9.]+)"),
    ],
)
def test_the_name_is_filled_into_a_pattern_of_name_and_value(pattern: str, regex: str) -> None:
    text = EXPERIMENT + f"  metricsCollectorSpec: {{source: {{filter: {{metricsFormat: ['{pattern}']}}}}}}\n"
    assert imported(text, "katib").document["metrics"]["valid auc"] == {"regex": regex}


def test_a_pattern_that_does_not_fit_the_name_is_no_pattern_of_the_metric() -> None:
    text = EXPERIMENT + "  metricsCollectorSpec: {source: {filter: {metricsFormat: ['(loss)=([0-9.]+)']}}}\n"
    draft = imported(text, "katib")
    assert "valid auc" in draft.document["metrics"]["valid auc"]["regex"]
    assert "import.metric_guessed" in codes(draft, "approximated")


@pytest.mark.parametrize(
    ("collector", "metric"),
    [
        (
            "{collector: {kind: File}, source: {fileSystemPath: {path: /data/m.json, format: JSON}}}",
            {"jsonl": "m.json", "path": "valid auc"},
        ),
        (
            "{collector: {kind: TensorFlowEvent}, source: {fileSystemPath: {path: /data, kind: Directory}}}",
            {"tensorboard": "data", "tag": "valid auc"},
        ),
    ],
)
def test_a_metric_in_a_file_is_read_from_the_folder_of_each_trial(collector: str, metric: dict[str, Any]) -> None:
    text = EXPERIMENT.replace("python3, wine.py", "python3, wine.py, --out=/data/m.json, --log=/data")
    draft = imported(text + f"  metricsCollectorSpec: {collector}\n", "katib")
    assert draft.document["metrics"]["valid auc"] == metric
    assert any("{trial_dir}" in word for word in draft.document["command"])


def test_median_stopping_and_hyperband_become_rules_and_others_are_named() -> None:
    median = imported(EXPERIMENT + "  earlyStopping: {algorithmName: medianstop}\n", "katib")
    assert median.document["stopping"] == {"rule": "median"}
    band = imported(EXPERIMENT.replace("bayesianoptimization", "hyperband"), "katib")
    assert band.document["stopping"] == {"rule": "asha"}
    assert "sampler" not in band.document["search"]
    assert {"import.hyperband", "import.other_sampler"} <= codes(band, "approximated")


def test_a_template_elsewhere_or_a_command_of_the_image_is_said() -> None:
    begin, _, _ = EXPERIMENT.partition("    trialSpec:")
    elsewhere = imported(begin + "    configMap: {configMapName: t}\n", "katib")
    assert (elsewhere.document["command"], codes(elsewhere, "impossible")) == (
        ["./train"],
        {"import.template_elsewhere", "import.no_counterpart"},
    )
    without = EXPERIMENT.replace(
        '                command: [python3, wine.py, "--lr=${trialParameters.learningRate}", '
        '"--depth=${trialParameters.depth}"]\n',
        "",
    )
    assert imported(without, "katib").document["command"][0] == "./train"


def test_an_endless_experiment_gets_a_budget_and_that_is_said() -> None:
    draft: Draft = imported(EXPERIMENT.replace("  maxTrialCount: 30\n", ""), "katib")
    assert draft.document["search"]["trials"] == 20
    assert "import.no_budget" in codes(draft, "approximated")
