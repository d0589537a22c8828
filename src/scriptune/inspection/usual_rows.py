"""The table of usual values as rows, for people and for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scriptune.core.parameters import Scalar
from scriptune.inspection.usual_ranges import range_around
from scriptune.search.usual import kinds_of_program, meaning_of, usual_entry
from scriptune.search.usual_names import ALIASES
from scriptune.search.usual_table import ENTRIES, SOURCES, UsualEntry

__all__ = ["UsualRow", "usual_rows"]


@dataclass(frozen=True)
class UsualRow:
    """The usual value and range of a hyperparameter.

    Attributes:
        name: As it was asked for; without names, all names with this meaning.
        meaning: What the name means; None if it is not in the table.
        kind: The kind of program that the value is usual in; `any` if the kind does not matter or is unknown.
        value: The usual value; of choices, the preferred ones in order; None if none is known.
        low: The lower end of the range that is usually searched, around the usual value; None if there is none.
        high: The upper end.
        log: Whether the range is usually searched on a log scale.
        source: Where the value comes from.
    """

    name: str
    meaning: str | None = None
    kind: str = "any"
    value: Scalar | tuple[str, ...] | None = None
    low: float | None = None
    high: float | None = None
    log: bool = False
    source: str = ""


def usual_rows(names: Sequence[str] = ()) -> list[UsualRow]:
    """What is usual for hyperparameters.

    Args:
        names: Of one program: together they tell its kind. A name whose value depends on the kind has a row for each
            kind if the names do not tell it. Without names, the whole table.
    """
    if not names:
        return [_row(ALIASES[entry.meaning], entry) for entry in ENTRIES]
    kinds = kinds_of_program(names)
    return [row for name in names for row in _rows_of(name, kinds)]


def _rows_of(name: str, kinds: Sequence[str]) -> Iterator[UsualRow]:
    meaning = meaning_of(name)
    if meaning is None:
        yield UsualRow(name)
        return
    entry = usual_entry(meaning, kinds)
    entries = [entry] if entry is not None else [one for one in ENTRIES if one.meaning == meaning]
    yield from (_row(name, one) for one in entries)


def _row(name: str, entry: UsualEntry) -> UsualRow:
    source = SOURCES[entry.source]
    if isinstance(entry.value, tuple) or entry.low is None:
        return UsualRow(name, entry.meaning, entry.kind, entry.value, source=source)
    domain = range_around(entry, None, is_integer=isinstance(entry.value, int))
    return UsualRow(name, entry.meaning, entry.kind, entry.value, domain["min"], domain["max"], entry.log, source)
