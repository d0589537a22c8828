"""Check the ``when`` conditions of parameters, and resolve those on fixed parents.

A condition on a fixed parameter is decided: if it holds it is dropped, if not, the parameter is left out of the job
with a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from scriptune.core.conditions import settle_conditions
from scriptune.core.job import ParameterSpec
from scriptune.core.parameters import Scalar
from scriptune.errors import SpaceError
from scriptune.jobfile.parameters import Entry
from scriptune.jobfile.problems import Path, Problems, shown
from scriptune.messages import Message, did_you_mean

__all__ = ["Conditions", "read_conditions", "resolve"]

Conditions = dict[str, dict[str, tuple[Scalar, ...]]]
"""Parameter -> parent -> values that switch it on."""


def read_conditions(entries: Mapping[str, Entry], problems: Problems) -> Conditions:
    """Check every ``when``; returned values have the parent's types."""
    conditions: Conditions = {}
    for name, entry in entries.items():
        conditions[name] = {}
        for parent, values in (entry.section.when or {}).items():
            path: Path = ("parameters", name, "when", parent)
            if parent == name:
                problems.add(path, Message("condition.on_itself", name=name))
            elif parent not in entries:
                problems.add(
                    path,
                    Message(
                        "condition.unknown_parent",
                        parent=parent,
                        near=did_you_mean(parent, entries) or _known(entries, name),
                    ),
                )
            else:
                conditions[name][parent] = _parent_values(values, parent, entries[parent], path, problems)
    _check_circles(conditions, problems)
    return conditions


def _known(entries: Mapping[str, Entry], name: str) -> str:
    others = [other for other in entries if other != name]
    return Message("condition.parameters", others=others) if others else ""


def _parent_values(values: object, parent: str, entry: Entry, path: Path, problems: Problems) -> tuple[Scalar, ...]:
    listed = values if isinstance(values, list) else [values]
    if not listed:
        problems.add(path, Message("condition.no_value"))
    domain = entry.domain
    legal: list[Scalar] = []
    for value in listed:
        if not isinstance(value, (bool, int, float, str, NoneType)):
            problems.add(path, Message("condition.not_a_value", value=shown(value), parent=parent))
        elif domain is None:
            legal.append(value)  # the parent is fixed (any value may be named), or wrong on its own
        else:
            try:
                legal.append(domain.coerce(value))
            except SpaceError as err:
                problems.add(path, Message("condition.impossible", parent=parent, problem=err.message))
    return tuple(legal)


def _check_circles(conditions: Conditions, problems: Problems) -> None:
    done: set[str] = set()
    for start in conditions:
        trail: list[str] = []
        _walk(start, conditions, trail, done, problems)


def _walk(name: str, conditions: Conditions, trail: list[str], done: set[str], problems: Problems) -> None:
    if name in trail:
        circle = [*trail[trail.index(name) :], name]
        problems.add(("parameters", name, "when"), Message("condition.cycle", names=" -> ".join(circle)))
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
    """Join entries and conditions; call only if both are valid.

    Returns:
        The parameters of the job, and the complete ``parameters`` of its document.
    """
    bare = {
        name: ParameterSpec(entry.domain, entry.value, entry.section.flag, entry.style)
        for name, entry in entries.items()
    }
    specs, never = settle_conditions(bare, conditions)
    for name, parent in never.items():
        why = (
            Message("condition.parent_fixed", value=specs[parent].value)
            if parent in specs
            else Message("condition.parent_unused")
        )
        problems.warn(
            ("parameters", name, "when", parent), Message("condition.never_holds", parent=parent, why=why, name=name)
        )
    documents = {name: entries[name].document | _when_document(conditions[name]) for name in entries}
    return specs, documents


def _when_document(when: Mapping[str, tuple[Scalar, ...]]) -> dict[str, Any]:
    if not when:
        return {}
    return {"when": {parent: values[0] if len(values) == 1 else list(values) for parent, values in when.items()}}
