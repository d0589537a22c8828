"""A thousand slots: what a step costs is counted, not timed, so that it holds on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from memory import memory_storage
from scriptune.core.trial import TrialState
from scriptune.engine.engine import Engine
from scriptune.executors.base import Executor
from scriptune.metrics.sources.log import MetricIntake
from scriptune.runtime.runner.runner import JobRunner
from scriptune.settings import Settings
from scriptune.storage.base import Lease, Transaction

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
SLOTS, TRIALS = 1_000, 2_000


@pytest.fixture(scope="module")
def scale() -> Iterator[ModuleType]:
    """The benchmark, whose simulation this is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield import_module("scale")


def test_a_thousand_slots_cost_few_reads_and_one_transaction_per_step(
    scale: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = memory_storage()
    clock = scale.VirtualClock()
    executor = scale.VirtualExecutor(clock, SLOTS, 60.0, np.random.default_rng(1), grain_s=2.0)

    def make(_: str) -> Executor:
        one: Executor = executor
        return one

    engine = Engine(Settings(home=tmp_path, database="memory:"), storage, make, clock=clock)
    job = engine.submit(scale.document(SLOTS, TRIALS, dims=2), base_dir=tmp_path)
    lease = storage.claim(job.id, "test", now=clock(), ttl_s=1e9)
    assert lease is not None
    runner = JobRunner(engine.settings, storage, make, lease, clock)

    n_reads, n_in_step, most = 0, 0, 0
    read, transaction, step = MetricIntake.read, storage.transaction, runner.step

    def counted_read(self: MetricIntake, *args: Any, **options: Any) -> Any:  # Any: passed on
        nonlocal n_reads
        n_reads += 1
        return read(self, *args, **options)

    @contextmanager
    def counted(lease: Lease | None = None, *, durable: bool = False) -> Iterator[Transaction]:
        nonlocal n_in_step
        n_in_step += 1
        opened: AbstractContextManager[Transaction] = transaction(lease, durable=durable)
        with opened as tx:
            yield tx

    def counted_step(news: frozenset[Path]) -> bool:
        nonlocal n_in_step, most
        n_in_step = 0
        changed = step(news)
        if not runner.done:  # closing the job is another one
            most = max(most, n_in_step)
        return changed

    monkeypatch.setattr(MetricIntake, "read", counted_read)
    monkeypatch.setattr(storage, "transaction", counted)
    monkeypatch.setattr(runner, "step", counted_step)
    scale.search(runner, executor, TRIALS, limit_s=1e9, step_s=0.002)
    assert storage.summary(job.id).counts[TrialState.COMPLETED] == TRIALS
    assert n_reads < 5 * TRIALS
    assert most == 1
