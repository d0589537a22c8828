"""The contract about preemption, kept by an executor that can be preempted and broken by one that trusts exit codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from scriptune.core.trial import ExitReason, ExitStatus
from scriptune.executors.base import Executor, Handle, LaunchSpec
from scriptune.executors.local.executor import LocalExecutor
from scriptune.testing.executors import PreemptionContract


class _Preemptible(LocalExecutor):
    """A scheduler that ends programs as Slurm does, by a signal that the launcher takes for a cancel."""

    def __init__(self) -> None:
        super().__init__()
        self.preempted: set[Path] = set()

    def preempt(self, handle: Handle) -> None:
        if self.poll(handle) is None:
            self.preempted.add(handle.folder)
            self.cancel(handle)

    def poll(self, handle: Handle) -> ExitStatus | None:
        status = super().poll(handle)
        if status is None or handle.folder not in self.preempted:
            return status
        return replace(status, reason=ExitReason.PREEMPTED)


class TestPreemptible(PreemptionContract):
    def make_executor(self, cpus: int | None = None, gpu_ids: Sequence[str] | None = None) -> Executor:
        return _Preemptible()

    def preempt(self, executor: Executor, handle: Handle) -> None:
        assert isinstance(executor, _Preemptible)
        executor.preempt(handle)


class _Naive(PreemptionContract):
    def preempt(self, executor: Executor, handle: Handle) -> None:
        executor.cancel(handle)


def test_an_executor_that_trusts_the_exit_record_is_found_out(tmp_path: Path) -> None:
    executor = LocalExecutor()

    def launch_spec(script: str) -> LaunchSpec:
        return LaunchSpec(tmp_path / "1", ("/bin/sh", "-c", script), cwd=tmp_path)

    factory: Callable[..., LaunchSpec] = launch_spec
    with pytest.raises(AssertionError):
        _Naive().test_a_preempted_attempt_is_not_a_result_even_with_exit_code_0(executor, factory)
    executor.close()
