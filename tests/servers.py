"""Real servers as processes on loopback, for tests that kill them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from ports import free_port

__all__ = ["Listener", "RunningServer", "until"]

_LIMIT_S = 120.0  # for what hangs; a busy machine takes twenty seconds to start a server


def until(condition: Callable[[], Any], what: str, limit_s: float = _LIMIT_S) -> Any:
    """Wait for a condition, and return what it gave."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {limit_s} s")


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
        self._command = [sys.executable, "-m", "scriptune", "serve", "--home", str(home), "--port", str(self.port)]
        self._command += ["--json", *(["--database", database] if database else [])]
        if max_files is not None:
            self._command = ["sh", "-c", f'ulimit -n {max_files} && exec "$@"', "sh", *self._command]
        self._environ = dict(environ or os.environ)
        self.log = home / f"server-{self.port}.log"
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environ
            )
        until(self._answers, f"the server answers; its log: {self.log.read_text()[-2000:]}")
        self.token = (self.home / "token").read_text().strip()

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return httpx.get(f"{self.url}/health", timeout=2.0).is_success
        except httpx.HTTPError:
            return False

    @property
    def headers(self) -> dict[str, str]:
        """With the token."""
        return {"Authorization": f"Bearer {self.token}"}

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """The JSON of a request that succeeds."""
        answer = httpx.request(method, f"{self.url}/api/v1{path}", headers=self.headers, timeout=30.0, **kwargs)
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
                with httpx.stream("GET", url, headers=headers, timeout=httpx.Timeout(5.0, read=1.0)) as answer:
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
