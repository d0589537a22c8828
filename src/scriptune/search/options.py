"""Options of samplers: one frozen dataclass each is the single source of names, ranges, defaults and help."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from scriptune.core.builtin_values import builtin_value
from scriptune.errors import SamplerError
from scriptune.messages import Message, clauses, did_you_mean

__all__ = ["NoOptions", "OptionInfo", "option", "option_table", "parse_options"]


def option(
    default: Any,
    code: str,
    *,
    low: float | None = None,
    high: float | None = None,
    low_open: bool = False,
    high_open: bool = False,
    choices: Sequence[str] | None = None,
    source: str = "",
) -> Any:
    """Define a field of an options dataclass: default, description, legal range and source."""
    return dataclasses.field(
        default=default,
        metadata={
            "code": code,
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
    """The options of a sampler that has none."""


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

    also_shown: ClassVar[tuple[str, ...]] = ("range",)

    name: str
    type: str
    default: Any
    allowed: str
    help: str
    source: str

    @property
    def range(self) -> Message | None:
        """The legal numbers; None for an option that takes one of several words."""
        return self.allowed if isinstance(self.allowed, Message) else None


def _allowed(metadata: Mapping[str, Any], kind: str) -> str:
    if metadata["choices"]:
        return " | ".join(metadata["choices"])
    low, high = metadata["low"], metadata["high"]
    bounds = []
    if low is not None:
        lowest = f"{low:g}"
        bounds.append(Message("range.above", n=lowest) if metadata["low_open"] else Message("range.at_least", n=lowest))
    if high is not None:
        highest = f"{high:g}"
        bounds.append(
            Message("range.below", n=highest) if metadata["high_open"] else Message("range.at_most", n=highest)
        )
    if len(bounds) == 2:
        return Message("range.both", low=bounds[0], high=bounds[1])
    if bounds:
        return bounds[0]
    if kind in ("int", "float"):
        return Message("range.any_integer") if kind == "int" else Message("range.any_number")
    return Message("range.any")


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
            help=Message(field.metadata["code"]),
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
                Message("sampler.unknown_option", sampler=sampler, name=name, near=did_you_mean(name, fields)),
                hint=_table_text(sampler, options),
            )
        field, value = fields[name], builtin_value(value)
        if value is None and field.default is None:
            continue
        problem = _option_problem(_kind(field), field.metadata, value)
        if problem:
            raise SamplerError(
                Message("sampler.bad_option", name=name, sampler=sampler, value=value, problem=problem),
                hint=_table_text(sampler, options),
            )
        values[name] = float(value) if _kind(field) == "float" else value
    return options(**values)


def _option_problem(kind: str, metadata: Mapping[str, Any], value: object) -> str | None:
    """What was expected instead of a value, or None if the value is legal."""
    allowed = _allowed(metadata, kind)
    if kind in ("int", "float"):
        legal = not isinstance(value, bool) and isinstance(value, int if kind == "int" else (int, float))
        if not legal or abs(value) == math.inf or value != value:  # type: ignore[arg-type]  # legal: a number
            if kind == "int":
                return Message("sampler.integer_expected", allowed=allowed)
            return Message("sampler.number_expected", allowed=allowed)
        low, high = metadata["low"], metadata["high"]
        too_low = low is not None and (value < low or (metadata["low_open"] and value == low))
        too_high = high is not None and (value > high or (metadata["high_open"] and value == high))
        return allowed if too_low or too_high else None
    if kind == "bool":
        return None if isinstance(value, bool) else Message("expected.bool")
    if not isinstance(value, str) or (metadata["choices"] and value not in metadata["choices"]):
        return allowed
    return None


def _table_text(sampler: str, options: type) -> str:
    rows = option_table(options)
    if not rows:
        return Message("sampler.no_options", sampler=sampler)
    return Message("sampler.options", sampler=sampler, options=clauses(map(_row, rows)))


def _row(row: OptionInfo) -> str:
    default = Message("sampler.automatic") if row.default is None else row.default
    return Message("sampler.option", name=row.name, type=row.type, allowed=row.allowed, default=default)
