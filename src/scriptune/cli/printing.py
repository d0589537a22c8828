"""Text, tables and JSON on stdout: for a terminal through rich, else plain lines that other programs can cut.

rich is imported only when there is a terminal to show it on.
"""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from scriptune.cli.formats import one_line
from scriptune.engine.serialise import dumps

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "Column",
    "console",
    "heading",
    "is_terminal",
    "pairs",
    "print_csv",
    "print_json",
    "state_style",
    "table",
    "terminal_width",
]

_STYLES = {
    "waiting": "bright_black",
    "queued": "bright_black",
    "running": "cyan",
    "stopping": "yellow",
    "completed": "green",
    "early_stopped": "yellow",
    "failed": "red",
    "stopped": "bright_black",
}
_PLAIN_WIDTH = 100  # of bars and sparklines when there is no terminal to ask


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        title: Its heading.
        right: Whether numbers stand in it.
        shrink: Whether it gives way, with an ellipsis, when the terminal is too narrow.
    """

    title: str
    right: bool = False
    shrink: bool = False


def is_terminal() -> bool:
    """Whether a person looks at stdout."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def console() -> Console:
    """A rich console on stdout."""
    # Late: it takes as long to import as click, and most output goes without it.
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def terminal_width() -> int:
    """Characters per line."""
    return console().width if is_terminal() else _PLAIN_WIDTH


def state_style(state: str) -> str:
    """The colour of a job's or trial's state; rich and click know it by the same name."""
    return _STYLES.get(state, "white")


def print_json(value: Any) -> None:
    """A value as indented JSON."""
    click.echo(dumps(value, indent=2))


def print_csv(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows as CSV with full precision; an empty field for None."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(titles)
    writer.writerows(rows)
    click.echo(out.getvalue(), nl=False)


def heading(text: str, note: str = "") -> None:
    """A bold line, with a quieter note behind it."""
    click.echo(click.style(text, bold=True) + (f"  {click.style(note, fg='bright_black')}" if note else ""))


def pairs(rows: Iterable[tuple[str, str]], *, indent: int = 2) -> None:
    """Labels and texts in two columns; a text's further lines stand below its first."""
    rows = [(label, text) for label, text in rows if text]
    width = max((len(label) for label, _ in rows), default=0)
    left = " " * indent
    for label, text in rows:
        first, *others = text.splitlines()
        click.echo(f"{left}{click.style(label.ljust(width), fg='bright_black')}  {first}")
        for line in others:
            click.echo(f"{left}{' ' * width}  {line}")


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, best: int | None = None) -> None:
    """A table of texts.

    Args:
        columns: Titles and alignment.
        rows: One text per column each.
        best: Index of the row to make stand out.
    """
    clean = [[one_line(cell) if "\x1b" in cell or "\n" in cell else cell for cell in row] for row in rows]
    if is_terminal():
        _rich_table(columns, clean, best)
        return
    widths = [max(len(column.title), *(len(row[i]) for row in clean), 0) for i, column in enumerate(columns)]
    for row in [[column.title for column in columns], *clean]:
        cells = [
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def _rich_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], best: int | None) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    can_shrink = any(column.shrink for column in columns)
    for column in columns:
        grid.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=None if column.shrink or not can_shrink else _natural(column, columns, rows),
        )
    for i, row in enumerate(rows):
        cells = [Text(cell, style=_STYLES.get(cell, "")) for cell in row]
        grid.add_row(*cells, style="bold" if i == best else "")
    console().print(grid)


def _natural(column: Column, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> int:
    i = columns.index(column)
    return max([len(column.title), *(len(row[i]) for row in rows)])
