"""Start trials: ask the sampler, store the trial, submit it to the executor."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from scriptune.core.trial import Attempt, Trial, TrialState
from scriptune.errors import ExecutorError, SpaceExhaustedError
from scriptune.executors.base import Handle
from scriptune.executors.folder import attempt_folder
from scriptune.messages import Message, sentences
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.notices import FOLDERS_SET_ASIDE
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.runtime.stopwatch import SUGGESTIONS
from scriptune.storage.base import Transaction

__all__ = ["Launch", "follow"]

_log = logging.getLogger(__name__)

_LAUNCH_PAUSE_S = 2.0  # between attempts to start something when the system refuses


class Launch:
    """Starts the trials of a job, one per step, so that several jobs of one worker take turns.

    Attributes:
        notice: Why none can be started now, or "".
    """

    def __init__(self, job: RunningJob) -> None:
        self._job = job
        self._not_before: datetime | None = None
        self.notice = ""

    def start_next(self, now: datetime) -> bool:
        """Start the next waiting attempt, or else a new trial. Returns whether one was started."""
        job = self._job
        if len(job.running) >= job.spec.run.parallel or not job.limit.has_room:
            return False
        if self._not_before is not None and now < self._not_before:
            return False
        if not job.waiting and not self._propose(now):
            return False
        return self._start(job.waiting[0])

    def _propose(self, now: datetime) -> bool:
        """Ask the sampler for the next trial and store it."""
        job = self._job
        if job.is_exhausted or job.n_trials >= job.record.n_trials:
            return False
        number = job.n_trials
        if not job.history.may_suggest(number) and (job.running or job.waiting):
            return False
        try:
            with SUGGESTIONS.running():
                suggestion = job.history.suggest(number)
        except SpaceExhaustedError:
            # With trials still running this may be final all the same: they are pending, hence tried.
            job.is_exhausted = True
            return False
        trial = Trial(
            number=number,
            params=suggestion.params,
            state=TrialState.WAITING,
            suggestion=suggestion,
            n_told=job.history.n_told,
            n_attempts=1,
            created_at=now,
        )
        attempt = Attempt(number, 1, TrialState.WAITING, attempt_folder(job.id, number, 1), created_at=now)
        # Its folder must not outlive the knowledge of whose it is.
        with job.transaction(durable=True) as tx:
            tx.insert_trial(job.id, trial)
            tx.insert_attempt(job.id, attempt)
        job.history.asked(number, suggestion.params, suggestion.phase)
        job.n_trials += 1
        job.waiting.append(attempt)
        return True

    def _start(self, attempt: Attempt) -> bool:
        """Submit a waiting attempt. Returns whether it runs now."""
        job, number = self._job, attempt.number
        launch_spec = job.launch_spec(attempt)
        try:
            if not job.executor.room(launch_spec, 1):
                self.notice = job.executor.why(launch_spec)
                return False
            handle = job.executor.submit(launch_spec)
        except ExecutorError as err:
            _log.warning("trial %d of job %s cannot be started now: %s", number, job.id, err)
            self.notice = Message("job.trial_waits", number=number, why=sentences(err.message, err.hint or ""))
            self._not_before = job.clock() + timedelta(seconds=_LAUNCH_PAUSE_S)
            return False
        self.notice = ""
        follow(job, attempt, handle)
        return True


def follow(job: RunningJob, attempt: Attempt, handle: Handle) -> None:
    """Record that a submitted attempt is running."""
    number, now = attempt.number, job.clock()
    with job.transaction() as tx:
        stored = tx.update_attempt(
            job.id, number, attempt.attempt, state=TrialState.RUNNING, handle=dict(handle.data), started_at=now
        )
        tx.update_trial(job.id, number, state=TrialState.RUNNING, started_at=now, cause=None, message="")
        if handle.set_aside:
            _note_folders(job, tx, number, handle.set_aside)
    job.waiting = deque(other for other in job.waiting if other.number != number)
    job.add_running(RunningAttempt.begin(job.spec, job.patterns, stored, handle, units=job.units))


def _note_folders(job: RunningJob, tx: Transaction, number: int, folders: Sequence[Path]) -> None:
    """Add notices to the trial and the job about folders that were set aside."""
    names = [str(folder.relative_to(job.settings.home)) for folder in folders]
    others = [notice for notice in tx.trial(job.id, number).notices if notice.code != "notice.folder_set_aside"]
    tx.update_trial(job.id, number, notices=(*others, Message("notice.folder_set_aside", folders=names)))
    notices = tx.job(job.id).notices
    if all(notice.code != FOLDERS_SET_ASIDE for notice in notices):  # once; the trials have their own
        job.record = tx.update_job(job.id, notices=(*notices, Message("notice.folders_set_aside", number=number)))
