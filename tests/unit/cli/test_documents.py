"""cli/documents.py: from arguments to a job file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from scriptune.cli.documents import edited_regexes, named_values, read_document, regexes_of
from scriptune.core.job import JobState, SearchJob
from scriptune.errors import JobFileError
from scriptune.jobfile.reading import read_job_file

FLAGS: dict[str, Any] = {"options": (), "env": (), "goal": None, "trials": None}
JOB = SearchJob(
    "x",
    "x",
    {"objective": {"metric": "loss", "goal": "minimize"}, "search": {"trials": 1}, "metrics": {"loss": {}, "acc": {}}},
    JobState.COMPLETED,
    datetime(2026, 1, 1, tzinfo=UTC),
)


def test_a_program_behind_two_dashes_becomes_a_job_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b.py").touch()
    flags = FLAGS | {"goal": "maximize", "trials": 5, "sampler": "bayes", "options": ["kappa=2.5", "kind=ucb"]}
    flags["env"] = ["A=b=c", "N=1"]
    checked = read_document(None, ["python", "a b.py"], ["lr=0..1"], ["acc=([0-9.]+)"], flags)
    document = checked.document
    assert document["workdir"] == str(tmp_path)
    assert document["command"] == ["python", "a b.py"]
    assert document["search"]["trials"] == 5
    assert document["search"]["options"] == {"kappa": 2.5, "kind": "ucb"}
    assert document["run"]["env"] == {"A": "b=c", "N": "1"}


def test_flags_of_early_stopping_make_its_section(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(
        "command: /bin/true\nparameters: {n: {type: int, min: 1, max: 6}}\nmetrics: {loss: {regex: 'loss=(.*)'}}\n"
        "objective: {metric: loss, goal: minimize}\nstopping: {rule: model, keep: 0.4, audit: 0}\n"
    )
    flags = FLAGS | {"stopping": None, "max_step": 52, "stopping_options": ("keep=0.3", "on_cut=stop")}
    stopping = read_document(path, [], [], [], flags).document["stopping"]
    assert stopping == {"rule": "model", "max_step": 52, "keep": 0.3, "audit": 0}
    flags = FLAGS | {"stopping": "median", "max_step": 9, "stopping_options": ()}
    with pytest.raises(JobFileError, match=r"stopping.keep: .*'median' has no option 'keep'"):
        read_document(path, [], [], [], flags)


def test_flags_replace_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(
        "command: /bin/true\nparameters: {n: {type: int, min: 1, max: 6}}\nmetrics: {loss: {regex: 'loss=(.*)'}}\n"
        "objective: {metric: loss, goal: minimize}\nsearch: {num_samples: 6}\nrun: {env: {A: a, B: b}}\n"
    )
    flags = FLAGS | {"trials": 9, "goal": "maximize", "env": ["B=c"]}
    checked = read_document(path, [], [], [], flags)
    document = checked.document
    assert document["workdir"] == str(tmp_path)
    assert document["search"]["trials"] == 9
    assert document["objective"]["goal"] == "maximize"
    assert document["run"]["env"] == {"A": "a", "B": "c"}


@pytest.mark.parametrize(
    ("file", "program", "params"),
    [(None, [], []), (Path("job.yaml"), ["true"], []), (Path("job.yaml"), [], ["x=1..2"])],
)
def test_arguments_that_contradict_each_other_are_wrong_usage(
    file: Path | None, program: list[str], params: list[str]
) -> None:
    with pytest.raises(click.UsageError):
        read_document(file, program, params, [], FLAGS)


def test_named_values_are_split_at_the_first_sign() -> None:
    assert named_values(["a=1=2", "b="], "--env") == [("a", "1=2"), ("b", "")]
    for text in ("a", "=1"):
        with pytest.raises(click.UsageError, match="expected NAME=VALUE"):
            named_values([text], "--env")


@pytest.mark.parametrize(
    ("text", "regexes"),
    [
        ("val_loss: (.*)", {"loss": "val_loss: (.*)"}),
        ("val_loss=([0-9.]+)", {"loss": "val_loss=([0-9.]+)"}),
        ("acc=val_acc: (.*)", {"acc": "val_acc: (.*)"}),
        ("loss=val_loss=([0-9.]+)", {"loss": "val_loss=([0-9.]+)"}),
    ],
)
def test_a_regex_without_a_metric_s_name_is_the_objective_s(text: str, regexes: dict[str, str]) -> None:
    assert regexes_of(JOB, [text]) == regexes


def test_a_regex_that_holds_an_equals_sign_is_the_objective_s() -> None:
    assert regexes_of(JOB, ["epoch=.* acc=([0-9.]+)"]) == {"loss": "epoch=.* acc=([0-9.]+)"}
    with pytest.raises(click.UsageError, match="expected a regular expression"):
        regexes_of(JOB, [" "])


def test_a_name_and_a_regex_are_never_guessed_apart() -> None:
    assert regexes_of(JOB, [("loss", r"n=(\S+)"), ("a=b", "x")]) == {"loss": r"n=(\S+)", "a=b": "x"}
    with pytest.raises(click.UsageError, match="not a metric name"):
        regexes_of(JOB, [(r"loss=(\S+)", "--dry-run")])


def test_setup_may_be_given_several_times_and_replaces_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(
        "command: /bin/true\nparameters: {n: {type: int, min: 1, max: 6}}\nmetrics: {loss: {regex: 'loss=(.*)'}}\n"
        "objective: {metric: loss, goal: minimize}\nrun: {setup: cd src}\n"
    )
    for given, expected in (((), ["cd src"]), (("export A=1", "cd b"), ["export A=1", "cd b"])):
        document = read_document(path, [], [], [], FLAGS | {"setup": given}).document
        assert document["run"]["setup"] == expected


def test_metrics_of_files_are_no_edited_regexes(tmp_path: Path) -> None:
    text = "command: [/bin/true]\nparameters: {x: {min: 0.0, max: 1.0}}\nobjective: {goal: minimize, metric: loss}\n"
    path = tmp_path / "job.yaml"
    path.write_text(text + "metrics: {loss: {csv: m.csv, column: loss}, acc: {json: m.json, path: acc}}\n")
    job: Any = SimpleNamespace(document=read_job_file(path).document)
    assert edited_regexes(job, str(path)) == {}
    path.write_text(text + "metrics: {loss: {regex: 'loss=(.*)'}, acc: {json: m.json, path: acc}}\n")
    assert edited_regexes(job, str(path)) == {"loss": "loss=(.*)"}
