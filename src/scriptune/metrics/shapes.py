"""Read lines that differ in nothing but their digits from lines that were looked at before.

A program prints the same few lines again and again with other numbers. The *shape* of a line is the line with a 0 in
place of each digit. Where a regex that is blind to digits matches, whether a capture is an everyday number
(`numbers.is_everyday`), and whether the line may be part of a traceback (`tracebacks.may_be_quoted`) depend on the
shapes of the line and of the one above it alone. So each shape is looked at once, and from its other lines only the
digits are taken, where it has them.

Whatever is not so plain is left to the `Scanner`: a number that needs a closer look, a unit, a line that may be quoted,
a very long line, or one with escape sequences. Both ways give the same reports; this one costs a tenth, and pays where
most lines have a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from scriptune.core.trial import Report
from scriptune.metrics.numbers import CONTEXT_BYTES, is_everyday
from scriptune.metrics.pattern import LineTimeoutError, MetricPattern
from scriptune.metrics.sources.tail import LOOK_BACK_BYTES, Piece, ends_torn, raw_of, to_lines
from scriptune.metrics.tracebacks import may_be_quoted
from scriptune.metrics.units import MetricUnits

__all__ = ["ShapeReader"]

_TO_SHAPE = bytes.maketrans(b"123456789", b"000000000")
_MIN_BYTES = 1024  # with less, there is little to gain
_DENSE_BYTES = 400  # with fewer values than one in so many bytes, searching for the metrics is faster
_SEEN_BEFORE = 4  # of so many lines at most one may need the scanner, or have a new shape, for this way to pay
_REST = 32  # pieces for which the scanner is left alone, when it did not
_MAX_RUN_BYTES = 4096
_MAX_SHAPES = 1024  # and lines of 512 bytes: half a megabyte
_MAX_LINE_BYTES = 512
_MAX_LINES_ABOVE = 64
_MAX_CAPTURES = 16
_MAX_STEP_DIGITS = 15  # so that it is exact


class _Place(NamedTuple):
    """Where the lines of a shape have a value, and its step if there is one."""

    metric: str
    value: slice
    step: slice | None


class _Shape:
    """What is known of the lines of a shape.

    Attributes:
        places: Of the values; None when its lines are for the scanner.
        length: Of a line with its end.
        below: Shapes of lines below which it is certainly no line of a traceback, and has been looked at.
    """

    __slots__ = ("below", "length", "places")

    def __init__(self, places: list[_Place] | None, length: int) -> None:
        self.places = places
        self.length = length
        self.below: set[_Shape] = set()

    def may_be_read_below(self, line: bytes, above: _Shape, line_above: bytes) -> bool:
        """Whether no line of this shape needs the scanner when it is below one of the other; both are given."""
        if not line or self.places is None:
            return False
        if self.places and (above is _UNKNOWN or may_be_quoted(line, line_above)):
            return False
        if len(self.below) == _MAX_LINES_ABOVE:
            self.below.clear()
        self.below.add(above)
        return True


_UNKNOWN = _Shape(None, 0)  # of the line above when it is not in the piece, or too far above


class _Shapes(dict[bytes, _Shape]):
    """The shapes of an attempt's lines; one that is missing is looked at.

    Attributes:
        n_looked_at: How many were.
    """

    def __init__(self, patterns: Mapping[str, MetricPattern], units: MetricUnits) -> None:
        self._patterns = patterns
        self._units = units
        self.n_looked_at = 0

    def __missing__(self, line: bytes) -> _Shape:
        self.n_looked_at += 1
        if len(self) >= _MAX_SHAPES:
            self.clear()
        length = len(line) + 1
        if length > _MAX_LINE_BYTES:
            return _Shape(None, length)
        places = self._places(line)
        shape = _Shape(places, length)
        if places is not None and any(self._units.unit(place.metric) != "" for place in places):
            return _Shape(None, length)  # the first value of all decides the unit, so look again at the next line
        self[line] = shape
        return shape

    def _places(self, line: bytes) -> list[_Place] | None:
        found: list[tuple[int, int, _Place]] = []
        for order, (metric, pattern) in enumerate(self._patterns.items()):
            try:
                for match in pattern.find(line):
                    if match.value is None or not _is_plain(line, slice(*match.value)) or len(found) == _MAX_CAPTURES:
                        return None
                    step = None if match.step is None else slice(*match.step)
                    if step is not None and not _is_plain_step(line, step, pattern):
                        return None
                    found.append((match.start, order, _Place(metric, slice(*match.value), step)))
            except LineTimeoutError:
                return None
        return [place for _, _, place in sorted(found)]


class ShapeReader:
    """Reads the plain lines of an attempt's log. Not thread-safe.

    Args:
        patterns: By metric.
        units: Of the metrics; only values of metrics without a unit are read here.
    """

    def __init__(self, patterns: Mapping[str, MetricPattern], units: MetricUnits) -> None:
        self._patterns = patterns
        self._shapes = _Shapes(patterns, units)
        self._rest = 0  # pieces until the next try

    def suits(self, piece: Piece, *, torn: bool) -> bool:
        """Whether a piece can be read by `read`, and this is likely to pay."""
        if self._rest:
            self._rest -= 1
            return False
        return (
            len(piece.text) >= _MIN_BYTES
            and not (piece.line_bytes or piece.raw or (torn and piece.unterminated))
            and b"\x1b" not in piece.text
            and _is_utf8(piece.text)
            and not ends_torn(piece.before)
            and all(pattern.is_blind_to_digits for pattern in self._patterns.values())
        )

    def note(self, piece: Piece, n_reports: int) -> None:
        """Remember how many reports the scanner found in a piece: where there are few, it is faster."""
        if n_reports * _DENSE_BYTES < len(piece.text):
            self._rest = max(self._rest, 1)

    def read(
        self, piece: Piece, reports: list[Report], counts: dict[str, int], now: datetime
    ) -> Iterator[tuple[int, int]]:
        """Append the reports of plain lines; yield each run of other lines when its reports are due.

        Args:
            piece: One that suits.
            reports: Gets the reports.
            counts: Reports so far, by metric.
            now: The time of the reports.

        Yields:
            Begin and end of lines for the scanner, as places in the piece's text.
        """
        shapes, start, append = self._shapes, piece.start, reports.append
        n_reports, n_others, n_known = len(reports), 0, shapes.n_looked_at
        at, run = start, -1
        line_above = _line_above(piece.before)
        above, above_at = shapes[line_above.translate(_TO_SHAPE)] if line_above else _UNKNOWN, start
        lines = piece.text.split(b"\n")
        of_lines = map(shapes.__getitem__, piece.text.translate(_TO_SHAPE).split(b"\n"))
        for line, shape in zip(lines, of_lines, strict=True):
            if above in shape.below or shape.may_be_read_below(line, above, line_above):
                if run >= 0:
                    yield run - start, at - start
                    run = -1
                for metric, value, step in shape.places or ():
                    count = counts[metric]
                    counts[metric] = count + 1
                    append(Report(metric, float(line[value]), float(line[step] if step else count), at, now))
            elif not line:
                if above_at <= at - LOOK_BACK_BYTES:
                    above = _UNKNOWN
                at += 1
                continue
            else:
                n_others += 1
                if run < 0:
                    run = at
                elif at - run > _MAX_RUN_BYTES:  # its values may decide units
                    yield run - start, at - start
                    run = at
            above, line_above, above_at = shape, line, at
            at += shape.length
        if run >= 0:
            yield run - start, len(piece.text)
        is_dense = (len(reports) - n_reports) * _DENSE_BYTES >= len(piece.text)
        if not is_dense or (n_others + shapes.n_looked_at - n_known) * _SEEN_BEFORE > len(lines):
            self._rest = _REST if is_dense else 1


def _line_above(before: bytes) -> bytes:
    """The last line that is not empty; ``b""`` when what is before a piece does not plainly show it."""
    text = to_lines(before[-_MAX_LINE_BYTES:])
    if raw_of(before[-_MAX_LINE_BYTES:]) or b"\x1b" in text or not text.isascii():
        return b""
    _, newline, line = text.rstrip(b"\n").rpartition(b"\n")
    return line if newline else b""


def _is_utf8(text: bytes) -> bool:
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            return False
    return True


def _is_plain(line: bytes, place: slice) -> bool:
    before, after = line[: place.start], line[place.stop :]
    return is_everyday(line[place], before[-CONTEXT_BYTES:], after[:CONTEXT_BYTES])


def _is_plain_step(line: bytes, place: slice, pattern: MetricPattern) -> bool:
    step = line[place]
    return (
        step.isdigit()
        and len(step) <= _MAX_STEP_DIGITS
        and pattern.step_group not in pattern.syntax.hyphen_before
        and _is_plain(line, place)
    )
