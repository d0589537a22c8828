"""Calculate constraints for many configurations at once.

    value      of a parameter, a float: numbers are themselves, false and true 0 and 1, strings the codes of `codes_of`
    NaN        of a parameter that is inactive or null: a constraint that names it does not apply
    defined    whether a part has a finite value; a constraint with an undefined part that matters is violated
    violation  how far a configuration is from satisfying a constraint, 0 where it does

The rules are those of `scriptune.core.constraints`, in floats: at the very border the two may differ by a rounding, so
params are checked by those before they leave a sampler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scriptune.core.constraints import (
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
from scriptune.core.parameters import Scalar

__all__ = ["ConstraintArrays", "code_of"]

_Array = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

_FIRST_CODE, _CODE_STEP = 2.0**1000, 2.0**960  # strings are only compared for equality, and no number is as large
_UNDEFINED = 1e30  # violation of a part without a finite value: farther away than anything that has one
_STRICT = 1e-12  # violation of ``a < b`` where both are equal, so that it is not 0

_UFUNCS: Mapping[str, Any] = {  # Any: numpy's functions share no useful type
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.mod,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "min": np.minimum.reduce,
    "max": np.maximum.reduce,
}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def code_of(value: Scalar, codes: dict[str, float]) -> float:
    """A value as a float; strings get a code each, which is added to ``codes``."""
    if isinstance(value, str):
        return codes.setdefault(value, _FIRST_CODE + len(codes) * _CODE_STEP)
    return float("nan") if value is None else float(value)


class ConstraintArrays:
    """The constraints of a space, for arrays of values.

    Args:
        constraints: The constraints.
        names: Of the columns.
        codes: Of strings; those in the constraints are added.
    """

    def __init__(self, constraints: Sequence[SpaceConstraint], names: Sequence[str], codes: dict[str, float]) -> None:
        self._constraints = constraints
        self._columns = {name: j for j, name in enumerate(names)}
        self._codes = codes

    def __len__(self) -> int:
        return len(self._constraints)

    def holds(self, V: _Array, which: int) -> _Bools:
        """Whether rows of values, shape (n, d), satisfy constraint number ``which``; shape (n,)."""
        values, applies = self._values(V, which)
        with np.errstate(all="ignore"):
            truth, defined = self._evaluate(self._constraints[which].tree, values)
        return (np.broadcast_to((truth != 0.0) & defined, applies.shape)) | ~applies

    def applies(self, V: _Array, which: int) -> _Bools:
        """Whether rows have a value for every parameter that a constraint names, shape (n,)."""
        return self._values(V, which)[1]

    def violation(self, V: _Array, which: int) -> _Array:
        """How far rows are from satisfying a constraint, shape (n,): at least 0, and 0 exactly where they do."""
        values, applies = self._values(V, which)
        with np.errstate(all="ignore"):
            far = np.nan_to_num(self._distance(self._constraints[which].tree, values, True), nan=_UNDEFINED)
        far = np.minimum(np.broadcast_to(far, applies.shape), _UNDEFINED)
        holds = self.holds(V, which)
        return np.where(holds, 0.0, np.maximum(far, _STRICT))

    def _values(self, V: _Array, which: int) -> tuple[dict[str, _Array], _Bools]:
        constraint = self._constraints[which]
        values: dict[str, _Array] = {
            name: V[:, self._columns[name]]
            if name in self._columns
            else np.full(len(V), code_of(constraint.fixed[name], self._codes))
            for name in constraint.names
        }
        unknown = np.array([np.isnan(column) for column in values.values()]).reshape(len(values), len(V))
        return values, np.asarray(~unknown.any(axis=0))

    def _evaluate(self, node: Node, values: Mapping[str, _Array]) -> tuple[_Array, _Bools]:
        """A part's value and whether it is defined; truths are 0 and 1."""
        match node:
            case Literal(literal):
                return np.array(code_of(literal, self._codes)), np.array(True)
            case Name(name):
                return values[name], np.array(True)
            case Logic(word, operands):
                return self._logic(word, operands, values)
            case Relation(operands, operators):
                return self._comparison(operands, operators, values)
            case Membership(item, choices):
                pairs = [Relation((item, choice), ("==",)) for choice in choices]
                return self._logic("or", pairs, values)
            case Negative(operand):
                value, defined = self._evaluate(operand, values)
                return -value, defined
            case Power(base, exponent):
                parts = [self._evaluate(part, values) for part in (base, exponent)]
                return _finite(np.power(parts[0][0], parts[1][0]), parts[0][1] & parts[1][1])
            case Chain(operands, operators):
                total, defined = self._evaluate(operands[0], values)
                for sign, operand in zip(operators, operands[1:], strict=True):
                    value, is_defined = self._evaluate(operand, values)
                    total, defined = _finite(_UFUNCS[sign](total, value), defined & is_defined)
                return total, defined
            case Call(function, arguments):
                return self._call(function, [self._evaluate(argument, values) for argument in arguments])
        raise AssertionError(node)

    def _call(self, function: str, parts: Sequence[tuple[_Array, _Bools]]) -> tuple[_Array, _Bools]:
        defined = np.logical_and.reduce(np.broadcast_arrays(*(is_defined for _, is_defined in parts)))
        if function in ("abs", "log"):
            return _finite(np.abs(parts[0][0]) if function == "abs" else np.log(parts[0][0]), defined)
        return _UFUNCS[function](np.broadcast_arrays(*(value for value, _ in parts))), defined

    def _comparison(
        self, operands: Sequence[Node], operators: Sequence[str], values: Mapping[str, _Array]
    ) -> tuple[_Array, _Bools]:
        """A chain stops at the first pair that does not agree, and looks at nothing behind it."""
        left, defined = self._evaluate(operands[0], values)
        alive: _Bools = np.array(True)
        for sign, operand in zip(operators, operands[1:], strict=True):
            right, is_defined = self._evaluate(operand, values)
            defined = defined & (is_defined | ~alive)
            alive = alive & _UFUNCS[sign](left, right)
            left = right
        return alive.astype(np.float64), defined

    def _logic(self, word: str, operands: Sequence[Node], values: Mapping[str, _Array]) -> tuple[_Array, _Bools]:
        if word == "not":
            value, defined = self._evaluate(operands[0], values)
            return 1.0 - (value != 0.0), defined
        goes_on: _Bools = np.array(True)  # so far all operands of `and` were true, of `or` false
        is_defined: _Bools = np.array(True)
        for operand in operands:
            value, defined = self._evaluate(operand, values)
            is_defined = is_defined & (defined | ~goes_on)
            goes_on = goes_on & ((value != 0.0) == (word == "and"))
        truth = goes_on if word == "and" else ~goes_on
        return truth.astype(np.float64), is_defined

    # --- distances --------------------------------------------------------------------------------------

    def _distance(self, node: Node, values: Mapping[str, _Array], wanted: bool) -> _Array:
        """How far a condition is from being what is wanted: true or false."""
        match node:
            case Logic("not", (operand,)):
                return self._distance(operand, values, not wanted)
            case Logic(word, operands):
                parts = [self._distance(operand, values, wanted) for operand in operands]
                return _joined(parts, are_all_needed=(word == "and") == wanted)
            case Membership(item, choices):
                pairs = [self._distance(Relation((item, one), ("==",)), values, wanted) for one in choices]
                return _joined(pairs or [np.array(1.0 if wanted else 0.0)], are_all_needed=not wanted)
            case Relation(operands, operators):
                ends = [self._evaluate(operand, values) for operand in operands]
                gaps = [
                    _gap(sign if wanted else _OPPOSITE[sign], left, right)
                    for sign, left, right in zip(operators, ends, ends[1:], strict=False)
                ]
                return _joined(gaps, are_all_needed=wanted)
        value, _ = self._evaluate(node, values)
        return np.where((value != 0.0) == wanted, 0.0, 1.0)


def _finite(value: Any, defined: _Bools) -> tuple[_Array, _Bools]:  # Any: of numpy's functions
    return value, defined & np.isfinite(value)


def _joined(parts: Sequence[_Array], *, are_all_needed: bool) -> _Array:
    stacked = np.array(np.broadcast_arrays(*parts))
    return np.asarray(stacked.sum(axis=0) if are_all_needed else stacked.min(axis=0))


def _gap(sign: str, left: tuple[_Array, _Bools], right: tuple[_Array, _Bools]) -> _Array:
    """How far two values are from agreeing with a comparison."""
    a, b = np.broadcast_arrays(left[0], right[0])
    difference = b - a if sign in (">", ">=") else a - b
    if sign in ("==", "!="):
        is_string = np.maximum(np.abs(a), np.abs(b)) >= _FIRST_CODE
        difference = np.where(is_string, 1.0 * (a != b), np.abs(difference))
        difference = difference if sign == "==" else 1.0 * (difference == 0.0)
    far = np.where(_UFUNCS[sign](a, b), 0.0, np.maximum(difference, _STRICT))
    return np.where(left[1] & right[1], far, _UNDEFINED)
