"""Metrics in TensorBoard's event files.

The files of one folder are one run, as TensorBoard shows it: a program that is started again adds a file. A tag that is
in several folders (``train`` and ``validation``) is read from the one whose file was begun first, and a note names the
others: only a path to one of them says which is meant.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from scriptune.messages import Message, did_you_mean
from scriptune.metrics.sources.event_records import HEADER_BYTES, Scalar, data_is_whole, header_length, scalars
from scriptune.metrics.sources.file_format import MAX_STEP, FileChunk, FileEntry, FileNote, Wanted, listed
from scriptune.metrics.sources.line_file import digest_of
from scriptune.metrics.sources.place import FilePlace
from scriptune.regular_files import NotRegularFileError, is_absent

__all__ = ["EventFiles", "scalar_tags"]

_MARK = "tfevents"
_BLOCK_BYTES = 256 * 1024
_MAX_SCALAR_BYTES = 64 * 1024  # a longer record holds images, histograms, a graph or text
_MAX_TAGS = 1000
_ANCHOR_BYTES = 64
_MAX_SKIPPED = 1 << 16  # bytes in which a record is looked for at once, behind a damaged one


class EventFiles:
    """Reads scalars from the event files in a folder, or from one file.

    Args:
        place: The folder, or the file.
        wanted: The tags, by metric.
        state: Of an earlier reader.
    """

    def __init__(self, place: FilePlace, wanted: Mapping[str, Wanted], state: Mapping[str, Any]) -> None:
        self.notes: list[FileNote] = []
        self.end: int | None = None
        self._place = place
        self._wanted = wanted
        self._by_tag: dict[bytes, list[str]] = {}
        for metric, one in wanted.items():
            self._by_tag.setdefault(one.value.encode(), []).append(metric)
        self._files = {name: _EventFile(place, name, stored) for name, stored in state.get("files", {}).items()}
        self._folders: dict[str, str] = dict(state.get("folders", {}))  # by tag
        self._told: set[tuple[str, str]] = set()
        self._tags: dict[str, None] = {}
        self._is_there = bool(self._files)
        self._waiting: list[str] = []

    @classmethod
    def found(cls, place: FilePlace) -> dict[str, Any]:
        """See `FileFormat.found`."""
        try:
            names = place.files_below(_MARK)
        except OSError as err:
            if is_absent(err) or isinstance(err, NotRegularFileError):
                return {}
            raise
        return {"files": {name: _EventFile.found(place, name) for name in names}}

    @classmethod
    def is_kept(cls, place: FilePlace, state: Mapping[str, Any]) -> bool:
        """See `FileFormat.is_kept`."""
        return all(_EventFile(place, name, stored).is_kept() for name, stored in state.get("files", {}).items())

    @property
    def offset(self) -> int:
        """How much was read of all files."""
        return sum(file.offset for file in self._files.values())

    def state(self) -> Mapping[str, Any]:
        """See `FileFormat.state`."""
        files = {name: file.state() for name, file in self._files.items()}
        return {"files": files, "folders": dict(self._folders), "offset": self.offset}

    def read(self, *, final: bool, torn: bool) -> FileChunk | None:  # noqa: ARG002 - half a record is not read
        """See `FileFormat.read`."""
        if not self._waiting:
            self._waiting = self._names()
        while self._waiting:
            name = self._waiting[0]
            file = self._files.setdefault(name, _EventFile(self._place, name, {}))
            chunk = self._read_file(file, final=final)
            if chunk is not None:
                return chunk
            self._waiting.pop(0)
        return None

    def _names(self) -> list[str]:
        """The files, in the order in which they were begun: their names begin with the time."""
        try:
            names = self._place.files_below(_MARK)
        except NotRegularFileError as err:
            self._note("", "file", Message("metric_file.replaced", file=self._place.path, found=err.found))
            return []
        except OSError as err:
            if is_absent(err):
                return []
            raise
        self._is_there = self._is_there or bool(names)
        return sorted(names, key=lambda name: (os.path.basename(name), name))

    def _read_file(self, file: _EventFile, *, final: bool) -> FileChunk | None:
        path = os.path.join(self._place.path, file.name) if file.name else self._place.path
        limit = None if self.end is None else max(self.end - self.offset + file.offset, 0)
        before, entries = file.offset, list[FileEntry]()
        try:
            records = file.records(limit)
        except NotRegularFileError as err:
            self._note("", "file", Message("metric_file.replaced", file=path, found=err.found))
            return None
        except OSError as err:
            if is_absent(err):
                return None
            raise
        is_start = file.was_begun
        for offset, data in records:
            if data is None:
                self._note("", "damaged", Message("metric_file.damaged_record", file=path, at=offset))
                continue
            self._read_event(data, offset, path, entries)
        if file.offset == before and not entries:
            if final and file.has_rest(limit):
                self._note("", "unfinished", Message("metric_file.unfinished_record", file=path, at=file.offset))
            return None
        return FileChunk(path, entries, max(file.offset - before, 1), is_start)

    def _read_event(self, data: bytes, offset: int, path: str, entries: list[FileEntry]) -> None:
        try:
            found = scalars(data)
        except ValueError:
            self._note("", "damaged", Message("metric_file.damaged_record", file=path, at=offset))
            return
        for tag, step, value in found:
            if len(self._tags) < _MAX_TAGS:
                self._tags.setdefault(tag.decode("utf-8", "replace"))
            metrics = self._by_tag.get(tag)
            if metrics is None or value is None or not self._is_of_run(tag.decode("utf-8", "replace"), path):
                continue
            number = float(step) if abs(step) <= MAX_STEP else None
            entries += (FileEntry(metric, value, "", number, offset, tag) for metric in metrics)

    def _is_of_run(self, tag: str, path: str) -> bool:
        folder = os.path.dirname(path)
        chosen = self._folders.setdefault(tag, folder)
        if folder == chosen:
            return True
        if (tag, folder) not in self._told:
            self._told.add((tag, folder))
            for metric in self._by_tag[tag.encode()]:
                said = Message("metric_file.tag_twice", metric=metric, tag=tag, folder=chosen, other=folder)
                self._note(metric, "tag_twice", said)
        return False

    def _note(self, metric: str, kind: str, text: str) -> None:
        self.notes.append(FileNote(metric, kind, partial(str, text)))

    def missing(self, metric: str) -> str:
        """See `FileFormat.missing`."""
        path, tag = self._place.path, self._wanted[metric].value
        if not self._is_there:
            return Message("metric_file.no_event_files", metric=metric, file=path)
        there = list(self._tags)
        if not there:
            return Message("metric_file.no_scalars", metric=metric, file=path)
        near = did_you_mean(tag, there)
        return Message("metric_file.no_tag", metric=metric, file=path, tag=tag, tags=listed(there), near=near)


class _EventFile:
    """One event file, and how far it was read.

    Attributes:
        name: Below the folder; "" when the path is that of the file.
        offset: Where the next record begins.
        was_begun: The last call of `records` began at the start of the file.
    """

    def __init__(self, place: FilePlace, name: str, state: Mapping[str, Any]) -> None:
        self.name = name
        self.offset: int = state.get("offset", 0)
        self.was_begun = False
        self._place = place
        self._inode: int | None = state.get("inode")
        self._anchor: tuple[int, str] = tuple(state["anchor"]) if "anchor" in state else (0, "")
        self._size = 0

    def state(self) -> Mapping[str, Any]:
        return {"offset": self.offset, "inode": self._inode, "anchor": list(self._anchor)}

    @classmethod
    def found(cls, place: FilePlace, name: str) -> dict[str, Any]:
        """The state behind what is there now."""
        file = cls(place, name, {})
        with file._opened() as fd:
            status = os.fstat(fd)
            file.offset, file._inode = status.st_size, status.st_ino
            file._note_anchor(fd)
        return dict(file.state())

    def is_kept(self) -> bool:
        """Whether the file still begins with what was read.

        Raises:
            OSError: It cannot be read now.
        """
        try:
            with self._opened() as fd:
                return os.fstat(fd).st_size >= self.offset and self._is_same(fd)
        except OSError as err:
            if is_absent(err) or isinstance(err, NotRegularFileError):
                return False
            raise

    def has_rest(self, limit: int | None) -> bool:
        """Whether something is behind the last complete record."""
        return min(self._size, self._size if limit is None else limit) > self.offset

    def records(self, limit: int | None) -> list[tuple[int, bytes | None]]:
        """The next complete records with their offsets, up to a block; None in place of a damaged one.

        Records that are too long to hold scalars alone are left out.

        Raises:
            OSError: They cannot be read now.
        """
        with self._opened() as fd:
            status = os.fstat(fd)
            is_other = self._inode not in (None, status.st_ino) or status.st_size < self.offset
            if self.offset and (is_other or not self._is_same(fd)):
                self.offset, self._anchor = 0, (0, "")
            self.was_begun = self.offset == 0
            self._inode, self._size = status.st_ino, status.st_size
            end = status.st_size if limit is None else min(status.st_size, limit)
            start = self.offset
            found = list(self._records(fd, end))
            if self.offset != start:
                self._note_anchor(fd)
            return found

    @contextmanager
    def _opened(self) -> Iterator[int]:
        fd = self._place.open(self.name)
        try:
            yield fd
        finally:
            os.close(fd)

    def _note_anchor(self, fd: int) -> None:
        n_bytes = min(self.offset, _ANCHOR_BYTES)
        self._anchor = (n_bytes, digest_of(os.pread(fd, n_bytes, self.offset - n_bytes)))

    def _is_same(self, fd: int) -> bool:
        n_bytes, digest = self._anchor
        return not n_bytes or digest_of(os.pread(fd, n_bytes, self.offset - n_bytes)) == digest

    def _records(self, fd: int, end: int) -> Iterator[tuple[int, bytes | None]]:
        start = self.offset
        block = os.pread(fd, min(_BLOCK_BYTES, end - start), start)
        at = 0
        while at + HEADER_BYTES <= len(block):
            length = header_length(block[at : at + HEADER_BYTES])
            if length is None:
                if not any(block[at:]):
                    # Space that was reserved and is not written yet, or that was lost with a machine.
                    if start + len(block) < end:
                        self.offset = start + len(block)
                    return
                skipped = _next_header(block, at + 1)
                yield start + at, None
                self.offset = start + skipped
                return
            data_at = at + HEADER_BYTES
            next_at = data_at + length + 4
            if start + next_at > end:
                return  # it is being written
            if length > _MAX_SCALAR_BYTES:
                self.offset = start + next_at
                return
            if next_at > len(block):
                return
            data = block[data_at : data_at + length]
            yield start + at, data if data_is_whole(data, block[next_at - 4 : next_at]) else None
            at = next_at
            self.offset = start + at


def _next_header(block: bytes, at: int) -> int:
    """Where the next record may begin in a block, behind a damaged header."""
    last = min(len(block) - HEADER_BYTES + 1, at + _MAX_SKIPPED)
    for place in range(at, last):
        # The upper half of a length is always zero, which leaves few places to compute a checksum for.
        if (
            block[place + 4 : place + 8] == b"\0\0\0\0"
            and header_length(block[place : place + HEADER_BYTES]) is not None
        ):
            return place
    return max(last, at)


def scalar_tags(place: FilePlace, max_bytes: int) -> dict[tuple[str, str], list[float]]:
    """The scalars in event files with their values, by folder and tag.

    Args:
        place: The folder.
        max_bytes: How much of each file is read.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for name in place.files_below(_MARK):
        file = _EventFile(place, name, {})
        while file.offset < max_bytes:
            before = file.offset
            for _, data in file.records(None):
                for tag, _, value in [] if data is None else _scalars(data):
                    if value is not None:
                        found.setdefault((os.path.dirname(name), tag.decode("utf-8", "replace")), []).append(value)
            if file.offset == before:
                break
    return found


def _scalars(data: bytes) -> list[Scalar]:
    try:
        return scalars(data)
    except ValueError:
        return []
