"""The ``when`` of parameters: checked against each other, and resolved where a parent is fixed.

A condition on a fixed parameter is decided here: if it holds it is dropped, if not, the parameter is left
out of the job with a warning. A fixed parameter with a condition becomes a choice of one value, so that it
is passed on only while the condition holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scriptune.core.job import ParameterSpec
from scriptune.core.space import Categorical, Parameter, Scalar
from scriptune.engine.jobfile.parameters import Entry
from scriptune.engine.jobfile.problems import Path, Problems, shown
from scriptune.errors import SpaceError, closest

__all__ = ["Conditions", "read_conditions", "resolve"]

Conditions = dict[str, dict[str, tuple[Scalar, ...]]]
"""Parameter -> parent -> values that switch it on."""


def read_conditions(entries: Mapping[str, Entry], problems: Problems) -> Conditions:
    """Check every ``when``; the values come back as their parent spells them."""
    conditions: Conditions = {}
    for name, entry in entries.items():
        conditions[name] = {}
        for parent, values in (entry.section.when or {}).items():
            path: Path = ("parameters", name, "when", parent)
            if parent == name:
                problems.add(path, f"{name!r} depends on itself.")
            elif parent not in entries:
                problems.add(path, f"{parent!r} is no parameter.{closest(parent, entries) or _known(entries, name)}")
            else:
                conditions[name][parent] = _parent_values(values, parent, entries[parent], path, problems)
    _check_circles(conditions, problems)
    return conditions


def _known(entries: Mapping[str, Entry], name: str) -> str:
    others = [other for other in entries if other != name]
    return f" Parameters: {', '.join(others)}." if others else ""


def _parent_values(values: object, parent: str, entry: Entry, path: Path, problems: Problems) -> tuple[Scalar, ...]:
    listed = values if isinstance(values, list) else [values]
    if not listed:
        problems.add(path, "names no value, expected one or a list: the parameter could never be used.")
    domain = entry.domain
    legal: list[Scalar] = []
    for value in listed:
        if not isinstance(value, (bool, int, float, str)):
            problems.add(path, f"got {shown(value)}, expected a value of {parent!r}, or a list of values.")
        elif domain is None:
            legal.append(value)  # the parent is fixed (any value may be named), or wrong by itself
        else:
            try:
                legal.append(domain.coerce(value))
            except SpaceError as err:
                problems.add(path, f"{parent!r} never has this value: {err}")
    return tuple(legal)


def _check_circles(conditions: Conditions, problems: Problems) -> None:
    done: set[str] = set()
    for start in conditions:
        trail: list[str] = []
        _walk(start, conditions, trail, done, problems)


def _walk(name: str, conditions: Conditions, trail: list[str], done: set[str], problems: Problems) -> None:
    if name in trail:
        circle = [*trail[trail.index(name) :], name]
        problems.add(
            ("parameters", name, "when"), f"parameters depend on each other in a circle: {' -> '.join(circle)}."
        )
        return
    if name in done:
        return
    trail.append(name)
    for parent in conditions[name]:
        _walk(parent, conditions, trail, done, problems)
    trail.pop()
    done.add(name)


def resolve(
    entries: Mapping[str, Entry], conditions: Conditions, problems: Problems
) -> tuple[dict[str, ParameterSpec], dict[str, dict[str, Any]]]:
    """Join entries and conditions; call only when neither has a mistake.

    Returns:
        The parameters of the job, and the complete ``parameters`` of its document.
    """
    specs: dict[str, ParameterSpec] = {}
    never: set[str] = set()
    for name in _parents_first(conditions):
        open_conditions: dict[str, tuple[Scalar, ...]] = {}
        for parent, values in conditions[name].items():
            if parent in never or _misses(specs[parent].value, values):
                never.add(name)
                problems.warn(
                    ("parameters", name, "when", parent),
                    f"never holds, because {parent!r} is {_why(parent, specs)}; {name!r} is left out.",
                )
                break
            if specs[parent].value is None:
                open_conditions[parent] = values
        else:
            specs[name] = _spec(entries[name], open_conditions)
    documents = {name: entries[name].document | _when_document(conditions[name]) for name in entries}
    return {name: specs[name] for name in entries if name in specs}, documents


def _parents_first(conditions: Conditions) -> list[str]:
    order: dict[str, None] = {}

    def place(name: str) -> None:
        if name not in order:
            for parent in conditions[name]:
                place(parent)
            order[name] = None

    for name in conditions:
        place(name)
    return list(order)


def _misses(fixed: Scalar | None, values: tuple[Scalar, ...]) -> bool:
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


def _why(parent: str, specs: Mapping[str, ParameterSpec]) -> str:
    return f"fixed to {specs[parent].value!r}" if parent in specs else "never used itself"


def _spec(entry: Entry, when: Mapping[str, tuple[Scalar, ...]]) -> ParameterSpec:
    if entry.domain is None and not when:
        return ParameterSpec(value=entry.value, flag=entry.section.flag, style=entry.style)
    domain: Parameter | None = entry.domain
    if domain is None:
        assert entry.value is not None, "an entry without mistakes has a domain or a value"
        domain = Categorical((entry.value,))
    return ParameterSpec(domain=replace(domain, when=when), flag=entry.section.flag, style=entry.style)


def _when_document(when: Mapping[str, tuple[Scalar, ...]]) -> dict[str, Any]:
    if not when:
        return {}
    return {"when": {parent: values[0] if len(values) == 1 else list(values) for parent, values in when.items()}}
