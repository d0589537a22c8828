"""Servers killed with SIGKILL while they run searches: nothing lost, nothing twice, nothing left running."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from killing import Damage, Search
from servers import Server

ENDED = {"completed", "failed", "stopped"}


def run_on_servers(
    search: Search, make: Callable[[str], Server], rng: random.Random, n_servers: int, kills: int
) -> Damage:
    """Submit a search and kill servers in turn, starting each again, until the search has ended."""
    damage = Damage()
    servers = [make(f"server{i}").start() for i in range(n_servers)]
    try:
        document: dict[str, Any] = {**search.document(), "workdir": str(search.home)}
        job = servers[0].call("POST", "/jobs", json=document)
        finished: dict[int, Any] = {}
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            time.sleep(rng.uniform(0.1, 1.0) if damage.kills < kills else 0.3)
            witness = servers[(damage.kills + 1) % n_servers]
            now = {t["number"]: t for t in witness.call("GET", f"/jobs/{job['id']}/trials?limit=1000")["items"]}
            damage.lost += sum(now.get(n, {}).get("value") != t["value"] for n, t in finished.items())
            finished = {n: t for n, t in now.items() if t["state"] == "completed"}
            if witness.call("GET", f"/jobs/{job['id']}")["state"] in ENDED:
                break
            if damage.kills < kills:
                victim = servers[damage.kills % n_servers]
                victim.kill()
                damage.kills += 1
                victim.start()
        else:
            damage.problems.append("the search did not end")
    finally:
        for server in servers:
            server.stop()
    return search.examine(damage, finished)


def test_killing_the_server_loses_nothing_on_sqlite(tmp_path: Path) -> None:
    search = Search(tmp_path / "s", trials=16, parallel=2, pause=0.25)

    def make(_: str) -> Server:
        return Server(search.home / "home", environ={"SCRIPTUNE_KILL_TEST": str(search.home)})

    damage = run_on_servers(search, make, random.Random(1), n_servers=1, kills=3)
    assert damage.none, damage
    assert damage.kills == 3


@pytest.mark.postgres
def test_two_servers_on_one_postgresql_share_the_work_and_survive_kills(tmp_path: Path, postgres_url: str) -> None:
    search = Search(tmp_path / "s", database=postgres_url, trials=16, parallel=2, pause=0.25)

    def make(_: str) -> Server:
        # One home for both: the logs of their trials lie there.
        return Server(search.home / "home", database=postgres_url, environ=dict(search.environ))

    damage = run_on_servers(search, make, random.Random(2), n_servers=2, kills=4)
    assert damage.none, damage
    assert damage.kills == 4


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(900)
def test_ten_kills_of_two_servers_on_one_postgresql(tmp_path: Path, postgres_url: str) -> None:
    search = Search(tmp_path / "s", database=postgres_url, trials=40, parallel=4, pause=0.15)

    def make(_: str) -> Server:
        return Server(search.home / "home", database=postgres_url, environ=dict(search.environ))

    damage = run_on_servers(search, make, random.Random(3), n_servers=2, kills=10)
    assert damage.none, damage
    assert damage.kills == 10
