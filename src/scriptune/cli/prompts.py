"""Questions in a terminal that are answered with the arrow keys; Enter takes what is proposed."""

from __future__ import annotations

import os
import select
import shutil
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click

from scriptune.cli.formats import shorten

__all__ = ["choose_many", "choose_one"]

_UP = frozenset({"\x1b[A", "\x1bOA", "k"})
_DOWN = frozenset({"\x1b[B", "\x1bOB", "j"})
_ENTER = frozenset({"\r", "\n"})
_END = "\x04"  # Ctrl-D; Ctrl-C arrives as a signal
_ESCAPE_S = 0.05  # the rest of an arrow key comes at once
_KEPT_LINES = 4  # of the terminal: the question, the keys, and a line around them


@dataclass
class _Menu:
    """Rows of which one is under the cursor."""

    title: str
    keys: str
    rows: list[str]
    at: int
    n_drawn: int = 0

    def draw(self, marks: Sequence[str]) -> None:
        """Draw the rows in place of what was drawn before."""
        size = shutil.get_terminal_size()
        n_shown = max(1, min(len(self.rows), size.lines - _KEPT_LINES))
        first = min(max(0, self.at - n_shown // 2), len(self.rows) - n_shown)
        lines = [click.style(self.title, bold=True)]
        for i in range(first, first + n_shown):
            row = shorten(f"{marks[i]}{self.rows[i]}", size.columns - 3)
            lines.append(click.style(f"> {row}", fg="cyan") if i == self.at else f"  {row}")
        n_hidden = len(self.rows) - n_shown
        more = f"  {n_hidden} more" if n_hidden else ""
        lines.append(click.style(shorten(f"  {self.keys}{more}", size.columns - 1), fg="bright_black"))
        self.erase()
        click.echo("\n".join(lines), err=True)
        self.n_drawn = len(lines)

    def erase(self) -> None:
        """Remove what was drawn."""
        if self.n_drawn:
            click.echo(f"\x1b[{self.n_drawn}A\x1b[J", nl=False, err=True)
        self.n_drawn = 0

    def key(self) -> str:
        """The next key, after the cursor has followed the arrow keys.

        Raises:
            KeyboardInterrupt: Ctrl-D, or the terminal is gone.
        """
        pressed = _read_key(sys.stdin.fileno())
        if pressed in ("", _END):
            raise KeyboardInterrupt
        if pressed in _UP:
            self.at = (self.at - 1) % len(self.rows)
        elif pressed in _DOWN:
            self.at = (self.at + 1) % len(self.rows)
        return pressed


def _read_key(terminal: int) -> str:
    """One key, of which the arrow keys are three bytes; "" at the end of the input."""
    pressed = os.read(terminal, 1)
    while pressed.startswith(b"\x1b") and len(pressed) < 3 and select.select([terminal], [], [], _ESCAPE_S)[0]:
        pressed += os.read(terminal, 1)
    return pressed.decode("latin-1")


@contextmanager
def _single_keys() -> Iterator[None]:
    """Let the terminal pass on each key at once, without showing it; what was typed ahead is kept."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal, termios.TCSADRAIN)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def choose_one(title: str, rows: Sequence[str], default: int = 0) -> int:
    """Ask for one of several rows.

    Returns:
        Its index.

    Raises:
        KeyboardInterrupt: Ctrl-C or Ctrl-D.
    """
    menu = _Menu(title, "up and down to move, Enter to choose", list(rows), default)
    try:
        while True:
            with _single_keys():
                menu.draw([""] * len(rows))
                pressed = menu.key()
            if pressed in _ENTER:
                break
    finally:
        menu.erase()
    click.echo(f"{click.style(title, bold=True)} {rows[menu.at].strip()}", err=True)
    return menu.at


def choose_many(
    title: str, rows: Sequence[str], chosen: Sequence[bool], edit: Callable[[int], str | None]
) -> list[int]:
    """Ask which of several rows are wanted; at least one.

    Args:
        title: The question.
        rows: What to choose from.
        chosen: What is proposed.
        edit: Called with the index of a row when it is to be changed; returns the new row, or None to leave it.

    Returns:
        The indices of the chosen rows.

    Raises:
        KeyboardInterrupt: Ctrl-C or Ctrl-D.
    """
    wanted = list(chosen)
    keys = "up and down to move, space to choose, e to edit the range, Enter to continue"
    menu = _Menu(title, keys, list(rows), wanted.index(True) if any(wanted) else 0)
    try:
        while True:
            with _single_keys():
                menu.draw(["[x] " if one else "[ ] " for one in wanted])
                pressed = menu.key()
            if pressed == " ":
                wanted[menu.at] = not wanted[menu.at]
            elif pressed == "e":
                menu.erase()
                row = edit(menu.at)
                if row is not None:
                    menu.rows[menu.at], wanted[menu.at] = row, True
            elif pressed in _ENTER and any(wanted):
                break
    finally:
        menu.erase()
    found = [i for i, one in enumerate(wanted) if one]
    click.echo(click.style(title, bold=True), err=True)
    for i in found:
        click.echo(f"  {menu.rows[i].rstrip()}", err=True)
    return found
