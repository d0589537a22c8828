"""The contract of executors as tests, for authors of executors.

Subclass `ExecutorContract` in a test module and say how one is made::

    class TestMyExecutor(ExecutorContract):
        def make_executor(self, cpus: int | None = None, gpu_ids: Sequence[str] | None = None) -> Executor:
            return MyExecutor(...)

The programs of these tests are a POSIX shell's. An executor for other machines must share the folder of
pytest's ``tmp_path`` with them; `CAPABILITIES` are what else it may have in common with this machine.
An executor whose scheduler can take a slot away passes `PreemptionContract` too.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scriptune.core.trial import ExitReason, ExitStatus
from scriptune.errors import ExecutorError
from scriptune.executors.base import Executor, Handle, LaunchSpec

__all__ = ["CAPABILITIES", "LIMIT_S", "ExecutorContract", "PreemptionContract", "finish", "log_of", "wait_until"]

CAPABILITIES = frozenset({"own_slots", "own_devices", "engine_environment", "shared_folder"})
"""What an executor may declare.

own_slots            it has exactly the slots that `make_executor` is given, at once
own_devices          it allocates the devices that `make_executor` is given, by their names
engine_environment   programs inherit the environment of this process
shared_folder        the attempt folder is the program's: what it writes is there while no executor looks
"""

LIMIT_S = 60.0
"""How long a test waits for what should take milliseconds; a busy machine is not a failure."""

_DAEMON = "setsid sh -c 'trap \"\" TERM; echo daemon $$; sleep 600' &"
"""Leaves the process group and the session, and hears no TERM."""


def wait_until(condition: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """Poll a condition until it is true, and return its value."""
    until = time.monotonic() + limit_s
    while not (answer := condition()):
        assert time.monotonic() < until, f"not true within {limit_s} s"
        time.sleep(0.002)
    return answer


def finish(executor: Executor, handle: Handle) -> ExitStatus:
    """Wait for the end of an attempt as the engine does."""
    until = time.monotonic() + LIMIT_S
    while (status := executor.poll(handle)) is None:
        assert time.monotonic() < until, f"{handle} did not end"
        executor.wait(0.1)
    return status


def log_of(handle: Handle) -> str:
    """The program's output so far."""
    path = handle.folder / "output.log"
    return path.read_text("utf-8") if path.exists() else ""


def _printed(handle: Handle, word: str) -> int | None:
    """The number after a word at the start of a complete log line."""
    lines = log_of(handle).splitlines(keepends=True)
    return next((int(line.split()[1]) for line in lines if line.startswith(word) and line.endswith("\n")), None)


def _has_line(handle: Handle) -> bool:
    return log_of(handle).endswith("\n")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def _quiet(executor: Executor) -> None:
    """Take all news that is there."""
    wait_until(lambda: not executor.wait(0.05))


def _named(executor: Executor, handle: Handle) -> None:
    """Wait until an attempt is news."""
    wait_until(lambda: handle.folder in executor.wait(0.05))


class _Programs:
    """Makes executors and what they run."""

    capabilities = CAPABILITIES
    """Those that the executor has, see `CAPABILITIES`; tests of the others are left out."""

    def make_executor(self, cpus: int | None = None, gpu_ids: Sequence[str] | None = None) -> Executor:
        """Create an executor; the tests close it."""
        raise AssertionError(f"override make_executor() in the subclass; it gets {cpus!r} and {gpu_ids!r}")

    def _need(self, capability: str) -> None:
        if capability not in self.capabilities:
            pytest.skip(f"this executor does not declare {capability!r}")

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        """An executor without limits."""
        executor = self.make_executor()
        yield executor
        executor.close()

    @pytest.fixture
    def launch_spec(self, tmp_path: Path, executor: Executor) -> Callable[..., LaunchSpec]:
        """A factory of launch specs that run a shell command."""
        numbers = iter(range(1000))

        def make(script: str = "true", *arguments: str, **options: Any) -> LaunchSpec:
            number = next(numbers)
            folder = options.pop("folder", None) or tmp_path / "jobs" / str(number)
            argv = ("/bin/sh", "-c", script, "sh", *arguments)
            key = f"{tmp_path.name}/{number}/1"
            seen_folder = executor.seen_folder(key, folder)
            made = LaunchSpec(folder=folder, argv=argv, cwd=tmp_path, grace_s=5.0, key=key, seen_folder=seen_folder)
            return replace(made, **options)

        return make


class ExecutorContract(_Programs):
    """The contract; every test starts with an executor of its own."""

    # --- running ------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("script", "code", "signum"), [("exit 0", 0, None), ("exit 3", 3, None), ("kill -9 $$", None, 9)]
    )
    def test_the_end_is_told_as_the_program_met_it(
        self,
        executor: Executor,
        launch_spec: Callable[..., LaunchSpec],
        script: str,
        code: int | None,
        signum: int | None,
    ) -> None:
        status = finish(executor, executor.submit(launch_spec(script)))
        assert (status.reason, status.exit_code, status.signal) == (ExitReason.EXITED, code, signum)

    def test_time_and_memory_are_recorded(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        work = "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; sleep 0.05"
        status = finish(executor, executor.submit(launch_spec(work)))
        assert status.wall_s is not None
        assert 0.05 <= status.wall_s < LIMIT_S
        assert status.cpu_s is not None
        assert 0.0 < status.cpu_s <= 2 * status.wall_s
        assert status.peak_memory_bytes is not None
        assert 500_000 < status.peak_memory_bytes < 10**9
        assert status.started_at is not None
        assert status.finished_at is not None
        assert 0.05 <= (status.finished_at - status.started_at).total_seconds() < LIMIT_S

    def test_the_log_holds_both_streams_in_the_order_written(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("echo one; echo two >&2; echo three; printf four >&2"))
        finish(executor, handle)
        assert log_of(handle) == "one\ntwo\nthree\nfour"

    @pytest.mark.parametrize(
        "argument", ["", " ", "a b", "it's", '"q"', "-x", "--y=1", "naïve 漢字 🎲", "$HOME", "a\nb", "*", "\\"]
    )
    def test_arguments_arrive_as_they_are(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], argument: str
    ) -> None:
        handle = executor.submit(launch_spec('printf %s "[$1]"', argument))
        finish(executor, handle)
        assert log_of(handle) == f"[{argument}]"

    def test_the_environment_is_ours_with_the_changes(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._need("engine_environment")
        monkeypatch.setenv("KEPT", "1")
        monkeypatch.setenv("REMOVED", "1")
        monkeypatch.setenv("CHANGED", "1")
        script = 'echo "${KEPT-none} ${REMOVED-none} ${CHANGED-none} ${ADDED-none}"'
        handle = executor.submit(launch_spec(script, env={"REMOVED": None, "CHANGED": "2", "ADDED": "ü x"}))
        finish(executor, handle)
        assert log_of(handle) == "1 none 2 ü x\n"

    def test_it_runs_in_the_working_directory_and_finds_its_files(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        (tmp_path / "data").mkdir()
        files = {"conf.yaml": "lr: 0.1\n", "deep/er.json": "{}"}
        an_order = launch_spec('pwd; cat "$1/conf.yaml" "$1/deep/er.json"', cwd=tmp_path / "data", files=files)
        an_order = replace(an_order, argv=(*an_order.argv, str(an_order.seen_folder / "work")))
        handle = executor.submit(an_order)
        finish(executor, handle)
        assert log_of(handle) == f"{tmp_path / 'data'}\nlr: 0.1\n{{}}"

    def test_the_changes_of_the_environment_arrive(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec('echo "${HOME-none} ${ADDED-none}"', env={"HOME": None, "ADDED": "ü x"}))
        finish(executor, handle)
        assert log_of(handle) == "none ü x\n"

    def test_nobody_is_at_the_keyboard(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        handle = executor.submit(launch_spec("cat; echo end"))
        finish(executor, handle)
        assert log_of(handle) == "end\n"

    def test_two_hundred_fast_attempts_all_end_well(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handles = [executor.submit(launch_spec('echo "score=$1"', str(i))) for i in range(200)]
        assert {finish(executor, handle).exit_code for handle in handles} == {0}
        assert [log_of(handle) for handle in handles] == [f"score={i}\n" for i in range(200)]

    def test_a_log_of_50_mb_arrives_whole_and_in_order(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        numbers = ["seq", "1", "6500000"]
        handle = executor.submit(launch_spec(" ".join(numbers)))
        finish(executor, handle)
        printed = (handle.folder / "output.log").read_bytes()
        assert len(printed) > 50_000_000
        assert printed == subprocess.run(numbers, stdout=subprocess.PIPE, check=True).stdout

    # --- a program that cannot be started -----------------------------------------------------------------

    def test_a_missing_program_is_a_launch_error_that_names_it(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        status = finish(executor, executor.submit(replace(launch_spec(), argv=("no-such-program-here",))))
        assert (status.reason, status.exit_code) == (ExitReason.LAUNCH_ERROR, None)
        assert "'no-such-program-here'" in status.message

    def test_a_missing_working_directory_is_a_launch_error_that_names_it(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        status = finish(executor, executor.submit(launch_spec(cwd=tmp_path / "gone")))
        assert status.reason is ExitReason.LAUNCH_ERROR
        assert str(tmp_path / "gone") in status.message

    # --- following ----------------------------------------------------------------------------------------

    def test_while_it_runs_there_is_no_end(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        handle = executor.submit(launch_spec("sleep 600"))
        assert executor.poll(handle) is None
        executor.cancel(handle)
        finish(executor, handle)

    def test_the_end_can_be_asked_for_again(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        handle = executor.submit(launch_spec("exit 4"))
        assert finish(executor, handle) == executor.poll(handle) == executor.poll(handle)

    def test_waiting_ends_with_the_first_of_several(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        slow = executor.submit(launch_spec("sleep 600"))
        quick = executor.submit(launch_spec('until [ -e "$1" ]; do sleep 0.01; done', str(tmp_path / "go")))
        _quiet(executor)
        started = time.monotonic()
        (tmp_path / "go").touch()
        assert executor.wait(LIMIT_S) == {quick.folder}
        assert time.monotonic() - started < LIMIT_S
        assert executor.poll(quick) is not None
        executor.cancel(slow)
        finish(executor, slow)

    def test_waiting_ends_with_the_time(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        assert executor.wait(0.01) == frozenset()
        handle = executor.submit(launch_spec("sleep 600"))
        _quiet(executor)
        assert executor.wait(0.01) == frozenset()
        assert executor.poll(handle) is None
        executor.cancel(handle)
        finish(executor, handle)

    def test_news_name_only_what_changed(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        talk = 'until [ -e "$1" ]; do sleep 0.01; done; echo loss=1; sleep 600'
        handles = [executor.submit(launch_spec(talk, str(tmp_path / str(n)))) for n in range(3)]
        _quiet(executor)
        (tmp_path / "1").touch()
        assert executor.wait(LIMIT_S) == {handles[1].folder}
        assert log_of(handles[1]) == "loss=1\n"
        assert executor.wait(0.01) == frozenset()
        executor.cancel(handles[2])
        assert executor.wait(LIMIT_S) == {handles[2].folder}
        for handle in handles:
            executor.cancel(handle)
        for handle in handles:
            finish(executor, handle)
        assert executor.wait(0.01) == frozenset()

    def test_an_end_is_news_until_it_was_polled(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("true"))
        _named(executor, handle)
        _named(executor, handle)
        finish(executor, handle)
        assert executor.wait(0.01) == frozenset()

    # --- ending -------------------------------------------------------------------------------------------

    def test_a_cancelled_program_can_tidy_up(self, executor: Executor, launch_spec: Callable[..., LaunchSpec]) -> None:
        handle = executor.submit(launch_spec("trap 'echo saved; exit 7' TERM; echo ready 1; sleep 600 & wait"))
        wait_until(lambda: _printed(handle, "ready"))
        executor.cancel(handle)
        executor.cancel(handle)
        status = finish(executor, handle)
        assert (status.reason, status.exit_code) == (ExitReason.CANCELLED, 7)
        assert log_of(handle).endswith("saved\n")

    def test_a_program_that_hears_no_term_is_killed_after_the_grace(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("trap '' TERM; echo ready $$; sleep 600", grace_s=0.1))
        pid = wait_until(lambda: _printed(handle, "ready"))
        executor.cancel(handle)
        status = finish(executor, handle)
        assert (status.reason, status.signal) == (ExitReason.CANCELLED, 9)
        assert not _lives(pid)

    def test_a_stopped_program_can_be_cancelled(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("echo ready $$; kill -STOP $$"))
        wait_until(lambda: _printed(handle, "ready"))
        executor.cancel(handle)
        assert finish(executor, handle).reason is ExitReason.CANCELLED

    @pytest.mark.skipif(shutil.which("setsid") is None, reason="needs the program setsid")
    def test_a_cancel_reaches_a_daemon_that_left_the_session(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec(f"{_DAEMON} sleep 600", grace_s=0.1))
        pid = wait_until(lambda: _printed(handle, "daemon"))
        executor.cancel(handle)
        assert finish(executor, handle).reason is ExitReason.CANCELLED
        assert not _lives(pid)

    @pytest.mark.skipif(shutil.which("setsid") is None, reason="needs the program setsid")
    def test_what_a_program_leaves_running_ends_with_it(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        handle = executor.submit(
            launch_spec(f'{_DAEMON} until [ -e "$1" ]; do sleep 0.01; done; exit 5', str(tmp_path / "go"), grace_s=0.1)
        )
        pid = wait_until(lambda: _printed(handle, "daemon"))
        (tmp_path / "go").touch()
        status = finish(executor, handle)
        assert (status.reason, status.exit_code) == (ExitReason.EXITED, 5)
        assert not _lives(pid)

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

    # --- once, and found again ----------------------------------------------------------------------------

    def test_an_order_submitted_again_runs_once(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        an_order = launch_spec('echo run >>"$1"; sleep 0.2', str(tmp_path / "runs"))
        handles = [executor.submit(an_order) for _ in range(5)]
        assert {finish(executor, handle).exit_code for handle in handles} == {0}
        handles.append(executor.submit(an_order))
        assert finish(executor, handles[-1]).exit_code == 0
        assert (tmp_path / "runs").read_text() == "run\n"

    def test_a_folder_of_other_params_is_not_taken_for_this_order(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        finish(executor, executor.submit(launch_spec('echo "loss=$1"', "0.1", folder=tmp_path / "one")))
        handle = executor.submit(launch_spec('echo "loss=$1"', "0.7", folder=tmp_path / "one"))
        finish(executor, handle)
        assert log_of(handle) == "loss=0.7\n"
        assert [(folder / "output.log").read_text() for folder in handle.set_aside] == ["loss=0.1\n"]

    def test_two_executors_do_not_start_one_key(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        an_order = launch_spec('echo run >>"$1"; sleep 0.1; exit 3', str(tmp_path / "runs"))
        other = self.make_executor()
        handles = [each.submit(an_order) for each in (executor, other)]
        codes = [finish(each, handle).exit_code for each, handle in zip((executor, other), handles, strict=True)]
        other.close()
        assert codes == [3, 3]
        assert (tmp_path / "runs").read_text() == "run\n"

    def test_attempts_outlive_the_executor_and_are_adopted(
        self, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        first = self.make_executor(cpus=1)
        an_order = launch_spec(
            'echo run >>"$1"; until [ -e "$2" ]; do sleep 0.01; done; exit 8',
            str(tmp_path / "runs"),
            str(tmp_path / "go"),
            cpus=1,
        )
        handle = first.submit(an_order)
        first.close()
        second = self.make_executor(cpus=1)
        try:
            second.adopt(handle)
            assert second.poll(handle) is None
            if "own_slots" in self.capabilities:
                assert not second.room(launch_spec(cpus=1), 1)
            (tmp_path / "go").touch()
            assert finish(second, handle).exit_code == 8
            wait_until(lambda: second.room(launch_spec(cpus=1), 1))
            assert (tmp_path / "runs").read_text() == "run\n"
        finally:
            second.close()

    def test_an_end_that_nobody_watched_is_found_later(self, launch_spec: Callable[..., LaunchSpec]) -> None:
        self._need("shared_folder")
        first = self.make_executor()
        handle = first.submit(launch_spec("exit 9"))
        first.close()
        wait_until((handle.folder / "exit.json").exists)
        second = self.make_executor()
        second.adopt(handle)
        status = finish(second, handle)  # the launcher may live for a moment after it wrote
        second.close()
        assert status.exit_code == 9

    def test_an_end_nobody_watched_is_found_by_the_next_executor(
        self, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        first = self.make_executor()
        handle = first.submit(launch_spec('echo loss=1; touch "$1"; exit 9', str(tmp_path / "done")))
        first.close()
        wait_until((tmp_path / "done").exists)
        second = self.make_executor()
        second.adopt(handle)
        _named(second, handle)
        assert finish(second, handle).exit_code == 9
        assert log_of(handle) == "loss=1\n"
        second.close()

    # --- slots --------------------------------------------------------------------------------------------

    def test_room_grows_to_what_was_wanted(self, launch_spec: Callable[..., LaunchSpec]) -> None:
        executor = self.make_executor(cpus=3)
        one = launch_spec("sleep 600", cpus=1)
        wait_until(lambda: executor.room(one, 2) == 2)
        assert executor.room(one, 0) == 0
        handles = [executor.submit(launch_spec("sleep 600", cpus=1)) for _ in range(2)]
        for handle in handles:
            executor.cancel(handle)
        for handle in handles:
            finish(executor, handle)
        wait_until(lambda: executor.room(one, 3) == 3)
        executor.close()

    def test_room_that_is_missing_has_a_reason(self, launch_spec: Callable[..., LaunchSpec]) -> None:
        executor = self.make_executor(cpus=1)
        one = launch_spec("sleep 600", cpus=1)
        wait_until(lambda: executor.room(one, 1))
        assert executor.why(one) == ""
        handle = executor.submit(one)
        if "own_slots" in self.capabilities:
            assert executor.why(launch_spec(cpus=1))
        assert isinstance(executor.place(handle), str)
        executor.cancel(handle)
        finish(executor, handle)
        executor.close()

    def test_cpu_slots_are_taken_and_given_back(self, launch_spec: Callable[..., LaunchSpec]) -> None:
        self._need("own_slots")
        executor = self.make_executor(cpus=5)
        assert executor.room(launch_spec(cpus=2), 9) == 2
        handle = executor.submit(launch_spec("sleep 600", cpus=4))
        assert executor.room(launch_spec(cpus=2), 1) == 0
        assert executor.room(launch_spec(cpus=1), 9) == 1
        assert executor.room(launch_spec(cpus=None), 9) == 9
        with pytest.raises(ExecutorError, match="slot"):
            executor.submit(launch_spec(cpus=2))
        executor.cancel(handle)
        finish(executor, handle)
        assert executor.room(launch_spec(cpus=5), 1) == 1
        executor.close()

    def test_more_than_the_machine_has_is_refused(self, launch_spec: Callable[..., LaunchSpec]) -> None:
        self._need("own_slots")
        executor = self.make_executor(cpus=2, gpu_ids=["0"])
        with pytest.raises(ExecutorError, match=r"\b3\b.*\b2\b"):
            executor.check(launch_spec(cpus=3))
        with pytest.raises(ExecutorError, match=r"\b2\b.*\b1\b"):
            executor.check(launch_spec(gpus=2))
        executor.check(launch_spec(cpus=2, gpus=1))
        executor.close()

    def test_trials_see_only_their_devices(self, launch_spec: Callable[..., LaunchSpec]) -> None:
        self._need("own_devices")
        executor = self.make_executor(gpu_ids=["3", "5"])
        script = 'echo "$CUDA_VISIBLE_DEVICES"; sleep 600'
        assert executor.room(launch_spec(gpus=0.5), 9) == 4
        handles = [executor.submit(launch_spec(script, gpus=share)) for share in (0.5, 0.5, 1)]
        assert executor.room(launch_spec(gpus=0.5), 9) == 0
        for handle in handles:
            wait_until(partial(_has_line, handle))
        assert [log_of(handle).strip() for handle in handles] == ["3", "3", "5"]
        places = [executor.place(handle) for handle in handles]
        assert [place.rpartition(", ")[2] for place in places] == ["GPU 3", "GPU 3", "GPU 5"]
        for handle in handles:
            executor.cancel(handle)
        for handle in handles:
            finish(executor, handle)
        assert executor.room(launch_spec(gpus=2), 9) == 1
        executor.close()


class PreemptionContract(_Programs, ABC):
    """The contract of executors whose scheduler can take the slot of a running attempt away."""

    @abstractmethod
    def preempt(self, executor: Executor, handle: Handle) -> None:
        """Make the scheduler take the slot of a running attempt away."""

    def test_a_preempted_attempt_is_not_a_result_even_with_exit_code_0(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("trap 'echo saved; exit 0' TERM; echo ready 1; sleep 600 & wait"))
        wait_until(lambda: _printed(handle, "ready"))
        self.preempt(executor, handle)
        assert finish(executor, handle).reason is ExitReason.PREEMPTED

    def test_a_preemption_after_the_end_changes_nothing(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("exit 0"))
        finish(executor, handle)
        self.preempt(executor, handle)
        status = executor.poll(handle)
        assert status is not None
        assert status.reason is ExitReason.EXITED
