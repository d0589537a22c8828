r"""Read a growing log piece by piece: complete lines, constant memory, arbitrary bytes.

A line ends at ``\n``, ``\r`` (progress bars), a backspace (bars that run backwards instead) or a NUL (C strings
written with their end, holes in sparse files); ``\r\n`` is one end and an empty line, and empty lines mean nothing.
So the lines of a file depend on its bytes alone, never on how it was written or read.

Nothing is carried from one call to the next but a position that is always the start of a line: an
unfinished line is simply read again. Of a line longer than `MAX_LINE_BYTES` only the head is given.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from scriptune.messages import Message
from scriptune.regular_files import NotRegularFileError, is_absent, open_regular

__all__ = [
    "BLOCK_BYTES",
    "LOOK_BACK_BYTES",
    "MAX_LINE_BYTES",
    "Lines",
    "Piece",
    "Tail",
    "ends_torn",
    "raw_of",
    "to_lines",
]

BLOCK_BYTES = 256 * 1024
"""Read at once. 128 and 256 KiB were fastest; 64 KiB took about 5 % more time, 4 MiB, which leaves the cache, 50 %."""

MAX_LINE_BYTES = 64 * 1024
"""How much of a line is searched."""

LOOK_BACK_BYTES = 8 * 1024
"""How far above a line the beginning of a traceback that quotes it is looked for."""

_ANCHOR_BYTES = 64  # compared to notice that a program emptied its log and wrote on
_SCAN_BLOCKS = 64  # 16 MiB of an endless line per call, about 10 ms

_LINE_ENDS = bytes.maketrans(b"\r\b\0", b"\n\n\n")

# A bar that runs backwards over an integer, or over all of its line, draws it again; a shorter run tears it.
_REDRAWN = re.compile(rb"([0-9.,eE+-]*[0-9][0-9.,eE+-]*)(\x08+)")

# Ends of lines that may have parted a number: a backspace or a NUL is written in the middle of one.
_MARKED_ENDS = bytes.maketrans(b"\r\b", b"\n\0")
_UNMARKED = bytes.maketrans(b"\0\r", b"\n ")

# What inserts, deletes, repeats, scrolls or erases to the left: digits behind it are of another number than those
# before it, if there are any. (An `m` may be the end of a colour behind a digit.)
_BEHIND_DIGITS = rb"(?<=[0-9.,m]\x1b)"
_BEFORE_DIGITS = rb"(?=(?:\x1b\[[0-9;]*m)*[0-9.,])"
_MOVE = re.compile(
    rb"\x1b(?:\[[0-9;]*[ABCDEFGHIZ`adefu]|[8DEM]"
    rb"|%s(?:\[[0-9;]*(?:[@LMPSTXb]|(?<=[1-3])[JK])|c|\[\?(?:10)?4[79][hl])%s)" % (_BEHIND_DIGITS, _BEFORE_DIGITS)
)
_TO_THE_RIGHT = (b"C", b"I", b"a")
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")  # nearly always these are all
_ESCAPE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # control sequences: colours, erasing
    rb"|\][^\x07\x1b\n\0]*(?:\x07|\x1b\\)"  # operating system commands: titles, links
    rb"|[ -/]+[0-~]|[0-Z\\^-~])?"  # character sets, and the two-byte rest
)


class Piece(NamedTuple):
    r"""One or more complete lines of a log.

    Attributes:
        start, end: Their place in the file; ``end`` is the start of the next line.
        text: The lines, each end replaced by one ``\n``, so positions are those of the file.
            Empty while the end of a very long line is still being looked for.
        line_bytes: 0; or the full length of the one line whose head this is.
        unterminated: The last line has no end because the file ends there.
        raw: The bytes as they are in the file, when NULs or backspaces are among them; else ``b""``.
        before: What is in the file before ``start``, up to `LOOK_BACK_BYTES` of it.
    """

    start: int
    end: int
    text: bytes
    line_bytes: int = 0
    unterminated: bool = False
    raw: bytes = b""
    before: bytes = b""

    def part(self, start: int, end: int) -> Piece:
        """The lines between two places in the text of a piece that has no ``raw``."""
        return Piece(
            self.start + start,
            self.start + end,
            self.text[start:end],
            unterminated=self.unterminated and end == len(self.text),
            before=_last(self.before, self.text, start, LOOK_BACK_BYTES),
        )


class Tail:
    """Reads a growing log file line by line.

    Args:
        path: The log; it need not exist yet.
        offset: Where to begin: 0 or an offset that an earlier `Tail` stopped at.
        block_bytes, max_line_bytes: For tests; a block must be longer than a line.

    Attributes:
        offset: Start of the first line that was not given out and taken.
        end: Where to stop reading although the file may grow further; None to read to its end.
        notes: What was strange about the file, oldest first; the reader empties it.
    """

    def __init__(
        self, path: Path, offset: int = 0, *, block_bytes: int = BLOCK_BYTES, max_line_bytes: int = MAX_LINE_BYTES
    ) -> None:
        if not 0 < max_line_bytes < block_bytes:
            raise ValueError(f"A block of {block_bytes} bytes cannot hold a line of {max_line_bytes}; make it longer.")
        self.path = path
        self.offset = offset
        self.end: int | None = None
        self.notes: list[str] = []
        self._block_bytes = block_bytes
        self._max_line_bytes = max_line_bytes
        self._anchor = b""
        self._anchor_bytes = _ANCHOR_BYTES
        self._before: bytes | None = None  # of the file, before offset; None: to be read
        self._scanned = 0  # up to here, the line at offset has no end

    def read(self, *, final: bool = False) -> Piece | None:
        """Return the next complete lines, at most one block, or None if there are none yet.

        The same lines come again until `advance` takes them.

        Args:
            final: The file will not grow: what is left at its end is a line too.

        Raises:
            OSError: It cannot be read now; nothing is lost, so ask again.
        """
        try:
            fd = open_regular(self.path)
        except NotRegularFileError as err:
            self._note(Message("log.replaced", found=err.found))
            return None
        except OSError as err:
            if is_absent(err):
                return None
            raise
        try:
            self._check_replaced(fd)
            return self._read(fd, final)
        finally:
            os.close(fd)

    def advance(self, piece: Piece, end: int) -> None:
        """Mark the lines of a piece as read up to ``end``, the start of one of its lines or its end."""
        length = end - piece.start
        if piece.line_bytes:
            self._anchor, self._before = b"", None
        elif length:
            self._anchor = _last(self._anchor, piece.text, length, self._anchor_bytes)
            self._before = _last(piece.before, piece.raw or piece.text, length, LOOK_BACK_BYTES)
        self.offset = end
        self._scanned = max(self._scanned, end)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _check_replaced(self, fd: int) -> None:
        size = os.fstat(fd).st_size
        replaced = size < self.offset
        if self._anchor and not replaced:
            found = os.pread(fd, len(self._anchor), self.offset - len(self._anchor))
            replaced = found.translate(_LINE_ENDS) != self._anchor
        if replaced:
            self._note(Message("log.emptied", offset=self.offset, size=size))
            self._begin_again()
        elif size < self._scanned:
            self._scanned = self.offset

    def _begin_again(self) -> None:
        self.offset, self._anchor, self._before, self._scanned = 0, b"", None, 0

    def _read(self, fd: int, final: bool) -> Piece | None:
        data = self._block(fd, self.offset)
        at_file_end = len(data) < self._block_bytes
        text = to_lines(data)
        complete = len(text) if final and at_file_end else _whole_lines(data, text)
        piece: Piece | None
        if complete:
            piece = self._cut(text[:complete], is_end=final and at_file_end)
        elif at_file_end:
            return None
        else:
            piece = self._read_long_line(fd, text, final)
        if piece is None or not piece.text:
            return piece
        raw = b"" if text is data else raw_of(data[: len(piece.text)])
        if self._before is None:
            self._before = os.pread(fd, min(self.offset, LOOK_BACK_BYTES), max(0, self.offset - LOOK_BACK_BYTES))
        return piece._replace(raw=raw, before=self._before)

    def _block(self, fd: int, position: int) -> bytes:
        n_bytes = self._block_bytes
        if self.end is not None:
            n_bytes = min(n_bytes, max(self.end - position, 0))
        data = os.pread(fd, n_bytes, position)
        while len(data) < n_bytes and (more := os.pread(fd, n_bytes - len(data), position + len(data))):
            data += more  # a network file system may give less than there is; a short block would be the end
        return data

    def _cut(self, text: bytes, is_end: bool) -> Piece:
        """Return the lines up to the first overlong one, or the head of that one."""
        start, limit = self.offset, self._max_line_bytes
        position = 0
        while len(text) - position > limit:
            newline = text.rfind(b"\n", position, position + limit + 1)
            if newline < 0:
                break
            position = newline + 1
        else:
            return Piece(start, start + len(text), text, unterminated=is_end and not text.endswith(b"\n"))
        if position:
            return Piece(start, start + position, text[:position])
        newline = text.find(b"\n", limit)
        length = newline if newline >= 0 else len(text)
        return Piece(start, start + min(length + 1, len(text)), text[:limit], line_bytes=length)

    def _read_long_line(self, fd: int, text: bytes, final: bool) -> Piece | None:
        """Search for the end of a line that is longer than a block."""
        head = text[: self._max_line_bytes]
        position = max(self._scanned, self.offset + len(text))
        for _ in range(_SCAN_BLOCKS):
            block = to_lines(self._block(fd, position))
            newline = block.find(b"\n")
            if newline >= 0:
                end = position + newline
                return Piece(self.offset, end + 1, head, line_bytes=end - self.offset)
            position += len(block)
            self._scanned = position
            if len(block) < self._block_bytes:
                return Piece(self.offset, position, head, line_bytes=position - self.offset) if final else None
        return Piece(self.offset, self.offset, b"")


def _last(before: bytes, text: bytes, length: int, limit: int) -> bytes:
    """The last ``limit`` bytes before a position in a text, continuing into ``before``."""
    return text[length - limit : length] if length >= limit else (before + text[:length])[-limit:]


def ends_torn(before: bytes) -> bool:
    """Whether the bytes before a line end in something that may have cut a number at the line's start."""
    return before[-1:] in (b"\b", b"\0") and _REDRAWN.sub(_redraw, before).endswith((b"\b", b"\0"))


def _whole_lines(data: bytes, text: bytes) -> int:
    """The end of the last complete line, never inside a run of backspaces, whose length is significant."""
    complete = text.rfind(b"\n") + 1
    if complete == len(data) and data.endswith(b"\b"):
        return text.rfind(b"\n", 0, len(data.rstrip(b"\b"))) + 1 or complete
    return complete


def to_lines(data: bytes) -> bytes:
    r"""Replace every line end by ``\n``, one byte for one."""
    # Three searches of memchr's speed save the translation, which is ten times slower.
    if b"\r" in data or b"\b" in data or b"\0" in data:
        return data.translate(_LINE_ENDS)
    return data


def raw_of(data: bytes) -> bytes:
    """The raw bytes if they show where a number may have been cut, else nothing."""
    return data if b"\b" in data or b"\0" in data else b""


class Lines:
    r"""The lines of a piece as a terminal shows them: without escape sequences, in valid UTF-8.

    A cursor movement begins a new line, for what follows stands elsewhere on the screen; one to the right
    becomes blanks. Invalid bytes become U+FFFD.

    Args:
        text: Lines, each with one ``\n`` at its end.
        raw: The same bytes with NULs and backspaces as they are, when there are any.

    Attributes:
        text: The cleaned lines.
        marked: The same, with a NUL at each end of a line that a NUL, a backspace or a cursor movement made, and a
            carriage return for each blank that one did.
    """

    def __init__(self, text: bytes, raw: bytes = b"") -> None:
        self._file = self._moved = text
        marked = _REDRAWN.sub(_redraw, raw).translate(_MARKED_ENDS) if raw else text
        if b"\x1b" in text:
            uncoloured = _COLOUR.sub(b"", marked)
            if b"\x1b" in uncoloured:
                marked = _MOVE.sub(_move, marked)
                self._moved = marked.translate(_UNMARKED)
                uncoloured = _ESCAPE.sub(b"", marked)
            marked = uncoloured
        if not marked.isascii():
            try:
                marked.decode()
            except UnicodeDecodeError:
                marked = marked.decode("utf-8", "replace").encode()
        self.marked = marked
        self.text = marked if marked is text else marked.translate(_UNMARKED)
        self._same = marked is text or self.text == text
        self._starts: tuple[list[int], list[int]] | None = None

    def line_start(self, position: int) -> int:
        """Offset in the piece of the line at a position of the cleaned text."""
        if self._same:
            return self.text.rfind(b"\n", 0, position) + 1
        cleaned, original = self._maps()
        return original[bisect_right(cleaned, position) - 1]

    def next_line(self, position: int) -> tuple[int, int]:
        """The start of the next line after a position of the cleaned text: in the piece, and in the cleaned text."""
        newline = self._file.find(b"\n", self.line_start(position) if not self._same else position)
        if newline < 0 or newline + 1 == len(self._file):
            return len(self._file), len(self.text)
        if self._same:
            return newline + 1, newline + 1
        cleaned, original = self._maps()
        return newline + 1, cleaned[bisect_left(original, newline + 1)]

    def _maps(self) -> tuple[list[int], list[int]]:
        """The line starts in the cleaned text and in the piece; both lists have the same length."""
        if self._starts is None:
            self._starts = (_line_starts(self.text), _line_starts(self._moved))
        return self._starts


def _redraw(match: re.Match[bytes]) -> bytes:
    number, run = match.groups()
    return number + b"\n" + run[1:] if len(run) >= len(number) else match.group()


def _move(match: re.Match[bytes]) -> bytes:
    sequence = match.group()
    return (b"\r" if sequence.endswith(_TO_THE_RIGHT) else b"\0") * len(sequence)


def _line_starts(text: bytes) -> list[int]:
    return [0, *accumulate(len(line) + 1 for line in text.split(b"\n"))][:-1]
