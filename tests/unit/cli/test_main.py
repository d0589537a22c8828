"""cli/main.py and cli/base.py: the table of commands, help, shared options."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import scriptune
from scriptune.cli.base import Command, Group, LazyCommand, LazyGroup, Shared, pass_shared
from scriptune.cli.main import COMMANDS, SECTIONS, cli, main


def _commands() -> list[tuple[str, click.Command]]:
    """Every command, those of groups included, with its full name."""
    found = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {inner}", command.commands[inner]) for inner in command.commands]
    return found


def test_every_command_stands_in_one_section_of_the_help() -> None:
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(COMMANDS)


@pytest.mark.parametrize(("name", "command"), _commands(), ids=[name for name, _ in _commands()])
def test_every_help_has_a_description_and_an_example(name: str, command: click.Command) -> None:
    text = CliRunner().invoke(cli, [*name.split(), "--help"]).output
    assert command.help
    assert f"scriptune {name}" in text.partition("Example")[2]
    for option in ("--home", "--database", "--json"):
        assert option in text


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_in_the_list_ends_with_a_full_stop(name: str) -> None:
    line = COMMANDS[name].help
    assert line.endswith(".")
    assert len(line) < 60


def test_help_imports_no_command_and_nothing_heavy() -> None:
    code = (
        "import sys; from scriptune.cli.main import main; main(['--help']); "
        "print([m for m in sys.modules if m.partition('.')[0] in "
        "('numpy', 'scipy', 'sqlalchemy', 'pydantic', 'rich', 'ruamel', 're2')"
        " or m.startswith(('scriptune.engine', 'scriptune.cli.commands'))], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


HEAVY = {
    *("alembic", "fastapi", "httpx", "numpy", "psycopg", "pydantic", "re2", "regex", "rich", "ruamel", "sqlalchemy"),
    *("asyncio", "email", "multiprocessing", "secrets", "shutil", "subprocess", "tempfile", "tomllib"),
    *("scriptune.analysis.importance", "scriptune.engine.check", "scriptune.jobfile.reading", "scriptune.metrics.scan"),
    *("scriptune.metrics.numbers", "scriptune.runtime.attempts", "scriptune.runtime.worker"),
}
"""Modules that a command which only reads has no use for, and whose import would be the most of its cpu time."""


@pytest.mark.parametrize(
    "command", [["list"], ["show"], ["show", "--trial", "0"], ["trials"], ["best"], ["logs", "0"]], ids=" ".join
)
def test_a_reading_command_imports_nothing_heavy(command: list[str], finished_job: Path) -> None:
    code = (
        f"import sys; from scriptune.cli.main import main; code = main({[*command, '--home', str(finished_job)]}); "
        f"print(code, sorted({HEAVY} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "0 []"


@pytest.fixture(scope="module")
def finished_job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a job with a few trials and their logs."""
    home = tmp_path_factory.mktemp("home") / "home"
    command = [sys.executable, "-c", "import sys; print('loss=' + sys.argv[-1].split('=')[-1])"]
    arguments = ["run", "-p", "lr=0..1", "-m", "loss=([0-9.]+)", "--minimize", "-n", "2", "--parallel", "2"]
    assert main([*arguments, "--home", str(home), "--", *command]) == 0
    return home


def test_the_version_is_the_package_s() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output == f"scriptune {scriptune.__version__}\n"


def _echo_group() -> LazyGroup:
    @click.command(cls=Command)
    @pass_shared
    def show(shared: Shared) -> None:
        click.echo(f"{shared.home} {shared.database} {shared.as_json}")

    @click.group(cls=Group)
    def keys() -> None:
        pass

    keys.add_command(show, "inner")
    lazy = {name: LazyCommand("nowhere", name, "Shows.") for name in ("show", "keys")}
    group = LazyGroup(name="x", lazy=lazy, sections={"All": ("show", "keys")})
    group.get_command = lambda ctx, name: {"show": show, "keys": keys}.get(name)  # type: ignore[method-assign]  # no module needed
    return group


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (["show"], "None None False"),
        (["--home", "a", "--json", "show"], "a None True"),
        (["show", "--home", "a", "--json"], "a None True"),
        (["--home", "a", "show", "--home", "b", "--database", "d"], "b d False"),
        (["--home", "a", "keys", "--database", "d", "inner", "--json"], "a d True"),
    ],
)
def test_shared_options_stand_before_or_after_the_command_and_the_last_wins(arguments: list[str], seen: str) -> None:
    assert CliRunner().invoke(_echo_group(), arguments, catch_exceptions=False).output == f"{seen}\n"


def test_an_unknown_command_is_wrong_usage_and_the_closest_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trails"]) == 2
    assert "There is no command 'trails'. Did you mean 'trials'?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--json", "trails"], ["list", "--json", "--nosuch"], ["logs", "--json"]])
def test_wrong_usage_with_json_has_the_shape_of_every_error(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(tmp_path), *arguments]) == 2
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["code"] == "usage"
    assert error["message"]


def test_json_behind_two_dashes_is_the_program_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-p", "x", "--nosuch", "--", "train", "--json"]) == 2
    assert capsys.readouterr().err.startswith("Usage:")


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_are_written_where_they_are_not_wanted(variable: dict[str, str], tmp_path: Path) -> None:
    command = shlex.join([sys.executable, "-m", "scriptune", "--home", str(tmp_path), "show", "nothing"])
    environ = {**os.environ, "TERM": "xterm", **variable}
    done = subprocess.run(["script", "-qec", command, os.devnull], env=environ, capture_output=True, text=True)
    assert "Error" in done.stdout
    assert "\x1b" not in done.stdout


def test_no_command_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    captured = capsys.readouterr()
    assert "Usage: scriptune" in captured.out + captured.err


def test_an_unknown_job_is_exit_code_2_and_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "show", "nothing"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert "Traceback" not in error
