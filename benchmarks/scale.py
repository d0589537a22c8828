"""The engine's own work with many slots: real steps, database and log files, but neither processes nor waiting.

    python benchmarks/scale.py [--slots 10000] [--trials 30000] [--mean 60] [--sampler random] [--database URL]

Trials are numbers on a virtual clock, which moves by the processor time of the engine's steps (so other users of the
machine do not count) and, when a step left nothing to do, by what a worker would wait: 0.1 s, or less when a trial
ends before. So the printed times and the occupancy are those of one engine with a cluster of that many slots on this
machine. Trials last ``--mean`` seconds (log-normal, sigma 0.3) and print two lines; slots cost nothing.
"""

# ruff: noqa: ARG002 - the executor of the simulation ignores much of what it is given

from __future__ import annotations

import argparse
import heapq
import json
import math
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from scriptune.core.trial import ExitReason, ExitStatus
from scriptune.engine.build import build_engine
from scriptune.engine.engine import Engine
from scriptune.executors.base import Executor, Handle, LaunchSpec
from scriptune.runtime.runner.runner import JobRunner
from scriptune.settings import load_settings

ZERO = datetime(2030, 1, 1, tzinfo=UTC)
IDLE_S = 0.1  # as the worker waits


@dataclass
class VirtualClock:
    """Seconds since the beginning."""

    seconds: float = 0.0

    def __call__(self) -> datetime:
        return ZERO + timedelta(seconds=self.seconds)


@dataclass
class VirtualExecutor:
    """Slots without processes: an attempt ends when the clock says so.

    Attributes:
        grain_s: Trials end at multiples of this; 0: at any time.
        spent_s: Processor time of the simulation itself.
        late_s: How late the engine saw each end.
    """

    clock: VirtualClock
    slots: int
    mean_s: float
    rng: np.random.Generator
    grain_s: float = 0.0
    running: dict[Path, tuple[float, float, float]] = field(default_factory=dict)
    ends: list[tuple[float, Path]] = field(default_factory=list)
    exits: dict[Path, ExitStatus] = field(default_factory=dict)
    spent_s: float = 0.0
    late_s: list[float] = field(default_factory=list)

    def seen_folder(self, key: str, folder: Path) -> PurePosixPath:
        return PurePosixPath(folder)

    def check(self, launch_spec: LaunchSpec) -> None: ...

    def room(self, launch_spec: LaunchSpec, wanted: int) -> int:
        return min(wanted, self.slots - len(self.running))

    def submit(self, launch_spec: LaunchSpec) -> Handle:
        began = time.thread_time()
        launch_spec.folder.mkdir(parents=True, exist_ok=True)
        value = sum((x - 0.3) ** 2 for x in launch_spec.params.values() if isinstance(x, float))
        end = self.clock.seconds + float(self.mean_s * np.exp(0.3 * self.rng.standard_normal()))
        if self.grain_s:
            end = self.grain_s * math.ceil(end / self.grain_s)
        self.running[launch_spec.folder] = (self.clock.seconds, end, value)
        heapq.heappush(self.ends, (end, launch_spec.folder))
        self.spent_s += time.thread_time() - began
        return Handle(launch_spec.folder, {"pid": 1})

    def adopt(self, handle: Handle) -> None: ...

    def poll(self, handle: Handle) -> ExitStatus | None:
        known = self.running.get(handle.folder)
        if known is None or self.clock.seconds < known[1]:
            return self.exits.get(handle.folder)
        began = time.thread_time()
        start, end, value = self.running.pop(handle.folder)
        (handle.folder / "output.log").write_text(f"epoch 1 loss={value + 1!r}\nepoch 2 loss={value!r}\n")
        self.late_s.append(self.clock.seconds - end)
        times = (ZERO + timedelta(seconds=start), ZERO + timedelta(seconds=end))
        status = self.exits[handle.folder] = ExitStatus(ExitReason.EXITED, 0, None, *times)
        self.spent_s += time.thread_time() - began
        return status

    def cancel(self, handle: Handle) -> None: ...

    def wait(self, timeout_s: float) -> frozenset[Path]:
        """Let the time pass until an attempt ends."""
        if self.ends:
            timeout_s = min(timeout_s, max(self.ends[0][0] - self.clock.seconds, 0.0))
        self.clock.seconds += timeout_s
        news = []
        while self.ends and self.ends[0][0] <= self.clock.seconds:
            news.append(heapq.heappop(self.ends)[1])
        return frozenset(news)

    def why(self, launch_spec: LaunchSpec) -> str:
        return "All slots are taken."

    def place(self, handle: Handle) -> str:
        return ""

    def close(self) -> None: ...


@dataclass
class Steps:
    """What the steps of a search cost, in processor seconds.

    Attributes:
        idle_s: Of each step with all slots taken that had nothing to do.
        busy_slot_s: Sum over all slots of the time that they were taken.
        full_at_s: When all slots were taken first.
        full_until_s, busy_when_full_s: The last moment with trials left to start, and the slots' busy time from
            ``full_at_s`` until then.
    """

    n: int = 0
    idle_s: list[float] = field(default_factory=list)
    full_at_s: float | None = None
    full_until_s: float = 0.0
    busy_when_full_s: float = 0.0
    asks_s: list[float] = field(default_factory=list)


def search(
    runner: JobRunner, executor: VirtualExecutor, n_trials: int, limit_s: float, step_s: float | None = None
) -> Steps:
    """Run a search to its end, or for some seconds of processor time.

    Args:
        runner: Of the search.
        executor: Its executor.
        n_trials: Its budget.
        limit_s: When to cut it off.
        step_s: How long every step takes on the virtual clock; None: its processor time.
    """
    clock, steps = executor.clock, Steps()
    history = runner._job.history
    suggest = history.suggest

    def timed(number: int):  # type: ignore[no-untyped-def]  # as the method
        began = time.thread_time()
        try:
            return suggest(number)
        finally:
            steps.asks_s.append(time.thread_time() - began)

    history.suggest = timed  # type: ignore[method-assign]  # measured
    news = frozenset[Path]()
    until = time.thread_time() + limit_s
    while not runner.done and time.thread_time() < until:
        before, spent = time.thread_time(), executor.spent_s
        changed = runner.step(news)
        took = time.thread_time() - before - (executor.spent_s - spent)
        began, n_running = clock.seconds, len(executor.running)
        clock.seconds += took if step_s is None else step_s
        steps.n += 1
        if not changed and not news and n_running >= 0.99 * executor.slots:
            steps.idle_s.append(took)
        if steps.full_at_s is None and n_running >= 0.99 * min(executor.slots, n_trials):
            steps.full_at_s = clock.seconds
        news = executor.wait(0.0 if changed else IDLE_S)
        if steps.full_at_s is not None and runner._job.n_trials < n_trials:
            steps.busy_when_full_s += n_running * (clock.seconds - began)
            steps.full_until_s = clock.seconds
    return steps


def document(slots: int, n_trials: int, sampler: str = "random", dims: int = 6) -> dict[str, Any]:
    """A job file for a search over a unit cube."""
    return {
        "command": ["/bin/true"],
        "parameters": {f"x{i}": {"type": "float", "min": 0.0, "max": 1.0} for i in range(dims)},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "search": {"sampler": sampler, "trials": n_trials, "seed": 1},
        "run": {"parallel": slots},
    }


def milliseconds(seconds: Sequence[float], share: float) -> float | None:
    return round(1000 * float(np.quantile(seconds, share)), 2) if seconds else None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--slots", type=int, default=10_000)
    parser.add_argument("--trials", type=int, default=30_000)
    parser.add_argument("--mean", type=float, default=60.0)
    parser.add_argument("--grain", type=float, default=0.0, help="trials end at multiples of so many seconds")
    parser.add_argument("--dims", type=int, default=6)
    parser.add_argument("--sampler", default="random")
    parser.add_argument("--database")
    parser.add_argument("--limit", type=float, default=400.0, help="processor seconds after which it is cut off")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        built = build_engine(load_settings(Path(name), database=args.database, environ={}))
        clock = VirtualClock()
        executor = VirtualExecutor(clock, args.slots, args.mean, np.random.default_rng(1), args.grain)

        def make(_: str) -> Executor:
            return executor

        engine = Engine(built.settings, built.storage, make, clock=clock)
        job = engine.submit(document(args.slots, args.trials, args.sampler, args.dims), base_dir=Path(name))
        lease = built.storage.claim(job.id, "benchmark", now=clock(), ttl_s=1e9)
        assert lease is not None
        began, wall = time.process_time(), time.perf_counter()
        runner = JobRunner(built.settings, built.storage, make, lease, clock)
        steps = search(runner, executor, args.trials, args.limit)
        cpu_s = time.process_time() - began - executor.spent_s
        n_ended = len(executor.late_s)
        full_s = steps.full_until_s - (steps.full_at_s or 0.0)
        print(
            json.dumps(
                {
                    "sampler": args.sampler,
                    "slots": args.slots,
                    "ended": n_ended,
                    "is_done": runner.done,
                    "cpu_ms_a_trial": round(1000 * cpu_s / max(n_ended, 1), 2),
                    "idle_step_ms_p50_p95": [milliseconds(steps.idle_s, 0.5), milliseconds(steps.idle_s, 0.95)],
                    "slots_full_after_s": steps.full_at_s and round(steps.full_at_s, 1),
                    "occupancy_when_full": round(steps.busy_when_full_s / max(full_s, 1e-9) / args.slots, 3),
                    "end_seen_late_ms_p50_p95": [milliseconds(executor.late_s, q) for q in (0.5, 0.95)],
                    "ask_ms_p50_p95_max": [milliseconds(steps.asks_s, q) for q in (0.5, 0.95, 1.0)],
                    "steps": steps.n,
                    "virtual_s": round(clock.seconds, 1),
                    "wall_s": round(time.perf_counter() - wall, 1),
                    "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                }
            )
        )
        engine.close()


if __name__ == "__main__":
    main()
