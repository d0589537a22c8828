"""What the readers of the kinds of metric files have in common: entries of a file, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

from scriptune.messages import Message
from scriptune.metrics.numbers import Refusal, read_number, unit_of
from scriptune.metrics.sources.place import FilePlace

__all__ = [
    "MAX_STEP",
    "FileChunk",
    "FileEntry",
    "FileFormat",
    "FileNote",
    "Wanted",
    "listed",
    "read_step",
    "read_value",
    "refused_cell",
    "shortened",
]

MAX_STEP = 2.0**53
"""Beyond, integers are no longer told apart."""

_PLAIN = re.compile(rb"\s*[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?\s*")
_SHOWN_CHARS = 160


@dataclass(frozen=True)
class Wanted:
    """What is read of a file for a metric.

    Attributes:
        value: The column, path or tag of its values.
        step: The column or path of the steps; None: values are counted.
    """

    value: str
    step: str | None = None


class FileEntry(NamedTuple):
    """A value of a metric in a file.

    Attributes:
        metric: Whose.
        value: As written.
        unit: As written right after it.
        step: None: values are counted.
        offset: Where its record begins in the file.
        text: The record.
    """

    metric: str
    value: float
    unit: str
    step: float | None
    offset: int
    text: bytes


class FileNote(NamedTuple):
    """Something strange in a file; ``say`` makes the message, when it is shown."""

    metric: str
    kind: str
    say: Callable[[], str]


class FileChunk(NamedTuple):
    """The next entries of a file.

    Attributes:
        file: Its path from the trial's own folder, or the absolute one.
        entries: In the order of the file.
        n_bytes: How much was read for them.
        is_start: They are the first of the file as it is now: it is read for the first time, or again.
    """

    file: str
    entries: list[FileEntry]
    n_bytes: int
    is_start: bool


class FileFormat(Protocol):
    """Reads the entries of a file, or of a folder of files, in pieces. Not thread-safe."""

    notes: list[FileNote]
    end: int | None

    @classmethod
    def found(cls, place: FilePlace) -> dict[str, Any]:
        """A state for which what is in the file now does not count."""
        ...

    @classmethod
    def is_kept(cls, place: FilePlace, state: Mapping[str, Any]) -> bool:
        """Whether the file still begins with what was read up to a state."""
        ...

    @property
    def offset(self) -> int:
        """How far it was read; over all files of a folder."""
        ...

    def read(self, *, final: bool, torn: bool) -> FileChunk | None:
        """The next entries; None when there are none now. Arguments as in `MetricSource.read`.

        Raises:
            OSError: It cannot be read now; nothing is lost.
        """
        ...

    def state(self) -> Mapping[str, Any]:
        """What a later reader needs to continue, as JSON."""
        ...

    def missing(self, metric: str) -> str:
        """Why there is no value of a metric, with what there is instead."""
        ...


def read_value(cell: bytes) -> float | Refusal:
    """The number in a cell; with its unit, if there is one."""
    return float(cell) if _PLAIN.fullmatch(cell) else read_number(cell.strip())


def read_step(cell: bytes) -> float | None:
    """The step in a cell; None if it is not one."""
    step = read_value(cell)
    return None if isinstance(step, Refusal) or unit_of(step) or not abs(step) <= MAX_STEP else float(step)


def shortened(text: str) -> str:
    """The begin of a record, for messages."""
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


def refused_cell(metric: str, text: str, refusal: Refusal, file: str, offset: int) -> FileNote:
    """The note about a value that is not a number."""
    say = partial(
        Message, "metric_file.refused", metric=metric, text=shortened(text), why=refusal.text, file=file, at=offset
    )
    return FileNote(metric, refusal.kind, say)


def listed(names: Sequence[str], most: int = 20) -> list[str]:
    """The first of many names, for messages."""
    return [*map(shortened, names[:most]), *(["…"] if len(names) > most else [])]
