from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from scriptune.errors import CommandError
from scriptune.inspection.inspect import inspect_program, read_arguments
from scriptune.inspection.options_found import ProgramOption
from scriptune.jobfile.parser import plain_scalar

ARGPARSE = """
import argparse
p = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
p.add_argument("data")
p.add_argument("-l", "--learning-rate", type=float, default=1e-3, help="step size of the optimiser, which is "
               "explained at such a length that the help wraps it into the next line of its column here")
p.add_argument("--epochs", type=int, default=20, help="how long")
p.add_argument("--optimizer", choices=["adam", "sgd"], default="adam", help="which")
p.add_argument("--nesterov", action="store_true", help="look ahead")
p.parse_args()
"""
CLICK = """
import click
@click.command(context_settings={"show_default": True})
@click.option("--learning-rate", type=float, default=0.001, help="step size")
@click.option("--epochs", "-e", type=int, default=20, help="how long")
@click.option("--optimizer", type=click.Choice(["adam", "sgd"]), default="adam", help="which")
@click.option("--nesterov/--no-nesterov", default=False, help="look ahead")
def main(**_): pass
main()
"""
EXPECTED: dict[str, tuple[str, Any]] = {
    "learning_rate": ("float", 0.001),
    "epochs": ("int", 20),
    "optimizer": ("categorical", "adam"),
}


def check(found: list[ProgramOption]) -> None:
    by_name = {f.name: f for f in found}
    for name, (kind, default) in EXPECTED.items():
        assert (by_name[name].type, by_name[name].default) == (kind, default)
    assert by_name["optimizer"].choices == ("adam", "sgd")
    assert by_name["nesterov"].type == "bool"
    assert "help" not in by_name


@pytest.mark.parametrize(("source", "text"), [("argparse", ARGPARSE), ("click", CLICK)])
def test_the_help_of_a_real_program_is_understood(tmp_path: Path, source: str, text: str) -> None:
    (tmp_path / "train.py").write_text(text)
    found = inspect_program([sys.executable, "train.py", "--epochs=5"], workdir=tmp_path)
    assert found.message == ""
    assert found.source == source
    check(list(found.parameters))
    assert {f.name: f.given for f in found.parameters}["epochs"] == 5
    assert found.command == (sys.executable, "train.py")


@pytest.mark.parametrize(
    ("argv", "rest", "given"),
    [
        (["python", "t.py", "--lr=0.1", "--n", "3"], ["python", "t.py"], {"lr": 0.1, "n": 3}),
        (["python", "-m", "train", "--lr", "-1e-3"], ["python", "-m", "train"], {"lr": -1e-3}),
        (["python", "--version", "t.py"], ["python", "--version", "t.py"], {}),
        (["./t", "--fast", "--name=a b"], ["./t", "--fast"], {"name": "a b"}),
        (["./t", "--", "--lr=1"], ["./t", "--", "--lr=1"], {}),
    ],
)
def test_values_in_a_command_are_told_from_what_stays(argv: list[str], rest: list[str], given: dict[str, Any]) -> None:
    left, found = read_arguments(argv)
    assert left == rest
    assert {f.name: f.given for f in found} == given


def test_a_value_of_a_dotted_option_in_a_command_is_one() -> None:
    rest, found = read_arguments(["./train", "--optimizer.lr=0.1", "--trainer.devices", "2"])
    assert rest == ["./train"]
    assert [(one.name, one.given) for one in found] == [("optimizer.lr", 0.1), ("trainer.devices", 2)]


def test_a_proposed_range_surrounds_the_value_in_short_numbers() -> None:
    [found] = inspect_program(["t", "--xi=1e-4"], workdir=Path("."), run_help=False).parameters
    assert found.suggestion == {"type": "float", "min": 1e-05, "max": 0.001, "log": True, "default": 0.0001}
    assert plain_scalar(str(found.suggestion["min"])) == 1e-05


def test_overrides_for_hydra_are_values_of_its_configuration(tmp_path: Path) -> None:
    config = "== Config ==\\nOverride anything\\n\\noptimizer:\\n  lr: 0.001\\nepochs: 10\\n\\n\\nPowered by Hydra\\n"
    (tmp_path / "train.py").write_text(f"# import hydra\nprint('train is powered by Hydra.\\n\\n{config}')\n")
    found = inspect_program([sys.executable, "train.py", "optimizer.lr=0.1", "+tag=x"], workdir=tmp_path)
    assert found.source == "hydra"
    assert found.command == (sys.executable, "train.py", "+tag=x")
    lr, epochs = found.parameters
    assert (lr.name, lr.given, lr.default, lr.style) == ("optimizer.lr", 0.1, 0.001, "hydra")
    assert (epochs.name, epochs.given, epochs.suggestion) == (
        "epochs",
        None,
        {"type": "int", "min": 2, "max": 40, "log": True, "default": 10, "style": "hydra"},
    )


def test_programs_without_help_are_reported_and_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text("print('training...')\n")
    found = inspect_program([sys.executable, "mute.py"], workdir=tmp_path)
    assert (found.parameters, found.source) == ((), "none")
    assert "reads no options that could be found" in found.message
    (tmp_path / "mute.py").write_text("print('no getopt here')\n")
    assert "listed no options" in inspect_program([sys.executable, "mute.py"], workdir=tmp_path).message
    message = inspect_program("./nothing", workdir=tmp_path).message
    assert message == f"'./nothing' cannot be run in {str(tmp_path)!r}: No such file or directory."


def test_a_program_with_subcommands_was_said_to_have_no_parameters_without_a_reason(tmp_path: Path) -> None:
    script = """
import argparse
parser = argparse.ArgumentParser()
commands = parser.add_subparsers()
for name in ("train", "eval"):
    commands.add_parser(name)
parser.parse_args()
"""
    (tmp_path / "tool.py").write_text(script)
    found = inspect_program([sys.executable, "tool.py"], workdir=tmp_path)
    assert found.parameters == ()
    assert found.message == "The program has subcommands: train, eval. Write one of them into the command."
    assert found.commands == ("train", "eval")


@pytest.mark.parametrize("command", ["", "a 'b", [], [""]])
def test_a_command_that_is_none_is_refused(tmp_path: Path, command: str | list[str]) -> None:
    with pytest.raises(CommandError):
        inspect_program(command, workdir=tmp_path)


def test_a_hundred_thousand_options_were_answered_with_twenty_megabytes(tmp_path: Path) -> None:
    command = ["train", *(f"--option{number}=1" for number in range(100_000))]
    with pytest.raises(CommandError, match="The command has 100,001 words, expected at most 10,000"):
        inspect_program(command, workdir=tmp_path, run_help=False)


def test_a_script_that_is_not_there_shows_what_was_printed_instead_of_a_help(tmp_path: Path) -> None:
    message = inspect_program([sys.executable, "missing.py"], workdir=tmp_path).message
    assert "exit code 2" in message
    assert "No such file or directory" in message.splitlines()[-1]
