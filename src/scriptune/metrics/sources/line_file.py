"""Follow a file of lines that its program appends to, rewrites, replaces or rotates."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scriptune.messages import Message
from scriptune.metrics.sources.place import Beside, FilePlace
from scriptune.metrics.sources.tail import Piece, Tail, to_lines
from scriptune.regular_files import NotRegularFileError, is_absent

__all__ = ["LineFile", "LineFormat", "digest_of"]

_ANCHOR_BYTES = 64 * 1024
"""Compared before each read. Files up to this size, which programs often rewrite for each line, are compared whole."""

_READS = 8  # of a file that is rewritten each time while it is read
_MAX_OLDER = 100  # files of a rotation
_ROTATED = re.compile(r"\.[0-9][0-9_T:-]*")  # behind the name: `.1`, `.2030-01-31`


class LineFile(Tail):
    """Reads lines as `Tail` does, and notices that a file was rewritten, also when a reader before it had begun.

    The files of a rotation (``metrics.csv.2``, ``metrics.csv.1``, ``metrics.csv``) are read one after the other.

    Args:
        place: Where the file is; it need not be there yet.
        state: Of an earlier reader.

    Attributes:
        n_begun: How often it began at the start of a file.
        is_there: Whether a file was there once.
    """

    def __init__(self, place: FilePlace, state: Mapping[str, Any]) -> None:
        super().__init__(Path(place.path), state.get("offset", 0))
        self.n_begun = 0 if self.offset else 1
        self.is_there = self.offset > 0
        self._place = place
        self._anchor_bytes = _ANCHOR_BYTES
        self._inode: int | None = state.get("inode")
        self._unseen: tuple[int, str] | None = tuple(state["anchor"]) if "anchor" in state else None
        self._found: tuple[int, int] | None = tuple(state["found"]) if "found" in state else None
        self._stamp: tuple[int, int, int] | None = None
        self._older: list[Beside] = []
        self._done: list[tuple[int, int]] = [(inode, mtime_ns) for inode, mtime_ns in state.get("done", ())]

    def state(self) -> dict[str, Any]:
        """The state for a later reader."""
        anchor = self._unseen or (len(self._anchor), digest_of(self._anchor))
        state: dict[str, Any] = {"offset": self.offset, "inode": self._inode, "anchor": list(anchor)}
        if self._found is not None:
            state["found"] = list(self._found)
        if self._done:
            state["done"] = [list(one) for one in self._done]
        return state

    @classmethod
    def found(cls, place: FilePlace) -> dict[str, Any]:
        """See `FileFormat.found`."""
        name = os.path.basename(place.path)
        done = [[one.inode, one.mtime_ns] for one in place.beside() if one.name.startswith(name)]
        try:
            fd = place.open()
        except OSError as err:
            if is_absent(err) or isinstance(err, NotRegularFileError):
                return {"done": done} if done else {}
            raise
        try:
            status = os.fstat(fd)
            n_bytes = min(status.st_size, _ANCHOR_BYTES)
            anchor = digest_of(to_lines(os.pread(fd, n_bytes, status.st_size - n_bytes)))
        finally:
            os.close(fd)
        done = [one for one in done if one[0] != status.st_ino][:_MAX_OLDER]
        state = {"offset": status.st_size, "inode": status.st_ino, "anchor": [n_bytes, anchor], "done": done}
        return state | {"found": [status.st_size, status.st_mtime_ns]}

    @classmethod
    def is_kept(cls, place: FilePlace, state: Mapping[str, Any]) -> bool:
        """See `FileFormat.is_kept`."""
        try:
            fd = place.open()
        except OSError as err:
            if is_absent(err) or isinstance(err, NotRegularFileError):
                return not state.get("offset")
            raise
        try:
            offset: int = state.get("offset", 0)
            n_bytes, digest = state.get("anchor", (0, digest_of(b"")))
            before = os.pread(fd, n_bytes, max(offset - n_bytes, 0))
            return os.fstat(fd).st_size >= offset and bool(digest_of(to_lines(before)) == digest)
        finally:
            os.close(fd)

    def read(self, *, final: bool = False) -> Piece | None:
        """See `Tail.read`."""
        while True:
            if self.offset == 0 and not self._older:
                self._older = self._rotated()
            try:
                fd = self._open_older(self._older[0]) if self._older else self._place.open()
            except NotRegularFileError as err:
                self._note(Message("metric_file.replaced", file=self._place.path, found=err.found))
                return None
            except OSError as err:
                if not is_absent(err):
                    raise
                if self._older:
                    self._end_older()
                    continue
                # It was moved, and its program has not begun the next one.
                self._older = self._predecessors(None)
                if not self._older:
                    return None
                continue
            self.is_there = True
            was_older = bool(self._older)
            try:
                older = [] if was_older else self._replaced_by(fd)
                piece = None if older else self._read(fd, final or was_older)
            finally:
                os.close(fd)
            if older:
                self._older = older
            elif piece is not None or not was_older:
                return piece
            else:
                self._end_older()

    def advance(self, piece: Piece, end: int) -> None:
        """See `Tail.advance`."""
        super().advance(piece, end)
        if end > piece.start:
            self._unseen = None

    def _end_older(self) -> None:
        ended = self._older.pop(0)
        self._done = [*self._done, (ended.inode, ended.mtime_ns)][-_MAX_OLDER:]
        self._begin_again()

    def _open_older(self, older: Beside) -> int:
        fd = self._place.open_beside(older.name)
        if os.fstat(fd).st_ino == older.inode:
            self._inode = older.inode
            return fd
        os.close(fd)
        moved = next((one for one in self._place.beside() if one.inode == older.inode), None)
        if moved is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), older.name)
        assert self._older
        self._older[0] = moved
        return self._open_older(moved)

    def _replaced_by(self, fd: int) -> list[Beside]:
        """Notice that the file was rewritten; returns the files that are to be read before it, the oldest first."""
        status = os.fstat(fd)
        stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
        if stamp == self._stamp:
            return []
        is_new = self._inode is not None and self._is_new(fd, status)
        # A file that was copied and emptied may have grown again, behind the same header.
        if (is_new or self.offset) and (older := self._predecessors(status.st_ino)):
            return older
        if is_new:
            self._begin_again()
        elif status.st_size < self._scanned:
            self._scanned = self.offset
        self._stamp, self._inode = stamp, status.st_ino
        return []

    def _begin_again(self) -> None:
        super()._begin_again()
        self._unseen = self._found = self._inode = self._stamp = None
        self.n_begun += 1

    def _is_new(self, fd: int, status: os.stat_result) -> bool:
        if self._inode != status.st_ino or status.st_size < self.offset:
            return True
        if self._found is not None and self._found[0] == status.st_size == self.offset:
            # It was there before its program began. Nothing was appended, but it was written: it was rewritten.
            return self._found[1] != status.st_mtime_ns
        if self._unseen is None:
            return not self._is_same(fd)
        n_bytes, digest = self._unseen
        before = to_lines(os.pread(fd, n_bytes, self.offset - n_bytes))
        if digest_of(before) != digest:
            return True
        self._unseen, self._anchor = None, before
        return False

    def _is_same(self, fd: int) -> bool:
        """Whether what was read last is still there."""
        n_bytes = len(self._anchor)
        return to_lines(os.pread(fd, n_bytes, self.offset - n_bytes)) == self._anchor

    def _read(self, fd: int, final: bool) -> Piece | None:
        for _ in range(_READS):
            size = os.fstat(fd).st_size
            piece = super()._read(fd, final)
            if piece is None or (os.fstat(fd).st_size >= size and self._is_same(fd)):
                return piece
            # Rewritten while it was read: the piece may begin in the middle of a line.
            self._begin_again()
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), self._place.path)

    # rotation

    def _rotated(self, *, since: int = 0, but: int | None = None) -> list[Beside]:
        """The files that a rotation made of this one, the oldest first."""
        found = [one for one in self._place.beside() if self._is_of_rotation(one) and one.inode != but]
        found = [one for one in found if (one.inode, one.mtime_ns) not in self._done]
        return [one for one in sorted(found, key=lambda one: one.mtime_ns) if one.mtime_ns >= since][-_MAX_OLDER:]

    def _predecessors(self, inode: int | None) -> list[Beside]:
        """What a file was renamed or copied to that was read before, and younger files of its rotation."""
        if self._inode is None:
            return []
        others = [
            one for one in self._place.beside() if one.inode != inode and (one.inode, one.mtime_ns) not in self._done
        ]
        moved = [one for one in others if one.inode == self._inode]
        candidates = {*moved, *filter(self._is_of_rotation, others)}
        # The oldest, as little may have been read: a header begins all of them.
        mine = min(filter(self._is_continued_by, candidates), key=lambda one: one.mtime_ns, default=None)
        if mine is None:
            if not moved:
                return []
            mine = moved[0]  # rewritten, and moved then
            self._begin_again()
        self._inode = mine.inode
        return [mine, *self._rotated(since=mine.mtime_ns, but=mine.inode)]

    def _is_of_rotation(self, other: Beside) -> bool:
        name = os.path.basename(self._place.path)
        return other.name.startswith(name) and _ROTATED.fullmatch(other.name[len(name) :]) is not None

    def _is_continued_by(self, other: Beside) -> bool:
        """Whether a file begins with what was read."""
        n_bytes, digest = self._unseen or (len(self._anchor), digest_of(self._anchor))
        if not n_bytes:
            return self.offset == 0 and other.inode == self._inode
        try:
            fd = self._place.open_beside(other.name)
        except OSError:
            return False
        try:
            return digest_of(to_lines(os.pread(fd, n_bytes, self.offset - n_bytes))) == digest
        finally:
            os.close(fd)


class LineFormat:
    """What formats of files that are read line by line have in common; see `FileFormat`.

    Args:
        place: Where the file is.
        state: Of an earlier reader.
    """

    def __init__(self, place: FilePlace, state: Mapping[str, Any]) -> None:
        self._lines = LineFile(place, state)

    @classmethod
    def found(cls, place: FilePlace) -> dict[str, Any]:
        """See `FileFormat.found`."""
        return LineFile.found(place)

    @classmethod
    def is_kept(cls, place: FilePlace, state: Mapping[str, Any]) -> bool:
        """See `FileFormat.is_kept`."""
        return LineFile.is_kept(place, state)

    @property
    def offset(self) -> int:
        """The start of the first line that was not read yet."""
        return self._lines.offset

    @property
    def end(self) -> int | None:
        """Where to stop reading; None: at the end of the file."""
        return self._lines.end

    @end.setter
    def end(self, end: int | None) -> None:
        self._lines.end = end

    def state(self) -> Mapping[str, Any]:
        """See `FileFormat.state`."""
        return self._lines.state()


def digest_of(data: bytes) -> str:
    """A short digest, to tell whether bytes are still the same."""
    return hashlib.blake2b(data, digest_size=12).hexdigest()
