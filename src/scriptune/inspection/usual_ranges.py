"""Ranges to search, proposed by the names of hyperparameters: from the table of usual values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from scriptune.search.usual import meaning_of, usual_entry
from scriptune.search.usual_table import ENTRIES, UsualEntry

__all__ = ["is_fraction", "is_searched", "range_around", "usual_domain", "usual_range"]

_DIGITS = 2  # of the ends of a range around a value

# Their ranges differ so much between kinds of program that an unknown kind says nothing.
_BY_KIND_ONLY = frozenset({"gamma", "alpha", "depth", "eps"})

# A program's numbers that are settings of a run and no hyperparameters.
_NOT_SEARCHED = re.compile(
    r"(^|_)(ids?|duration|seed|random_state|workers?|threads?|jobs|n?gpus?|port|rank|world_size|verbos(e|ity)|num_classes|folds)$"
    r"|(^|_)(log|logging|print|eval|val|save|report|checkpoint(ing)?|check|limit|start|test|dev|hist)"
    r"_(\w+_)?(interval|freq|frequency|every|steps|epochs?|batches|limit|hist|size|iters)$"
    r"|(^|_)(local_rank|(train|test|val|valid|dev)_size|cache_?size|img_?size|image_?size|imgsz|input_size|od_wait|early_stopping_rounds|patience|bucket|resolution|total_timesteps|max_tokens|block_size)$"
    r"|(^|_)(max|seq)_(\w+_)?(len|length)$"
)
# Numbers that count something, even where a range is hardly ever wanted.
_COUNTED = re.compile(r"^(n_|num_|max_|min_|warmup_|total_)?(epochs?|steps|iter(ation)?s?|patience)$")


def is_searched(name: str) -> bool:
    """Whether users search over parameters of that name; none do over ``log_interval``."""
    return _NOT_SEARCHED.search(_plain(name)) is None


def is_fraction(name: str) -> bool:
    """Whether numbers of that name have decimals, even where a program prints a default of 0 or 1."""
    entry = usual_range(name, ("any",))
    return entry is not None and isinstance(entry.value, float)


def usual_domain(name: str) -> Mapping[str, Any] | None:
    """The usual domain of a hyperparameter, as in a job file; without a range if only its type is usual.

    Args:
        name: In any spelling; of ``optimizer.lr``, the last part says what it is.
    """
    entry = usual_range(name, ("any",))
    if entry is not None:
        return range_around(entry, None, is_integer=isinstance(entry.value, int))
    return {"type": "int"} if _COUNTED.match(_plain(name)) or not is_searched(name) else None


def usual_range(name: str, kinds: Sequence[str]) -> UsualEntry | None:
    """The entry of the table with the usual range of a name; None where there is none."""
    meaning = meaning_of(name)
    if meaning is None:
        return None
    entry = usual_entry(meaning, kinds)
    if entry is None and meaning not in _BY_KIND_ONLY:
        entry = next((one for one in ENTRIES if one.meaning == meaning and not one.is_share), None)
    return None if entry is None or isinstance(entry.value, tuple) or entry.low is None else entry


def range_around(entry: UsualEntry, default: float | None, *, is_integer: bool) -> dict[str, Any]:
    """The usual range as a domain of a job file, such that it holds the program's default where that makes sense.

    Args:
        entry: Of the table, with a range.
        default: The program's own; None when unknown.
        is_integer: Whether the parameter takes whole numbers only.
    """
    assert entry.low is not None
    assert entry.high is not None
    assert not isinstance(entry.value, tuple)
    # Zero and below switch something off, or mean "unlimited": nothing to search around.
    known = default if default is not None and default > 0 else None
    low, high = entry.low, entry.high
    if entry.around is not None:
        centre = entry.value if known is None else known
        low = min(max(low, _end(centre / entry.around, is_integer=is_integer)), centre)
        high = max(min(high, _end(centre * entry.around, is_integer=is_integer)), centre)
    elif known is not None and known < low:
        low = known
    elif known is not None and known > high:  # with room above it, where values are not shares of 1
        high = known if known <= 1.0 else 2 * known
    log = {"log": True} if entry.log else {}
    if is_integer:
        return {"type": "int", "min": max(1 if entry.log else 0, int(low)), "max": max(1, int(high)), **log}
    return {"type": "float", "min": float(low), "max": float(high), **log}


def _end(value: float, *, is_integer: bool) -> float:
    """An end of a range around a value; of fractions in few digits, which read better."""
    return value if is_integer else float(f"{value:.{_DIGITS}g}")


def _plain(name: str) -> str:
    last = name.rpartition(".")[2].replace("-", "_")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()
