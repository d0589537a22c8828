"""Metrics in the columns of a CSV file.

The first row that is not a comment names the columns; a later row that holds the name of a wanted column is a header
too, as programs write that are started again. Columns are separated by commas, tabs, semicolons, bars or blanks,
whichever gives the header a wanted column. A row with more or fewer cells than its header was torn and is left out; an
empty cell is not a value.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from scriptune.messages import Message, did_you_mean
from scriptune.metrics.numbers import Refusal, unit_of
from scriptune.metrics.sources.file_format import (
    FileChunk,
    FileEntry,
    FileNote,
    Wanted,
    listed,
    read_step,
    read_value,
    refused_cell,
    shortened,
)
from scriptune.metrics.sources.line_file import LineFile, LineFormat
from scriptune.metrics.sources.place import FilePlace
from scriptune.metrics.sources.tail import MAX_LINE_BYTES, Piece

__all__ = ["CsvRows", "column_names"]

_DELIMITERS = (b",", b"\t", b";", b"|", None)  # None: blanks
_MAX_LINES = 100  # of one row, whose cells hold line breaks
_BOM = b"\xef\xbb\xbf"


class CsvRows(LineFormat):
    """Reads metrics from a CSV file.

    Args:
        place: Where it is.
        wanted: The columns, by metric.
        state: Of an earlier reader.
    """

    def __init__(self, place: FilePlace, wanted: Mapping[str, Wanted], state: Mapping[str, Any]) -> None:
        self.notes: list[FileNote] = []
        self._file = place.path
        self._place = place
        self._wanted = dict(wanted)
        self._columns = {wanted.value.encode() for wanted in wanted.values()}
        super().__init__(place, state)
        self._n_begun = 0
        self._header_at: int | None = state.get("header")
        self._header: _Header | None = None

    def state(self) -> Mapping[str, Any]:
        """See `FileFormat.state`; ``header`` is where the header of the next row begins."""
        return dict(super().state()) | ({} if self._header_at is None else {"header": self._header_at})

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
        if piece.start == 0:
            self._header, self._header_at = None, None
        elif self._header is None:
            self._find_header()
        entries: list[FileEntry] = []
        end = piece.end
        if piece.line_bytes:
            say = partial(Message, "metric_file.long_record", file=self._file, at=piece.start, n=piece.line_bytes)
            self.notes.append(FileNote("", "long", say))
        else:
            end = self._read_rows(piece, entries, final=final, torn=torn)
            if end == piece.start:
                return None
        self._lines.advance(piece, end)
        return FileChunk(self._file, entries, max(end - piece.start, 1), is_start)

    def _read_rows(self, piece: Piece, entries: list[FileEntry], *, final: bool, torn: bool) -> int:
        """Append the entries of complete rows; return where the first other one begins."""
        for at, end, row in _rows(piece.text, is_last=final):
            if row is None:
                return piece.start + at
            if torn and piece.unterminated and end == len(piece.text):
                break  # its last number may be cut
            if row and not row.isspace():
                self._read_row(row, piece.start + at, entries)
        return piece.end

    def _read_row(self, row: bytes, offset: int, entries: list[FileEntry]) -> None:
        header = self._header
        if header is None or (any(name in row for name in self._columns) and self._is_header(row)):
            self._read_header(row, offset)
            return
        cells = header.cells(row)
        if len(cells) != header.n_cells and not header.fits(cells):
            say = partial(
                Message,
                "metric_file.torn_row",
                file=self._file,
                at=offset,
                n=len(cells),
                expected=header.n_cells,
                row=shortened(_text(row)),
            )
            self.notes.append(FileNote("", "torn_row", say))
            return
        for metric, index, step_index in header.wanted:
            cell = cells[index] if index < len(cells) else b""
            if not cell or cell.isspace():
                continue
            value = read_value(cell)
            if isinstance(value, Refusal):
                self.notes.append(refused_cell(metric, _text(cell), value, self._file, offset))
                continue
            step = (
                None
                if step_index is None or step_index >= len(cells)
                else self._step(metric, cells[step_index], offset)
            )
            entries.append(FileEntry(metric, float(value), unit_of(value), step, offset, row))

    def _step(self, metric: str, cell: bytes, offset: int) -> float | None:
        step = read_step(cell)
        if step is None and cell.strip():
            say = partial(Message, "metric_file.bad_step", metric=metric, text=_text(cell), file=self._file, at=offset)
            self.notes.append(FileNote(metric, "step", say))
        return step

    # the header

    def _is_header(self, row: bytes) -> bool:
        return _Header.of(row, self._wanted).has_columns

    def _read_header(self, row: bytes, offset: int) -> None:
        row = row.removeprefix(_BOM) if offset == 0 else row
        is_comment = row.lstrip().startswith(b"#")
        header = _Header.of(row.lstrip().lstrip(b"#") if is_comment else row, self._wanted)
        if is_comment and not header.has_columns:
            return
        self._header, self._header_at = header, offset
        for metric, wanted in self._wanted.items():
            if wanted.value not in header.names:
                say = partial(_no_column, metric, self._file, wanted.value, header.names)
                self.notes.append(FileNote(metric, "column", say))
            elif wanted.step is not None and wanted.step not in header.names:
                say = partial(_no_step_column, metric, self._file, wanted.step, header.names)
                self.notes.append(FileNote(metric, "step_column", say))

    def _find_header(self) -> None:
        """Read the header again that an earlier reader found, or the one at the start of the file."""
        lines = LineFile(self._place, {"offset": self._header_at or 0})
        piece = lines.read()
        if piece is None:
            return
        n_notes = len(self.notes)
        for at, _, row in _rows(piece.text, is_last=True):
            if row and not row.isspace() and self._header is None:
                self._read_header(row, piece.start + at)
        del self.notes[n_notes:]  # said by the reader that found it

    def missing(self, metric: str) -> str:
        """See `FileFormat.missing`."""
        if self._header is None:
            if not self._lines.is_there:
                return Message("metric_file.not_written", metric=metric, file=self._file)
            return Message("metric_file.no_rows", metric=metric, file=self._file)
        return Message("metric_file.empty_column", metric=metric, file=self._file, column=self._wanted[metric].value)


class _Header:
    """The columns of the rows behind it.

    Attributes:
        names: Of the columns.
        wanted: Metrics that have one: with the index of the column, and of that of their steps.
        n_cells: In each row.
    """

    def __init__(self, names: Sequence[str], delimiter: bytes | None, wanted: Mapping[str, Wanted]) -> None:
        self.names = list(names)
        self.n_cells = len(names)
        while self.names and not self.names[-1]:
            self.names.pop()
        self._delimiter = delimiter
        index = {name: i for i, name in reversed(list(enumerate(self.names)))}
        self.wanted = [
            (metric, index[one.value], None if one.step is None else index.get(one.step))
            for metric, one in wanted.items()
            if one.value in index
        ]

    @classmethod
    def of(cls, row: bytes, wanted: Mapping[str, Wanted]) -> _Header:
        """The header in a row, parted so that most of the wanted columns are there."""
        headers = [
            cls([_text(cell).strip() for cell in _cells(row, delimiter)], delimiter, wanted)
            for delimiter in _DELIMITERS
        ]
        best = max(len(header.wanted) for header in headers)
        if best == 0:
            return max(headers[:-1], key=lambda header: len(header.names))
        return next(header for header in headers if len(header.wanted) == best)

    @property
    def has_columns(self) -> bool:
        """Whether a wanted column is there."""
        return bool(self.wanted)

    def cells(self, row: bytes) -> list[bytes]:
        """The cells of a row."""
        return _cells(row, self._delimiter)

    def fits(self, cells: list[bytes]) -> bool:
        """Whether a row differs from the header only in empty cells at its end."""
        n_named = len(self.names)
        return len(cells) >= n_named and not any(cell.strip() for cell in cells[max(n_named, self.n_cells) :])


def column_names(text: bytes) -> list[str]:
    """The names of the columns in the first rows of a file; none if its first row holds numbers."""
    for line in text.removeprefix(_BOM).splitlines()[:_MAX_LINES]:
        row = line.strip()
        if not row or (row.startswith(b"#") and not any(part and part in row for part in _DELIMITERS)):
            continue
        names = _Header.of(row.lstrip(b"#"), {}).names
        return [] if any(not isinstance(read_value(name.encode()), Refusal) for name in names if name) else names
    return []


def _cells(row: bytes, delimiter: bytes | None) -> list[bytes]:
    if b'"' not in row:
        return row.split(delimiter)
    text = row.decode("utf-8", "surrogateescape")
    try:
        # A blank before a quote is common, and blanks that part columns may be many.
        cells = next(
            csv.reader([text], delimiter=" " if delimiter is None else delimiter.decode(), skipinitialspace=True)
        )
    except (csv.Error, StopIteration):
        return row.split(delimiter)
    return [cell.encode("utf-8", "surrogateescape") for cell in cells]


def _rows(text: bytes, *, is_last: bool) -> Iterator[tuple[int, int, bytes | None]]:
    """The rows of some lines with their start and end; None for one whose quotes are open at the end.

    Args:
        text: Whole lines.
        is_last: The program has ended: quotes of a row at the start that are open stay open.
    """
    at = 0
    while at < len(text):
        end = first_end = text.find(b"\n", at) + 1 or len(text)
        n_lines = 1
        while text.count(b'"', at, end) % 2 and n_lines < _MAX_LINES and end - at < MAX_LINE_BYTES:
            if end == len(text):
                if not is_last or at > 0:  # what is open at the end of a piece may end in the next one
                    yield at, end, None
                    return
                end = first_end
                break
            end = text.find(b"\n", end) + 1 or len(text)
            n_lines += 1
        else:
            if text.count(b'"', at, end) % 2:
                end = first_end  # a stray quote, rather than a row of that many lines
        yield at, end, text[at:end].removesuffix(b"\n")
        at = end


def _no_column(metric: str, file: str, column: str, names: Sequence[str]) -> str:
    near = did_you_mean(column, names)
    return Message("metric_file.no_column", metric=metric, file=file, column=column, columns=listed(names), near=near)


def _no_step_column(metric: str, file: str, column: str, names: Sequence[str]) -> str:
    near = did_you_mean(column, names)
    return Message(
        "metric_file.no_step_column", metric=metric, file=file, column=column, columns=listed(names), near=near
    )


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "replace")
