"""inspection/job_draft.py: the proposed job file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scriptune.core.job import Goal
from scriptune.inspection.inspect import Inspection
from scriptune.inspection.job_draft import command_without, draft_job, proposed_parameters
from scriptune.inspection.log_metrics import MetricCandidate
from scriptune.inspection.options_found import ProgramOption, with_suggestions
from scriptune.jobfile import read_job_file

OPTIONS = [
    ProgramOption("lr", "--lr", "float", 0.01, help="step size", found_in="parser"),
    ProgramOption("batch_size", "--batch-size", "int", 64, given=32),
    ProgramOption("optimizer", "--optimizer", "categorical", "adam", ("adam", "sgd")),
    ProgramOption("epochs", "--epochs", "int", 20),
    ProgramOption("seed", "--seed", "int", 0),
    ProgramOption("amp", "--amp", "bool", False, style="switch"),
    ProgramOption("alpha_x", "--alpha-x", "float", 0.5),
]
COMMAND = ["./train", "--batch-size", "32", "--data=x"]
METRIC = MetricCandidate(
    "val_acc", {"regex": r"val_acc=(\S+)"}, Goal.MAXIMIZE, "log", "val_acc=0.5", 6, (0.5, 0.6), True
)
TIME = MetricCandidate("time", {"regex": r"time (\S+)"}, None, "log", "time 1", 6, (1.0,), False)


def found(options: list[ProgramOption]) -> Inspection:
    return Inspection(("./train", "--data=x"), tuple(with_suggestions(options)), "argparse")


def draft(folder: Path, options: list[ProgramOption], **more: Any) -> str:
    (folder / "train").write_text("#!/bin/sh\n")
    (folder / "train").chmod(0o755)
    inspection = found(options)
    domains = {option.name: option.suggestion or {} for option in proposed_parameters(inspection)}
    made = draft_job(COMMAND, inspection, domains, METRIC, Goal.MAXIMIZE, base_dir=folder, others=[TIME], **more)
    (folder / "job.yaml").write_text(made.text)
    assert read_job_file(folder / "job.yaml").document == made.document
    return made.text


def test_names_with_a_usual_range_are_proposed_and_epochs_seeds_and_switches_are_not() -> None:
    assert [one.name for one in proposed_parameters(found(OPTIONS))] == ["lr", "batch_size", "optimizer"]


def test_what_depends_on_something_else_is_not_proposed() -> None:
    more = [
        ProgramOption("n_head", "--n_head", "int", 4),
        ProgramOption("warmup_steps", "--warmup_steps", "int", 100),
        ProgramOption("scheduler", "--scheduler", "categorical", "a", tuple("abcdefgh")),
    ]
    assert [one.name for one in proposed_parameters(found([*OPTIONS[:2], *more]))] == ["lr", "batch_size"]


def test_of_many_the_learning_rate_is_kept_and_the_betas_are_not() -> None:
    names = ["beta1", "beta2", "dropout", "momentum", "weight_decay", "batch_size", "width", "lr"]
    many = [ProgramOption(name, f"--{name}", "float", 0.5) for name in names]
    assert [one.name for one in proposed_parameters(found(many))] == names[2:]


def test_without_a_known_name_fractions_are_proposed_and_else_any_number() -> None:
    unknown = [ProgramOption("xi", "--xi", "float", 0.5), ProgramOption("kk", "--kk", "int", 3)]
    assert [one.name for one in proposed_parameters(found(unknown))] == ["xi"]
    assert [one.name for one in proposed_parameters(found(unknown[1:]))] == ["kk"]


def test_the_job_file_reads_back_and_says_why(tmp_path: Path) -> None:
    text = draft(tmp_path, OPTIONS, max_step=6, parallel=2, took="It took 3 s.")
    assert "command: [./train, --data=x]" in text
    assert "  # 0.01 by default; step size\n  lr:" in text
    assert "  # 32 in the command\n  batch_size:" in text
    assert "# Found 6 times in the output: 0.5, 0.6, ..." in text
    assert "# It took 3 s." in text
    assert "stopping: {rule: model, max_step: 6}" in text
    assert "#  amp: {type: bool, default: false, style: switch}" in text
    assert "Also found" not in text  # a time is no metric


def test_values_that_are_searched_leave_the_command() -> None:
    given = [ProgramOption("lr", "--lr", "float", given=0.1), ProgramOption("n", "--n", "int", given=2)]
    assert command_without(["p", "--lr", "0.1", "--n=2", "--x", "y"], given) == ["p", "--x", "y"]
    assert command_without(["p", "--", "--lr", "1"], given) == ["p", "--", "--lr", "1"]
    assert command_without(["p", "--lr", "0.1"], [ProgramOption("lr", "--lr", "float", 0.1)]) == ["p", "--lr", "0.1"]


def test_options_of_a_compiled_program_come_before_its_files(tmp_path: Path) -> None:
    (tmp_path / "learn").write_bytes(b"\x7fELF")
    (tmp_path / "learn").chmod(0o755)
    options = [ProgramOption("cost", "-c", "float", 1.0, style="space")]
    inspection = found(options)
    domains = {"cost": inspection.parameters[0].suggestion or {}}
    command = ["./learn", "-v", "5", "data.txt"]
    made = draft_job(command, inspection, domains, METRIC, Goal.MAXIMIZE, base_dir=tmp_path)
    assert made.document["command"] == ["./learn", "-c", "{cost}", "-v", "5", "data.txt"]
