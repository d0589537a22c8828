"""Ending tests: cancels, limits, and what a program leaves running."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scriptune.core.trial import ExitReason
from scriptune.executors.base import ChangesTimeouts, Executor, LaunchSpec
from scriptune.testing.executor_contract.programs import (
    DAEMON,
    ExecutorFixtures,
    finish,
    lives,
    log_of,
    printed,
    wait_until,
)

__all__ = ["EndingContract"]


class EndingContract(ExecutorFixtures):
    """Tests of cancels and limits."""

    def test_a_cancelled_program_can_tidy_up(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        handle = executor.submit(launch_spec("trap 'echo saved; exit 7' TERM; echo ready 1; sleep 600 & wait"))
        wait_until(lambda: printed(handle, "ready"))
        executor.cancel(handle)
        executor.cancel(handle)
        status = finish(executor, handle)
        assert (status.reason, status.exit_code) == (ExitReason.CANCELLED, 7)
        assert log_of(handle).endswith("saved\n")

    def test_a_program_that_hears_no_term_is_killed_after_the_grace(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("trap '' TERM; echo ready $$; sleep 600", grace_s=0.1))
        pid = wait_until(lambda: printed(handle, "ready"))
        executor.cancel(handle)
        status = finish(executor, handle)
        assert (status.reason, status.signal) == (ExitReason.CANCELLED, 9)
        assert not lives(pid)

    def test_a_stopped_program_can_be_cancelled(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("echo ready $$; kill -STOP $$"))
        wait_until(lambda: printed(handle, "ready"))
        executor.cancel(handle)
        assert finish(executor, handle).reason is ExitReason.CANCELLED

    @pytest.mark.skipif(shutil.which("setsid") is None, reason="needs the program setsid")
    def test_a_cancel_reaches_a_daemon_that_left_the_session(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec(f"{DAEMON} sleep 600", grace_s=0.1))
        pid = wait_until(lambda: printed(handle, "daemon"))
        executor.cancel(handle)
        assert finish(executor, handle).reason is ExitReason.CANCELLED
        assert not lives(pid)

    @pytest.mark.skipif(shutil.which("setsid") is None, reason="needs the program setsid")
    def test_what_a_program_leaves_running_ends_with_it(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        handle = executor.submit(
            launch_spec(f'{DAEMON} until [ -e "$1" ]; do sleep 0.01; done; exit 5', str(tmp_path / "go"), grace_s=0.1)
        )
        pid = wait_until(lambda: printed(handle, "daemon"))
        (tmp_path / "go").touch()
        status = finish(executor, handle)
        assert (status.reason, status.exit_code) == (ExitReason.EXITED, 5)
        assert not lives(pid)

    def test_a_cancel_after_the_end_changes_nothing(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("exit 6"))
        status = finish(executor, handle)
        executor.cancel(handle)
        assert executor.poll(handle) == status

    def test_a_setup_prepares_the_program_or_ends_the_attempt(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("echo $A $1", "b c", setup=("echo first", "export A=a")))
        assert finish(executor, handle).exit_code == 0
        assert log_of(handle) == "first\na b c\n"
        handle = executor.submit(launch_spec("echo started", setup=("echo first; false", "echo second")))
        status = finish(executor, handle)
        assert status.reason is ExitReason.LAUNCH_ERROR
        assert "echo first; false" in status.message
        assert log_of(handle) == "first\n"

    def test_the_time_limit_holds(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        status = finish(executor, executor.submit(launch_spec("echo hello; sleep 600", timeout_s=0.2)))
        assert status.reason is ExitReason.TIMEOUT
        assert status.wall_s is not None
        assert status.wall_s >= 0.2

    def test_a_time_limit_that_was_changed_holds_for_a_running_attempt(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        if not isinstance(executor, ChangesTimeouts):
            pytest.skip("it changes no limits of attempts that run")
        handle = executor.submit(launch_spec("echo ready 1; sleep 600", timeout_s=600.0))
        wait_until(lambda: printed(handle, "ready"))
        executor.change_timeout(handle, 0.1)
        executor.change_timeout(handle, 0.1)
        status = finish(executor, handle)
        assert status.reason is ExitReason.TIMEOUT
        assert "0.1" in status.message
        executor.change_timeout(handle, None)
        assert executor.poll(handle) == status

    def test_a_time_limit_can_be_lifted(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        if not isinstance(executor, ChangesTimeouts):
            pytest.skip("it changes no limits of attempts that run")
        for limit_s in (0.3, 3.0, 12.0):  # on a busy machine the change may come too late
            handle = executor.submit(launch_spec(f"sleep {limit_s * 1.2}; exit 5", timeout_s=limit_s))
            executor.change_timeout(handle, None)
            status = finish(executor, handle)
            if status.reason is ExitReason.EXITED:
                break
        assert (status.reason, status.exit_code) == (ExitReason.EXITED, 5)

    def test_silence_has_a_limit(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        status = finish(executor, executor.submit(launch_spec("echo hello; sleep 600", idle_timeout_s=0.2)))
        assert status.reason is ExitReason.IDLE_TIMEOUT

    def test_a_program_that_prints_is_not_silent(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        for limit_s in (0.6, 3.0, 12.0):  # a busy machine may make a pause of it; then again with longer ones
            talk = f"for i in 1 2 3 4 5 6 7 8; do echo $i; sleep {limit_s / 6}; done"
            status = finish(executor, executor.submit(launch_spec(talk, idle_timeout_s=limit_s)))
            if status.reason is ExitReason.EXITED:
                break
        assert (status.reason, status.exit_code) == (ExitReason.EXITED, 0)
        assert status.wall_s is not None
        assert status.wall_s > limit_s
