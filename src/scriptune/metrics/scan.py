"""Scan a piece of a log for metric values: the only place where patterns are applied to lines.

The intake of running trials, `scriptune check` and the pattern tester all call this, so what a user is shown
beforehand is what a search will do.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from scriptune.messages import Message
from scriptune.metrics.numbers import CONTEXT_BYTES, TORN_END, Refusal, read_number, unit_of
from scriptune.metrics.pattern import LINE_TIMEOUT_S, LineTimeoutError, Match, MetricPattern
from scriptune.metrics.sources.tail import LOOK_BACK_BYTES, Lines, Piece, ends_torn, raw_of, to_lines
from scriptune.metrics.tracebacks import may_be_quoted, quotes_source
from scriptune.metrics.units import convert

__all__ = ["MAX_MATCHES_PER_LINE", "Capture", "Note", "Scan", "Scanner"]

MAX_MATCHES_PER_LINE = 1000
"""Further matches on one line are left out: finding all can take quadratic time even in RE2."""

_MAX_TIMEOUTS = 5  # lines on which the backtracking engine may run out of time before the pattern is given up
_CHECK_EVERY = 32  # matches or lines between two checks of the clock
_DENSE_REGIONS = 16  # after so many lines with the literal, look how frequent it is:
_DENSE_BYTES = 400  # when more often than once in so many bytes, searching all the rest at once is faster
_SEARCHED_BYTES = 65_536
_QUOTED_BYTES = 160
_MAX_STEP = 2.0**53  # beyond, integers are no longer told apart


class Capture(NamedTuple):
    """A match of a metric pattern: the number, or why it was rejected.

    Attributes:
        metric: Name of the metric.
        value: The number as it was printed, NaN and infinities included; None when refused.
        unit: The letters or the sign right after it; ``""`` without one.
        refusal: Why, when there is no value.
        step: From the regex's ``step`` group, when there is one and it is a finite number.
        line_at: Byte offset of its line in the file.
        start, end: Place of the captured text in the cleaned text of the piece.
        text: The captured text of a refused capture.
        line: Its line when refused, cleaned, shortened around the capture when long; see `Scan.line_of`.
    """

    metric: str
    value: float | None
    unit: str
    refusal: Refusal | None
    step: float | None
    line_at: int
    start: int
    end: int
    text: str
    line: str


@dataclass(frozen=True, slots=True)
class Note:
    """A warning about a line.

    Attributes:
        metric: The metric, or ``""``.
        kind: A word; notes of a kind say the same about other lines.
        say: Makes the sentence.
        line_at: Byte offset of its line; the end of the scan when it is about all that follows.
    """

    metric: str
    kind: str
    say: Callable[[], str]
    line_at: int

    @property
    def text(self) -> str:
        """A whole sentence, which is not made before it is shown."""
        return self.say()


@dataclass(frozen=True, slots=True)
class Scan:
    """The captures and warnings of one piece of a log.

    Attributes:
        captures: In the order of the log.
        notes: Warnings, but for those that refused captures give; of several on a line, in the order of the patterns.
        end: Offset in the file up to which the piece was searched; before its end when time ran out.
        text: The cleaned lines, which the captures' places refer to.
    """

    captures: list[Capture]
    notes: list[Note]
    end: int
    text: bytes

    def line_of(self, capture: Capture) -> str:
        """The cleaned line of a capture, shortened around it if long."""
        start = self.text.rfind(b"\n", 0, capture.start) + 1
        return _quote(self.text, start, capture.start, _line_end(self.text, capture.end))

    def text_of(self, capture: Capture) -> str:
        """The captured text, shortened if long."""
        return _readable(self.text[capture.start : capture.end])


class Scanner:
    """Scans pieces of a log for metrics; its only state is which patterns were disabled.

    Args:
        patterns: By metric.
        clock: Seconds, for tests.
    """

    def __init__(self, patterns: Mapping[str, MetricPattern], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._patterns = dict(patterns)
        self._clock = clock
        self._n_timeouts = dict.fromkeys(patterns, 0)

    def scan(self, piece: Piece, *, deadline: float = math.inf, torn: bool = False) -> Scan:
        """Scan a piece with every pattern.

        Args:
            piece: The lines.
            deadline: By the clock. When it passes, the scan stops after a line, at least one.
            torn: The program was killed, so an unterminated last line may lack its end.
        """
        search = _Search(piece, deadline, self._clock)
        if piece.line_bytes:
            search.notes.append(_long_line_note(piece))
        is_cut = bool(piece.line_bytes) or (torn and piece.unterminated)
        captures: list[tuple[int, int, Capture]] = []
        given_up: list[MetricPattern] = []
        for order, (metric, pattern) in enumerate(self._patterns.items()):
            if self._n_timeouts[metric] >= _MAX_TIMEOUTS:
                continue
            captures += (
                (found.start, order, search.capture(pattern, found, is_cut)) for found in search.matches(pattern)
            )
            if search.n_timeouts:
                self._n_timeouts[metric] += search.n_timeouts
                search.n_timeouts = 0
                if self._n_timeouts[metric] >= _MAX_TIMEOUTS:
                    given_up.append(pattern)
        captures.sort(key=lambda entry: entry[:2])
        found = [capture for _, _, capture in captures if capture.line_at < search.end]
        # Lines beyond the end are scanned again, with their notes.
        notes = [note for note in search.notes if note.line_at < search.end]
        notes += [_given_up_note(pattern, search.end) for pattern in given_up]
        return Scan(found, notes, search.end, search.lines.text)


class _Search:
    """The state of scanning one piece: position, deadline, and warnings."""

    def __init__(self, piece: Piece, deadline: float, clock: Callable[[], float]) -> None:
        self.lines = Lines(piece.text, piece.raw)
        self.notes: list[Note] = []
        self.n_timeouts = 0
        self.end = piece.end  # in the file
        self._piece = piece
        self._text_end = len(self.lines.text)  # the same place in the cleaned text
        self._deadline = deadline
        self._clock = clock
        self._n_ticks = 0
        self._lines_before: list[tuple[int, bytes]] | None = None

    def matches(self, pattern: MetricPattern) -> Iterator[Match]:
        """Matches of a pattern, at most `MAX_MATCHES_PER_LINE` per line, until the deadline."""
        for start, end in _regions(pattern, self.lines.text, self._text_end):
            position: int | None = start
            while position is not None and position < min(end, self._text_end):
                position = yield from self._matches_until_flood(pattern, position, end)
            if pattern.by_line:
                # A line may have taken the backtracking engine nearly its whole timeout.
                self._tick(start, at_once=pattern.engine == "regex")
            if start >= self._text_end or self.n_timeouts >= _MAX_TIMEOUTS:
                return

    def _matches_until_flood(self, pattern: MetricPattern, start: int, end: int) -> Generator[Match, None, int | None]:
        """Yield matches; if a line has too many, return where the next line begins."""
        text = self.lines.text
        n_on_line, line_end = 0, -1
        try:
            for found in pattern.find(text, start, end):
                if found.start >= self._text_end:
                    return None
                if found.start >= line_end:
                    n_on_line, line_end = 0, _line_end(text, found.end)
                n_on_line += 1
                if n_on_line > MAX_MATCHES_PER_LINE:
                    self.notes.append(_flood_note(pattern, self._line_at(found.start)))
                    return line_end + 1
                yield found
                self._tick(found.start)
        except LineTimeoutError:
            self.n_timeouts += 1
            self.notes.append(_timeout_note(pattern, self._line_at(start)))
        return None

    def _tick(self, position: int, *, at_once: bool = False) -> None:
        """Check the clock from time to time; after the deadline the current line is the last one."""
        self._n_ticks += 1
        if (at_once or self._n_ticks % _CHECK_EVERY == 0) and self._clock() > self._deadline:
            end, text_end = self.lines.next_line(position)
            if text_end < self._text_end:
                self.end, self._text_end = self._piece.start + end, text_end

    def _line_at(self, position: int) -> int:
        return self._piece.start + self.lines.line_start(position)

    def capture(self, pattern: MetricPattern, found: Match, is_cut: bool) -> Capture:
        """Parse the number of a match, considering the text beside it."""
        text = self.lines.text
        start, end = found.value or (found.start, found.end)
        line_start, line_end = text.rfind(b"\n", 0, start) + 1, _line_end(text, end)
        number: float | Refusal
        if found.value is None:
            number = Refusal("no_group", "refusal.no_group")
        else:
            before, after = self._beside(start, end, line_start, line_end)
            number = read_number(
                text[start:end],
                before,
                after,
                comma_before=pattern.value_group in pattern.syntax.comma_before,
                loose_before=pattern.loose_before,
                line_cut=is_cut and line_end == len(text),
            )
            if type(number) is not Refusal and self._is_quoted(line_start, line_end, start):
                number = Refusal("traceback", "refusal.traceback")
        step = None if found.step is None else self._step(pattern, found.step, line_start, line_end)
        line_at = self._line_at(found.start)
        if isinstance(number, Refusal):
            shown = _readable(text[start:end]), _quote(text, line_start, start, line_end)
            return Capture(pattern.metric, None, "", number, step, line_at, start, end, *shown)
        return Capture(pattern.metric, float(number), unit_of(number), None, step, line_at, start, end, "", "")

    def _beside(self, start: int, end: int, line_start: int, line_end: int) -> tuple[bytes, bytes]:
        """The text on both sides of a capture, marked where the line's end may have cut its number."""
        marked = self.lines.marked
        if marked is not self.lines.text:
            if line_start and marked[line_start - 1] == 0:
                line_start -= 1
            if line_end < len(marked) and marked[line_end] == 0:
                line_end += 1
        first, last = start - CONTEXT_BYTES, end + CONTEXT_BYTES
        before = marked[first if first > line_start else line_start : start]
        if start == 0 and ends_torn(self._piece.before):
            before = TORN_END
        return before, marked[end : last if last < line_end else line_end]

    def _is_quoted(self, line_start: int, line_end: int, start: int) -> bool:
        """Whether a line is part of a traceback."""
        text = self.lines.text
        above = b""
        if line_start:
            above = text[text.rfind(b"\n", 0, line_start - 1) + 1 : line_start - 1]
        if not above:  # the first line of the piece, or behind an end of two bytes
            above = next(self._above(line_start), b"")
        line = text[line_start:line_end]
        return may_be_quoted(line, above) and quotes_source(line, start - line_start, self._above(line_start))

    def _above(self, line_start: int) -> Iterator[bytes]:
        """The non-empty lines above a line, nearest first; independent of how the log was cut into pieces."""
        text, piece = self.lines.text, self._piece
        first_at = self._line_at(line_start) - LOOK_BACK_BYTES
        end = line_start - 1
        while end >= 0:
            start = text.rfind(b"\n", 0, end) + 1
            if start < end:
                if piece.start + self.lines.line_start(start) < first_at:
                    return
                yield text[start:end]
            end = start - 1
        if self._lines_before is None:
            self._lines_before = _lines_of(piece.before, piece.start - len(piece.before))
        for at, line in reversed(self._lines_before):
            if at < first_at:
                return
            yield line

    def _step(self, pattern: MetricPattern, span: tuple[int, int], line_start: int, line_end: int) -> float | None:
        text, (start, end) = self.lines.text, span
        # A comma beside a step is a separator when the regex names it on either side.
        before, after = self._beside(start, end, line_start, line_end)
        if pattern.step_group in pattern.syntax.hyphen_before:
            before = before[:-1] + b" "  # the regex names it, so it is not a minus sign
        step = read_number(
            text[start:end],
            before,
            after,
            comma_before=pattern.step_group in pattern.syntax.comma_before,
            comma_after=pattern.step_group in pattern.syntax.comma_after,
        )
        if not isinstance(step, Refusal) and (unit := unit_of(step)):
            counted = convert(step, unit, "")  # 1.2k steps; of other units, the number alone
            step = step if counted is None else counted
        if isinstance(step, Refusal) or not abs(step) <= _MAX_STEP:
            refusal = step if isinstance(step, Refusal) else Refusal("step", "refusal.not_a_step")
            quoted = _readable(text[start:end])
            self.notes.append(
                Note(
                    pattern.metric,
                    "step",
                    partial(_bad_step, pattern.metric, quoted, refusal, self._line_at(start)),
                    self._line_at(start),
                )
            )
            return None
        return float(step)


def _regions(pattern: MetricPattern, text: bytes, end: int) -> Iterator[tuple[int, int]]:
    """The regions to search: single lines, or large blocks, restricted to where the pattern's literal occurs."""
    literal = pattern.literal
    if not literal and not pattern.by_line:
        yield from _blocks(text, 0, end)
        return
    position, n_regions = 0, 0
    while position < end:
        if literal:
            found = text.find(literal, position, end)
            if found < 0:
                return
            position = max(text.rfind(b"\n", position, found) + 1, position)
        if n_regions == _DENSE_REGIONS and not pattern.by_line and n_regions * _DENSE_BYTES > position:
            yield from _blocks(text, position, end)
            return
        n_regions += 1
        line_end = _line_end(text, position)
        if line_end > position:
            yield position, line_end
        position = line_end + 1


def _blocks(text: bytes, position: int, end: int) -> Iterator[tuple[int, int]]:
    """Blocks of whole lines of about `_SEARCHED_BYTES`: a regex with ``.*`` scans the whole block for each match."""
    while position < end:
        line_end = text.rfind(b"\n", position, position + _SEARCHED_BYTES)
        if line_end < position:
            line_end = _line_end(text, position)
        yield position, min(line_end + 1, end)
        position = line_end + 1


def _lines_of(before: bytes, start: int) -> list[tuple[int, bytes]]:
    """The cleaned, non-empty lines before a piece, each with its offset in the file."""
    lines = Lines(to_lines(before), raw_of(before))
    found, position = [], 0
    for line in lines.text.split(b"\n"):
        if line:
            found.append((start + lines.line_start(position), line))
        position += len(line) + 1
    return found


def _line_end(text: bytes, position: int) -> int:
    newline = text.find(b"\n", position)
    return newline if newline >= 0 else len(text)


def _readable(text: bytes) -> str:
    shown = text[:_QUOTED_BYTES].decode("utf-8", "replace")
    return shown + "..." if len(text) > _QUOTED_BYTES else shown


def _quote(text: bytes, line_start: int, start: int, line_end: int) -> str:
    """The line, or for a long one the part around the capture."""
    first, last = line_start, line_end
    if last - first > _QUOTED_BYTES:
        first = max(line_start, min(start, line_end - _QUOTED_BYTES) - _QUOTED_BYTES // 2)
        last = min(line_end, first + _QUOTED_BYTES)
    shown = text[first:last].decode("utf-8", "replace")
    return ("..." if first > line_start else "") + shown + ("..." if last < line_end else "")


def _long_line_note(piece: Piece) -> Note:
    return Note(
        "",
        "long_line",
        partial(Message, "log.long_line", n=piece.line_bytes, most=len(piece.text), at=piece.start),
        piece.start,
    )


def _bad_step(metric: str, text: str, refusal: Refusal, line_at: int) -> Message:
    return Message("log.bad_step", metric=metric, text=text, why=refusal.text, at=line_at)


def _flood_note(pattern: MetricPattern, line_at: int) -> Note:
    return Note(
        pattern.metric,
        "flood",
        partial(Message, "log.flood", metric=pattern.metric, at=line_at, most=MAX_MATCHES_PER_LINE),
        line_at,
    )


def _timeout_note(pattern: MetricPattern, line_at: int) -> Note:
    return Note(
        pattern.metric,
        "timeout",
        partial(
            Message,
            "log.slow_regex",
            metric=pattern.metric,
            regex=pattern.regex,
            at=line_at,
            seconds=f"{LINE_TIMEOUT_S:g}",
        ),
        line_at,
    )


def _given_up_note(pattern: MetricPattern, line_at: int) -> Note:
    return Note(
        pattern.metric,
        "given_up",
        partial(Message, "log.regex_given_up", metric=pattern.metric, regex=pattern.regex, n=_MAX_TIMEOUTS),
        line_at,
    )
