"""The options of a parser of argparse or click, from what `parser_hook` wrote down within the program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scriptune.core.parameters import Scalar
from scriptune.inspection.help_text import NEVER
from scriptune.inspection.options_found import ProgramOption, kind_of, name_of
from scriptune.jobfile.parser import plain_scalar

__all__ = ["options_of_parser"]

_KINDS = {
    "int": "int", "integer": "int", "integer range": "int", "float": "float", "float range": "float",
    "boolean": "bool", "str": "text", "text": "text",
}  # fmt: skip
# A function such as `str2bool` or `positive_int` says in its name what it makes of a text.
_IN_NAME = re.compile(r"(bool)|(?:^|_)(float|int)(?:$|_)")


def options_of_parser(document: Mapping[str, Any]) -> tuple[tuple[ProgramOption, ...], str, tuple[str, ...]]:
    """The options, the library of the parser, and its subcommands if the command names none of them."""
    found: dict[str, ProgramOption] = {}
    for entry in document["options"]:
        option = _option(entry)
        if option is not None:
            found.setdefault(option.flag, option)
    return tuple(found.values()), document["source"], tuple(document["commands"])


def _option(entry: Mapping[str, Any]) -> ProgramOption | None:
    flags = [flag for flag in entry["flags"] if flag.startswith("-")]
    if entry["is_pair"]:
        flags = [flag for flag in flags if not flag.startswith("--no-")] or flags
    if not flags:
        return None
    flag = next((one for one in sorted(flags, key=len, reverse=True) if one.startswith("--")), flags[0])
    if name_of(flag).rpartition(".")[2] in NEVER:
        return None
    words = re.sub(r"\s+", " ", entry["help"]).strip()
    default = entry["default"]
    if entry["is_pair"]:
        opposite = entry.get("opposite") or f"--no-{flag.removeprefix('--')}"
        # The switch that changes something is the other one where the option is on.
        flag = opposite if default is True else flag
        return ProgramOption(name_of(flag), flag, "bool", False, (), words, style="switch", found_in="parser")
    if entry["is_switch"]:
        return ProgramOption(name_of(flag), flag, "bool", False, (), words, style="switch", found_in="parser")
    if entry["is_list"]:
        typed = " ".join(map(str, default)) if isinstance(default, list) else default
        return ProgramOption(name_of(flag), flag, "text", typed or None, (), words, found_in="parser")
    if isinstance(default, list):
        default = None
    choices = entry["choices"]
    kind = "categorical" if isinstance(choices, list) else _kind(entry["type"], default)
    if kind in ("int", "float", "bool") and isinstance(default, str):
        default = plain_scalar(default)  # parsers convert a default that is a text
    if kind == "float" and isinstance(default, int) and not isinstance(default, bool):
        default = float(default)
    low, high = entry.get("low"), entry.get("high")
    if isinstance(choices, Mapping):  # a long range of whole numbers
        kind, low, high = "int", choices["low"], choices["high"]
    values = tuple(one for one in choices if one is not None) if isinstance(choices, list) else ()
    return ProgramOption(name_of(flag), flag, kind, default, values, words, low=low, high=high, found_in="parser")


def _kind(declared: str, default: Scalar | None) -> str:
    if declared == "bool":
        return "text"  # bool("false") is true: no value that can be searched
    if declared in _KINDS:
        return _KINDS[declared]
    named = _IN_NAME.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", declared).lower())
    if named is not None:
        return named[1] or named[2]
    return kind_of(default) if default is not None else "text"
