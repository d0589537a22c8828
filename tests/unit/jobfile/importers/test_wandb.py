"""Sweeps of Weights & Biases as job files."""

from __future__ import annotations

from typing import Any

import pytest

from imported import codes, imported

SWEEP = """
program: train.py
method: bayes
run_cap: 40
metric: {name: eval/loss, goal: minimize, target: 0.1}
parameters:
  epochs: {value: 5}
  optimizer: {values: [adam, sgd, null]}
"""


def parameter(entry: str) -> tuple[Any, set[str]]:
    draft = imported(SWEEP + f"  x: {entry}\n", "wandb")
    approximated = codes(draft, "approximated") - {"import.metric_guessed"}
    return draft.document["parameters"].get("x"), approximated


@pytest.mark.parametrize(
    ("entry", "expected", "said"),
    [
        ("{min: 1, max: 8}", {"type": "int", "min": 1, "max": 8}, set()),
        ("{min: 1, max: 8.0}", {"type": "float", "min": 1, "max": 8.0}, set()),
        ("{distribution: uniform, min: 1, max: 8}", {"type": "float", "min": 1, "max": 8}, set()),
        (
            "{distribution: log_uniform_values, min: 1e-5, max: 0.1}",
            {"type": "float", "min": 1e-5, "max": 0.1, "log": True},
            set(),
        ),
        (
            "{distribution: log_uniform, min: -9.210340371976182, max: 0}",
            {"type": "float", "min": 1e-4, "max": 1.0, "log": True},
            {"import.exponents"},
        ),
        (
            "{distribution: q_log_uniform_values, q: 8, min: 32, max: 512}",
            {"type": "int", "min": 32, "max": 512, "log": True, "step": 8},
            set(),
        ),
        (
            "{distribution: q_uniform, q: 0.25, min: 0, max: 1}",
            {"type": "float", "min": 0, "max": 1, "step": 0.25},
            set(),
        ),
        (
            "{distribution: normal, mu: 1, sigma: 2}",
            {"type": "float", "min": -5.0, "max": 7.0},
            {"import.normal_as_range"},
        ),
        (
            "{values: [1, 2], probabilities: [0.9, 0.1]}",
            {"type": "categorical", "values": [1, 2]},
            {"import.probabilities"},
        ),
        ("{min: 3, max: 3}", {"value": 3}, {"import.one_value"}),
        ("{min: 5, max: 3}", None, set()),
        ("{distribution: log_uniform, min: 800, max: 900}", None, set()),
        ("{distribution: constant, value: 4}", {"value": 4}, set()),
    ],
)
def test_each_distribution_is_a_domain_in_its_own_units(entry: str, expected: Any, said: set[str]) -> None:
    assert parameter(entry) == (expected, said)


def test_nested_parameters_have_dots_in_their_names() -> None:
    draft = imported(
        SWEEP + "  o: {parameters: {lr: {min: 0.1, max: 0.2}, n: {parameters: {b: {values: [1, 2]}}}}}\n", "wandb"
    )
    assert [*draft.document["parameters"]] == ["epochs", "optimizer", "o.lr", "o.n.b"]
    assert "import.nested" in codes(draft, "approximated")


@pytest.mark.parametrize(
    ("command", "expected", "style"),
    [
        ("", ["python", "train.py"], None),
        ("command: ['${env}', python3, '${program}', '${args_no_equals}']", ["python3", "train.py"], "space"),
        ("command: ['${env}', '${interpreter}', '${program}', '${args_no_hyphens}']", ["python", "train.py"], "hydra"),
        (
            "command: [python, '${program}', '${args}', --verbose]",
            ["python", "train.py", "--epochs={epochs}", "--optimizer={optimizer}", "--verbose"],
            None,
        ),
        ("command: [python, '${program}']", ["python", "train.py"], None),
    ],
)
def test_the_macros_of_a_command_say_how_values_are_passed(
    command: str, expected: list[str], style: str | None
) -> None:
    draft = imported(f"{command}\n{SWEEP}", "wandb")
    assert draft.document["command"] == expected
    assert {entry.get("style") for entry in draft.document["parameters"].values()} == {style}


def test_the_objective_budget_and_early_stopping_are_taken_over_and_the_metric_is_guessed() -> None:
    draft = imported(SWEEP + "early_terminate: {type: hyperband, max_iter: 27, s: 2}\nentity: me\n", "wandb")
    assert draft.document["objective"] == {"metric": "eval/loss", "goal": "minimize", "target": 0.1}
    assert draft.document["search"] == {"sampler": "bayes", "trials": 40}
    assert draft.document["stopping"] == {"rule": "asha", "max_step": 27}
    assert codes(draft, "approximated") == {"import.metric_guessed", "import.hyperband"}
    assert codes(draft, "impossible") == {"import.no_counterpart"}


def test_a_stored_job_has_no_command_here() -> None:
    draft = imported("job: team/train:latest\nscheduler: {job: x}\n" + SWEEP.split("\n", 3)[3], "wandb")
    assert draft.document["command"] == ["./train"]
    assert "import.job_elsewhere" in codes(draft, "impossible")
