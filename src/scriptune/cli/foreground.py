"""Run a search in the foreground: a worker thread, a view in the main thread, and signals.

    Ctrl-C once     no further trials; the running ones end
    Ctrl-C twice    the running ones are stopped too
    three times     leave at once
    SIGTERM, SIGHUP leave at once

Who leaves gives the job's lease back and lets the trials run on: `scriptune resume` adopts them. Handlers only
count; the main thread, which holds no transaction then, does what they ask for.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from scriptune.cli.base import INTERRUPTED
from scriptune.cli.live.feed import Feed, Moment, ProgressView
from scriptune.core.job import JobState, SearchJob
from scriptune.engine.engine import Engine
from scriptune.errors import ConflictError, StorageUnavailableError
from scriptune.runtime.worker import Worker

__all__ = ["ForegroundResult", "run_in_foreground"]

_LOOK_EVERY_S = 0.2  # quick enough to feel live, slow enough to cost a trial nothing


@dataclass(frozen=True)
class ForegroundResult:
    """How a search in the foreground ended.

    Attributes:
        job: The job as it is now.
        interrupted: Whether a signal ended it.
    """

    job: SearchJob
    interrupted: bool

    @property
    def exit_code(self) -> int:
        """0 completed, 1 failed, 130 interrupted here or stopped from elsewhere."""
        if self.job.state is JobState.COMPLETED:
            return 0
        return 1 if self.job.state is JobState.FAILED else INTERRUPTED


@dataclass
class _Signals:
    """Counts the received interrupts."""

    n_interrupts: int = 0
    leave: bool = False
    names: list[str] = field(default_factory=list)

    def on_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.n_interrupts += 1

    def on_terminate(self, number: int, _frame: FrameType | None) -> None:
        self.leave = True
        self.names.append(signal.Signals(number).name)


@contextmanager
def _caught(signals: _Signals) -> Iterator[None]:
    """Install the signal handlers; does nothing outside the main thread, where it is impossible."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    routes = {
        signal.SIGINT: signals.on_interrupt,
        signal.SIGTERM: signals.on_terminate,
        signal.SIGHUP: signals.on_terminate,
    }
    before: dict[signal.Signals, Any] = {number: signal.signal(number, handler) for number, handler in routes.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _WorkerThread(threading.Thread):
    """Runs the job and keeps its exception."""

    def __init__(self, worker: Worker, job_id: str) -> None:
        super().__init__(name="scriptune-worker", daemon=True)
        self.worker = worker
        self.job_id = job_id
        self.error: BaseException | None = None
        self.over = threading.Event()

    def run(self) -> None:
        try:
            self.worker.run_job(self.job_id)
        except BaseException as error:  # noqa: BLE001  # raised again in the main thread
            self.error = error
        finally:
            self.over.set()


def run_in_foreground(engine: Engine, job: SearchJob, view: ProgressView) -> ForegroundResult:
    """Run a job until it ends, is stopped, or a signal makes this process leave.

    Raises:
        ScriptuneError: What the worker raised.
    """
    # What the worker logs for servers' operators would run across the live table; people see it as notices.
    logging.getLogger("scriptune").addHandler(logging.NullHandler())
    signals = _Signals()
    worker = Worker(engine.context)
    thread = _WorkerThread(worker, job.id)
    summary = engine.job(job.id)
    feed = Feed(engine, summary)
    acted = 0
    notice = ""

    def look() -> Moment:
        return feed.look([text for text in (worker.notice, notice) if text])

    with _caught(signals):
        view.open(summary)
        thread.start()
        try:
            while not thread.over.wait(_LOOK_EVERY_S):
                if signals.leave or signals.n_interrupts > 2:
                    worker.leave()
                elif signals.n_interrupts > acted:
                    acted = signals.n_interrupts
                    notice = _stop(engine, job, acted)
                view.show(look())
            thread.join()
            view.show(moment := look())
            while moment.events:
                view.show(moment := look())
        finally:
            worker.leave()
            thread.over.wait()
            view.close()
    if thread.error is not None:
        raise thread.error
    return ForegroundResult(engine.job(job.id).job, interrupted=signals.leave or signals.n_interrupts > 0)


def _stop(engine: Engine, job: SearchJob, n_interrupts: int) -> str:
    """Act on Ctrl-C and return what was done."""
    drain = n_interrupts == 1
    try:
        engine.stop(job.id, drain=drain)
    except ConflictError:
        return ""  # it has just ended on its own
    except StorageUnavailableError:
        return "The database does not answer, so the search cannot be stopped now; press Ctrl-C three times to leave."
    if drain:
        return "Stopping: no more trials are started, running ones finish. Press Ctrl-C again to stop them too."
    return "Stopping the running trials."
