"""Ask a program for its options: one run with ``--help``, ended as soon as its parser is known."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from scriptune.inspection.help_text import lists_options, read_help
from scriptune.inspection.options_found import ProgramOption
from scriptune.inspection.parser_options import options_of_parser
from scriptune.jobfile.program_names import LAUNCHERS, NESTED_MODULES
from scriptune.messages import Message
from scriptune.metrics.excerpt import with_log

__all__ = ["MAX_SHOWN_CHARS", "ProgramHelp", "last_lines", "program_help"]

_HELP_TIMEOUT_S = 30.0  # importing a deep learning framework takes 10 s on a cold disk
_POLL_S = 0.02
_MAX_HELP_BYTES = 1 << 20
_MAX_SHOWN_LINES = 3  # of what was printed instead of a help text
MAX_SHOWN_CHARS = 200
"""Of a line that was printed instead of a help text."""


@dataclass(frozen=True)
class ProgramHelp:
    """What a program says of its options.

    Attributes:
        options: The options, without suggestions.
        source: Who reads them: ``argparse``, ``click``, ``typer``, ``absl``, ``fire``, ``hydra``, ``unknown`` or
            ``none``.
        message: Why there are none.
        commands: Subcommands to choose from, when the command names none.
        found_in: ``parser`` or ``help``.
    """

    options: tuple[ProgramOption, ...] = ()
    source: str = "none"
    message: str = ""
    commands: tuple[str, ...] = ()
    found_in: str = "help"


def program_help(argv: Sequence[str], *, workdir: Path, env: Mapping[str, str] = MappingProxyType({})) -> ProgramHelp:
    """Run a program with ``--help`` for at most half a minute.

    A Python program with a parser of argparse or click is ended when that parser reads the command line: its options
    are complete then, and nothing behind it has run. Of others, the help text is read.

    Args:
        argv: The command.
        workdir: Working directory of the program.
        env: Variables added to the current environment.
    """
    with tempfile.TemporaryDirectory(prefix="scriptune-parser-") as folder:
        hook = Path(folder, "path")
        hook.mkdir()
        source = files("scriptune.inspection").joinpath("parser_hook.py").read_bytes()
        (hook / "sitecustomize.py").write_bytes(source)
        found = Path(folder, "options.json")
        changed = {**os.environ, **env}
        path = os.pathsep.join(filter(None, [str(hook), changed.get("PYTHONPATH", "")]))
        environ = {
            **changed, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb", "CUDA_VISIBLE_DEVICES": "",
            "PYTHONPATH": path, "SCRIPTUNE_PARSER_FILE": str(found),
            "SCRIPTUNE_LAUNCHERS": ",".join(sorted({*LAUNCHERS, *NESTED_MODULES})),
        }  # fmt: skip
        text, message = _output_of([*argv, "--help"], workdir, environ, found)
        if found.exists():
            return _from_parser(json.loads(found.read_text("utf-8")))
    return ProgramHelp(message=message) if message else _from_text(text)


def _from_parser(document: Mapping[str, object]) -> ProgramHelp:
    options, source, commands = options_of_parser(document)
    message: str = ""
    if commands and not options:
        message = Message("inspect.subcommands", commands=list(commands))
    elif not options:
        message = Message("inspect.parser_is_empty")
    return ProgramHelp(options, source, message, commands, "parser")


def _from_text(text: str) -> ProgramHelp:
    source, listed = read_help(text)
    message: str = ""
    if not listed:
        # Of a program with subcommands, for example: argparse names them in the first line, click in the last ones.
        usage = next(line for line in text.splitlines() if line.strip())
        message = with_log(
            Message("inspect.nothing_to_search"),
            list(dict.fromkeys([usage.strip()[:MAX_SHOWN_CHARS], *last_lines(text)])),
        )
    return ProgramHelp(tuple(replace(found, found_in="help") for found in listed), source, message)


def _output_of(argv: Sequence[str], workdir: Path, env: Mapping[str, str], found: Path) -> tuple[str, str]:
    """The output of a program, and the reason if that is not a help text; the run ends once its parser is known."""
    # Through a file: a pipe would block a talkative program, and a grandchild could keep it open.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                argv,
                cwd=workdir,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as err:
            reason = err.strerror if isinstance(err, OSError) else err
            return "", Message("inspect.cannot_run", workdir=str(workdir), program=argv[0], why=reason)
        try:
            code = _wait(process, found)
        except subprocess.TimeoutExpired:
            return "", Message("inspect.help_timeout", seconds=f"{_HELP_TIMEOUT_S:g}")
        finally:
            _end_group(process)
        output.seek(0)
        text = output.read(_MAX_HELP_BYTES).decode("utf-8", "replace")
    # absl ends with 1 after its help.
    if not lists_options(text):
        return "", with_log(Message("inspect.no_options", code=code), last_lines(text))
    return text, ""


def _wait(process: subprocess.Popen[bytes], found: Path) -> int | None:
    """The exit code; None if the parser became known before the end, of a shell script that runs more, for example."""
    until = time.monotonic() + _HELP_TIMEOUT_S
    while not found.exists():
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_POLL_S)
        if time.monotonic() > until:
            raise subprocess.TimeoutExpired(process.args, _HELP_TIMEOUT_S)
    return None


def last_lines(text: str) -> list[str]:
    """The last lines of an output, to show below a sentence about it."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return [line[:MAX_SHOWN_CHARS] for line in lines[-_MAX_SHOWN_LINES:]]


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
