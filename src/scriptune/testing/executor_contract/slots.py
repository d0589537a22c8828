"""Slot tests: room, processors and devices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from scriptune.errors import ExecutorError
from scriptune.executors.base import LaunchSpec
from scriptune.testing.executor_contract.programs import ExecutorFixtures, finish, has_line, log_of, wait_until

__all__ = ["SlotContract"]


class SlotContract(ExecutorFixtures):
    """Tests of slots and devices."""

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
        self.need("own_slots")
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
        self.need("own_slots")
        executor = self.make_executor(cpus=2, gpu_ids=["0"])
        with pytest.raises(ExecutorError, match=r"\b3\b.*\b2\b"):
            executor.check(launch_spec(cpus=3))
        with pytest.raises(ExecutorError, match=r"\b2\b.*\b1\b"):
            executor.check(launch_spec(gpus=2))
        executor.check(launch_spec(cpus=2, gpus=1))
        executor.close()

    def test_trials_see_only_their_devices(self, launch_spec: Callable[..., LaunchSpec]) -> None:
        self.need("own_devices")
        executor = self.make_executor(gpu_ids=["3", "5"])
        script = 'echo "$CUDA_VISIBLE_DEVICES"; sleep 600'
        assert executor.room(launch_spec(gpus=0.5), 9) == 4
        handles = [executor.submit(launch_spec(script, gpus=share)) for share in (0.5, 0.5, 1)]
        assert executor.room(launch_spec(gpus=0.5), 9) == 0
        for handle in handles:
            wait_until(partial(has_line, handle))
        assert [log_of(handle).strip() for handle in handles] == ["3", "3", "5"]
        places = [executor.place(handle) for handle in handles]
        assert [place.rpartition(", ")[2] for place in places] == ["GPU 3", "GPU 3", "GPU 5"]
        for handle in handles:
            executor.cancel(handle)
        for handle in handles:
            finish(executor, handle)
        assert executor.room(launch_spec(gpus=2), 9) == 1
        executor.close()
