"""Variants of a search space: with defaults given, and with names that say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from scriptune.core.parameters import Scalar
from scriptune.core.space import Params, SearchSpace
from scriptune.search.first_points import legal_value

__all__ = ["rename", "scrambled", "with_defaults"]


def with_defaults(space: SearchSpace, defaults: Mapping[str, Scalar]) -> SearchSpace:
    """The space with defaults where they are legal; others are ignored."""
    given = {}
    for name, parameter in space.items():
        legal = legal_value(parameter, defaults.get(name))
        given[name] = parameter if legal is None else replace(parameter, default=legal)
    return SearchSpace(given)


def scrambled(space: SearchSpace) -> tuple[SearchSpace, dict[str, str]]:
    """The space with its parameters called p1, p2, ..., and the old name of each."""
    old = {f"p{k}": name for k, name in enumerate(space, 1)}
    new = {name: alias for alias, name in old.items()}
    parameters = {
        alias: replace(space[name], when={new[parent]: values for parent, values in space[name].when.items()})
        for alias, name in old.items()
    }
    return SearchSpace(parameters), old


def rename(params: Params, names: Mapping[str, str]) -> Params:
    """Params under other names."""
    return {names[name]: value for name, value in params.items()}
