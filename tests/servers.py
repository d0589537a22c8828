"""Real servers as processes on loopback, for tests that kill them."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from commands import start_command
from ports import free_port

__all__ = ["Listener", "RunningServer", "http_client", "until"]

_LIMIT_S = 120.0  # for what hangs; a busy machine takes twenty seconds to start a server


def until(condition: Callable[[], Any], what: str, limit_s: float = _LIMIT_S) -> Any:
    """Wait for a condition, and return what it gave."""
    deadline = time.monotonic() + limit_s
    pause = 0.01
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(pause)
        pause = min(pause * 1.3, 0.1)  # asking costs those who are asked more than us
    raise AssertionError(f"{what}: not within {limit_s} s")


def http_client() -> httpx.Client:
    """A client that opens a new connection for every request, as a command line does."""
    # Without certificates, whose reading takes longer than a request.
    return httpx.Client(verify=False, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


class RunningServer:
    """``scriptune serve`` on a port of its own, which it keeps over restarts."""

    def __init__(
        self,
        home: Path,
        *,
        database: str | None = None,
        environ: Mapping[str, str] | None = None,
        max_files: int | None = None,
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._words = ["serve", "--home", str(home), "--port", str(self.port), "--json"]
        self._words += ["--database", database] if database else []
        self._max_files = max_files
        self._environ = dict(environ or os.environ)
        self.log = home / f"server-{self.port}.log"
        self._client = http_client()
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = start_command(
                self._words, stdout=log, stderr=log, env=self._environ, max_files=self._max_files
            )
        until(self._answers, f"the server answers; its log: {self.log.read_text()[-2000:]}")
        self.token = (self.home / "token").read_text().strip()

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return self._client.get(f"{self.url}/health", timeout=2.0).is_success
        except httpx.HTTPError:
            return False

    @property
    def headers(self) -> dict[str, str]:
        """With the token."""
        return {"Authorization": f"Bearer {self.token}"}

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """The JSON of a request that succeeds."""
        answer = self._client.request(
            method, f"{self.url}/api/v1{path}", headers=self.headers, timeout=_LIMIT_S, **kwargs
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_LIMIT_S)


class Listener:
    """A reader of a stream of events in a thread, which connects again as browsers do.

    Attributes:
        ids: Of all events, in the order they came.
        kinds: Their kinds.
        n_connections: How often it connected.
    """

    def __init__(self, server: RunningServer, path: str) -> None:
        self._server = server
        self._path = path
        self._stop = threading.Event()
        self._client = http_client()
        self.ids: list[int] = []
        self.kinds: list[str] = []
        self.data: list[dict[str, Any]] = []
        self.n_connections = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            headers = dict(self._server.headers)
            if self.ids:
                headers["Last-Event-ID"] = str(self.ids[-1])
            try:
                url = f"{self._server.url}/api/v1{self._path}"
                with self._client.stream("GET", url, headers=headers, timeout=httpx.Timeout(5.0, read=1.0)) as answer:
                    self.n_connections += 1
                    self._read(answer)
            except httpx.HTTPError:
                time.sleep(0.05)

    def _read(self, answer: httpx.Response) -> None:
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            if self._stop.is_set():
                return
            name, _, value = line.partition(": ")
            if line:
                event[name] = value
                continue
            # Only what was complete counts: a connection may break in the middle of an event.
            if "id" in event:
                self.data.append(json.loads(event["data"]))
                self.kinds.append(event["event"])
                self.ids.append(int(event["id"]))
            event = {}

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        self._thread.join(10)
