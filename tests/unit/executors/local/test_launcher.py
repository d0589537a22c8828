"""The launcher by itself; what it does for an executor is in the contract."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scriptune.executors.local import launcher

Launch = Callable[..., dict[str, Any]]


def test_helpers_may_leave_by_themselves_when_the_program_has_ended(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "_LINGER_S", 20.0)
    exit = launch("(trap 'echo term' TERM; sleep 0.05; echo late) & exit 3")
    assert (exit["reason"], exit["exit_code"]) == ("exited", 3)
    assert (tmp_path / "output.log").read_text() == "late\n"


def test_helpers_that_stay_are_told_to_end(launch: Launch, tmp_path: Path) -> None:
    exit = launch(
        "(trap 'echo term; exit' TERM; touch ok; while :; do sleep 0.01; done) & until [ -e ok ]; do :; done; exit 3"
    )
    assert (exit["reason"], exit["exit_code"]) == ("exited", 3)
    assert (tmp_path / "output.log").read_text().endswith("term\n")  # the shell may say that sleep was terminated


def test_cpu_time_counts_orphans_too(launch: Launch) -> None:
    work = "i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done; touch done"
    exit = launch(f"( ({work}) & ); until [ -e done ]; do sleep 0.01; done")
    # The loop takes some 200 ms, on a fast machine less; the shell that waits for it takes a few.
    assert 0.02 < exit["cpu_s"] < 2 * exit["wall_s"]


@pytest.mark.parametrize(("script", "expected"), [("kill -9 $$", True), ("exit 1", True), ("exit 0", False)])
def test_an_out_of_memory_kill_meanwhile_marks_a_program_that_failed(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, expected: bool
) -> None:
    events = tmp_path / "memory.events"
    events.write_text("oom 1\noom_kill 4\n")
    monkeypatch.setattr(launcher, "_oom_file", lambda: str(events))
    assert launch(f"echo 'oom_kill 5' >{events}; {script}")["oom"] is expected


def test_an_old_out_of_memory_kill_marks_nothing(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "events").write_text("oom_kill 4\n")
    monkeypatch.setattr(launcher, "_oom_file", lambda: str(tmp_path / "events"))
    assert launch("kill -9 $$")["oom"] is False


def test_a_kernel_that_counts_no_kills_is_no_error(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "_oom_file", lambda: str(tmp_path / "absent"))
    assert launch("kill -9 $$")["oom"] is False


def test_a_mistake_of_ours_ends_the_program_and_leaves_its_traceback(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the sky fell")

    monkeypatch.setattr(launcher._Attempt, "_watch", fail)
    exit = launch("sleep 600")
    assert exit["reason"] == "lost"
    assert "RuntimeError: the sky fell" in exit["message"]
    assert exit["signal"] in (signal.SIGTERM, signal.SIGKILL)


def test_a_log_that_cannot_be_written_is_a_launch_error(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "output.log").mkdir()
    exit = launch("echo hello")
    assert exit["reason"] == "launch_error"
    assert "output.log" in exit["message"]


def test_a_folder_without_an_order_is_left_alone(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            launcher.launch(str(tmp_path))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert list(tmp_path.iterdir()) == []


# --- the end of the program ---------------------------------------------------------------------------------


def test_the_end_and_the_size_of_the_log_are_those_of_the_program(launch: Launch, tmp_path: Path) -> None:
    # A process that is left behind and hears no TERM prints on during the grace period.
    left = "(trap '' TERM; touch ok; until grep -q reason exit.json.*; do sleep 0.01; done; echo loss=0; sleep 600) &"
    script = f"{left} until [ -e ok ]; do sleep 0.01; done; echo loss=7; exit 3"
    exit = launch(script, grace_s=2.0)
    assert (exit["reason"], exit["exit_code"]) == ("exited", 3)
    assert exit["log_size"] == len("loss=7\n")
    assert (tmp_path / "output.log").read_text() == "loss=7\nloss=0\n"
    assert "It left processes running when it ended (" in exit["message"]
    assert "Output that other processes print after the program has ended does not count." in exit["message"]


def test_the_time_is_that_of_the_program_without_the_grace_period(launch: Launch) -> None:
    started = time.monotonic()
    exit = launch("(trap '' TERM; touch ok; sleep 600) & until [ -e ok ]; do sleep 0.01; done; exit 0", grace_s=1.0)
    whole = time.monotonic() - started
    assert exit["wall_s"] <= whole - 1.0
    assert exit["finished_at"] - exit["started_at"] == pytest.approx(exit["wall_s"], abs=0.5)


def test_the_message_names_the_limit_that_was_reached(launch: Launch) -> None:
    exit = launch("trap '' TERM; echo x; sleep 600", timeout_s=0.2, grace_s=0.3)
    assert (exit["reason"], exit["message"]) == ("timeout", "run.trial_timeout (0.2 s) was reached.")


def test_the_message_names_the_limit_of_silence(launch: Launch) -> None:
    exit = launch("sleep 600", idle_timeout_s=0.25)
    assert (exit["reason"], exit["message"]) == ("idle_timeout", "no output for run.idle_timeout (0.25 s).")


def test_what_a_program_tidies_up_after_a_limit_still_counts(launch: Launch) -> None:
    exit = launch("trap 'echo loss=1; exit 0' TERM; sleep 600 & wait", idle_timeout_s=0.2)
    assert exit["reason"] == "idle_timeout"
    assert exit["log_size"] >= len("loss=1\n")


def test_of_a_trial_that_reached_its_time_limit_counts_what_was_printed_before(launch: Launch) -> None:
    exit = launch("trap 'echo loss=0; exit 0' TERM; echo loss=1; sleep 600 & wait", timeout_s=0.5)
    assert (exit["reason"], exit["log_size"]) == ("timeout", len("loss=1\n"))
    assert exit["message"] == "run.trial_timeout (0.5 s) was reached."


# --- what a program does to its folder ----------------------------------------------------------------------


def test_a_draft_that_was_moved_away_is_written_again(launch: Launch) -> None:
    assert launch("mkdir moved; mv exit.json.* moved; exit 6")["exit_code"] == 6


@pytest.mark.parametrize(
    ("trick", "found"),
    [
        ("mkdir exit.json; touch exit.json/x", "a folder"),
        ("mkfifo exit.json", "a named pipe"),
        ("ln -s /dev/zero exit.json", "a symbolic link"),
    ],
)
def test_whatever_has_the_name_of_the_exit_file_is_replaced_and_named(
    launch: Launch, tmp_path: Path, trick: str, found: str
) -> None:
    exit = launch(f"{trick}; exit 4")
    assert (exit["reason"], exit["exit_code"]) == ("exited", 4)
    assert exit["message"] == f"There was {found} named 'exit.json' in its folder; only scriptune may write this file."
    assert (tmp_path / "exit.json").is_file()
    assert not (tmp_path / "exit.json").is_symlink()


@pytest.mark.parametrize("trick", ["rm exit.json.*", "for f in exit.json.*; do ln -sf /dev/zero $f; done"])
def test_a_draft_that_was_removed_or_replaced_is_written_again(launch: Launch, tmp_path: Path, trick: str) -> None:
    assert launch(f"{trick}; exit 4")["exit_code"] == 4
    assert not (tmp_path / "exit.json").is_symlink()


@pytest.mark.parametrize("trick", ["ln -sf /etc/passwd output.log", "rm output.log; mkfifo output.log"])
def test_a_log_that_was_replaced_has_no_size(launch: Launch, trick: str) -> None:
    assert launch(f"echo loss=1; {trick}")["log_size"] is None


def test_a_process_table_that_cannot_be_read_does_not_keep_the_program_alive(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError(errno.ENFILE, os.strerror(errno.ENFILE))

    monkeypatch.setattr(launcher, "process_table", refuse)
    exit = launch("sleep 600", timeout_s=0.1)
    assert (exit["reason"], exit["signal"]) == ("timeout", signal.SIGTERM)
