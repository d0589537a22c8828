"""Running tests: the program, its surroundings and its log."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scriptune.core.trial import ExitReason
from scriptune.executors.base import Executor, LaunchSpec
from scriptune.testing.executor_contract.programs import LIMIT_S, ExecutorFixtures, finish, log_of

__all__ = ["RunningContract"]


class RunningContract(ExecutorFixtures):
    """Tests of a program from its start to its end, and of one that cannot be started."""

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
        self.need("engine_environment")
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
