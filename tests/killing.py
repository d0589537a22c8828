"""Kill a search at random instants and start it again, and count what went wrong.

The program under search appends a line to a diary when it starts and when it ends, so that whatever the
database says can be compared with what really ran.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from commands import Command, run_command, start_command

PROGRAM = Path(__file__).parent / "scripts" / "diary.sh"

Engine = Command | subprocess.Popen[bytes]


@dataclass
class Damage:
    """What killing did; every count is to be 0, except kills and restarts."""

    kills: int = 0
    lost: int = 0
    run_twice: int = 0
    duplicate_numbers: int = 0
    orphans: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def none(self) -> bool:
        return not (self.lost or self.run_twice or self.duplicate_numbers or self.orphans or self.problems)


@dataclass
class Search:
    """A search in a home of its own, run by the command line.

    Attributes:
        home: Folder for everything.
        database: URL; None: SQLite in the home.
        trials, parallel, seed, sampler: Of the search.
        launchers_die: Launchers are killed, not the engine.
        is_installed: Engines are started as users start them, with imports of their own.
        executor: Where trials run.
        python: The interpreter of installed engines.
        steps, pause: The program prints so many values, so many seconds apart.
    """

    home: Path
    database: str | None = None
    trials: int = 12
    parallel: int = 4
    seed: int = 1
    sampler: str = "tpe"
    executor: str = "local"
    python: str = sys.executable
    steps: int = 3
    launchers_die: bool = False
    is_installed: bool = False
    pause: float = 0.05

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.diary = self.home / "diary.txt"
        self.diary.touch()
        self.job_file = self.home / "job.json"
        self.job_file.write_text(json.dumps(self.document()))

    def document(self) -> dict[str, Any]:
        return {
            "name": "killed",
            "command": ["/bin/sh", str(PROGRAM), str(self.diary), str(self.steps), str(self.pause)],
            "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0, "flag": "x", "style": "hydra"}},
            "metrics": {"loss": {"regex": r"loss=(\S+)"}},
            "objective": {"metric": "loss", "goal": "minimize"},
            "search": {"sampler": self.sampler, "trials": self.trials, "seed": self.seed},
            "run": {"parallel": self.parallel, "executor": self.executor},
        }

    @property
    def environ(self) -> Mapping[str, str]:
        own = {"SCRIPTUNE_KILL_TEST": str(self.home), "SCRIPTUNE_LEASE_TTL_S": "5"}
        # Set on some machines for their builds; every start would compile the package again.
        return {**os.environ, **own, "PYTHONDONTWRITEBYTECODE": ""}

    def words(self, *words: str) -> list[str]:
        """A command of this search, without the program."""
        shared = ["--home", str(self.home / "home")]
        if self.database:
            shared += ["--database", self.database]
        return [*words, *shared]

    def ask(self, *words: str) -> Any:
        """The JSON answer of a looking command; None when it fails (no job yet)."""
        words = (*self.words(*words, "--json"),)
        if self.is_installed:
            command = [self.python, "-m", "scriptune", *words]
            done = subprocess.run(command, capture_output=True, text=True, env=self.environ, check=False)
        else:
            done = run_command(*words, env=self.environ)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def start(self, *words: str) -> Engine:
        with (self.home / "engine.log").open("ab") as out:
            if not self.is_installed:
                return start_command(self.words(*words), stdout=out, stderr=out, env=self.environ)
            command = [self.python, "-m", "scriptune", *self.words(*words)]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environ)

    def trials_now(self) -> list[dict[str, Any]]:
        answer = self.ask("trials")
        return [] if answer is None else list(answer["items"] if isinstance(answer, dict) else answer)

    def mine(self) -> list[psutil.Process]:
        """Every living process that this search started, however indirectly."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("SCRIPTUNE_KILL_TEST") == str(self.home) and process.status() != "zombie":
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def run_and_kill(
        self,
        rng: random.Random,
        max_kills: int,
        *,
        victim: Callable[[Engine], int | None] | None = None,
        longest_s: float = 1.2,
    ) -> Damage:
        """Run the search, killing at random instants, and starting again, until it ends.

        Args:
            rng: Chooses the instants.
            max_kills: After so many the search is left alone.
            victim: From the engine's process to the pid to kill; None: the engine itself.
            longest_s: Between a start and a kill, which comes earlier when one or two runs have ended meanwhile. Three
                times of four the time counts from the engine's first trace on the disk: on a busy machine no engine
                would come so far otherwise.
        """
        damage = Damage()
        finished: dict[int, Any] = {}
        seen = self.traces()
        process = self.start("run", str(self.job_file))
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            if damage.kills < max_kills and rng.random() < 0.75:
                self.wait_for_traces(process, seen)
            patience = rng.uniform(0.0, longest_s) if damage.kills < max_kills else 120.0
            ends = self.ends() + rng.randint(1, 2) if damage.kills < max_kills else None
            if not self.has_ended(process, patience, ends):
                pid = process.pid if victim is None else victim(process)
                if pid is None:
                    continue
                with_pid = psutil.Process(pid) if psutil.pid_exists(pid) else None
                if with_pid is not None:
                    os.kill(pid, signal.SIGKILL)
                    damage.kills += 1
                    deadline = time.monotonic() + 300
                if victim is not None:
                    continue
                process.wait()
                now = {trial["number"]: trial for trial in self.trials_now()}
                damage.lost += sum(now.get(n, {}).get("value") != t["value"] for n, t in finished.items())
                finished = {n: t for n, t in now.items() if t["state"] == "completed"}
                # Killed before the job was stored: it is submitted again. Nothing else ever is.
                is_stored = bool(self.ask("show"))
                seen = self.traces()
                process = self.start("resume") if is_stored else self.start("run", str(self.job_file))
                continue
            break
        else:
            process.kill()
            damage.problems.append("the search did not end")
        return self.examine(damage, finished)

    def traces(self) -> list[tuple[str, int]]:
        """The files at the top of the home, the database among them, and when each was written to."""
        with suppress(FileNotFoundError):
            return sorted((path.name, path.stat().st_mtime_ns) for path in (self.home / "home").iterdir())
        return []

    def wait_for_traces(self, process: Engine, seen: list[tuple[str, int]]) -> None:
        """Wait until an engine has written something, or has ended."""
        until = time.monotonic() + 120
        while process.poll() is None and self.traces() == seen and time.monotonic() < until:
            time.sleep(0.002)

    def ends(self) -> int:
        """How many runs of the program have come to their last line."""
        return self.diary.read_text().count("end ")

    def has_ended(self, process: Engine, patience: float, ends: int | None) -> bool:
        """Wait for a process, but not beyond so many ends of runs: a fast machine is interrupted as well."""
        until = time.monotonic() + patience
        while process.poll() is None:
            if time.monotonic() > until or (ends is not None and self.ends() >= ends):
                return False
            time.sleep(0.002)
        return True

    def examine(self, damage: Damage, finished: Mapping[int, Any]) -> Damage:
        """Compare the database with the diary and the process table."""
        trials = self.trials_now()
        now = {trial["number"]: trial for trial in trials}
        damage.duplicate_numbers += len(trials) - len(now)
        damage.lost += sum(now.get(n, {}).get("value") != t["value"] for n, t in finished.items())
        if sorted(now) != list(range(self.trials)):
            damage.problems.append(f"numbers are {sorted(now)}")
        damage.problems += [f"trial {t['number']} is {t['state']}" for t in trials if t["state"] != "completed"]
        damage.run_twice += self.runs_after_an_end(now)
        damage.orphans += len(self.mine())
        replayed = self.ask("replay")
        if not replayed or not replayed.get("agrees"):
            damage.problems.append(f"replay says {replayed}")
        return damage

    def runs_after_an_end(self, numbers: Iterable[int]) -> int:
        """How often a trial was run again although an attempt of it had ended well."""
        if not self.launchers_die:
            ends = Counter(line.split()[1] for line in self.diary.read_text().splitlines() if line.startswith("end"))
            return sum(count - 1 for count in ends.values())
        # The last line of the diary is not the end of the program: who kills its launcher in between makes the
        # trial a lost one, and it is rightly run again. What counts here is an end that was recorded.
        count = 0
        for number in numbers:
            attempts = self.ask("show", "--trial", str(number))["attempts"]
            count += sum(attempt["exit"]["reason"] == "exited" for attempt in attempts[:-1])
        return count

    def table(self) -> list[tuple[int, Any, Any]]:
        """Number, params and value of every trial."""
        return [(t["number"], t["params"], t["value"]) for t in self.trials_now()]
