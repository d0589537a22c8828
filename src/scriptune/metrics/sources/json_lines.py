"""Metrics in a file with one JSON document on each line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from scriptune.messages import Message, did_you_mean
from scriptune.metrics.numbers import Refusal, unit_of
from scriptune.metrics.sources.file_format import MAX_STEP, FileChunk, FileEntry, FileNote, Wanted, listed, shortened
from scriptune.metrics.sources.json_values import decode, number_paths, parse_path, value_of, values_at
from scriptune.metrics.sources.line_file import LineFormat
from scriptune.metrics.sources.place import FilePlace
from scriptune.metrics.sources.tail import Piece

__all__ = ["JsonLinesFile", "PathReader"]

_EXAMINED = 50  # first records, whose paths are named when a wanted one is missing


class PathReader:
    """Reads the values at some paths of documents.

    Args:
        file: For messages.
        wanted: The paths, by metric.
    """

    def __init__(self, file: str, wanted: Mapping[str, Wanted]) -> None:
        self._file = file
        self._wanted = wanted
        self._paths = [
            (metric, parse_path(one.value), None if one.step is None else parse_path(one.step))
            for metric, one in wanted.items()
        ]
        self._there: dict[str, None] = {}

    def look_at(self, document: Any) -> None:
        """Remember which paths there are."""
        self._there.update(dict.fromkeys(number_paths(document)))

    def read(self, document: Any, offset: int, text: bytes, notes: list[FileNote]) -> list[tuple[FileEntry, Any]]:
        """The entries of a document, each with the value it was made of."""
        entries = []
        for metric, path, step_path in self._paths:
            for raw, raw_step in values_at(document, path, step_path):
                value = value_of(raw)
                if value is None:
                    continue
                if isinstance(value, Refusal):
                    say = partial(
                        Message,
                        "metric_file.refused",
                        metric=metric,
                        text=shortened(str(raw)),
                        why=value.text,
                        file=self._file,
                        at=offset,
                    )
                    notes.append(FileNote(metric, value.kind, say))
                    continue
                step = self._step(metric, raw_step, offset, notes)
                entries.append((FileEntry(metric, float(value), unit_of(value), step, offset, text), raw))
        return entries

    def _step(self, metric: str, raw: Any, offset: int, notes: list[FileNote]) -> float | None:
        step = value_of(raw)
        if step is None:
            return None
        if isinstance(step, Refusal) or unit_of(step) or not abs(step) <= MAX_STEP:
            say = partial(
                Message,
                "metric_file.bad_step",
                metric=metric,
                text=shortened(str(raw)),
                file=self._file,
                at=offset,
            )
            notes.append(FileNote(metric, "step", say))
            return None
        return float(step)

    def missing(self, metric: str) -> str:
        """Why there is no value of a metric."""
        path = self._wanted[metric].value
        if not self._there:
            return Message("metric_file.no_documents", metric=metric, file=self._file)
        there = list(self._there)
        near = did_you_mean(path, there)
        return Message("metric_file.no_path", metric=metric, file=self._file, path=path, paths=listed(there), near=near)


class JsonLinesFile(LineFormat):
    """Reads metrics from a file with a JSON document on each line.

    Args:
        place: Where it is.
        wanted: The paths, by metric.
        state: Of an earlier reader.
    """

    def __init__(self, place: FilePlace, wanted: Mapping[str, Wanted], state: Mapping[str, Any]) -> None:
        self.notes: list[FileNote] = []
        self._file = place.path
        super().__init__(place, state)
        self._n_begun = 0
        self._reader = PathReader(place.path, wanted)
        self._n_examined = 0
        # What is on every line with a value, in any way to write it: only such lines are decoded.
        self._marks = [mark for one in wanted.values() if (mark := _mark(one.value))]
        self._has_marks = len(self._marks) == len(wanted)

    def read(self, *, final: bool, torn: bool) -> FileChunk | None:
        """See `FileFormat.read`."""
        piece = self._lines.read(final=final)
        self.notes += [FileNote("", "file", partial(str, note)) for note in self._lines.notes]
        self._lines.notes.clear()
        if piece is None:
            return None
        if not piece.text:  # the end of a very long line is still being looked for
            return FileChunk(self._file, [], 1, is_start=False)
        is_start = self._n_begun != self._lines.n_begun
        self._n_begun = self._lines.n_begun
        entries: list[FileEntry] = []
        if piece.line_bytes:
            say = partial(Message, "metric_file.long_record", file=self._file, at=piece.start, n=piece.line_bytes)
            self.notes.append(FileNote("", "long", say))
        else:
            self._read_lines(piece, entries, torn=torn)
        self._lines.advance(piece, piece.end)
        return FileChunk(self._file, entries, piece.end - piece.start, is_start)

    def _read_lines(self, piece: Piece, entries: list[FileEntry], *, torn: bool) -> None:
        at = 0
        text = piece.text
        while at < len(text):
            end = text.find(b"\n", at) + 1 or len(text)
            line = text[at:end].strip()
            if line:
                is_cut = torn and piece.unterminated and end == len(text)
                self._read_line(line, piece.start + at, entries, is_cut=is_cut)
            at = end

    def _read_line(self, line: bytes, offset: int, entries: list[FileEntry], *, is_cut: bool) -> None:
        is_examined = self._n_examined < _EXAMINED
        if not is_examined and self._has_marks and not any(mark in line for mark in self._marks):
            return
        if is_cut and not line.endswith((b"}", b"]")):  # a number: its last digits may be missing
            return
        try:
            document = decode(line)
        except ValueError:
            if not is_cut:
                say = partial(
                    Message,
                    "metric_file.not_json",
                    file=self._file,
                    at=offset,
                    line=shortened(line.decode("utf-8", "replace")),
                )
                self.notes.append(FileNote("", "not_json", say))
            return
        if is_examined:
            self._n_examined += 1
            self._reader.look_at(document)
        entries += [entry for entry, _ in self._reader.read(document, offset, line, self.notes)]

    def missing(self, metric: str) -> str:
        """See `FileFormat.missing`."""
        if not self._lines.is_there:
            return Message("metric_file.not_written", metric=metric, file=self._file)
        return self._reader.missing(metric)


def _mark(path: str) -> bytes:
    """Letters of a key that JSON has one way to write in; b"" if there are none."""
    part = path.rpartition(".")[2]
    return part.encode() if part.isascii() and part.replace("_", "a").isalnum() and not part.isdigit() else b""
