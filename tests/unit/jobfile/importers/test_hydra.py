"""Hydra's sweepers as job files."""

from __future__ import annotations

from typing import Any

import pytest

from imported import codes, imported

CONFIG = """
defaults: [{override hydra/sweeper: optuna}, {override hydra/sweeper/sampler: tpe}]
optimized_metric: val/acc
hydra:
  sweeper:
    direction: maximize
    study_name: sphere
    n_trials: 30
    n_jobs: 2
    sampler: {seed: 123, n_startup_trials: 5}
    params:
      z: choice(1, 2)
"""


def test_a_sweeper_is_a_search() -> None:
    draft = imported(CONFIG + "z: 2\n", "hydra")
    assert draft.document["search"] == {"trials": 30, "seed": 123, "sampler": "tpe"}
    assert (draft.document["name"], draft.document["run"]) == ("sphere", {"parallel": 2})
    assert draft.document["objective"] == {"metric": "val/acc", "goal": "maximize"}
    assert draft.document["parameters"]["z"]["default"] == 2
    assert "import.no_program" in codes(draft, "impossible")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("range(0, 5)", {"type": "int", "min": 0, "max": 4}),
        ("range(-5.5, 5.5, step=0.5)", {"type": "float", "min": -5.5, "max": 5.5, "step": 0.5}),
        ("interval(0.0001, 0.1)", {"type": "float", "min": 0.0001, "max": 0.1}),
        ("tag(log, interval(0.001, 0.1))", {"type": "float", "min": 0.001, "max": 0.1, "log": True}),
        ('"loguniform(1e-8, 1.0)"', {"type": "float", "min": 1e-8, "max": 1.0, "log": True}),
        ("choice(-5 ,0 , 5)", {"type": "categorical", "values": [-5, 0, 5]}),
        ("""choice("a,b", 'c', d)""", {"type": "categorical", "values": ["a,b", "c", "d"]}),
        ("{type: float, low: 0.1, high: 10, log: true}", {"type": "float", "min": 0.1, "max": 10, "log": True}),
        ("7", {"value": 7}),
        ("glob(*)", None),
    ],
)
def test_each_form_of_a_parameter_is_a_domain(text: str, expected: Any) -> None:
    quoted = text if text.startswith(('"', "{")) else "'" + text.replace("'", "''") + "'"
    entry = imported(CONFIG + f"      m.x: {quoted}\n", "hydra").document["parameters"].get("m.x")
    assert entry == (None if expected is None else {**expected, "style": "hydra"})


def test_two_directions_and_code_that_makes_the_space_are_said() -> None:
    text = CONFIG.replace("direction: maximize", "direction: [minimize, maximize]\n    custom_search_space: a.b")
    draft = imported(text, "hydra")
    assert draft.document["objective"]["goal"] == "minimize"
    assert {"import.one_objective", "import.space_in_code"} <= codes(draft, "impossible")
