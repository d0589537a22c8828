"""Detect the hyperparameters of a program: from its command, its parser, its ``--help`` and the files that it names.

The result is a proposal that the user reviews.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from scriptune.errors import CommandError
from scriptune.executors.command import MAX_WORD_CHARS, MAX_WORDS
from scriptune.inspection.help_run import MAX_SHOWN_CHARS, ProgramHelp, program_help
from scriptune.inspection.options_found import ProgramOption, kind_of, name_of, with_suggestions
from scriptune.inspection.source_options import asked_command, source_options
from scriptune.jobfile.parser import plain_scalar
from scriptune.messages import Message

__all__ = ["Inspection", "inspect_program", "read_arguments"]


@dataclass(frozen=True)
class Inspection:
    """What was found out about a program without running its work.

    Attributes:
        command: The command without the parameters that were found in it.
        parameters: Those of the command first, then those of its parser, help or files.
        source: Who reads the options: ``argparse``, ``click``, ``typer``, ``absl``, ``fire``, ``hydra``, ``unknown``
            or ``none``.
        message: Why the program could not be asked.
        constants: Constants at the top of a script, which no option changes.
        commands: Subcommands to choose from, when the command names none.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason",)

    command: tuple[str, ...]
    parameters: tuple[ProgramOption, ...]
    source: str = "none"
    message: str = field(default="")
    constants: tuple[ProgramOption, ...] = ()
    commands: tuple[str, ...] = ()

    @property
    def reason(self) -> Message | None:
        """The message as code and parameters; None if it has no code."""
        return self.message if isinstance(self.message, Message) else None


def inspect_program(command: str | Sequence[str], *, workdir: Path, run_help: bool = True) -> Inspection:
    """Detect the parameters of a command.

    Args:
        command: A string is split by shell rules.
        workdir: Working directory of the program.
        run_help: Run it with ``--help`` too, for at most half a minute, unless it is a script that reads no options.

    Raises:
        CommandError: The command cannot be split, is empty, or has too many words.
    """
    if isinstance(command, str) and len(command) > MAX_WORD_CHARS:
        raise CommandError(
            Message("inspect.command_too_long", n=len(command), most=MAX_WORD_CHARS),
            hint=Message("inspect.write_as_list"),
        )
    try:
        argv = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError as err:
        raise CommandError(Message("inspect.unsplittable", command=command[:MAX_SHOWN_CHARS], why=err)) from err
    if not argv or not argv[0]:
        raise CommandError(Message("inspect.no_program", command=command[:MAX_SHOWN_CHARS]))
    if len(argv) > MAX_WORDS:
        raise CommandError(
            Message("inspect.too_many_words", n=len(argv), most=MAX_WORDS),
            hint=Message("inspect.write_into_file"),
        )
    declared, constants = source_options(argv, workdir)
    rest, given = read_arguments(argv)
    if not run_help:
        return Inspection(tuple(rest), tuple(with_suggestions(given)), constants=tuple(constants))
    asked = asked_command(rest, workdir)
    if asked is not None:
        said = program_help(asked, workdir=workdir)
    else:
        said = ProgramHelp(message="" if declared else Message("inspect.reads_no_options"))
    if said.source == "hydra":
        rest, overridden = _overrides(rest, {found.name for found in said.options})
        given = [*given, *overridden]
    return Inspection(
        tuple(rest),
        tuple(with_suggestions(_joined(given, said, declared))),
        said.source,
        said.message,
        tuple(constants),
        said.commands,
    )


def _joined(
    given: Sequence[ProgramOption], said: ProgramHelp, declared: Sequence[ProgramOption]
) -> list[ProgramOption]:
    """The options of the command, of the program's own answer, and of its files; what is nearest to the run counts."""
    is_complete = said.found_in == "parser"
    by_flag = {found.flag: found for found in declared}
    listed = {}
    for found in said.options:
        known = by_flag.pop(found.flag, None)
        listed[found.name] = found if known is None or is_complete else _completed(found, known)
    # Flags of a parser that has answered are all of them; the file's other ones are of other subcommands.
    for found in by_flag.values():
        if not said.options or found.found_in != "source":
            listed.setdefault(found.name, found)
    merged = [_merged(found, listed.pop(found.name, None)) for found in given]
    return [*merged, *listed.values()]


def _completed(listed: ProgramOption, declared: ProgramOption) -> ProgramOption:
    """An option of the help with what only the source says; a help without types shows a text."""
    if listed.type != "text" or declared.type not in ("int", "float"):
        return listed if listed.default is not None else replace(listed, default=declared.default)
    default = listed.default if listed.default is not None else declared.default
    return replace(listed, type=declared.type, default=default)


def read_arguments(argv: Sequence[str]) -> tuple[list[str], list[ProgramOption]]:
    """Split a command into its fixed part and the options with plain values (``--lr=0.1``, ``--lr 0.1``)."""
    rest: list[str] = [argv[0]]
    found: list[ProgramOption] = []
    words = list(argv[1:])
    while words:
        word = words.pop(0)
        if word == "--":
            return [*rest, word, *words], found
        match = re.fullmatch(r"(--[A-Za-z][\w.-]*)(?:=(.*))?", word, re.DOTALL)
        if match is None or _is_interpreters(rest):
            rest.append(word)
            continue
        flag, text = match[1], match[2]
        if text is None:
            if not words or (words[0].startswith("-") and not _is_number(words[0])):
                rest.append(word)  # a switch: whether it is one of the program's hyperparameters, only its help tells
                continue
            text = words.pop(0)
        value = plain_scalar(text)
        found.append(ProgramOption(name_of(flag), flag, kind_of(value), given=value, found_in="command"))
    return rest, found


def _is_interpreters(rest: Sequence[str]) -> bool:
    """Whether an option belongs to the interpreter: ``python --flag`` before any script."""
    return len(rest) == 1 and re.match(r"(?:python|bash|sh|node|ruby|perl)[\d.]*$", Path(rest[0]).name) is not None


def _is_number(text: str) -> bool:
    return not isinstance(plain_scalar(text), (str, type(None)))


def _overrides(argv: Sequence[str], names: Collection[str]) -> tuple[list[str], list[ProgramOption]]:
    """Split a Hydra command into its fixed part and its overrides of known values (``optimizer.lr=0.1``)."""
    rest: list[str] = []
    found = []
    for word in argv:
        name, is_override, text = word.partition("=")
        if is_override and name in names:
            value = plain_scalar(text)
            found.append(ProgramOption(name, name, kind_of(value), given=value, style="hydra", found_in="command"))
        else:
            rest.append(word)
    return rest, found


def _merged(given: ProgramOption, listed: ProgramOption | None) -> ProgramOption:
    """Merge an option of the command with its entry in the help; the command wins."""
    if listed is None:
        return given
    kind = listed.type if listed.type != "text" or given.type == "text" else given.type
    # A switch with a value is none.
    style = "" if listed.style == "switch" else listed.style
    return replace(listed, given=given.given, flag=given.flag, type=kind, style=style)
