"""Looking into a trial's log: what the job's regexes capture there, and where a text stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scriptune.core.job import SearchJob
from scriptune.engine import jobfile
from scriptune.engine.attempts import compile_patterns
from scriptune.engine.engine import Engine
from scriptune.logs.suggest import TextCapture, capture_lines

__all__ = ["LogMatch", "LogMatches", "captures_in_log", "search_log"]

_MAX_SEARCHED_BYTES = 64 * 1024 * 1024  # per request: half a second
_BLOCK_BYTES = 1 << 20
_CONTEXT_BYTES = 200


@dataclass(frozen=True)
class LogMatch:
    """A line that holds a text.

    Attributes:
        line_no: From 1.
        offset: Byte offset of the line.
        line: Decoded, shortened around the text when long.
    """

    line_no: int
    offset: int
    line: str


@dataclass(frozen=True)
class LogMatches:
    """Lines that hold a text; ``next_offset`` is where to search on, None at the end of the log."""

    items: list[LogMatch]
    next_offset: int | None


def captures_in_log(engine: Engine, job: SearchJob, number: int, attempt: int | None, limit: int) -> list[TextCapture]:
    """The first captures of a job's regexes in a trial's log, refused ones included.

    Raises:
        NotFoundError: No such trial or attempt.
    """
    path = engine.log_path(job.id, number, attempt)
    if not path.exists():
        return []
    return capture_lines(path, compile_patterns(jobfile.load_stored(job.document)), limit)


def search_log(path: Path, text: str, offset: int, limit: int) -> LogMatches:
    """Lines of a log that hold a text, whatever the case of ASCII letters; each line once.

    Args:
        path: The log; one that is not there yet is empty.
        text: Searched as it is; it is no regex.
        offset: The first byte to look at.
        limit: Lines at most.
    """
    wanted = re.compile(re.escape(text.encode("utf-8", "replace")), re.IGNORECASE)
    # Read, not mapped into memory: a program may empty its log while we look, and a map would then kill us.
    try:
        with path.open("rb") as file:
            line_no = 1 + _count_lines(file, offset)
            return _search(file, wanted, line_no, limit)
    except OSError:
        return LogMatches([], None)


def _search(file: BinaryIO, wanted: re.Pattern[bytes], line_no: int, limit: int) -> LogMatches:
    items: list[LogMatch] = []
    start = file.tell()
    last = start + _MAX_SEARCHED_BYTES
    while start < last and (block := _whole_lines(file)):
        position, counted = 0, 0
        while found := wanted.search(block, position):
            line_start = block.rfind(b"\n", 0, found.start()) + 1
            line_end = block.find(b"\n", found.end())
            line_end = len(block) if line_end < 0 else line_end
            line_no += block.count(b"\n", counted, line_start)
            counted, position = line_start, line_end + 1
            shown = block[max(line_start, found.start() - _CONTEXT_BYTES) : min(line_end, found.end() + _CONTEXT_BYTES)]
            items.append(LogMatch(line_no, start + line_start, shown.decode("utf-8", "replace")))
            if len(items) >= limit:
                return LogMatches(items, start + min(position, len(block)))
        line_no += block.count(b"\n", counted)
        start += len(block)
    return LogMatches(items, start if start >= last else None)


def _whole_lines(file: BinaryIO) -> bytes:
    """The next block, up to a line end; a longer line is cut."""
    block = file.read(_BLOCK_BYTES)
    if len(block) < _BLOCK_BYTES:
        return block
    cut = block.rfind(b"\n") + 1
    if cut:
        file.seek(cut - len(block), 1)
        return block[:cut]
    return block


def _count_lines(file: BinaryIO, end: int) -> int:
    """Line ends before an offset, where the file is left."""
    n = 0
    while file.tell() < end and (block := file.read(min(_BLOCK_BYTES, end - file.tell()))):
        n += block.count(b"\n")
    return n
