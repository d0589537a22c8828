"""Following tests: ends and output that are noticed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from scriptune.executors.base import Executor, LaunchSpec
from scriptune.testing.executor_contract.programs import (
    LIMIT_S,
    ExecutorFixtures,
    finish,
    log_of,
    take_news,
    wait_for_news_of,
)

__all__ = ["FollowingContract"]


class FollowingContract(ExecutorFixtures):
    """Tests of how the end and the output of an attempt are noticed."""

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
        take_news(executor)
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
        take_news(executor)
        assert executor.wait(0.01) == frozenset()
        assert executor.poll(handle) is None
        executor.cancel(handle)
        finish(executor, handle)

    def test_news_name_only_what_changed(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec], tmp_path: Path
    ) -> None:
        talk = 'until [ -e "$1" ]; do sleep 0.01; done; echo loss=1; sleep 600'
        handles = [executor.submit(launch_spec(talk, str(tmp_path / str(n)))) for n in range(3)]
        take_news(executor)
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
        wait_for_news_of(executor, handle)
        wait_for_news_of(executor, handle)
        finish(executor, handle)
        assert executor.wait(0.01) == frozenset()
