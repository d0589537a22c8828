"""cli/metric_option.py: ``-m REGEX`` and ``--metric NAME REGEX`` through a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from scriptune.cli.base import Shared
from scriptune.cli.search_flags import RunCommand, program, search_flags

SEEN: dict[str, Any] = {}


@click.command(cls=RunCommand)
@search_flags
def probe(**given: Any) -> None:
    SEEN.clear()
    SEEN.update(given, program=program())


def metrics_of(*arguments: str) -> Any:
    probe.main(list(arguments), standalone_mode=False, obj=Shared())
    return SEEN["metrics"]


@pytest.mark.parametrize(
    ("arguments", "metrics"),
    [
        (["-m", r"acc=(\S+)"], (r"acc=(\S+)",)),
        (["--metric", "acc", r"val acc: (\S+)"], (("acc", r"val acc: (\S+)"),)),
        (["--metric=acc", r"(\S+)"], (("acc", r"(\S+)"),)),
        (["--metric", r"acc=(\S+)", "--maximize"], (r"acc=(\S+)",)),
        ([r"--metric=acc=(\S+)", "--maximize"], (r"acc=(\S+)",)),
        (["--metric", r"\d+", "--maximize"], (r"\d+",)),
        (["--metric", "a", r"-+ (\S+)"], (("a", r"-+ (\S+)"),)),
        (["--metric", "a", "x", "-m", "y", "--metric", "b", "z"], (("a", "x"), "y", ("b", "z"))),
        (["--name", "--metric", "-m", "y"], ("y",)),
    ],
)
def test_each_form_is_read_as_it_is_written(arguments: list[str], metrics: object) -> None:
    assert metrics_of(*arguments, "-p", "lr=0.1..1", "--", "prog", "--metric", "of the program") == metrics
    assert SEEN["program"] == ["prog", "--metric", "of the program"]
    assert SEEN["goal"] == ("maximize" if "--maximize" in arguments else None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metric", "acc", "--maximize"], "'acc' has no regex"),
        (["--metric", "acc"], "'acc' has no regex"),
        (["--metric"], "requires an argument"),
        (["--metric", "a|b", "x"], "is not a name"),
    ],
)
def test_a_name_without_a_regex_is_refused_with_an_example(arguments: list[str], message: str) -> None:
    with pytest.raises(click.UsageError, match=message.replace("|", r"\|")):
        metrics_of(*arguments)


def test_a_name_with_parentheses_is_told_from_a_regex() -> None:
    # It was taken for the regex, and the regex for a job file: "is a job file and prog a program; give one of them".
    with pytest.raises(click.UsageError) as refused:
        metrics_of("--metric", "acc(top1)", r"top1: (\S+)", "--maximize", "--", "prog")
    assert refused.value.message.startswith(
        r"--metric has two regexes, 'acc(top1)' and 'top1: (\\S+)': a metric's name"
    )
    assert r"like --metric acc_top1 'top1: (\\S+)'" in refused.value.message


def test_the_regex_that_was_understood_is_shown_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from scriptune.cli.main import main

    monkeypatch.chdir(tmp_path)
    regex = r"two  blanks (\S+)"
    words = ["-p", "lr=0.1..1.0", "--metric", "acc", regex, "--maximize", "-n", "1", "--home", str(tmp_path / "h")]
    assert main(["check", *words, "--", "echo", "two  blanks 0.5"]) == 0
    assert f"metric     acc: {regex}\n" in capsys.readouterr().out
    assert main(["run", *words, "--", "echo", "two  blanks 0.5"]) == 0
    assert f"metric acc: {regex}" in "".join(capsys.readouterr().out.splitlines(keepends=True)[:2])
