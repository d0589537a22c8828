"""Read constraints: ``batch_size * accumulate <= 256``, ``optimizer != 'sgd' or momentum > 0``.

    operators    + - * / % ** < <= > >= == != and or not in, with Python's precedence, and parentheses
    functions    min max abs log
    values       numbers, 'strings' in either quotes, true and false, names of parameters

A name is the longest name of a parameter that begins there, so that ``weight-decay`` is one where a parameter is called
that (``weight - decay`` is a difference). Length and depth have bounds, as constraints come over the network.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from scriptune.core.constraints import (
    COMPARISONS,
    FUNCTIONS,
    Call,
    Chain,
    Literal,
    Logic,
    Membership,
    Name,
    Negative,
    Node,
    Power,
    Relation,
    SpaceConstraint,
)
from scriptune.core.parameters import Categorical, Parameter, Scalar
from scriptune.errors import SpaceError
from scriptune.messages import Message, did_you_mean

__all__ = ["parse_constraint"]

_MAX_CHARS = 1000
_MAX_DEPTH = 30  # of parentheses, signs and powers inside of each other
_SHOWN_CHARS = 72  # of a longer constraint, around what is wrong
_MAX_ARGUMENTS = 50

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_STRING = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_WORD = re.compile(r"[^\W\d][\w.]*")
_SIGN = re.compile(r"\*\*|<=|>=|==|!=|[-+*/%<>()\[\],]")
_KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false", "True", "False"})
# What other languages write: their sign, in a constraint's own.
_FOREIGN = {"&&": "and", "||": "or", "//": "/", "<>": "!=", "=": "==", "!": "not", "^": "**", "&": "and", "|": "or"}
_FOREIGN_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(_FOREIGN, key=len, reverse=True)))

_T = TypeVar("_T")
_Kinds = frozenset[str]
_NUMERIC: _Kinds = frozenset({"number", "bool"})
_TRUTH: _Kinds = frozenset({"bool"})
_STRINGS: _Kinds = frozenset({"string"})


@dataclass(frozen=True)
class _Token:
    """A piece of a constraint: ``kind`` is ``number``, ``string``, ``name``, ``function``, ``sign`` or ``end``."""

    kind: str
    text: str
    start: int
    value: int | float | str = ""


@dataclass(frozen=True)
class _Typed:
    """A part of a constraint with the kinds of value that it may have; none: it is never looked at."""

    node: Node
    kinds: _Kinds
    start: int
    choices: Sequence[Scalar] = ()  # of a name, if they are listed


def parse_constraint(text: str, parameters: Mapping[str, Parameter], fixed: Mapping[str, Scalar]) -> SpaceConstraint:
    """Read a constraint over the parameters of a search.

    Args:
        text: The constraint.
        parameters: What is searched.
        fixed: Values of the other parameters; None: of one that is never used.

    Raises:
        SpaceError: It is not one; the message shows where.
    """
    if not isinstance(text, str) or not text.strip():
        raise SpaceError(Message("constraint.not_a_constraint", value=text))
    if len(text) > _MAX_CHARS:
        raise SpaceError(Message("constraint.too_long", n=len(text), most=_MAX_CHARS))
    text = " ".join(text.split())
    return _Parser(text, parameters, fixed).parse()


class _Parser:
    """Recursive descent over the tokens of one constraint; one method for each level of precedence."""

    def __init__(self, text: str, parameters: Mapping[str, Parameter], fixed: Mapping[str, Scalar]) -> None:
        self._text = text
        self._parameters = parameters
        self._fixed = fixed
        # Longest first: of `a` and `a-b` the latter is what `a-b` names.
        names = {*parameters, *fixed}
        self._names = sorted((n for n in names if n not in _KEYWORDS and not _NUMBER.fullmatch(n)), key=len)[::-1]
        self._tokens = self._cut()
        self._at = 0
        self._depth = 0
        self._used: set[str] = set()

    def parse(self) -> SpaceConstraint:
        whole = self._or()
        if self._token.kind != "end":
            raise self._unexpected(Message("constraint.expected_operator"))
        self._need(whole, _TRUTH, Message("constraint.not_a_condition"))
        if not self._used:
            raise self._error(Message("constraint.no_parameter"), 0)
        fixed = {name: value for name, value in self._fixed.items() if name in self._used}
        return SpaceConstraint(self._text, whole.node, frozenset(self._used), fixed)

    # --- tokens -----------------------------------------------------------------------------------------

    def _cut(self) -> list[_Token]:
        tokens, at = [], 0
        while at < len(self._text):
            if self._text[at] == " ":
                at += 1
                continue
            token = self._token_at(at)
            tokens.append(token)
            at += len(token.text)
        return [*tokens, _Token("end", "", len(self._text))]

    def _token_at(self, at: int) -> _Token:
        text = self._text
        if (word := _WORD.match(text, at)) and word[0] in _KEYWORDS:
            return _Token("sign", word[0], at)
        if word and word[0] in FUNCTIONS and text[word.end() :].lstrip().startswith("("):
            return _Token("function", word[0], at)
        for name in self._names:
            if text.startswith(name, at) and not re.match(r"\w", text[at + len(name) :]):
                return _Token("name", name, at)
        if number := _NUMBER.match(text, at):
            digits = number[0]
            return _Token("number", digits, at, int(digits) if digits.isdecimal() else float(digits))
        if string := _STRING.match(text, at):
            return _Token("string", string[0], at, string[1] if string[1] is not None else string[2])
        if text[at] in "'\"":
            raise self._error(Message("constraint.open_quotation"), at)
        if word:
            raise self._error(self._unknown(word[0]), at)
        if (foreign := _FOREIGN_SIGN.match(text, at)) and not re.match(r"[=!<>]=", text[at:]):
            raise self._error(Message("constraint.foreign", sign=foreign[0], instead=_FOREIGN[foreign[0]]), at)
        if sign := _SIGN.match(text, at):
            return _Token("sign", sign[0], at)
        raise self._error(Message("constraint.unknown_character", character=text[at]), at)

    def _unknown(self, word: str) -> Message:
        known = list(dict.fromkeys([*self._parameters, *self._fixed]))
        near = did_you_mean(word, [*known, *FUNCTIONS])
        return Message("constraint.unknown_name", name=word, near=near or Message("constraint.known", names=known[:20]))

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *signs: str) -> str:
        """The next token if it is one of some signs, which is then passed; else ``""``."""
        token = self._token
        if token.kind != "sign" or token.text not in signs:
            return ""
        self._at += 1
        return token.text

    def _require(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected(Message("constraint.expected_sign", sign=sign))

    # --- levels of precedence, the weakest first --------------------------------------------------------

    def _or(self) -> _Typed:
        return self._joined("or", self._and)

    def _and(self) -> _Typed:
        return self._joined("and", self._not)

    def _joined(self, word: str, below: Callable[[], _Typed]) -> _Typed:
        parts = [below()]
        while self._take(word):
            parts.append(below())
        if len(parts) == 1:
            return parts[0]
        for part in parts:
            self._need(part, _TRUTH, Message("constraint.operand_not_a_condition", word=word))
        return _Typed(Logic(word, tuple(part.node for part in parts)), _TRUTH, parts[0].start)

    def _not(self) -> _Typed:
        start = self._token.start
        if not self._take("not"):
            return self._comparison()
        with_depth = self._deeper(self._not)
        self._need(with_depth, _TRUTH, Message("constraint.operand_not_a_condition", word="not"))
        return _Typed(Logic("not", (with_depth.node,)), _TRUTH, start)

    def _comparison(self) -> _Typed:
        first = self._sum()
        operands, signs = [first], []
        while sign := self._take(*COMPARISONS):
            signs.append(sign)
            operands.append(self._sum())
            self._check_pair(sign, operands[-2], operands[-1])
        if signs:
            return _Typed(Relation(tuple(one.node for one in operands), tuple(signs)), _TRUTH, first.start)
        is_negated = self._token.text == "not" and self._tokens[self._at + 1].text == "in"
        if is_negated:
            self._at += 1
        if not self._take("in"):
            return first
        member = self._membership(first)
        return _Typed(Logic("not", (member,)) if is_negated else member, _TRUTH, first.start)

    def _membership(self, item: _Typed) -> Membership:
        opening = self._take("(", "[")
        if not opening:
            raise self._unexpected(Message("constraint.expected_list"))
        choices = self._arguments({"(": ")", "[": "]"}[opening])
        for choice in choices:
            self._check_pair("==", item, choice)
        return Membership(item.node, tuple(choice.node for choice in choices))

    def _sum(self) -> _Typed:
        return self._chain(("+", "-"), self._term)

    def _term(self) -> _Typed:
        return self._chain(("*", "/", "%"), self._factor)

    def _chain(self, signs: tuple[str, ...], below: Callable[[], _Typed]) -> _Typed:
        operands, operators = [below()], []
        while sign := self._take(*signs):
            operators.append(sign)
            operands.append(below())
        if not operators:
            return operands[0]
        for operand in operands:
            self._need(operand, _NUMERIC, Message("constraint.not_a_number", sign=operators[0]))
        node = Chain(tuple(operand.node for operand in operands), tuple(operators))
        return _Typed(node, frozenset({"number"}), operands[0].start)

    def _factor(self) -> _Typed:
        start = self._token.start
        sign = self._take("-", "+")
        if not sign:
            return self._power()
        operand = self._deeper(self._factor)
        self._need(operand, _NUMERIC, Message("constraint.not_a_number", sign=sign))
        return _Typed(Negative(operand.node) if sign == "-" else operand.node, frozenset({"number"}), start)

    def _power(self) -> _Typed:
        base = self._atom()
        if not self._take("**"):
            return base
        exponent = self._deeper(self._factor)
        for part in (base, exponent):
            self._need(part, _NUMERIC, Message("constraint.not_a_number", sign="**"))
        return _Typed(Power(base.node, exponent.node), frozenset({"number"}), base.start)

    def _atom(self) -> _Typed:
        token = self._token
        if self._take("("):
            inner = self._deeper(self._or)
            self._require(")")
            return _Typed(inner.node, inner.kinds, token.start, inner.choices)
        if truth := self._take("true", "True", "false", "False"):
            return _Typed(Literal(truth.lower() == "true"), _TRUTH, token.start)
        if token.kind in ("end", "sign"):
            raise self._unexpected(Message("constraint.expected_value"))
        self._at += 1
        if token.kind == "name":
            return self._name(token)
        if token.kind == "function":
            self._require("(")
            return self._call(token, self._deeper(lambda: self._arguments(")")))
        return _Typed(Literal(token.value), _kinds_of([token.value]), token.start)

    def _name(self, token: _Token) -> _Typed:
        name = token.text
        self._used.add(name)
        parameter = self._parameters.get(name)
        if parameter is None:
            choices: Sequence[Scalar] = (self._fixed[name],)
        elif isinstance(parameter, Categorical):
            choices = parameter.choices
        else:
            return _Typed(Name(name), frozenset({"number"}), token.start)
        return _Typed(Name(name), _kinds_of(choices), token.start, () if parameter is None else choices)

    def _call(self, token: _Token, arguments: list[_Typed]) -> _Typed:
        n = len(arguments)
        if token.text in ("min", "max"):
            if n < 2:
                raise self._error(Message("constraint.two_arguments", name=token.text, n=n), token.start)
        elif n != 1:
            raise self._error(Message("constraint.one_argument", name=token.text, n=n), token.start)
        for argument in arguments:
            self._need(argument, _NUMERIC, Message("constraint.not_a_number", sign=token.text))
        node = Call(token.text, tuple(argument.node for argument in arguments))
        return _Typed(node, frozenset({"number"}), token.start)

    def _arguments(self, closing: str) -> list[_Typed]:
        parts: list[_Typed] = []
        while not self._take(closing):
            if parts:
                if not self._take(","):
                    raise self._unexpected(Message("constraint.expected_sign", sign=closing))
                if self._take(closing):
                    break
            parts.append(self._sum())
            if len(parts) > _MAX_ARGUMENTS:
                raise self._error(Message("constraint.too_many_values", most=_MAX_ARGUMENTS), parts[-1].start)
        return parts

    def _deeper(self, below: Callable[[], _T]) -> _T:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error(Message("constraint.too_deep", most=_MAX_DEPTH), self._token.start)
        inner = below()
        self._depth -= 1
        return inner

    # --- kinds of values --------------------------------------------------------------------------------

    def _need(self, part: _Typed, kinds: _Kinds, problem: Message) -> None:
        if not part.kinds <= kinds:
            raise self._error(problem, part.start)

    def _check_pair(self, sign: str, left: _Typed, right: _Typed) -> None:
        if sign not in ("==", "!="):
            for side in (left, right):
                self._need(side, _NUMERIC, Message("constraint.not_a_number", sign=sign))
            return
        if left.kinds and right.kinds and not (left.kinds & right.kinds or (left.kinds | right.kinds) <= _NUMERIC):
            raise self._error(Message("constraint.mixed", sign=sign), right.start)
        for name, literal in ((left, right), (right, left)):
            match literal.node:
                case Literal(str() as value) if name.choices and value not in name.choices:
                    near = did_you_mean(value, [one for one in name.choices if isinstance(one, str)])
                    choices = list(name.choices)
                    raise self._error(
                        Message("constraint.no_such_choice", value=value, choices=choices, near=near), literal.start
                    )

    # --- errors -----------------------------------------------------------------------------------------

    def _unexpected(self, expected: Message) -> SpaceError:
        token = self._token
        got = Message("constraint.got_end") if token.kind == "end" else Message("constraint.got", text=token.text)
        return self._error(Message("constraint.unexpected", got=got, expected=expected), token.start)

    def _error(self, problem: Message, at: int) -> SpaceError:
        """An error that shows the constraint with a caret below what is wrong."""
        start = max(0, min(at - _SHOWN_CHARS // 2, len(self._text) - _SHOWN_CHARS))
        shown = self._text[start : start + _SHOWN_CHARS]
        before = shown[: at - start]
        width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in before)
        return SpaceError(Message("constraint.at", problem=problem, text=shown, caret=" " * width + "^"))


def _kinds_of(values: Sequence[Scalar]) -> _Kinds:
    kinds = {bool: "bool", int: "number", float: "number", str: "string"}
    return frozenset(kinds[type(value)] for value in values if value is not None)
