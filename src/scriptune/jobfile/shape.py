"""Check one section of a job file against its schema, reporting all errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from scriptune.core.job import MASK
from scriptune.jobfile.problems import Path, Problems, shown
from scriptune.jobfile.schema import SECTIONS, Section, fields_of
from scriptune.messages import Message, did_you_mean

__all__ = ["check_shape"]

_S = TypeVar("_S", bound=Section)

_QUOTED = re.compile(r"'([^']*)'")
_MAX_UNKNOWN = 100  # unknown keys of a section that are reported; `Problems` lists no more errors than that
_SECRETIVE = "env"  # the key whose values are often secrets


def check_shape(section: type[_S], raw: object, path: Path, problems: Problems) -> _S:
    """Parse a section; invalid keys are reported and then treated as absent, so that the rest is checked too.

    Args:
        section: The schema.
        raw: What the file holds there; None when it holds nothing.
        path: Where that is.
        problems: Collects the errors.

    Returns:
        The section, with defaults in place of what was wrong.
    """
    if raw is None:
        return section()
    if not isinstance(raw, Mapping):
        problems.add(path, Message("job_file.section_not_mapping", example=section.example, value=shown(raw)))
        return section()
    unknown = [key for key in raw if key not in fields_of(section)]
    if len(unknown) > _MAX_UNKNOWN:
        # The schema would describe every one of them before the first is reported.
        left_out = set(unknown[_MAX_UNKNOWN:])
        raw = {key: value for key, value in raw.items() if key not in left_out}
    given = {key: value for key, value in raw.items() if value is not None or _takes_null(section, key)}
    try:
        return section.model_validate(given)
    except ValidationError as err:
        for error in err.errors(include_url=False):
            # A wrong name in a mapping is located as (..., name, "[key]").
            inner = tuple(part for part in error["loc"] if part != "[key]")
            key = str(inner[0])
            problems.add((*path, *inner), _sentence(section, key, dict(error)))
            given.pop(key, None)
    return section.model_validate(given)


def _takes_null(section: type[Section], key: str) -> bool:
    """Whether null is passed to the schema, because it has a meaning there or the key is unknown."""
    field = fields_of(section).get(key)
    return field is None or NoneType in get_args(field.annotation)


def _sentence(section: type[Section], key: str, error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        known = fields_of(section)
        near = _home(key) or did_you_mean(key, known) or Message("job_file.known_keys", known=list(known))
        return Message("job_file.unknown_key", key=key, near=near)
    is_value = key == _SECRETIVE and error["loc"][-1] != "[key]"
    return Message(
        "job_file.got",
        value=shown(MASK) if is_value else shown(error["input"]),
        problem=_EXPECTED.get(error["type"], _unforeseen)(error),
        near=_near(error),
    )


def _home(key: str) -> str:
    """The section where a misplaced key belongs."""
    for name in ("job", "objective", "search", "run"):
        if key in fields_of(SECTIONS[name]):
            return Message("job_file.home_is_top") if name == "job" else Message("job_file.home_is_section", name=name)
    return ""


def _near(error: Mapping[str, Any]) -> str:
    if error["type"] == "literal_error":
        return did_you_mean(str(error["input"]), _choices(error))
    near: str = error["ctx"]["near"] if error["type"] == "expected" else ""
    return near


def _choices(error: Mapping[str, Any]) -> list[str]:
    return _QUOTED.findall(error["ctx"]["expected"])


def _literal(error: Mapping[str, Any]) -> str:
    *others, last = _choices(error)
    return Message("expected.one_of", others=", ".join(others), last=last)


def _unforeseen(error: Mapping[str, Any]) -> str:
    return Message("job_file.unusable", why=error["msg"])


_EXPECTED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "expected": lambda error: error["ctx"]["expected"],
    "literal_error": _literal,
    "greater_than_equal": lambda error: Message("expected.or_more", n=error["ctx"]["ge"]),
    "less_than_equal": lambda error: Message("expected.or_less", n=error["ctx"]["le"]),
}
"""Pydantic's kinds of errors that these schemas can give -> the rest of the sentence after the value."""
