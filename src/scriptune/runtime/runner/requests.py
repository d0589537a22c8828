"""Requests of other processes to a running job: stop, other limits, more trials, retries, enqueued params."""

from __future__ import annotations

from datetime import datetime

from scriptune.core.job import JobState
from scriptune.core.trial import TrialState
from scriptune.runtime.history import enqueued_kind
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.runtime.runner.stop import cancel, stop_waiting

__all__ = ["Requests"]

_REQUESTS_EVERY_S = 0.2  # how soon a stop asked from another process is seen


class Requests:
    """Polls the requests that verbs leave in the database, a few times per second."""

    def __init__(self, job: RunningJob) -> None:
        self._job = job
        self._last_read: datetime | None = None
        self._n_enqueued = 0

    def read(self, now: datetime) -> None:
        """Poll if the last time is long enough ago."""
        last = self._last_read
        if last is None or not 0 <= (now - last).total_seconds() < _REQUESTS_EVERY_S:
            self.read_now(now)

    def read_now(self, now: datetime) -> None:
        """Read the new requests and carry them out."""
        self._last_read = now
        job = self._job
        if job.is_urgent:
            job.flush()  # else what has just ended would seem to wait
        job.record = job.storage.job(job.id)
        job.follow_changes()
        self._read_new_attempts()
        job.set_timeouts()
        self._stop_job()
        self._stop_trials()
        self._read_enqueued()

    def _read_new_attempts(self) -> None:
        """Load attempts to be started: those from before this process, and those added by ``retry``."""
        job = self._job
        known = {attempt.number for attempt in job.waiting} | job.running.keys()
        for attempt in job.storage.attempts(job.id, states=(TrialState.WAITING,)):
            if attempt.number not in known:
                job.waiting.append(attempt)

    def _stop_job(self) -> None:
        job = self._job
        if job.record.stop_requested and job.record.state is JobState.RUNNING:
            job.later(lambda tx: tx.update_job(job.id, state=JobState.STOPPING))
        if job.record.stop_requested == "now":
            for run in job.running.values():
                cancel(job, run, "job")

    def _stop_trials(self) -> None:
        job = self._job
        for number in job.storage.stop_requests(job.id):
            if number in job.running:
                cancel(job, job.running[number], "trial")
            else:
                stop_waiting(job, number, tell=True)

    def _read_enqueued(self) -> None:
        job = self._job
        for _, item in job.storage.items(enqueued_kind(job.id), offset=self._n_enqueued).items:
            for params in item["many"] if "many" in item else [item["params"]]:  # one each before 0.2.0
                job.history.enqueue(dict(params))
            self._n_enqueued += 1
