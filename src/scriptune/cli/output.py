"""Print text, tables and JSON: fitted and coloured for a terminal, else plain lines for other programs.

rich would draw the tables as well, but takes longer to import than most commands take altogether; it is loaded
for the live table only.
"""

from __future__ import annotations

import csv
import io
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from scriptune.cli.formats import one_line, shorten
from scriptune.core.trial import Cause
from scriptune.engine.serialise import dumps

__all__ = [
    "Column",
    "heading",
    "is_terminal",
    "pairs",
    "print_csv",
    "print_json",
    "state_style",
    "table",
    "terminal_width",
    "visible_width",
]

_STYLES = {
    "waiting": "bright_black",
    "queued": "bright_black",
    "running": "cyan",
    "interrupted": "yellow",
    "stopping": "yellow",
    "completed": "green",
    "early_stopped": "yellow",
    "failed": "red",
    "stopped": "bright_black",
}
_STYLES |= {str(cause): "red" for cause in Cause}
_GAP = 2  # between columns
_NARROWEST = 10  # a column is not cut further
_PLAIN_WIDTH = 100  # of bars and sparklines when there is no terminal to ask


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        title: Its heading.
        right: Whether it holds numbers.
        shrink: Whether its cells are cut with an ellipsis when the terminal is too narrow.
        optional: Whether it is left out, empty ones first and then from the right, when that is still not enough.
    """

    title: str
    right: bool = False
    shrink: bool = False
    optional: bool = False


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def terminal_width() -> int:
    """Characters per line; a default if there is no terminal."""
    if not is_terminal():
        return _PLAIN_WIDTH
    from shutil import get_terminal_size  # here: it loads four kinds of compression

    return get_terminal_size((_PLAIN_WIDTH, 24)).columns


def visible_width(text: str) -> int:
    """The columns that a string takes on a terminal: none for colours and accents, two for Chinese characters."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in click.unstyle(text)
    )


def state_style(state: str) -> str:
    """The colour of a job's or trial's state, a name known to both rich and click."""
    return _STYLES.get(state, "white")


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    click.echo(dumps(value, indent=2))


def print_csv(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as CSV with full precision; None is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(titles)
    writer.writerows(rows)
    click.echo(out.getvalue(), nl=False)


def heading(text: str, note: str = "") -> None:
    """Print a bold line, followed by a dimmed note."""
    click.echo(click.style(text, bold=True) + (f"  {click.style(note, fg='bright_black')}" if note else ""))


def pairs(rows: Iterable[tuple[str, str]], *, indent: int = 2) -> None:
    """Print labels and texts in two columns; texts are wrapped, except lines that start with a space."""
    rows = [(label, text) for label, text in rows if text]
    width = max((len(label) for label, _ in rows), default=0)
    left = " " * indent
    room = max(terminal_width() - indent - width - 2, _NARROWEST) if is_terminal() else None
    for label, text in rows:
        first, *others = [piece for line in text.splitlines() for piece in _wrap(line, room)]
        click.echo(f"{left}{click.style(label.ljust(width), fg='bright_black')}  {first}")
        for line in others:
            click.echo(f"{left}{' ' * width}  {line}")


def _wrap(line: str, room: int | None) -> list[str]:
    """Wrap a line at words; colours have no width. Lines of a picture or a log are not wrapped."""
    if room is None or visible_width(line) <= room or line.startswith(" "):
        return [line]
    lines: list[str] = []
    for word in line.split(" "):
        if lines and visible_width(lines[-1]) + 1 + visible_width(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, best: int | None = None) -> None:
    """Print a table of strings.

    Args:
        columns: Titles and alignment.
        rows: One text per column each.
        best: Index of the row to make stand out.
    """
    clean = [[one_line(cell) if "\x1b" in cell or "\n" in cell else cell for cell in row] for row in rows]
    columns = list(columns)
    if is_terminal():
        columns, clean = _fitted(columns, clean, terminal_width())
    widths = _widths(columns, clean)
    lines = [_line([column.title for column in columns], columns, widths, bold=True, is_title=True)]
    lines += [_line(row, columns, widths, bold=i == best) for i, row in enumerate(clean)]
    click.echo("\n".join(lines))


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    return [
        max([visible_width(column.title), *(visible_width(row[i]) for row in rows)]) for i, column in enumerate(columns)
    ]


def _fitted(columns: list[Column], rows: list[list[str]], room: int) -> tuple[list[Column], list[list[str]]]:
    """Fit a table to a width: truncate cells, then replace optional columns by one with an ellipsis."""
    widths = _widths(columns, rows)
    kept = list(range(len(columns)))

    def excess() -> int:
        marker = 0 if len(kept) == len(columns) else _GAP + 1
        return sum(widths[i] + _GAP for i in kept) - _GAP + marker - room

    for i, column in enumerate(columns):
        if column.shrink and excess() > 0:
            widths[i] = max(widths[i] - excess(), min(_NARROWEST, widths[i]))
    for i in sorted(kept, key=lambda i: (any(row[i] for row in rows), -i)):
        if columns[i].optional and excess() > 0:
            kept.remove(i)
    marker = [] if len(kept) == len(columns) else ["…"]
    return (
        [*(columns[i] for i in kept), *map(Column, marker)],
        [[*(shorten(row[i], widths[i]) for i in kept), *("" for _ in marker)] for row in rows],
    )


def _line(
    cells: Sequence[str],
    columns: Sequence[Column],
    widths: Sequence[int],
    *,
    bold: bool = False,
    is_title: bool = False,
) -> str:
    parts = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        blank = " " * (width - visible_width(cell))
        colour = None if is_title else _STYLES.get(cell.replace(" ", "_"))
        shown = click.style(cell, fg=colour, bold=bold or None) if colour or bold else cell
        parts.append(blank + shown if column.right else shown + blank)
    return (" " * _GAP).join(parts).rstrip()
