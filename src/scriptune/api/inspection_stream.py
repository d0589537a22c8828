"""What is found out about a program, as events while it is found: options, output of a run, metrics, a proposed job."""

from __future__ import annotations

import asyncio
import logging
import queue
import shlex
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool

from scriptune.engine.engine import Engine
from scriptune.engine.serialise import dumps, error_body, error_to_json
from scriptune.errors import ScriptuneError
from scriptune.messages import Message

__all__ = ["inspection_events"]

_log = logging.getLogger(__name__)

_WAIT_S = 1.0
_MAX_OUTPUT_CHARS = 1_000_000  # that are streamed; the answer has the beginning and the end of more
_MAX_PIECES = 1000  # that wait for a slow reader


class _GoneError(Exception):
    """The reader has gone: the run is ended."""


class _Finder:
    """Finds out about a program in a thread of its own, and hands over what it finds."""

    def __init__(self, engine: Engine, command: str | list[str], workdir: str | None, limit_s: float) -> None:
        self.events: queue.Queue[tuple[str, Any] | None] = queue.Queue(_MAX_PIECES)
        self._engine = engine
        self._command = command
        self._workdir = Path.cwd() / (workdir or ".")
        self._limit_s = limit_s
        self._n_chars = 0
        self.is_gone = threading.Event()

    def find(self) -> None:
        """Run to the end; the last event is None."""
        try:
            found = self._engine.inspect(self._command, workdir=self._workdir)
            self._put("found", found)
            words = shlex.split(self._command) if isinstance(self._command, str) else self._command
            run = self._engine.try_program(
                words,
                workdir=self._workdir,
                limit_s=self._limit_s,
                on_output=self._add_output,
                on_wait=self._stop_if_gone,
            )
            self._put("run", run)
            self._put("draft", self._engine.draft(words, found, run, workdir=self._workdir))
        except _GoneError:
            pass
        except ScriptuneError as err:
            self._put("error", error_to_json(err))
        except Exception:  # noqa: BLE001 - the top of a thread: the reader waits for an end
            _log.exception("a program could not be inspected because of an unexpected error")
            hint = Message("server.see_log")
            self._put("error", {"error": error_body("internal", Message("server.mistake"), hint)})
        finally:
            self._put_raw(None)

    def _add_output(self, text: str) -> None:
        kept = text[: max(0, _MAX_OUTPUT_CHARS - self._n_chars)]
        self._n_chars += len(kept)
        if kept:
            self._put("output", {"text": kept})

    def _stop_if_gone(self) -> None:
        if self.is_gone.is_set():
            raise _GoneError

    def _put(self, kind: str, data: Any) -> None:
        self._put_raw((kind, data))

    def _put_raw(self, event: tuple[str, Any] | None) -> None:
        while not self.is_gone.is_set():
            try:
                self.events.put(event, timeout=_WAIT_S)
            except queue.Full:
                continue
            return


async def inspection_events(
    engine: Engine, command: str | list[str], workdir: str | None, limit_s: float
) -> AsyncIterator[str]:
    """Server-sent events: ``found``, ``output`` again and again, ``run``, ``draft``; or ``error`` as the last one."""
    finder = _Finder(engine, command, workdir, limit_s)
    thread = threading.Thread(target=finder.find, name="inspect", daemon=True)
    thread.start()
    try:
        while True:
            try:
                event = await run_in_threadpool(finder.events.get, timeout=_WAIT_S)
            except queue.Empty:
                yield ": still running\n\n"
                continue
            if event is None:
                break
            kind, data = event
            yield f"event: {kind}\ndata: {dumps(data, compact=True)}\n\n"
    finally:
        finder.is_gone.set()
        await asyncio.shield(run_in_threadpool(thread.join))
