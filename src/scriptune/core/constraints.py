"""Constraints between parameters: what they say, and whether params satisfy them.

A constraint is a condition on values, such as ``batch_size * accumulate <= 256``; `constraint_parser` reads it. It is
calculated as Python would calculate it, with three rules of its own:

* It does not apply, and so is satisfied, where a parameter that it names is inactive or null.
* A part without a finite value (division by zero, an overflow, the logarithm of a negative number) makes it violated.
  ``and`` and ``or`` do not look at what no longer matters: ``x == 0 or y / x > 2`` is satisfied where x is 0.
* Numbers, strings and booleans are told apart before the search: no value can make it fail later.

`search.feasible` calculates the same trees for many configurations at once.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from scriptune.core.parameters import Scalar

__all__ = [
    "ARITHMETIC",
    "COMPARISONS",
    "FUNCTIONS",
    "Call",
    "Chain",
    "Literal",
    "Logic",
    "Membership",
    "Name",
    "Negative",
    "Node",
    "Power",
    "Relation",
    "SpaceConstraint",
]

_MAX_BITS = 1023  # of an integer; beyond it floats are infinite


@dataclass(frozen=True)
class Literal:
    """A number, a string, true or false."""

    value: bool | int | float | str


@dataclass(frozen=True)
class Name:
    """The value of a parameter."""

    name: str


@dataclass(frozen=True)
class Negative:
    """``-x``."""

    operand: Node


@dataclass(frozen=True)
class Power:
    """``base ** exponent``."""

    base: Node
    exponent: Node


@dataclass(frozen=True)
class Chain:
    """``a + b - c`` or ``a * b / c % d``, from left to right; one operator less than operands."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """``min``, ``max``, ``abs`` or ``log`` (the natural one) of its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Relation:
    """``a < b <= c``: every neighbouring pair must agree."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Membership:
    """``item in (a, b, c)``."""

    item: Node
    choices: tuple[Node, ...]


@dataclass(frozen=True)
class Logic:
    """``and`` or ``or`` of two and more operands, ``not`` of one."""

    operator: str
    operands: tuple[Node, ...]


Node: TypeAlias = Literal | Name | Negative | Power | Chain | Call | Relation | Membership | Logic
_Value: TypeAlias = bool | int | float | str

ARITHMETIC: Mapping[str, Callable[..., float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}
COMPARISONS: Mapping[str, Callable[..., bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
FUNCTIONS: Mapping[str, Callable[..., float]] = {"min": min, "max": max, "abs": abs, "log": math.log}


class _UndefinedError(ArithmeticError):
    """A part of a constraint has no finite value."""


@dataclass(frozen=True)
class SpaceConstraint:
    """One constraint of a search space.

    Attributes:
        text: As it was written.
        tree: What it says.
        names: The parameters that it names, fixed ones included.
        fixed: Values of parameters that are not searched; None: of one that is never used.
    """

    text: str
    tree: Node
    names: frozenset[str]
    fixed: Mapping[str, Scalar] = field(default_factory=dict, compare=False)

    def holds(self, params: Mapping[str, Scalar]) -> bool:
        """Whether params satisfy it, or it does not apply to them."""
        values: dict[str, _Value] = {}
        for name in self.names:
            value = params[name] if name in params else self.fixed.get(name)
            if value is None:
                return True
            values[name] = value
        try:
            return bool(_value(self.tree, values))
        except (_UndefinedError, ArithmeticError, ValueError):
            return False


def _value(node: Node, values: Mapping[str, _Value]) -> _Value:
    match node:
        case Literal(value):
            return value
        case Name(name):
            return values[name]
        case Relation() | Membership() | Logic():
            return _truth(node, values)
    return _finite(_number(node, values))


def _number(node: Node, values: Mapping[str, _Value]) -> object:
    match node:
        case Negative(operand):
            return -_operand(operand, values)
        case Power(base, exponent):
            return _power(_operand(base, values), _operand(exponent, values))
        case Chain(operands, operators):
            total = _operand(operands[0], values)
            for sign, operand in zip(operators, operands[1:], strict=True):
                total = _finite(ARITHMETIC[sign](total, _operand(operand, values)))
            return total
        case Call(function, arguments):
            return FUNCTIONS[function](*(_operand(argument, values) for argument in arguments))
    raise AssertionError(node)


def _operand(node: Node, values: Mapping[str, _Value]) -> int | float:
    value = _value(node, values)
    assert not isinstance(value, str), node  # the parser lets no string into arithmetic
    return value


def _power(base: float, exponent: float) -> object:
    # Python would calculate 9 ** 9 ** 9 to its last digit.
    if abs(base) > 1 and abs(exponent) * math.log2(abs(base)) > _MAX_BITS:
        if exponent > 0:
            raise _UndefinedError
        return 0.0
    return base**exponent


def _finite(value: object) -> int | float:
    if isinstance(value, int) and value.bit_length() <= _MAX_BITS:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise _UndefinedError  # infinite, not a number, too large, or complex


def _truth(node: Relation | Membership | Logic, values: Mapping[str, _Value]) -> bool:
    match node:
        case Relation(operands, operators):
            left = _value(operands[0], values)
            for sign, operand in zip(operators, operands[1:], strict=True):
                right = _value(operand, values)
                if not COMPARISONS[sign](left, right):
                    return False
                left = right
            return True
        case Membership(item, choices):
            value = _value(item, values)
            return any(value == _value(choice, values) for choice in choices)
        case Logic("not", (operand,)):
            return not _value(operand, values)
        case Logic("and", operands):
            return all(_value(operand, values) for operand in operands)
    return any(_value(operand, values) for operand in node.operands)
