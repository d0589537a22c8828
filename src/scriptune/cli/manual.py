"""Generate the reference page of the commands.

    python -m scriptune.cli.manual > docs/commands.md

A test compares the page with what this writes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from scriptune.cli.main import SECTIONS, cli

__all__ = ["manual"]

_WIDTH = 110

_HEAD = """\
# Commands

<!-- Written by `python -m scriptune.cli.manual`; change the commands, not this page. -->

Every command accepts `--home`, `--database` and `--json`, before and after its name.
`JOB` is an id, a name (case-sensitive), or the first four or more characters of an id; without it, commands use the
latest job. If several jobs have the same name, the newest is used. If a name is also the start of another job's id,
commands that only read use the name; those that change something refuse and list both. `delete` refuses a name that
several jobs have.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the search failed, or the command could not be carried out |
| 2 | wrong usage, or an error in the job file |
| 130 | interrupted; continue with `scriptune resume` |

| variable | meaning |
|---|---|
| `SCRIPTUNE_HOME` | the home, instead of `./.scriptune` |
| `SCRIPTUNE_DATABASE` | the database, instead of SQLite in the home |
| `SCRIPTUNE_DEBUG` | show tracebacks of errors |
| `NO_COLOR` | no colours |

With `--json` a command writes JSON to stdout, in the field names and shapes of the REST API; `run`, `resume` and
`retry` write one event per line. Errors go to stderr, with `--json` as
`{"error": {"code", "message", "hint", "params"}}`.

While a search runs in the foreground, press Ctrl-C once to start no more trials and let the running ones finish, twice
to stop them as well, three times to exit at once. A terminated `scriptune run` (SIGTERM, SIGHUP, even SIGKILL) leaves
its trials running; `scriptune resume` takes them over.
"""


def manual() -> str:
    """The reference page in Markdown."""
    return "\n".join(_parts()).rstrip() + "\n"


def _parts() -> Iterator[str]:
    yield _HEAD
    root = click.Context(cli, info_name="scriptune", terminal_width=_WIDTH, max_content_width=_WIDTH)
    yield from _help("##", "scriptune", root)
    for title, names in SECTIONS.items():
        yield f"## {title}\n"
        for name in names:
            yield from _command(root, name)


def _command(parent: click.Context, name: str) -> Iterator[str]:
    assert isinstance(parent.command, click.Group)
    command = parent.command.get_command(parent, name)
    assert command is not None
    context = click.Context(command, parent=parent, info_name=name)
    yield from _help("###", context.command_path.removeprefix("scriptune "), context)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from _command(context, inner)


def _help(level: str, title: str, context: click.Context) -> Iterator[str]:
    yield f"{level} {title}\n"
    yield f"```text\n{context.command.get_help(context)}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(manual())
