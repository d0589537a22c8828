"""Options of samplers: one frozen dataclass each is the single source of names, ranges, defaults and help."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from scriptune.core.builtin_values import builtin_value
from scriptune.errors import SamplerError, closest

__all__ = ["NoOptions", "OptionInfo", "option", "option_table", "parse_options"]


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    low_open: bool = False,
    high_open: bool = False,
    choices: Sequence[str] | None = None,
    source: str = "",
) -> Any:
    """A field of an options dataclass: default, meaning, legal range and where it comes from."""
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "low": low,
            "high": high,
            "low_open": low_open,
            "high_open": high_open,
            "choices": tuple(choices) if choices else None,
            "source": source,
        },
    )


@dataclasses.dataclass(frozen=True)
class NoOptions:
    """Options of a sampler that has none."""


@dataclasses.dataclass(frozen=True)
class OptionInfo:
    """One row of a sampler's option table.

    Attributes:
        name: As in ``search.options``.
        type: ``int``, ``float``, ``str`` or ``bool``.
        default: None when the sampler chooses on its own.
        allowed: The legal values in words.
        help: What it does.
        source: Paper or product it comes from.
    """

    name: str
    type: str
    default: Any
    allowed: str
    help: str
    source: str


def _allowed(metadata: Mapping[str, Any], kind: str) -> str:
    if metadata["choices"]:
        return " | ".join(metadata["choices"])
    low, high = metadata["low"], metadata["high"]
    bounds = []
    if low is not None:
        bounds.append(f"{'above' if metadata['low_open'] else 'at least'} {low:g}")
    if high is not None:
        bounds.append(f"{'below' if metadata['high_open'] else 'at most'} {high:g}")
    return " and ".join(bounds) or {"int": "any integer", "float": "any number"}.get(kind, "any")


def _fields(options: type) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(options)


def _kind(field: dataclasses.Field[Any]) -> str:
    """The scalar type in an annotation such as ``float`` or ``int | None``."""
    return str(field.type).replace(" ", "").removesuffix("|None")


def option_table(options: type) -> list[OptionInfo]:
    """The options of an options dataclass, in order."""
    return [
        OptionInfo(
            name=field.name,
            type=_kind(field),
            default=field.default,
            allowed=_allowed(field.metadata, _kind(field)),
            help=field.metadata["help"],
            source=field.metadata["source"],
        )
        for field in _fields(options)
    ]


_O = TypeVar("_O")


def parse_options(sampler: str, options: type[_O], given: Mapping[str, Any]) -> _O:
    """Build an options dataclass from a user's mapping.

    Raises:
        SamplerError: An unknown name, a wrong type or a value out of range; the message holds the table.
    """
    fields = {field.name: field for field in _fields(options)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            raise SamplerError(
                f"Sampler {sampler!r} has no option {name!r}.{closest(name, fields)}",
                hint=_table_text(sampler, options),
            )
        field, value = fields[name], builtin_value(value)
        if value is None and field.default is None:
            continue
        problem = _option_problem(_kind(field), field.metadata, value)
        if problem:
            raise SamplerError(
                f"Option {name!r} of sampler {sampler!r} is {value!r}, expected {problem}.",
                hint=_table_text(sampler, options),
            )
        values[name] = float(value) if _kind(field) == "float" else value
    return options(**values)


def _option_problem(kind: str, metadata: Mapping[str, Any], value: object) -> str | None:
    """What was expected instead, or None when the value is legal."""
    allowed = _allowed(metadata, kind)
    if kind in ("int", "float"):
        legal = not isinstance(value, bool) and isinstance(value, int if kind == "int" else (int, float))
        if not legal or abs(value) == math.inf or value != value:  # type: ignore[arg-type]  # legal: a number
            return f"{'an integer' if kind == 'int' else 'a number'}, {allowed}"
        low, high = metadata["low"], metadata["high"]
        too_low = low is not None and (value < low or (metadata["low_open"] and value == low))
        too_high = high is not None and (value > high or (metadata["high_open"] and value == high))
        return allowed if too_low or too_high else None
    if kind == "bool":
        return None if isinstance(value, bool) else "true or false"
    if not isinstance(value, str) or (metadata["choices"] and value not in metadata["choices"]):
        return allowed
    return None


def _table_text(sampler: str, options: type) -> str:
    rows = option_table(options)
    if not rows:
        return f"{sampler!r} takes no options."
    return (
        f"Options of {sampler!r}: "
        + "; ".join(
            f"{row.name} ({row.type}, {row.allowed}; default {'automatic' if row.default is None else row.default})"
            for row in rows
        )
        + "."
    )
