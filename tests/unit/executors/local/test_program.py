"""How a program is started behind a setup; without one, that is in the tests of the launcher."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Launch = Callable[..., dict[str, Any]]

ASK = 'echo "program $WHO in $PWD"'


def test_a_setup_runs_before_the_program_in_its_shell(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "activate").write_text("WHO=activated; export WHO; PATH=/nonexistent:$PATH\n")
    (tmp_path / "sub").mkdir()
    setup = ["echo first >&2", "source venv/activate", "if true; then\n  cd sub\nfi", "set -- lost"]
    exit = launch(ASK, setup=setup, env={"WHO": "nobody"})
    assert (exit["reason"], exit["exit_code"], exit["message"]) == ("exited", 0, "")
    assert (tmp_path / "output.log").read_text() == f"first\nprogram activated in {tmp_path / 'sub'}\n"


@pytest.mark.parametrize(
    ("setup", "how"),
    [
        (["true", "cd nowhere", "true"], "exit code 2 in command 2 of 3, 'cd nowhere'"),
        (["(exit 7)"], "exit code 7 in command 1 of 1, '(exit 7)'"),
        (["true", "exit 0"], "exit code 0 in command 2 of 2, 'exit 0'"),
        (["set -e", "false; true"], "exit code 1 in command 2 of 2, 'false; true'"),
        (["kill -9 $$"], "signal 9 in command 1 of 1, 'kill -9 $$'"),
        (["echo " + "x" * 300 + "; false"], "exit code 1 in command 1 of 1, 'echo xxx"),
    ],
)
def test_a_command_of_the_setup_that_fails_is_named_and_the_program_not_started(
    launch: Launch, tmp_path: Path, setup: list[str], how: str
) -> None:
    exit = launch("echo started", setup=setup)
    assert exit["reason"] == "launch_error"
    assert exit["message"].startswith(f"run.setup ended with {how}")
    assert len(exit["message"]) < 600
    assert exit["message"].endswith("the program was not started. Correct that command.")
    assert "started" not in (tmp_path / "output.log").read_text()


def test_what_fails_inside_of_a_sourced_file_is_its_own_affair(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "activate").write_text("false\nexport WHO=x\n")
    assert launch(ASK, setup=["true # a comment", ". ./activate", "sleep 0 &"])["exit_code"] == 0


def test_the_exit_code_of_the_program_is_its_own_behind_a_setup(launch: Launch) -> None:
    for script, code in (("exit 0", 0), ("exit 3", 3), ("exit 127", 127)):
        exit = launch(script, setup=["true"])
        assert (exit["reason"], exit["exit_code"], exit["message"]) == ("exited", code, "")
    assert launch("kill -9 $$", setup=["true"])["signal"] == 9


def test_a_program_that_is_missing_behind_a_setup_is_named(launch: Launch) -> None:
    exit = launch("", argv=["no-such-program"], setup=["true"])
    assert exit["reason"] == "launch_error"
    assert "'no-such-program' is not on the PATH" in exit["message"]


def test_arguments_are_the_same_behind_a_setup(launch: Launch, tmp_path: Path) -> None:
    words = ["it's", "$HOME", "a b", "", "*", "`x`", "-n", "é\n", '"']
    launch("", argv=["/usr/bin/printf", "%s|", *words], setup=["true"])
    assert (tmp_path / "output.log").read_text() == "".join(f"{word}|" for word in words)


def test_limits_hold_for_the_setup_too_and_say_so(launch: Launch) -> None:
    exit = launch("echo started", timeout_s=0.2, setup=["true", "sleep 600"])
    assert exit["reason"] == "timeout"
    assert exit["message"] == (
        "run.trial_timeout (0.2 s) was reached. "
        "The program had not started yet: run.setup was still in command 2 of 2, 'sleep 600'."
    )
    exit = launch("sleep 600", timeout_s=0.2, setup=["true"])
    assert exit["message"] == "run.trial_timeout (0.2 s) was reached."
