r"""Try metric regexes on text or on a log, and generate one from marked examples.

Every proposal is verified: candidates are tried in order of simplicity, and the first one that captures every marked
number and nothing else on their lines, when the log is read exactly as the intake reads it, is returned.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO, ClassVar

from scriptune.core.work_limit import check_work_limit, current_limit
from scriptune.errors import MetricPatternError
from scriptune.messages import Message
from scriptune.metrics.pattern import MetricPattern, compile_pattern
from scriptune.metrics.scan import Capture, Scan, Scanner
from scriptune.metrics.sources.log import refusal_text, unit_text
from scriptune.metrics.sources.tail import LOOK_BACK_BYTES, Lines, Piece, Tail, raw_of, to_lines
from scriptune.metrics.units import MetricUnits
from scriptune.regular_files import open_regular

__all__ = [
    "NUMBER",
    "Example",
    "Proposal",
    "TextCapture",
    "capture_lines",
    "readable",
    "suggest_pattern",
    "test_pattern",
]

NUMBER = r"([-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|(?i:nan|inf)))"
"""The group that proposals capture numbers with."""

_MAX_TEXT_CHARS = 1_000_000  # a pasted text; forty candidates are tried on it
_COUNT_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 15
# Every capture is shown with its line: a thousand on one line of a megabyte would make an answer of a gigabyte.
_MAX_SHOWN_CHARS = 4_000_000
_MAX_NEAR = 4000  # characters on a side of a marked number that are examined
_MAX_CONTEXT = 12  # tokens on a side; with more, the regex describes the line rather than the metric
_TOKEN = re.compile(r"[^\W\d]+|\d+(?:\.\d+)?|\s+|.", re.S)
_TOKEN_NUMBER = re.compile(NUMBER)


@dataclass(frozen=True)
class TextCapture:
    """One capture of a regex in sample output, for display.

    Attributes:
        metric: Name of the metric.
        line_no: Line of the text or file, from 1.
        line: The line, cleaned of escape sequences; of a progress bar, the one version.
        start, end: Place of the capture in ``line``, in characters.
        text: What was captured.
        value: The number, in the unit of its metric; None when refused.
        step: From the regex's ``step`` group.
        problem: Why it is refused and what to do next.
        offset: Byte offset of the line.
        unit: The letters or the sign right after the number, as printed; ``""`` without one.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason",)

    metric: str
    line_no: int
    line: str
    start: int
    end: int
    text: str
    value: float | None
    step: float | None
    problem: str | None
    offset: int
    unit: str = ""

    @property
    def reason(self) -> Message | None:
        """The problem as code and parameters; None if it has no code."""
        return self.problem if isinstance(self.problem, Message) else None


@dataclass(frozen=True)
class Example:
    """A number that the user marked: characters ``start`` to ``end`` of line ``line_no`` (from 1)."""

    line_no: int
    start: int
    end: int


@dataclass(frozen=True)
class Proposal:
    """A generated regex that was verified on the text.

    Attributes:
        regex: It finds all marked numbers.
        text: The text as the captures' lines and columns count it.
        captures: What the regex captures there; of very many captures on very long lines, the first ones.
    """

    regex: str
    text: str
    captures: list[TextCapture]


def test_pattern(regex: str, text: str) -> list[TextCapture]:
    """All captures of a regex in sample output, rejected ones too; of very many on very long lines, the first ones.

    Raises:
        MetricPatternError: The regex cannot be used, or the text is too long.
    """
    if len(text) > _MAX_TEXT_CHARS:
        raise _too_long(text)
    # Of a raw text with progress bars, every version of a bar is a line, as `readable` shows it.
    return _shown(_captures_in_text({"metric": compile_pattern("metric", regex)}, readable(text)))


# Its name is the API's; it is not a test to collect.
test_pattern.__test__ = False  # type: ignore[attr-defined]  # functions take attributes, mypy knows none


def capture_lines(
    path: Path, patterns: Mapping[str, MetricPattern], limit: int, units: MetricUnits | None = None
) -> list[TextCapture]:
    """The first ``limit`` captures in a log file, including rejected ones.

    Args:
        path: The log.
        patterns: By metric.
        limit: How many.
        units: Of the metrics; those that are not known are decided by the first captures.

    Raises:
        NotRegularFileError: Something else has its name.
        OSError: The file cannot be read.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        return _shown(islice(_captures_in_file(path, file, patterns, units or MetricUnits()), limit))


def _captures_in_file(
    path: Path, file: BinaryIO, patterns: Mapping[str, MetricPattern], units: MetricUnits
) -> Iterator[TextCapture]:
    tail, scanner, lines = Tail(path), Scanner(patterns), _LineCounter(file)
    while (piece := tail.read(final=True)) is not None:
        check_work_limit(Message("task.reading_log"))
        scan = scanner.scan(piece)
        place = _Places(scan.text)
        for capture in scan.captures:
            yield _for_people(capture, scan, place, lines.number_at(capture.line_at), patterns[capture.metric], units)
        tail.advance(piece, piece.end)


def _captures_in_text(patterns: Mapping[str, MetricPattern], text: str) -> list[TextCapture]:
    data = text.encode("utf-8", "replace")
    lines = _LineCounter(BytesIO(data))
    scanner = Scanner(patterns, clock=current_limit().overrun_s)
    captures: list[TextCapture] = []
    units = MetricUnits()
    start = 0
    # In blocks, with a check of the time between them: the engine cannot be stopped inside of one.
    while start < len(data):
        end = data.find(b"\n", min(start + _BLOCK_BYTES, len(data) - 1)) + 1 or len(data)
        block, before = data[start:end], data[max(0, start - LOOK_BACK_BYTES) : start]
        piece = Piece(start, end, to_lines(block), unterminated=end == len(data), raw=raw_of(block), before=before)
        scan = scanner.scan(piece, deadline=0.0)
        check_work_limit(Message("task.trying_regex"), Message("task.simpler_regex"))
        place = _Places(scan.text)
        captures += (
            _for_people(c, scan, place, lines.number_at(c.line_at), patterns[c.metric], units) for c in scan.captures
        )
        start = end
    return captures


def _shown(captures: Iterable[TextCapture]) -> list[TextCapture]:
    """The first captures whose lines fit the size limit; at least one."""
    shown: list[TextCapture] = []
    left = _MAX_SHOWN_CHARS
    for capture in captures:
        left -= len(capture.line)
        if left < 0 and shown:
            break
        shown.append(capture)
    return shown


class _LineCounter:
    """Converts growing offsets to line numbers as an editor shows them, in one pass over the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = 0
        self._number = 1

    def number_at(self, offset: int) -> int:
        """The number (from 1) of the line that contains an offset."""
        while self._offset < offset and (block := self._file.read(min(offset - self._offset, _COUNT_BYTES))):
            self._number += block.count(b"\n")
            self._offset += len(block)
        return self._number


class _Places:
    """Converts offsets of captures to lines and columns, in any order; fast for many in order on one line."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._first, self._last = 0, -1
        self._line = ""
        # So many characters are before this byte of the line.
        self._byte = self._column = 0

    def of(self, start: int, end: int) -> tuple[str, int]:
        """The line of a capture, and the column where it starts."""
        if not self._first <= start <= end <= self._last:
            self._first = self._byte = self.text.rfind(b"\n", 0, start) + 1
            last = self.text.find(b"\n", end)
            self._last = last if last >= 0 else len(self.text)
            self._line = self.text[self._first : self._last].decode("utf-8", "replace")
            self._column = 0
        if start < self._byte:
            self._byte, self._column = self._first, 0
        self._column += len(self.text[self._byte : start].decode("utf-8", "replace"))
        self._byte = start
        return self._line, self._column


def _for_people(
    capture: Capture, scan: Scan, place: _Places, line_no: int, pattern: MetricPattern, units: MetricUnits
) -> TextCapture:
    line, start = place.of(capture.start, capture.end)
    captured = place.text[capture.start : capture.end].decode("utf-8", "replace")
    value, problem = capture.value, None if capture.refusal is None else refusal_text(capture, pattern)
    if value is not None:
        value = units.read(capture.metric, value, capture.unit, partial(scan.line_of, capture))
        problem = None if value is not None else unit_text(capture, scan, units.known[capture.metric])
    return TextCapture(
        metric=capture.metric,
        line_no=line_no,
        line=line,
        start=start,
        end=start + len(captured),
        text=captured,
        value=value,
        step=capture.step,
        problem=problem,
        offset=capture.line_at,
        unit=capture.unit,
    )


# --- proposals -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Marked:
    """A number marked by the user: its cleaned line, and its position there."""

    line_no: int
    line: str
    start: int
    end: int


def suggest_pattern(text: str, examples: Sequence[Example | str], *, avoid: Collection[int] = ()) -> Proposal:
    """Generate a regex that captures the marked numbers and nothing else on their lines.

    Args:
        text: Some lines of a log; line numbers and columns are those of `readable`.
        examples: Marked places, or texts (``0.93``, ``val_acc=0.93``) of which the first occurrence is meant.
        avoid: Numbers of further lines on which nothing may be captured.

    Raises:
        MetricPatternError: An example holds no number, or no regex tells the marked numbers from others.
    """
    if len(text) > _MAX_TEXT_CHARS:
        raise _too_long(text)
    if not examples:
        raise MetricPatternError(Message("proposal.nothing_marked"))
    text = readable(text)
    numbers = _Numbers(text.split("\n"))
    marked = [_locate(numbers, example) for example in examples]
    proven = [p for keep_digits in (False, True) if (p := _first_proven(text, marked, keep_digits, avoid)) is not None]
    if proven:  # digits in names: "top1" is to stay, "epoch3" is not, so the one that finds more is right
        best = min(proven, key=lambda p: (-len(p.captures), len(p.regex)))
        return Proposal(best.regex, text, _shown(best.captures))
    raise MetricPatternError(Message("proposal.none_found", numbers=[m.line[m.start : m.end] for m in marked[:5]]))


def _first_proven(text: str, marked: Sequence[_Marked], keep_digits: bool, avoid: Collection[int]) -> Proposal | None:
    """The first candidate that captures only the marked numbers, preferably without rejected captures elsewhere."""
    wanted = {(m.line_no, m.start, m.end) for m in marked}
    line_nos = {*avoid, *(m.line_no for m in marked)}
    second_best: Proposal | None = None
    for regex in _candidates(marked, keep_digits):
        try:
            captures = _captures_in_text({"metric": compile_pattern("metric", regex)}, text)
        except MetricPatternError:  # a context too long for a regex
            continue
        on_marked = [c for c in captures if c.line_no in line_nos]
        if {(c.line_no, c.start, c.end) for c in on_marked} != wanted or any(c.problem for c in on_marked):
            continue
        proposal = Proposal(regex, text, captures)
        if not any(capture.problem for capture in captures):
            return proposal
        second_best = second_best or proposal
    return second_best


def _too_long(text: str) -> MetricPatternError:
    return MetricPatternError(Message("proposal.text_too_long", n=len(text), most=_MAX_TEXT_CHARS))


def readable(text: str) -> str:
    """A log as text, with the lines and columns of `suggest_pattern`: no escapes, one line per progress-bar update."""
    single_ends = re.sub("[\r\b\0]+", "\n", text.replace("\r\n", "\n"))
    return Lines(single_ends.encode("utf-8", "replace")).text.decode()


class _Numbers:
    """Finds the numbers on lines, and caches them per line."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._known: dict[int, tuple[list[int], list[int]]] = {}

    def touching(self, line_no: int, start: int, end: int) -> list[tuple[int, int]]:
        """The positions of the numbers that overlap a part of a line."""
        check_work_limit(Message("task.looking_for_numbers"), Message("task.fewer_numbers"))
        if line_no not in self._known:
            places = [number.span() for number in _TOKEN_NUMBER.finditer(self.lines[line_no - 1])]
            self._known[line_no] = ([first for first, _ in places], [last for _, last in places])
        starts, ends = self._known[line_no]
        touched = slice(bisect_right(ends, start), bisect_left(starts, end))
        return list(zip(starts[touched], ends[touched], strict=True))


def _locate(numbers: _Numbers, example: Example | str) -> _Marked:
    """Find the number that an example refers to."""
    lines = numbers.lines
    if isinstance(example, str):
        wanted = example.strip()
        for line_no, line in enumerate(lines, 1):
            for start in _starts(line, wanted):
                touched = numbers.touching(line_no, start, start + len(wanted))
                if touched and touched[-1][0] >= start and touched[-1][1] <= start + len(wanted):
                    return _Marked(line_no, line, *touched[-1])
        raise MetricPatternError(Message("proposal.no_such_number", example=example))
    line = lines[example.line_no - 1] if 1 <= example.line_no <= len(lines) else ""
    if line and (touched := numbers.touching(example.line_no, example.start, example.end)):
        return _Marked(example.line_no, line, *touched[0])
    raise MetricPatternError(
        Message("proposal.no_number", line=line[example.start : example.end], line_no=example.line_no)
    )


def _starts(line: str, wanted: str) -> Iterator[int]:
    """The positions of a string in a line, without overlaps."""
    start = line.find(wanted) if wanted else -1
    while start >= 0:
        yield start
        start = line.find(wanted, start + len(wanted))


def _candidates(marked: Sequence[_Marked], keep_digits: bool) -> Iterator[str]:
    """Generate candidate regexes, simple ones first: text before the number, after it, both, the whole line start."""
    # A line may be a megabyte long, and is not taken apart beyond what a regex could describe.
    lefts = [_TOKEN.findall(m.line[max(0, m.start - _MAX_NEAR) : m.start])[::-1] for m in marked]  # nearest token first
    rights = [_TOKEN.findall(m.line[m.end : m.end + _MAX_NEAR]) for m in marked]
    left, right = _shared(lefts, keep_digits), _shared(rights, keep_digits)
    befores = [_before(left, n) for n in range(1, len(left) + 1) if _is_telling(left[:n], is_left=True)]
    afters = ["".join(right[:n]) for n in range(1, len(right) + 1) if _is_telling(right[:n], is_left=False)]
    yield from (before + NUMBER for before in befores)
    yield from (NUMBER + after for after in afters)
    yield from (before + NUMBER + after for before in befores[:4] for after in afters[:4])
    if len(left) == max(map(len, lefts)) and all(m.start <= _MAX_NEAR for m in marked):
        at_end = "$" if not any(rights) else ""
        yield f"^{''.join(reversed(left))}{NUMBER}{at_end}"


def _shared(sides: Sequence[list[str]], keep_digits: bool) -> list[str]:
    """The context shared by all examples, from the number outwards, as parts of a regex."""
    pieces = []
    for tokens in islice(zip(*sides, strict=False), _MAX_CONTEXT):
        piece = _generalised(tokens, keep_digits)
        if piece is None:
            break
        pieces.append(piece)
    return pieces


def _generalised(tokens: tuple[str, ...], keep_digits: bool) -> str | None:
    if all(token.isspace() for token in tokens):
        return r"\s+"
    is_same = len(set(tokens)) == 1
    if all(token[0].isdigit() for token in tokens) and not (keep_digits and is_same):
        return r"\d+" if all(token.isdigit() for token in tokens) else r"[\d.]+"
    return _escape(tokens[0]) if is_same else None


def _escape(text: str) -> str:
    return re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", text)


def _is_telling(pieces: Sequence[str], *, is_left: bool) -> bool:
    """Whether a context contains a name, and does not split a word with digits such as ``top5``."""
    has_name = any((len(piece) > 1 and piece[0].isalpha()) or piece == "%" for piece in pieces)
    return has_name and not (is_left and (pieces[-1].startswith("\\d") or pieces[-1][0].isdigit()))


def _before(left: Sequence[str], n: int) -> str:
    context = "".join(reversed(left[:n]))
    # The boundary keeps "acc=" from matching inside "val_acc=".
    return rf"\b{context}" if context[0].isascii() and (context[0].isalnum() or context[0] == "_") else context
