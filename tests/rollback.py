"""Roll the database or the attempt folders of a search back to an earlier moment, go on, and count wrong values.

The program prints its own parameters, so whether a value belongs to a trial's params can be read off. As a script it
runs many such searches and prints what it counted: ``python tests/rollback.py --searches 50``.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from scriptune.core.job import JobState
from scriptune.engine.engine import Engine
from scriptune.executors.local.executor import LocalExecutor
from scriptune.runtime.worker import Worker
from scriptune.search import registry
from scriptune.settings import Settings
from scriptune.storage.opening import open_storage

SAMPLERS = tuple(registry.SAMPLERS)
WHAT = ("database", "folders", "backup", "backup, folders first")
"""What is put back: one half of the record, or both as a backup that was taken in two steps while the search ran."""

_STEPS = {
    "database": ("scriptune.db",),
    "folders": ("jobs",),
    "backup": ("scriptune.db", "jobs"),
    "backup, folders first": ("jobs", "scriptune.db"),
}
_MARK = "SCRIPTUNE_ROLLBACK_TEST"
_LIMIT_S = 120.0
# A line at once, one in the middle and one at the end, with pauses that depend on the params: results come in ever
# other orders, and moments fall between them.
_SCRIPT = 'echo "k=$2"; sleep 0.0$2; echo "loss=$1"; sleep 0.0$2'


class PowerFailure(BaseException):
    """Stands for the end of everything: nothing may catch it."""


@dataclass
class Found:
    """What a search came to after it was rolled back.

    Attributes:
        wrong: Trials whose value or metrics are not what their params produce.
        checked: Trials with a value.
        rollbacks: How often something was put back.
        set_aside: Folders that were found in the place of another command.
        run_again: Attempts beyond the first of each trial.
        problems: Anything else that must not be.
    """

    wrong: int = 0
    checked: int = 0
    rollbacks: int = 0
    set_aside: int = 0
    run_again: int = 0
    problems: list[str] = field(default_factory=list)

    def __iadd__(self, other: Found) -> Found:
        for name in ("wrong", "checked", "rollbacks", "set_aside", "run_again", "problems"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


class Moments:
    """Counts the steps of an engine; keeps copies of what may be rolled back, and cuts the power at one of them."""

    def __init__(self, rng: random.Random, home: Path, copies: Path, what: str) -> None:
        self._rng, self._home, self._copies, self._what = rng, home, copies, what
        self._calls = 0
        self._next = 0
        self._end: int | None = None
        self.kept: list[Path] = []

    def begin(self, end: int | None) -> None:
        """A new engine starts; the power fails at step ``end``."""
        self._calls, self._end = 0, end
        self._next = self._rng.randint(2, 12)

    def __call__(self) -> None:
        self._calls += 1
        if self._end is None:
            return
        if self._calls >= self._next:
            self._next = self._calls + self._rng.randint(3, 12)
            self._copy_next()
        if self._calls >= self._end:
            self._end = None
            raise PowerFailure

    def _copy_next(self) -> None:
        """Take the next copy, or the second half of the one that was begun."""
        steps = _STEPS[self._what]
        target = self._copies / str(len(self.kept))
        done = [step for step in steps if (target / step).exists()]
        target.mkdir(exist_ok=True)
        step = steps[len(done)]
        if step == "jobs":
            copy_tree(self._home / "jobs", target / "jobs")
        else:
            with (
                closing(sqlite3.connect(self._home / "scriptune.db")) as source,
                closing(sqlite3.connect(target / "scriptune.db")) as copy,
            ):
                source.backup(copy)
        if step == steps[-1]:
            self.kept.append(target)

    def roll_back(self) -> bool:
        """Put one of the copies in the place of what is there; False when there is none yet."""
        if not self.kept:
            return False
        copy = self._rng.choice(self.kept)
        if (copy / "scriptune.db").exists():
            for name in ("scriptune.db", "scriptune.db-wal", "scriptune.db-shm"):
                (self._home / name).unlink(missing_ok=True)
            shutil.copyfile(copy / "scriptune.db", self._home / "scriptune.db")
        if (copy / "jobs").exists():
            shutil.rmtree(self._home / "jobs", ignore_errors=True)
            copy_tree(copy / "jobs", self._home / "jobs")
        return True


def copy_tree(source: Path, target: Path) -> None:
    """Copy files that are being written; one that is renamed meanwhile is missing in the copy, as in any backup."""
    target.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError, shutil.Error):
        shutil.copytree(source, target, dirs_exist_ok=True)


class Watched:
    """A storage or an executor whose calls are moments."""

    def __init__(self, inner: Any, moment: Callable[[], None], *names: str) -> None:
        self._inner, self._moment, self._names = inner, moment, names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._names:
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._moment()
            return found(*args, **kwargs)

        return call


def document(sampler: str, seed: int, trials: int, parallel: int) -> dict[str, Any]:
    """A search whose values are its params."""
    space = {"sampler": sampler, "trials": trials, "seed": seed}
    return {
        "name": "rolled-back",
        "command": ["/bin/sh", "-c", _SCRIPT, "sh", "{x}", "{k}"],
        "parameters": {
            "x": {"type": "float", "min": 0.0, "max": 1.0},
            "k": {"type": "int", "min": 1, "max": 9},
        },
        "metrics": {"loss": {"regex": r"loss=(\S+)"}, "k": {"regex": r"k=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "search": space,
        "run": {"parallel": parallel},
    }


def roll_back_and_go_on(
    folder: Path, what: str, sampler: str, seed: int, *, trials: int = 14, parallel: int = 3, rounds: int = 2
) -> Found:
    """One search: run it, cut the power, put something back, go on; ``rounds`` times, then to the end."""
    rng = random.Random(f"{what} {sampler} {seed}")
    home = folder / "home"
    home.mkdir(parents=True)
    (folder / "copies").mkdir()
    moments = Moments(rng, home, folder / "copies", what)
    found = Found()
    os.environ[_MARK] = str(folder)
    try:
        job_id = ""
        for number in range(rounds + 1):
            moments.begin(rng.randint(25, 25 + 6 * trials) if number < rounds else None)
            storage = open_storage(f"sqlite:///{home / 'scriptune.db'}")
            try:
                settings = Settings(home=home, database=f"sqlite:///{home / 'scriptune.db'}")
                engine = Engine(
                    settings,
                    Watched(storage, moments, "transaction", "trials"),  # type: ignore[arg-type]  # a proxy
                    lambda _: Watched(LocalExecutor(), moments, "submit", "poll"),  # type: ignore[arg-type, return-value]
                )
                job_id = job_id or engine.submit(document(sampler, seed, trials, parallel), base_dir=home).id
                try:
                    if storage.job(job_id).state in (JobState.COMPLETED, JobState.FAILED, JobState.STOPPED):
                        break
                    Worker(engine).run_job(job_id)
                except PowerFailure:
                    pass
                else:
                    break
            finally:
                storage.close()
            # A machine without power runs nothing. A database alone is also restored while trials run on.
            if what != "database" or rng.random() < 0.5:
                end_all(folder)
            found.rollbacks += moments.roll_back()
            forget_the_owner(home)
        examine(found, home, job_id, trials)
    finally:
        del os.environ[_MARK]
        left = end_all(folder)
    if left:
        found.problems.append(f"{left} processes were left")
    return found


def forget_the_owner(home: Path) -> None:
    """The process that worked on the job is dead; here it is our own, which lives."""
    with closing(sqlite3.connect(home / "scriptune.db")) as database, database:
        database.execute("UPDATE jobs SET lease_owner = NULL, lease_until = NULL")


def examine(found: Found, home: Path, job_id: str, trials: int) -> None:
    """Compare what is stored with what the params produce."""
    storage = open_storage(f"sqlite:///{home / 'scriptune.db'}")
    try:
        engine = Engine(Settings(home=home, database=""), storage, lambda _: LocalExecutor())
        all_of = storage.trials(job_id).items
        for trial in all_of:
            if trial.value is None:
                found.problems.append(f"trial {trial.number} is {trial.state}: {trial.message}")
                continue
            found.checked += 1
            found.wrong += trial.value != trial.params["x"] or trial.metrics.get("k") != trial.params["k"]
            found.run_again += trial.n_attempts - 1
        job = storage.job(job_id)
        if job.state is not JobState.COMPLETED:
            found.problems.append(f"the job is {job.state}: {job.message}")
        if len(all_of) != trials and job.document["search"]["sampler"] != "grid":  # its points may be fewer
            found.problems.append(f"{len(all_of)} of {trials} trials")
        found.set_aside += len(list((home / "jobs" / job_id).glob("*/*.aside*")))
        report = engine.replay(job_id)
        agrees = getattr(report, "agrees", report.first_difference is None)
        if not agrees:
            found.problems.append(f"replay says {report}")
    finally:
        storage.close()


def end_all(folder: Path) -> int:
    """Kill every process that the search of a folder started; how many still ran."""
    ended = 0
    for _ in range(100):
        running = [process for process in psutil.process_iter() if _is_of(process, folder)]
        if not running:
            break
        for process in running:
            with suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
                ended += 1
        psutil.wait_procs(running, timeout=1.0)
    return ended


def _is_of(process: psutil.Process, folder: Path) -> bool:
    try:
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.environ().get(_MARK) == str(folder)
    except psutil.Error:
        return False


def main() -> None:
    """Roll many searches back, and print what was counted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--searches", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started, total, wrong_in = time.monotonic(), Found(), Counter[str]()
    for number in range(options.searches):
        what, sampler = WHAT[number % len(WHAT)], SAMPLERS[number % len(SAMPLERS)]
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = roll_back_and_go_on(Path(folder) / "s", what, sampler, options.seed + number)
            except Exception as err:
                found = Found(problems=[repr(err)])
        total += found
        wrong_in[what] += found.wrong
        for problem in found.problems:
            print(f"search {number} ({what}, {sampler}): {problem}", flush=True)
    print(
        f"{options.searches} searches, {total.rollbacks} rollbacks, {total.checked} values: {total.wrong} wrong "
        f"({dict(wrong_in)}), {total.set_aside} folders set aside, {total.run_again} attempts repeated, "
        f"{len(total.problems)} problems, {time.monotonic() - started:.0f} s"
    )


if __name__ == "__main__":
    main()
