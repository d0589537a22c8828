"""Completion of a search: why no further trial starts, and closing the job once nothing runs."""

from __future__ import annotations

from datetime import datetime

from scriptune.core.job import JobState
from scriptune.messages import Message
from scriptune.runtime.history import is_divided
from scriptune.runtime.policy.budget import budget_of
from scriptune.runtime.policy.termination import Ending, budget_ending, early_ending
from scriptune.runtime.runner.heartbeat import Heartbeat
from scriptune.runtime.runner.requests import Requests
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.runtime.runner.stop import cancel, stop_waiting

__all__ = ["close_job", "ending_of", "wind_up"]


def ending_of(job: RunningJob, active_s: float) -> Ending | None:
    """Why the job starts no further trial, or None.

    Args:
        job: The job.
        active_s: Seconds that it has been running.
    """
    is_over = not (job.n_open or job.waiting or job.running)
    # A request that came behind the last trial's start, and let it end, has cut nothing off.
    if job.record.stop_requested and not (is_over and len(job.scoreboard) == job.n_trials):
        return Ending(JobState.STOPPED, Message("job.stopped_by_user"))
    early = early_ending(
        job.scoreboard,
        target=job.spec.objective.target,
        max_failed=job.spec.run.max_failed,
        resumed_at_tell=job.record.resumed_at_tell,
        active_s=active_s,
        job_timeout_s=job.spec.run.job_timeout_s,
        patience=job.spec.search.patience,
        min_gain=job.spec.search.min_gain,
    )
    if early is not None:
        return early
    if is_over:
        return budget_ending(
            job.scoreboard,
            budget=job.record.n_trials,
            trainings=budget_of(job.record, job.spec),
            exhausted=job.is_exhausted,
            is_divided=is_divided(job.spec),
        )
    return None


def wind_up(job: RunningJob, ending: Ending) -> bool:
    """End the running trials if required; returns whether nothing runs any more."""
    for attempt in list(job.waiting):
        stop_waiting(job, attempt.number, tell=False)
    if ending.cut:
        for run in job.running.values():
            cancel(job, run, "trial")
    return not job.running and not job.waiting


def close_job(job: RunningJob, ending: Ending, heartbeat: Heartbeat, requests: Requests, now: datetime) -> bool:
    """Store that the job has ended and release its lease; False if new requests arrived meanwhile."""
    # Those who asked for more since the last look were told that the search continues, so it may not end now.
    n_trials = job.record.n_trials
    requests.read_now(now)
    if job.waiting or job.record.n_trials != n_trials:
        return False
    heartbeat.count(now)
    with job.transaction() as tx:
        if tx.job(job.id).n_trials != n_trials:
            return False
        tx.update_job(
            job.id,
            state=ending.state,
            message=ending.message,
            finished_at=now,
            lease_owner=None,
            lease_until=None,
        )
    return True
