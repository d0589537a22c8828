"""Stop a trial early, whether it is running or waiting."""

from __future__ import annotations

from functools import partial

from scriptune.core.trial import Attempt, Tell, Trial, TrialState
from scriptune.executors.base import Handle
from scriptune.executors.folder import read_command
from scriptune.executors.handover import difference
from scriptune.messages import Message
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.runner.launch import follow
from scriptune.runtime.runner.outcomes import learn_now
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.storage.base import Transaction

__all__ = ["cancel", "stop_waiting"]


def cancel(job: RunningJob, run: RunningAttempt, why: str) -> None:
    """Ask the executor to end a running attempt; it is harvested once it has ended.

    Args:
        job: Its job.
        run: The attempt.
        why: ``"trial"`` (its value counts) or ``"job"`` (it will run again); the first reason stays.
    """
    if run.exit is not None:
        return
    run.stop = run.stop or why
    if run.is_asked:
        return
    try:
        job.executor.cancel(run.handle)
    except OSError as err:  # asked again with the next look
        job.note_unreadable(run, err)
        job.again.add(run.number)
    else:
        run.is_asked = True


def stop_waiting(job: RunningJob, number: int, *, tell: bool) -> None:
    """End a trial that has no process yet; does nothing if it is not waiting.

    Args:
        job: Its job.
        number: The trial.
        tell: Whether it counts as tried; otherwise it runs when the job is resumed.
    """
    attempt = next((waiting for waiting in job.waiting if waiting.number == number), None)
    if attempt is None:
        return
    launch_spec = job.launch_spec(attempt)
    document = read_command(launch_spec.folder)
    if document is not None and not difference(document, launch_spec):
        # An earlier process may have started it in its last instant: take it over and end it properly.
        follow(job, attempt, Handle(launch_spec.folder))
        cancel(job, job.running[number], "trial" if tell else "job")
        return
    if document is not None:
        job.executor.cancel(Handle(launch_spec.folder))  # another command's, of which no one knows any more
    job.waiting.remove(attempt)
    job.later(partial(_write_stopped, job, attempt, tell=tell))
    if tell:
        stopped = Trial(number, job.history.params(number), TrialState.STOPPED, message=_not_started())
        learn_now(job, Tell(job.history.n_told, number, None), stopped)


def _not_started() -> Message:
    return Message("trial.stopped_before_start")


def _write_stopped(job: RunningJob, attempt: Attempt, tx: Transaction, *, tell: bool) -> None:
    now, number = job.clock(), attempt.number
    tx.update_attempt(job.id, number, attempt.attempt, state=TrialState.STOPPED, finished_at=now)
    tx.update_trial(job.id, number, state=TrialState.STOPPED, finished_at=now, message=_not_started())
    if tell:
        tx.append_tell(job.id, number, None)
