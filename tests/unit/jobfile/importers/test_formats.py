"""Whose a description is, and what is none."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.errors import JobFileError
from scriptune.jobfile.importers import FORMATS, import_description

KEYS = [
    *("spec", "objective", "parameters", "parameterType", "feasibleSpace", "trialTemplate", "metricsCollectorSpec"),
    *("method", "program", "command", "metric", "values", "value", "min", "max", "distribution", "_type", "_value"),
    *("HyperParameterTuningJobConfig", "ParameterRanges", "searchSpace", "tuner", "trial", "experiment", "algorithm"),
    *("main", "flags", "default", "choices", "output-scalars", "auto_search", "search_params", "advanced_config"),
    *("hydra", "sweeper", "params", "searcher", "hyperparameters", "type", "vals", "tune_config", "run", "config"),
]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("text", ["", "a: 1", "[1, 2]", "{}", "name: x\ncommand: python a.py\n", "just words"])
def test_what_is_no_description_is_refused_with_the_tools_that_are_known(text: str) -> None:
    with pytest.raises(JobFileError, match=r"Katib, ModelArts|empty"):
        import_description(text, file="x.yaml")


def test_an_unknown_format_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(JobFileError, match=r"vizier.*expected one of"):
        import_description("a: 1", format="vizier")


SHELLS = {  # what makes a document one of a tool
    "katib": {"kind": "Experiment"},
    "sagemaker": {"HyperParameterTuningJobConfig": {}},
    "modelarts": {"job_config": {}, "metadata": {}},
    "wandb": {"method": "random", "program": "a", "parameters": {}},
    "nni": {"trialCommand": "a", "searchSpace": {}},
    "orion": {"experiment": {"max_trials": 1}},
    "hydra": {"hydra": {"sweeper": {"params": {"x": 1}}}},
    "determined": {"searcher": {}, "hyperparameters": {}},
    "ray": {"tune_config": {}},
    "guild": {"train": {"main": "a"}},
}


@given(st.sampled_from(sorted(FORMATS)), st.dictionaries(st.sampled_from(KEYS), JSON_VALUES, max_size=6), st.randoms())
def test_a_document_of_any_shape_is_imported_or_refused(tool: str, values: dict[str, object], random: Random) -> None:
    def mixed(shell: object) -> object:
        """The shell with parts of the values at any of its places."""
        if not isinstance(shell, dict):
            return shell if random.random() < 0.7 else random.choice([*values.values(), shell])
        inner = {key: mixed(value) for key, value in shell.items()}
        return {**inner, **{key: value for key, value in values.items() if random.random() < 0.5}}

    with suppress(JobFileError):
        import_description(json.dumps(mixed(SHELLS[tool])), format=tool)
