"""Search spaces: the domains of the parameters and the conditions between them.

A *parameter* is one dimension (`parameters`), a *search space* is an ordered mapping of names to parameters,
*params* are one assignment. A parameter whose ``when`` does not hold is **absent** from params.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

from scriptune.core.parameters import (
    Bool,
    Categorical,
    Condition,
    Float,
    Int,
    Parameter,
    Scalar,
    normal_condition,
    same_value,
)
from scriptune.errors import SpaceError
from scriptune.messages import Message, did_you_mean

# Anyone who describes a space finds all of it here.
__all__ = ["Bool", "Categorical", "Float", "Int", "Parameter", "Params", "Scalar", "SearchSpace", "params_key"]

Params: TypeAlias = dict[str, Scalar]

_MAX_COUNTED_PARENTS = 100  # counting goes as deep as parents are nested, and Python's stack holds about a thousand


def params_key(params: Mapping[str, Scalar]) -> tuple[tuple[str, str, Scalar], ...]:
    """A hashable key of params that ignores their order and distinguishes types."""
    return tuple((name, type(params[name]).__name__, params[name]) for name in sorted(params))


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
            raise SpaceError(Message("space.not_a_mapping", parameters=parameters))
        self._parameters: dict[str, Parameter] = dict(parameters)
        for name, parameter in self._parameters.items():
            if not isinstance(name, str) or not name:
                raise SpaceError(Message("space.bad_name", name=name))
            if not isinstance(parameter, (Float, Int, Categorical)):
                raise SpaceError(Message("space.bad_parameter", name=name, parameter=parameter))
        self._conditions = {name: self._resolve(name, p) for name, p in self._parameters.items()}
        self._order = self._parents_first()

    def _resolve(self, name: str, parameter: Parameter) -> Condition:
        resolved: dict[str, tuple[Scalar, ...]] = {}
        for parent, values in normal_condition(parameter.when).items():
            if parent not in self._parameters:
                raise SpaceError(
                    Message(
                        "space.unknown_parent", name=name, parent=parent, near=did_you_mean(parent, self._parameters)
                    )
                )
            if parent == name:
                raise SpaceError(Message("space.depends_on_itself", name=name))
            try:
                resolved[parent] = tuple(self._parameters[parent].coerce(value) for value in values)
            except SpaceError as err:
                raise SpaceError(
                    Message("space.impossible_condition", name=name, parent=parent, problem=err.message)
                ) from err
        return MappingProxyType(resolved)

    def _parents_first(self) -> tuple[str, ...]:
        order: list[str] = []
        placed: set[str] = set()
        waiting = list(self._parameters)
        while waiting:
            ready = [name for name in waiting if placed.issuperset(self._conditions[name])]
            if not ready:
                raise SpaceError(Message("space.cycle", names=waiting))
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
        """The conditions of each parameter: parent -> values that activate it; empty if always active."""
        return MappingProxyType(self._conditions)

    @property
    def order(self) -> tuple[str, ...]:
        """Parameter names, every parent before its children."""
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
        """Remove inactive parameters and sort the rest in the order of the space."""
        kept: Params = {}
        for name in self._order:
            if name in values and self.is_active(name, kept):
                kept[name] = values[name]
        return {name: kept[name] for name in self._parameters if name in kept}

    def validate(self, params: Mapping[str, object]) -> Params:
        """Check a user's params and return legal, typed values in the order of the space.

        Raises:
            SpaceError: A name is unknown, an active parameter is missing, an inactive one is given, or a
                value is illegal.
        """
        if not isinstance(params, Mapping):
            raise SpaceError(Message("space.params_not_a_mapping", params=params))
        for name in params:
            if name not in self._parameters:
                raise SpaceError(
                    Message("space.unknown_name", name=name, near=did_you_mean(str(name), self._parameters))
                )
        clean: Params = {}
        for name in self._order:
            if not self.is_active(name, clean):
                if name in params:
                    conditions = [
                        Message("space.condition", parent=p, values=list(v)) for p, v in self._conditions[name].items()
                    ]
                    raise SpaceError(Message("space.not_active", name=name, conditions=conditions))
                continue
            if name not in params:
                raise SpaceError(Message("space.no_value", name=name, params=dict(params)))
            try:
                clean[name] = self._parameters[name].coerce(params[name])
            except SpaceError as err:
                raise SpaceError(Message("space.at_parameter", name=name, problem=err.message)) from err
        return {name: clean[name] for name in self._parameters if name in clean}

    def contains(self, params: Mapping[str, object]) -> bool:
        """Whether params are complete and legal without conversion, types and conditions included."""
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
        """Count the configurations that extend the choices for the first ``position`` names of the order."""
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
                raise SpaceError(Message("space.infinite", name=name))
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
