"""Search spaces: the domains of the parameters and the conditions between them.

A *parameter* is one dimension (``Float``, ``Int``, ``Categorical``, ``Bool``), a *search space* is an
ordered mapping of names to parameters, *params* are one assignment. A parameter whose ``when`` does not
hold is **absent** from params.

Values are the built-in ``float``, ``int``, ``str`` and ``bool`` and keep their type: ``1``, ``1.0`` and
``True`` are three different values here (`same_value`), as they are on a command line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

from scriptune.errors import SpaceError, closest

__all__ = [
    "Bool",
    "Categorical",
    "Condition",
    "Float",
    "Int",
    "Parameter",
    "Params",
    "Scalar",
    "SearchSpace",
    "When",
    "params_key",
    "same_value",
]

Scalar: TypeAlias = bool | int | float | str
Params: TypeAlias = dict[str, Scalar]
Condition: TypeAlias = Mapping[str, tuple[Scalar, ...]]
"""Parent name -> the values of the parent that switch the parameter on. All parents must agree."""
When: TypeAlias = Mapping[str, Scalar | Sequence[Scalar]]
"""A condition as people write it: ``{"optimizer": "sgd"}``, ``{"layers": [2, 3]}``."""


def same_value(a: object, b: object) -> bool:
    """Whether two values are equal *and* of one type: ``1``, ``1.0`` and ``True`` differ."""
    return type(a) is type(b) and a == b


def params_key(params: Mapping[str, Scalar]) -> tuple[tuple[str, str, Scalar], ...]:
    """A hashable identity of params, independent of their order and true to types."""
    return tuple((name, type(params[name]).__name__, params[name]) for name in sorted(params))


def _condition(when: Mapping[str, Any] | None) -> Condition:
    """Normalise ``{"a": 1, "b": [2, 3]}`` to ``{"a": (1,), "b": (2, 3)}``."""
    if not when:
        return MappingProxyType({})
    if not isinstance(when, Mapping):
        raise SpaceError(
            f"'when' is {when!r}, expected a mapping of a parameter to its value or values, "
            "like {optimizer: sgd} or {optimizer: [sgd, adam]}."
        )
    normal: dict[str, tuple[Scalar, ...]] = {}
    for parent, values in when.items():
        listed = tuple(values) if isinstance(values, (list, tuple)) else (values,)
        for value in listed:
            if not isinstance(value, (bool, int, float, str)):
                raise SpaceError(f"'when' compares {parent!r} with {value!r}, expected a text, number or true/false.")
        if not listed:
            raise SpaceError(f"'when' names no value for {parent!r}; the parameter could never be used.")
        normal[parent] = listed
    return MappingProxyType(normal)


@dataclass(frozen=True, kw_only=True)
class _Base:
    when: When = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", _condition(self.when))


def _number(value: object, what: str) -> float:
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


_MAX_COUNTED_PARENTS = 100  # counting goes as deep as parents are nested, and Python's stack holds about a thousand
_MAX_VALUES = 2**53  # beyond it floats, in which samplers calculate, no longer tell neighbouring whole numbers apart


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
                raise SpaceError(f"{label} is {value!r}, expected a whole number; use type: float for fractions.")
            if abs(value) > _MAX_VALUES:
                raise SpaceError(f"{label} is {value!r}; whole numbers up to 2**53 can be searched.")
            object.__setattr__(self, name, int(value))
        _check_range(self.low, self.high, self.log)
        if self.step < 1:
            raise SpaceError(f"step is {self.step!r}, expected a whole number of 1 or more.")
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
            SpaceError: Not a whole number, outside the bounds or off the step.
        """
        number = _number(value, "value")
        if number != int(number):
            raise SpaceError(f"value {value!r} is no whole number.")
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
        SpaceError: No choice, a choice twice, or a default that is no choice.
    """

    choices: Sequence[Scalar]
    default: Scalar | None = None
    # Position of each choice by type and value, as `same_value` has it: lists of 10,000 choices are in use.
    _places: Mapping[tuple[type, object], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.choices, str) or not isinstance(self.choices, Sequence):
            raise SpaceError(f"values is {self.choices!r}, expected a list.")
        object.__setattr__(self, "choices", tuple(self.choices))
        if not self.choices:
            raise SpaceError("values is empty, expected at least one value.")
        places: dict[tuple[type, object], int] = {}
        for i, choice in enumerate(self.choices):
            if not isinstance(choice, (bool, int, float, str)):
                raise SpaceError(f"values holds {choice!r}, expected texts, numbers or true/false.")
            if isinstance(choice, float) and not math.isfinite(choice):
                raise SpaceError(f"values holds {choice!r}, expected finite numbers; quote it to pass the text.")
            if places.setdefault((type(choice), choice), i) != i:
                raise SpaceError(f"values holds {choice!r} twice.")
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
            SpaceError: The value is no choice.
        """
        if (place := self._place(value)) is not None:
            return place
        raise SpaceError(
            f"value {value!r} is none of {list(self.choices)!r}.{closest(str(value), map(str, self.choices))}"
        )

    def coerce(self, value: object) -> Scalar:
        """Return a user's value as the choice it means; ``1`` finds ``1.0`` when no ``1`` is there.

        Raises:
            SpaceError: No choice is meant.
        """
        if self._place(value) is None and not isinstance(value, (bool, str)):
            for choice in self.choices:
                if not isinstance(choice, (bool, str)) and choice == value:
                    return choice
        return self.choices[self.index(value)]

    def contains(self, value: object) -> bool:
        """Whether a value is legal as it stands, type included."""
        return self._place(value) is not None

    def _place(self, value: object) -> int | None:
        # A list, say, cannot be looked up, and is no choice either.
        return self._places.get((type(value), value)) if isinstance(value, (bool, int, float, str)) else None


@dataclass(frozen=True)
class Bool(Categorical):
    """True or false: a `Categorical` over ``(False, True)``."""

    choices: Sequence[Scalar] = (False, True)


Parameter: TypeAlias = Float | Int | Categorical


class SearchSpace(Mapping[str, Parameter]):
    """An ordered mapping of names to parameters, with conditions resolved.

    A parameter with ``when={"optimizer": "sgd"}`` is *active*, and present in params, only if the parent
    is active and has one of the named values. Several parents must all agree. Parents may themselves be
    conditional; cycles are refused.

    Raises:
        SpaceError: A condition names an unknown parameter, a value its parent cannot take, or a cycle.
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        if not isinstance(parameters, Mapping):
            raise SpaceError(
                f"The parameters are {parameters!r}, expected a mapping of names to scriptune.Float, Int, Categorical "
                "or Bool."
            )
        self._parameters: dict[str, Parameter] = dict(parameters)
        for name, parameter in self._parameters.items():
            if not isinstance(name, str) or not name:
                raise SpaceError(f"A parameter is named {name!r}, expected a text of at least one character.")
            if not isinstance(parameter, (Float, Int, Categorical)):
                raise SpaceError(
                    f"Parameter {name!r} is {parameter!r}, expected scriptune.Float, Int, Categorical or Bool."
                )
        self._conditions = {name: self._resolve(name, p) for name, p in self._parameters.items()}
        self._order = self._parents_first()

    def _resolve(self, name: str, parameter: Parameter) -> Condition:
        resolved: dict[str, tuple[Scalar, ...]] = {}
        for parent, values in _condition(parameter.when).items():
            if parent not in self._parameters:
                raise SpaceError(
                    f"Parameter {name!r} depends on {parent!r}, which is no parameter."
                    f"{closest(parent, self._parameters)}"
                )
            if parent == name:
                raise SpaceError(f"Parameter {name!r} depends on itself.")
            try:
                resolved[parent] = tuple(self._parameters[parent].coerce(value) for value in values)
            except SpaceError as err:
                raise SpaceError(f"Parameter {name!r} is switched on by a value {parent!r} cannot take: {err}") from err
        return MappingProxyType(resolved)

    def _parents_first(self) -> tuple[str, ...]:
        order: list[str] = []
        placed: set[str] = set()
        waiting = list(self._parameters)
        while waiting:
            ready = [name for name in waiting if placed.issuperset(self._conditions[name])]
            if not ready:
                raise SpaceError(f"Parameters depend on each other in a circle: {', '.join(waiting)}.")
            order += ready
            placed.update(ready)
            waiting = [name for name in waiting if name not in placed]
        return tuple(order)

    def __getitem__(self, name: str) -> Parameter:
        return self._parameters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def __repr__(self) -> str:
        return f"SearchSpace({self._parameters!r})"

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """Per parameter: parent -> values that switch it on; empty when it is always active."""
        return MappingProxyType(self._conditions)

    @property
    def order(self) -> tuple[str, ...]:
        """Names with every parent before its children."""
        return self._order

    @property
    def is_conditional(self) -> bool:
        """Whether any parameter has a condition."""
        return any(self._conditions.values())

    def is_active(self, name: str, params: Mapping[str, Scalar]) -> bool:
        """Whether a parameter's conditions hold in params (absent parents never agree)."""
        return all(
            parent in params and any(same_value(params[parent], value) for value in values)
            for parent, values in self._conditions[name].items()
        )

    def prune(self, values: Mapping[str, Scalar]) -> Params:
        """Params without the parameters that are inactive, in the order of the space."""
        kept: Params = {}
        for name in self._order:
            if name in values and self.is_active(name, kept):
                kept[name] = values[name]
        return {name: kept[name] for name in self._parameters if name in kept}

    def validate(self, params: Mapping[str, object]) -> Params:
        """Return a user's params with legal, typed values in the order of the space.

        Raises:
            SpaceError: A name is unknown, an active parameter is missing, an inactive one is given, or a
                value is illegal.
        """
        if not isinstance(params, Mapping):
            raise SpaceError(f"The params are {params!r}, expected a mapping of names to values, like {{'lr': 0.01}}.")
        for name in params:
            if name not in self._parameters:
                raise SpaceError(f"{name!r} is no parameter of this search.{closest(str(name), self._parameters)}")
        clean: Params = {}
        for name in self._order:
            if not self.is_active(name, clean):
                if name in params:
                    conditions = " and ".join(f"{p} in {list(v)!r}" for p, v in self._conditions[name].items())
                    raise SpaceError(f"Parameter {name!r} is given, but is used only when {conditions}; leave it out.")
                continue
            if name not in params:
                raise SpaceError(f"Parameter {name!r} has no value in {dict(params)!r}.")
            try:
                clean[name] = self._parameters[name].coerce(params[name])
            except SpaceError as err:
                raise SpaceError(f"Parameter {name!r}: {err}") from err
        return {name: clean[name] for name in self._parameters if name in clean}

    def contains(self, params: Mapping[str, object]) -> bool:
        """Whether params are complete and legal as they stand, types and conditions included."""
        active: Params = {}
        for name in self._order:
            if self.is_active(name, active):
                value = params.get(name)
                if not self._parameters[name].contains(value):
                    return False
                active[name] = value  # type: ignore[assignment]  # contains() has checked the type
        return active.keys() == params.keys()

    @property
    def has_defaults(self) -> bool:
        """Whether any parameter has a default."""
        return any(parameter.default is not None for parameter in self._parameters.values())

    def size(self, limit: int = 2**62) -> int | None:
        """Number of different configurations, or None when infinite or above ``limit``.

        Conditional branches are counted once each, not once per combination of their absent parameters. A space with
        more than a hundred parents is taken for one above ``limit``: its branches are nested as deep.
        """
        for parameter in self._parameters.values():
            if parameter.n_values is None:
                return None
        if not self.is_conditional:
            total = math.prod(parameter.n_values or 1 for parameter in self._parameters.values())
            return total if total <= limit else None
        if len({parent for condition in self._conditions.values() for parent in condition}) > _MAX_COUNTED_PARENTS:
            return None
        return self._count(0, {}, limit)

    def _count(self, position: int, chosen: Params, limit: int) -> int | None:
        """Configurations that extend the choices made for the first ``position`` names of the order."""
        total = 1
        for i in range(position, len(self._order)):
            name = self._order[i]
            if not self.is_active(name, chosen):
                continue
            parameter = self._parameters[name]
            if not any(name in condition for condition in self._conditions.values()):
                total *= parameter.n_values or 1
                continue
            branches = 0
            for index in range(parameter.n_values or 1):
                below = self._count(i + 1, {**chosen, name: parameter.nth(index)}, limit)
                if below is None or total * (branches + below) > limit:
                    return None
                branches += below
            return total * branches
        return total if total <= limit else None

    def enumerate(self) -> Iterator[Params]:
        """Every configuration of a finite space, the last parameter varying fastest.

        Raises:
            SpaceError: A parameter has infinitely many values.
        """
        for name, parameter in self._parameters.items():
            if parameter.n_values is None:
                raise SpaceError(
                    f"Parameter {name!r} has infinitely many values; give it a step, or a list of values, "
                    "to enumerate it."
                )
        for chosen in self._extend(0, {}):
            yield {name: chosen[name] for name in self._parameters if name in chosen}

    def _extend(self, position: int, chosen: Params) -> Iterator[Params]:
        if position == len(self._order):
            yield chosen
            return
        name = self._order[position]
        if not self.is_active(name, chosen):
            yield from self._extend(position + 1, chosen)
            return
        parameter = self._parameters[name]
        for index in range(parameter.n_values or 1):
            yield from self._extend(position + 1, {**chosen, name: parameter.nth(index)})
