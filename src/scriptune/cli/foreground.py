"""A search in the foreground: a worker's thread, a front end in the main thread, and signals between them.

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
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Protocol

from scriptune.cli.base import INTERRUPTED
from scriptune.core.job import Event, JobState, JobSummary, SearchJob
from scriptune.core.trial import ENDED, Trial, TrialState
from scriptune.engine.engine import Engine
from scriptune.errors import ConflictError, StorageUnavailableError
from scriptune.runtime.progress import Progress
from scriptune.runtime.worker import Worker

__all__ = ["Feed", "Moment", "Outcome", "ProgressView", "run_in_foreground"]

_LOOK_EVERY_S = 0.2  # quick enough to feel live, slow enough to cost a trial nothing
_MAX_EVENTS = 500  # per look; the rest comes with the next one
_N_RECENT = 50  # ended trials kept for front ends that show the last ones


@dataclass(frozen=True)
class Moment:
    """What a front end is shown at each look.

    Attributes:
        progress: Where the job stands; None before the worker has said anything.
        events: The event log since the last look.
        ended: Trials that ended since the last look, in that order.
        recent: The last ended trials, the newest last.
        history: Best value so far after each trial that has ended with a value.
        notice: What the user should know about stopping, or "".
    """

    progress: Progress | None
    events: Sequence[Event] = ()
    ended: Sequence[Trial] = ()
    recent: Sequence[Trial] = ()
    history: Sequence[float | None] = ()
    notice: str = ""


class ProgressView(Protocol):
    """Shows a running search."""

    def open(self, summary: JobSummary) -> None:
        """The search begins, or goes on."""
        ...

    def show(self, moment: Moment) -> None:
        """Called a few times per second."""
        ...

    def close(self) -> None:
        """The search is over, or was left; called once, whatever happened."""
        ...


@dataclass(frozen=True)
class Outcome:
    """How the foreground ended.

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
    """What the handlers have counted."""

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
    """Route the signals; only the main thread can, elsewhere nothing changes."""
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
    """Runs the job and keeps the last progress, or the exception."""

    def __init__(self, worker: Worker, job_id: str) -> None:
        super().__init__(name="scriptune-worker", daemon=True)
        self.worker = worker
        self.job_id = job_id
        self.progress: Progress | None = None
        self.error: BaseException | None = None
        self.over = threading.Event()

    def run(self) -> None:
        try:
            self.worker.run_job(self.job_id, on_progress=self._keep)
        except BaseException as error:  # noqa: BLE001  # raised again in the main thread
            self.error = error
        finally:
            self.over.set()

    def _keep(self, progress: Progress) -> None:
        self.progress = progress


class Feed:
    """What has happened in a job since the last look."""

    def __init__(self, engine: Engine, job: SearchJob) -> None:
        self._engine = engine
        self._job_id = job.id
        self._goal = job.goal
        self._after = job.last_event
        page = engine.trials(job.id, states=tuple(ENDED), sort="-finished_at", limit=_N_RECENT)
        self._recent: deque[Trial] = deque(reversed(page.items), maxlen=_N_RECENT)
        # A new job has none, and asking would load numpy before the worker needs it.
        points = engine.history(job.id) if page.items else []
        self._history: list[float | None] = [point.best for point in points if point.value is not None]

    def look(self, progress: Progress | None, notice: str) -> Moment:
        """Read on in the event log; nothing new while the database is away."""
        try:
            events = self._engine.events(self._job_id, after=self._after, limit=_MAX_EVENTS)
            ended = self._ended(events)
        except StorageUnavailableError:
            return Moment(progress, (), (), tuple(self._recent), tuple(self._history), notice)
        if events:
            self._after = events[-1].seq
        for trial in ended:
            self._recent.append(trial)
            if trial.value is not None:
                self._history.append(self._better(trial.value))
        return Moment(progress, events, ended, tuple(self._recent), tuple(self._history), notice)

    def _ended(self, events: Sequence[Event]) -> list[Trial]:
        """The trials whose last word in these events is that they ended, each once."""
        last: dict[int, str] = {}
        for event in events:
            if event.kind == "trial" and event.number is not None and "state" in event.data:
                last.pop(event.number, None)  # so that the order is that of the last word
                last[event.number] = event.data["state"]
        numbers = [number for number, state in last.items() if TrialState(state) in ENDED]
        if not numbers:
            return []
        # Numbers have no gaps, so a number is an offset.
        first = min(numbers)
        page = self._engine.trials(self._job_id, offset=first, limit=max(numbers) - first + 1)
        by_number = {trial.number: trial for trial in page.items}
        return [by_number[number] for number in numbers if number in by_number and by_number[number].state in ENDED]

    def _better(self, value: float) -> float:
        known = [v for v in self._history[-1:] if v is not None]
        return min([value, *known], key=lambda v: v * self._goal.sign)


def run_in_foreground(engine: Engine, job: SearchJob, view: ProgressView) -> Outcome:
    """Run a job until it ends, is stopped, or a signal makes us leave.

    Raises:
        ScriptuneError: What the worker raised.
    """
    # What the worker logs for servers' operators would run across the live table; people see it as notices.
    logging.getLogger("scriptune").addHandler(logging.NullHandler())
    signals = _Signals()
    worker = Worker(engine.context)
    thread = _WorkerThread(worker, job.id)
    feed = Feed(engine, job)
    acted = 0
    notice = ""
    with _caught(signals):
        view.open(engine.job(job.id))
        thread.start()
        try:
            while not thread.over.wait(_LOOK_EVERY_S):
                if signals.leave or signals.n_interrupts > 2:
                    worker.leave()
                elif signals.n_interrupts > acted:
                    acted = signals.n_interrupts
                    notice = _stop(engine, job, acted)
                view.show(feed.look(thread.progress, notice))
            thread.join()
            view.show(moment := feed.look(thread.progress, notice))
            while moment.events:
                view.show(moment := feed.look(thread.progress, notice))
        finally:
            worker.leave()
            thread.over.wait()
            view.close()
    if thread.error is not None:
        raise thread.error
    return Outcome(engine.job(job.id).job, interrupted=signals.leave or signals.n_interrupts > 0)


def _stop(engine: Engine, job: SearchJob, n_interrupts: int) -> str:
    """Act on Ctrl-C and say what was done."""
    drain = n_interrupts == 1
    try:
        engine.stop(job.id, drain=drain)
    except ConflictError:
        return ""  # it has just ended by itself
    except StorageUnavailableError:
        return "The database does not answer, so the search cannot be stopped now; press Ctrl-C three times to leave."
    if drain:
        return "Stopping: no further trials, the running ones end. Press Ctrl-C again to stop them as well."
    return "Stopping the running trials."
