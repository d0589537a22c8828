"""One job: ask, submit, read, tell, until the budget is spent.

A `JobRunner` is built from the database alone, whether the job is new, was interrupted by ``kill -9``, or
lost its database for a while: recovery is the way in, not a special case. Its steps are ordered so that what
is on disk is enough at every instant:

    1. durable transaction: the trial and its attempt, ``waiting``        killed here: it is launched at the next start
    2. the executor starts it; the attempt folder knows                   killed here: submitting again finds it
    3. transaction: ``running``, with the executor's handle               killed here: it is adopted
    4. transactions: reports together with how far the log was read       killed here: reading goes on from there
    5. transaction: the last reports, the end, the value, the tell        killed here: it is finished

Every transaction is fenced by the job's lease. The first is durable, so that after a power failure too no folder
belongs to an attempt that the database does not know. A database that was restored can still be older or newer than
the folders; so a folder counts for an attempt only when it holds the attempt's command, see `handover`.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from scriptune.core.job import JobState, SearchJob
from scriptune.core.notice import Notice
from scriptune.core.trial import ENDED, Attempt, ExitStatus, Tell, Trial, TrialState
from scriptune.errors import ExecutorError, SpaceExhaustedError
from scriptune.executors.base import Executor, Handle, LaunchSpec
from scriptune.executors.command import make_plan
from scriptune.executors.folder import read_command
from scriptune.executors.handover import difference, holds_another
from scriptune.jobfile.stored import load_stored
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import RunningAttempt, attempt_folder, compile_patterns
from scriptune.runtime.history import ToldHistory, enqueued_kind, is_divided
from scriptune.runtime.log_limit import free, freed_notices, freed_part, is_able, part_to_free
from scriptune.runtime.notices import FOLDERS_SET_ASIDE, ResultNotices, kept_notices
from scriptune.runtime.older_units import decide_older_units
from scriptune.runtime.policy.termination import Ending, Outcome, Scoreboard, budget_ending, early_ending
from scriptune.runtime.policy.verdict import Verdict, should_retry
from scriptune.runtime.progress import Progress
from scriptune.runtime.shared_limit import SharedLimit
from scriptune.runtime.stopwatch import SUGGESTIONS
from scriptune.settings import Settings
from scriptune.storage.base import Lease, Storage, Transaction, TrialFilter

__all__ = ["JobRunner"]

_log = logging.getLogger(__name__)

_READ_BYTES = 4 * 1024 * 1024  # per trial and step: a 2 GB log must not keep the other trials waiting
_SAVE_EVERY_S = 0.1  # how old live values of a trial may be
_REQUESTS_EVERY_S = 0.2  # how soon a stop asked from another process is seen
_RENEWALS_PER_TTL = 4  # a lease survives three missed heartbeats
_PATIENCE_S = 900.0  # with the log of a program that has ended; an attack or a network that is away passes earlier
_PATIENCE_STOPPING_S = 10.0  # where the user waits for the end
_LAUNCH_PAUSE_S = 2.0  # between attempts to start something when the system refuses

_NOT_ITS_FOLDER = (
    "Its attempt folder is missing, damaged or holds another command: the database or the folder was restored from "
    "another moment."
)

_LOG_IS_CUT = (
    "Its log is shorter than when the program ended: the folder was restored from a copy, or a power failure took the "
    "end of the log."
)

_ACTIVE = (TrialState.WAITING, TrialState.RUNNING)


class JobRunner:
    """Runs one job whose lease we hold.

    Args:
        settings: Where things are.
        storage: What remembers.
        executor: What runs programs; shared with other runners of this process.
        lease: The right to change the job.
        clock: Gives the aware UTC time.
        limit: On running trials, shared with other runners.
    """

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        executor: Executor,
        lease: Lease,
        clock: Callable[[], datetime],
        limit: SharedLimit | None = None,
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._executor = executor
        self._lease = lease
        self._clock = clock
        self._limit = limit or SharedLimit(None)
        self._job = storage.job(lease.job_id)
        self._spec = load_stored(self._job.document)
        self._plan = make_plan(self._spec)
        self._patterns = compile_patterns(self._spec)
        self._units = MetricUnits.of(self._spec.metrics, self._job.units)
        self._history = ToldHistory(self._spec, self._job.earlier_goals)
        self._scoreboard = Scoreboard(self._spec.objective.goal)
        self._results = ResultNotices(self._spec, self._job.n_trials)
        self._are_notices_due = True
        self._running: dict[int, RunningAttempt] = {}
        self._waiting: deque[Attempt] = deque()
        self._n_trials = 0
        self._n_enqueued = 0
        self._exhausted = False
        self._notice = ""
        self._file_notice = ""
        self._launch_not_before: datetime | None = None
        self._last_request_check: datetime | None = None
        self._last_beat = clock()
        self.done = False
        self._recover()

    # --- recovery: everything is taken from the database and the attempt folders ---------------------------

    def _recover(self) -> None:
        job_id = self._lease.job_id
        trials = self._storage.trials(job_id).items
        for trial in trials:
            self._history.recorded(trial)
        self._n_trials = len(trials)
        decide_older_units(self._storage, self._settings.home, self._job.id, trials, self._patterns, self._units)
        by_number = {trial.number: trial for trial in trials}
        for tell in self._storage.tells(job_id):
            self._learn(tell, by_number[tell.number])
        self._results = ResultNotices(self._spec, self._job.n_trials)
        for trial in trials:
            self._results.add(trial)
        for attempt in self._storage.attempts(job_id, states=_ACTIVE):
            self._recover_attempt(attempt)
        if self._job.state is JobState.QUEUED:
            now = self._clock()
            with self._storage.transaction(self._lease) as tx:
                self._job = tx.update_job(
                    job_id, state=JobState.RUNNING, started_at=self._job.started_at or now, finished_at=None, message=""
                )

    def _recover_attempt(self, attempt: Attempt) -> None:
        folder = self._settings.home / attempt.folder
        if attempt.handle is None:
            self._waiting.append(attempt)
            return
        handle = Handle(folder, dict(attempt.handle))
        self._executor.adopt(handle)
        earlier = self._storage.reports(self._lease.job_id, attempt.number, attempt=attempt.attempt).items
        run = RunningAttempt.begin(self._spec, self._patterns, attempt, handle, earlier, units=self._units)
        run.freed = freed_part(self._storage.trial(self._lease.job_id, attempt.number).notices, attempt.attempt)
        run.is_recovered = True
        self._running[attempt.number] = run
        self._limit.take()

    def _learn(self, tell: Tell, trial: Trial) -> None:
        """Add an entry of the told history to the sampler, to the scoreboard and to what it says of the job."""
        self._history.tell(tell)
        self._scoreboard.add(Outcome.of(tell, trial))

    def _learn_now(self, tell: Tell, trial: Trial) -> None:
        """The same for a trial that has just ended, which may say something of the whole job."""
        self._learn(tell, trial)
        if not self._results.add(trial):
            self._results = ResultNotices(self._spec, self._job.n_trials)
            for other in self._storage.trials(self._lease.job_id, TrialFilter(tuple(ENDED))).items:
                self._results.add(other)
        self._are_notices_due = True

    # --- one step -----------------------------------------------------------------------------------------

    def step(self) -> bool:
        """Do what can be done now, without waiting. Returns whether anything changed.

        Raises:
            LeaseLostError: Another process owns the job; drop this runner.
            StorageUnavailableError: The database is away; drop this runner and build a new one later.
        """
        now = self._clock()
        self._beat(now)
        self._read_requests(now)
        changed = self._harvest(now)
        self._save_notices()
        ending = self._ending()
        if ending is not None:
            changed |= self._wind_up(ending, now)
        else:
            changed |= self._launch(now)
        return changed

    def _save_notices(self) -> None:
        """Store what the results say of the job when that has changed; after a crash it is derived again."""
        if not self._are_notices_due:
            return
        notices = (*self._results.notices, *kept_notices(self._job))
        if notices != self._job.notices:
            with self._storage.transaction(self._lease) as tx:
                self._job = tx.update_job(self._job.id, notices=notices)
        self._are_notices_due = False

    def _beat(self, now: datetime) -> None:
        passed_s = (now - self._last_beat).total_seconds()
        if passed_s < self._settings.lease_ttl_s / _RENEWALS_PER_TTL:
            return
        self._storage.renew(self._lease, now=now, ttl_s=self._settings.lease_ttl_s)
        self._save_active_time(now)

    def _save_active_time(self, now: datetime) -> None:
        """Add the time since the last beat to what counts against ``job_timeout``."""
        with self._storage.transaction(self._lease) as tx:
            self._job = tx.update_job(self._job.id, active_s=self._active_s(now))
        self._last_beat = now

    def _active_s(self, now: datetime) -> float:
        return self._job.active_s + max(0.0, (now - self._last_beat).total_seconds())

    def _read_requests(self, now: datetime) -> None:
        """See what other processes asked for: stop the job or a trial, more trials, retries, enqueued params."""
        last = self._last_request_check
        if last is not None and 0 <= (now - last).total_seconds() < _REQUESTS_EVERY_S:
            return
        self._last_request_check = now
        self._job = self._storage.job(self._lease.job_id)
        if self._job.stop_requested and self._job.state is JobState.RUNNING:
            with self._storage.transaction(self._lease) as tx:
                self._job = tx.update_job(self._job.id, state=JobState.STOPPING)
        if self._job.stop_requested == "now":
            for run in self._running.values():
                self._cancel(run, "job")
        for trial in self._storage.trials(self._lease.job_id, TrialFilter(_ACTIVE)).items:
            if not trial.stop_requested:
                continue
            if trial.number in self._running:
                self._cancel(self._running[trial.number], "trial")
            elif trial.state is TrialState.WAITING:
                self._stop_waiting(trial.number, tell=True)
        self._read_new_attempts()
        self._read_enqueued()

    def _read_new_attempts(self) -> None:
        """See attempts that ``retry`` added meanwhile."""
        known = {attempt.number for attempt in self._waiting} | self._running.keys()
        for attempt in self._storage.attempts(self._lease.job_id, states=(TrialState.WAITING,)):
            if attempt.number not in known:
                self._waiting.append(attempt)

    def _cancel(self, run: RunningAttempt, why: str) -> None:
        if run.exit is not None:
            return
        run.stop = run.stop or why
        if run.is_asked:
            return
        try:
            self._executor.cancel(run.handle)
        except OSError as err:  # asked again with the next look
            self._cannot_look(run, err)
        else:
            run.is_asked = True

    def _stop_waiting(self, number: int, *, tell: bool) -> None:
        """End a trial that has no process yet."""
        attempt = next((a for a in self._waiting if a.number == number), None)
        if attempt is None:
            return
        order = self._order(attempt)
        document = read_command(order.folder)
        if document is not None and not difference(document, order):
            # An earlier process may have started it in its last instant: take it over and end it properly.
            self._follow(attempt, Handle(order.folder))
            self._cancel(self._running[number], "trial" if tell else "job")
            return
        if document is not None:
            self._executor.cancel(Handle(order.folder))  # another command's, of which nobody knows any more
        self._waiting.remove(attempt)
        now = self._clock()
        with self._storage.transaction(self._lease) as tx:
            tx.update_attempt(self._job.id, number, attempt.attempt, state=TrialState.STOPPED, finished_at=now)
            message = "Stopped before it was started."
            trial = tx.update_trial(self._job.id, number, state=TrialState.STOPPED, finished_at=now, message=message)
            told = tx.append_tell(self._job.id, number, None) if tell else None
        if told is not None:
            self._learn_now(told, trial)

    # --- running trials -----------------------------------------------------------------------------------

    def _harvest(self, now: datetime) -> bool:
        changed = False
        self._file_notice = ""
        for run in list(self._running.values()):
            try:
                changed |= self._look(run, now)
            except OSError as err:
                # No descriptor is left, or a network file system is away: that says nothing about the trial.
                changed |= self._look_later(run, err, now)
            else:
                run.unreadable_since = None
        return changed

    def _recognise(self, run: RunningAttempt) -> None:
        """Make sure that the folder of a recovered attempt is the one that was submitted; otherwise it is lost.

        Raises:
            OSError: That cannot be seen now.
        """
        if holds_another(run.handle):
            _log.warning(
                "trial %d of job %s: the folder of attempt %d is missing, damaged or another command's",
                run.number,
                self._job.id,
                run.attempt,
            )
            self._executor.cancel(run.handle)  # what runs there is not followed any more
            run.lose(_NOT_ITS_FOLDER)
        run.is_recovered = False

    def _look(self, run: RunningAttempt, now: datetime) -> bool:
        """Follow one trial; returns whether anything changed.

        Raises:
            OSError: Its files cannot be looked at now. Nothing is lost.
        """
        if run.is_recovered:
            self._recognise(run)
        if run.exit is None:
            if run.stop and not run.is_asked:
                self._cancel(run, run.stop)
            # Asked before the log is read: what the program wrote before its end is then all there.
            run.exit = self._executor.poll(run.handle)
            if run.log_is_cut():
                _log.warning("trial %d of job %s: its log is shorter than it was at the end", run.number, self._job.id)
                run.lose(_LOG_IS_CUT)
            if run.is_read_too_far():
                run.go_back(self._storage.reports(self._job.id, run.number, attempt=run.attempt).items)
        batch = run.read(_READ_BYTES, now)
        self._limit_log(run, now)
        if run.exit is not None and batch.at_end:
            self._finish(run, run.verdict(self._spec.objective.metric, keep_value=run.stop != "job"), now)
            return True
        self._save_reports(run, now)
        if batch.error is not None:
            raise batch.error
        # More of the log is waiting, or the program has not ended.
        return run.exit is not None or bool(batch.reports)

    def _look_later(self, run: RunningAttempt, err: OSError, now: datetime) -> bool:
        """Remember that a trial could not be looked at; give its log up when that has lasted too long."""
        self._cannot_look(run, err)
        run.unreadable_since = run.unreadable_since or now
        stopping = run.stop or self._job.stop_requested == "now"
        patience_s = _PATIENCE_STOPPING_S if stopping else _PATIENCE_S
        if run.exit is None or (now - run.unreadable_since).total_seconds() < patience_s:
            return False
        text = f"Its log could not be read to its end: {err.strerror or err}; scriptune reparse reads it again."
        run.warnings += (text,)
        keep_value = run.stop != "job"
        self._finish(run, run.verdict(self._spec.objective.metric, keep_value=keep_value, unreadable=text), now)
        return True

    def _cannot_look(self, run: RunningAttempt, err: OSError) -> None:
        self._file_notice = f"Trial {run.number} cannot be looked at now, and is tried again: {err.strerror or err}."

    def _save_reports(self, run: RunningAttempt, now: datetime) -> None:
        """Store new reports, not too often: a program may print thousands per second, or end in this instant."""
        run.saved_at = run.saved_at or now
        # The report that decided a unit is the first to be stored: another trial's must not come before it.
        at_once = self._units.known != self._job.units
        if run.is_reread or not run.unsaved:
            return
        if not at_once and 0 <= (now - run.saved_at).total_seconds() < _SAVE_EVERY_S:
            return
        with self._storage.transaction(self._lease) as tx:
            self._add_reports(tx, run)
            tx.update_trial(self._job.id, run.number, metrics=run.metrics, n_reports=sum(run.n_reports.values()))
        run.unsaved = []
        run.stored_offset = run.read_offset
        run.saved_at = now

    def _limit_log(self, run: RunningAttempt, now: datetime) -> None:
        """Free the middle of a log that is too long: stored first, then freed, so that no result is lost.

        Raises:
            OSError: It cannot be done now.
        """
        if run.is_reread or run.is_foreign:
            return
        was_emptied = run.freed is not None and run.read_offset < run.freed.end
        part = part_to_free(self._settings.max_log_bytes, run.read_offset, None if was_emptied else run.freed)
        if (part is None and not was_emptied) or not is_able():
            return
        with self._storage.transaction(self._lease, durable=True) as tx:
            self._add_reports(tx, run)
            notices = freed_notices(tx.trial(self._job.id, run.number).notices, run.attempt, part)
            n_reports = sum(run.n_reports.values())
            tx.update_trial(self._job.id, run.number, metrics=run.metrics, n_reports=n_reports, notices=notices)
        run.unsaved, run.stored_offset, run.saved_at, run.freed = [], run.read_offset, now, part
        if part is not None and not free(run.log, part):
            run.freed = None
            with self._storage.transaction(self._lease) as tx:
                others = freed_notices(tx.trial(self._job.id, run.number).notices, run.attempt, None)
                tx.update_trial(self._job.id, run.number, notices=others)

    def _add_reports(self, tx: Transaction, run: RunningAttempt) -> None:
        if self._units.known != self._job.units:
            self._job = tx.update_job(self._job.id, units=dict(self._units.known))
        if run.is_reread:
            tx.replace_reports(self._job.id, run.number, run.attempt, run.unsaved, run.read_offset)
            return
        tx.add_reports(
            self._job.id,
            run.number,
            run.attempt,
            run.unsaved,
            from_offset=run.stored_offset,
            to_offset=run.read_offset,
        )

    def _finish(self, run: RunningAttempt, verdict: Verdict, now: datetime) -> None:
        """Everything about the end of an attempt, in one transaction."""
        exit = run.exit
        assert exit is not None
        told: Tell | None = None
        again: Attempt | None = None
        should_retry = self._deserves_another(run, verdict)
        with self._storage.transaction(self._lease, durable=should_retry) as tx:
            self._add_reports(tx, run)
            started = _start_of_adopted(exit, tx.trial(self._job.id, run.number))
            tx.update_attempt(
                self._job.id,
                run.number,
                run.attempt,
                state=verdict.state,
                exit=exit,
                **started,
                finished_at=exit.finished_at or now,
                warnings=run.warnings,
            )
            changes: dict[str, Any] = {
                "metrics": run.metrics,
                "n_reports": sum(run.n_reports.values()),
                "report_digest": run.digest.text,
            }
            if should_retry:
                again = self._another_attempt(tx, run, now)
                changes["message"] = verdict.message
                trial = tx.update_trial(self._job.id, run.number, state=TrialState.WAITING, started_at=None, **changes)
            else:
                if run.stop == "trial":
                    changes["stop_requested"] = True  # by the user, or by the target: resuming leaves it as it is
                trial = tx.update_trial(
                    self._job.id,
                    run.number,
                    state=verdict.state,
                    value=verdict.value,
                    cause=verdict.cause,
                    message=verdict.message,
                    finished_at=exit.finished_at or now,
                    **started,
                    **changes,
                )
                if run.stop != "job" or verdict.state is not TrialState.STOPPED:
                    told = tx.append_tell(self._job.id, run.number, verdict.value)
        del self._running[run.number]
        self._limit.give_back()
        if again is not None:
            self._waiting.append(again)
        if told is not None:
            self._learn_now(told, trial)

    def _deserves_another(self, run: RunningAttempt, verdict: Verdict) -> bool:
        if verdict.state is not TrialState.FAILED or run.stop or self._job.stop_requested:
            return False
        attempts = self._storage.attempts(self._job.id, run.number)
        earlier = [a.exit.reason for a in attempts if a.attempt < run.attempt and a.exit is not None]
        return should_retry(verdict.cause, earlier, self._spec.run.retries)

    def _another_attempt(self, tx: Transaction, run: RunningAttempt, now: datetime) -> Attempt:
        number, attempt = run.number, run.attempt + 1
        again = Attempt(
            number, attempt, TrialState.WAITING, attempt_folder(self._job.id, number, attempt), created_at=now
        )
        tx.insert_attempt(self._job.id, again)
        tx.update_trial(self._job.id, number, n_attempts=attempt)
        return again

    # --- the end ------------------------------------------------------------------------------------------

    def _ending(self) -> Ending | None:
        """Why no further trial is started, or None."""
        used_up = self._exhausted or self._n_trials >= self._job.n_trials
        is_over = used_up and not self._waiting and not self._running
        # A request that came behind the last trial's start, and let it end, has cut nothing off.
        if self._job.stop_requested and not (is_over and len(self._scoreboard) == self._n_trials):
            return Ending(JobState.STOPPED, "Stopped by the user; `scriptune resume` goes on.")
        objective, run = self._spec.objective, self._spec.run
        early = early_ending(
            self._scoreboard,
            target=objective.target,
            max_failed=run.max_failed,
            resumed_at_tell=self._job.resumed_at_tell,
            active_s=self._active_s(self._clock()),
            job_timeout_s=run.job_timeout_s,
        )
        if early is not None:
            return early
        if is_over:
            return budget_ending(
                self._scoreboard,
                budget=self._job.n_trials,
                exhausted=self._exhausted,
                is_divided=is_divided(self._spec),
            )
        return None

    def _wind_up(self, ending: Ending, now: datetime) -> bool:
        """Let the search run out: end what must be ended, and close the job when nothing runs any more."""
        for attempt in list(self._waiting):
            self._stop_waiting(attempt.number, tell=False)
        if ending.cut:
            for run in self._running.values():
                self._cancel(run, "trial")
        if self._running or self._waiting:
            return False
        # Whoever asked for more since the last look was told that the search goes on, so it may not end now.
        n_trials = self._job.n_trials
        self._save_active_time(now)
        self._last_request_check = None
        self._read_requests(now)
        if self._waiting or self._job.n_trials != n_trials:
            return True
        with self._storage.transaction(self._lease) as tx:
            if tx.job(self._job.id).n_trials != n_trials:
                return True
            self._job = tx.update_job(
                self._job.id,
                state=ending.state,
                message=ending.message,
                finished_at=now,
                lease_owner=None,
                lease_until=None,
            )
        self.done = True
        return True

    # --- new trials ---------------------------------------------------------------------------------------

    def _launch(self, now: datetime) -> bool:
        """Start at most one trial, so that several jobs of one worker take turns."""
        if len(self._running) >= self._spec.run.parallel or not self._limit.has_room:
            return False
        if self._launch_not_before is not None and now < self._launch_not_before:
            return False
        if not self._waiting and not self._propose(now):
            return False
        return self._start(self._waiting[0])

    def _propose(self, now: datetime) -> bool:
        """Ask the sampler for the next trial and remember it."""
        if self._exhausted or self._n_trials >= self._job.n_trials:
            return False
        number = self._n_trials
        try:
            with SUGGESTIONS.running():
                suggestion = self._history.suggest(number)
        except SpaceExhaustedError:
            # With trials still running this may be final all the same: they are pending, hence tried.
            self._exhausted = True
            return False
        job_id = self._job.id
        trial = Trial(
            number=number,
            params=suggestion.params,
            state=TrialState.WAITING,
            suggestion=suggestion,
            n_told=self._history.n_told,
            n_attempts=1,
            created_at=now,
        )
        attempt = Attempt(number, 1, TrialState.WAITING, attempt_folder(job_id, number, 1), created_at=now)
        # Its folder must not outlive the knowledge of whose it is.
        with self._storage.transaction(self._lease, durable=True) as tx:
            tx.insert_trial(job_id, trial)
            tx.insert_attempt(job_id, attempt)
        self._history.asked(number, suggestion.params, suggestion.phase)
        self._n_trials += 1
        self._waiting.append(attempt)
        return True

    def _read_enqueued(self) -> None:
        page = self._storage.items(enqueued_kind(self._job.id), offset=self._n_enqueued)
        for _, item in page.items:
            self._history.enqueue(dict(item["params"]))
            self._n_enqueued += 1

    def _order(self, attempt: Attempt) -> LaunchSpec:
        return self._plan.launch_spec(
            self._history.params(attempt.number),
            folder=self._settings.home / attempt.folder,
            job_id=self._job.id,
            number=attempt.number,
            attempt=attempt.attempt,
        )

    def _start(self, attempt: Attempt) -> bool:
        """Submit a waiting attempt. Returns whether it runs now."""
        job_id, number = self._job.id, attempt.number
        order = self._order(attempt)
        try:
            if not self._executor.has_room(order):
                self._notice = "Waiting for free slots (run.cpus, run.gpus)."
                return False
            handle = self._executor.submit(order)
        except ExecutorError as err:
            _log.warning("trial %d of job %s cannot be started now: %s", number, job_id, err)
            self._notice = f"Trial {number} cannot be started now: {err}"
            self._launch_not_before = self._clock() + timedelta(seconds=_LAUNCH_PAUSE_S)
            return False
        self._notice = ""
        self._follow(attempt, handle)
        return True

    def _follow(self, attempt: Attempt, handle: Handle) -> None:
        """A waiting attempt was submitted: it is running from now on."""
        job_id, number, now = self._job.id, attempt.number, self._clock()
        with self._storage.transaction(self._lease) as tx:
            stored = tx.update_attempt(
                job_id, number, attempt.attempt, state=TrialState.RUNNING, handle=dict(handle.data), started_at=now
            )
            tx.update_trial(job_id, number, state=TrialState.RUNNING, started_at=now, cause=None, message="")
            if handle.set_aside:
                self._tell_of_folders(tx, number, handle.set_aside)
        self._waiting = deque(a for a in self._waiting if a.number != number)
        self._running[number] = RunningAttempt.begin(self._spec, self._patterns, stored, handle, units=self._units)
        self._limit.take()

    def _tell_of_folders(self, tx: Transaction, number: int, folders: Sequence[Path]) -> None:
        """Leave a notice with the trial, and one with the job, about folders that were set aside for it."""
        names = [str(folder.relative_to(self._settings.home)) for folder in folders]
        others = [notice for notice in tx.trial(self._job.id, number).notices if notice.code != "folder_set_aside"]
        tx.update_trial(self._job.id, number, notices=(*others, Notice("folder_set_aside", {"folders": names})))
        job = tx.job(self._job.id)
        if all(notice.code != FOLDERS_SET_ASIDE for notice in job.notices):  # once; the trials have their own
            notice = Notice(FOLDERS_SET_ASIDE, {"number": number})
            self._job = tx.update_job(self._job.id, notices=(*job.notices, notice))

    # --- for the worker -----------------------------------------------------------------------------------

    @property
    def job(self) -> SearchJob:
        """The job as last seen."""
        return self._job

    @property
    def handles(self) -> list[Handle]:
        """Attempts whose end is worth waking up for."""
        return [run.handle for run in self._running.values() if run.exit is None]

    def leave(self) -> None:
        """Hand the job back and let its trials run on; another process will adopt them."""
        self._save_active_time(self._clock())
        self._storage.release(self._lease)
        self.drop()

    def drop(self) -> None:
        """Give back our part of the shared limit without touching the database."""
        for _ in self._running:
            self._limit.give_back()
        self._running.clear()

    def progress(self) -> Progress:
        """Where the job stands now."""
        summary = self._storage.summary(self._lease.job_id)
        running = self._storage.trials(self._lease.job_id, TrialFilter((TrialState.RUNNING,))).items
        elapsed_s = self._active_s(self._clock())
        n_ended = sum(summary.counts[state] for state in ENDED)
        rate = n_ended / elapsed_s if n_ended and elapsed_s > 0 else None
        left = max(0, summary.job.n_trials - n_ended)
        return Progress(
            summary=summary,
            running=running,
            budget=summary.job.n_trials,
            elapsed_s=elapsed_s,
            trials_per_hour=None if rate is None else 3600 * rate,
            remaining_s=None if rate is None else left / rate,
            notice=self._notice or self._file_notice,
        )


def _start_of_adopted(exit: ExitStatus, trial: Trial) -> dict[str, Any]:
    """When an attempt began that had ended before we found it: not when it was found, after its end."""
    is_late = trial.started_at is not None and exit.finished_at is not None and trial.started_at > exit.finished_at
    return {"started_at": exit.started_at} if is_late and exit.started_at is not None else {}
