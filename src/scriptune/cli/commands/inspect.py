"""``inspect``: what can be found out about a program without searching."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from scriptune.cli.base import Shared, pass_shared
from scriptune.cli.formats import one_line, scalar
from scriptune.cli.output import Column, print_json, table
from scriptune.cli.search_flags import RunCommand, program
from scriptune.cli.session import open_engine
from scriptune.inspection.inspect import Inspection
from scriptune.inspection.options_found import ProgramOption
from scriptune.jobfile.short_form import domain_text
from scriptune.messages import Message, counted

__all__ = ["inspect"]

_HELP_CHARS = 60


@click.command(
    cls=RunCommand,
    arguments="-- PROGRAM ARGUMENTS...",
    example="scriptune inspect -- python train.py\nscriptune inspect --json -- python train.py --epochs=20",
)
@click.option("--workdir", metavar="FOLDER", help="Working directory of the program.")
@click.option("--no-run", is_flag=True, help="Read only the command and its files; do not run --help.")
@pass_shared
def inspect(shared: Shared, /, workdir: str | None, no_run: bool) -> int:
    """Show the options of a program: flags, types, defaults, choices, and a range to search.

    Nothing is searched and nothing is written. The program is run once with --help, for at most half a minute: its
    imports run, and a parser of argparse or click is read before anything behind it runs. A script that reads no
    options is not run.
    """
    if not program():
        raise click.UsageError(Message("cli.nothing_to_inspect"))
    engine = open_engine(shared, or_empty=True, read_only=True)
    found = engine.inspect(program(), workdir=workdir, run_help=not no_run)
    if shared.as_json:
        print_json(found)
    else:
        _show(found)
    return 0


def _show(found: Inspection) -> None:
    n = len(found.parameters)
    if found.message:
        click.echo(click.style("Note: ", fg="yellow", bold=True) + found.message)
    if n:
        _show_options(found.parameters)
        read_by = "" if found.source in ("none", "unknown") else f", read by {found.source}"
        click.echo(f"\n{counted(n, 'option')}{read_by}. To write a job file: scriptune init -- PROGRAM ARGUMENTS...")
    if found.constants:
        names = ", ".join(f"{one.name} = {scalar(one.default)}" for one in found.constants)
        click.echo(f"\nConstants that no option changes: {one_line(names)}")


def _show_options(options: Sequence[ProgramOption]) -> None:
    columns = [
        Column("option"),
        Column("type"),
        Column("default"),
        Column("range to search"),
        Column("found in"),
        Column("help", shrink=True),
    ]
    table(columns, [_row(option) for option in options])


def _row(option: ProgramOption) -> list[str]:
    value: Any = option.given if option.given is not None else option.default
    return [
        option.flag,
        "switch" if option.style == "switch" else option.type,
        "" if value is None else scalar(value),
        "" if option.suggestion is None else domain_text(option.suggestion),
        option.found_in,
        one_line(option.help),
    ]
