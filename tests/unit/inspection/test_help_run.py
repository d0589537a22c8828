"""inspection/help_run.py, parser_hook.py and parser_options.py: one run of a program, ended at its parser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from scriptune.inspection.help_run import ProgramHelp, program_help

BEGIN = "import argparse\np = argparse.ArgumentParser()\n"
END = "args = p.parse_args()\nopen('worked', 'w').close()\n"


def ask(folder: Path, source: str, *words: str, command: tuple[str, ...] = ()) -> ProgramHelp:
    (folder / "t.py").write_text(source)
    said = program_help([*(command or (sys.executable, "t.py")), *words], workdir=folder)
    assert not (folder / "worked").exists()
    return said


def facts(said: ProgramHelp) -> dict[str, tuple[Any, ...]]:
    return {option.flag: (option.type, option.default, option.choices, option.style) for option in said.options}


@pytest.mark.parametrize(
    ("declared", "flag", "expected"),
    [
        ("'--lr', type=float, default=0.01", "--lr", ("float", 0.01, (), "")),
        ("'--lr', type=float, default=1", "--lr", ("float", 1.0, (), "")),
        ("'--lr', type=float, default='1e-3'", "--lr", ("float", 1e-3, (), "")),
        ("'--lr', type=float", "--lr", ("float", None, (), "")),
        ("'-n', '--layers', type=int, default=3", "--layers", ("int", 3, (), "")),
        ("'-C', type=float, default=1.0", "-C", ("float", 1.0, (), "")),
        ("'--opt', choices=['adam', 'sgd'], default='adam'", "--opt", ("categorical", "adam", ("adam", "sgd"), "")),
        ("'--depth', type=int, choices=[2, 4], default=2", "--depth", ("categorical", 2, (2, 4), "")),
        ("'--seed', type=int, choices=range(1000)", "--seed", ("int", None, (), "")),
        ("'--data', default='here'", "--data", ("text", "here", (), "")),
        ("'--guess', default=0.5", "--guess", ("float", 0.5, (), "")),
        ("'--name', type=str, default=5", "--name", ("text", 5, (), "")),
        ("'--amp', action='store_true'", "--amp", ("bool", False, (), "switch")),
        ("'--no-cuda', action='store_false', dest='cuda'", "--no-cuda", ("bool", False, (), "switch")),
        ("'--amp', action=argparse.BooleanOptionalAction, default=False", "--amp", ("bool", False, (), "switch")),
        ("'--amp', action=argparse.BooleanOptionalAction, default=True", "--no-amp", ("bool", False, (), "switch")),
        ("'--betas', type=float, nargs=2, default=[0.9, 0.99]", "--betas", ("text", "0.9 0.99", (), "")),
        ("'--flag', type=bool, default=True", "--flag", ("text", True, (), "")),
        ("'--flag', type=str2bool, default=True", "--flag", ("bool", True, (), "")),
        ("'--n', type=positive_int, default=None", "--n", ("int", None, (), "")),
        ("'--x', default=argparse.SUPPRESS, type=float", "--x", ("float", None, (), "")),
    ],
)
def test_an_option_of_a_plain_parser_is_read_completely(
    tmp_path: Path, declared: str, flag: str, expected: tuple[Any, ...]
) -> None:
    functions = "def str2bool(text): return text == 'true'\ndef positive_int(text): return int(text)\n"
    said = ask(tmp_path, f"{functions}{BEGIN}p.add_argument({declared}, help='100%% of %(dest)s')\n{END}")
    assert (said.source, said.message, said.found_in) == ("argparse", "", "parser")
    assert facts(said) == {flag: expected}
    assert said.options[0].help.startswith("100% of ")


def test_a_long_range_of_choices_is_a_range(tmp_path: Path) -> None:
    (option,) = ask(tmp_path, f"{BEGIN}p.add_argument('--k', type=int, choices=range(5, 500))\n{END}").options
    assert (option.type, option.low, option.high, option.choices) == ("int", 5, 499, ())


def test_a_parser_that_only_looks_for_a_config_file_is_not_taken_for_the_program_s(tmp_path: Path) -> None:
    source = """
import argparse
first = argparse.ArgumentParser(add_help=False)
first.add_argument("--config")
given, left = first.parse_known_args()
p = argparse.ArgumentParser(parents=[first])
p.add_argument("--lr", type=float)
p.set_defaults(lr=0.5)
p.parse_args(left)
open("worked", "w").close()
"""
    assert set(facts(ask(tmp_path, source, "--config", "c.yaml"))) == {"--config", "--lr"}
    assert facts(ask(tmp_path, source))["--lr"][1] == 0.5


def test_a_parser_that_reads_a_list_of_its_own_is_not_the_program_s(tmp_path: Path) -> None:
    source = f"{BEGIN}p.add_argument('--inner')\np.parse_args([])\nq = argparse.ArgumentParser()\n"
    assert set(facts(ask(tmp_path, f"{source}q.add_argument('--lr')\nq.parse_args()\n"))) == {"--lr"}


def test_the_options_of_the_subcommand_that_the_command_names_are_read(tmp_path: Path) -> None:
    source = f"""{BEGIN}
p.add_argument("--verbose", action="store_true")
commands = p.add_subparsers()
for name in ("train", "eval"):
    commands.add_parser(name).add_argument(f"--{{name}}-lr", type=float)
{END}"""
    assert set(facts(ask(tmp_path, source, "train"))) == {"--verbose", "--train-lr"}
    assert ask(tmp_path, source).commands == ("train", "eval")


@pytest.mark.parametrize("typer", [False, True], ids=["click", "typer"])
def test_click_hides_defaults_in_its_help_and_not_in_its_parser(tmp_path: Path, typer: bool) -> None:
    if typer:
        pytest.importorskip("typer")
        source = (
            "import typer\ndef main(lr: float = 0.1, layers: int = 2, amp: bool = False):\n    open('worked', 'w')\n"
        )
        source += "typer.run(main)\n"
    else:
        source = """
import click
@click.command()
@click.option("--lr", default=0.1, help="step")
@click.option("--layers", type=click.IntRange(1, 8), default=2)
@click.option("--opt", type=click.Choice(["adam", "sgd"]))
@click.option("--amp/--no-amp")
@click.argument("data", required=False)
def main(**_): open("worked", "w")
main()
"""
    said = ask(tmp_path, source)
    assert said.source == ("typer" if typer else "click")
    found = {flag: values[:2] for flag, values in facts(said).items()}
    assert found["--lr"] == ("float", 0.1)
    assert found["--layers"] == ("int", 2)
    assert found["--amp"] == ("bool", False)
    if not typer:
        limits = {option.flag: (option.low, option.high) for option in said.options}
        assert limits["--layers"] == (1, 8)
        assert found["--opt"] == ("categorical", None)


def test_a_group_of_click_has_the_options_of_its_commands(tmp_path: Path) -> None:
    source = """
import click
@click.group()
def main(): pass
@main.command()
@click.option("--lr", default=0.1)
def train(lr): open("worked", "w")
main()
"""
    assert set(facts(ask(tmp_path, source, "train"))) == {"--lr"}
    assert "subcommands: train" in ask(tmp_path, source).message


def test_a_shell_script_is_ended_when_its_program_has_answered(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text(f'{sys.executable} t.py --lr 0.1 "$@"\ntouch worked\n')
    source = f"{BEGIN}p.add_argument('--lr', type=float)\n{END}"
    assert set(facts(ask(tmp_path, source, command=("/bin/sh", "run.sh")))) == {"--lr"}


def test_a_launcher_s_own_options_are_not_the_program_s(tmp_path: Path) -> None:
    launcher = tmp_path / "torchrun"
    launcher.write_text(
        f"import argparse, os, sys\np = argparse.ArgumentParser()\np.add_argument('--nproc')\n"
        f"p.add_argument('rest', nargs=argparse.REMAINDER)\n"
        f"os.execv({sys.executable!r}, ['python', *p.parse_args().rest])\n"
    )
    source = f"{BEGIN}p.add_argument('--lr', type=float)\n{END}"
    assert set(facts(ask(tmp_path, source, command=(sys.executable, "torchrun", "t.py")))) == {"--lr"}


def test_the_interpreter_s_own_sitecustomize_runs_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("import builtins\nbuiltins.LR = 0.25\n")
    monkeypatch.setenv("PYTHONPATH", str(own))
    said = ask(tmp_path, f"{BEGIN}p.add_argument('--lr', type=float, default=LR)\n{END}")
    assert facts(said)["--lr"][1] == 0.25


def test_a_parser_without_options_says_so(tmp_path: Path) -> None:
    said = ask(tmp_path, f"{BEGIN}p.add_argument('data')\n{END}")
    assert (said.options, said.message) == ((), "The program reads its arguments, but has no options.")


def test_the_configuration_of_hydra_is_read_and_not_its_own_options(tmp_path: Path) -> None:
    config = "== Config ==\\nOverride anything\\n\\nlr: 0.5\\n\\n\\nPowered by Hydra\\n"
    source = "import argparse\np = argparse.ArgumentParser(add_help=False)\np.add_argument('--hydra-help')\n"
    source += f"p.add_argument('--help', action='store_true')\np.parse_args()\nprint('{config}')\n"
    said = ask(tmp_path, source)
    assert (said.source, facts(said)) == ("hydra", {"lr": ("float", 0.5, (), "hydra")})
