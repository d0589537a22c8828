"""Write docs/commands.md from the commands themselves, so that the page cannot fall behind.

python tools/write_commands.py            writes the page
python tools/write_commands.py --check    fails when the page is not what would be written
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from scriptune.cli.base import Command
from scriptune.cli.main import SECTIONS, cli

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"

_HEAD = """# Commands

Written by `tools/write_commands.py` from the commands themselves; `scriptune COMMAND --help` shows the same.

Where a command takes `JOB`, it is an id, the beginning of one, a name, or nothing for the latest job. Exit codes:
0 done; 1 the search failed, or the action could not be done; 2 wrong usage or job file; 130 interrupted.

These options are accepted by every command, before and after its name:
"""


def option_rows(command: click.Command, *, shared: bool) -> Iterator[str]:
    """Table rows of a command's options: those that all commands share, or the others."""
    for option in command.params:
        if not isinstance(option, click.Option) or option.hidden or option.name in ("help", "version"):
            continue
        if (option.name in _SHARED) is shared:
            names = ", ".join(f"`{name}`" for name in option.opts)
            metavar = "" if option.is_flag else option.make_metavar(click.Context(command))
            value = f" `{metavar}`" if metavar else ""
            yield f"| {names}{value} | {_escape(option.help or '')} |".replace("[NAME=]", "\\[NAME=]")


_SHARED = {"home", "database", "as_json"}


def _escape(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def _table(rows: Iterator[str]) -> list[str]:
    lines = list(rows)
    return ["", "| option | |", "|---|---|", *lines] if lines else []


def _paragraphs(text: str) -> list[str]:
    return [re.sub(r"\s+", " ", part).strip() for part in text.split("\n\n")]


def command_part(path: str, command: click.Command, depth: int = 3) -> list[str]:
    """Heading, text, options and examples of one command, and of what it groups."""
    pieces = " ".join(command.collect_usage_pieces(click.Context(command, info_name=path)))
    lines = ["", f"{'#' * depth} {path}", "", f"`scriptune {path} {pieces}`", ""]
    lines += ["\n\n".join(_paragraphs(command.help or ""))]
    lines += _table(option_rows(command, shared=False))
    example = getattr(command, "example", "").strip()
    if example:
        lines += ["", "```", *(line.strip() for line in example.splitlines()), "```"]
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            child = command.get_command(click.Context(command), name)
            assert child is not None
            lines += command_part(f"{path} {name}", child, depth + 1)
    return lines


def page() -> str:
    """The whole page."""
    context = click.Context(cli)
    lines = [_HEAD.rstrip(), *_table(option_rows(cli, shared=True))]
    for title, names in SECTIONS.items():
        lines += ["", f"## {title}"]
        for name in names:
            command = cli.get_command(context, name)
            assert isinstance(command, Command | click.Group), name
            lines += command_part(name, command)
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the page; the exit code."""
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text("utf-8") == text:
            return 0
        print(f"{PAGE.name} is not what the commands say. Run: python tools/write_commands.py", file=sys.stderr)
        return 1
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
