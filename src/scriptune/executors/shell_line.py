r"""A launch spec as one line to paste into a POSIX shell, from any folder: `sh -c LINE` does what the attempt did.

    mkdir -p /home/best/3f2a9c1e-7 && printf %b 'lr: 0.1\n' > /home/best/3f2a9c1e-7/conf.yaml &&
    cd /code && env -u MOMENTUM LR=0.1 python train.py --config=/home/best/3f2a9c1e-7/conf.yaml

Each value is quoted for the shell. Nothing in the line is left to the shell's own commands: a program that is called
like one of them is started by ``env``, and the text of a shell job is given to the shell that ran it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from scriptune.executors.base import LaunchSpec
from scriptune.executors.folder import WORK
from scriptune.executors.own_variables import FACTS, fact_variable, is_own

__all__ = ["SHELL", "command_line", "file_steps", "folder_step", "format_command", "line_to_paste"]

SHELL = ("/bin/sh", "-c")
"""What runs the text of a job with ``shell: true``."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# A program with one of these names is not what a shell would run: reserved words and commands of its own, of POSIX,
# bash and zsh.
_OWN_COMMANDS = frozenset(
    """
    ! . : [ [[ ]] { } alias bg bind break builtin caller case cd chdir command compgen complete compopt continue declare
    dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help
    history if in jobs kill let local logout mapfile newgrp noglob popd print printf pushd pwd read readarray readonly
    return select set setopt shift shopt source suspend test then time times trap true type typeset ulimit umask
    unalias unset unsetopt until wait whence where which while
    """.split()  # noqa: SIM905  # a list would take a hundred lines
)
# A text of these characters alone means the same to every shell: words and pipes, without quotes, variables, patterns.
_SIMPLE_TEXT = re.compile(r"[\w@%+:,./ -]+(?: \| [\w@%+:,./ -]+)*", re.ASCII)
_TAKES_NO_MORE = re.compile(r"#|<<|[&;]$")  # a shell command behind which nothing can be written, or may not be
_PLAIN_STEP = re.compile(r"[^#&|;<>\n]+")  # a shell command that another one may follow on its line
_MAX_SCRIPT_BYTES = 1 << 20  # of a file in the command that is read for names of variables; a script is smaller
_MAX_TEXT_CHARS = 20_000  # of a config file in a line; no one pastes more
_ESCAPED = re.compile(r"[\\\x00-\x1f\x7f]")
_NAMED_ESCAPES = {"\\": r"\\", "\n": r"\n", "\t": r"\t", "\r": r"\r"}


def command_line(launch_spec: LaunchSpec) -> str:
    """The command for display: without the attempt folder and the variables that scriptune adds."""
    env = {name: value for name, value in launch_spec.env.items() if value is not None and not is_own(name, value)}
    return format_command(_with_setup(launch_spec), env)


def line_to_paste(launch_spec: LaunchSpec, trial_dir: Path, *, write_files: bool = True) -> str:
    """A shell line that runs a launch spec from any folder, in a folder of its own.

    Args:
        launch_spec: With ``trial_dir`` in the place of the attempt's folder.
        trial_dir: Made by the line when the program is given it.
        write_files: Whether the line writes the config files; else they are there already.
    """
    mentioned = _mentioned_facts(launch_spec)
    if launch_spec.files:
        mentioned |= {fact_variable("trial_dir")}
    env = {name: value for name, value in launch_spec.env.items() if name in mentioned or not is_own(name, value)}
    given = [*launch_spec.argv, *(value for value in env.values() if value is not None)]
    needs_folder = bool(launch_spec.files) or any(str(trial_dir) in text for text in given)
    files = launch_spec.files if write_files else {}
    steps = file_steps(trial_dir, files, launch_spec.folder / WORK) if needs_folder else []
    return " && ".join([*steps, folder_step(launch_spec.cwd), format_command(_with_setup(launch_spec), env)])


def _with_setup(launch_spec: LaunchSpec) -> tuple[str, ...]:
    """The argument list including the setup commands, to show and to paste."""
    if not launch_spec.setup:
        return launch_spec.argv
    steps = launch_spec.setup
    source = 'source() { . "$@"; }; ' if any("source " in step for step in steps) else ""  # not every /bin/sh has it
    program = f"exec {shlex.join(launch_spec.argv)}"
    if all(_PLAIN_STEP.fullmatch(step) for step in steps):
        return (*SHELL, source + " && ".join([*steps, program]))
    checked = [step + ("\n[ $? = 0 ] || exit 1" if _TAKES_NO_MORE.search(step) else " || exit") for step in steps]
    return (*SHELL, source + "\n".join([*checked, program]))


def _mentioned_facts(launch_spec: LaunchSpec) -> set[str]:
    """The scriptune variables that the command, its config files or its script mention, and so needs."""
    texts = [*launch_spec.argv, *launch_spec.setup, *launch_spec.files.values()]
    for word in launch_spec.argv:
        with suppress(OSError, ValueError):
            path = launch_spec.cwd / word
            if path.is_file() and path.stat().st_size <= _MAX_SCRIPT_BYTES:
                texts.append(path.read_text("utf-8", "replace"))
    return {name for name in map(fact_variable, FACTS) if any(name in text for text in texts)}


def format_command(argv: Sequence[str], env: Mapping[str, str | None] | None = None) -> str:
    """Format a command with its variables to paste into a shell; None unsets a variable."""
    env = env or {}
    unset = [word for name, value in env.items() if value is None for word in ("-u", shlex.quote(name))]
    assigned = [f"{shlex.quote(name)}={shlex.quote(value)}" for name, value in env.items() if value is not None]
    if tuple(argv[:2]) == SHELL and len(argv) == 3 and not unset and not assigned and _is_simple(argv[2]):
        return argv[2]
    program, *arguments = argv
    is_own = program in _OWN_COMMANDS
    needs_env = bool(unset) or is_own or not all(_IDENTIFIER.fullmatch(name) for name in env)
    if needs_env and "=" in program:
        # `env` would take it for a variable.
        program, arguments = "sh", ["-c", 'exec "$0" "$@"', program, *arguments]
    words = [*(["env", *unset] if needs_env else []), *assigned, _first_word(program), *map(_word, arguments)]
    return " ".join(words)


def folder_step(folder: Path) -> str:
    """The ``cd`` step of a line."""
    return f"cd {shlex.quote(str(folder))}"


def file_steps(folder: Path, files: Mapping[str, str], recorded: Path) -> list[str]:
    """The steps of a line that create a folder and write files into it.

    Args:
        folder: The folder.
        files: Name -> text.
        recorded: Where the attempt's own files are; those that are too long for a line are copied from there.
    """
    parents = dict.fromkeys([folder, *((folder / name).parent for name in files)])
    steps = [f"mkdir -p {' '.join(shlex.quote(str(parent)) for parent in parents)}"]
    for name, text in files.items():
        if len(text) > _MAX_TEXT_CHARS:
            steps.append(f"cp {shlex.quote(str(recorded / name))} {shlex.quote(str(folder / name))}")
            continue
        # Through %b, so that a file of many lines is still one line to paste.
        steps.append(f"printf %b {shlex.quote(_ESCAPED.sub(_escape, text))} > {shlex.quote(str(folder / name))}")
    return steps


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _NAMED_ESCAPES.get(character) or f"\\0{ord(character):03o}"


def _word(text: str) -> str:
    # zsh takes `=name` for the path of a program.
    return f"'{text}'" if text.startswith("=") and shlex.quote(text) == text else shlex.quote(text)


def _first_word(program: str) -> str:
    """Quote the program's name if needed: unquoted, one with ``=`` would be an assignment."""
    return f"'{program}'" if "=" in program and shlex.quote(program) == program else _word(program)


def _is_simple(text: str) -> bool:
    """Whether every shell runs a string as ``/bin/sh`` does, without changing the shell itself."""
    if not _SIMPLE_TEXT.fullmatch(text):
        return False
    commands = [part.split() for part in text.split(" | ")]
    return all(words and words[0] not in _OWN_COMMANDS and not words[0].startswith("-") for words in commands)
