"""cli/output.py: tables, pairs and CSV."""

from __future__ import annotations

import click
import pytest

from scriptune.cli import output
from scriptune.cli.output import Column, pairs, print_csv, print_json, table, visible_width

COLUMNS = [
    Column("trial", right=True),
    Column("name", shrink=True),
    Column("state"),
    Column("lr", right=True, optional=True),
    Column("layers", right=True, optional=True),
]
ROWS = [["0", "a long name of a job", "completed", "0.1", "3"], ["11", "b", "failed", "0.001", "12"]]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A terminal of 80 columns, until a test sets COLUMNS."""
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    monkeypatch.setenv("COLUMNS", "80")
    return monkeypatch


def test_without_a_terminal_a_table_is_plain_complete_and_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    table(COLUMNS, ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "trial  name                  state         lr  layers",
        "    0  a long name of a job  completed    0.1       3",
        "   11  b                     failed     0.001      12",
    ]


@pytest.mark.parametrize("width", range(20, 60))
def test_on_a_terminal_no_line_is_wider_than_it(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    terminal.setenv("COLUMNS", str(width))
    table(COLUMNS, ROWS)
    lines = capsys.readouterr().out.splitlines()
    # What may not be left out, with the name cut to ten characters and the mark for what is missing.
    assert max(map(visible_width, lines)) <= max(width, len("trial  a long na…  completed  …"))


def test_a_narrow_terminal_loses_optional_columns_from_the_right(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.setenv("COLUMNS", "40")
    table(COLUMNS, ROWS)
    title, first, _ = (click.unstyle(line).split() for line in capsys.readouterr().out.splitlines())
    assert title == ["trial", "name", "state", "lr", "…"]
    assert first == ["0", "a", "long", "na…", "completed", "0.1"]


def test_empty_optional_columns_are_lost_first(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.setenv("COLUMNS", "39")
    table(COLUMNS, [[*row[:3], "", row[4]] for row in ROWS])
    title, first, _ = (click.unstyle(line).split() for line in capsys.readouterr().out.splitlines())
    assert title == ["trial", "name", "state", "layers", "…"]
    assert first[-1] == "3"


def test_states_and_the_best_row_stand_out_on_a_terminal_and_headings_have_no_colour(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table([Column("failed"), Column("state")], [["1", "out of memory"], ["2", "completed"]], best=1)
    title, first, second = capsys.readouterr().out.splitlines()
    assert "\x1b[31m" not in title
    assert "\x1b[31mout of memory" in first
    assert "\x1b[1m2" in second


def test_escape_sequences_and_line_ends_of_strangers_never_reach_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    table([Column("name")], [["a\x1b[2J\nb"]])
    assert capsys.readouterr().out.splitlines()[1] == "a b"


def test_chinese_characters_are_two_columns_wide_and_colours_none() -> None:
    assert visible_width("学习率") == 6
    assert visible_width("\x1b[31mred\x1b[0m") == 3
    assert visible_width("e\u0301") == 1


def test_pairs_align_their_texts_and_leave_out_empty_ones(capsys: pytest.CaptureFixture[str]) -> None:
    pairs([("a", "one\ntwo"), ("none", ""), ("long", "three")])
    assert capsys.readouterr().out == "  a     one\n        two\n  long  three\n"


def test_pairs_are_wrapped_at_words_on_a_terminal_but_quoted_logs_are_not(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.setenv("COLUMNS", "20")
    pairs([("a", "one two three four five\n  | a quoted line of a log")])
    assert [click.unstyle(line) for line in capsys.readouterr().out.splitlines()] == [
        "  a  one two three",
        "     four five",
        "       | a quoted line of a log",
    ]


def test_csv_quotes_what_needs_it_and_keeps_every_digit(capsys: pytest.CaptureFixture[str]) -> None:
    print_csv(["a", "b"], [[0.1 + 0.2, 'say "x", y'], [None, "ü"]])
    assert capsys.readouterr().out == 'a,b\n0.30000000000000004,"say ""x"", y"\n,ü\n'


def test_json_keeps_characters_readable(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "学习"})
    assert "学习" in capsys.readouterr().out


def test_a_dumb_terminal_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    assert not output.is_terminal()
