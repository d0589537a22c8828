"""Read ``start_with`` from a CSV file: results that are known, and configurations to try first.

Columns are matched by name, with or without ``params.``, so that what `scriptune trials --csv` has written is read as
it is. A row with a value is a known result. One without is tried first, unless the file has a column ``state``: then it
is a trial that has failed. What lies outside the ranges is left out and counted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scriptune.core.job import ParameterSpec
from scriptune.core.parameters import Scalar, same_value
from scriptune.core.space import SearchSpace
from scriptune.errors import SpaceError
from scriptune.jobfile.parser import plain_scalar
from scriptune.jobfile.problems import Problems
from scriptune.messages import Message, did_you_mean
from scriptune.regular_files import read_bounded

__all__ = ["read_start_file"]

_PLACE = ("search", "start_with")
_MAX_BYTES = 20_000_000
_MAX_STARTS = 10_000  # are stored with the job


@dataclass
class _Counts:
    n_outside: int = 0
    n_missing: int = 0
    n_failed: int = 0
    starts: list[dict[str, Any]] = field(default_factory=list)


def read_start_file(
    path: Path, space: SearchSpace, parameters: Mapping[str, ParameterSpec], metric: str, problems: Problems
) -> list[dict[str, Any]]:
    """The items of ``start_with`` in a CSV file; a warning says how many were taken, and why others were not.

    Args:
        path: The file.
        space: The searched parameters.
        parameters: All of them.
        metric: The objective, whose value a column ``value``, or one of its name, holds.
        problems: Collects the errors.
    """
    try:
        text = read_bounded(path, _MAX_BYTES).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        why = err.strerror or err if isinstance(err, OSError) else err
        problems.add(_PLACE, Message("job_file.start_file_unreadable", file=str(path), why=why))
        return []
    columns = [name for name in (rows[0] if rows else {}) if name is not None]
    named = {name: _column(name, columns) for name in parameters}
    if not any(column for name, column in named.items() if name in space):
        near = did_you_mean(columns[0] if columns else "", space)
        problems.add(_PLACE, Message("job_file.start_no_columns", file=str(path), columns=columns, near=near))
        return []
    value_column = next((name for name in ("value", f"metrics.{metric}", metric) if name in columns), None)
    counts = _Counts()
    for row in rows:
        _take(row, named, value_column, space, parameters, counts)
    starts = counts.starts[:_MAX_STARTS]
    known = sum("value" in start for start in starts)
    problems.warn(
        _PLACE,
        Message(
            "job_file.starts_taken",
            file=path.name,
            n_known=known,
            n_first=len(starts) - known,
            n_outside=counts.n_outside,
            n_missing=counts.n_missing,
            n_failed=counts.n_failed,
        ),
    )
    return starts


def _column(name: str, columns: Sequence[str]) -> str | None:
    return next((column for column in (f"params.{name}", name) if column in columns), None)


def _take(
    row: Mapping[str, str | None],
    named: Mapping[str, str | None],
    value_column: str | None,
    space: SearchSpace,
    parameters: Mapping[str, ParameterSpec],
    counts: _Counts,
) -> None:
    """Add the start of a row, or count why there is none."""
    texts = {name: (row.get(column) or "").strip() for name, column in named.items() if column is not None}
    value = None if value_column is None else _value(row.get(value_column) or "")
    if value is None and "state" in row:
        counts.n_failed += 1
        return
    values: dict[str, Scalar] = {}
    for name, text in texts.items():
        domain = parameters[name].domain
        if not text:
            continue
        if domain is None:
            if not same_value(parameters[name].value, plain_scalar(text)) and text != parameters[name].value:
                counts.n_outside += 1
                return
            continue
        for candidate in (plain_scalar(text), text):
            try:
                values[name] = domain.coerce(candidate)
                break
            except SpaceError:
                continue
        else:
            counts.n_outside += 1
            return
    for name in space.order:
        default = space[name].default
        if name not in values and default is not None and space.is_active(name, values):
            values[name] = default
    if any(name not in values for name in space if space.is_active(name, values)):
        counts.n_missing += 1
        return
    try:
        params = dict(space.validate(space.prune(values)))
    except SpaceError:  # a constraint
        counts.n_outside += 1
        return
    counts.starts.append({"params": params} | ({} if value is None else {"value": value}))


def _value(text: str) -> float | None:
    """A finite number; None for anything else."""
    number = plain_scalar(text.strip()) if text.strip() else None
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return None
    return float(number) if abs(number) < float("inf") else None
