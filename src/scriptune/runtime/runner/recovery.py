"""Load a running job from the database and the attempt folders, whether it is new or was interrupted."""

from __future__ import annotations

from functools import partial

from scriptune.core.job import JobState
from scriptune.core.trial import Attempt, TrialState
from scriptune.executors.base import Handle
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.log_limit import freed_part
from scriptune.runtime.older_units import decide_older_units
from scriptune.runtime.runner.early_stopping import follow_curve, restore_rule
from scriptune.runtime.runner.outcomes import count_results, learn
from scriptune.runtime.runner.running_job import RunningJob

__all__ = ["recover"]


def recover(job: RunningJob) -> None:
    """Load the trials of a job whose lease we hold: the told history, and attempts that an earlier process started.

    Attempts that wait to be started are found by `Requests`, like those that ``retry`` adds later.
    """
    storage = job.storage
    trials = storage.trials(job.id).items
    for trial in trials:
        job.history.recorded(trial)
    job.n_trials = len(trials)
    decide_older_units(storage, job.settings.home, job.id, trials, job.patterns, job.units)
    by_number = {trial.number: trial for trial in trials}
    for tell in storage.tells(job.id):
        learn(job, tell, by_number[tell.number])
    count_results(job, trials)
    restore_rule(job)
    for attempt in storage.attempts(job.id, states=(TrialState.RUNNING,)):
        _adopt(job, attempt)
    if job.record.state is JobState.QUEUED:
        started_at = job.record.started_at or job.clock()
        with job.transaction() as tx:
            tx.update_job(job.id, state=JobState.RUNNING, started_at=started_at, finished_at=None, message="")


def _adopt(job: RunningJob, attempt: Attempt) -> None:
    """Follow an attempt of an earlier process from where its stored reports end."""
    assert attempt.handle is not None  # stored together with the state
    handle = Handle(job.settings.home / attempt.folder, dict(attempt.handle))
    job.executor.adopt(handle)
    earlier = job.stored_reports(attempt)
    files = job.metric_files(attempt)
    run = RunningAttempt.begin(job.spec, job.patterns, attempt, handle, earlier, units=job.units, files=files)
    run.stored_reports = partial(job.stored_reports, attempt)
    run.freed = freed_part(job.storage.trial(job.id, attempt.number).notices, attempt.attempt)
    run.is_recovered = True
    follow_curve(job, run, earlier)
    job.add_running(run)
