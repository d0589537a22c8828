"""Resolve conditions between parameters where the parent parameter has a fixed value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scriptune.core.job import ParameterSpec
from scriptune.core.parameters import Categorical, Parameter, Scalar
from scriptune.errors import SpaceError

__all__ = ["settle_conditions"]


def settle_conditions(
    parameters: Mapping[str, ParameterSpec], conditions: Mapping[str, Mapping[str, Sequence[Scalar]]]
) -> tuple[dict[str, ParameterSpec], dict[str, str]]:
    """Attach conditions to the domains of parameters, resolving those on fixed parameters.

    A condition that holds is dropped. One that does not rules its parameter out, and those that depend on it. A
    fixed parameter with a condition that stays open becomes a choice of one value: it is passed on only while
    the condition holds.

    Args:
        parameters: Without conditions.
        conditions: Parameter -> parent -> values that switch it on; no circles. May leave out parameters.

    Returns:
        The parameters that can be used, in the order given; and the others, each with the parent that rules it out.
    """
    settled: dict[str, ParameterSpec] = {}
    never: dict[str, str] = {}
    for name in _parents_first(parameters, conditions):
        still_open: dict[str, Sequence[Scalar]] = {}
        for parent, values in conditions.get(name, {}).items():
            if parent in never or _misses(settled[parent].value, values):
                never[name] = parent
                break
            if settled[parent].value is None:
                still_open[parent] = values
        else:
            settled[name] = _with_conditions(parameters[name], still_open)
    return {name: settled[name] for name in parameters if name in settled}, never


def _parents_first(
    parameters: Mapping[str, ParameterSpec], conditions: Mapping[str, Mapping[str, Sequence[Scalar]]]
) -> list[str]:
    order: dict[str, None] = {}

    def place(name: str) -> None:
        if name not in order:
            for parent in conditions.get(name, ()):
                place(parent)
            order[name] = None

    for name in parameters:
        place(name)
    return list(order)


def _misses(fixed: Scalar | None, values: Sequence[Scalar]) -> bool:
    """Whether a parent is fixed to a value that is not among ``values``."""
    if fixed is None:
        return False
    only = Categorical((fixed,))
    for value in values:
        try:
            only.coerce(value)
        except SpaceError:
            continue
        return False
    return True


def _with_conditions(parameter: ParameterSpec, when: Mapping[str, Sequence[Scalar]]) -> ParameterSpec:
    if not when:
        return parameter
    domain: Parameter | None = parameter.domain
    if domain is None:
        assert parameter.value is not None, "a parameter has a domain or a value"
        domain = Categorical((parameter.value,))
    return replace(parameter, domain=replace(domain, when=when), value=None)
