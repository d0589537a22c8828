"""What a command runs, told by the names in it: most programs are run by another one, such as python or torchrun."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

__all__ = ["LAUNCHERS", "NESTED_MODULES", "is_interpreter", "program_name", "runs_another"]

_INTERPRETER = re.compile(r"(?:python|pypy)[0-9.]*|(?:ba|da|z|k|c)?sh|Rscript|julia|node|perl|ruby")

# Programs that run another one, with options, amounts and variables before it.
_WRAPPERS = frozenset(
    {"env", "nice", "nohup", "time", "timeout", "stdbuf", "ionice", "taskset", "numactl", "xvfb-run", "setsid"}
)
LAUNCHERS = frozenset(
    {
        "torchrun",
        "accelerate",
        "deepspeed",
        "mpirun",
        "mpiexec",
        "srun",
        "horovodrun",
        "uv",
        "poetry",
        "conda",
        "pipenv",
        "coverage",
    }
)
"""Programs with options of their own that run a script."""

NESTED_MODULES = frozenset(
    {"torch.distributed.run", "torch.distributed.launch", "accelerate.commands.launch", "coverage", "cProfile", "pdb"}
)
"""Modules behind ``python -m`` that run a script."""

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_AMOUNT = re.compile(r"[\d.:,-]+[smhd]?|0x[0-9a-f]+")
_SUFFIX = re.compile(r"\.(?:py|pyc|sh|bash|R|r|jl|js|mjs|ts|pl|rb|exe|bin|out|jar)$")


def is_interpreter(program: str) -> bool:
    """Whether a program's first argument, unless it begins with a dash, is the script that it runs."""
    return _INTERPRETER.fullmatch(program) is not None


def runs_another(program: str) -> bool:
    """Whether a program's file says nothing about what its command does: an interpreter, wrapper or launcher."""
    return is_interpreter(program) or program in _WRAPPERS or program in LAUNCHERS


def program_name(words: Sequence[str]) -> str:
    """A short name for a command: ``train`` of ``env A=1 python -u train.py x.txt``, ``zstd`` of ``zstd x.txt``.

    The script of an interpreter or of a launcher such as torchrun, the module behind ``-m``, else the program itself.
    """
    left = list(words)
    while left and (Path(left[0]).name in _WRAPPERS or _ASSIGNMENT.fullmatch(left[0])):
        left.pop(0)
        while left and (left[0].startswith("-") or _ASSIGNMENT.fullmatch(left[0]) or _AMOUNT.fullmatch(left[0])):
            left.pop(0)
    if not left:
        return Path(words[0]).name if words else ""
    program, *arguments = left
    name = Path(program).name
    if not (is_interpreter(name) or name in LAUNCHERS):
        return _SUFFIX.sub("", name) or name
    for i, word in enumerate(arguments):
        if word in ("-m", "--module") and i + 1 < len(arguments) and arguments[i + 1] not in NESTED_MODULES:
            return arguments[i + 1].removesuffix(".__main__").rpartition(".")[2]
        if word == "-c":
            break
        script = Path(word).name
        if not word.startswith("-") and "{" not in word and (_SUFFIX.search(script) or _is_script(name, i)):
            return _SUFFIX.sub("", script)
    return name


def _is_script(interpreter: str, i: int) -> bool:
    """Whether a word without a suffix is the script: the first argument, if no option precedes it."""
    return is_interpreter(interpreter) and i == 0
