r"""Parse captured bytes as a number with its unit, or say why they are rejected.

Three questions are asked of every capture. *Is it a number?* The grammar is what programs print: ``1.``,
``.5``, ``-3e-4``, ``1E+05``, ``1.0D-03`` (Fortran), ``0.5f-3`` (Julia), ``1,234.5``, ``1 234,5`` with no-break
spaces, a decimal comma where it cannot be anything else (``0,93``), a Unicode minus, ``tensor(0.07, device='cuda:0')``,
quotes, brackets, emphasis and punctuation around it; ``nan`` and ``inf`` in the spellings of C, Python, Java and
Windows. Hexadecimal, ``1_000``, ``1e`` and words are refused.

*Is it the whole number, and a number at all?* A regex such as ``([0-9.]+)`` captures ``1`` from ``1e-05`` and ``22``
from ``22:39``. So the text beside the capture is examined. A capture that is only a piece of what was printed is
refused: digits, a fraction, an exponent, a sign or a thousands group left outside, ``x10^3``; and so are the digits
of a clock, a date or a duration of several units, of a name or a type (``float64``), and digits that touch a NUL, a
backspace or a cursor movement. Where two readings are possible (``1,234``), nothing is guessed: a wrong value is worse
than a missing one.

*What is its unit?* The letters or the sign right after it (``0.93s``, ``87%``), and behind one blank what is a unit
without doubt (``97 %``, ``12.5 it/s``). Whether units fit together is decided in `units`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from scriptune.messages import Message
from scriptune.metrics.units import TIME_UNITS, spelled, unit_words

__all__ = ["CONTEXT_BYTES", "TORN_END", "Number", "Refusal", "is_everyday", "read_number", "unit_of"]

CONTEXT_BYTES = 64
"""How much of the line on either side of a capture `read_number` wants to see."""

TORN_END = b"\0"
"""In the text beside a capture: a NUL, a backspace or a cursor movement was here. A carriage return: a blank of one."""

_MAX_DIGITS = 400  # 1.8e308 written out has 309 digits; anything longer is not a measurement
_CUT_MARGIN = 8  # in a line that was cut, an exponent such as e-0005 may be missing this close to the end
_MAX_UNIT = 24  # letters; a longer word is not a unit

# --- numbers ---------------------------------------------------------------------------------------------

_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u2e80-\U0003ffff"  # scripts without blanks between words
_SIGN = r"[+\-−]"
_NON_FINITE = r"(?i:1\.\#(?:inf|qnan|snan|ind)\d*|nan(?:\([^()]*\))?|inf(?:inity)?)|∞"
_EXPONENT = r"(?:[eE][+\-−]?[0-9]+|[dD][+-][0-9]+|(?<=[.0-9])f(?:0|-[0-9]{1,2}|[1-7])(?![0-9]))"
_DECIMAL = rf"(?:[0-9]+\.?[0-9]*|\.[0-9]+){_EXPONENT}?"
_GROUPED = (
    r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3})"  # the latter in India
    r"(?:\.[0-9]*)?(?![0-9.,]*[0-9])(?![eE][+-]?[0-9])"
)
_THIN = "'’\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
# Groups that only one reading fits: 1 234,5 (French, Russian), 1'234.5 (Swiss), 1.234,5 (German).
_FOREIGN = (
    rf"[1-9][0-9]{{0,2}}(?:[{_THIN}][0-9]{{3}})+(?:[.,][0-9]+)?(?![0-9.,]*[0-9])"
    r"|[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+(?![0-9.,]*[0-9])|[1-9][0-9]{0,2}(?: [0-9]{3})+,[0-9]+(?![0-9.,]*[0-9])"
)
# A comma before other than three digits, or behind a lone zero, or with an exponent, parts no thousands.
_COMMA = (
    rf"(?:0,[0-9]+|[0-9]+,(?:[0-9]{{1,2}}|[0-9]{{4,}})(?![0-9])|[0-9]+,[0-9]+(?=[eE][+-]?[0-9])){_EXPONENT}?"
    r"(?![0-9.,]*[0-9])"
)
_NUMBER = rf"{_SIGN}?(?:{_NON_FINITE}|{_FOREIGN}|{_GROUPED}|{_COMMA}|{_DECIMAL})"
_IS_NON_FINITE = re.compile(rf"{_SIGN}?(?:{_NON_FINITE})")
_IS_COMMA = re.compile(rf"{_SIGN}?(?:{_COMMA})")
_IS_FOREIGN = re.compile(rf"{_SIGN}?(?:{_FOREIGN})")

# The everyday case: an ASCII decimal and nothing else.
_PLAIN = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

# --- what may be captured with a number --------------------------------------------------------------------

_WRAPPER = (
    r"(?:[A-Za-z_]\w*\.)*(?:[tT]ensor|TensorBase|Scalar|Number(?:Int|Long|Decimal)?|BigDecimal|Float(?:16|32|64)?|Int64"
    r"|[aA]rray|DeviceArray|NDArray|Decimal|Parameter|Variable|Some|Ok|mpf"
    r"|bfloat16|[fF]loat(?:16|32|64|128|_)?|double|[uU]?[iI]nt(?:8|16|32|64)?)\(\s*"
)
_WRAPPED = re.compile(rf"""\s*{_WRAPPER}["']?(?P<number>{_NUMBER})["']?\s*(?:,\s*(?:\w+=.*)?|\).*)?""", re.S)
# One element in an array, or an array of one element in a list; and TensorFlow's form.
_WRAPPED_ONE = re.compile(
    rf"""\s*(?:{_WRAPPER}\[+\s*(?P<array>{_NUMBER})\s*,?\s*\]+\s*(?:,\s*(?:\w+=.*)?|\).*)?
    |[\[(]+{_WRAPPER}["']?(?P<list>{_NUMBER})["']?\s*\)\s*,?\s*[\])]+[^\w]*
    |\[{{2,}}(?P<nested>{_NUMBER})\s*\]{{2,}}[^\w]*
    |<tf\.\w+[:\s][^<>]*\bnumpy=(?:array\(\[*)?(?P<numpy>{_NUMBER})\]*(?:,\s*dtype=\w+\))?>.*)""",
    re.S | re.X,
)
_PAIRS = dict(zip("[({<（【「『〔［｛《〈“‘«", "])}>）】」』〕］｝》〉”’»", strict=True))
_OPENINGS = re.escape("".join(_PAIRS))
_MARKS_BEFORE = r"""\s"'`*_~≈≃|=:“‘«$€£¥₽₹₩↑↓→▲▼△▽✓✔★☆●•·\\\U0001f300-\U0001faff"""
_LEAD = re.compile(rf"""[{_MARKS_BEFORE}]*(?P<open>[{_OPENINGS}]?)[\s"'`*_~≈]*(?P<number>{_NUMBER})""")
_ONLY_MARKS = re.compile(r"[^\w^]*_{0,3}[^\w^]*")
# A separator and then something that no number begins with: 0.93，损失：0.2 or 0.93</td>.
_AND_MORE = re.compile(
    r"""[\s_]*[\]})>;:,|!?*~"'`\\#&<，、。；：！？）】」』〕］｝》〉”’»…·—\ufffd][^\w^]*(?:[^\W\d]|\ufffd)"""
)
# A second number that belongs to the first one: a bracket (its average, its error), plus or minus.
_AND_AN_ERROR = re.compile(r"\s*(?:[(（\[]|±|\+/?-\s?[0-9.]|\+[0-9]*\.[0-9]+(?![0-9.]*[ij]))")
# Digits of all scripts, with the signs among them; marks of direction and zero width are nothing to read.
_WRITTEN = {
    **{ord(char): str(unicodedata.decimal(char)) for char in map(chr, range(0x660, 0x1FBFA)) if char.isdecimal()},
    **dict.fromkeys([0x200B, 0x200E, 0x200F, 0x61C, 0xFEFF, 0x2066, 0x2067, 0x2068, 0x2069], " "),
    0xFF0E: ".",
    0xFF0D: "-",
    0xFF0B: "+",
    0x66B: ".",
    0x66C: ",",
}
_DURATION = re.compile(
    r"(?:(?P<d>[0-9]+)\s?d)?\s?(?:(?P<h>[0-9]+)\s?h)?\s?(?:(?P<m>[0-9]+)\s?m)?\s?(?:(?P<s>[0-9]+(?:[.,][0-9]+)?)\s?s)?"
)
_CLOCK = re.compile(r"[0-9]+:[0-5][0-9](?::[0-5][0-9])?(?:[.,][0-9]+)?")
_DATE = re.compile(r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}|[0-9]{1,2}[-/][0-9]{1,2}[-/](?:[0-9]{4}|[0-9]{2})")

# --- what is beside a number: to the left of one that is only the rest of one ------------------------------

_DIGIT_BEFORE = re.compile(r"[0-9]\Z")
_POINT_BEFORE = re.compile(r"(?:\A|[^.])\.\Z")  # not a dotted leader, "Accuracy....97"
_DIGIT_POINT_BEFORE = re.compile(r"[0-9]\.\Z")
_EXPONENT_BEFORE = re.compile(r"[0-9.][eEdD][+\-−]?\Z|[0-9.]f-\Z")
_HEX_BEFORE = re.compile(r"(?<![0-9A-Za-z])0[xX][0-9a-fA-F]*\Z")
# A hyphen after a letter, digit, bracket or another hyphen joins ("ckpt-0.95.pt", "--0.5", "+/-0.1").
_SIGN_BEFORE = re.compile(r"(?:(?:\A|[^\w)\]/-])-|−)\Z")
_GROUP_BEFORE = re.compile(rf"[0-9][_{_THIN}]\Z")
_CLOCK_BEFORE = re.compile(r"[0-9]:\Z")
_DATE_BEFORE = re.compile(r"(?:\A|[^0-9])(?:[0-9]{4}[-/](?:[0-9]{1,2}[-/])?|[0-9]{1,2}[-/][0-9]{1,2}[-/])\Z")
_LONGER_BEFORE = re.compile(r"(?:\A|[^\w.])(?P<number>[0-9]+)\s?(?P<unit>[^\W\d_]+)\s?\Z")
_WORD_BEFORE = re.compile(r"[\w.@]*[A-Za-z_@\u00c0-\u058f]\Z")  # Chinese and Japanese put no blank between words

# And to the right.
_DIGIT_AFTER = re.compile(r"[0-9]")
_POINT_DIGIT_AFTER = re.compile(r"\.[0-9]")
_EXPONENT_AFTER = re.compile(
    r"[eE](?:[+\-−]|[0-9]|(?!\w))|[dD][+-][0-9]|\.[eE][+-]?[0-9]|f-[0-9]|f[0-7](?![0-9])|,[0-9]+[eE][+-]?[0-9]"
)
_POWER_AFTER = re.compile(r"\s?(?:[xX*]|×|·)\s?10(?:\^|\*\*|[⁰¹²³⁴-⁹⁻])|\*?\^")
# Signs that are not seen, and U+FFFD for bytes that are not text: what they part may be one number.
_UNSEEN = "\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u2060\ufeff\ufffd"
_UNSEEN_BEFORE = re.compile(rf"[0-9.,][{_UNSEEN}]+\Z")
_UNSEEN_AFTER = re.compile(rf"[{_UNSEEN}]+[0-9.,eE]")
_HEX_AFTER = re.compile(r"[xX][0-9a-fA-F]")
_WINDOWS_AFTER = re.compile(r"\#(?:INF|QNAN|SNAN|IND)")
_GROUP_AFTER = re.compile(rf"[_{_THIN}][0-9]{{3}}(?![0-9])")
_NAME_AFTER = re.compile(r"_\w")
_CLOCK_AFTER = re.compile(r"""(?::[0-5][0-9](?![0-9])|['′][0-5]?[0-9](?:["″]|''))""")
_DATE_AFTER = re.compile(r"-(?:0[1-9]|1[0-2]|[0-9])-[0-9]{1,2}(?![0-9])|/[0-9]{1,2}/(?:[0-9]{4}|[0-9]{2})(?![0-9])")
_WORD = re.compile(rf"(?![{_UNSPACED}])\w")

# Neighbours that belong to no number and no unit, so that the everyday capture needs no closer look.
_SAFE_BEFORE = frozenset(b'= \t([{<>|;"')
_SAFE_AFTER = frozenset(b')]}<>|;"\t')
_SAFE_BETWEEN = frozenset(b", ")  # when a letter, a blank or a bracket follows
_SAFE_SECOND = frozenset(b' \t([{"-=<|ABCDEFGHIJKLMNOPQRSTUVWYZ_abcdefghijklmnopqrstuvwyz')  # without x, as in 1 x10^3

_COUNT_AFTER = re.compile(rb"/[0-9]+(?![0-9/.])")

_COMMA_RUN_BEFORE = re.compile(r"[0-9.,]*[0-9],\Z")
_COMMA_RUN_AFTER = re.compile(r",[0-9][0-9.,]*")
_ONE_NUMBER = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")

# --- units -----------------------------------------------------------------------------------------------

_LETTERS = rf"(?:(?![{_UNSPACED}])[^\W\d_])+"
_BLANK = "\\ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
_UNSPACED_UNITS = "|".join(word for word in unit_words() if re.match(rf"[{_UNSPACED}]", word))
_SPACED_UNITS = "|".join(word for word in unit_words() if not re.match(rf"[{_UNSPACED}]", word))
_TIME_WORDS = "|".join(sorted(map(re.escape, TIME_UNITS), key=len, reverse=True))
_PER = (
    r"(?:s|sec|second|ms|us|µs|min|m|h|hr|hour|it|iter|iteration|step|epoch|batch|op|sample|example|token|image|img"
    r"|item|row|req|request|query|call|loop|run|frame|file|trial|game|episode)"
)
_UNIT = re.compile(
    rf"""[{_BLANK}]?(?P<sign>%|％|‰|‱|℃|°[CFK]?|[$€£¥₽₹₩])
    |(?P<letters>{_LETTERS}(?:/{_LETTERS})?(?:[²³]|\^-?[0-9])?)
    |(?P<per>/(?:s|sec|second|min|h|hr|hour)\b)
    |(?P<unspaced>{_UNSPACED_UNITS})
    |[{_BLANK}](?P<known>(?:{_LETTERS}/{_PER}|(?:{_SPACED_UNITS}))(?![\w/])(?![ ]?[=:])
        (?!\s+[-+]?\.?[0-9](?![0-9.]*\s?(?:{_TIME_WORDS})(?![\w/])))
        |(?:{_UNSPACED_UNITS}))""",
    re.X,
)
# Quick and on bytes: whether one blank and letters may be a unit at all.
_BLANK_AND_WORD = re.compile(rb" ([A-Za-z]+)(/[a-z])?")
_ASCII_UNITS = frozenset(word.encode() for word in unit_words() if word.isascii())
_SMALLER_TIME = re.compile(r"\s?,?\s?(?P<number>[0-9]+(?:\.[0-9]+)?)\s?(?P<unit>[^\W\d_]+)(?![\w/])")
_SHORT_POWER = re.compile(r"[0-9]+[eE][0-9]+")
_HEX_LETTERS = re.compile(r"[a-f]+|[A-F]+")
_MULTIPLIERS = frozenset("kKMGT")
_COUNTED_BEHIND = re.compile(rf" (?P<rate>{_LETTERS}/{_PER})(?![\w/])")
_CLOCK_BEHIND = re.compile(r",?\s*[0-9]+:[0-5][0-9]")


class Number(float):
    """A printed number with its unit; a number without a unit is a plain float.

    Attributes:
        unit: The letters or the sign right after it, as printed.
    """

    __slots__ = ("unit",)

    def __new__(cls, value: float, unit: str = "") -> Number:
        number = super().__new__(cls, value)
        number.unit = unit
        return number

    unit: str


def unit_of(number: float) -> str:
    """The unit of a number that `read_number` returned."""
    return number.unit if isinstance(number, Number) else ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a capture is not accepted as a number.

    Attributes:
        kind: ``empty``, ``no_number``, ``cut``, ``clock``, ``name``, ``torn``, ``ambiguous`` or ``line_cut``; of
            others that examine more than the number ``no_group``, ``traceback`` and ``unit``.
        code: Of the message that says why.
        what: What that names; "" when it names nothing.
    """

    kind: str
    code: str
    what: str = ""

    @property
    def text(self) -> str:
        """The reason, to follow "captured '...', ": a clause without a full stop. Not made before it is shown."""
        return Message(self.code, what=self.what) if self.what else Message(self.code)


def read_number(
    captured: bytes,
    before: bytes = b"",
    after: bytes = b"",
    *,
    comma_before: bool = False,
    comma_after: bool = False,
    loose_before: str | None = None,
    line_cut: bool = False,
) -> float | Refusal:
    """Parse a captured number, including NaN and infinities, or say why it is rejected.

    Args:
        captured: What the regex captured.
        before, after: The line on either side of it; `CONTEXT_BYTES` are enough.
        comma_before, comma_after: The regex names a comma there, so the comma separates columns.
        loose_before: The regex lets any letters be right before the capture, behind this text; None when it says
            which.
        line_cut: The line continues where ``after`` ends, unseen.
    """
    if not line_cut and is_everyday(captured, before, after):
        return float(captured)
    text = captured.decode("utf-8", "replace")
    if not text.isascii():
        text = text.translate(_WRITTEN)
    left, right = before.decode("utf-8", "ignore"), after.decode("utf-8", "ignore")
    found = _undress(text, right)
    if isinstance(found, (Refusal, Number)):
        return found if isinstance(found, Refusal) else _unless_a_piece(found, left, right, line_cut)
    start, end, is_wrapped = found
    number = text[start:end]
    left, right = left + text[:start], text[end:] + right
    if line_cut and len(right) < _CUT_MARGIN:
        return Refusal("line_cut", "refusal.line_cut")
    if len(number) > _MAX_DIGITS:
        return Refusal("no_number", "refusal.too_many_digits", str(_MAX_DIGITS))
    if _is_torn(left, right):
        return _TORN
    if _IS_NON_FINITE.fullmatch(number):
        if _WORD.match(left[-1:]) or _WORD.match(right):
            return Refusal("cut", "refusal.longer_word")
        unit = "" if is_wrapped else _unit(number, right)
        return Number(_non_finite(number), unit if isinstance(unit, str) else "")
    problem = (
        _cut_on_the_left(number, left)
        or _cut_on_the_right(number, right)
        or _comma_problem(number, "" if comma_before else left, "" if comma_after else right)
        or _clock_problem(number, left, right)
        or (None if is_wrapped or loose_before is None else _name_problem(left, loose_before))
    )
    if problem is not None:
        return problem
    unit = "" if is_wrapped else _unit(number, right)
    if isinstance(unit, Refusal):
        return unit
    if spelled(unit) in TIME_UNITS and _is_rest_of_duration(unit, left):
        return _DURATION_PIECE
    return Number(_to_float(number), unit)


def is_everyday(captured: bytes, before: bytes, after: bytes) -> bool:
    """Whether a capture is an ASCII decimal whose neighbours need no closer look: what `float` reads is its value.

    It is the same for other digits in place of these, here and in the neighbours.
    """
    return _PLAIN.fullmatch(captured) is not None and len(captured) <= _MAX_DIGITS and _is_safe(before, after)


_TORN = Refusal("torn", "refusal.torn")
_HASH = Refusal("no_number", "refusal.not_a_number")
_CLOCK_PIECE = Refusal("clock", "refusal.clock_piece")
_DATE_PIECE = Refusal("clock", "refusal.date_piece")
_DURATION_PIECE = Refusal("clock", "refusal.duration_piece")


def _is_safe(before: bytes, after: bytes) -> bool:
    if before and before[-1] not in _SAFE_BEFORE and not (before[-1] == 58 and not before[-2:-1].isdigit()):  # a colon
        return False
    if not after or after[0] in _SAFE_AFTER:
        return True
    if after[0] == 47:  # 3/10, a stroke and a number that no date continues with
        return _COUNT_AFTER.match(after) is not None
    if after[0] not in _SAFE_BETWEEN or not (len(after) == 1 or after[1] in _SAFE_SECOND):
        return False
    word = _BLANK_AND_WORD.match(after)
    return word is None or (word[2] is None and word[1] not in _ASCII_UNITS)


def _is_torn(left: str, right: str) -> bool:
    if left[-1:] in ("\0", "\r") or right[:1] in ("\0", "\r"):
        return True
    return _UNSEEN_BEFORE.search(left) is not None or _UNSEEN_AFTER.match(right) is not None


def _undress(text: str, right: str) -> tuple[int, int, bool] | Number | Refusal:
    """Locate the number inside quotes, brackets, punctuation or a tensor's repr; for a duration, its seconds."""
    wrapped = _WRAPPED.fullmatch(text)
    if wrapped is not None:
        return (*wrapped.span("number"), True)
    one = _WRAPPED_ONE.fullmatch(text)
    if one is not None:
        return (*one.span(one.lastgroup or 0), True)
    if re.fullmatch(r"\[[0-9]+\]", text) and re.match(r"\s+[-+]?\.?[0-9]", right):
        return Refusal("ambiguous", "refusal.first_of_several")
    match = _LEAD.match(text)
    if match is None:
        return _no_number(text)
    start, end = match.span("number")
    rest = text[end:]
    opening = match["open"]
    if _EXPONENT_AFTER.match(rest + right):  # e is not a unit
        return (start, end, False) if _PLAIN.fullmatch(text.encode()) else _no_number(text)
    if opening and _PAIRS[opening] not in rest:
        return Refusal("ambiguous", "refusal.first_of_several") if _no_digit(rest) else _no_number(text)
    unit = _UNIT.match(rest)
    behind = rest[unit.end() :] if unit else rest
    if _ONLY_MARKS.fullmatch(behind) or _AND_MORE.match(behind):
        return start, end, False
    if not opening and _AND_AN_ERROR.match(behind):
        return start, end, False
    return _duration(text) or _no_number(text)


def _no_digit(rest: str) -> bool:
    return not any(char.isdigit() for char in rest)


def _duration(text: str) -> Number | None:
    """Seconds of a duration in several units, such as ``1m30.5s``."""
    match = _DURATION.fullmatch(text.rstrip(",;.)]}|\"'"))
    if match is None or sum(group is not None for group in match.groups()) < 2:
        return None
    days, hours, minutes, seconds = (float((group or "0").replace(",", ".")) for group in match.groups())
    return Number(days * 86400 + hours * 3600 + minutes * 60 + seconds, "s")


def _unless_a_piece(number: Number, left: str, right: str, line_cut: bool) -> Number | Refusal:
    """A duration, unless characters next to it may belong to it."""
    if line_cut and len(right) < _CUT_MARGIN:
        return Refusal("line_cut", "refusal.line_cut")
    if _is_torn(left, right):
        return _TORN
    if _WORD.match(left[-1:]) or left.endswith((".", "-", ":")) or _WORD.match(right):
        return _DURATION_PIECE
    return number


def _no_number(captured: str) -> Refusal:
    text = captured.strip()
    if not text:
        return Refusal("empty", "refusal.empty")
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+[,;.]?", text):
        return Refusal("ambiguous", "refusal.ambiguous_comma")
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?", text):
        return Refusal("cut", "refusal.cut_exponent")
    if _CLOCK.search(text):
        return Refusal("no_number", "refusal.clock")
    if _DATE.search(text):
        return Refusal("no_number", "refusal.date")
    if re.fullmatch(r"[-+]?[0-9.]+/[-+]?[0-9.]+\W*", text):
        return Refusal("no_number", "refusal.slash")
    return Refusal("no_number", "refusal.not_a_number")


def _cut_on_the_left(number: str, before: str) -> Refusal | None:
    if not before:
        return None
    signed = not (number[:1].isdigit() or number[:1] == ".")
    pointed = "." in number
    if _DIGIT_BEFORE.search(before):
        return Refusal("cut", "refusal.digit_before")
    if _DIGIT_POINT_BEFORE.search(before) or (not signed and not pointed and _POINT_BEFORE.search(before)):
        return Refusal("cut", "refusal.point_before")
    if _EXPONENT_BEFORE.search(before):
        return Refusal("cut", "refusal.exponent")
    if _HEX_BEFORE.search(before):
        return Refusal("no_number", "refusal.in_hexadecimal")
    if not signed and _SIGN_BEFORE.search(before):
        return Refusal("cut", "refusal.minus_left_out")
    if _GROUP_BEFORE.search(before) and re.match(r"[0-9]{3}(?![0-9])", number):
        return Refusal("cut", "refusal.last_group")
    return None


def _cut_on_the_right(number: str, after: str) -> Refusal | None:
    if not after:
        return None
    if _DIGIT_AFTER.match(after):
        return Refusal("cut", "refusal.digits_follow")
    if _POINT_DIGIT_AFTER.match(after):
        return Refusal("cut", "refusal.point_follows")
    if _EXPONENT_AFTER.match(after) or _POWER_AFTER.match(after):
        return Refusal("cut", "refusal.exponent_follows")
    if number.lstrip("+-") == "0" and _HEX_AFTER.match(after):
        return Refusal("no_number", "refusal.begins_hexadecimal")
    if _WINDOWS_AFTER.match(after):
        return Refusal("cut", "refusal.begins_non_finite")
    if number.lstrip("+-").isdigit() and _GROUP_AFTER.match(after):
        return Refusal("cut", "refusal.first_group")
    if _NAME_AFTER.match(after):
        return Refusal("name", "refusal.name_follows")
    return None


def _comma_problem(number: str, before: str, after: str) -> Refusal | None:
    """Reject a number that may be part of a longer one with commas; commas of a longer list are separators."""
    left = _COMMA_RUN_BEFORE.search(before)
    right = _COMMA_RUN_AFTER.match(after)
    if left is None and right is None:
        if _IS_COMMA.fullmatch(number) or _IS_FOREIGN.fullmatch(number):
            return None
        if "," in number and not ("." in number or number.count(",") > 1):
            return Refusal("ambiguous", "refusal.decimal_or_thousands")
        return None
    if "," in number:
        return Refusal("ambiguous", "refusal.one_or_several")
    run = (left.group() if left else "") + number.lstrip("+-") + (right.group() if right else "")
    if _ONE_NUMBER.fullmatch(run.rstrip(".,")):
        return Refusal("ambiguous", "refusal.number_with_comma", run.rstrip(".,"))
    return None


def _clock_problem(number: str, left: str, right: str) -> Refusal | None:
    """Reject digits that belong to a clock time or a date."""
    if number.isdigit():
        if _CLOCK_AFTER.match(right):
            return _CLOCK_PIECE
        if _DATE_AFTER.match(right):
            return _DATE_PIECE
    if _CLOCK_BEFORE.search(left) and re.match(r"[0-5][0-9](?![0-9])", number):
        return _CLOCK_PIECE
    if _DATE_BEFORE.search(left) and re.fullmatch(r"[0-9]{1,4}", number):
        return _DATE_PIECE
    return None


def _name_problem(left: str, named: str) -> Refusal | None:
    """Reject digits that belong to a name or a type, unless the regex says that they follow letters."""
    word = _WORD_BEFORE.search(left)
    if word is None or (named and left.endswith(named)):
        return None
    return Refusal("name", "refusal.digits_of_name", word.group())


def _unit(number: str, right: str) -> str | Refusal:
    """The unit after a number, or a refusal if what follows shows that it is part of something else."""
    match = _UNIT.match(right)
    if match is None:
        return ""
    unit = match["sign"] or match["letters"] or match["per"] or match["unspaced"] or match["known"]
    behind = right[match.end() :]
    if match["letters"]:
        if _SHORT_POWER.fullmatch(number) and _HEX_LETTERS.fullmatch(unit):
            return _HASH  # 12e45ab
        if len(unit) > _MAX_UNIT:
            return Refusal("cut", "refusal.longer_word")
        if re.match(r"\s?=", behind):
            return ""
        if behind[:1].isdigit() or behind[:1] == "_":
            if unit in TIME_UNITS and behind[:1].isdigit():
                return _DURATION_PIECE
            return Refusal("name", "refusal.part_of_name", unit + behind[:1])
    elif match["unspaced"] and behind[:1].isdigit():
        return _DURATION_PIECE if unit in TIME_UNITS else Refusal("cut", "refusal.more_follows", unit + behind[:1])
    if unit in _MULTIPLIERS and (counted := _COUNTED_BEHIND.match(behind)):
        return unit + counted["rate"]  # 1.2k samples/s
    if unit in TIME_UNITS:
        smaller = _SMALLER_TIME.match(behind)
        if smaller and "." not in number and TIME_UNITS.get(smaller["unit"], math.inf) < TIME_UNITS[unit]:
            return _DURATION_PIECE
        if _CLOCK_BEHIND.match(behind):
            return _DURATION_PIECE
    return unit


def _is_rest_of_duration(unit: str, left: str) -> bool:
    """Whether a number in a unit of time follows a longer unit, like the 5 of ``1m5s``."""
    longer = _LONGER_BEFORE.search(left)
    if longer is None or not longer["number"].strip("0"):  # 0m1.234s is 1.234s
        return False
    return TIME_UNITS.get(longer["unit"], 0) > TIME_UNITS[spelled(unit)]


def _to_float(number: str) -> float:
    plain = number.replace("−", "-").replace("d", "e").replace("D", "e").replace("f", "e")
    if _IS_COMMA.fullmatch(number):
        plain = plain.replace(",", ".")
    elif _IS_FOREIGN.fullmatch(number):
        plain = re.sub(rf"[ {_THIN}]", "", plain)
        plain = plain.replace(".", "").replace(",", ".") if "," in plain else plain
    return float(plain.replace(",", ""))  # 1e999 becomes inf: no finite double is that large


def _non_finite(number: str) -> float:
    text = number.lower()
    if "n" in text.replace("inf", "").replace("inity", ""):  # nan, qnan, snan, ind
        return math.nan
    return -math.inf if text.startswith(("-", "−")) else math.inf
