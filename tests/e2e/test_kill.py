"""Real searches, killed with SIGKILL at random instants. The long version (200 kills) is marked slow."""

from __future__ import annotations

import os
import random
import signal
import time
from itertools import count
from pathlib import Path

import psutil
import pytest

from killing import Damage, Engine, Search

LIMIT_S = 120.0


def test_killing_the_engine_loses_nothing_and_runs_nothing_twice(tmp_path: Path) -> None:
    rng = random.Random(1)
    kills, rounds = 0, count()
    while kills < 3:  # a search may end before it is killed often enough
        damage = Search(tmp_path / f"{next(rounds)}", trials=10, parallel=4).run_and_kill(rng, max_kills=6)
        assert damage.none, damage
        kills += damage.kills


def test_a_serial_search_that_was_killed_ends_with_the_table_of_an_unbroken_one(tmp_path: Path) -> None:
    unbroken = Search(tmp_path / "a", trials=6, parallel=1, sampler="bayes", pause=0.02)
    assert unbroken.run_and_kill(random.Random(0), max_kills=0).none
    rng = random.Random(2)
    kills, rounds = 0, count()
    while kills < 2:  # a search may end before it is killed often enough
        killed = Search(tmp_path / f"{next(rounds)}", trials=6, parallel=1, sampler="bayes", pause=0.02)
        damage = killed.run_and_kill(rng, max_kills=4, longest_s=0.9)
        assert damage.none, damage
        assert killed.table() == unbroken.table()
        kills += damage.kills


def launcher_of(engine: Engine) -> int | None:
    """A process between the engine and the program: session leaders that are not the engine."""
    marker = dict(psutil.Process(engine.pid).environ()).get("SCRIPTUNE_KILL_TEST")
    for process in psutil.process_iter():
        try:
            if process.environ().get("SCRIPTUNE_KILL_TEST") != marker or process.pid == engine.pid:
                continue
            if "diary.sh" not in " ".join(process.cmdline()) and os.getsid(process.pid) == process.pid:
                return process.pid
        except (psutil.Error, ProcessLookupError):
            continue
    return None


def test_killing_launchers_leaves_no_orphans_and_the_trials_are_run_again(tmp_path: Path) -> None:
    rng = random.Random(3)
    kills, rounds = 0, count()
    while kills < 2:
        search = Search(tmp_path / f"{next(rounds)}", trials=8, parallel=2, pause=0.15, launchers_die=True)
        damage = search.run_and_kill(rng, max_kills=3, victim=launcher_of, longest_s=0.8)
        assert damage.none, damage
        kills += damage.kills


def test_interrupting_once_lets_trials_end_and_resume_completes_the_search(tmp_path: Path) -> None:
    search = Search(tmp_path / "s", trials=8, parallel=2, pause=0.2, is_installed=True)
    process = search.start("run", str(search.job_file))
    while not search.diary.read_text():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(LIMIT_S) == 130
    states = {t["state"] for t in search.trials_now()}
    assert states == {"completed"}
    assert search.start("resume").wait(LIMIT_S) == 0
    assert search.examine(Damage(), {}).none


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_kills_over_searches_with_two_to_eight_parallel_trials(tmp_path: Path) -> None:
    rng = random.Random(11)
    kills = 0
    round_number = 0
    while kills < 200:
        search = Search(
            tmp_path / f"{round_number}", trials=16, parallel=2 + round_number % 7, seed=round_number, is_installed=True
        )
        damage = search.run_and_kill(rng, max_kills=12, longest_s=1.5)
        assert damage.none, (round_number, damage)
        kills += damage.kills
        round_number += 1
        print(f"{kills} kills over {round_number} searches: nothing lost, nothing run twice, no orphans", flush=True)
