"""Search spaces: the domains of the parameters, and the conditions and constraints between them.

A *parameter* is one dimension (`parameters`), a *search space* is an ordered mapping of names to parameters,
*params* are one assignment. A parameter whose ``when`` does not hold is **absent** from params.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from scriptune.core.builtin_values import builtin_list
from scriptune.core.constraints import SpaceConstraint
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

_MAX_CONSTRAINTS = 100
_MAX_STEPS = 20_000  # values that are looked at to count the configurations of a space with constraints: 0.2 s
_MAX_COUNTED_PARENTS = 100  # counting goes as deep as parents are nested, and Python's stack holds about a thousand


def params_key(params: Mapping[str, Scalar]) -> tuple[tuple[str, str, Scalar], ...]:
    """A hashable key of params that ignores their order and distinguishes types."""
    return tuple((name, type(params[name]).__name__, params[name]) for name in sorted(params))


def _listed(values: Mapping[str, Scalar]) -> str:
    """``lr 0.1, momentum 0.9``."""
    return ", ".join(f"{name} {value!r}" for name, value in values.items())


class SearchSpace(Mapping[str, Parameter]):
    """An ordered mapping of names to parameters, with conditions resolved.

    A parameter with ``when={"optimizer": "sgd"}`` is *active*, and present in params, only if the parent
    is active and has one of the named values. Several parents must all agree. Parents may themselves be
    conditional; cycles are refused.

    *Constraints* such as ``"batch_size * accumulate <= 256"`` rule configurations out (`constraint_parser`). One does
    not apply where a parameter that it names is inactive or null.

    Args:
        parameters: By name.
        constraints: What configurations must satisfy.
        fixed: Values of parameters that are not searched, which constraints may name too; None: of one that is never
            used.

    Raises:
        SpaceError: A condition names an unknown parameter, a value its parent cannot take, or a cycle; a constraint is
            none, or the defaults violate it.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        constraints: Sequence[str] = (),
        *,
        fixed: Mapping[str, Scalar] | None = None,
    ) -> None:
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
        self._fixed = dict(fixed or {})
        self._constraints = self._read_constraints(constraints)

    def _read_constraints(self, texts: Sequence[str]) -> tuple[SpaceConstraint, ...]:
        listed = builtin_list(texts)
        if listed is None:
            raise SpaceError(Message("constraint.not_a_list", constraints=texts))
        if len(listed) > _MAX_CONSTRAINTS:
            raise SpaceError(Message("constraint.too_many", n=len(listed), most=_MAX_CONSTRAINTS))
        if not listed:
            return ()
        # Imported here: few spaces have constraints, and commands that only show something start faster without.
        from scriptune.core.constraint_parser import parse_constraint

        constraints = tuple(parse_constraint(text, self._parameters, self._fixed) for text in listed)
        defaults = self.prune({name: one.default for name, one in self._parameters.items() if one.default is not None})
        for constraint in constraints:
            if not constraint.holds(defaults):  # one on a parameter without a default does not apply
                values = {name: defaults[name] for name in self if name in constraint.names}
                raise SpaceError(Message("constraint.defaults", constraint=constraint.text, values=_listed(values)))
        return constraints

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
        constraints = f", {[constraint.text for constraint in self._constraints]!r}" if self._constraints else ""
        return f"SearchSpace({self._parameters!r}{constraints})"

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """The conditions of each parameter: parent -> values that activate it; empty if always active."""
        return MappingProxyType(self._conditions)

    @property
    def constraints(self) -> tuple[SpaceConstraint, ...]:
        """What configurations must satisfy."""
        return self._constraints

    @property
    def fixed(self) -> Mapping[str, Scalar]:
        """Values of parameters that are not searched, as constraints see them."""
        return MappingProxyType(self._fixed)

    def violated(self, params: Mapping[str, Scalar]) -> SpaceConstraint | None:
        """The first constraint that params violate; None if they satisfy all."""
        return next((constraint for constraint in self._constraints if not constraint.holds(params)), None)

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
            SpaceError: A name is unknown, an active parameter is missing, an inactive one is given, a value is
                illegal, or a constraint is violated.
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
        if (constraint := self.violated(clean)) is not None:
            values = {name: clean[name] for name in self if name in constraint.names}
            raise SpaceError(Message("constraint.violated", constraint=constraint.text, values=_listed(values)))
        return {name: clean[name] for name in self._parameters if name in clean}

    def contains(self, params: Mapping[str, object]) -> bool:
        """Whether params are complete and legal without conversion: types, conditions and constraints included."""
        active: Params = {}
        for name in self._order:
            if self.is_active(name, active):
                value = params.get(name)
                if not self._parameters[name].contains(value):
                    return False
                active[name] = value  # type: ignore[assignment]  # contains() has checked the type
        return active.keys() == params.keys() and self.violated(active) is None

    @property
    def has_defaults(self) -> bool:
        """Whether any parameter has a default."""
        return any(parameter.default is not None for parameter in self._parameters.values())

    def size(self, limit: int = 2**62) -> int | None:
        """Number of different configurations, or None when infinite or above ``limit``.

        Conditional branches are counted once each, not once per combination of their absent parameters. A space with
        more than a hundred parents is taken for one above ``limit``: its branches are nested as deep. One with
        constraints is counted configuration by configuration, and so taken for one above ``limit`` where that would
        take long.
        """
        for parameter in self._parameters.values():
            if parameter.n_values is None:
                return None
        if self._constraints:
            return self._count_constrained(limit)
        if not self.is_conditional:
            total = math.prod(parameter.n_values or 1 for parameter in self._parameters.values())
            return total if total <= limit else None
        if len({parent for condition in self._conditions.values() for parent in condition}) > _MAX_COUNTED_PARENTS:
            return None
        return self._count(0, {}, limit)

    def _count_constrained(self, limit: int) -> int | None:
        n = 0
        steps = iter(range(_MAX_STEPS))
        for _ in self._extend(0, {}, steps):
            n += 1
            if n > limit:
                return None
        return None if next(steps, None) is None else n

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

    def enumerate(self, max_steps: int | None = None) -> Iterator[Params]:
        """Every configuration of a finite space, the last parameter varying fastest.

        Args:
            max_steps: With constraints, it ends after so many values were looked at: configurations that satisfy them
                may be very rare.

        Raises:
            SpaceError: A parameter has infinitely many values.
        """
        for name, parameter in self._parameters.items():
            if parameter.n_values is None:
                raise SpaceError(Message("space.infinite", name=name))
        steps = None if max_steps is None or not self._constraints else iter(range(max_steps))
        for chosen in self._extend(0, {}, steps):
            yield {name: chosen[name] for name in self._parameters if name in chosen}

    def _extend(self, position: int, chosen: Params, steps: Iterator[int] | None = None) -> Iterator[Params]:
        """Every extension of the choices for the first ``position`` names of the order.

        Args:
            position: So many names are decided.
            chosen: Their values, without those that are inactive.
            steps: One is taken for each value that is looked at; without any left there is nothing more.
        """
        if self._constraints and not self.allows(position, chosen):
            return
        if position == len(self._order):
            yield chosen
            return
        name = self._order[position]
        if not self.is_active(name, chosen):
            yield from self._extend(position + 1, chosen, steps)
            return
        parameter = self._parameters[name]
        for index in range(parameter.n_values or 1):
            if steps is not None and next(steps, None) is None:
                return
            yield from self._extend(position + 1, {**chosen, name: parameter.nth(index)}, steps)

    def allows(self, position: int, chosen: Mapping[str, Scalar]) -> bool:
        """Whether choices for the first ``position`` names of the order satisfy what the last of them has decided."""
        decided = set(self._order[:position])
        last = self._order[position - 1] if position else ""
        return all(
            constraint.holds(chosen)
            for constraint in self._constraints
            if last in constraint.names and constraint.names <= decided | constraint.fixed.keys()
        )
