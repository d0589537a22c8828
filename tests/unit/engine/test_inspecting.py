from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from scriptune.engine.inspecting import Found, inspect_program, read_arguments, read_help
from scriptune.engine.jobfile.reading import plain_scalar
from scriptune.errors import CommandError

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
TYPER = """
 Usage: train.py [OPTIONS]

╭─ Options ────────────────────────────────────────────────────────────────────╮
│ *  --data                           TEXT        where [required]             │
│    --learning-rate                  FLOAT       step size [default: 0.001]   │
│    --epochs                 -e      INTEGER     how long [default: 20]       │
│    --optimizer                      [adam|sgd]  which [default: adam]        │
│    --nesterov                                   look ahead                   │
│    --help                                       Show this message and exit.  │
╰──────────────────────────────────────────────────────────────────────────────╯
"""
ABSL = """
train.py: train a model
flags:

train.py:
  --epochs: how long
    (default: '20')
    (an integer)
  --learning_rate: step size
    (default: '0.001')
    (a number)
  --[no]nesterov: look ahead
    (default: 'false')
  --optimizer: <adam|sgd>: which
    (default: 'adam')

Try --helpfull to get a list of all flags.
"""
EXPECTED: dict[str, tuple[str, Any]] = {
    "learning_rate": ("float", 0.001),
    "epochs": ("int", 20),
    "optimizer": ("categorical", "adam"),
}


def check(found: list[Found]) -> None:
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


@pytest.mark.parametrize(("source", "text"), [("typer", TYPER), ("absl", ABSL)])
def test_the_help_of_other_writers_is_understood(source: str, text: str) -> None:
    wrote, found = read_help(text)
    assert wrote == source
    check(found)


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


def test_a_proposed_range_surrounds_the_value_in_short_numbers() -> None:
    [found] = read_arguments(["t", "--lr=1e-4"])[1]
    assert found.suggestion == {"type": "float", "min": 1e-05, "max": 0.001, "log": True, "default": 0.0001}
    assert plain_scalar(str(found.suggestion["min"])) == 1e-05


def test_programs_without_help_are_reported_and_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text("print('training...')\n")
    found = inspect_program([sys.executable, "mute.py"], workdir=tmp_path)
    assert (found.parameters, found.source) == ((), "none")
    assert "listed no options" in found.message
    assert "cannot be run" in inspect_program("./nothing", workdir=tmp_path).message


@pytest.mark.parametrize("command", ["", "a 'b", [], [""]])
def test_a_command_that_is_none_is_refused(tmp_path: Path, command: str | list[str]) -> None:
    with pytest.raises(CommandError):
        inspect_program(command, workdir=tmp_path)
