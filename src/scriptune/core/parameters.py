"""Parameters: the dimensions of a search space and their legal values.

Values are the built-in ``float``, ``int``, ``str`` and ``bool`` and keep their type: ``1``, ``1.0`` and
``True`` are three different values here (`same_value`), as they are on a command line. Values of other libraries
become built-in ones where they come in (`builtin_values`). ``None`` as a choice means that the program is not told: its
flag is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType, NoneType
from typing import Any, Literal, TypeAlias

from scriptune.core.builtin_values import builtin_list, builtin_value
from scriptune.errors import SpaceError
from scriptune.messages import Message, did_you_mean

__all__ = [
    "Bool",
    "Categorical",
    "Condition",
    "Float",
    "Int",
    "LogScale",
    "Parameter",
    "Scalar",
    "When",
    "from_scale",
    "normal_condition",
    "same_value",
    "to_scale",
]

Scalar: TypeAlias = bool | int | float | str | None
LogScale: TypeAlias = bool | Literal["reverse"]
"""Whether a range is searched on a log scale; ``reverse``: logarithmic in 1 - value."""
Condition: TypeAlias = Mapping[str, tuple[Scalar, ...]]
"""Parent name -> the values of the parent that switch the parameter on. All parents must agree."""
When: TypeAlias = Mapping[str, Scalar | Sequence[Scalar]]
"""A condition as people write it: ``{"optimizer": "sgd"}``, ``{"layers": [2, 3]}``."""


def same_value(a: object, b: object) -> bool:
    """Whether two values are equal *and* of the same type: ``1``, ``1.0`` and ``True`` differ."""
    return type(a) is type(b) and a == b


def normal_condition(when: Mapping[str, Any] | None) -> Condition:
    """Normalise ``{"a": 1, "b": [2, 3]}`` to ``{"a": (1,), "b": (2, 3)}``; None is not a condition.

    Raises:
        SpaceError: No mapping, or values that no parameter can have.
    """
    if not when:
        return MappingProxyType({})
    if not isinstance(when, Mapping):
        raise SpaceError(Message("parameter.bad_when", when=when))
    normal: dict[str, tuple[Scalar, ...]] = {}
    for parent, values in when.items():
        items = builtin_list(values)
        listed = (builtin_value(values),) if items is None else tuple(items)
        for value in listed:
            if not isinstance(value, (bool, int, float, str, NoneType)):
                raise SpaceError(Message("parameter.bad_when_value", parent=parent, value=value))
        if not listed:
            raise SpaceError(Message("parameter.empty_when", parent=parent))
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
        raise SpaceError(Message("parameter.not_a_number", what=what, value=value))
    try:
        is_finite = math.isfinite(value)
    except OverflowError:  # an integer that no float can hold, and no message shows
        is_finite, value = False, math.inf if value > 0 else -math.inf
    if not is_finite:
        raise SpaceError(Message("parameter.not_finite", what=what, value=value))
    return value


def _check_range(low: float, high: float, log: LogScale) -> None:
    if low > high:
        raise SpaceError(Message("parameter.min_above_max", low=low, high=high))
    if log is True and low <= 0:
        raise SpaceError(Message("parameter.log_of_zero", low=low))


def to_scale(value: float, log: LogScale) -> float:
    """The coordinate of a value on its scale, which a search divides evenly."""
    if log == "reverse":
        return -math.log1p(-value)
    return math.log(value) if log else value


def from_scale(coordinate: float, log: LogScale) -> float:
    """Inverse of `to_scale`."""
    if log == "reverse":
        return -math.expm1(-coordinate)
    return math.exp(coordinate) if log else coordinate


_MAX_VALUES = 2**53  # beyond it floats, in which samplers calculate, no longer tell neighbouring integers apart


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


@dataclass(frozen=True)
class Float(_Base):
    """A real-valued parameter in [low, high], both ends included.

    Args:
        low, high: Bounds; equal bounds make a single-valued parameter.
        log: Search on a log scale; needs ``low > 0``. ``"reverse"``: logarithmic in 1 - value, for values near 1; needs
            ``0 <= low < high < 1``.
        step: Only ``low + k * step`` are values, computed in decimals so that ``0.15`` stays ``0.15``.
        default: The user's own value, tried first.
        when: Condition on other parameters, see `SearchSpace`.

    Raises:
        SpaceError: Bounds, step or default contradict each other.
    """

    low: float
    high: float
    log: LogScale = False
    step: float | None = None
    default: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "low", float(_number(self.low, "min")))
        object.__setattr__(self, "high", float(_number(self.high, "max")))
        if self.log not in (False, True, "reverse"):
            raise SpaceError(Message("parameter.bad_log", log=self.log))
        _check_range(self.low, self.high, self.log)
        if self.log == "reverse" and not 0 <= self.low < self.high < 1:
            raise SpaceError(Message("parameter.reverse_log", low=self.low, high=self.high))
        if not math.isfinite(self.high - self.low):
            raise SpaceError(Message("parameter.range_too_large", low=self.low, high=self.high))
        if self.step is not None:
            object.__setattr__(self, "step", float(_number(self.step, "step")))
            assert self.step is not None
            if self.step <= 0:
                raise SpaceError(Message("parameter.step_not_positive", step=self.step))
            if (self.n_values or 0) > _MAX_VALUES:
                raise SpaceError(Message("parameter.step_too_fine", step=self.step, low=self.low, high=self.high))
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
            raise SpaceError(Message("parameter.out_of_range", value=value, low=self.low, high=self.high))
        if self.step is not None:
            nearest = self.round(number)
            if not math.isclose(number, nearest, rel_tol=1e-9, abs_tol=1e-9 * self.step):
                raise SpaceError(Message("parameter.off_step", value=value, step=self.step, nearest=nearest))
            return nearest
        return number

    def contains(self, value: object) -> bool:
        """Whether a value is legal without conversion, type included."""
        if type(value) is not float or not self.low <= value <= self.high:
            return False
        return self.step is None or self.round(value) == value


@dataclass(frozen=True)
class Int(_Base):
    """An integer parameter in [low, high], both ends included.

    Args:
        low, high: Bounds; equal bounds make a single-valued parameter.
        log: Search on a log scale; needs ``low > 0``.
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
                raise SpaceError(Message("parameter.not_whole", what=label, value=value))
            if abs(value) > _MAX_VALUES:
                raise SpaceError(Message("parameter.integer_too_large", what=label, value=value))
            object.__setattr__(self, name, int(value))
        if self.log not in (False, True):
            raise SpaceError(Message("parameter.reverse_log_of_integers", log=self.log))
        _check_range(self.low, self.high, self.log)
        if self.step < 1:
            raise SpaceError(Message("parameter.step_below_one", step=self.step))
        if self.default is not None:
            object.__setattr__(self, "default", self.coerce(self.default))

    @property
    def n_values(self) -> int:
        """The number of values."""
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
            raise SpaceError(Message("parameter.not_an_integer", value=value))
        if not self.low <= number <= self.high:
            raise SpaceError(Message("parameter.out_of_range", value=value, low=self.low, high=self.high))
        whole = int(number)  # exact, where a quotient of floats would confuse neighbours above 2**53
        if (whole - self.low) % self.step:
            raise SpaceError(Message("parameter.off_step", value=value, step=self.step, nearest=self.round(whole)))
        return whole

    def contains(self, value: object) -> bool:
        """Whether a value is legal without conversion, type included."""
        return type(value) is int and self.low <= value <= self.high and (value - self.low) % self.step == 0


@dataclass(frozen=True)
class Categorical(_Base):
    """A parameter that takes one of a list of values.

    Args:
        choices: One or more different values; types may mix. ``None``: the program's flag is left out.
        default: The user's own value, tried first.
        ordered: Values that are close in the list are alike; how far apart they are is not taken from the values.
        when: Condition on other parameters, see `SearchSpace`.

    Raises:
        SpaceError: No choice, a choice twice, or a default that is not a choice.
    """

    choices: Sequence[Scalar]
    default: Scalar | None = None
    ordered: bool = False
    # Position of each choice by type and value, as `same_value` has it: lists of 10,000 choices are in use.
    _places: Mapping[tuple[type, object], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        choices = builtin_list(self.choices)
        if choices is None:
            raise SpaceError(Message("parameter.values_not_a_list", values=self.choices))
        object.__setattr__(self, "choices", tuple(choices))
        if not self.choices:
            raise SpaceError(Message("parameter.no_values"))
        places: dict[tuple[type, object], int] = {}
        for i, choice in enumerate(self.choices):
            if not isinstance(choice, (bool, int, float, str, NoneType)):
                raise SpaceError(Message("parameter.bad_choice", value=choice))
            if isinstance(choice, float) and not math.isfinite(choice):
                raise SpaceError(Message("parameter.choice_not_finite", value=choice))
            if places.setdefault((type(choice), choice), i) != i:
                raise SpaceError(Message("parameter.choice_twice", value=choice))
        object.__setattr__(self, "_places", places)
        if self.default is not None:
            object.__setattr__(self, "default", self.coerce(self.default))

    @property
    def n_values(self) -> int:
        """The number of values."""
        return len(self.choices)

    @property
    def has_null(self) -> bool:
        """Whether one of the choices is None: the program is not told."""
        return (NoneType, None) in self._places

    def nth(self, index: int) -> Scalar:
        """Value number ``index``."""
        return self.choices[index]

    def index(self, value: object) -> int:
        """The position of a choice.

        Raises:
            SpaceError: The value is not a choice.
        """
        if (place := self._place(value)) is not None:
            return place
        raise SpaceError(
            Message(
                "parameter.not_a_choice",
                value=value,
                choices=list(self.choices),
                near=did_you_mean(str(value), map(str, self.choices)),
            )
        )

    def coerce(self, value: object) -> Scalar:
        """Return the choice that equals a user's value; ``1`` matches ``1.0`` if there is no choice ``1``.

        Raises:
            SpaceError: The value matches no choice.
        """
        value = builtin_value(value)
        if self._place(value) is None and not isinstance(value, (bool, str, NoneType)):
            for choice in self.choices:
                if not isinstance(choice, (bool, str, NoneType)) and choice == value:
                    return choice
        return self.choices[self.index(value)]

    def contains(self, value: object) -> bool:
        """Whether a value is legal without conversion, type included."""
        return self._place(value) is not None

    def _place(self, value: object) -> int | None:
        # A list, say, cannot be looked up, and is not a choice either.
        is_scalar = isinstance(value, (bool, int, float, str, NoneType))
        return self._places.get((type(value), value)) if is_scalar else None


@dataclass(frozen=True)
class Bool(Categorical):
    """A boolean parameter: a `Categorical` over ``(False, True)``."""

    choices: Sequence[Scalar] = (False, True)


Parameter: TypeAlias = Float | Int | Categorical
