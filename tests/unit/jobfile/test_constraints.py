"""Constraints of a job file: what is found before a search starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from scriptune.errors import JobFileError
from scriptune.jobfile import check_document, read_job_file
from scriptune.jobfile.checked_job import CheckedJob
from scriptune.jobfile.writer import dump_job_file

PARAMETERS = {
    "x": {"type": "float", "min": 0.0, "max": 1.0},
    "y": {"type": "float", "min": 0.0, "max": 1.0},
    "size": {"type": "int", "value": 64},
    "opt": {"values": ["adam", "sgd", None]},
    "momentum": {"min": 0.0, "max": 1.0, "type": "float", "when": {"opt": "sgd"}},
}


def job(folder: Path, *constraints: Any, **changed: Any) -> CheckedJob:
    document = {
        "command": "python train.py",
        "parameters": PARAMETERS,
        "constraints": list(constraints),
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"goal": "minimize"},
        **changed,
    }
    (folder / "train.py").touch()
    return check_document(document, base_dir=folder)


def test_constraints_are_part_of_the_job(tmp_path: Path) -> None:
    checked = job(tmp_path, "x + y <= 1", "momentum * size <= 32")
    assert checked.document["constraints"] == ["x + y <= 1", "momentum * size <= 32"]
    space = checked.spec.space
    assert space.violated({"x": 0.6, "y": 0.6, "opt": "adam"}) is not None
    assert space.violated({"x": 0.1, "y": 0.6, "opt": "sgd", "momentum": 0.6}) is not None
    assert space.violated({"x": 0.1, "y": 0.6, "opt": "adam"}) is None
    assert checked.warnings == ()
    assert check_document(checked.document, base_dir=tmp_path).document == checked.document


def test_a_job_file_with_null_and_constraints_is_written_as_it_was(tmp_path: Path) -> None:
    checked = job(tmp_path, "x + y <= 1", search={"patience": 5, "min_gain": 0.01})
    (tmp_path / "again.yaml").write_text(dump_job_file(checked.document))
    again = read_job_file(tmp_path / "again.yaml")
    assert again.document == {**checked.document, "name": again.document["name"]}
    assert again.document["parameters"]["opt"]["values"] == ["adam", "sgd", None]


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        (["x + z <= 1"], r"constraints\[0\]: 'z' is not a parameter"),
        (["x <= 1 or y", "x < y"], r"constraints\[0\]: what 'or' joins"),
        (["x < y", "opt == 1"], r"constraints\[1\]: '==' compares a string"),
        (["x + y > 3"], r"constraints\[0\]: no configuration was found that satisfies 'x \+ y > 3'"),
        (["x + y < 0.5", "x > 0.6"], "satisfies all constraints; alone, they are satisfied by 1[23] %, (39|40|41) %"),
        ([7], r"expected a list of strings"),
    ],
)
def test_bad_constraints_are_found_before_the_start(tmp_path: Path, constraints: list[Any], message: str) -> None:
    with pytest.raises(JobFileError, match=message):
        job(tmp_path, *constraints)


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        (["x + y <= 2.5"], r"constraints\[0\]: 'x \+ y <= 2.5' is always satisfied"),
        (["abs(x - y) <= 1e-5"], r"constraints\[0\]: 'abs\(x - y\) <= 1e-5' is satisfied by about 0.00\d+ % of"),
        (["x < 0.02", "y < 0.02"], "together are satisfied by about 0.04"),
    ],
)
def test_suspicious_constraints_are_named_with_their_share(
    tmp_path: Path, constraints: list[str], message: str
) -> None:
    (warning,) = job(tmp_path, *constraints).warnings
    assert re.search(message, warning)


def test_defaults_must_satisfy_the_constraints(tmp_path: Path) -> None:
    parameters = {**PARAMETERS, "x": {**PARAMETERS["x"], "default": 0.9}, "y": {**PARAMETERS["y"], "default": 0.9}}
    with pytest.raises(JobFileError, match=r"constraints\[0\]: the defaults violate the constraint 'x \+ y <= 1'"):
        job(tmp_path, "x + y <= 1", parameters=parameters)


def test_start_with_must_satisfy_the_constraints(tmp_path: Path) -> None:
    start = {"x": 0.9, "y": 0.9, "opt": "adam"}
    with pytest.raises(JobFileError, match=r"search.start_with\[0\]: the constraint 'x \+ y <= 1' is violated"):
        job(tmp_path, "x + y <= 1", search={"start_with": [start]})
    assert job(tmp_path, "x + y <= 2 or x > 1", search={"start_with": [start]}).spec.search.start_with


def test_a_constraint_on_a_parameter_that_is_never_used_does_not_apply(tmp_path: Path) -> None:
    parameters = {**PARAMETERS, "opt": {"type": "categorical", "value": "adam"}}
    space = job(tmp_path, "momentum > 2 or x > 2", "x < y", parameters=parameters).spec.space
    assert space.violated({"x": 0.1, "y": 0.5}) is None


def test_the_smallest_gain_needs_patience(tmp_path: Path) -> None:
    with pytest.raises(JobFileError, match=r"search.min_gain: expected search.patience too"):
        job(tmp_path, search={"min_gain": 0.1})
    (warning,) = job(tmp_path, search={"patience": 30, "trials": 20}).warnings
    assert "search.patience: patience 30 is not less than the number of trials, 20" in warning
    assert job(tmp_path).spec.search.patience is None
