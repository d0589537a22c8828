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

from scriptune.testing.executor_contract.ending import EndingContract
from scriptune.testing.executor_contract.following import FollowingContract
from scriptune.testing.executor_contract.preemption import PreemptionContract
from scriptune.testing.executor_contract.programs import CAPABILITIES, LIMIT_S, finish, log_of, wait_until
from scriptune.testing.executor_contract.recovery import RecoveryContract
from scriptune.testing.executor_contract.running import RunningContract
from scriptune.testing.executor_contract.slots import SlotContract

__all__ = ["CAPABILITIES", "LIMIT_S", "ExecutorContract", "PreemptionContract", "finish", "log_of", "wait_until"]


class ExecutorContract(RunningContract, FollowingContract, EndingContract, RecoveryContract, SlotContract):
    """The contract; every test starts with an executor of its own. A subclass overrides `make_executor`."""
