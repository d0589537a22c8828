"""Preemption tests: a scheduler takes the slot of a running attempt away."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from scriptune.core.trial import ExitReason
from scriptune.executors.base import Executor, Handle, LaunchSpec
from scriptune.testing.executor_contract.programs import ExecutorFixtures, finish, printed, wait_until

__all__ = ["PreemptionContract"]


class PreemptionContract(ExecutorFixtures, ABC):
    """The contract of executors whose scheduler can take the slot of a running attempt away."""

    @abstractmethod
    def preempt(self, executor: Executor, handle: Handle) -> None:
        """Make the scheduler take the slot of a running attempt away."""

    def test_a_preempted_attempt_is_not_a_result_even_with_exit_code_0(
        self, executor: Executor, launch_spec: Callable[..., LaunchSpec]
    ) -> None:
        handle = executor.submit(launch_spec("trap 'echo saved; exit 0' TERM; echo ready 1; sleep 600 & wait"))
        wait_until(lambda: printed(handle, "ready"))
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
