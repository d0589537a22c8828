"""``usual``: the usual values and ranges of hyperparameters by name."""

from __future__ import annotations

from collections.abc import Sequence

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import scalar
from scriptune.cli.output import Column, print_json, table
from scriptune.inspection.usual_rows import UsualRow, usual_rows

__all__ = ["usual"]


@click.command(
    cls=Command, example="scriptune usual lr momentum dropout\nscriptune usual eta max_depth subsample\nscriptune usual"
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@pass_shared
def usual(shared: Shared, names: Sequence[str]) -> None:
    """Show usual values and ranges of hyperparameters by name.

    Give the names of one program together: gamma is one thing beside C and another beside clip_range. Without names,
    the whole table is shown.
    """
    rows = usual_rows(names)
    if shared.as_json:
        print_json(rows)
        return
    source = Column("source", shrink=True, optional=True)
    columns = [Column("name"), Column("usual"), Column("range"), Column("kind"), source]
    table(columns, [_cells(row) for row in rows])


def _cells(row: UsualRow) -> list[str]:
    if row.value is None:
        return [row.name, "not in the table", "", "", ""]
    # The others are other spellings, and what is taken where a program does not have the first.
    value = scalar(row.value[0] if isinstance(row.value, tuple) else row.value)
    ends = "" if row.low is None or row.high is None else f"{row.low:g} .. {row.high:g}{' log' if row.log else ''}"
    # Of all the names of a meaning, the first is the usual one.
    return [row.name.partition(" ")[0], value, ends, row.kind, row.source]
