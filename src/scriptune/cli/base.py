"""Base classes of commands: shared options, examples in the help, lazy imports.

``--home``, ``--database`` and ``--json`` are accepted before and after a command's name; what is further to
the right wins. Nothing here imports more than click, because ``scriptune --help`` loads this and no command.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from scriptune.messages import Message, did_you_mean

__all__ = ["INTERRUPTED", "Command", "Group", "LazyCommand", "LazyGroup", "Shared", "pass_shared", "wants_colour"]

INTERRUPTED = 130
"""Exit code of a command that was interrupted, as shells have it."""

_WIDTH = 100  # wide enough for a sentence and an option on one line, narrow enough to read


def wants_colour() -> bool | None:
    """False if the user or the terminal disables colours; None to decide by the stream."""
    # https://no-color.org; rich follows both on its own.
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


@dataclass
class Shared:
    """The options that every command accepts.

    Attributes:
        home: ``--home``; None: by the environment or ``.scriptune``.
        database: ``--database``; None: by the settings.
        as_json: ``--json``.
    """

    home: str | None = None
    database: str | None = None
    as_json: bool = False

    def command(self, *words: str) -> str:
        """Format a scriptune command to paste, with the same home and database as this one."""
        line = ["scriptune", *words]
        if self.home:
            line += ["--home", self.home]
        if self.database:
            # It may hold a password, which belongs into no terminal's history and no log.
            line += ["--database", "URL"]
        return shlex.join(line)


pass_shared = click.make_pass_decorator(Shared, ensure=True)


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Store a shared option if it was given; otherwise keep the value from further left."""
    if value and option.name:
        setattr(context.ensure_object(Shared), option.name, value)


def _shared_options() -> list[click.Parameter]:
    # Neither of them reaches the command's function: `_remember` puts them into the `Shared` of the context.
    return [
        click.Option(
            ["--home"],
            metavar="FOLDER",
            expose_value=False,
            callback=_remember,
            help="Folder for database, logs and settings. Default: SCRIPTUNE_HOME, else ./.scriptune.",
        ),
        click.Option(
            ["--database"],
            metavar="URL",
            expose_value=False,
            callback=_remember,
            help="Database URL. Default: SCRIPTUNE_DATABASE, else SQLite in the home.",
        ),
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Write JSON instead of text.",
        ),
    ]


def _write_example(example: str, formatter: click.HelpFormatter) -> None:
    lines = [line.strip() for line in example.strip().splitlines()]
    with formatter.section("Examples" if len(lines) > 1 else "Example"):
        # One paragraph each, so that click does not fill them into one.
        for line in lines:
            formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Command(click.Command):
    """A command with the shared options and an example.

    Args:
        example: One command line per line; the end of the help shows them.
        arguments: Take the place of what click writes for the positional arguments in the usage line.
    """

    def __init__(self, *args: Any, example: str = "", arguments: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _shared_options()
        self.example = example
        self.arguments = arguments

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The usage line after the command's name."""
        return ["[OPTIONS]", self.arguments] if self.arguments else super().collect_usage_pieces(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        if self.example:
            _write_example(self.example, formatter)


class Group(click.Group):
    """A group of commands with the shared options."""

    command_class = Command

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _shared_options()
        self.example = example
        self.context_settings.setdefault("max_content_width", _WIDTH)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        if self.example:
            _write_example(self.example, formatter)


class LazyCommand(NamedTuple):
    """A reference to a command that is imported when it is used.

    Attributes:
        module: Where it lives below ``scriptune.cli.commands``.
        name: Its variable there.
        help: Its line in the list of commands.
    """

    module: str
    name: str
    help: str


class LazyGroup(Group):
    """A group whose commands are imported when they are used; its help needs none of them.

    Args:
        lazy: Command -> where it is.
        sections: Title -> commands, in the order of the help.
    """

    def __init__(
        self, *args: Any, lazy: Mapping[str, LazyCommand], sections: Mapping[str, Sequence[str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy
        self.sections = sections

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """All command names, in the order of the help."""
        return [name for names in self.sections.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import a command; None if there is none with that name."""
        if cmd_name not in self.lazy:
            return None
        place = self.lazy[cmd_name]
        command = getattr(import_module(f"scriptune.cli.commands.{place.module}"), place.name)
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, without importing them, and the options."""
        found = [CompletionItem(name, help=self.lazy[name].help) for name in self.list_commands(ctx)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(item for item in found if item.value.startswith(incomplete)), *options]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command; an unknown name is reported with the closest known one."""
        if args and args[0] not in self.lazy and not args[0].startswith("-"):
            raise click.UsageError(Message("cli.no_command", name=args[0], near=did_you_mean(args[0], self.lazy)), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the list of commands, without importing them."""
        width = max(map(len, self.lazy))
        for title, names in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), self.lazy[name].help) for name in names])
