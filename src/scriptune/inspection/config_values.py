"""Values that config files hold: YAML, JSON, TOML and INI, with or without placeholders of ours.

A file that is in no such language is read line by line, for entries such as ``lr: 0.01`` and ``lr = 0.01``.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from scriptune.core.parameters import Scalar
from scriptune.errors import JobFileError
from scriptune.executors.placeholders import Hole, parse
from scriptune.jobfile.parser import parse_text, plain_scalar
from scriptune.jobfile.problems import Problems

__all__ = ["CONFIG_FILES", "Entry", "entries_of", "value_at"]

Entry = tuple[tuple[str, ...], Scalar]
"""A value with the names that lead to it: ``("optimizer", "lr"), 0.01``."""

CONFIG_FILES = frozenset({".yaml", ".yml", ".json", ".toml", ".ini", ".cfg", ".conf"})
"""Suffixes of files that are config files when a command names them."""

_MAX_PARSED_CHARS = 1 << 16  # a second for the reader of YAML; what is longer holds data
_HOLE = "7.0000000123456789"  # a number in all these languages; no config file has it
_LINE = re.compile(r"^[ \t]*[\"']?([\w.-]+)[\"']?[ \t]*[:=][ \t]*([^\s#,{}\[\]][^#,\n]*?)[ \t]*,?[ \t]*(?:#.*)?$", re.M)
_NO_SECTION = "\0"  # of an INI file: no line can name it


def entries_of(text: str, name: str, known: Collection[str]) -> list[Entry]:
    """The values in a config file; none where a placeholder is, and none of lists.

    Args:
        text: The file.
        name: Its name, which tells the language.
        known: Names that a placeholder may have.
    """
    filled = "".join(_HOLE if isinstance(piece, Hole) else piece for piece in parse(text, known, strict=False))
    tree = _tree(filled, PurePath(name).suffix.lower()) if len(filled) <= _MAX_PARSED_CHARS else None
    found = _lines(filled) if tree is None else _flat(tree, ())
    return [(path, value) for path, value in found if _HOLE not in str(value) and value != float(_HOLE)]


def value_at(entries: Sequence[Entry], key: str) -> Scalar | None:
    """The value of ``optimizer.lr``: that of these names in a row, or of the last of them where no other has it.

    Two of a name are of two things, and only the program knows which is meant: then there is none.
    """
    parts = tuple(key.split("."))
    for wanted in (parts, parts[-1:]):
        matches = [(path, value) for path, value in entries if path[-len(wanted) :] == wanted]
        whole = [(path, value) for path, value in matches if path == parts]
        if len(matches) == 1 or len(whole) == 1:
            return (matches if len(matches) == 1 else whole)[0][1]
    return None


def _tree(text: str, suffix: str) -> Mapping[str, Any] | None:
    """The content of a file as nested mappings; None if it is not in the language of its suffix."""
    try:
        if suffix == ".toml":
            return tomllib.loads(text)
        if suffix in (".yaml", ".yml", ".json"):
            tree = parse_text(text, Problems(""))
            return tree if isinstance(tree, Mapping) else None
        return _sections(text) if suffix in (".ini", ".cfg", ".conf") else None
    except (JobFileError, tomllib.TOMLDecodeError, configparser.Error):
        return None


def _sections(text: str) -> Mapping[str, Any]:
    reader = configparser.RawConfigParser(
        default_section="", strict=False, allow_no_value=True, inline_comment_prefixes=("#", ";")
    )
    reader.optionxform = str  # type: ignore[assignment, method-assign]  # C and c are two parameters
    reader.read_string(f"[{_NO_SECTION}]\n{text}")
    tree: dict[str, Any] = {}
    for section in reader.sections():
        values = {key: plain_scalar(_unquoted(value)) for key, value in reader.items(section) if value is not None}
        tree |= values if section == _NO_SECTION else {section: values}
    return tree


def _lines(text: str) -> Iterator[Entry]:
    for match in _LINE.finditer(text):
        value = plain_scalar(_unquoted(match[2]))
        if value is not None:
            yield (match[1],), value


def _unquoted(text: str) -> str:
    return text.strip().strip("\"'")


def _flat(tree: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Entry]:
    for key, value in tree.items():
        here = (*path, *str(key).split("."))
        if isinstance(value, Mapping):
            yield from _flat(value, here)
        elif isinstance(value, bool | int | float | str):
            yield here, value
