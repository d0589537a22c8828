"""Recovery tests: an attempt runs once, and outlives the executor that started it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scriptune.executors.base import Executor, LaunchSpec
from scriptune.testing.executor_contract.programs import ExecutorFixtures, finish, log_of, wait_for_news_of, wait_until

__all__ = ["RecoveryContract"]


class RecoveryContract(ExecutorFixtures):
    """Tests that an attempt runs once, and is found again by another executor."""

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
        self.need("shared_folder")
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
        wait_for_news_of(second, handle)
        assert finish(second, handle).exit_code == 9
        assert log_of(handle) == "loss=1\n"
        second.close()
