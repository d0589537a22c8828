"""Options of samplers, executors and stopping rules.

One frozen dataclass each is the single source of names, ranges, defaults and help.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from scriptune.core.builtin_values import builtin_value
from scriptune.errors import ScriptuneError
from scriptune.messages import Message, clauses, codes, did_you_mean

__all__ = ["NoOptions", "OptionInfo", "option", "option_table", "parse_options"]

_KINDS = ("int", "float", "str", "bool")


def option(
    default: Any,
    help_text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    low_open: bool = False,
    high_open: bool = False,
    choices: Sequence[str] | None = None,
    source: str = "",
) -> Any:
    """Define a field of an options dataclass.

    Args:
        default: Its default; None when the owner of the options chooses on its own.
        help_text: What it does: the code of a message, or the sentence itself in packages with no catalogue of theirs.
        low, high: The legal range of a number.
        low_open, high_open: Whether the bound itself is not legal.
        choices: The legal strings.
        source: Paper or product it comes from.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help_text,
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
    """The options of what has none."""


@dataclasses.dataclass(frozen=True)
class OptionInfo:
    """One row of an option table.

    Attributes:
        name: As in a job file.
        type: ``int``, ``float``, ``str`` or ``bool``.
        default: None when the owner of the options chooses on its own.
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
    if metadata.get("choices"):
        return " | ".join(metadata["choices"])
    low, high = metadata.get("low"), metadata.get("high")
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
    """The scalar type in an annotation such as ``float`` or ``int | None``, be it evaluated or not."""
    annotation = field.type.__name__ if isinstance(field.type, type) else str(field.type)
    return annotation.replace(" ", "").removesuffix("|None")


def option_table(options: type) -> list[OptionInfo]:
    """The options of an options dataclass, in order.

    Raises:
        TypeError: A field has no default, or its type is none of the four.
    """
    for field in _fields(options):
        if field.default is dataclasses.MISSING:
            raise TypeError(f"option {field.name!r} has no default")
        if _kind(field) not in _KINDS:
            kinds = " or ".join(_KINDS)
            raise TypeError(
                f"option {field.name!r} has the type {_kind(field)}, expected {kinds}, or one of them | None"
            )
    return [
        OptionInfo(
            name=field.name,
            type=_kind(field),
            default=field.default,
            allowed=_allowed(field.metadata, _kind(field)),
            help=_described(field.metadata.get("help", "")),
            source=field.metadata.get("source", ""),
        )
        for field in _fields(options)
    ]


def _described(text: str) -> str:
    """The message of a code, or the text itself when it is a sentence: packages of others have no catalogue."""
    return Message(text) if text in codes() else text


_O = TypeVar("_O")


def parse_options(
    kind: str, owner: str, options: type[_O], given: Mapping[str, Any], error: type[ScriptuneError]
) -> _O:
    """Build an options dataclass from a user's mapping.

    Args:
        kind: The word for what has the options, such as ``sampler``.
        owner: Its name.
        options: The options dataclass.
        given: What the user gave.
        error: What is raised: at an unknown name, a wrong type or a value out of range. Its hint holds the table.
    """
    fields = {field.name: field for field in _fields(options)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            raise error(
                Message("option.unknown", kind=kind, owner=owner, name=name, near=did_you_mean(str(name), fields)),
                hint=_table_text(owner, options),
            )
        field, value = fields[name], builtin_value(value)
        if value is None and field.default is None:
            continue
        problem = _option_problem(_kind(field), field.metadata, value)
        if problem:
            raise error(
                Message("option.bad", name=name, kind=kind, owner=owner, value=value, problem=problem),
                hint=_table_text(owner, options),
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
                return Message("option.integer_expected", allowed=allowed)
            return Message("option.number_expected", allowed=allowed)
        low, high = metadata.get("low"), metadata.get("high")
        too_low = low is not None and (value < low or (metadata["low_open"] and value == low))
        too_high = high is not None and (value > high or (metadata["high_open"] and value == high))
        return allowed if too_low or too_high else None
    if kind == "bool":
        return None if isinstance(value, bool) else Message("expected.bool")
    if not isinstance(value, str) or (metadata.get("choices") and value not in metadata["choices"]):
        return allowed
    return None


def _table_text(owner: str, options: type) -> str:
    rows = option_table(options)
    if not rows:
        return Message("option.none", owner=owner)
    return Message("option.table", owner=owner, options=clauses(map(_row, rows)))


def _row(row: OptionInfo) -> str:
    default = Message("option.automatic") if row.default is None else row.default
    return Message("option.row", name=row.name, type=row.type, allowed=row.allowed, default=default)
