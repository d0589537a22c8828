"""engine/nodes.py: the machines of executors, and why trials wait."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.core.trial import TrialState
from scriptune.engine.engine import Engine
from scriptune.errors import ExecutorError
from scriptune.executors.base import Node
from scriptune.executors.registry import executor_for
from scriptune.messages import Message
from scriptune.settings import Settings
from worlds import World


def test_the_local_executor_is_one_machine_with_its_slots(tmp_path: Path) -> None:
    engine = Engine(Settings(home=tmp_path, database="memory:"), memory_storage(), executor_for)
    [local] = engine.nodes()
    [machine] = local.nodes
    assert (local.executor, local.n_running, local.waiting, local.problem) == ("local", 0, [], "")
    assert (machine.name, machine.problem) == (socket.gethostname(), "")
    assert machine.slots == machine.slots_free
    assert machine.contact_at is not None
    assert engine.nodes("local")[0].nodes[0].name == machine.name
    with pytest.raises(ExecutorError, match="no executor 'locl'"):
        engine.nodes("locl")


def test_running_and_waiting_trials_of_all_jobs_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, memory_storage())
    job = world.run(world.submit(search={"trials": 3}))
    with world.storage.transaction() as tx:
        for number in range(3):
            tx.update_trial(job.id, number, state=TrialState.FAILED, value=None)
    world.engine.retry(job.id)
    [row] = world.engine.nodes()
    assert row.nodes == ()
    [group] = row.waiting
    assert (group.job_id, group.n_trials, group.waits_reason) == (job.id, 3, Message("trial.waits_to_start"))

    def away() -> list[Node]:
        raise ExecutorError("The controller is away.")

    monkeypatch.setattr(world.executor, "nodes", away, raising=False)
    assert world.engine.nodes()[0].problem == "The controller is away."
