"""Detect the hyperparameters of a program from its command and its ``--help`` output.

The result is a proposal that the user reviews.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from scriptune.errors import CommandError
from scriptune.executors.command import MAX_WORD_CHARS, MAX_WORDS
from scriptune.inspection.help_text import lists_options, read_help
from scriptune.inspection.options_found import ProgramOption, kind_of, name_of, with_suggestions
from scriptune.jobfile.parser import plain_scalar
from scriptune.messages import Message
from scriptune.metrics.excerpt import with_log

__all__ = ["Inspection", "inspect_program", "options_in_help", "read_arguments"]

_HELP_TIMEOUT_S = 30.0  # importing a deep learning framework takes 10 s on a cold disk
_MAX_HELP_BYTES = 1 << 20
_MAX_SHOWN_LINES = 3  # of what was printed instead of a help text
_MAX_SHOWN_CHARS = 200


@dataclass(frozen=True)
class Inspection:
    """The parameters detected in a command and its help.

    Attributes:
        command: The command without the parameters that were found in it.
        parameters: Those of the command first, then those of the help.
        source: Who wrote the help: ``argparse``, ``click``, ``typer``, ``absl``, ``fire``, ``hydra``, ``unknown``, or
            ``none``.
        message: Why the help could not be read.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason",)

    command: tuple[str, ...]
    parameters: tuple[ProgramOption, ...]
    source: str = "none"
    message: str = field(default="")

    @property
    def reason(self) -> Message | None:
        """The message as code and parameters; None if it has no code."""
        return self.message if isinstance(self.message, Message) else None


def inspect_program(command: str | Sequence[str], *, workdir: Path, run_help: bool = True) -> Inspection:
    """Detect the parameters of a command.

    Args:
        command: A string is split by shell rules.
        workdir: Working directory of the program.
        run_help: Run it with ``--help`` too, for at most half a minute.

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
        raise CommandError(Message("inspect.unsplittable", command=command[:_MAX_SHOWN_CHARS], why=err)) from err
    if not argv or not argv[0]:
        raise CommandError(Message("inspect.no_program", command=command[:_MAX_SHOWN_CHARS]))
    if len(argv) > MAX_WORDS:
        raise CommandError(
            Message("inspect.too_many_words", n=len(argv), most=MAX_WORDS),
            hint=Message("inspect.write_into_file"),
        )
    rest, given = read_arguments(argv)
    if not run_help:
        return Inspection(tuple(rest), tuple(with_suggestions(given)))
    text, message = _help_of(rest, workdir)
    source, listed = read_help(text)
    if source == "hydra":
        rest, overridden = _overrides(rest, {found.name for found in listed})
        given = [*given, *overridden]
    if text and not listed:
        # Of a program with subcommands, for example: argparse names them in the first line, click in the last ones.
        usage = next(line for line in text.splitlines() if line.strip())
        shown = dict.fromkeys([usage.strip()[:_MAX_SHOWN_CHARS], *_last_lines(text)])
        message = with_log(Message("inspect.nothing_to_search"), list(shown))
    by_name = {found.name: found for found in listed}
    merged = [_merged(found, by_name.pop(found.name, None)) for found in given]
    options = with_suggestions([*merged, *by_name.values()])
    return Inspection(tuple(rest), tuple(options), source if text else "none", message)


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
        found.append(ProgramOption(name_of(flag), flag, kind_of(value), given=value))
    return rest, found


def _is_interpreters(rest: Sequence[str]) -> bool:
    """Whether an option belongs to the interpreter: ``python --flag`` before any script."""
    return len(rest) == 1 and re.match(r"(?:python|bash|sh|node|ruby|perl)[\d.]*$", Path(rest[0]).name) is not None


def _is_number(text: str) -> bool:
    return not isinstance(plain_scalar(text), (str, type(None)))


def options_in_help(argv: Sequence[str], *, workdir: Path, env: Mapping[str, str]) -> list[ProgramOption]:
    """The options in a program's ``--help`` output; [] if there is none.

    Args:
        argv: The command.
        workdir: Working directory of the program.
        env: Variables added to the current environment.
    """
    return read_help(_help_of(argv, workdir, env)[0])[1]


def _help_of(argv: Sequence[str], workdir: Path, env: Mapping[str, str] = MappingProxyType({})) -> tuple[str, str]:
    """The ``--help`` output of a program, and the reason if there is none."""
    environ = {**os.environ, **env, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb", "CUDA_VISIBLE_DEVICES": ""}
    # Through a file: a pipe would block a talkative program, and a grandchild could keep it open.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                [*argv, "--help"],
                cwd=workdir,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as err:
            reason = err.strerror if isinstance(err, OSError) else err
            return "", Message("inspect.cannot_run", workdir=str(workdir), program=argv[0], why=reason)
        try:
            code = process.wait(_HELP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return "", Message("inspect.help_timeout", seconds=f"{_HELP_TIMEOUT_S:g}")
        finally:
            _end_group(process)
        output.seek(0)
        text = output.read(_MAX_HELP_BYTES).decode("utf-8", "replace")
    # absl ends with 1 after its help.
    if not lists_options(text):
        said = Message("inspect.no_options", code=code)
        return "", with_log(said, _last_lines(text))
    return text, ""


def _last_lines(text: str) -> list[str]:
    """The last lines of an output, to show below a sentence about it."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return [line[:_MAX_SHOWN_CHARS] for line in lines[-_MAX_SHOWN_LINES:]]


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _overrides(argv: Sequence[str], names: Collection[str]) -> tuple[list[str], list[ProgramOption]]:
    """Split a Hydra command into its fixed part and its overrides of known values (``optimizer.lr=0.1``)."""
    rest: list[str] = []
    found = []
    for word in argv:
        name, is_override, text = word.partition("=")
        if is_override and name in names:
            value = plain_scalar(text)
            found.append(ProgramOption(name, name, kind_of(value), given=value, style="hydra"))
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
