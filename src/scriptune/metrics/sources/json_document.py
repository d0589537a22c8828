"""Metrics in a file that is one JSON document, which its program rewrites for each result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

from scriptune.messages import Message
from scriptune.metrics.sources.file_format import FileChunk, FileNote, Wanted
from scriptune.metrics.sources.json_lines import PathReader
from scriptune.metrics.sources.json_values import decode, offsets_of
from scriptune.metrics.sources.line_file import digest_of
from scriptune.metrics.sources.place import FilePlace
from scriptune.regular_files import NotRegularFileError, is_absent

__all__ = ["MAX_DOCUMENT_BYTES", "JsonDocument"]

MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
"""A larger document is not read: decoded, it takes up to twenty times its size in memory."""

_BLOCK_BYTES = 1 << 20
_READS = 3  # of a document that changes while it is read


class JsonDocument:
    """Reads metrics from a JSON document, each time it has changed.

    Args:
        place: Where it is.
        wanted: The paths, by metric.
        state: Of an earlier reader.
    """

    def __init__(self, place: FilePlace, wanted: Mapping[str, Wanted], state: Mapping[str, Any]) -> None:
        self.notes: list[FileNote] = []
        self.end: int | None = None
        self._file = place.path
        self._place = place
        self._reader = PathReader(place.path, wanted)
        self._stamp: tuple[int, int, int] | None = tuple(state["stamp"]) if "stamp" in state else None
        self._digest: str = state.get("digest", "")
        self._size: int = state.get("offset", 0)
        self._is_there = bool(state)
        self._problem = ""

    @classmethod
    def found(cls, place: FilePlace) -> dict[str, Any]:
        """See `FileFormat.found`."""
        try:
            fd = place.open()
        except OSError as err:
            if is_absent(err) or isinstance(err, NotRegularFileError):
                return {}
            raise
        try:
            return {"stamp": list(_stamp(fd))}
        finally:
            os.close(fd)

    @classmethod
    def is_kept(cls, place: FilePlace, state: Mapping[str, Any]) -> bool:
        """See `FileFormat.is_kept`."""
        try:
            fd = place.open()
        except OSError as err:
            if is_absent(err) or isinstance(err, NotRegularFileError):
                return not state.get("digest")
            raise
        try:
            return not state.get("digest") or digest_of(_read_all(fd)) == state["digest"]
        finally:
            os.close(fd)

    @property
    def offset(self) -> int:
        """The size of the document that was read."""
        return self._size

    def state(self) -> Mapping[str, Any]:
        """See `FileFormat.state`."""
        stamp = {} if self._stamp is None else {"stamp": list(self._stamp)}
        return {"offset": self._size, "digest": self._digest, **stamp}

    def read(self, *, final: bool, torn: bool) -> FileChunk | None:  # noqa: ARG002 - half a document is not JSON
        """See `FileFormat.read`."""
        try:
            fd = self._place.open()
        except NotRegularFileError as err:
            self._note("file", Message("metric_file.replaced", file=self._file, found=err.found))
            return None
        except OSError as err:
            if is_absent(err):
                return None
            raise
        try:
            return self._read(fd, final=final)
        finally:
            os.close(fd)

    def _read(self, fd: int, *, final: bool) -> FileChunk | None:
        self._is_there = True
        stamp = _stamp(fd)
        if stamp == self._stamp:
            return None
        if stamp[1] > MAX_DOCUMENT_BYTES:
            self._stamp = stamp
            too_large = Message("metric_file.too_large", file=self._file, n=stamp[1], most=MAX_DOCUMENT_BYTES)
            self._problem = too_large
            self._note("size", too_large)
            return None
        data = _read_all(fd)
        for _ in range(_READS):
            if _stamp(fd) == stamp:
                break
            stamp, data = _stamp(fd), _read_all(fd)
        if digest_of(data) == self._digest and data:
            self._stamp = stamp
            return None
        try:
            document = decode(data, numbered=True)
        except ValueError as err:
            # Half of it is written, and the rest will come.
            self._problem = Message("metric_file.no_document", file=self._file, why=str(err)) if data.strip() else ""
            if final and self._problem:
                self._note("not_json", self._problem)
            return None
        self._problem = ""
        self._stamp, self._digest, self._size = stamp, digest_of(data), len(data)
        self._reader.look_at(document)
        found = self._reader.read(document, 0, data, self.notes)
        offsets = offsets_of(data, [raw for _, raw in found])
        entries = [entry._replace(offset=offsets.get(getattr(raw, "index", -1), 0)) for entry, raw in found]
        return FileChunk(self._file, entries, max(len(data), 1), is_start=True)

    def _note(self, kind: str, text: str) -> None:
        self.notes.append(FileNote("", kind, partial(str, text)))

    def missing(self, metric: str) -> str:
        """See `FileFormat.missing`."""
        if self._problem:
            return self._problem
        if not self._is_there:
            return Message("metric_file.not_written", metric=metric, file=self._file)
        return self._reader.missing(metric)


def _stamp(fd: int) -> tuple[int, int, int]:
    status = os.fstat(fd)
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read_all(fd: int) -> bytes:
    parts: list[bytes] = []
    n_bytes = 0
    while n_bytes <= MAX_DOCUMENT_BYTES and (data := os.pread(fd, _BLOCK_BYTES, n_bytes)):
        parts.append(data)
        n_bytes += len(data)
    return b"".join(parts)
