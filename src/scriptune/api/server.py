"""The HTTP server: sockets, TLS, logging, and a shutdown that leaves trials running."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import ipaddress
import json
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import APIRouter

from scriptune.api.app import create_app
from scriptune.api.connections import Gate, GuardedProtocol, LimitedListener, connection_limit
from scriptune.api.guard import load_token
from scriptune.api.hub import EventHub
from scriptune.api.quiet_log import QuietFilter
from scriptune.engine.build import build_engine
from scriptune.errors import SettingsError
from scriptune.messages import Message
from scriptune.settings import Settings

__all__ = ["HttpServer", "JsonLines", "Server", "ServerOptions", "set_up_logging"]

_KEEP_ALIVE_S = 75  # with 5 s, those who poll every few seconds meet connections that are just being closed
_LOOK_S = 10.0  # for a signal that came in the instant before the loop slept; others wake it
_CLOSING_S = 5  # how long requests that are being answered may take when the server ends
# A thread that only waited for the database takes turns with one that computes. With Python's 5 ms a read that fetches
# 50 rows waits up to 50 times so long while a job's step or another read computes.
_SWITCH_THREADS_S = 0.0005
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # glibc's malloc.h
_LARGE_BYTES = 1 << 17  # glibc's own first value, which it raises with the first large piece that is freed
_WILDCARDS = frozenset({"0.0.0.0", "::", ""})


@dataclass(frozen=True)
class ServerOptions:
    """Options of `serve` that are not settings.

    Attributes:
        hosts: Names by which clients reach the server, beside those of loopback.
        behind_proxy: A reverse proxy in front ends TLS; its ``X-Forwarded-*`` headers are trusted.
        certfile, keyfile: To serve TLS itself.
        run_jobs: Run queued jobs in this process.
    """

    hosts: tuple[str, ...] = ()
    behind_proxy: bool = False
    certfile: str | None = None
    keyfile: str | None = None
    run_jobs: bool = True


class Server:
    """A server that is already listening, so that its address is known; `run` serves requests.

    Args:
        settings: Of the installation; port 0 takes a free one.
        options: The rest.
        routers: Further routes, see `create_app`.

    Raises:
        SettingsError: The address cannot be listened on, or TLS cannot be set up.
        StorageError: The database cannot be used.
    """

    def __init__(
        self, settings: Settings, options: ServerOptions = ServerOptions(), routers: Sequence[APIRouter] = ()
    ) -> None:
        self.settings = settings
        self.options = options
        self.token = load_token(settings)
        self._gate = Gate(connection_limit())
        self._socket = _listen(settings, self._gate)
        try:
            self._engine = build_engine(settings)
        except BaseException:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        is_loopback = _is_loopback(settings.host)
        names = options.hosts if is_loopback else (*options.hosts, settings.host, socket.gethostname())
        self.app = create_app(
            self._engine,
            settings,
            self.token,
            hosts=names,
            any_address=not is_loopback,
            run_jobs=options.run_jobs,
            routers=routers,
        )

    @property
    def url(self) -> str:
        """URL of the console."""
        host = "127.0.0.1" if self.settings.host in _WILDCARDS else self.settings.host
        host = f"[{host}]" if ":" in host else host
        scheme = "https" if self.options.certfile else "http"
        return f"{scheme}://{host}:{self.port}{self.settings.root_path.rstrip('/')}/"

    @property
    def link(self) -> str:
        """The URL with the token, to be opened once per browser."""
        return f"{self.url}?token={self.token}"

    @property
    def token_file(self) -> Path:
        """Path of the file that holds the token."""
        return self.settings.home / "token"

    @property
    def warnings(self) -> list[str]:
        """Warnings for the user who started the server."""
        if _is_loopback(self.settings.host) or self.options.certfile or self.options.behind_proxy:
            return []
        return [Message("server.no_tls", host=self.settings.host)]

    def run(self) -> None:
        """Serve until a signal ends it; trials continue."""
        set_up_logging(structured=not sys.stderr.isatty())
        sys.setswitchinterval(_SWITCH_THREADS_S)
        _share_one_heap()
        _freeze_startup_objects()
        server = HttpServer(
            self.app,
            self.app.state.service.hub,
            self._gate,
            proxy_headers=self.options.behind_proxy,
            forwarded_allow_ips="*" if self.options.behind_proxy else None,
            ssl_certfile=self.options.certfile,
            ssl_keyfile=self.options.keyfile,
            timeout_graceful_shutdown=_CLOSING_S,
        )
        try:
            server.run(sockets=[self._socket])
        finally:
            self.close()

    def close(self) -> None:
        """Release the port and the database; `run` does so itself."""
        self._socket.close()
        self._engine.close()


def _share_one_heap() -> None:
    """Let all threads allocate from one heap, if the C library supports it.

    glibc gives new threads heaps of their own, and what was freed in one is not used by another: with reads in many
    threads the process grew by 3 MB with every 6,000 events, though it held no more than before
    (``benchmarks/server.py --soak``).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def _freeze_startup_objects() -> None:
    """Exclude objects created at start-up from garbage collection, as they are never freed.

    Reading 50,000 rows starts several rounds over everything, 130,000 objects of modules: more than half of the time
    of such a read, in which no other process is answered either.
    """
    gc.collect()
    gc.freeze()


class _Config(uvicorn.Config):
    """Uvicorn's configuration with the gate for `GuardedProtocol`."""

    def __init__(self, app: Any, gate: Gate, **options: Any) -> None:  # Any: uvicorn's own arguments, passed on
        super().__init__(app, **options)
        self.gate = gate


class HttpServer(uvicorn.Server):
    """Uvicorn behind a `Gate`; at shutdown it first ends event streams, which would block it forever.

    Args:
        app: What it serves.
        hub: The streams.
        gate: Of the listener that it is run with.
        options: Of `uvicorn.Config`, beside those that are always so.
    """

    def __init__(self, app: Any, hub: EventHub, gate: Gate, **options: Any) -> None:  # Any: as above
        config = _Config(
            app,
            gate,
            # The gate lives in asyncio's loop and in this protocol; others may be installed beside us.
            loop="asyncio",
            http=GuardedProtocol,
            ws="none",
            log_config=None,
            # Addresses may hold what a user searched for; the guard's answers are logged by status alone.
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            lifespan="on",
            **options,
        )
        super().__init__(config)
        self._hub = hub
        self._gate = gate
        self._watching: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start serving, and watch the connections from now on."""
        await super().startup(sockets)
        self._watching = asyncio.create_task(self._gate.watch(), name="connections")

    async def main_loop(self) -> None:
        """Wait for the end.

        Uvicorn's own looks ten times a second whether it is there, and sets the date of answers once a second. Here
        `GuardedProtocol` sets the date when there is something to answer.
        """
        self._loop = asyncio.get_running_loop()
        while not self.should_exit:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _LOOK_S)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to shut down; a signal handler."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Shut down in order at the first signal, and immediately at the second.

        Uvicorn's own raises the signal again when all is done, which would turn a clean end into a death.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Shut down in order."""
        self._hub.close()
        await super().shutdown(sockets)
        if self._watching is not None:
            self._watching.cancel()


def _listen(settings: Settings, gate: Gate) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = LimitedListener(family, gate)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError as err:
        listener.close()
        raise SettingsError(
            Message("server.cannot_listen", host=settings.host, port=settings.port, why=err.strerror or err),
            hint=Message("server.other_port"),
        ) from err
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class JsonLines(logging.Formatter):
    """Log formatter: one JSON object per line with ``at``, ``level``, ``logger``, ``message`` and ``error``."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up_logging(*, structured: bool) -> None:
    """Log to stderr: plain text on a terminal, JSON lines otherwise."""
    handler = logging.StreamHandler(sys.stderr)
    people = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if structured else people)
    handler.addFilter(QuietFilter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
