"""The data of the views of a running search, read from the event log and the summary."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scriptune.core.job import Event, JobSummary, SearchJob
from scriptune.core.trial import ENDED, Trial, TrialState
from scriptune.engine.engine import Engine
from scriptune.errors import StorageUnavailableError

__all__ = ["Feed", "Moment", "ProgressView", "running_s"]

_MAX_EVENTS = 500  # per look; the rest comes with the next one
_N_RECENT = 50  # ended trials kept for views that show the last ones
_N_RUNNING = 25  # more fit into no terminal, and thousands may run
_SUMMARY_EVERY_S = 1.0  # without new events only the renewal of the lease changes it


@dataclass(frozen=True)
class Moment:
    """The data that a view shows at one refresh.

    Attributes:
        summary: Job, counts, best trial.
        elapsed_s: Seconds that the job has been running.
        running: The newest running trials with their latest metrics, by number; the summary counts all.
        events: The event log since the last look.
        ended: Trials that ended since the last look, in that order.
        recent: The last ended trials, the newest last.
        history: Best value so far after each trial that has ended with a value.
        notices: What the user should know now about waiting and stopping.
    """

    summary: JobSummary
    elapsed_s: float = 0.0
    running: Sequence[Trial] = ()
    events: Sequence[Event] = ()
    ended: Sequence[Trial] = ()
    recent: Sequence[Trial] = ()
    history: Sequence[float | None] = ()
    notices: Sequence[str] = ()


class ProgressView(Protocol):
    """A view of a running search."""

    def open(self, summary: JobSummary) -> None:
        """Called when the search starts or continues."""
        ...

    def show(self, moment: Moment) -> None:
        """Show the current state; called a few times per second."""
        ...

    def close(self) -> None:
        """Called once when the search is over or was left."""
        ...


def running_s(job: SearchJob, now: datetime, lease_ttl_s: float) -> float:
    """Seconds that a job has been running: the stored `active_s` plus the time since the lease was renewed."""
    if job.lease_until is None:
        return job.active_s
    since_renewal_s = lease_ttl_s - (job.lease_until - now).total_seconds()
    return job.active_s + min(max(since_renewal_s, 0.0), lease_ttl_s)


class Feed:
    """Collects what has happened in a job since the last refresh."""

    def __init__(self, engine: Engine, summary: JobSummary) -> None:
        job = summary.job
        self._engine = engine
        self._summary = summary
        self._running: Sequence[Trial] = ()
        self._summary_at: datetime | None = None
        self._after = job.last_event
        page = engine.trials(job.id, states=tuple(ENDED), sort="-finished_at", limit=_N_RECENT)
        self._recent: deque[Trial] = deque(reversed(page.items), maxlen=_N_RECENT)
        # A new job has none, and asking would load numpy before the worker needs it.
        points = engine.history(job.id) if page.items else []
        self._history: list[float | None] = [point.best for point in points if point.value is not None]

    def look(self, notices: Sequence[str] = ()) -> Moment:
        """Read new events; nothing new while the database is unavailable."""
        now = self._engine.clock()
        events: Sequence[Event] = ()
        ended: Sequence[Trial] = ()
        try:
            events = self._engine.events(self._summary.id, after=self._after, limit=_MAX_EVENTS)
            ended = self._ended(events)
            if events or self._is_summary_old(now):
                self._read_summary(now)
        except StorageUnavailableError:
            events, ended = (), ()
        if events:
            self._after = events[-1].seq
        for trial in ended:
            self._recent.append(trial)
            if trial.value is not None:
                self._history.append(self._better(trial.value))
        elapsed_s = running_s(self._summary.job, now, self._engine.settings.lease_ttl_s)
        recent, history = tuple(self._recent), tuple(self._history)
        return Moment(self._summary, elapsed_s, self._running, events, ended, recent, history, notices)

    def _is_summary_old(self, now: datetime) -> bool:
        return self._summary_at is None or (now - self._summary_at).total_seconds() >= _SUMMARY_EVERY_S

    def _read_summary(self, now: datetime) -> None:
        job_id = self._summary.id
        newest = self._engine.trials(job_id, states=(TrialState.RUNNING,), sort="-number", limit=_N_RUNNING)
        self._running = newest.items[::-1]
        self._summary = self._engine.job(job_id)
        self._summary_at = now

    def _ended(self, events: Sequence[Event]) -> list[Trial]:
        """The trials whose last state in these events is an ended one, each once."""
        last: dict[int, str] = {}
        for event in events:
            if event.kind == "trial" and event.number is not None and "state" in event.data:
                last.pop(event.number, None)  # so that the order is that of the last word
                last[event.number] = event.data["state"]
        numbers = [number for number, state in last.items() if TrialState(state) in ENDED]
        if not numbers:
            return []
        page = self._engine.trials(self._summary.id, numbers=numbers)
        by_number = {trial.number: trial for trial in page.items}
        return [by_number[number] for number in numbers if number in by_number and by_number[number].state in ENDED]

    def _better(self, value: float) -> float:
        known = [v for v in self._history[-1:] if v is not None]
        return min([value, *known], key=lambda v: v * self._summary.job.goal.sign)
