"""Operations of Guild files as job files."""

from __future__ import annotations

from typing import Any

import pytest

from imported import codes, imported
from scriptune.errors import JobFileError
from scriptune.jobfile.importers import import_description

TRAIN = """
prepare: {main: prepare}
train:
  main: pkg.train --data data
  flags-dest: args
  objective: {maximize: val#acc}
  output-scalars: {loss: 'loss: (\\value)', acc: 'acc: (\\value)'}
  default-max-trials: 12
  env: {SEED: 1}
  optimizers: {random: {}, gp: {default: yes}}
  flags:
    lr: {default: 0.1, min: 1e-4, max: 1.0, distribution: log-uniform}
    act: {default: relu, choices: [relu, {value: tanh, description: t}]}
    fast: {arg-switch: yes}
    layers: {default: 2, min: 1, max: 4, arg-name: model.layers}
    size: {default: 'logspace[1:3:3]'}
    seed: {default: 7, env-name: SEED}
    hidden: {default: 1, arg-skip: yes}
"""


def test_an_operation_is_a_search_over_its_flags() -> None:
    draft = imported(TRAIN, "guild")
    assert draft.document["command"] == ["python", "pkg/train.py", "--data", "data"]
    assert draft.document["parameters"] == {
        "lr": {"type": "float", "min": 1e-4, "max": 1.0, "log": True, "default": 0.1, "style": "space"},
        "act": {"type": "categorical", "values": ["relu", "tanh"], "default": "relu", "style": "space"},
        "fast": {"type": "bool", "style": "switch"},
        "layers": {"type": "int", "min": 1, "max": 4, "default": 2, "style": "space", "flag": "--model.layers"},
        "size": {"type": "categorical", "values": [10.0, 100.0, 1000.0], "style": "space"},
        "seed": {"value": 7, "style": "env", "flag": "SEED"},
    }
    assert draft.document["metrics"] == {
        "loss": {"regex": r"loss: ([0-9.eE+\-]+)"},
        "acc": {"regex": r"acc: ([0-9.eE+\-]+)"},
    }
    assert draft.document["objective"] == {"metric": "acc", "goal": "maximize"}
    assert draft.document["search"] == {"trials": 12, "sampler": "bayes"}
    assert draft.document["run"] == {"env": {"SEED": "1"}}
    assert {"import.other_operation", "import.skipped_flag"} <= codes(draft, "impossible")
    assert draft.unranged == {"seed": 7}


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        ("'[1:10]'", {"type": "int", "min": 1, "max": 10}),
        ("'uniform[0.0:1.0:0.5]'", {"type": "float", "min": 0.0, "max": 1.0, "default": 0.5}),
        ("'loguniform[1e-4:1e-1]'", {"type": "float", "min": 1e-4, "max": 0.1, "log": True}),
        ("'range[1:7:2]'", {"type": "categorical", "values": [1, 3, 5, 7]}),
        ("'linspace[0:1:3]'", {"type": "categorical", "values": [0.0, 0.5, 1.0]}),
        ("[1, 2.5, yes]", {"type": "categorical", "values": [1, 2.5, True]}),
        ("'range[1:1000000]'", None),
        ("'uniform[a:b]'", None),
    ],
)
def test_the_forms_of_values_on_guild_s_command_line_are_domains(default: str, expected: Any) -> None:
    draft = imported(f"train: {{main: t, flags: {{x: {{default: {default}}}, y: [1, 2]}}}}", "guild")
    entry = draft.document["parameters"].get("x")
    assert entry == (None if expected is None else {**expected, "style": "space"})


def test_exec_puts_flags_where_it_names_them_and_the_others_behind() -> None:
    draft = imported("run: {exec: './t.sh ${lr} ${flag_args}', flags: {lr: [0.1, 0.2], n: [1, 2]}}", "guild")
    assert draft.document["command"] == ["./t.sh", "{lr}"]
    assert draft.document["parameters"]["lr"] == {"type": "categorical", "values": [0.1, 0.2]}
    assert draft.document["parameters"]["n"]["style"] == "space"


MODELS = """
- config: base
  operations:
    train:
      main: '{{main}} --dir data'
      flags: {lr: {default: 0.5, description: rate}, epochs: 10}
- model: small
  extends: base
  params: {main: small}
- model: large
  extends: base
  params: {main: large}
  operations: {train: {flags: {lr: 1e-4}}}
"""


def test_a_model_takes_operations_and_params_from_what_it_extends() -> None:
    draft = imported(MODELS, "guild", operation="large:train")
    assert draft.document["command"] == ["python", "large.py", "--dir", "data"]
    assert draft.unranged == {"lr": 1e-4, "epochs": 10}
    assert imported(MODELS, "guild").document["command"][1] == "small.py"


def test_named_groups_are_metrics_and_steps_stay_groups() -> None:
    draft = imported(
        "t: {main: t, flags: {x: [1, 2]}, objective: val, output-scalars: "
        r"'epoch (?P<step>\step) loss (?P<loss>\value) val (?P<val>\value)'}",
        "guild",
    )
    assert draft.document["metrics"]["val"] == {
        "regex": r"epoch (?P<step>[0-9]+) loss (?:[0-9.eE+\-]+) val (?P<value>[0-9.eE+\-]+)"
    }


def test_an_unknown_operation_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(JobFileError, match="'evaluate' not found; the file has prepare, train"):
        import_description(TRAIN, operation="evaluate")
