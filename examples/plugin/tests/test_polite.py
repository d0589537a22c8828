"""The executor keeps scriptune's contract, and waits while the machine is busy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from scriptune_example.polite import PoliteExecutor

from scriptune.executors.base import Executor, LaunchSpec
from scriptune.testing.executors import ExecutorContract


class TestPolite(ExecutorContract):
    def make_executor(self, cpus: int | None = None, gpu_ids: Sequence[str] | None = None) -> Executor:
        return PoliteExecutor(cpus=cpus, gpu_ids=gpu_ids)


def test_trials_start_while_the_load_is_below_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executor, spec = PoliteExecutor(4.0), LaunchSpec(tmp_path, ("true",))
    try:
        monkeypatch.setattr(os, "getloadavg", lambda: (2.5, 9.0, 9.0))
        assert (executor.room(spec, 8), executor.why(spec)) == (2, "")
        monkeypatch.setattr(os, "getloadavg", lambda: (4.0, 0.0, 0.0))
        assert executor.room(spec, 8) == 0
        assert executor.why(spec) == "The load of this machine is 4.0; trials start below 4.0."
    finally:
        executor.close()
