"""The value types of a job file, as pydantic types with scriptune's own messages.

A kind is strict where a slip would be silent (``true`` is not a number, ``"20"`` is not a number) and lenient
where the meaning is plain (``1e3`` is the whole number 1000, an environment variable ``1`` is the text "1").
"""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from scriptune.core.job import Goal, OnCut, OnTimeout
from scriptune.core.parameters import Scalar
from scriptune.executors.slots import is_device
from scriptune.jobfile.durations import parse_duration
from scriptune.jobfile.sizes import parse_size
from scriptune.messages import Message, did_you_mean

__all__ = [
    "GOALS",
    "MAX_COUNT",
    "Command",
    "Condition",
    "Constraints",
    "Duration",
    "Env",
    "ExecutorChoice",
    "Files",
    "GoalWord",
    "GpuIds",
    "Gpus",
    "Inner",
    "Limit",
    "LogWord",
    "Metrics",
    "Name",
    "Number",
    "OnCutWord",
    "OnTimeoutWord",
    "Options",
    "Parameters",
    "ReduceWord",
    "Scalars",
    "ShellLines",
    "Size",
    "StartItems",
    "Text",
    "Unit",
    "Value",
    "Whole",
    "Words",
    "YesNo",
]

MAX_COUNT = 1_000_000  # of trials, retries, slots: more is a slip of the pen
_MAX_UNIT_CHARS = 24
_MAX_NAME_CHARS = 200
_MAX_SETUP_CHARS = 10_000  # more is a script; and the shell reads every line once more to find where a command ends
_LEAST_BYTES = 1_000_000  # no program needs less memory; ``16`` is a slip for ``16GB``
_MAX_VARIABLES = 1000  # of an environment; each is checked for secrets

GOALS = {
    "maximize": Goal.MAXIMIZE,
    "maximise": Goal.MAXIMIZE,
    "max": Goal.MAXIMIZE,
    "minimize": Goal.MINIMIZE,
    "minimise": Goal.MINIMIZE,
    "min": Goal.MINIMIZE,
}
"""Every spelling of a goal."""


def _refuse(expected: Message, value: object = None, *, near: str = "") -> PydanticCustomError:
    """A validation error; `shape.py` puts the place and the value before its text.

    Args:
        expected: What was expected.
        value: The value, when a string in its place deserves a hint about quotes.
        near: A further sentence, as `did_you_mean` makes it.
    """
    quotes = _text_hint(value, expected) if isinstance(value, str) else ""
    return _error(Message("expected.this", what=expected, quotes=quotes), near)


def _error(problem: str, near: str = "") -> PydanticCustomError:
    return PydanticCustomError("expected", "{expected}", {"expected": problem, "near": near})


def _text_hint(value: str, expected: Message) -> str:
    if expected.code == "expected.bool":
        is_yaml_1_1 = value.lower() in _YAML_1_1_BOOLS
        return Message("expected.yaml_bool") if is_yaml_1_1 else Message("expected.without_quotes")
    try:
        float(value)
    except ValueError:
        return ""
    return Message("expected.without_quotes")


_YAML_1_1_BOOLS = {"yes", "no", "on", "off", "y", "n"}


def _whole(value: object) -> object:
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)  # 1e3 is a number with a fraction to YAML, and a thousand to people
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refuse(Message("expected.integer"), value)
    return value


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refuse(Message("expected.number"), value)
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise _refuse(Message("expected.finite_number"))
    return value


def _bool(value: object) -> object:
    if not isinstance(value, bool):
        raise _refuse(Message("expected.bool"), value)
    return value


def _text(value: object) -> object:
    if not isinstance(value, str):
        raise _refuse(
            Message("expected.quoted_string") if isinstance(value, (bool, int, float)) else Message("expected.string")
        )
    if not value.strip():
        raise _refuse(Message("expected.non_empty_string"))
    if "\0" in value:
        raise _refuse(Message("expected.string_without_nul"))
    return value


def _unit(value: object) -> object:
    if value == "":
        return value
    text = _text(value)
    if isinstance(text, str) and (
        len(text) > _MAX_UNIT_CHARS or any(char.isspace() or char.isdigit() for char in text)
    ):
        raise _refuse(Message("expected.unit", most=_MAX_UNIT_CHARS))
    return value


def _name(value: object) -> object:
    text = _text(value)
    if isinstance(text, str) and (len(text) > _MAX_NAME_CHARS or not text.isprintable()):
        raise _refuse(Message("expected.one_line", most=_MAX_NAME_CHARS))
    return value


def _scalar(value: object) -> object:
    if not isinstance(value, (bool, int, float, str)):
        raise _refuse(Message("expected.scalar"))
    return value if isinstance(value, (bool, str)) else _number(value)


def _choice(value: object) -> object:
    return value if value is None else _scalar(value)


def _log(value: object) -> object:
    if not isinstance(value, bool) and value != "reverse":
        raise _refuse(Message("expected.log"), near=did_you_mean(str(value), ["reverse"]))
    return value


def _list(value: object) -> object:
    if not isinstance(value, (list, tuple)):
        raise _refuse(Message("expected.list"))
    return list(value)


def _executor(value: object) -> object:
    if not isinstance(value, dict):
        return _text(value)
    options = list(value.values())
    if len(value) != 1 or not isinstance(options[0], dict | None):
        raise _refuse(Message("expected.executor"))
    return value if options[0] else next(iter(value))


def _mapping_like(example: str) -> Callable[[object], object]:
    def validate(value: object) -> object:
        if not isinstance(value, dict):
            raise _refuse(Message("expected.mapping_like", example=example))
        return value

    return validate


def _duration(value: object) -> object:
    try:
        seconds = parse_duration(value)
    except ValueError as err:
        raise _error(err.args[0]) from err
    return int(seconds) if seconds == int(seconds) else seconds


def _limit(value: object) -> object:
    seconds = _duration(value)
    if seconds == 0:
        raise _refuse(Message("expected.duration_above_zero"))
    return seconds


def _size(value: object) -> object:
    try:
        n_bytes = parse_size(value)
    except ValueError as err:
        raise _error(err.args[0]) from err
    if n_bytes < _LEAST_BYTES:
        raise _refuse(Message("expected.size"))
    return n_bytes


def _env(value: object) -> object:
    if not isinstance(value, dict):
        raise _refuse(Message("expected.mapping_like", example='{OMP_NUM_THREADS: "1"}'))
    if len(value) > _MAX_VARIABLES:
        raise _refuse(Message("expected.few_variables", most=_MAX_VARIABLES, n=len(value)))
    return value


def _env_name(value: object) -> object:
    if not isinstance(value, str) or not value or "=" in value or "\0" in value:
        raise _refuse(Message("expected.variable_name"))
    return value


def _env_text(value: object) -> object:
    """Convert numbers to strings; booleans are rejected because every program spells them differently."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise _refuse(Message("expected.variable_string"))
    if "\0" in str(value):
        raise _refuse(Message("expected.string_without_nul"))
    return str(value)


def _gpu_ids(value: object) -> object:
    if not isinstance(value, (list, tuple)):
        raise _refuse(Message("expected.devices"))
    ids = [str(item).strip() for item in value]
    if len(set(ids)) < len(ids):
        raise _refuse(Message("expected.different_devices"))
    return list(value)


def _gpu_id(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not is_device(str(value).strip()):
        raise _refuse(Message("expected.device"))
    return str(value).strip()


def _on_cut(value: object) -> object:
    if value not in list(OnCut):
        raise _refuse(Message("expected.stop_or_pause"), near=did_you_mean(str(value), list(OnCut)))
    return value


def _on_timeout(value: object) -> object:
    if value not in list(OnTimeout):
        raise _refuse(Message("expected.fail_or_keep"), near=did_you_mean(str(value), list(OnTimeout)))
    return str(value)


def _goal(value: object) -> object:
    goal = GOALS.get(value.lower()) if isinstance(value, str) else None
    if goal is None:
        raise _refuse(Message("expected.goal"), near=did_you_mean(str(value), GOALS))
    return goal.value


def _gpus(value: object) -> object:
    _number(value)
    if not isinstance(value, (int, float)) or value < 0 or value > MAX_COUNT:
        raise _refuse(Message("expected.gpus"))
    if value > 1 and value != int(value):
        raise _refuse(Message("expected.whole_gpus"))
    return int(value) if value == int(value) else value


def _command(value: object) -> object:
    if isinstance(value, (list, tuple)):
        if not value:
            raise _refuse(Message("expected.command_word"))
        for item in value:
            if not isinstance(item, str):
                raise _refuse(Message("expected.strings", item=item))
            if "\0" in item:
                raise _refuse(Message("expected.strings_without_nul"))
        return list(value)
    if not isinstance(value, str):
        raise _refuse(Message("expected.command"))
    return _text(value)


def _setup(value: object) -> object:
    """Split setup lines into complete shell commands: an ``if`` takes several lines."""
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, (list, tuple)) or not all(isinstance(line, str) for line in lines):
        raise _refuse(Message("expected.setup"))
    text = "\n".join(lines).replace("\r\n", "\n")
    if "\0" in text:
        raise _refuse(Message("expected.strings_without_nul"))
    if len(text) > _MAX_SETUP_CHARS:
        raise _refuse(Message("expected.short_setup", most=_MAX_SETUP_CHARS))
    commands: list[str] = []
    pending = ""
    for line in text.split("\n"):
        pending += line
        # What follows a here-document cannot be told from it, so it stays with it.
        if pending.strip() and ("<<" in pending or _shell_says(pending)):
            pending += "\n"
        else:
            commands += [pending.strip()] if pending.strip() and not pending.strip().startswith("#") else []
            pending = ""
    if pending and (error := _shell_says(pending.rstrip("\n"))):
        raise _refuse(Message("expected.shell_commands", error=error))
    return [*commands, pending.rstrip("\n")] if pending else commands


def _shell_says(command: str) -> str:
    """The shell's syntax error for a string of commands; nothing is run."""
    if command.endswith("\\"):
        return Message("expected.trailing_backslash")
    checked = subprocess.run(
        ["/bin/sh", "-n"], input=command.encode("utf-8", "replace"), capture_output=True, check=False
    )
    said = checked.stderr.decode("utf-8", "replace").splitlines()
    if checked.returncode == 0:
        return ""
    return said[0].removeprefix("/bin/sh: ") if said else Message("expected.syntax_error")


_REDUCE = re.compile(r"best|last|mean_last_(?:k|[1-9]\d{0,5})")


def _reduce(value: object) -> object:
    if not isinstance(value, str) or not _REDUCE.fullmatch(value):
        raise _refuse(Message("expected.reduction"))
    return value


def _constraints(value: object) -> object:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise _refuse(Message("expected.constraints"))
    return list(value)


def _start_items(value: object) -> object:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, dict) and set(value) == {"job"} and isinstance(value["job"], str):
        return value
    if not isinstance(value, (list, tuple)):
        raise _refuse(Message("expected.mappings"))
    return list(value)


@dataclass(frozen=True)
class Words:
    """The name of a type in the manual."""

    text: str


Constraints: TypeAlias = Annotated[list[str], BeforeValidator(_constraints), Words("list of strings")]
LogWord: TypeAlias = Annotated[bool | str, BeforeValidator(_log), Words("`true`, `false` or `reverse`")]
Text: TypeAlias = Annotated[str, BeforeValidator(_text), Words("string")]
Unit: TypeAlias = Annotated[str, BeforeValidator(_unit), Words("string")]
Name: TypeAlias = Annotated[str, BeforeValidator(_name), Words("string")]
YesNo: TypeAlias = Annotated[bool, BeforeValidator(_bool), Words("true or false")]
Whole: TypeAlias = Annotated[int, BeforeValidator(_whole), Words("integer")]
Number: TypeAlias = Annotated[int | float, BeforeValidator(_number), Words("number")]
Value: TypeAlias = Annotated[Scalar, BeforeValidator(_scalar), Words("string, number, true or false")]
Scalars: TypeAlias = Annotated[
    list[Annotated[Scalar, BeforeValidator(_choice)]],
    BeforeValidator(_list),
    Words("list of strings, numbers, true/false, null"),
]
Condition: TypeAlias = Annotated[
    dict[str, Any], BeforeValidator(_mapping_like("{optimizer: sgd}")), Words("mapping of parameters to values")
]
Parameters: TypeAlias = Annotated[
    dict[str, Any], BeforeValidator(_mapping_like("{dropout: {min: 0.0, max: 0.5}}")), Words("mapping")
]
Metrics: TypeAlias = Annotated[
    dict[str, Any], BeforeValidator(_mapping_like("{accuracy: {regex: 'val_acc=([0-9.]+)'}}")), Words("mapping")
]
Files: TypeAlias = Annotated[
    dict[str, Any], BeforeValidator(_mapping_like("{conf.yaml: conf.yaml.tmpl}")), Words("mapping of names to paths")
]
Options: TypeAlias = Annotated[dict[str, Any], BeforeValidator(_mapping_like("{kind: ei}")), Words("mapping")]
Inner: TypeAlias = Annotated[Any, Words("mapping")]
"""A section with a schema of its own, by which it is checked apart."""
Duration: TypeAlias = Annotated[int | float, BeforeValidator(_duration), Words("duration")]
Limit: TypeAlias = Annotated[int | float, BeforeValidator(_limit), Words("duration")]
Size: TypeAlias = Annotated[int, BeforeValidator(_size), Words("size")]
Env: TypeAlias = Annotated[
    dict[Annotated[str, BeforeValidator(_env_name)], Annotated[str, BeforeValidator(_env_text)]],
    BeforeValidator(_env),
    Words("mapping of variables to strings"),
]
ExecutorChoice: TypeAlias = Annotated[
    str | dict[str, Any], BeforeValidator(_executor), Words("string, or mapping of it to options")
]
GpuIds: TypeAlias = Annotated[
    list[Annotated[str, BeforeValidator(_gpu_id)]], BeforeValidator(_gpu_ids), Words("list of devices")
]
Gpus: TypeAlias = Annotated[int | float, BeforeValidator(_gpus), Words("number")]
GoalWord: TypeAlias = Annotated[str, BeforeValidator(_goal), Words("`maximize` or `minimize`")]
OnCutWord: TypeAlias = Annotated[str, BeforeValidator(_on_cut), Words("`stop` or `pause`")]
OnTimeoutWord: TypeAlias = Annotated[str, BeforeValidator(_on_timeout), Words("`fail` or `keep`")]
ReduceWord: TypeAlias = Annotated[
    str, BeforeValidator(_reduce), Words("`best`, `last`, `mean_last_k` or `mean_last_5`")
]
ShellLines: TypeAlias = Annotated[list[str], BeforeValidator(_setup), Words("string, or list of strings")]
Command: TypeAlias = Annotated[str | list[str], BeforeValidator(_command), Words("string, or list of strings")]
StartItems: TypeAlias = Annotated[
    str
    | dict[str, str]
    | list[Annotated[dict[str, Any], BeforeValidator(_mapping_like("{learning_rate: 0.01, optimizer: adam}"))]],
    BeforeValidator(_start_items),
    Words("list of mappings, or a CSV file, or `{job: JOB}`"),
]
