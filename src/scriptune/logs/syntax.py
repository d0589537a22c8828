r"""A light reading of a regex's source: just what the matching needs to know and engines do not tell.

It is no parser of regexes. It walks over the tokens that RE2 and ``regex`` have in common; where a construct is
beyond it, it answers on the safe side (no required literal, search line by line).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Syntax", "read_syntax"]

_OPENING = re.compile(
    r"\((?:\?(?:P?<(?P<name>[^>=!]*)>|(?P<look><?[=!])|(?P<flags>[A-Za-z0-9-]*)(?P<end>[:)])|(?P<other>.)))?"
)
_CLASS = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.S)
_REPEAT = re.compile(r"(?:[*+?]|\{(?P<least>\d*)(?:,(?P<most>\d*))?\})[?+]?")
_MIN_LITERAL = 3  # a shorter literal is on most lines, so looking for it first gains nothing


@dataclass(frozen=True)
class Syntax:
    r"""What the source of a regex shows.

    Attributes:
        literal: Text that every match contains (or, from a look-behind, follows); ``""`` when unknown.
        by_line: It has tokens (``\A``, ``\z``, changed flags) that mean something else in a block of lines.
        comma_before, comma_after: Numbers of the groups with a literal comma right beside them.
        repeated: Product of nested repeat counts, an upper bound of how far the regex unfolds.
    """

    literal: str
    by_line: bool
    comma_before: frozenset[int]
    comma_after: frozenset[int]
    repeated: int


@dataclass
class _Group:
    number: int  # 0 when it captures nothing
    largest: int = 1  # repeat product inside
    is_positive_lookbehind: bool = False


class _Reader:
    """The walk over the tokens, and what was seen so far."""

    def __init__(self, regex: str) -> None:
        self.regex = regex
        self.pos = 0
        self.open: list[_Group] = [_Group(0)]
        self.n_groups = 0
        self.run = ""
        self.literals: list[str] = []
        self.literal_unsure = False
        self.by_line = False
        self.last = _Group(0)  # what a repeat would repeat
        self.comma_before: set[int] = set()
        self.comma_after: set[int] = set()

    def read(self) -> Syntax:
        while self.pos < len(self.regex):
            self._token(self.regex[self.pos])
        self._end_run()
        literal = max(self.literals, key=len, default="")
        return Syntax(
            literal="" if self.literal_unsure or len(literal) < _MIN_LITERAL else literal,
            by_line=self.by_line,
            comma_before=frozenset(self.comma_before),
            comma_after=frozenset(self.comma_after),
            repeated=self.open[0].largest,
        )

    def _token(self, char: str) -> None:
        if char == "\\":
            self._escape()
        elif char == "[":
            self._skip(_CLASS.match(self.regex, self.pos))
        elif char == "(":
            self._open()
        elif char == ")":
            self._close()
        elif char in "*+?{":
            self._repeat(char)
        elif char in ".^$|":
            # An alternative at the top, or in a look-behind, means that no literal is needed by all matches.
            self.literal_unsure |= char == "|" and (len(self.open) == 1 or self.open[-1].is_positive_lookbehind)
            self._skip(None)
        else:
            self._literal(char, 1)

    def _literal(self, char: str, length: int) -> None:
        # Inside a group nothing is sure to be matched; a look-behind at the start is the exception.
        if len(self.open) == 1 or self.open[-1].is_positive_lookbehind:
            self.run += char
        self.last = _Group(0)
        self.pos += length

    def _escape(self) -> None:
        following = self.regex[self.pos + 1 : self.pos + 2]
        self.by_line |= following in ("A", "z", "Z", "C", "Q")
        self.literal_unsure |= following in ("Q", "N")  # \Q...\E quotes what we would take for syntax
        if following and not following.isalnum():
            self._literal(following, 2)
        else:
            # \x{1F} and \p{L}: the braces belong to the escape.
            braced = re.compile(r"\\[xpPNu]\{[^}]*\}").match(self.regex, self.pos)
            self._skip(braced, 2)

    def _skip(self, match: re.Match[str] | None, length: int = 1) -> None:
        self._end_run()
        self.last = _Group(0)
        self.pos = match.end() if match else self.pos + length

    def _end_run(self) -> None:
        if self.run:
            self.literals.append(self.run)
        self.run = ""

    def _open(self) -> None:
        match = _OPENING.match(self.regex, self.pos)
        assert match is not None  # it begins with "("
        comma = self.regex[: self.pos].endswith(",")
        first = self.pos == 0
        self._end_run()
        self.pos = match.end()
        if match["flags"] is not None:
            self.literal_unsure |= bool(set(match["flags"]) & set("ix"))
            self.by_line |= "-" in match["flags"] or "x" in match["flags"]
            if match["end"] == ")":
                return
        self.literal_unsure |= match["other"] is not None
        captures = match["name"] is not None or match.end() - match.start() == 1
        self.n_groups += captures
        if captures and comma:
            self.comma_before.add(self.n_groups)
        self.open.append(
            _Group(self.n_groups if captures else 0, is_positive_lookbehind=first and match["look"] == "<=")
        )

    def _close(self) -> None:
        self._end_run()
        self.pos += 1
        if len(self.open) > 1:  # else unbalanced: the engine will say so
            self.last = self.open.pop()
            self.open[-1].largest = max(self.open[-1].largest, self.last.largest)
            if self.last.number and self.regex.startswith(",", self.pos):
                self.comma_after.add(self.last.number)

    def _repeat(self, char: str) -> None:
        match = _REPEAT.match(self.regex, self.pos)
        if match is None:  # a brace that is meant literally
            self._literal(char, 1)
            return
        least = 1 if char == "+" else int(match["least"] or 0)
        count = max(least, int(match["most"] or 0), 1)
        if not least:
            self.run = self.run[:-1]  # the last character may be absent
            self.literal_unsure |= self.last.is_positive_lookbehind
        self.open[-1].largest = max(self.open[-1].largest, self.last.largest * count)
        self._end_run()
        self.pos = match.end()


def read_syntax(regex: str) -> Syntax:
    """Read a regex that an engine has accepted, or will refuse."""
    return _Reader(regex).read()
