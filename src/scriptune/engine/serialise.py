"""Convert dataclasses to JSON and back: one shape for the command line, the REST API and the Python client.

A dataclass becomes an object with its fields, in their order. Enums are their text, times are UTC in ISO 8601
with a ``Z``, paths are texts, tuples are lists. JSON has no NaN and no infinities: they become ``null``.
A few properties that every reader would compute again are added (`_EXTRA`), and what only an engine needs is left out
(`_INTERNAL`).

An error is ``{"error": {"code", "message", "hint", "params"}}``; `ERROR_CODES` joins codes and classes.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from scriptune import errors
from scriptune.core.job import SearchJob
from scriptune.errors import RemoteError, ScriptuneError
from scriptune.messages import Message, message_from_json, message_to_json

__all__ = [
    "ERROR_CODES",
    "dumps",
    "error_body",
    "error_code",
    "error_from_json",
    "error_to_json",
    "field_type",
    "from_json",
    "json_names",
    "to_json",
]

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Convert scriptune's data to what `json.dumps` accepts.

    Raises:
        TypeError: A value of a kind that cannot be written as JSON; a bug of scriptune.
    """
    if value is None or (isinstance(value, (bool, int, str)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, (dict, list)):
        value = _shown(value)
    if isinstance(value, dict):
        return {str(to_json(key)): to_json(item) for key, item in value.items()}
    return [to_json(item) for item in value] if isinstance(value, list) else value


def _shown(value: Any) -> Any:
    """The JSON representation of a value of another type; nested values are converted by the caller.

    Raises:
        TypeError: As in `to_json`.
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        shown = {name: getattr(value, name) for name in json_names(kind)}
        return shown | {name: _with_codes(shown[name]) for name in _coded(kind)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Collection):
        return list(value)
    raise TypeError(f"{value!r} cannot be written as JSON.")


@cache
def json_names(kind: type) -> tuple[str, ...]:
    """The serialised fields and properties of a dataclass; cached, since it is called thousands of times per answer.

    All fields but those that the class lists as ``not_shown``, and the properties that it lists as ``also_shown``.
    """
    internal = getattr(kind, "not_shown", ())
    shown = (field.name for field in dataclasses.fields(kind) if field.name not in internal)
    return (*shown, *getattr(kind, "also_shown", ()))


@cache
def _coded(kind: type) -> tuple[str, ...]:
    """The fields and properties whose messages are serialised with code and parameters."""
    return tuple(name for name in json_names(kind) if _holds_messages(field_type(kind, name)))


def field_type(kind: type, name: str) -> Any:
    """The type of a serialised field or property."""
    hints = typing.get_type_hints(kind, include_extras=True)
    if name in hints:
        return hints[name]
    return typing.get_type_hints(getattr(kind, name).fget, include_extras=True)["return"]


def _holds_messages(hint: Any) -> bool:
    return hint is Message or any(map(_holds_messages, typing.get_args(hint)))


def _with_codes(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _with_codes(item) for name, item in value.items()}
    if value is None or isinstance(value, str):
        return value and message_to_json(value)
    return list(map(_with_codes, value))


def _encoder(**options: Any) -> json.JSONEncoder:
    # None of our data contains itself, and checking for cycles takes a fifth of the time.
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, default=_shown, **options)


_READABLE = _encoder()
_COMPACT = _encoder(separators=(",", ":"))


def dumps(value: Any, *, indent: int | None = None, compact: bool = False) -> str:
    """Serialise data to a JSON string; characters outside ASCII stay readable.

    Args:
        value: Our data.
        indent: Spaces per level; None: one line.
        compact: Without spaces, for machines.
    """
    encoder = _COMPACT if compact else _encoder(indent=indent) if indent is not None else _READABLE
    try:
        # The encoder, written in C, walks through the data itself: a third of the time of `to_json`.
        return encoder.encode(value)
    except ValueError:
        # NaN or infinite values are rare, and `null` in their place is what the encoder cannot write.
        return encoder.encode(to_json(value))


# --- and back ----------------------------------------------------------------------------------------------


def from_json(kind: type[T], data: Any) -> T:
    """Build a dataclass from the output of `to_json`.

    Fields that the class does not know are left out, so that an older client reads a newer server.
    A ``null`` where a float belongs was NaN or infinite and comes back as NaN.

    Raises:
        RemoteError: The data does not fit the class.
    """
    try:
        built: T = _build(kind, data)
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise RemoteError(Message("client.not_a_kind", kind=kind.__name__, why=err)) from err
    return built


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: Any, data: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _build_union(arguments, data)
    if origin is not None and issubclass(origin, Mapping):
        return {_build(arguments[0], key): _build(arguments[1], item) for key, item in data.items()}
    if origin is tuple and arguments[-1] is not Ellipsis:
        return tuple(_build(inner, item) for inner, item in zip(arguments, data, strict=True))
    if origin is not None and issubclass(origin, Sequence):
        made = [_build(arguments[0], item) for item in data]
        return tuple(made) if origin is tuple else made
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        known = {field.name for field in dataclasses.fields(kind) if field.init}
        data = _with_messages(data)
        fields = {name: _build(hints[name], item) for name, item in data.items() if name in known}
        if kind is SearchJob:
            fields["extra_trials"] = data["n_trials"] - data["document"]["search"]["trials"]
        return kind(**fields)
    if kind is Message:
        return message_from_json(data)
    if kind is datetime:
        return datetime.fromisoformat(data)
    if kind is float:
        return math.nan if data is None else float(data)
    if isinstance(kind, type) and issubclass(kind, (Enum, Path)):
        return kind(data)
    return data


_REASONED = ("message", "note", "problem")
"""Texts beside which ``reason`` is sent."""


def _with_messages(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace strings of an answer by messages where their codes were sent too."""
    if isinstance(reason := data.get("reason"), Mapping):
        name = next(name for name in _REASONED if name in data)
        data = {**data, name: message_from_json(reason)}
    if data.get("notices") and "warnings" in data:
        by_text = {message["message"]: message_from_json(message) for message in data["notices"]}
        data = {**data, "warnings": [by_text.get(text, text) for text in data["warnings"]]}
    if data.get("reasons") and "failures" in data:
        coded = {cause: message_from_json(message) for cause, message in data["reasons"].items()}
        failures = data["failures"].items()
        data = {**data, "failures": {cause: (n, coded.get(cause, text)) for cause, (n, text) in failures}}
    return data


def _build_union(arguments: tuple[Any, ...], data: Any) -> Any:
    """Build a value of ``X | None``; a union of scalars (a parameter's value) is returned unchanged."""
    if data is None:
        return None
    inner = [argument for argument in arguments if argument is not type(None)]
    return _build(inner[0], data) if len(inner) == 1 else data


# --- errors ------------------------------------------------------------------------------------------------


def _code(name: str) -> str:
    stem = name.removesuffix("Error")
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(stem))


ERROR_CODES: Mapping[str, type[ScriptuneError]] = {
    _code(name): kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, ScriptuneError) and kind is not ScriptuneError
}
"""Code (``job_file``, ``not_found``, ...) -> class."""


def error_code(error: BaseException) -> str:
    """The code of an error; ``internal`` for an unexpected exception."""
    for kind in type(error).__mro__:
        code = _code(kind.__name__)
        if ERROR_CODES.get(code) is kind:
            return code
    return "internal"


def error_body(code: str, message: str, hint: str | None = None) -> dict[str, Any]:
    """The content of an error: ``params`` holds the message's code as ``reason``, its parameters, and the hint's."""
    params: dict[str, Any] = {}
    if isinstance(message, Message):
        said = message_to_json(message)
        params = {"reason": said["code"], **said["params"]}
        if isinstance(hint, Message):
            params["hint"] = message_to_json(hint)
    return {"code": code, "message": message, "hint": hint, "params": params}


def error_to_json(error: BaseException) -> dict[str, Any]:
    """The JSON form of an error; the errors of a job file are also listed under ``problems``."""
    message = error.message if isinstance(error, ScriptuneError) else str(error)
    body = error_body(error_code(error), message, getattr(error, "hint", None))
    if isinstance(error, errors.JobFileError):
        body["problems"] = list(error.problems)
    return {"error": body}


def error_from_json(data: Mapping[str, Any]) -> ScriptuneError:
    """Restore the exception from `error_to_json`; an unknown code becomes `RemoteError`."""
    body = data["error"]
    kind = ERROR_CODES.get(body.get("code", ""), RemoteError)
    message, hint = _messages(body)
    if kind is not errors.JobFileError:
        return kind(message, hint=hint)
    if isinstance(message, Message):
        return errors.JobFileError(message.params["items"] if message.code == "lines" else [message], hint=hint)
    return errors.JobFileError(body.get("problems") or [message], hint=hint)


def _messages(body: Mapping[str, Any]) -> tuple[str, str | None]:
    """The message and hint of an error, with their codes if they were sent."""
    message, hint = body["message"], body.get("hint")
    params = dict(body.get("params") or {})  # an older server sends none
    if "reason" not in params:
        return message, hint
    code, with_code = params.pop("reason"), params.pop("hint", None)
    message = message_from_json({"code": code, "params": params, "message": message})
    return message, hint if with_code is None else message_from_json(with_code)
