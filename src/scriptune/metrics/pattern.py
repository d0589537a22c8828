r"""Validate and compile metric regexes.

The value is the group ``value`` when there is one, else the first group other than ``step``, else the whole
match; the step is the group ``step``. Matching is line by line: ``^`` and ``$`` are the ends of a line, and no match
crosses one. ``\d``, ``\w``, ``\s`` and ``\b`` know ASCII only, regardless of the engine.

RE2 matches nearly everything, in linear time. Look-around, backreferences and what else RE2 refuses go to the
``regex`` package, which may backtrack forever: there each line is capped and has a time limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import re2
import regex as backtracking

from scriptune.errors import MetricPatternError
from scriptune.messages import Message
from scriptune.metrics.syntax import Syntax, read_syntax

__all__ = ["BACKTRACKING_LINE_BYTES", "LINE_TIMEOUT_S", "LineTimeoutError", "Match", "MetricPattern", "compile_pattern"]

LINE_TIMEOUT_S = 0.02
"""Time that one line may take in the backtracking engine; an honest regex needs microseconds."""

BACKTRACKING_LINE_BYTES = 8192
"""How much of a line the backtracking engine sees: quadratic behaviour on 8 KiB still fits the time limit."""

_FLAGS = backtracking.ASCII | backtracking.VERSION0
_MAX_REGEX_CHARS = 2000  # the longest honest one we saw had 180
_SHOWN_CHARS = 200  # of a long regex, in messages
_MAX_GROUPS = 50  # each costs time at every match; honest ones have three
_MAX_REPEATED = 1000  # RE2's own limit; the other engine takes gigabytes for (a{1000}){1000}
_PROBES = (b"", b"a", b"0.5", b" a=1, ")  # on one of these a regex that can match nothing does so


class LineTimeoutError(Exception):
    """The backtracking engine exceeded its time limit on a line; the scanner always catches it."""


class Match(NamedTuple):
    """A match of a metric regex, as byte positions in the searched text.

    Attributes:
        start, end: The whole match.
        value: The captured value; None when its group took no part.
        step: The captured step; None without one.
    """

    start: int
    end: int
    value: tuple[int, int] | None
    step: tuple[int, int] | None


class MetricPattern:
    """A compiled metric regex, created by `compile_pattern`. Immutable; may be shared by threads.

    Attributes:
        metric: Name of the metric.
        regex: The source.
        engine: ``re2`` or ``regex``.
        by_line: Give it single lines only, not blocks of them.
        literal: Bytes that every line with a match contains; ``b""`` when unknown.
        n_groups: Number of capturing groups.
        value_group, step_group: Which group is captured; 0 is the whole match, and no step.
        value_is_named: The value's group was named, not merely the first.
        loose_before: See `Syntax.loose_before`; of the value's group.
        syntax: What the source shows.
    """

    def __init__(self, metric: str, regex: str, engine: str, compiled: Any, syntax: Syntax) -> None:
        # Any: re2 has no types, and the two engines share no base class.
        self.metric = metric
        self.regex = regex
        self.engine = engine
        self.syntax = syntax
        self.by_line = engine == "regex" or syntax.by_line
        self.literal = syntax.literal.encode()
        self._compiled = compiled
        names = {_text(name): index for name, index in compiled.groupindex.items()}
        self.n_groups: int = compiled.groups
        self.step_group: int = names.get("step", 0)
        self.value_is_named = "value" in names
        unnamed = (index for index in range(1, self.n_groups + 1) if index != self.step_group)
        self.value_group: int = names["value"] if self.value_is_named else next(unnamed, 0)
        self.loose_before: str | None = syntax.loose_before.get(self.value_group)

    def __repr__(self) -> str:
        return f"MetricPattern({self.metric!r}, {self.regex!r}, engine={self.engine!r})"

    @cached_property
    def is_blind_to_digits(self) -> bool:
        """Whether lines that differ in their digits only match at the same places; False when that is not known."""
        classes = self.syntax.digit_classes
        return classes is not None and all(self._matches_all_digits_or_none(source) for source in classes)

    def _matches_all_digits_or_none(self, source: str) -> bool:
        # Asked of the engine itself, which knows ranges such as [+-0] better than any parser.
        if self.engine == "re2":
            linear = re2.compile(source.encode(), _options())
            return len({linear.fullmatch(b"%d" % digit) is None for digit in range(10)}) == 1
        compiled = backtracking.compile(source, _FLAGS)
        return len({compiled.fullmatch(str(digit)) is None for digit in range(10)}) == 1

    def find(self, text: bytes, start: int = 0, end: int | None = None) -> Iterator[Match]:
        r"""Find all matches in ``text[start:end]``, from left to right without overlap.

        Lines end at ``\n``; with `by_line`, the text must be a single one. Matches of nothing are left out.

        Raises:
            LineTimeoutError: The line took the backtracking engine too long.
        """
        end = len(text) if end is None else end
        if self.engine == "re2":
            return self._find_linear(text, start, end)
        return iter(self._find_backtracking(text, start, end))

    def _find_linear(self, text: bytes, start: int, end: int) -> Iterator[Match]:
        if self.by_line:  # \A and \z look at the ends of what they are given, so give them the line only
            shift, line = start, text[start:end]
            matches = self._compiled.finditer(line)
        else:
            shift = 0
            matches = self._compiled.finditer(text, start, end)
        value_group, step_group = self.value_group, self.step_group
        for match in matches:
            first, last = match.span(0)
            if first == last:
                continue
            # By index: match.span("name") of re2 is broken.
            value = match.span(value_group) if value_group else (first, last)
            step = _shifted(match.span(step_group), shift) if step_group else None
            yield Match(first + shift, last + shift, _shifted(value, shift), step)

    def _find_backtracking(self, text: bytes, start: int, end: int) -> list[Match]:
        # Decoded, so that "." is a character as in RE2. An invalid byte at the cap becomes one replacement sign.
        line = text[start : min(end, start + BACKTRACKING_LINE_BYTES)].decode("utf-8", "replace")
        is_ascii = line.isascii()

        def span(group: tuple[int, int]) -> tuple[int, int] | None:
            if group[0] < 0:
                return None
            if is_ascii:
                return start + group[0], start + group[1]
            first = len(line[: group[0]].encode())
            return start + first, start + first + len(line[group[0] : group[1]].encode())

        found: list[Match] = []  # complete or nothing: which matches came before the timeout is chance
        try:
            for match in self._compiled.finditer(line, timeout=LINE_TIMEOUT_S):
                whole = span(match.span(0))
                if whole is None or whole[0] == whole[1]:
                    continue
                step = span(match.span(self.step_group)) if self.step_group else None
                found.append(Match(*whole, span(match.span(self.value_group)), step))
        except TimeoutError as err:
            raise LineTimeoutError from err
        return found


def compile_pattern(metric: str, regex: str, *, stored: bool = False) -> MetricPattern:
    """Compile the regex of a metric.

    Args:
        metric: Its name.
        regex: The source.
        stored: It was accepted with its job, by an older version: one that can never match is compiled all the same.

    Raises:
        MetricPatternError: The regex cannot be used; the message says what is wrong, where, and what to write.
    """
    _check_source(metric, regex)
    syntax = read_syntax(regex)
    if syntax.never and not stored:
        raise MetricPatternError(
            Message("pattern.never_matches", where=_where(metric, regex), never=Message(syntax.never))
        )
    compiled = _compile_linear(regex)
    engine = "re2"
    if compiled is None:
        engine = "regex"
        compiled = _compile_backtracking(metric, regex, syntax)
    pattern = MetricPattern(metric, regex, engine, compiled, syntax)
    if pattern.n_groups > _MAX_GROUPS:
        raise MetricPatternError(
            Message(
                "pattern.too_many_groups",
                where=_where(metric, regex[:_SHOWN_CHARS]),
                n=pattern.n_groups,
                most=_MAX_GROUPS,
            )
        )
    if pattern.step_group and not pattern.value_group:
        raise MetricPatternError(Message("pattern.step_without_value", where=_where(metric, regex)))
    if any(match.span(0) == (0, 0) for probe in _PROBES if (match := _search(pattern, probe))):
        raise MetricPatternError(Message("pattern.matches_empty", where=_where(metric, regex)))
    return pattern


def _where(metric: str, regex: str) -> Message:
    """The beginning of every sentence about a regex."""
    return Message("pattern.of_metric", metric=metric, regex=regex)


def _check_source(metric: str, regex: str) -> None:
    if not regex.strip():
        raise MetricPatternError(Message("pattern.empty", where=_where(metric, regex)))
    if len(regex) > _MAX_REGEX_CHARS:
        raise MetricPatternError(
            Message("pattern.too_long", n=len(regex), most=_MAX_REGEX_CHARS, where=_where(metric, regex[:_SHOWN_CHARS]))
        )
    if "\n" in regex or "\r" in regex or "\0" in regex:
        raise MetricPatternError(Message("pattern.line_break", where=_where(metric, regex)))
    try:
        regex.encode()
    except UnicodeEncodeError as err:
        raise MetricPatternError(Message("pattern.half_surrogate", where=_where(metric, regex))) from err


def _options() -> Any:  # Any: re2 has no types
    options = re2.Options()
    options.log_errors = False
    # Matches stay inside their line, so a whole block of lines can be searched at once.
    options.never_nl = True
    return options


def _compile_linear(regex: str) -> Any:  # Any: re2 has no types
    """Compile for RE2; None if RE2 does not support the regex. ``(?m)`` makes ^ and $ match at line ends."""
    try:
        re2.compile(regex.encode(), _options())  # alone first: "(?m)" before "*a" would change the meaning
        return re2.compile(b"(?m)" + regex.encode(), _options())
    except re2.error:
        return None


def _compile_backtracking(metric: str, regex: str, syntax: Syntax) -> Any:
    if syntax.repeated > _MAX_REPEATED:
        raise MetricPatternError(
            Message("pattern.repeats_too_often", where=_where(metric, regex), n=syntax.repeated, most=_MAX_REPEATED)
        )
    try:
        return backtracking.compile(regex, _FLAGS)
    except backtracking.error as err:
        raise MetricPatternError(Message("pattern.wrong_syntax", where=_where(metric, regex), why=err)) from err
    except (RecursionError, OverflowError, ValueError, IndexError, KeyError) as err:
        # Seen from the parser on absurd nesting and on malformed flags.
        raise MetricPatternError(Message("pattern.too_complicated", where=_where(metric, regex), why=err)) from err


def _search(pattern: MetricPattern, probe: bytes) -> Any:
    if pattern.engine == "re2":
        return pattern._compiled.search(probe)
    try:
        return pattern._compiled.search(probe.decode(), timeout=LINE_TIMEOUT_S)
    except TimeoutError:
        return None


def _shifted(span: tuple[int, int], shift: int) -> tuple[int, int] | None:
    if span[0] < 0:
        return None
    return (span[0] + shift, span[1] + shift) if shift else span


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
