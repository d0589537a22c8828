"""What is found of the options of some forty programs, against what a person reads off their sources and help texts."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from program_texts import FILES, HELPS, expected_of
from scriptune.inspection.help_text import read_help
from scriptune.inspection.options_found import ProgramOption
from scriptune.inspection.parser_hook import _argparse_options
from scriptune.inspection.parser_options import options_of_parser
from scriptune.inspection.source_options import source_options
from scriptune.jobfile.parser import plain_scalar
from training_scripts import SCRIPTS, options_of


def wrong(expected: dict[str, tuple[str, str]], options: Iterable[ProgramOption]) -> tuple[list[str], list[str]]:
    """The flags that were missed, and those that were read as something else than they are."""
    found = {option.flag: option for option in options}
    missed = [flag for flag in expected if flag not in found]
    return missed, [flag for flag, facts in expected.items() if flag in found and not is_right(found[flag], *facts)]


def is_right(option: ProgramOption, kind: str, default: str) -> bool:
    known: Any = None if default == "-" else plain_scalar(default)
    known = known == "True" if known in ("True", "False") else known
    if kind.startswith("{"):
        choices = [str(choice) for choice in option.choices]
        return option.type == "categorical" and choices == kind.strip("{}").split(",") and option.default == known
    if kind == "switch":
        return (option.type, option.style) == ("bool", "switch") and not option.default
    is_same = option.default is None if known is None else option.default == known
    return option.type == {"str": "text"}.get(kind, kind) and is_same


def parser_of(script: str) -> list[ProgramOption]:
    """The options of a plain parser with the options of a training program: its help has neither types nor defaults."""
    parser = argparse.ArgumentParser()
    for option in options_of(script):
        if option.kind == "switch":
            parser.add_argument(option.flag, action="store_true")
            continue
        choices = option.kind.strip("{}").split(",") if option.kind.startswith("{") else None
        kind = {"int": int, "float": float}.get(option.kind, str)
        parser.add_argument(
            option.flag, type=kind, choices=choices, default=None if option.default == "-" else kind(option.default)
        )
    options, commands = _argparse_options(parser, [])
    return list(options_of_parser({"source": "argparse", "options": options, "commands": commands})[0])


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_option_of_a_plain_parser_is_right(script: str) -> None:
    expected = {option.flag: (option.kind, option.default) for option in options_of(script)}
    assert wrong(expected, parser_of(script)) == ([], [])


@pytest.mark.parametrize("name", HELPS)
def test_nothing_in_a_help_text_is_read_wrongly(name: str) -> None:
    text, lines = HELPS[name]
    assert wrong(expected_of(lines), read_help(text)[1]) == ([], [])


@pytest.mark.parametrize("name", FILES)
def test_nothing_in_a_file_is_read_wrongly(name: str, tmp_path: Path) -> None:
    command, file, text, lines = FILES[name]
    (tmp_path / file).write_text(text)
    assert wrong(expected_of(lines), source_options(command, tmp_path)[0]) == ([], [])


def test_there_are_forty_programs() -> None:
    assert len(SCRIPTS) + len(HELPS) + len(FILES) >= 40


def test_the_comparison_notices_what_is_missed_and_what_is_wrong() -> None:
    text, _ = HELPS["jsonargparse"]
    expected = {
        "--lr": ("float", "0.1"),
        "--hidden": ("float", "128"),
        "--act": ("{relu}", "relu"),
        "--x": ("int", "1"),
    }
    assert wrong(expected, read_help(text)[1]) == (["--x"], ["--lr", "--hidden", "--act"])
