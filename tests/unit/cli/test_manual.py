"""cli/manual.py: the reference page of the commands."""

from __future__ import annotations

from pathlib import Path

from scriptune.cli.main import COMMANDS
from scriptune.cli.manual import manual

PAGE = Path(__file__).resolve().parents[3] / "docs" / "commands.md"


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == manual(), "Write it again: python -m scriptune.cli.manual > docs/commands.md"


def test_the_page_has_every_command() -> None:
    titles = {line.removeprefix("### ") for line in manual().splitlines() if line.startswith("### ")}
    assert set(COMMANDS) <= titles
