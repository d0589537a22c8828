"""Overhead of a trial: scriptune's engine beside a bare loop, and beside Optuna's ask and tell on its storages.

    pip install optuna torch               # left out when they are not installed; torch is for Optuna's GP
    python benchmarks/engine.py [--trials 2000] [--parallel 2] [--samplers random,auto] [--auto-trials 200]

The bare loop starts the same command with the same log file, waits and reads the file. The overhead is what a trial
takes beyond that, in the same run on the same machine: cpu time of the tool's processes and its programs, wall time
between two ends (throughput), and wall time that one of the parallel slots needs from end to end (which contains the
work for the other slots too). With `random` a suggestion costs nothing, so what is seen is engine and storage. With
`auto`, which compares with Optuna's default (TPE) and with its model of the same kind (GP), it is the whole tool.

All runs search one parameter with the same seed, each in a fresh process. Optuna keeps its trials in memory, in a
journal file or in SQLite. What survives a power failure there is the last; and in all three, starting programs,
reading their logs and recovering them is left to the loop.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import psutil

from scriptune import __version__
from scriptune.engine.build import build_engine
from scriptune.runtime.worker import Worker
from scriptune.settings import load_settings

COMMAND = ["/bin/sh", "-c", 'echo "loss=${1#--x=}"', "trial"]
SEED = 1
PEERS = {"random": ("RandomSampler",), "auto": ("TPESampler", "GPSampler")}
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


def optuna_loop(folder: Path, n_trials: int, parallel: int, *, sampler: str, storage: str) -> list[float]:
    optuna = importlib.import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    journal = importlib.import_module("optuna.storages.journal")
    storages = {
        "memory": lambda: None,
        "journal": lambda: optuna.storages.JournalStorage(journal.JournalFileBackend(str(folder / "journal.log"))),
        "sqlite": lambda: f"sqlite:///{folder / 'optuna.db'}",
    }
    study = optuna.create_study(storage=storages[storage](), sampler=getattr(optuna.samplers, sampler)(seed=SEED))

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


def ours(folder: Path, n_trials: int, parallel: int, *, sampler: str) -> list[float]:
    engine = build_engine(load_settings(folder / "home", environ={}))
    document = {
        "command": COMMAND,
        "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0}},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "search": {"sampler": sampler, "trials": n_trials, "seed": SEED},
        "run": {"parallel": parallel},
    }
    job = engine.submit(document, base_dir=folder, hold=True)
    began = engine.clock()
    Worker(engine.context).run_job(job.id)
    trials = engine.trials(job.id).items
    assert all(t.value is not None for t in trials), "every trial has to succeed"
    events = engine.events(job.id, limit=10**9)
    engine.close()
    return [(e.at - began).total_seconds() for e in events if e.kind == "trial" and e.data.get("state") == "completed"]


@dataclass(frozen=True)
class Run:
    """What one tool took for its trials.

    Attributes:
        ends: Moments at which trials ended, in seconds from the beginning.
        cpu_ms: Of the tool's processes and its programs, per trial.
        memory_mb: Its resident size in the end.
    """

    ends: list[float]
    cpu_ms: float
    memory_mb: float


def in_a_process(loop: Callable[..., list[float]], n_trials: int, parallel: int, **options: str) -> Run:
    """Run a tool in a fresh process, so that none pays for what another has left in memory."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(sender, loop, n_trials, parallel, options))
    process.start()
    sender.close()
    try:
        return cast("Run", receiver.recv())
    finally:
        process.join()


def cpu_s() -> float:
    """Cpu seconds of this process and of all that it started: our launcher is a process of its own."""
    this = psutil.Process()
    return sum(sum(process.cpu_times()[:4]) for process in (this, *this.children(recursive=True)))


def _measure(
    sender: Connection, loop: Callable[..., list[float]], n_trials: int, parallel: int, options: dict[str, str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        for part in ("first", "second"):
            Path(name, part).mkdir()
        loop(Path(name, "first"), 2 * parallel, parallel, **options)  # imports and caches
        cpu = cpu_s()
        ends = loop(Path(name, "second"), n_trials, parallel, **options)
        cpu = cpu_s() - cpu
    sender.send(Run(ends, 1000 * cpu / n_trials, psutil.Process().memory_info().rss / 2**20))


def slot_ms(ends: list[float], parallel: int) -> list[float]:
    """Milliseconds that a slot needs for one trial after the other."""
    return [1000 * (after - before) for before, after in zip(ends, ends[parallel:], strict=False)]


def interval_ms(ends: list[float]) -> list[float]:
    """Milliseconds per trial: the mean distance of ends over a short window, since ends may come in pairs."""
    window = 10
    return [1000 * (after - before) / window for before, after in zip(ends, ends[window:], strict=False)]


def is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def peers(sampler: str) -> list[str]:
    """The samplers of Optuna to compare with; its GP needs torch."""
    if not is_installed("optuna"):
        return []
    return [name for name in PEERS[sampler] if name != "GPSampler" or is_installed("torch")]


def versions() -> str:
    packages = ["numpy", *(["optuna"] if is_installed("optuna") else [])]
    known = ", ".join(f"{package} {version(package)}" for package in packages)
    machine = f"{platform.machine()}, {psutil.cpu_count()} cpus, load {os.getloadavg()[0]:.1f}"
    return f"scriptune {__version__}, Python {platform.python_version()}, {known}; {machine}; seed {SEED}"


def compare(sampler: str, n_trials: int, parallel: int) -> dict[str, dict[str, float]]:
    """All tools in turn, with samplers of one kind, and their overhead beyond the bare loop."""
    runs = {
        "bare loop": in_a_process(bare, n_trials, parallel),
        f"scriptune {sampler}": in_a_process(ours, n_trials, parallel, sampler=sampler),
    }
    for theirs in peers(sampler):
        for storage in ("memory", "journal", "sqlite"):
            label = f"optuna {theirs.removesuffix('Sampler')} {storage}"
            runs[label] = in_a_process(optuna_loop, n_trials, parallel, sampler=theirs, storage=storage)
    base = runs["bare loop"]
    base_ms, base_slot_ms = statistics.median(interval_ms(base.ends)), statistics.median(slot_ms(base.ends, parallel))
    summary = {}
    print(f"{sampler}, {n_trials:,} trials, {parallel} in parallel; ms per trial beyond the bare loop's:")
    for tool, run in runs.items():
        intervals = interval_ms(run.ends)
        summary[tool] = {
            "cpu_ms": run.cpu_ms - base.cpu_ms,
            "median_ms": statistics.median(intervals) - base_ms,
            "per_slot_ms": statistics.median(slot_ms(run.ends, parallel)) - base_slot_ms,
            "first_100_ms": statistics.median(intervals[:100]) - base_ms,
            "last_100_ms": statistics.median(intervals[-100:]) - base_ms,
            "memory_mb": run.memory_mb,
        }
        print(f"  {tool:24}" + "".join(f"  {name} {value:7.2f}" for name, value in summary[tool].items()), flush=True)
    ours_ms = summary[f"scriptune {sampler}"]["cpu_ms"]
    for tool in [tool for tool in summary if tool.startswith("optuna")]:
        print(f"  {tool} takes {summary[tool]['cpu_ms'] / ours_ms:.2f} times our cpu")
    return summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--auto-trials", type=int, default=200, help="trials of a sampler that thinks")
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--samplers", default="random,auto")
    args = parser.parse_args()
    print(versions())
    results = {
        sampler: compare(sampler, args.trials if sampler == "random" else args.auto_trials, args.parallel)
        for sampler in args.samplers.split(",")
    }
    print(json.dumps({"versions": versions(), "parallel": args.parallel, **results}))


if __name__ == "__main__":
    sys.exit(main())
