"""Every executor keeps the contract."""

from __future__ import annotations

from collections.abc import Sequence

from scriptune.executors.base import Executor
from scriptune.executors.local.executor import LocalExecutor
from scriptune.executors.registry import EXECUTORS, make_executor
from scriptune.testing.executors import ExecutorContract


class TestLocalExecutor(ExecutorContract):
    def make_executor(self, cpus: int | None = None, gpu_ids: Sequence[str] | None = None) -> Executor:
        return LocalExecutor(cpus=cpus, gpu_ids=gpu_ids)


def test_every_executor_of_the_registry_keeps_the_contract() -> None:
    proven = [contract().make_executor() for contract in ExecutorContract.__subclasses__()]
    made = [make_executor(name) for name in EXECUTORS]
    for executor in (*proven, *made):
        executor.close()
    assert {type(executor) for executor in proven} >= {type(executor) for executor in made}
