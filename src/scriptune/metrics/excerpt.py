"""Excerpts of a log for display: the last lines, or a chunk. Reads a bounded amount, whatever the size."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scriptune.messages import lines
from scriptune.metrics.sources.tail import Lines, to_lines
from scriptune.regular_files import NotRegularFileError, is_absent, open_regular

__all__ = ["GAP", "QUOTE", "Chunk", "excerpt", "head_and_tail", "read_chunk", "with_log"]

GAP = "[...]"
"""The line in place of what `head_and_tail` leaves out; it holds no number that could be taken for a metric."""

QUOTE = "  | "
"""Before each line of a log in a message."""

_FIRST_BYTES = 16 * 1024
_LAST_BYTES = 1024 * 1024  # enough for hundreds of long lines; a log of one endless line is not read further
_MAX_CHARS = 500  # of a line in an excerpt

_UNFINISHED = re.compile(rb"(?:\x1b[^A-Za-z\n]{0,64}|[\xc0-\xff][\x80-\xbf]{0,3})\Z")


def excerpt(path: Path, n_lines: int) -> list[str]:
    r"""The last non-blank lines of a log, oldest first.

    Without escape sequences; of text overwritten by ``\r`` only the last version, as on a screen.
    A line of more than 500 characters keeps its beginning and end. Empty when there is no log, or something else than
    a regular file.

    Raises:
        OSError: It cannot be read now.
    """
    try:
        with _opened(path) as file:
            size = file.seek(0, 2)
            want = _FIRST_BYTES
            while True:
                start = max(0, size - want)
                file.seek(start)
                lines = _screen_lines(file.read(size - start), is_whole=start == 0)
                if len(lines) >= n_lines or start == 0 or want >= _LAST_BYTES:
                    return lines[-n_lines:] if n_lines > 0 else []
                want = min(want * 8, _LAST_BYTES)
    except NotRegularFileError:
        return []
    except OSError as err:
        if is_absent(err):
            return []
        raise


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with os.fdopen(open_regular(path), "rb") as file:
        yield file


def with_log(text: str, last_lines: Sequence[str]) -> str:
    """Append log lines to a sentence, below it."""
    return lines([text, *(f"{QUOTE}{line}" for line in last_lines)])


def _screen_lines(data: bytes, *, is_whole: bool) -> list[str]:
    rows = data.split(b"\n")
    if not is_whole and len(rows) > 1:
        del rows[0]  # its beginning is missing
    shown = []
    for row in rows:
        versions = Lines(to_lines(row)).text.decode("utf-8", "replace").split("\n")
        text = next((version.rstrip() for version in reversed(versions) if version.strip()), "")
        if text:
            shown.append(_shorten(text))
    return shown


def _shorten(text: str) -> str:
    if len(text) <= _MAX_CHARS:
        return text
    half = (_MAX_CHARS - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


@dataclass(frozen=True)
class Chunk:
    r"""A part of a log for display in a viewer.

    Attributes:
        text: Valid Unicode; without escape sequences and every line end ``\n``, unless it was to be raw.
        offset: Where it begins, in bytes of the file.
        next_offset: Where to continue; equal to ``offset`` when nothing new is there.
        size_bytes: Of the log now.
    """

    text: str
    offset: int
    next_offset: int
    size_bytes: int

    @property
    def at_end(self) -> bool:
        """Whether the chunk ends at the current end of the log."""
        return self.next_offset >= self.size_bytes


def read_chunk(path: Path, offset: int, limit: int, *, raw: bool = False) -> Chunk:
    """Read up to ``limit`` bytes of a log from an offset; a negative offset counts from the end.

    Ends after a line where it can, and never inside a character or an escape sequence. An offset beyond the end,
    as after a program emptied its log, gives an empty chunk there. Raw, it keeps carriage returns and escape
    sequences, for a viewer that shows what a terminal would. A log that does not exist yet is empty.

    Raises:
        NotRegularFileError: Something else has its name.
        OSError: It cannot be read now.
    """
    limit = max(limit, 16)  # below, a single character or escape sequence could fail to fit
    try:
        with _opened(path) as file:
            size = file.seek(0, 2)
            offset = max(0, size + offset) if offset < 0 else min(offset, size)
            file.seek(offset)
            data = file.read(limit)
    except OSError as err:
        if is_absent(err):
            return Chunk("", max(offset, 0), max(offset, 0), 0)
        raise
    if offset + len(data) < size:
        line_end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        data = data[:line_end] if line_end else _without_unfinished(data)
    else:
        data = _without_unfinished(data)
    clean = data if raw else Lines(to_lines(data.replace(b"\r\n", b"\n"))).text
    text = clean.decode("utf-8", "replace")
    return Chunk(text, offset, offset + len(data), size)


def head_and_tail(path: Path, limit: int) -> str:
    """A log as text; if it is long, only its head and tail, cut at line ends where possible.

    Args:
        path: The log.
        limit: Bytes at either end; up to twice as many are shown in full.

    Raises:
        OSError: As `read_chunk`.
    """
    head = read_chunk(path, 0, limit)
    if head.at_end:
        return head.text
    start = max(head.next_offset, head.size_bytes - limit)
    tail = read_chunk(path, start, limit).text
    if start == head.next_offset:
        return head.text + tail
    # The first line of the end lacks its beginning.
    return f"{head.text.rstrip()}\n{GAP}\n{tail.partition(chr(10))[2]}"


def _without_unfinished(data: bytes) -> bytes:
    """Cut off an incomplete character or escape sequence at the end, unless nothing else is left."""
    match = _UNFINISHED.search(data, max(0, len(data) - 80))
    if match is None or match.start() == 0:
        return data
    try:
        match.group().decode()
    except UnicodeDecodeError as err:
        return data[: match.start()] if err.reason == "unexpected end of data" else data
    return data[: match.start()] if match.group().startswith(b"\x1b") else data
