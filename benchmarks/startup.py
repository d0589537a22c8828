"""Measure how long commands take to start, and to look at long searches.

    python benchmarks/startup.py [--repeats 20] [--trials 50000]

Cpu time (user and system) of the whole process, least and median of some repeats; the least is the figure that
the other load of a machine disturbs least. Targets: ``--help`` 60 ms; ``list`` with 100 jobs, and ``show``, ``trials``,
``best`` and ``logs`` of a job with 20 trials, 200 ms, all with the interpreter's own start, which is shown apart; with
50,000 trials, ``trials --limit 20``, ``best`` and ``show`` within 200 ms beyond that.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scriptune.core.trial import Attempt, Phase, Suggestion, Trial, TrialState
from scriptune.engine.build import build_engine
from scriptune.engine.engine import Engine
from scriptune.executors.folder import LOG, attempt_folder
from scriptune.settings import load_settings

N_JOBS = 100
INSERT_TOGETHER = 5000
DOCUMENT = {
    "command": ["sh", "-c", "echo loss=1", "sh"],
    "parameters": {
        "lr": {"type": "float", "min": 1e-5, "max": 0.1, "log": True, "default": 1e-3},
        "layers": {"type": "int", "min": 1, "max": 8},
        "optimizer": {"type": "categorical", "values": ["adam", "sgd"]},
    },
    "metrics": {"loss": {"regex": "loss=([0-9.]+)"}},
    "objective": {"metric": "loss", "goal": "minimize"},
}


def run(arguments: Sequence[str]) -> tuple[float, float]:
    """Run a process and return its (cpu, elapsed) seconds."""
    started = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(arguments[0], arguments, os.environ, file_actions=silent)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{arguments} ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started


def measure(label: str, arguments: Sequence[str], repeats: int) -> tuple[float, float]:
    """Print and return the least cpu and elapsed seconds of some repeats; one more fills the caches first."""
    run(arguments)
    times = [run(arguments) for _ in range(repeats)]
    cpu, elapsed = ([t[i] * 1000 for t in times] for i in (0, 1))
    print(
        f"{label:<40} cpu {min(cpu):6.0f} ms (median {statistics.median(cpu):.0f})   "
        f"elapsed {min(elapsed):6.0f} ms (median {statistics.median(elapsed):.0f})",
        flush=True,
    )
    return min(cpu), min(elapsed)


def add_jobs(engine: Engine, n: int) -> None:
    """Queue jobs, each with a few trials."""
    for i in range(n):
        job = engine.submit({**DOCUMENT, "name": f"job-{i}"}, base_dir=Path.cwd())
        add_trials(engine, job.id, 20)


def add_trials(engine: Engine, job_id: str, n: int) -> None:
    """Completed trials with random values."""
    rng = random.Random(0)
    now = datetime.now(UTC)
    for start in range(0, n, INSERT_TOGETHER):
        with engine.storage.transaction() as tx:
            for number in range(start, min(start + INSERT_TOGETHER, n)):
                params = {"lr": 10 ** rng.uniform(-5, -1), "layers": rng.randint(1, 8), "optimizer": "adam"}
                value = rng.random()
                trial = Trial(
                    number,
                    params,
                    TrialState.COMPLETED,
                    value=value,
                    metrics={"loss": value},
                    n_reports=10,
                    suggestion=Suggestion(params, "random", Phase.INITIAL),
                    n_attempts=1,
                    created_at=now,
                    started_at=now,
                    finished_at=now + timedelta(seconds=1),
                )
                tx.insert_trial(job_id, trial)
                folder = attempt_folder(job_id, number, 1)
                tx.insert_attempt(job_id, Attempt(number, 1, TrialState.COMPLETED, folder, created_at=now))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--trials", type=int, default=50_000)
    options = parser.parse_args()
    python = sys.executable
    scriptune = [python, "-m", "scriptune.cli.main"]
    measure("python -c pass", [python, "-c", "pass"], options.repeats)
    measure("python -c 'import click'", [python, "-c", "import click"], options.repeats)
    measure("python -c 'import sqlalchemy'", [python, "-c", "import sqlalchemy"], options.repeats)
    measure("scriptune --help", [*scriptune, "--help"], options.repeats)
    with tempfile.TemporaryDirectory() as folder:
        home = ["--home", f"{folder}/jobs"]
        engine = build_engine(load_settings(f"{folder}/jobs"))
        add_jobs(engine, N_JOBS)
        engine.close()
        reading = [
            measure(f"scriptune list, {N_JOBS} jobs", [*scriptune, "list", "--limit", "0", *home], options.repeats)
        ]

        commands = (["trials", "--limit", "20"], ["best"], ["show"])
        least = []
        for n_trials in (20, options.trials):
            home = ["--home", f"{folder}/{n_trials}"]
            engine = build_engine(load_settings(home[1]))
            job = engine.submit(DOCUMENT, base_dir=Path.cwd())
            add_trials(engine, job.id, n_trials)
            log = Path(home[1]) / attempt_folder(job.id, 0, 1) / LOG
            log.parent.mkdir(parents=True)
            log.write_text("loss=1\n" * 1000)
            engine.close()
            for command in commands:
                label = f"scriptune {' '.join(command)}, {n_trials:,}"
                least.append(measure(label, [*scriptune, *command, *home], options.repeats))
            if n_trials == 20:
                reading += [*least, measure("scriptune logs 0", [*scriptune, "logs", "0", *home], options.repeats)]
        print(f"The slowest reading command takes {max(reading)[0]:.0f} ms of cpu; at most 200 are wanted.")
        for command, few, many in zip(commands, least, least[len(commands) :], strict=False):
            cpu, elapsed = many[0] - few[0], many[1] - few[1]
            label = f"{' '.join(command)}: {options.trials:,} trials beyond 20"
            print(f"{label:<40} cpu {cpu:+.0f} ms   elapsed {elapsed:+.0f} ms")


if __name__ == "__main__":
    main()
