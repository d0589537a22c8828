"""Find the hyperparameters of a program: in its command, and in what it prints for ``--help``.

The help of argparse, click, typer and absl is read. What is found is a proposal for people, so a line that cannot be
understood is left out rather than guessed at.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scriptune.core.space import Scalar
from scriptune.engine.jobfile.reading import plain_scalar
from scriptune.errors import CommandError

__all__ = ["Found", "Inspection", "inspect_program", "read_arguments", "read_help"]

_HELP_TIMEOUT_S = 30.0  # importing a deep learning framework takes 10 s on a cold disk
_MAX_HELP_BYTES = 1 << 20
_NEVER = frozenset({"help", "version", "helpshort", "helpfull", "helpxml", "install_completion", "show_completion"})
_SPREAD = 10.0  # a proposed range reaches so many times below and above the default

_OPTION = re.compile(
    r"^ {1,8}(?P<flags>-{1,2}[\w-]+(?:[ =](?:\{[^}]*\}|<[^>]*>|\[[^\]]*\]|[A-Z][\w|.-]*))?"
    r"(?:\s*[,/]\s*-{1,2}[\w-]+(?:[ =](?:\{[^}]*\}|<[^>]*>|\[[^\]]*\]|[A-Z][\w|.-]*))?)*)(?P<rest>.*)$"
)
_FLAG = re.compile(r"-{1,2}([\w][\w-]*)")
_CHOICES = re.compile(r"\{([^{}]*)\}|\[([^\[\]]*\|[^\[\]]*)\]|<([^<>]*\|[^<>]*)>")
_DEFAULT = re.compile(r"\(?\[?default(?:s to)?[:=]?\s*(?:'([^']*)'|\"([^\"]*)\"|([^\s\])};,]+))", re.IGNORECASE)
_TYPE_WORDS = {
    "int": "int", "integer": "int", "float": "float", "double": "float", "number": "float", "bool": "bool",
    "boolean": "bool", "text": "text", "str": "text", "string": "text", "path": "text", "file": "text",
}  # fmt: skip
_METAVAR = re.compile(r"(?:^|[\s=<\[])(INTEGER|INT|FLOAT|NUMBER|BOOLEAN|TEXT|STRING|STR|PATH|FILE|DOUBLE)\b")
_ABSL_ENTRY = re.compile(r"^  (?:-\w,\s*)?--(?P<no>\[no\])?(?P<name>\w+):(?P<help>.*(?:\n    .*)*)", re.MULTILINE)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_BOX = re.compile(r"[│|┃]")


@dataclass(frozen=True)
class Found:
    """A parameter that was found.

    Attributes:
        name: As a job file would call it.
        flag: As the program calls it.
        type: ``float``, ``int``, ``categorical``, ``bool`` or ``text``.
        default: The program's own; None when unknown.
        choices: Of a categorical.
        help: The program's own words.
        given: Its value in the command.
        suggestion: A domain to begin with, as in a job file; None for texts.
    """

    name: str
    flag: str
    type: str
    default: Scalar | None = None
    choices: tuple[Scalar, ...] = ()
    help: str = ""
    given: Scalar | None = None
    suggestion: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Inspection:
    """What was found.

    Attributes:
        command: The command without the parameters that were found in it.
        parameters: Those of the command first, then those of the help.
        source: Who wrote the help: ``argparse``, ``click``, ``typer``, ``absl``, ``unknown``, or ``none``.
        message: Why the help could not be read.
    """

    command: tuple[str, ...]
    parameters: tuple[Found, ...]
    source: str = "none"
    message: str = field(default="")


def inspect_program(command: str | Sequence[str], *, workdir: Path, run_help: bool = True) -> Inspection:
    """Find the parameters of a command.

    Args:
        command: A text is split by shell rules.
        workdir: Where the program runs.
        run_help: Run it with ``--help`` too, for at most half a minute.

    Raises:
        CommandError: The command cannot be split, or is empty.
    """
    try:
        argv = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError as err:
        raise CommandError(f"command is {command!r}, which cannot be split into words: {err}.") from err
    if not argv or not argv[0]:
        raise CommandError(f"command is {command!r}, expected a program and its arguments.")
    rest, given = read_arguments(argv)
    if not run_help:
        return Inspection(tuple(rest), tuple(given))
    text, message = _help_of(rest, workdir)
    source, listed = read_help(text)
    by_name = {found.name: found for found in listed}
    merged = [_merged(found, by_name.pop(found.name, None)) for found in given]
    return Inspection(tuple(rest), (*merged, *by_name.values()), source if text else "none", message)


def read_arguments(argv: Sequence[str]) -> tuple[list[str], list[Found]]:
    """Split a command into what stays and the options with plain values (``--lr=0.1``, ``--lr 0.1``)."""
    rest: list[str] = [argv[0]]
    found: list[Found] = []
    words = list(argv[1:])
    while words:
        word = words.pop(0)
        if word == "--":
            return [*rest, word, *words], found
        match = re.fullmatch(r"(--[A-Za-z][\w-]*)(?:=(.*))?", word, re.DOTALL)
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
        found.append(_with_suggestion(Found(_name(flag), flag, _kind(value), given=value)))
    return rest, found


def _is_interpreters(rest: Sequence[str]) -> bool:
    """Whether an option would still be the interpreter's: ``python --flag`` before any script."""
    return len(rest) == 1 and re.match(r"(?:python|bash|sh|node|ruby|perl)[\d.]*$", Path(rest[0]).name) is not None


def _is_number(text: str) -> bool:
    return not isinstance(plain_scalar(text), (str, type(None)))


def _help_of(argv: Sequence[str], workdir: Path) -> tuple[str, str]:
    """What a program prints for --help, and why it is nothing."""
    environ = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb", "CUDA_VISIBLE_DEVICES": ""}
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
            return "", f"{argv[0]!r} cannot be run in {str(workdir)!r}: {err}."
        try:
            code = process.wait(_HELP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return "", f"The program did not answer --help within {_HELP_TIMEOUT_S:g} s, so it was ended."
        finally:
            _end_group(process)
        output.seek(0)
        text = output.read(_MAX_HELP_BYTES).decode("utf-8", "replace")
    # absl ends with 1 after its help.
    if not re.search(r"^\s*-{1,2}\w", _plain(text), re.MULTILINE):
        return "", f"The program ended with exit code {code} and listed no options for --help."
    return text, ""


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# --- the help ------------------------------------------------------------------------------------------------


def read_help(text: str) -> tuple[str, list[Found]]:
    """Who wrote a help text, and the options in it."""
    plain = _plain(text)
    if re.search(r"^\s*--helpfull|^flags:|Try --helpfull", plain, re.MULTILINE):
        return "absl", _read_absl(plain)
    source = "unknown"
    if re.search(r"[╭╰]", text):
        source = "typer"
    elif re.search(r"^Usage: .*\[OPTIONS\]", plain, re.MULTILINE):
        source = "click"
    elif re.search(r"^usage: ", plain, re.MULTILINE):
        source = "argparse"
    found: dict[str, Found] = {}
    for flags, words in _entries(plain):
        option = _read_option(flags, words)
        if option is not None:
            found.setdefault(option.name, option)
    return source, list(found.values())


def _plain(text: str) -> str:
    return _BOX.sub(lambda match: match[0] if match[0] == "|" else " ", _ANSI.sub("", text)).expandtabs()


def _entries(text: str) -> list[tuple[str, str]]:
    """The options of a help text, each with all of its words."""
    entries: list[tuple[str, list[str]]] = []
    indent = 0
    for line in text.splitlines():
        stripped = re.sub(r"^ {0,3}\* ", "    ", line)  # typer marks required options
        match = _OPTION.match(stripped)
        if match:
            indent = len(stripped) - len(stripped.lstrip())
            entries.append((match["flags"], [match["rest"].strip()]))
        elif entries and line.strip() and len(line) - len(line.lstrip()) > indent:
            entries[-1][1].append(line.strip())
        elif entries and not line.strip():
            indent = 0 if not entries[-1][1] else indent
    return [(flags, " ".join(words)) for flags, words in entries]


def _read_option(flags: str, words: str) -> Found | None:
    names = _FLAG.findall(flags)
    long = max((name for name in names if not name.startswith("no-")), key=len, default="")
    name = _name(long)
    if not name or name in _NEVER:
        return None
    flag = ("--" if f"--{long}" in flags else "-") + long
    # Typer writes the type into a column of its own.
    head = words.split("  ")[0]
    default = _default_of(words)
    choices = _choices_of(flags) or (_choices_of(head) if head.startswith(("[", "{", "<")) else ())
    if choices:
        kind = "categorical"
    elif "--no-" in flags:  # click's and argparse's pairs of switches
        kind, default = "bool", None if default is None else str(default).lower() not in ("false", f"no-{long}")
    elif metavar := _METAVAR.search(flags) or _METAVAR.match(head):
        kind = _TYPE_WORDS[metavar[1].lower()]
    elif default is not None:
        kind = _kind(default)
    elif "/" in flags or not re.search(r"[ =][A-Z<\[{]", flags):
        kind = "bool"
    else:
        kind = "text"
    if kind == "float" and isinstance(default, int) and not isinstance(default, bool):
        default = float(default)
    help_text = re.sub(r"\s+", " ", _METAVAR.sub("", words) if _METAVAR.match(words) else words).strip()
    return _with_suggestion(Found(name, flag, kind, default=default, choices=choices, help=help_text))


def _read_absl(text: str) -> list[Found]:
    found = []
    for entry in _ABSL_ENTRY.finditer(text):
        if entry["name"] in _NEVER:
            continue
        words = re.sub(r"\s+", " ", entry["help"]).strip()
        choices = re.match(r"<([^<>]*\|[^<>]*)>:?\s*", words)
        kind = "bool" if entry["no"] else "text"
        default = _default_of(words)
        if choices:
            kind = "categorical"
        elif typed := re.search(r"\((an integer|a number|a non-negative integer|a positive integer)\)", words):
            kind = "float" if "number" in typed[1] else "int"
        if kind == "bool" and isinstance(default, str):
            default = default.lower() == "true"
        if kind == "float" and isinstance(default, int):
            default = float(default)
        values = tuple(choice.strip() for choice in choices[1].split("|")) if choices else ()
        name = entry["name"]
        found.append(_with_suggestion(Found(name, f"--{name}", kind, default=default, choices=values, help=words)))
    return found


def _choices_of(text: str) -> tuple[Scalar, ...]:
    match = _CHOICES.search(text)
    if match is None:
        return ()
    inner = next(group for group in match.groups() if group is not None)
    parts = [part.strip() for part in re.split(r"[,|]", inner)]
    values = [plain_scalar(part) for part in parts if part and part != "..."]
    return tuple(value for value in values if value is not None)


def _default_of(text: str) -> Scalar | None:
    match = _DEFAULT.search(text)
    if match is None:
        return None
    inner = next(group for group in match.groups() if group is not None)
    value = plain_scalar(inner.rstrip("."))
    return None if value is None or inner in ("None", "none", "required") else _python_scalar(value)


def _python_scalar(value: Scalar) -> Scalar:
    return value == "True" if value in ("True", "False") else value


# --- proposals -----------------------------------------------------------------------------------------------


def _name(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")


def _kind(value: object) -> str:
    for kind, name in ((bool, "bool"), (int, "int"), (float, "float")):
        if isinstance(value, kind):
            return name
    return "text"


def _merged(given: Found, listed: Found | None) -> Found:
    """What the command says, completed by what the help says."""
    if listed is None:
        return given
    kind = listed.type if listed.type != "text" or given.type == "text" else given.type
    return _with_suggestion(replace(listed, given=given.given, flag=given.flag, type=kind))


def _with_suggestion(found: Found) -> Found:
    return replace(found, suggestion=_suggestion(found))


def _suggestion(found: Found) -> dict[str, Any] | None:
    """A domain around the given or default value; a place to begin, which the user changes."""
    value = found.given if found.given is not None else found.default
    flag = {} if found.flag == f"--{found.name}" else {"flag": found.flag}
    if found.type == "categorical":
        domain: dict[str, Any] = {"type": "categorical", "values": list(found.choices)}
        return {**domain, **({"default": value} if value in found.choices else {}), **flag}
    if found.type == "bool":
        style = {} if found.given is not None else {"style": "switch"}
        return {"type": "bool", **({"default": value} if isinstance(value, bool) else {}), **flag, **style}
    if found.type == "float" and isinstance(value, (int, float)) and not isinstance(value, bool):
        if value > 0:
            # Decimal text keeps 1e-4 from becoming 9.999999999999999e-05.
            low, high = (float(f"{value * factor:.6g}") for factor in (1 / _SPREAD, _SPREAD))
            return {"type": "float", "min": low, "max": high, "log": True, "default": float(value), **flag}
        return {"type": "float", "min": min(0.0, float(value)), "max": 1.0, "default": float(value), **flag}
    if found.type == "int" and isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return {"type": "int", "min": max(1, value // 4), "max": value * 4, "log": True, "default": value, **flag}
    return None
