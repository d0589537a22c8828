"""The loop of one job: ask, submit, read, tell, until the budget is spent.

A `JobRunner` is built from the database alone, whether the job is new, was interrupted by ``kill -9``, or
lost its database for a while: recovery is the way in, not a special case. A step stores everything in one transaction,
and submits only after it, so that what is on disk is enough at every instant:

    in memory          logs are read, ends judged, the sampler told     killed here: all of it is derived again
                       and asked for the next trials
    one transaction    reports and how far their logs were read,        killed here: ended trials are finished, trials
                       ends, values, tells, the trials of the last      of the last step followed, and those stored
                       step that run (with the executor's handles),     ``waiting`` are launched at the next start
                       and new trials and attempts, ``waiting``
    the executor       starts each of these; the attempt folder knows   killed here: a trial that is stored as
                                                                        ``waiting`` is submitted again, which finds it

`launch` asks and submits, `reports` and `finish` store, `recovery` finds what a process that was killed has left. Every
transaction is fenced by the job's lease. One with new attempts is durable, so that after a power failure too no folder
belongs to an attempt that the database does not know. A database that was restored can still be older or newer than
the folders; so a folder counts for an attempt only when it holds the attempt's command, see `handover`. See design
note 9.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from scriptune.core.job import ExecutorSpec, SearchJob
from scriptune.executors.base import Executor
from scriptune.runtime.runner.completion import close_job, ending_of, wind_up
from scriptune.runtime.runner.harvest import harvest
from scriptune.runtime.runner.heartbeat import Heartbeat
from scriptune.runtime.runner.launch import Launch
from scriptune.runtime.runner.outcomes import save_notices
from scriptune.runtime.runner.recovery import recover
from scriptune.runtime.runner.requests import Requests
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.runtime.shared_limit import SharedLimit
from scriptune.settings import Settings
from scriptune.storage.base import Lease, Storage

__all__ = ["JobRunner"]


class JobRunner:
    """Runs one job whose lease we hold.

    Args:
        settings: Where things are.
        storage: The database.
        executor: Gives the executor for a value of ``run.executor``; shared with other runners of this process.
        lease: The right to change the job.
        clock: Gives the aware UTC time.
        limit: On running trials, shared with other runners.

    Attributes:
        done: Whether the job has ended.
    """

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        executor: Callable[[ExecutorSpec], Executor],
        lease: Lease,
        clock: Callable[[], datetime],
        limit: SharedLimit | None = None,
    ) -> None:
        since = clock()
        self._job = RunningJob.load(settings, storage, executor, lease, clock, limit or SharedLimit(None))
        recover(self._job)
        self._heartbeat = Heartbeat(self._job, since)
        self._requests = Requests(self._job)
        self._launch = Launch(self._job)
        self.done = False

    def step(self, news: Collection[Path] | None = None) -> bool:
        """Do what can be done now, without waiting. Returns whether there is more to do at once.

        Args:
            news: As `Executor.wait` returned them; those of other jobs do no harm. None: look at all running trials.

        Raises:
            LeaseLostError: Another process owns the job; drop this runner.
            StorageUnavailableError: The database is away; drop this runner and build a new one later.
        """
        job = self._job
        now = job.clock()
        self._requests.read(now)
        self._heartbeat.beat(now)
        changed = harvest(job, now, news)
        save_notices(job)
        ending = ending_of(job, self._heartbeat.active_s(job.clock()))
        if ending is None:
            return self._launch.start(now) or changed
        if wind_up(job, ending):
            self.done = close_job(job, ending, self._heartbeat, self._requests, now)
            return True
        job.commit(now)
        return changed

    # --- for the worker -----------------------------------------------------------------------------------

    @property
    def job(self) -> SearchJob:
        """The job as last seen."""
        return self._job.record

    @property
    def notice(self) -> str:
        """Why something cannot be done now, or ""."""
        return self._launch.notice or self._job.file_notice

    def leave(self) -> None:
        """Release the job while its trials continue; another process will adopt them."""
        self._heartbeat.count(self._job.clock())
        self._job.flush()
        self._job.storage.release(self._job.lease)
        self.drop()

    def drop(self) -> None:
        """Release this job's part of the shared limit without touching the database."""
        for number in list(self._job.running):
            self._job.remove_running(number)
