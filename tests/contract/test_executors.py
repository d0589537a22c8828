"""Every executor keeps the contract."""

from __future__ import annotations

from collections.abc import Sequence

from scriptune.executors.base import Executor
from scriptune.executors.local.executor import LocalExecutor
from scriptune.testing.executors import ExecutorContract


class TestLocalExecutor(ExecutorContract):
    def make_executor(self, cpus: int | None = None, gpu_ids: Sequence[str] | None = None) -> Executor:
        return LocalExecutor(cpus=cpus, gpu_ids=gpu_ids)
