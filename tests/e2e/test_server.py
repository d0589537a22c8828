"""Real servers: killed, restarted, two on one database. Nothing is lost, run twice, or told twice."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commands import run_command
from killing import PROGRAM, Damage, Search
from servers import Listener, RunningServer, until

LIMIT_S = 120.0
_ENDED = {"completed", "failed", "stopped"}


class Home:
    """A home with servers, and a search whose diary tells what really ran."""

    def __init__(self, folder: Path, **search: Any) -> None:
        self.search = Search(folder, **search)
        self.servers: list[RunningServer] = []

    def serve(self, name: str = "home") -> RunningServer:
        server = RunningServer(self.search.home / name, database=self.search.database, environ=self.search.environ)
        self.servers.append(server)
        return server

    def submit(self, server: RunningServer) -> str:
        job: dict[str, Any] = server.call("POST", "/jobs", json=self.search.document())
        return str(job["id"])

    def close(self) -> None:
        for server in self.servers:
            if server.process.poll() is None:
                server.kill()
        for process in self.search.mine():
            process.kill()


@pytest.fixture
def make_home(tmp_path: Path) -> Iterator[Callable[..., Home]]:
    homes: list[Home] = []

    def make(**search: Any) -> Home:
        homes.append(Home(tmp_path / f"{len(homes)}", **search))
        return homes[-1]

    yield make
    for home in homes:
        home.close()


def state_of(server: RunningServer, job_id: str) -> str:
    return str(server.call("GET", f"/jobs/{job_id}")["summary"]["job"]["state"])


def test_a_server_that_is_killed_again_and_again_loses_nothing(make_home: Callable[..., Home]) -> None:
    home = make_home(trials=8, parallel=3, pause=0.15)
    server = home.serve()
    job_id = home.submit(server)
    listener = Listener(server, f"/jobs/{job_id}/events")
    rng = random.Random(5)
    for _ in range(3):
        wanted = len(listener.ids) + rng.randrange(1, 8)
        # On a slow machine the job may have ended, and then no more events come.
        until(lambda: len(listener.ids) > wanted or state_of(server, job_id) in _ENDED, "events come")  # noqa: B023  # waited for here
        server.kill()
        server.start()
    until(lambda: state_of(server, job_id) in _ENDED, "the job ends")
    last = server.call("GET", f"/jobs/{job_id}")["summary"]["job"]["last_event"]
    until(lambda: listener.ids and listener.ids[-1] == last, "all events come")
    until(lambda: listener.n_connections >= 4, "it connects again after each kill")
    listener.close()
    assert listener.ids == list(range(1, last + 1))
    assert server.stop() == 0
    assert home.search.examine(Damage(), {}).none


def test_a_server_that_ends_leaves_trials_running(make_home: Callable[..., Home]) -> None:
    home = make_home(trials=2, parallel=2, steps=4, pause=0.5)
    server = home.serve()
    home.submit(server)
    until(lambda: home.search.diary.read_text().count("start") == 2, "both trials run")
    # Held, so that however slow this machine is, they have not ended when the server has.
    programs = [process for process in home.search.mine() if process.cmdline()[1:2] == [str(PROGRAM)]]
    for program in programs:
        program.suspend()
    listener = Listener(server, "/events")
    until(lambda: listener.n_connections, "somebody listens")
    assert server.stop() == 0
    assert home.search.diary.read_text().count("end") == 0
    assert len(programs) == 2
    for program in programs:
        assert program.is_running()
        program.resume()
    listener.close()
    server.start()
    job_id = server.call("GET", "/jobs")["items"][0]["job"]["id"]
    until(lambda: state_of(server, job_id) == "completed", "the job ends")
    assert server.stop() == 0
    assert home.search.examine(Damage(), {}).none


def test_the_command_line_and_the_server_share_one_home(make_home: Callable[..., Home]) -> None:
    home = make_home(trials=3, parallel=3, pause=0.02)
    server = home.serve()
    assert home.search.start("run", str(home.search.job_file)).wait(LIMIT_S) == 0
    [item] = server.call("GET", "/jobs")["items"]
    assert item["job"]["state"] == "completed"
    assert item["counts"]["completed"] == 3
    assert Counter(line.split()[0] for line in home.search.diary.read_text().splitlines()) == {"start": 3, "end": 3}


def test_a_second_server_on_the_port_says_so(make_home: Callable[..., Home]) -> None:
    server = make_home().serve()
    done = run_command("serve", "--home", str(server.home), "--port", str(server.port), timeout=LIMIT_S)
    assert done.returncode != 0
    assert f"port {server.port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def kill_one_of_two(home: Home, n_kills: int, *, homes: tuple[str, str] = ("home", "home")) -> None:
    first, second = (home.serve(name) for name in homes)
    job_id = home.submit(first)
    rng = random.Random(7)
    for _ in range(n_kills):
        n_started = home.search.diary.read_text().count("start")
        until(
            lambda: home.search.diary.read_text().count("start") > n_started or state_of(second, job_id) in _ENDED,  # noqa: B023  # waited for here
            "trials start",
        )
        victim = rng.choice([first, second])
        victim.kill()
        victim.start()
    until(lambda: state_of(second, job_id) in _ENDED, "the job ends", 120.0)
    trials = second.call("GET", f"/jobs/{job_id}/trials")["items"]
    assert [trial["state"] for trial in trials] == ["completed"] * home.search.trials
    ends = Counter(line.split()[1] for line in home.search.diary.read_text().splitlines() if line.startswith("end"))
    assert sorted(ends, key=int) == [str(n) for n in range(home.search.trials)]
    assert set(ends.values()) == {1}


@pytest.mark.postgres
def test_two_servers_on_one_postgresql_share_the_work_when_one_is_killed(
    make_home: Callable[..., Home], postgres_url: str
) -> None:
    kill_one_of_two(make_home(database=postgres_url, trials=6, parallel=2, pause=0.2), n_kills=1)


@pytest.mark.postgres
def test_two_servers_with_homes_of_their_own_find_the_files_of_their_common_database(
    make_home: Callable[..., Home], postgres_url: str
) -> None:
    home = make_home(database=postgres_url, trials=6, parallel=2, pause=0.2)
    kill_one_of_two(home, n_kills=1, homes=("home", "other"))
    assert not (home.search.home / "other" / "jobs").exists()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_server_that_is_killed_twenty_times_loses_nothing_and_runs_nothing_twice(
    make_home: Callable[..., Home], database: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    home = make_home(database=url, trials=24, parallel=3, pause=0.2)
    server = home.serve()
    job_id = home.submit(server)
    rng = random.Random(3)
    for _ in range(20):
        if state_of(server, job_id) in _ENDED:
            # Trials go on while a server starts: on a slow machine a job of any length would end before its last kill.
            server.call("POST", f"/jobs/{job_id}/resume", json={"trials": "+6"})
            home.search.trials += 6
        # At any instant, which comes earlier on a fast machine: when one or two runs have ended.
        home.search.has_ended(server.process, rng.uniform(0.0, 1.0), home.search.ends() + rng.randint(1, 2))
        server.kill()
        server.start()
    until(lambda: state_of(server, job_id) in _ENDED, "the job ends", 300.0)
    assert server.stop() == 0
    damage = home.search.examine(Damage(kills=20), {})
    assert damage.none, damage


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_servers_on_one_postgresql_survive_ten_kills(make_home: Callable[..., Home], postgres_url: str) -> None:
    kill_one_of_two(make_home(database=postgres_url, trials=24, parallel=3, pause=0.3), n_kills=10)


def test_interrupting_a_server_ends_it_in_order(make_home: Callable[..., Home]) -> None:
    server = make_home().serve()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(LIMIT_S) in (0, 130, -signal.SIGINT)
    assert "Traceback" not in server.log.read_text()
