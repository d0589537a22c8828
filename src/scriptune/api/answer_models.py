"""Pydantic models of the answers for the OpenAPI page, generated from the dataclasses that are serialised.

`scriptune.engine.serialise` writes the answers; these models only describe what it writes, for the page and for the
types that are generated from it. So a field is documented once, under ``Attributes:`` of its dataclass, and a
serialised property in its docstring.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Union

from pydantic import BaseModel, ConfigDict, Field, create_model

from scriptune.core.trial import AnyFloat
from scriptune.engine.serialise import field_type, json_names
from scriptune.messages import Message

__all__ = ["answer_model", "field_descriptions"]

_ENTRY = re.compile(r"^ {4}(?P<names>\w+(?:, \w+)*): (?P<text>.*(?:\n {8}.*)*)", re.MULTILINE)
_MODEL = ConfigDict(frozen=True, protected_namespaces=())
_MESSAGE = create_model(
    "Message",
    __config__=_MODEL,
    __doc__="What people are told, as data.",
    code=(str, Field(description="What it says, for programs.", examples=["notice.parameters_unread"])),
    params=(dict[str, Any], Field(description="What the message names.")),
    message=(str, Field(description="In English, made from code and params.")),
)


def answer_model(kind: Any) -> Any:  # Any: types and the forms that `typing` makes of them have no common class
    """The type that the OpenAPI page shows for an answer.

    Args:
        kind: A dataclass, or lists, mappings and unions of some.

    Returns:
        The same with a pydantic model in the place of each dataclass; NaN and infinities are null.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind == AnyFloat:
        return float | None
    if kind is Message:
        return _MESSAGE
    if dataclasses.is_dataclass(origin or kind):
        return _model(kind)
    if origin in (types.UnionType, Union):
        return Union[tuple(map(answer_model, arguments))]  # noqa: UP007  # the members are only known here
    if origin is None:
        return kind
    if issubclass(origin, Mapping):
        return dict[answer_model(arguments[0]), answer_model(arguments[1])]  # type: ignore[misc]  # as above
    if issubclass(origin, tuple) and arguments[-1] is not Ellipsis:
        return tuple[tuple(map(answer_model, arguments))]  # type: ignore[misc]  # as above
    if issubclass(origin, Sequence):
        return list[answer_model(arguments[0])]  # type: ignore[misc]  # as above
    return kind


@cache
def _model(kind: Any) -> type[BaseModel]:
    """The model of a dataclass; that of ``Page[Trial]`` is called ``TrialPage``."""
    base, arguments = typing.get_origin(kind) or kind, typing.get_args(kind)
    variables = dict(zip(getattr(base, "__parameters__", ()), arguments, strict=True))
    texts = field_descriptions(base)
    fields: dict[str, Any] = {}
    for name in json_names(base):
        fields[name] = answer_model(_filled(field_type(base, name), variables)), Field(description=texts.get(name))
    name = "".join(argument.__name__ for argument in arguments) + base.__name__
    return create_model(name, __config__=_MODEL, __doc__=_summary(base), **fields)


def _filled(hint: Any, variables: Mapping[Any, Any]) -> Any:
    """Substitute types for the type variables of a hint."""
    free = getattr(hint, "__parameters__", ())
    return hint[tuple(variables[variable] for variable in free)] if free else hint


def field_descriptions(kind: type) -> dict[str, str]:
    """The description of each serialised field, from the docstrings of a dataclass, its bases and its properties."""
    texts: dict[str, str] = {}
    for part in reversed(kind.__mro__):
        section = (inspect.cleandoc(part.__doc__ or "") + "\n").partition("\nAttributes:\n")[2]
        for entry in _ENTRY.finditer(section):
            text = _markdown(entry["text"])
            texts |= dict.fromkeys(entry["names"].split(", "), text[:1].upper() + text[1:])
    for name in json_names(kind):
        member = inspect.getattr_static(kind, name, None)
        if isinstance(member, property):
            texts[name] = _markdown(inspect.cleandoc(member.__doc__ or ""))
    return texts


def _summary(kind: type) -> str:
    """The part of a dataclass's docstring before its ``Attributes:``."""
    return _markdown(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0])


def _markdown(text: str) -> str:
    """Convert docstring text for the page: one line, JSON's words, single backquotes around code."""
    words = " ".join(text.split()).replace('``""``', "empty").replace('""', "empty").replace("``", "`")
    return re.sub(r"\bNone\b", "null", words)
