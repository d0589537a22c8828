"""Tuning jobs of SageMaker as job files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imported import codes, imported

REQUEST: dict[str, Any] = {
    "HyperParameterTuningJobName": "churn",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "RandomSeed": 3,
        "HyperParameterTuningJobObjective": {"MetricName": "validation:auc", "Type": "Maximize"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 3, "MaxRuntimeInSeconds": 7200},
        "ParameterRanges": {
            "ContinuousParameterRanges": [
                {"Name": "eta", "MinValue": "0.0001", "MaxValue": "0.5"},
                {"Name": "gamma", "MinValue": "0", "MaxValue": "5", "ScalingType": "Linear"},
                {"Name": "beta2", "MinValue": "0.9", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
            ],
            "IntegerParameterRanges": [
                {"Name": "depth", "MinValue": "2", "MaxValue": "10", "ScalingType": "Logarithmic"}
            ],
            "CategoricalParameterRanges": [{"Name": "tree", "Values": ["hist", "exact"]}],
            "AutoParameters": [{"Name": "lambda", "ValueHint": "1"}],
        },
        "TrainingJobEarlyStoppingType": "Off",
        "TuningJobCompletionCriteria": {
            "TargetObjectiveMetricValue": 0.99,
            "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 15},
        },
    },
    "TrainingJobDefinition": {
        "StaticHyperParameters": {"objective": "binary:logistic", "num_round": "100"},
        "AlgorithmSpecification": {
            "TrainingImage": "registry.example.com/xgboost:1",
            "MetricDefinitions": [{"Name": "validation:auc", "Regex": ".*#011validation-auc:([0-9.]+)"}],
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "RetryStrategy": {"MaximumRetryAttempts": 2},
        "Environment": {"A": "1"},
        "ResourceConfig": {"InstanceType": "ml.m5.large"},
    },
}


def test_a_request_is_a_search_with_its_strings_as_numbers() -> None:
    draft = imported(json.dumps(REQUEST), "sagemaker")
    document = draft.document
    space = {"style": "space"}
    assert document["parameters"] == {
        "objective": {"value": "binary:logistic", **space},
        "num_round": {"value": 100, **space},
        "eta": {"type": "float", "min": 0.0001, "max": 0.5, "log": True, **space},
        "gamma": {"type": "float", "min": 0, "max": 5, **space},
        "beta2": {"type": "float", "min": 0.9, "max": 0.999, "log": "reverse", **space},
        "depth": {"type": "int", "min": 2, "max": 10, "log": True, **space},
        "tree": {"type": "categorical", "values": ["hist", "exact"], **space},
    }
    assert document["objective"] == {"metric": "validation:auc", "goal": "maximize", "target": 0.99}
    assert document["metrics"] == {"validation:auc": {"regex": r".*\svalidation-auc:([0-9.]+)"}}
    assert document["search"] == {"sampler": "bayes", "trials": 20, "seed": 3, "patience": 15}
    assert document["run"] == {
        "env": {"A": "1"},
        "trial_timeout": 600,
        "retries": 2,
        "parallel": 3,
        "job_timeout": 7200,
    }
    assert codes(draft, "impossible") == {"import.image_command", "import.auto_range", "import.no_counterpart"}
    assert codes(draft, "approximated") == {"import.auto_scale"}


def camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: camel(inner) for key, inner in value.items()}
    return [camel(inner) for inner in value] if isinstance(value, list) else value


def test_a_kubernetes_resource_is_the_same_request() -> None:
    resource = camel(REQUEST)
    resource["trainingJobDefinition"]["staticHyperParameters"] = [
        {"name": "objective", "value": "binary:logistic"},
        {"name": "num_round", "value": "100"},
    ]
    resource["trainingJobDefinition"]["environment"] = {"A": "1"}
    wrapped = {"kind": "HyperParameterTuningJob", "metadata": {"name": "x"}, "spec": resource}
    assert imported(json.dumps(wrapped), "sagemaker").document == imported(json.dumps(REQUEST), "sagemaker").document


def test_of_several_definitions_the_first_is_taken_with_its_own_objective() -> None:
    job = json.loads(json.dumps(REQUEST))
    config = job["HyperParameterTuningJobConfig"]
    objective = config.pop("HyperParameterTuningJobObjective")
    first = job.pop("TrainingJobDefinition") | {
        "TuningObjective": objective,
        "HyperParameterRanges": config.pop("ParameterRanges"),
    }
    config["ParameterRanges"] = None
    job["TrainingJobDefinitions"] = [first, first]
    job["ObjectiveStatusCounters"] = {"Failed": 0}
    draft = imported(json.dumps(job), "sagemaker")
    assert {"eta", "tree"} <= set(draft.document["parameters"])
    assert draft.document["objective"]["metric"] == "validation:auc"
    assert "import.first_of_several" in codes(draft, "impossible")


@pytest.mark.parametrize(
    ("changes", "stopping"),
    [
        ({"TrainingJobEarlyStoppingType": "Auto"}, {"rule": "median"}),
        (
            {
                "Strategy": "Hyperband",
                "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}},
            },
            {"rule": "asha", "max_step": 9},
        ),
    ],
)
def test_early_stopping_becomes_a_rule(changes: dict[str, Any], stopping: dict[str, Any]) -> None:
    job = json.loads(json.dumps(REQUEST))
    job["HyperParameterTuningJobConfig"] |= changes
    assert imported(json.dumps(job), "sagemaker").document["stopping"] == stopping
