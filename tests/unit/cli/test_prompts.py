"""cli/prompts.py in a pseudo-terminal."""

from __future__ import annotations

import os
import pty
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import pytest

ROWS = '["one", "two", "three"]'


def answer(tmp_path: Path, source: str, keys: str) -> str:
    """What a program printed to a file after these keys were typed into its terminal."""
    out = tmp_path / "out"
    program = f"from scriptune.cli.prompts import choose_many, choose_one\n{textwrap.dedent(source)}"
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", LINES="20", COLUMNS="80")
        guarded = f"try:\n{textwrap.indent(program, '    ')}\nexcept KeyboardInterrupt:\n    got = 'interrupted'\n"
        code = f"{guarded}\nopen({str(out)!r}, 'w').write(repr(got))"
        os.execv(sys.executable, [sys.executable, "-c", code])
    shown = b""
    with suppress(OSError):  # the program has ended
        while piece := os.read(terminal, 65536):
            shown += piece
            if keys and b"Enter to" in shown:
                os.write(terminal, keys.encode())
                keys = ""
    os.waitpid(child, 0)
    os.close(terminal)
    return out.read_text()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("\r", "1"), ("\x1b[B\r", "2"), ("\x1b[A\x1bOA\r", "2"), ("jj\r", "0"), ("\x04", "'interrupted'")],
)
def test_one_is_chosen_with_the_arrow_keys_and_enter(tmp_path: Path, keys: str, expected: str) -> None:
    assert answer(tmp_path, f"got = choose_one('Which?', {ROWS}, 1)", keys) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("\r", "([1], 'two')"),
        (" j \r", "([2], 'three')"),
        (" \r \r", "([1], 'two')"),  # at least one
        ("je\r", "([1, 2], 'three!')"),
    ],
)
def test_several_are_chosen_with_space_and_changed_with_e(tmp_path: Path, keys: str, expected: str) -> None:
    source = f"""
    rows = {ROWS}
    def edit(i):
        rows[i] += "!"
        return rows[i]
    got = choose_many('Which?', rows, [False, True, False], edit)
    got = (got, rows[got[-1]])
    """
    assert answer(tmp_path, source, keys) == expected
