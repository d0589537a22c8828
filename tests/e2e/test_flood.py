"""Thousands of half-open connections to a real server with few descriptors, while it runs a search."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from killing import Damage, Search
from servers import RunningServer, until

N_CONNECTIONS = 2000
MAX_FILES = 1024
_MOST_LOGGED = 1_000_000  # bytes: what the log may grow by
_BEGINNINGS = (
    b"",
    b"GET /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ",
    b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n[",
    b"POST /v2/p/training-jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n[",
)


@pytest.fixture
def many_files() -> Iterator[None]:
    """This process may open the other ends of all connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] not in (resource.RLIM_INFINITY,) and before[1] < 2 * N_CONNECTIONS:
        pytest.skip(f"this machine allows {before[1]} open files, and the test needs {2 * N_CONNECTIONS}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2 * N_CONNECTIONS), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.slow
@pytest.mark.usefixtures("many_files")
def test_two_thousand_half_open_connections_stop_neither_the_server_nor_its_search(tmp_path: Path) -> None:
    search = Search(tmp_path / "flooded", trials=8, parallel=3, pause=0.1)
    server = RunningServer(search.home / "home", database=search.database, environ=search.environ, max_files=MAX_FILES)
    opened: list[socket.socket] = []
    took: list[float] = []
    try:
        job_id = str(server.call("POST", "/jobs", json=search.document())["id"])
        for number in range(N_CONNECTIONS):
            opened.append(socket.create_connection(("127.0.0.1", server.port), 30))
            with suppress(OSError):  # it may have given way already
                opened[-1].sendall(_BEGINNINGS[number % len(_BEGINNINGS)])
            if number % 100 == 99:
                begun = time.monotonic()
                assert httpx.get(f"{server.url}/health", timeout=60).status_code == 200
                took.append(time.monotonic() - begun)
        until(
            lambda: server.call("GET", f"/jobs/{job_id}")["summary"]["job"]["state"] == "completed", "the search ends"
        )
        print(f"health: at most {1000 * max(took):.0f} ms; log: {server.log.stat().st_size} bytes")
        assert server.log.stat().st_size < _MOST_LOGGED
        assert server.stop() == 0
        assert search.examine(Damage(), {}).none
    finally:
        for one in opened:
            one.close()
        if server.process.poll() is None:
            server.kill()
        for process in search.mine():
            process.kill()
