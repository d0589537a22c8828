from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scriptune.jobfile import check_document, dump_job_file, read_job_file

BASE: dict[str, Any] = {
    "command": ["python", "train.py", "--note", 'it\'s: {"a": 1} # no'],
    "parameters": {
        "lr": {"min": 1e-5, "max": 1e-1, "log": True},
        "note": {"value": "no"},
        "exponent": {"value": "1e-3"},
    },
    "metrics": {"loss": {"regex": r"loss=\s*(\S+), '\"#:{}"}},
    "objective": {"goal": "minimize"},
}


def dumped(document: dict[str, Any], folder: Path) -> tuple[str, dict[str, Any]]:
    """The written job file, and the document that reading it gives."""
    complete = check_document(document, base_dir=folder).document
    text = dump_job_file(complete)
    (folder / "elsewhere").mkdir(exist_ok=True)
    (folder / "elsewhere" / "copy.yaml").write_text(text, "utf-8")
    assert read_job_file(folder / "elsewhere" / "copy.yaml").document == complete
    return text, complete


def test_a_written_job_file_is_short_and_reads_back_exactly(folder: Path) -> None:
    text, complete = dumped(BASE, folder)
    assert text.splitlines()[0] == "name: train"
    assert "lr: {type: float, min: 1e-05, max: 0.1, log: true}" in text
    assert "run:" not in text
    assert "stopping:" not in text
    assert "exponent: {type: categorical, value: '1e-3'}" in text
    assert complete["run"]["max_failed"] == 5


def test_everything_that_is_not_default_is_written(folder: Path) -> None:
    document = {
        **BASE,
        "objective": {"goal": "max", "reduce": "mean_last_3", "target": 0.5},
        "search": {"seed": 0, "trials": 7, "sampler": "tpe", "options": {"gamma": 0.3}, "start_with": [{"lr": 0.1}],
                   "allow_duplicates": True},
        "run": {"max_failed": None, "trial_timeout": 5400, "grace": 0, "env": {"A": "yes", "B": "1"}, "gpus": 0.5,
                "gpu_ids": ["0"], "cpus": 2, "memory": 16 * 2**30, "parallel": 3, "retries": 1, "idle_timeout": 0.5},
        "stopping": {"rule": "none", "max_step": 90},
        "files": {"c.yaml": "conf.yaml.tmpl"},
    }  # fmt: skip
    text, _ = dumped(document, folder)
    for line in (
        "trial_timeout: 1h30m",
        "memory: 16GiB",
        "max_failed:",
        "grace: 0",
        "seed: 0",
        "reduce: mean_last_k",
        "last_k: 3",
        "stopping: {rule: none, max_step: 90}",
    ):
        assert line in text
    assert "retries: 1" in text


def test_a_shells_text_survives(folder: Path) -> None:
    document = {**BASE, "command": "python train.py --lr={lr} --note={note} --e={exponent} | tee 'a: b'", "shell": True}
    dumped(document, folder)


# Any characters, and those that mean something in YAML close together.
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12),
    st.text(st.sampled_from("?-:[]{}, #&*!|>'\"%@`~0ax=<^\\"), min_size=1, max_size=5),
).filter(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    words=st.lists(texts.filter(lambda text: "{" not in text), max_size=3),
    values=st.lists(
        st.one_of(texts, st.booleans(), st.integers(-(10**12), 10**12), st.floats(-1e308, 1e308)),
        min_size=2, max_size=5, unique_by=lambda value: (type(value), value),
    ),
    low=st.floats(-1e300, 1e300),
    timeout=st.one_of(st.integers(1, 10**8), st.floats(1e-3, 1e8)),
)  # fmt: skip
def test_any_values_survive_writing_and_reading(
    words: list[str], values: list[Any], low: float, timeout: float, folder: Path
) -> None:
    document = {
        **BASE,
        "command": ["python", "train.py", *words],
        "parameters": {"choice": {"values": values}, "x": {"type": "float", "min": low, "max": abs(low) + 1.0}},
        "run": {"trial_timeout": timeout},
    }
    dumped(document, folder)


@pytest.mark.parametrize(
    "text",
    ["0o17", "0x1F", "1_000", "~", "null", "Null", ".inf", "yes", "2020-01-01", "1:30", "=", "?", "?0", ":0", ":"],
)
def test_a_text_that_looks_like_something_else_stays_a_text(text: str, folder: Path) -> None:
    dumped({**BASE, "parameters": {"x": {"values": [text, "other"]}}}, folder)
    dumped(
        {**BASE, "metrics": {text: {"regex": "loss=(.*)"}}, "objective": {"metric": text, "goal": "minimize"}}, folder
    )
