"""Parameters: one dimension of a search space each, with its legal values.

Values are the built-in ``float``, ``int``, ``str`` and ``bool`` and keep their type: ``1``, ``1.0`` and
``True`` are three different values here (`same_value`), as they are on a command line. Values of other libraries
become built-in ones where they come in (`builtin_values`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

from scriptune.core.builtin_values import builtin_list, builtin_value
from scriptune.errors import SpaceError, closest

__all__ = [
    "Bool",
    "Categorical",
    "Condition",
    "Float",
    "Int",
    "Parameter",
    "Scalar",
    "When",
    "normal_condition",
    "same_value",
]

Scalar: TypeAlias = bool | int | float | str
Condition: TypeAlias = Mapping[str, tuple[Scalar, ...]]
"""Parent name -> the values of the parent that switch the parameter on. All parents must agree."""
When: TypeAlias = Mapping[str, Scalar | Sequence[Scalar]]
"""A condition as people write it: ``{"optimizer": "sgd"}``, ``{"layers": [2, 3]}``."""


def same_value(a: object, b: object) -> bool:
    """Whether two values are equal *and* of one type: ``1``, ``1.0`` and ``True`` differ."""
    return type(a) is type(b) and a == b


def normal_condition(when: Mapping[str, Any] | None) -> Condition:
    """Normalise ``{"a": 1, "b": [2, 3]}`` to ``{"a": (1,), "b": (2, 3)}``; None is not a condition.

    Raises:
        SpaceError: No mapping, or values that no parameter can have.
    """
    if not when:
        return MappingProxyType({})
    if not isinstance(when, Mapping):
        raise SpaceError(
            f"'when' is {when!r}, expected a mapping of a parameter to its value or values, "
            "like {optimizer: sgd} or {optimizer: [sgd, adam]}."
        )
    normal: dict[str, tuple[Scalar, ...]] = {}
    for parent, values in when.items():
        items = builtin_list(values)
        listed = (builtin_value(values),) if items is None else tuple(items)
        for value in listed:
            if not isinstance(value, (bool, int, float, str)):
                raise SpaceError(f"'when' compares {parent!r} with {value!r}, expected a string, number or true/false.")
        if not listed:
            raise SpaceError(f"'when' names no value for {parent!r}; the parameter could never be used.")
        normal[parent] = listed
    return MappingProxyType(normal)


@dataclass(frozen=True, kw_only=True)
class _Base:
    when: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", normal_condition(self.when))


def _number(value: object, what: str) -> float:
    value = builtin_value(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SpaceError(f"{what} is {value!r}, expected a number.")
    if not math.isfinite(value):
        raise SpaceError(f"{what} is {value!r}, expected a finite number.")
    return value


def _check_range(low: float, high: float, log: bool) -> None:
    if low > high:
        raise SpaceError(f"min {low!r} is above max {high!r}; swap them.")
    if log and low <= 0:
        raise SpaceError(f"min {low!r} with log: true; a logarithmic range needs min > 0.")


_MAX_VALUES = 2**53  # beyond it floats, in which samplers calculate, no longer tell neighbouring integers apart


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


@dataclass(frozen=True)
class Float(_Base):
    """Real numbers in [low, high], both ends included.

    Args:
        low, high: Bounds; equal bounds make a single-valued parameter.
        log: Search on a logarithmic scale; needs ``low > 0``.
        step: Only ``low + k * step`` are values, computed in decimals so that ``0.15`` stays ``0.15``.
        default: The user's own value, tried first.
        when: Condition on other parameters, see `SearchSpace`.

    Raises:
        SpaceError: Bounds, step or default contradict each other.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None
    default: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "low", float(_number(self.low, "min")))
        object.__setattr__(self, "high", float(_number(self.high, "max")))
        _check_range(self.low, self.high, self.log)
        if not math.isfinite(self.high - self.low):
            raise SpaceError(f"max - min of {self.low!r} and {self.high!r} is too large for a float.")
        if self.step is not None:
            object.__setattr__(self, "step", float(_number(self.step, "step")))
            assert self.step is not None
            if self.step <= 0:
                raise SpaceError(f"step is {self.step!r}, expected a number above 0.")
            if (self.n_values or 0) > _MAX_VALUES:
                raise SpaceError(
                    f"step {self.step!r} cuts {self.low!r} .. {self.high!r} into more than 2**53 values, "
                    "finer than floats are; leave the step out."
                )
        if self.default is not None:
            object.__setattr__(self, "default", self.coerce(self.default))

    @property
    def n_values(self) -> int | None:
        """Number of values, or None when there are infinitely many."""
        if self.low == self.high:
            return 1
        if self.step is None:
            return None
        # The quotient is taken in decimals: (0.3 - 0.0) / 0.1 is 2.9999999999999996 in floats.
        return int((_decimal(self.high) - _decimal(self.low)) / _decimal(self.step)) + 1

    def nth(self, index: int) -> float:
        """Value number ``index`` of a stepped or single-valued parameter."""
        if self.step is None or index == 0:
            return self.low
        return float(_decimal(self.low) + index * _decimal(self.step))

    def round(self, value: float) -> float:
        """The nearest legal value of a finite number."""
        clipped = min(max(float(value), self.low), self.high)
        n_values = self.n_values
        if n_values == 1:
            return self.low
        if self.step is None or n_values is None:
            return clipped
        quotient = (_decimal(clipped) - _decimal(self.low)) / _decimal(self.step)
        return self.nth(min(int(quotient.to_integral_value(ROUND_HALF_EVEN)), n_values - 1))

    def coerce(self, value: object) -> float:
        """Return a user's value as a legal float.

        Raises:
            SpaceError: Not a number, outside the bounds or off the step.
        """
        number = float(_number(value, "value"))
        if not self.low <= number <= self.high:
            raise SpaceError(f"value {value!r} is outside {self.low!r} .. {self.high!r}.")
        if self.step is not None:
            nearest = self.round(number)
            if not math.isclose(number, nearest, rel_tol=1e-9, abs_tol=1e-9 * self.step):
                raise SpaceError(f"value {value!r} is not on the step {self.step!r}; the nearest is {nearest!r}.")
            return nearest
        return number

    def contains(self, value: object) -> bool:
        """Whether a value is legal as it stands, type included."""
        if type(value) is not float or not self.low <= value <= self.high:
            return False
        return self.step is None or self.round(value) == value


@dataclass(frozen=True)
class Int(_Base):
    """Whole numbers in [low, high], both ends included.

    Args:
        low, high: Bounds; equal bounds make a single-valued parameter.
        log: Search on a logarithmic scale; needs ``low > 0``.
        step: Only ``low + k * step`` are values.
        default: The user's own value, tried first.
        when: Condition on other parameters, see `SearchSpace`.

    Raises:
        SpaceError: Bounds, step or default contradict each other.
    """

    low: int
    high: int
    log: bool = False
    step: int = 1
    default: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, label in (("low", "min"), ("high", "max"), ("step", "step")):
            value = _number(getattr(self, name), label)
            if value != int(value):
                raise SpaceError(f"{label} is {value!r}, expected an integer; use type: float for fractions.")
            if abs(value) > _MAX_VALUES:
                raise SpaceError(f"{label} is {value!r}; integers up to 2**53 can be searched.")
            object.__setattr__(self, name, int(value))
        _check_range(self.low, self.high, self.log)
        if self.step < 1:
            raise SpaceError(f"step is {self.step!r}, expected an integer of 1 or more.")
        if self.default is not None:
            object.__setattr__(self, "default", self.coerce(self.default))

    @property
    def n_values(self) -> int:
        """Number of values."""
        return (self.high - self.low) // self.step + 1

    def nth(self, index: int) -> int:
        """Value number ``index``."""
        return self.low + index * self.step

    def round(self, value: float) -> int:
        """The nearest legal value of a finite number."""
        clipped = min(max(value, self.low), self.high)
        return self.nth(min(round((clipped - self.low) / self.step), self.n_values - 1))

    def coerce(self, value: object) -> int:
        """Return a user's value as a legal int.

        Raises:
            SpaceError: Not an integer, outside the bounds or off the step.
        """
        number = _number(value, "value")
        if number != int(number):
            raise SpaceError(f"value {value!r} is not an integer.")
        if not self.low <= number <= self.high:
            raise SpaceError(f"value {value!r} is outside {self.low!r} .. {self.high!r}.")
        whole = int(number)  # exact, where a quotient of floats would confuse neighbours above 2**53
        if (whole - self.low) % self.step:
            raise SpaceError(f"value {value!r} is not on the step {self.step!r}; the nearest is {self.round(whole)!r}.")
        return whole

    def contains(self, value: object) -> bool:
        """Whether a value is legal as it stands, type included."""
        return type(value) is int and self.low <= value <= self.high and (value - self.low) % self.step == 0


@dataclass(frozen=True)
class Categorical(_Base):
    """One of a list of values without order.

    Args:
        choices: One or more different values; types may mix.
        default: The user's own value, tried first.
        when: Condition on other parameters, see `SearchSpace`.

    Raises:
        SpaceError: No choice, a choice twice, or a default that is not a choice.
    """

    choices: Sequence[Scalar]
    default: Scalar | None = None
    # Position of each choice by type and value, as `same_value` has it: lists of 10,000 choices are in use.
    _places: Mapping[tuple[type, object], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        choices = builtin_list(self.choices)
        if choices is None:
            raise SpaceError(f"values is {self.choices!r}, expected a list.")
        object.__setattr__(self, "choices", tuple(choices))
        if not self.choices:
            raise SpaceError("values is empty, expected at least one value.")
        places: dict[tuple[type, object], int] = {}
        for i, choice in enumerate(self.choices):
            if not isinstance(choice, (bool, int, float, str)):
                raise SpaceError(f"values contains {choice!r}, expected strings, numbers or true/false.")
            if isinstance(choice, float) and not math.isfinite(choice):
                raise SpaceError(f"values contains {choice!r}, expected finite numbers; quote it to pass a string.")
            if places.setdefault((type(choice), choice), i) != i:
                raise SpaceError(f"values contains {choice!r} twice.")
        object.__setattr__(self, "_places", places)
        if self.default is not None:
            object.__setattr__(self, "default", self.coerce(self.default))

    @property
    def n_values(self) -> int:
        """Number of values."""
        return len(self.choices)

    def nth(self, index: int) -> Scalar:
        """Value number ``index``."""
        return self.choices[index]

    def index(self, value: object) -> int:
        """Position of a choice.

        Raises:
            SpaceError: The value is not a choice.
        """
        if (place := self._place(value)) is not None:
            return place
        raise SpaceError(
            f"value {value!r} is not one of {list(self.choices)!r}.{closest(str(value), map(str, self.choices))}"
        )

    def coerce(self, value: object) -> Scalar:
        """Return a user's value as the choice it means; ``1`` finds ``1.0`` when no ``1`` is there.

        Raises:
            SpaceError: No choice is meant.
        """
        value = builtin_value(value)
        if self._place(value) is None and not isinstance(value, (bool, str)):
            for choice in self.choices:
                if not isinstance(choice, (bool, str)) and choice == value:
                    return choice
        return self.choices[self.index(value)]

    def contains(self, value: object) -> bool:
        """Whether a value is legal as it stands, type included."""
        return self._place(value) is not None

    def _place(self, value: object) -> int | None:
        # A list, say, cannot be looked up, and is not a choice either.
        return self._places.get((type(value), value)) if isinstance(value, (bool, int, float, str)) else None


@dataclass(frozen=True)
class Bool(Categorical):
    """True or false: a `Categorical` over ``(False, True)``."""

    choices: Sequence[Scalar] = (False, True)


Parameter: TypeAlias = Float | Int | Categorical
