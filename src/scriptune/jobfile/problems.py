"""Collects all errors of a job file, each with its place.

A *path* leads to a value: ``("search", "start_with", 0, "lr")`` is written ``search.start_with[0].lr``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeAlias

from scriptune.errors import JobFileError
from scriptune.messages import Message

__all__ = ["Path", "Problems", "path_text", "shown"]

Path: TypeAlias = tuple[str | int, ...]
_SHOWN_CHARS = 120  # a longer value is cut in messages: it is there to be recognised, not to be read
_MAX_FOUND = 100  # errors that are listed; with more it is probably the wrong file
_MAX_CHARS = 4000  # of one error: names and values come over the network, and are quoted
_PLAIN_NAME = re.compile(r"[\w-]+")


def path_text(path: Path) -> str:
    """Format a path for messages; names with dots or blanks are quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _PLAIN_NAME.fullmatch(part) else repr(part)
            text += f".{name}" if text else name
    return text


def shown(value: object) -> str:
    """The ``repr`` of a value, shortened if long."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print integers of more than 4300 digits
        return Message("common.huge_integer")
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."


class Problems:
    """The errors and warnings found so far.

    Args:
        source: Name of the file, or what stands in for it.
        lines: Line (from 1) of each path of the file; empty when there is no file.
        flags: Paths that were set on the command line instead.
    """

    def __init__(self, source: str, lines: Mapping[Path, int] | None = None, flags: Collection[Path] = ()) -> None:
        self.source = source
        self.lines: dict[Path, int] = dict(lines or {})
        self.flags = frozenset(flags)
        self._found: list[tuple[int, str]] = []
        self._warned: list[tuple[int, str]] = []
        self._bad: set[Path] = set()

    def add(self, path: Path, sentence: str) -> None:
        """Add an error at a path.

        Raises:
            JobFileError: There are too many to continue.
        """
        self._bad.add(path)
        self._found.append((self.line(path), self._text(path, sentence)))
        if len(self._found) >= _MAX_FOUND:
            raise JobFileError([*self.texts, Message("job_file.more_problems", place=self.source, most=_MAX_FOUND)])

    def warn(self, path: Path, sentence: str) -> None:
        """Add a warning about something legal but probably unintended."""
        if len(self._warned) >= _MAX_FOUND:
            return
        self._warned.append((self.line(path), self._text(path, sentence)))

    def clean(self, *path: str | int) -> bool:
        """Whether there is no error at or below a path."""
        return not any(bad[: len(path)] == path for bad in self._bad)

    def is_flag(self, path: Path) -> bool:
        """Whether the value at a path was set by a flag instead of the file."""
        return any(path[: len(flag)] == flag for flag in self.flags)

    def line(self, path: Path) -> int:
        """The line of a path, or of its closest existing parent; 0 without a file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    @property
    def texts(self) -> tuple[str, ...]:
        """The errors in the order of the file."""
        return _in_order(self._found)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings in the order of the file."""
        return _in_order(self._warned)

    def raise_if_any(self) -> None:
        """Raise all errors at once.

        Raises:
            JobFileError: There are some.
        """
        if self._found:
            raise JobFileError(self.texts)

    def _text(self, path: Path, sentence: str) -> str:
        if self.is_flag(path):
            place: str = Message("job_file.command_line")
        else:
            line = self.line(path)
            place = f"{self.source}:{line}" if line else self.source
        if len(sentence) > _MAX_CHARS:
            sentence = f"{sentence[:_MAX_CHARS]}..."
        if not path:
            return Message("job_file.mistake", place=place, problem=sentence)
        where = path_text(path)
        where = where if len(where) <= _MAX_CHARS else f"{where[:_MAX_CHARS]}..."
        return Message("job_file.at_path", place=place, path=where, problem=sentence)


def _in_order(found: list[tuple[int, str]]) -> tuple[str, ...]:
    texts = [text for _, text in sorted(found, key=lambda item: item[0])]
    return tuple(dict.fromkeys(texts))
