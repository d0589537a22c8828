r"""From captured bytes to a number, or to a refusal that says why.

Two questions are asked of every capture. *Is it a number?* The grammar is what programs print: ``1.``,
``.5``, ``-3e-4``, ``1E+05``, ``1.0D-03`` (Fortran), ``97.3%`` (read as 97.3), ``1,234.5``, a Unicode
minus, ``tensor(0.07, device='cuda:0')``, quotes and a closing comma around it; ``nan`` and ``inf`` in the
spellings of C, Python, Java and Windows. Hexadecimal, ``1_000``, ``1e`` and words are refused.

*Is it the whole number?* A regex such as ``([0-9.]+)`` captures ``1`` from ``1e-05``. So the bytes beside
the capture are looked at, and a capture that is only a piece of what was printed is refused: digits,
a fraction, an exponent, a sign or a thousands group left outside, a unit prefix (``1.2k``), ``x10^3``.
Where two readings are possible (``1,5`` is a decimal in half of the world and two numbers in the
other), nothing is guessed: a wrong value is worse than a missing one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

__all__ = ["CONTEXT_BYTES", "Refusal", "read_number"]

CONTEXT_BYTES = 64
"""How much of the line on either side of a capture `read_number` wants to see."""

_MAX_DIGITS = 400  # 1.8e308 written out has 309 digits; anything longer is no measurement
_CUT_MARGIN = 8  # in a line that was cut, an exponent such as e-0005 may be missing this close to the end

_MINUS = b"\xe2\x88\x92"  # U+2212
_SIGN = rb"(?:[+-]|\xe2\x88\x92)"
_NON_FINITE = rb"(?i:1\.\#(?:inf|qnan|snan|ind)\d*|nan(?:\([^()]*\))?|inf(?:inity)?)|\xe2\x88\x9e"
_DECIMAL = rb"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+|[dD][+-][0-9]+)?"
_GROUPED = rb"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?(?![0-9.,]*[0-9])"
_NUMBER = rb"%s?(?:%s|%s|%s)" % (_SIGN, _NON_FINITE, _GROUPED, _DECIMAL)
_WRAPPER = (
    rb"(?:[A-Za-z_]\w*\.)*(?:[tT]ensor|[aA]rray|DeviceArray|NDArray|Decimal|Parameter|Variable"
    rb"|bfloat16|float(?:16|32|64|128|_)?|double|u?int(?:8|16|32|64)?)\(\s*"
)

# The everyday case: an ASCII decimal and nothing else.
_PLAIN = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DRESSED = re.compile(rb"""[\s"'`]*(?P<open>[\[({]?)\s*(?P<number>%s)(?P<rest>[\s%%"'`\])}>;:,|]*\.?\s*)""" % _NUMBER)
_WRAPPED = re.compile(rb"""\s*%s["']?(?P<number>%s)["']?\s*(?:,\s*(?:\w+=.*)?|\).*)?""" % (_WRAPPER, _NUMBER), re.S)
_IS_NON_FINITE = re.compile(rb"%s?(?:%s)" % (_SIGN, _NON_FINITE))
_CLOSING = {b"[": b"]", b"(": b")", b"{": b"}"}

# What may stand to the left of a number that is only the rest of one.
_DIGIT_BEFORE = re.compile(rb"[0-9]\Z")
_POINT_BEFORE = re.compile(rb"(?:\A|[^.])\.\Z")  # not a dotted leader, "Accuracy....97"
_DIGIT_POINT_BEFORE = re.compile(rb"[0-9]\.\Z")
_EXPONENT_BEFORE = re.compile(rb"[0-9.][eEdD][+-]?\Z")
_HEX_BEFORE = re.compile(rb"(?<![0-9A-Za-z])0[xX][0-9a-fA-F]*\Z")
# A hyphen after a letter, digit, bracket or another hyphen joins ("ckpt-0.95.pt", "--0.5", "+/-0.1").
_SIGN_BEFORE = re.compile(rb"(?:(?:\A|[^\w)\]/-])-|\xe2\x88\x92)\Z")
_GROUP_BEFORE = re.compile(rb"[0-9](?:_|'|\xc2\xa0|\xe2\x80\xaf|\xe2\x80\x89)\Z")

# And to the right.
_DIGIT_AFTER = re.compile(rb"[0-9]")
_POINT_DIGIT_AFTER = re.compile(rb"\.[0-9]")
_EXPONENT_AFTER = re.compile(rb"[eE](?:[+-]|[0-9]|(?!\w))|[dD][+-][0-9]|\.[eE][+-]?[0-9]")
_POWER_AFTER = re.compile(rb"\s?(?:[xX*]|\xc3\x97)\s?10(?:\^|\*\*|\xe2\x81|\xc2[\xb2\xb3\xb9])")
_HEX_AFTER = re.compile(rb"[xX][0-9a-fA-F]")
_WINDOWS_AFTER = re.compile(rb"\#(?:INF|QNAN|SNAN|IND)")
_GROUP_AFTER = re.compile(rb"(?:_|'|\xc2\xa0|\xe2\x80\xaf|\xe2\x80\x89)[0-9]{3}(?![0-9])")
_PREFIX_AFTER = re.compile(rb"[kKMGT](?![A-Za-z0-9_])")
_WORD = re.compile(rb"\w")

# Neighbours that belong to no number, so that the everyday capture needs no closer look.
_SAFE_BEFORE = frozenset(b'=: \t([{<>|;"')
_SAFE_AFTER = frozenset(b')]}<>|;:/%"\t')
_SAFE_BETWEEN = frozenset(b", ")  # when a letter, a blank or a bracket follows
_SAFE_SECOND = frozenset(b' \t([{"-=<|ABCDEFGHIJKLMNOPQRSTUVWYZ_abcdefghijklmnopqrstuvwyz')  # without x, as in 1 x10^3

_COMMA_RUN_BEFORE = re.compile(rb"[0-9.,]*[0-9],\Z")
_COMMA_RUN_AFTER = re.compile(rb",[0-9][0-9.,]*")
_ONE_NUMBER = re.compile(rb"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a capture is not taken as a number.

    Attributes:
        kind: ``empty``, ``no_number``, ``cut``, ``ambiguous`` or ``line_cut``.
        text: The reason, to follow "captured '...', ": a clause without a full stop.
    """

    kind: str
    text: str


def read_number(
    captured: bytes,
    before: bytes = b"",
    after: bytes = b"",
    *,
    comma_before: bool = False,
    comma_after: bool = False,
    unit_named: bool = False,
    line_cut: bool = False,
) -> float | Refusal:
    """Read a captured number, NaN and infinities included, or say why it is refused.

    Args:
        captured: What the regex captured.
        before, after: The line on either side of it; `CONTEXT_BYTES` are enough.
        comma_before, comma_after: The regex names a comma there, so the comma separates columns.
        unit_named: The regex goes on after the capture, so a unit prefix there is the user's choice.
        line_cut: The line goes on where ``after`` ends, unseen.
    """
    if _PLAIN.fullmatch(captured):
        if not line_cut and len(captured) <= _MAX_DIGITS and _is_safe(before, after):
            return float(captured)
        number, start, end = captured, 0, len(captured)
    else:
        found = _undress(captured)
        if isinstance(found, Refusal):
            return found
        start, end = found
        number = captured[start:end]
    before, after = before + captured[:start], captured[end:] + after
    if line_cut and len(after) < _CUT_MARGIN:
        return Refusal("line_cut", "where the line breaks off, so the number may go on")
    if len(number) > _MAX_DIGITS:
        return Refusal("no_number", f"which has more than {_MAX_DIGITS} digits")
    if _IS_NON_FINITE.fullmatch(number):
        if _WORD.match(before[-1:]) or _WORD.match(after):
            return Refusal("cut", "a piece of a longer word")
        return _non_finite(number)
    problem = _cut_on_the_left(number, before) or _cut_on_the_right(number, after)
    if problem is None and not unit_named and _PREFIX_AFTER.match(after):
        problem = Refusal(
            "cut", f"but the unit prefix {chr(after[0])!r} follows; name it in the regex if it never changes"
        )
    problem = problem or _comma_problem(number, b"" if comma_before else before, b"" if comma_after else after)
    return problem or _to_float(number)


def _is_safe(before: bytes, after: bytes) -> bool:
    if before and before[-1] not in _SAFE_BEFORE:
        return False
    if not after or after[0] in _SAFE_AFTER:
        return True
    return after[0] in _SAFE_BETWEEN and (len(after) == 1 or after[1] in _SAFE_SECOND)


def _undress(captured: bytes) -> tuple[int, int] | Refusal:
    """Where the number lies among quotes, brackets, a closing comma or the repr of a tensor."""
    match = _WRAPPED.fullmatch(captured) or _DRESSED.fullmatch(captured)
    if match is None:
        return _no_number(captured)
    opening = match.groupdict().get("open")
    if opening and _CLOSING[opening] not in match["rest"]:
        return Refusal("ambiguous", "the first of several values in brackets")
    return match.span("number")


def _no_number(captured: bytes) -> Refusal:
    text = captured.strip()
    if not text:
        return Refusal("empty", "which is empty")
    if re.fullmatch(rb"[+-]?[0-9]+,[0-9]+[,;.]?", text):
        return Refusal("ambiguous", "which may be a decimal comma, a thousands separator or two numbers")
    if re.fullmatch(rb"[+-]?[0-9.]+[eE][+-]?", text):
        return Refusal("cut", "which breaks off in the exponent")
    return Refusal("no_number", "which is no number")


def _cut_on_the_left(number: bytes, before: bytes) -> Refusal | None:
    if not before:
        return None
    signed = not (number[:1].isdigit() or number[:1] == b".")
    pointed = b"." in number
    if _DIGIT_BEFORE.search(before):
        return Refusal("cut", "but a digit stands right before it: it begins in the middle of a number")
    if _DIGIT_POINT_BEFORE.search(before) or (not signed and not pointed and _POINT_BEFORE.search(before)):
        return Refusal("cut", "but a decimal point stands right before it")
    if _EXPONENT_BEFORE.search(before):
        return Refusal("cut", "which is the exponent of a number")
    if _HEX_BEFORE.search(before):
        return Refusal("no_number", "which belongs to a hexadecimal number")
    if not signed and _SIGN_BEFORE.search(before):
        return Refusal("cut", "but the minus sign before it was left out")
    if _GROUP_BEFORE.search(before) and re.match(rb"[0-9]{3}(?![0-9])", number):
        return Refusal("cut", "the last digits of a grouped number")
    return None


def _cut_on_the_right(number: bytes, after: bytes) -> Refusal | None:
    if not after:
        return None
    if _DIGIT_AFTER.match(after):
        return Refusal("cut", "but more digits follow")
    if _POINT_DIGIT_AFTER.match(after):
        return Refusal("cut", "but a decimal point and digits follow")
    if _EXPONENT_AFTER.match(after) or _POWER_AFTER.match(after):
        return Refusal("cut", "but an exponent follows that was left out")
    if number.lstrip(b"+-") == b"0" and _HEX_AFTER.match(after):
        return Refusal("no_number", "which begins a hexadecimal number")
    if _WINDOWS_AFTER.match(after):
        return Refusal("cut", "which is the beginning of a non-finite number")
    if number.lstrip(b"+-").isdigit() and _GROUP_AFTER.match(after):
        return Refusal("cut", "the first digits of a grouped number")
    return None


def _comma_problem(number: bytes, before: bytes, after: bytes) -> Refusal | None:
    """Refuse a piece of what may be one number with commas; commas of a longer list are separators."""
    left = _COMMA_RUN_BEFORE.search(before)
    right = _COMMA_RUN_AFTER.match(after)
    if left is None and right is None:
        if b"," in number and not (b"." in number or number.count(b",") > 1):
            return Refusal("ambiguous", "which may be a decimal comma or a thousands separator")
        return None
    run = (left.group() if left else b"") + number.lstrip(b"+-") + (right.group() if right else b"")
    if _ONE_NUMBER.fullmatch(run.rstrip(b".,")):
        return Refusal("ambiguous", f"but {run.rstrip(b'.,').decode()!r} may be one number with a comma")
    return None


def _to_float(number: bytes) -> float:
    plain = number.replace(_MINUS, b"-").replace(b",", b"").replace(b"d", b"e").replace(b"D", b"e")
    return float(plain)  # 1e999 becomes inf: no finite double is that large


def _non_finite(number: bytes) -> float:
    text = number.lower()
    if b"n" in text.replace(b"inf", b"").replace(b"inity", b""):  # nan, qnan, snan, ind
        return math.nan
    return -math.inf if text.startswith((b"-", _MINUS)) else math.inf
