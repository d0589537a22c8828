"""Run a command in a terminal of its own and draw what its screen showed as SVG.

python tools/record_terminal.py docs/images/run.svg -- scriptune run job.yaml
python tools/record_terminal.py --until '12 of 20' docs/images/live.svg -- scriptune run job.yaml

With ``--until`` the picture is of the first moment at which the screen held that text (the command goes on to its end).
The pictures of the README are made so, from real runs.
"""

from __future__ import annotations

import argparse
import codecs
import fcntl
import io
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

_COLUMNS = 104
_ROWS = 44  # a live table is cut to the height of the terminal
_TOKEN = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|\x1b[()][A-Z0-9]|\x1b.|([\r\n\b])|([^\x1b\r\n\b]+)")
_UNFINISHED = re.compile(r"\x1b\[?[?\d;]*$")  # an escape sequence whose end comes with the next read


class Screen:
    """As much of a terminal as programs with a live table use: moving, erasing, colours."""

    def __init__(self) -> None:
        self.lines: list[list[tuple[str, str]]] = [[]]
        self.row = self.column = 0
        self.style = ""

    def feed(self, text: str) -> None:
        """Take what the program wrote."""
        for match in _TOKEN.finditer(text):
            numbers, final, control, plain = match.groups()
            if plain:
                self._write(plain)
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self._move_to(self.row + 1)
                self.column = 0
            elif control == "\b":
                self.column = max(0, self.column - 1)
            elif final and not numbers.startswith("?"):
                self._command(final, [int(n) for n in numbers.split(";") if n])

    def _command(self, final: str, numbers: list[int]) -> None:
        count = numbers[0] if numbers else 1
        if final == "m":
            # A reset begins a new style; anything else adds to it.
            self.style = "" if not numbers or numbers == [0] else self.style + f"\x1b[{';'.join(map(str, numbers))}m"
        elif final == "A":
            self._move_to(max(0, self.row - count))
        elif final == "B":
            self._move_to(self.row + count)
        elif final == "K":
            self.lines[self.row] = [] if numbers == [2] else self.lines[self.row][: self.column]
        elif final == "J":
            del self.lines[self.row + 1 :]
            self.lines[self.row] = self.lines[self.row][: self.column]

    def _move_to(self, row: int) -> None:
        self.row = row
        while len(self.lines) <= row:
            self.lines.append([])

    def _write(self, text: str) -> None:
        line = self.lines[self.row]
        line += [(" ", "")] * (self.column + len(text) - len(line))
        line[self.column : self.column + len(text)] = [(character, self.style) for character in text]
        self.column += len(text)

    @property
    def text(self) -> str:
        """What stands on it, without colours."""
        return "\n".join("".join(character for character, _ in line) for line in self.lines)

    def ansi(self) -> str:
        """What stands on it, with colours."""
        lines = []
        for line in self.lines:
            styles = ["", *(style for _, style in line)]
            pieces = (
                (f"\x1b[0m{style}" if style != before else "") + character
                for (character, style), before in zip(line, styles, strict=False)
            )
            lines.append("".join(pieces).rstrip() + "\x1b[0m")
        return "\n".join(lines).rstrip()


def record(command: list[str], until: str | None) -> tuple[str, int]:
    """Run a command in a pseudo-terminal; the screen with colours, and its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(_COLUMNS), "LINES": str(_ROWS)}
        os.execvpe(command[0], command, environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    screen, kept = Screen(), None
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = ""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux says so when the last program has closed the terminal
            break
        if not data:
            break
        text += decoder.decode(data)
        cut = _UNFINISHED.search(text)
        whole, text = (text[: cut.start()], text[cut.start() :]) if cut else (text, "")
        screen.feed(whole)
        if until and kept is None and until in screen.text:
            kept = screen.ansi()
    _, status = os.waitpid(pid, 0)
    return (kept if until and kept is not None else screen.ansi()), os.waitstatus_to_exitcode(status)


def main() -> int:
    """Record, draw, and pass on the command's exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("svg", type=Path)
    parser.add_argument("--until", help="draw the first moment at which the screen holds this text")
    parser.add_argument("--title", help="over the picture; the command by default")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    title = args.title or " ".join(command)
    screen, code = record(command, args.until)
    console = Console(width=_COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(f"\x1b[1m$ {title}\x1b[0m\n{screen}"), no_wrap=True, crop=False)
    # A name of the pictures' own, since browsers would look for rich's web font elsewhere.
    svg = console.export_svg(title="scriptune", unique_id=args.svg.stem)
    args.svg.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
