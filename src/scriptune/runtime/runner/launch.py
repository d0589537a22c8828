"""Start trials: ask the executor for room, the sampler for params, store the trials, and submit them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from scriptune.core.trial import Attempt, Trial, TrialState
from scriptune.errors import ExecutorError, SpaceExhaustedError
from scriptune.executors.base import Handle
from scriptune.executors.folder import attempt_folder
from scriptune.messages import Message, sentences
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.metric_files import found_states
from scriptune.runtime.notices import FOLDERS_SET_ASIDE
from scriptune.runtime.runner.contact import Waits
from scriptune.runtime.runner.early_stopping import follow_curve, suggest
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.runtime.stopwatch import SUGGESTIONS
from scriptune.storage.base import Transaction

__all__ = ["Launch", "follow"]

_log = logging.getLogger(__name__)

_TURN_S = 0.05  # of processor time for the starts of one step, so that several jobs of one worker take turns
_LONGEST_TURN_S = 0.25  # by the clock, where a start waits for others
_LEAST_S = 1e-6  # where a start takes less than the clock can tell
_LAUNCH_PAUSE_S = 2.0  # between attempts to start something when the system refuses


class Launch:
    """Starts the trials of a job: as many per step as there is room for and as one turn has time for.

    Attributes:
        notice: Why none can be started now, or "".
    """

    def __init__(self, job: RunningJob) -> None:
        self._job = job
        self._not_before: datetime | None = None
        self._start_s = _TURN_S  # processor time of a start in the last step; the first step starts one
        self._waits = Waits(job)
        self.notice = ""

    def start(self, now: datetime) -> bool:
        """Store this step's changes, and start waiting attempts and new trials. Returns whether any was started."""
        job = self._job
        began, until = time.thread_time(), time.monotonic() + _LONGEST_TURN_S
        n = self._room(now)
        while len(job.waiting) < n and self._propose(now) and time.monotonic() < until:
            pass
        job.commit(now)  # what is submitted must be on record
        n_started = 0
        while job.waiting and n_started < n and self._submit(job.waiting[0]):
            n_started += 1
            if time.monotonic() > until:
                break  # the others are started by the next step
        self._waits.note(self.notice)
        if n_started < n and not self.notice:
            self.notice = self._waits_for_earlier()
        if n_started:
            self._start_s = (time.thread_time() - began) / n_started
        return n_started > 0

    def _room(self, now: datetime) -> int:
        """How many trials this step may start. Asked before the sampler, so that params wait for nothing."""
        job = self._job
        if self._not_before is not None and now < self._not_before:
            return 0
        left = len(job.waiting) + job.n_open
        wanted = job.limit.room(min(job.spec.run.parallel - len(job.running), left))
        if wanted <= 0:
            self.notice = ""
            return 0
        room = job.executor.room(job.sample, wanted)
        self.notice = "" if room else job.executor.why(job.sample)
        return min(room, max(int(_TURN_S / max(self._start_s, _LEAST_S)), 1))

    def _propose(self, now: datetime) -> bool:
        """Ask the sampler for the next trial, to be stored with this step."""
        job = self._job
        if not job.n_open:
            return False
        number = job.n_trials
        if not job.history.may_suggest(number) and (job.running or job.waiting):
            return False
        try:
            with SUGGESTIONS.running():
                suggestion = suggest(job, number)
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
            waits=Message("trial.waits_to_start"),
            created_at=now,
        )
        attempt = Attempt(number, 1, TrialState.WAITING, attempt_folder(job.id, number, 1), created_at=now)
        # Its folder must not outlive the knowledge of whose it is.
        job.later(partial(_insert, job.id, trial, attempt), durable=True)
        job.history.asked(number, suggestion.params, suggestion.phase, suggestion.fixed)
        job.n_trials += 1
        job.waiting.append(attempt)
        return True

    def _waits_for_earlier(self) -> str:
        """Why the sampler of an ordered search cannot be asked yet, or ""."""
        job = self._job
        number, history = job.n_trials, job.history
        if not job.n_open or history.may_suggest(number):
            return ""
        return Message("job.ordered_waits", number=number, earlier=history.n_settled)

    def _submit(self, attempt: Attempt) -> bool:
        """Submit a waiting attempt. Returns whether it runs now."""
        job, number = self._job, attempt.number
        try:
            attempt = _note_found(job, attempt)
            handle = job.executor.submit(job.launch_spec(attempt))
        except OSError as err:  # a metric file that cannot be looked at now
            self.notice = Message("job.trial_waits", number=number, why=f"{err.strerror or err}: {err.filename}")
            self._not_before = job.clock() + timedelta(seconds=_LAUNCH_PAUSE_S)
            return False
        except ExecutorError as err:
            _log.warning("trial %d of job %s cannot be started now: %s", number, job.id, err)
            self.notice = Message("job.trial_waits", number=number, why=sentences(err.message, err.hint or ""))
            self._not_before = job.clock() + timedelta(seconds=_LAUNCH_PAUSE_S)
            return False
        follow(job, attempt, handle)
        return True


def _note_found(job: RunningJob, attempt: Attempt) -> Attempt:
    """Store what is in files outside of the trial's own folder before its program writes to them.

    Raises:
        OSError: This cannot be determined now.
    """
    found = {} if attempt.sources else found_states(job.metric_files(attempt))
    if not found:
        return attempt
    with job.transaction(durable=True) as tx:
        attempt = tx.update_attempt(job.id, attempt.number, attempt.attempt, sources=found)
    job.waiting[0] = attempt
    return attempt


def follow(job: RunningJob, attempt: Attempt, handle: Handle) -> None:
    """Follow a submitted attempt; that it runs is stored with the next changes, as a new runner would find out."""
    now = job.clock()
    started = replace(
        attempt,
        state=TrialState.RUNNING,
        handle=dict(handle.data),
        started_at=now,
        placed=job.executor.place(handle),
        contact_at=now,
    )
    job.later(partial(_mark, job, started, handle.set_aside), urgent=bool(handle.set_aside))
    if job.waiting and job.waiting[0] is attempt:  # a thousand may wait
        job.waiting.popleft()
    else:
        job.waiting.remove(attempt)
    files = job.metric_files(started)
    run = RunningAttempt.begin(job.spec, job.patterns, started, handle, units=job.units, files=files)
    run.stored_reports = partial(job.stored_reports, started)
    follow_curve(job, run)
    job.add_running(run)


def _insert(job_id: str, trial: Trial, attempt: Attempt, tx: Transaction) -> None:
    tx.insert_trial(job_id, trial)
    tx.insert_attempt(job_id, attempt)


def _mark(job: RunningJob, started: Attempt, set_aside: Sequence[Path], tx: Transaction) -> None:
    """Store that an attempt runs, and where the executor finds it."""
    number, state, at, place = started.number, started.state, started.started_at, started.placed
    tx.update_attempt(
        job.id, number, started.attempt, state=state, handle=started.handle, started_at=at, placed=place, contact_at=at
    )
    tx.update_trial(job.id, number, state=state, started_at=at, place=place, contact_at=at, cause=None, message="")
    if set_aside:
        _note_folders(job, tx, number, set_aside)


def _note_folders(job: RunningJob, tx: Transaction, number: int, folders: Sequence[Path]) -> None:
    """Add notices to the trial and the job about folders that were set aside."""
    names = [str(folder.relative_to(job.settings.home)) for folder in folders]
    others = [notice for notice in tx.trial(job.id, number).notices if notice.code != "notice.folder_set_aside"]
    tx.update_trial(job.id, number, notices=(*others, Message("notice.folder_set_aside", folders=names)))
    notices = tx.job(job.id).notices
    if all(notice.code != FOLDERS_SET_ASIDE for notice in notices):  # once; the trials have their own
        tx.update_job(job.id, notices=(*notices, Message("notice.folders_set_aside", number=number)))
