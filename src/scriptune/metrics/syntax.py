r"""A shallow parser of regex source that extracts what matching needs and the engines do not report.

It is not a parser of regexes. It walks over the tokens that RE2 and ``regex`` have in common; where a construct is
beyond it, it answers on the safe side (no required literal, search line by line, nothing refused).
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

__all__ = ["Syntax", "read_syntax"]

_OPENING = re.compile(
    r"\((?:\?(?:P?<(?P<name>[^>=!]*)>|(?P<look><?[=!])|(?P<flags>[A-Za-z0-9-]*)(?P<end>[:)])|(?P<other>.)))?"
)
_CLASS = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.S)
_REPEAT = re.compile(r"(?:[*+?]|\{(?P<least>\d*)(?:,(?P<most>\d*))?\})[?+]?")
_ESCAPE = re.compile(
    r"\\(?:x\{(?P<braced>[0-9A-Fa-f]{1,8})\}|x(?P<hex>[0-9A-Fa-f]{2})|(?P<octal>0[0-7]{0,2}|[1-7][0-7]{2})"
    r"|u(?P<four>[0-9A-Fa-f]{4})|U(?P<eight>[0-9A-Fa-f]{8})|(?P<control>[abefnrtv])"
    r"|(?P<property>[pP](?:\{[^}]*\}|[A-Za-z]))|(?P<class>[dDwWsS])|(?P<boundary>[bB])|(?P<anchor>[AzZ])"
    r"|(?P<sign>[^\w\s]|_|[ ]))"
)
_CONTROLS = {"a": "\a", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NEVER = {
    "\n": "character.line_break",
    "\r": "character.carriage_return",
    "\0": "character.nul",
    "\b": "character.backspace",
    "\x1b": "character.escape",
}
"""What no line of a log holds when it is searched: lines end there, and escape sequences are removed."""

_FLAGS = set("imsU-")  # of RE2, and of the other engine those that mean the same; i has no literals
_NAME_CHARS = string.ascii_letters + "_@"
_MIN_LITERAL = 3  # a shorter literal is on most lines, so looking for it first gains nothing


@dataclass(frozen=True)
class Syntax:
    r"""Properties of a regex that are visible in its source.

    Attributes:
        literal: Text that every match contains (or, from a look-behind, follows); ``""`` when unknown.
        by_line: It has tokens (``\A``, ``\z``, changed flags) that mean something else in a block of lines.
        comma_before, comma_after: Numbers of the groups with a literal comma right beside them.
        loose_before: By the number of a group (0 is the whole match), where letters that the regex does not name may
            be right before it: the literal text before those, or ``""``.
        hyphen_before: Numbers of the groups with a literal hyphen right before them.
        repeated: Product of nested repeat counts, an upper bound of how far the regex unfolds.
        never: What every match would have to contain although no line does, as the code of a message; ``""`` when it
            can match.
        digit_classes: The character classes and properties in it: when none of them matches some digits and not others,
            neither does the regex, so a line with other digits in place of its own matches at the same places. None
            when it names a digit itself, or has what this parser does not know.
    """

    literal: str
    by_line: bool
    comma_before: frozenset[int]
    comma_after: frozenset[int]
    loose_before: dict[int, str]
    hyphen_before: frozenset[int]
    repeated: int
    never: str = ""
    digit_classes: frozenset[str] | None = None


@dataclass(frozen=True)
class _Left:
    """What precedes the current position in the regex.

    Attributes:
        loose: Any letters may.
        named: The literal text right before, or before what is loose.
    """

    loose: bool = True
    named: str = ""

    def literal(self, char: str) -> _Left:
        """The state after one more literal character."""
        return _Left(loose=False, named=char if self.loose else self.named + char)

    def wild(self) -> _Left:
        """The state after a token that can match letters."""
        return _Left(loose=True, named=self.named)

    def other(self) -> _Left:
        """The state after a token that cannot match letters."""
        return _Left(loose=False)


@dataclass
class _Group:
    number: int  # 0 when it captures nothing
    largest: int = 1  # repeat product inside
    is_positive_lookbehind: bool = False
    is_zero_width: bool = False  # look-around other than that
    before: _Left = _Left()
    never: str = ""  # in the branch that is being read
    branches: tuple[str, ...] = ()  # the same of the earlier ones

    @property
    def needs(self) -> str:
        """A literal that every branch requires although no line contains it."""
        return self.never if all(self.branches) else ""


class _Reader:
    """Walks over the tokens of a regex and collects its properties."""

    def __init__(self, regex: str) -> None:
        self.regex = regex
        self.pos = 0
        self.open: list[_Group] = [_Group(0)]
        self.n_groups = 0
        self.run = ""
        self.literals: list[str] = []
        self.literal_unsure = False
        self.unsure = False  # whether it can match at all
        self.by_line = False
        self.last = _Group(0)  # what a repeat would repeat
        self.never_before = ""  # of the open branch, without that
        self.left = self.left_of_last = _Left()
        self.comma_before: set[int] = set()
        self.comma_after: set[int] = set()
        self.loose_before: dict[int, str] = {0: ""}
        self.hyphen_before: set[int] = set()
        self.names_digit = False
        self.classes: set[str] = set()

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
            loose_before=self.loose_before,
            hyphen_before=frozenset(self.hyphen_before),
            repeated=self.open[0].largest,
            never="" if self.unsure or len(self.open) > 1 else self.open[0].needs,
            digit_classes=None if self.unsure or self.names_digit else frozenset(self.classes),
        )

    def _token(self, char: str) -> None:
        if char == "\\":
            self._escape()
        elif char == "[":
            self._class()
        elif char == "(":
            self._open()
        elif char == ")":
            self._close()
        elif char in "*+?{":
            self._repeat(char)
        elif char == "|":
            self._branch()
        elif char in "^$":
            self._skip(1)
        elif char == ".":
            self._skip(1, self.left.wild())
        else:
            self._literal(char, 1)

    def _literal(self, char: str, length: int) -> None:
        # Inside a group nothing is sure to be matched; a look-behind at the start is the exception.
        if len(self.open) == 1 or self.open[-1].is_positive_lookbehind:
            self.run += char
        self.names_digit |= char.isdecimal()
        self._need(_Group(0, never=_NEVER.get(char, "")))
        self.left_of_last, self.left = self.left, self.left.literal(char)
        self.pos += length

    def _need(self, token: _Group) -> None:
        """Record a required token in the current branch."""
        group = self.open[-1]
        self.last, self.never_before = token, group.never
        group.never = group.never or token.never

    def _escape(self) -> None:
        if self.regex.startswith(r"\Q", self.pos):
            self._quoted()
            return
        match = _ESCAPE.match(self.regex, self.pos)
        if match is None:
            # Backreferences, sets of characters by other names, ...: the regex is left to its engine.
            self.literal_unsure = self.unsure = self.by_line = True
            self._skip(2, self.left.wild())
            return
        length = match.end() - self.pos
        code = match["braced"] or match["hex"] or match["four"] or match["eight"]
        if match["control"] not in (None, "b"):
            self._literal(_CONTROLS[match["control"]], length)
        elif match["sign"]:
            self._literal(match["sign"], length)
        elif code or match["octal"]:
            number = int(code, 16) if code else int(match["octal"], 8)
            is_character = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
            self.literal_unsure |= not is_character
            self._literal(chr(number) if is_character else "?", length)
        elif match["property"]:
            self.classes.add(match.group())
            self._skip(length, self.left.wild())
        elif match["class"]:
            self._skip(length, self.left.wild() if match["class"] in "DwS" else self.left.other())
        else:
            self.by_line |= match["anchor"] is not None
            self._skip(length)

    def _quoted(self) -> None:
        r"""Read ``\Q...\E``, whose content is literal."""
        end = self.regex.find(r"\E", self.pos + 2)
        text = self.regex[self.pos + 2 : end if end >= 0 else None]
        self.pos += 2
        for char in text:
            self._literal(char, 1)
        self.pos += 2 if end >= 0 else 0
        # The other engine takes these signs for themselves, so what they quote is not sure.
        self.literal_unsure = self.unsure = True

    def _class(self) -> None:
        match = _CLASS.match(self.regex, self.pos)
        if match is None:  # the engine will refuse it
            self.literal_unsure = self.unsure = True
            self._skip(1)
            return
        self.classes.add(match.group())
        never = _never_in(match.group())
        self._skip(match.end() - self.pos, self.left.wild() if _fits_letters(match.group()) else self.left.other())
        self._need(_Group(0, never=never))

    def _skip(self, length: int, left: _Left | None = None) -> None:
        """Skip a token that is not a literal; without ``left`` it has zero width."""
        self._end_run()
        self.last = _Group(0)
        self.left_of_last, self.left = self.left, left or self.left
        self.pos += length

    def _end_run(self) -> None:
        if self.run:
            self.literals.append(self.run)
        self.run = ""

    def _branch(self) -> None:
        group = self.open[-1]
        # An alternative at the top, or in a look-behind, means that no literal is needed by all matches.
        self.literal_unsure |= len(self.open) == 1 or group.is_positive_lookbehind
        group.branches += (group.never,)
        group.never = ""
        self._skip(1)
        self.left = group.before

    def _open(self) -> None:
        match = _OPENING.match(self.regex, self.pos)
        assert match is not None  # it begins with "("
        comma = self.regex[: self.pos].endswith(",")
        first = self.pos == 0
        self._end_run()
        self.pos = match.end()
        if match["flags"] is not None:
            flags = set(match["flags"])
            self.literal_unsure |= not flags <= _FLAGS or "i" in flags
            self.unsure |= not flags <= _FLAGS | {"i"}
            self.by_line |= "-" in flags or not flags <= _FLAGS
            if match["end"] == ")":
                self.last = _Group(0)
                return
        self.literal_unsure |= match["other"] is not None
        self.unsure |= match["other"] is not None
        captures = match["name"] is not None or match.end() - match.start() == 1
        self.n_groups += captures
        if captures:
            if comma:
                self.comma_before.add(self.n_groups)
            if self.left.loose:
                self.loose_before[self.n_groups] = self.left.named
            elif self.left.named.endswith("-"):
                self.hyphen_before.add(self.n_groups)
        look = match["look"]
        self.open.append(
            _Group(
                self.n_groups if captures else 0,
                is_positive_lookbehind=first and look == "<=",
                is_zero_width=look is not None and look != "<=",
                before=self.left,
            )
        )
        if look is not None and "!" in look:
            self.open[-1].branches = ("",)  # what must not follow need not be there

    def _close(self) -> None:
        self._end_run()
        self.pos += 1
        if len(self.open) > 1:  # else unbalanced: the engine will say so
            self.last = self.open.pop()
            self.open[-1].largest = max(self.open[-1].largest, self.last.largest)
            self.last.never = self.last.needs
            self._need(self.last)
            self.left_of_last = self.last.before
            if self.last.is_zero_width:
                self.left = self.last.before
            if self.last.number and self.regex.startswith(",", self.pos):
                self.comma_after.add(self.last.number)

    def _repeat(self, char: str) -> None:
        match = _REPEAT.match(self.regex, self.pos)
        if match is None:  # a brace that is meant literally, or fuzzy matching
            self.literal_unsure = self.unsure = True
            self._literal(char, 1)
            return
        least = 1 if char == "+" else int(match["least"] or 0)
        count = max(least, int(match["most"] or 0), 1)
        if not least:
            self.run = self.run[:-1]  # the last character may be absent
            self.literal_unsure |= self.last.is_positive_lookbehind
            if self.last.never:
                self.open[-1].never = self.never_before
            if self.left_of_last.loose:
                self.left = self.left_of_last.wild()
        self.open[-1].largest = max(self.open[-1].largest, self.last.largest * count)
        self._end_run()
        self.pos = match.end()


def _never_in(source: str) -> str:
    """The content of a character class that cannot match in any line, else ""."""
    inner = source[1:-1]
    if inner.startswith("^") or not inner:
        return ""
    found = ""
    while inner:
        match = _ESCAPE.match(inner)
        if match is not None and match["control"]:
            char, inner = _CONTROLS.get(match["control"], "\b"), inner[match.end() :]
        elif match is not None and match["boundary"]:
            char, inner = "\b", inner[match.end() :]
        elif match is not None and (match["hex"] or match["braced"] or match["octal"]):
            code = match["hex"] or match["braced"]
            char, inner = chr(min(int(code, 16) if code else int(match["octal"], 8), 0x10FFFF)), inner[match.end() :]
        else:
            char, inner = inner[0], inner[1:]
        if char not in _NEVER:
            return ""
        found = found or _NEVER[char]
    return found


def _fits_letters(source: str) -> bool:
    """Whether a character class may match a letter; conservative."""
    if re.search(r"&&|--|~~|\|\|", source):
        return True  # operations on sets, in the eyes of one engine
    try:
        source = source[0] + re.sub(r"\[(?!:)", r"\\[", source[1:])
        compiled = re.compile(re.sub(r"\[:\^?\w+:\]|\\[pP](?:\{[^}]*\}|.)|\\x\{[^}]*\}", "A-Za-z", source), re.ASCII)
    except re.error:
        return True
    return any(compiled.match(char) for char in _NAME_CHARS)


def read_syntax(regex: str) -> Syntax:
    """Extract the `Syntax` of a regex, whether or not an engine accepts it."""
    return _Reader(regex).read()
