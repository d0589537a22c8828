"""Overhead of a trial: scriptune's engine beside a bare loop, and beside Optuna's ask and tell with SQLite.

    python benchmarks/engine.py [--trials 2000] [--parallel 2]

The bare loop starts the same command with the same log file, waits and reads the file. The overhead is the wall
time per trial beyond the bare loop's, in the same run on the same machine: once as the time between two ends
(throughput), once as the time that one of the parallel slots needs from end to end (which contains the engine's work
for the other slots too).
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from scriptune import __version__
from scriptune.engine.build import build_engine
from scriptune.runtime.worker import Worker
from scriptune.settings import load_settings

COMMAND = ["/bin/sh", "-c", 'echo "loss=${1#--x=}"', "trial"]
PATTERN = re.compile(rb"loss=(\S+)")


def pool(n_trials: int, parallel: int, start: Callable[[int], Callable[[], bool]]) -> list[float]:
    """Keep ``parallel`` trials running; ``start`` gives a function that says whether the trial has ended.

    Returns the moments at which trials ended, from the beginning.
    """
    began, ends, running, next_number = time.perf_counter(), [], [], 0
    while len(ends) < n_trials:
        while len(running) < parallel and next_number < n_trials:
            running.append(start(next_number))
            next_number += 1
        for has_ended in list(running):
            if has_ended():
                running.remove(has_ended)
                ends.append(time.perf_counter() - began)
        time.sleep(0.0002)
    return ends


def spawn(folder: Path, number: int, x: float) -> Callable[[], float | None]:
    log = folder / f"{number}.log"
    with log.open("wb") as out:
        process = subprocess.Popen([*COMMAND, f"--x={x!r}"], stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def poll() -> float | None:
        if process.poll() is None:
            return None
        match = PATTERN.search(log.read_bytes())
        assert match is not None
        return float(match[1])

    return poll


def bare(folder: Path, n_trials: int, parallel: int) -> list[float]:
    def start(number: int) -> Callable[[], bool]:
        poll = spawn(folder, number, number / n_trials)
        return lambda: poll() is not None

    return pool(n_trials, parallel, start)


def optuna_loop(folder: Path, n_trials: int, parallel: int) -> list[float]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        storage=f"sqlite:///{folder / 'optuna.db'}", sampler=optuna.samplers.RandomSampler(seed=1)
    )

    def start(number: int) -> Callable[[], bool]:
        trial = study.ask()
        poll = spawn(folder, number, trial.suggest_float("x", 0.0, 1.0))

        def has_ended() -> bool:
            value = poll()
            if value is not None:
                study.tell(trial, value)
            return value is not None

        return has_ended

    return pool(n_trials, parallel, start)


def ours(folder: Path, n_trials: int, parallel: int, sampler: str) -> tuple[list[float], float]:
    """Moments at which trials ended, and the largest resident size of this process in MB."""
    engine = build_engine(load_settings(folder / "home", environ={}))
    document = {
        "command": COMMAND,
        "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0}},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "search": {"sampler": sampler, "trials": n_trials, "seed": 1},
        "run": {"parallel": parallel},
    }
    job = engine.submit(document, base_dir=folder, hold=True)
    began = engine.clock()
    Worker(engine.context).run_job(job.id)
    trials = engine.trials(job.id).items
    assert all(t.value is not None for t in trials), "every trial has to succeed"
    events = engine.events(job.id, limit=10**9)
    ends = [(e.at - began).total_seconds() for e in events if e.kind == "trial" and e.data.get("state") == "completed"]
    memory_mb = psutil.Process().memory_info().rss / 2**20
    engine.close()
    return ends, memory_mb


def slot_ms(ends: list[float], parallel: int) -> list[float]:
    """Milliseconds that a slot needs for one trial after the other."""
    return [1000 * (after - before) for before, after in zip(ends, ends[parallel:], strict=False)]


def interval_ms(ends: list[float]) -> list[float]:
    """Milliseconds per trial: the mean distance of ends over a short window, since ends may come in pairs."""
    window = 10
    return [1000 * (after - before) / window for before, after in zip(ends, ends[window:], strict=False)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--sampler", default="random")
    parser.add_argument("--no-optuna", action="store_true")
    args = parser.parse_args()
    print(
        f"scriptune {__version__}, Python {platform.python_version()}, {psutil.cpu_count()} cpus, {platform.machine()}"
    )
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ends, memory_mb = ours(folder, args.trials, args.parallel, args.sampler)
        results["scriptune"] = ends
        results["bare loop"] = bare(folder, args.trials, args.parallel)
        if not args.no_optuna:
            results["optuna"] = optuna_loop(folder, args.trials, args.parallel)
    base = statistics.median(interval_ms(results["bare loop"]))
    base_slot = statistics.median(slot_ms(results["bare loop"], args.parallel))
    summary = {}
    for tool, tool_ends in results.items():
        intervals, slots = interval_ms(tool_ends), slot_ms(tool_ends, args.parallel)
        summary[tool] = {
            "median_ms": round(statistics.median(intervals), 2),
            "overhead_median_ms": round(statistics.median(intervals) - base, 2),
            "overhead_per_slot_ms": round(statistics.median(slots) - base_slot, 2),
            "first_100_ms": round(statistics.median(intervals[:100]), 2),
            "last_100_ms": round(statistics.median(intervals[-100:]), 2),
        }
        print(f"{tool:10} {summary[tool]}")
    print(f"engine memory {memory_mb:.0f} MB")
    print(json.dumps({"trials": args.trials, "parallel": args.parallel, "memory_mb": round(memory_mb), **summary}))


if __name__ == "__main__":
    sys.exit(main())
