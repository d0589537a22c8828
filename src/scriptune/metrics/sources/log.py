"""Turn a growing log into reports; the engine calls this for every running attempt.

The reports depend on the bytes of the log alone. How the program's writes were cut, how much is read at a time,
and how often the reader was killed and began again at a stored offset makes no difference. The warnings are in the
order of their lines, so how lines are scanned together makes no difference to them either.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from scriptune.core.job import MetricUnit
from scriptune.core.trial import Report
from scriptune.messages import Message, sentences
from scriptune.metrics.pattern import MetricPattern
from scriptune.metrics.scan import Capture, Note, Scan, Scanner
from scriptune.metrics.shapes import ShapeReader
from scriptune.metrics.sources.base import Batch
from scriptune.metrics.sources.limited_warnings import LimitedWarnings
from scriptune.metrics.sources.tail import BLOCK_BYTES, MAX_LINE_BYTES, Piece, Tail
from scriptune.metrics.units import MetricUnits

__all__ = ["READ_TIME_S", "MetricIntake", "in_unit", "refusal_text", "unit_text"]

READ_TIME_S = 0.1
"""A read begins no further block after this time, so that no trial's log keeps the others waiting."""

_MAX_REPORTS = 4000  # of one read, or a piece more: what is made of many goes through memory that no cache holds


class MetricIntake:
    """Reads the metrics of one attempt from its log: the first `MetricSource`.

    Args:
        patterns: By metric.
        path: The log; it need not exist yet.
        offset: ``to_offset`` of the last batch that was stored, 0 at first.
        counts: Reports stored so far, by metric; steps continue from there.
        units: Of the job's metrics, shared by all intakes of a job; a first report decides. Its own when absent.
        clock: A clock in seconds, for tests.
        block_bytes, max_line_bytes: For tests.
    """

    def __init__(
        self,
        patterns: Mapping[str, MetricPattern],
        path: Path,
        offset: int = 0,
        counts: Mapping[str, int] | None = None,
        *,
        units: MetricUnits | None = None,
        clock: Callable[[], float] = time.monotonic,
        block_bytes: int = BLOCK_BYTES,
        max_line_bytes: int = MAX_LINE_BYTES,
    ) -> None:
        self._patterns = dict(patterns)
        self._tail = Tail(path, offset, block_bytes=block_bytes, max_line_bytes=max_line_bytes)
        self._scanner = Scanner(patterns, clock=clock)
        self._clock = clock
        self._units = MetricUnits() if units is None else units
        self._shapes = ShapeReader(self._patterns, self._units)
        self._counts = {metric: (counts or {}).get(metric, 0) for metric in patterns}
        self._warnings = LimitedWarnings()

    @property
    def offset(self) -> int:
        """The start of the first line that was not read yet."""
        return self._tail.offset

    @property
    def end(self) -> int | None:
        """Where to stop reading although the log may grow further; None to read to its end."""
        return self._tail.end

    @end.setter
    def end(self, end: int | None) -> None:
        self._tail.end = end

    def read(self, max_bytes: int, *, now: datetime, final: bool = False, torn: bool = False) -> Batch:
        """Read further complete lines, up to about ``max_bytes`` and `READ_TIME_S`; see `MetricSource`."""
        deadline = self._clock() + READ_TIME_S
        from_offset, n_bytes, at_end = self._tail.offset, 0, False
        error: OSError | None = None
        reports: list[Report] = []
        while not at_end and n_bytes < max(max_bytes, 1) and len(reports) < _MAX_REPORTS:
            try:
                piece = self._tail.read(final=final)
            except OSError as err:
                error = err
                break
            for note in self._tail.notes:
                self._warnings.add("", "file", partial(str, note))
            self._tail.notes.clear()
            if piece is None:
                at_end = True
                break
            end = self._read_piece(piece, reports, now, deadline, torn)
            self._tail.advance(piece, end)
            n_bytes += max(end - piece.start, 1)
            if self._clock() > deadline:
                break
        if final and at_end:
            self._warnings.sum_up()
        return Batch(reports, self._warnings.take(), from_offset, self._tail.offset, at_end, error)

    def _read_piece(self, piece: Piece, reports: list[Report], now: datetime, deadline: float, torn: bool) -> int:
        """Append the reports of a piece, or of its begin when time runs out; return up to where."""
        if not self._shapes.suits(piece, torn=torn):
            n_before = len(reports)
            end = self._scan(piece, reports, now, deadline, torn)
            self._shapes.note(piece, len(reports) - n_before)
            return end
        for first, last in self._shapes.read(piece, reports, self._counts, now):
            part = piece.part(first, last)
            end = self._scan(part, reports, now, deadline, torn)
            if end < part.end:
                return end
        return piece.end

    def _scan(self, piece: Piece, reports: list[Report], now: datetime, deadline: float, torn: bool) -> int:
        scan = self._scanner.scan(piece, deadline=deadline, torn=torn)
        notes = scan.notes + self._add_reports(scan, reports, now)
        for note in sorted(notes, key=lambda note: note.line_at):
            self._warnings.add(note.metric, note.kind, note.say)
        return scan.end

    def _add_reports(self, scan: Scan, reports: list[Report], now: datetime) -> list[Note]:
        """Append the reports of the captures; return a warning for each of the others."""
        notes: list[Note] = []
        for capture in scan.captures:
            if capture.value is None:
                kind = capture.refusal.kind if capture.refusal else ""
                say = partial(refusal_text, capture, self._patterns[capture.metric])
                notes.append(Note(capture.metric, kind, say, capture.line_at))
                continue
            value = self._units.read(capture.metric, capture.value, capture.unit, partial(scan.line_of, capture))
            if value is None:
                known = self._units.known[capture.metric]
                notes.append(Note(capture.metric, "unit", partial(unit_text, capture, scan, known), capture.line_at))
                continue
            count = self._counts[capture.metric]
            self._counts[capture.metric] = count + 1
            step = float(count) if capture.step is None else capture.step
            reports.append(Report(capture.metric, value, step, capture.line_at, now, capture.unit))
        return notes


def refusal_text(capture: Capture, pattern: MetricPattern) -> str:
    """The warning about a rejected capture: what was captured, why it is rejected, what to do next."""
    assert capture.refusal is not None  # callers look first
    kind = capture.refusal.kind
    if kind in ("no_number", "no_group", "empty") and pattern.n_groups > 1 and not pattern.value_is_named:
        code = "advice.name_the_value"
    else:
        code = _ADVICE.get(kind, "")
    advice = Message(code) if code else ""
    refused = Message(
        "log.refused",
        metric=capture.metric,
        text=capture.text,
        why=capture.refusal.text,
        line=capture.line,
        at=capture.line_at,
    )
    return sentences(refused, advice)


def unit_text(capture: Capture, scan: Scan, known: MetricUnit) -> str:
    """The warning about a value in a different unit than its metric's: both lines, and what to do next."""
    decided = (
        Message("log.as_in_line", line=known.line) if known.line else Message("log.as_job_says", metric=capture.metric)
    )
    return Message(
        "log.other_unit",
        metric=capture.metric,
        decided=decided,
        text=scan.text_of(capture),
        unit=in_unit(capture.unit),
        line=scan.line_of(capture),
        at=capture.line_at,
        expected=in_unit(known.unit),
    )


def in_unit(unit: str) -> str:
    """A phrase for messages: in which unit."""
    return Message("log.in_unit", unit=unit) if unit else Message("log.without_unit")


_ADVICE = {
    "cut": "advice.whole_number",
    "no_number": "advice.number_only",
    "no_group": "advice.number_only",
    "empty": "advice.plus",
    "ambiguous": "advice.commas",
    "clock": "advice.seconds",
    "name": "advice.text_before",
    "torn": "advice.one_write",
}
