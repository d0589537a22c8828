"""The worker: runs one job in the foreground, or every job of an installation inside a server.

A worker is one thread with one executor for each that its jobs name. It gives its jobs turns, one step each, and
between the turns sleeps until an executor has news or a fraction of a second has passed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from scriptune.core.job import UNFINISHED_JOB, JobState, SearchJob
from scriptune.errors import (
    CommandError,
    ConflictError,
    ExecutorError,
    LeaseLostError,
    NotFoundError,
    SamplerError,
    StoppingRuleError,
    StorageUnavailableError,
)
from scriptune.messages import Message
from scriptune.regular_files import is_absent
from scriptune.runtime.context import Context
from scriptune.runtime.executors import Executors
from scriptune.runtime.lease import is_dead, is_worked_on, this_process
from scriptune.runtime.runner.runner import JobRunner
from scriptune.runtime.shared_limit import SharedLimit
from scriptune.storage.base import JobFilter, Lease

__all__ = ["Worker"]

_log = logging.getLogger(__name__)

_IDLE_S = 0.1  # how long new log lines and requests may lie unread
_LOOK_FOR_JOBS_EVERY_S = 0.5
# While no job is unfinished. Verbs of this process wake the worker; only jobs that another process adds wait so long.
# Waking up costs Python half a millisecond of cpu on an idle machine, whatever is done then.
_LOOK_FOR_FIRST_JOB_EVERY_S = 2.0
_STORAGE_PAUSES_S = (0.5, 1.0, 2.0, 5.0)  # between tries while the database is away


class Worker:
    """Runs jobs of one installation.

    Args:
        context: The installation.
        max_parallel: Trials at once over all jobs; None: each job's own limit only.

    Attributes:
        runners: Of the jobs that it works on, by job.
        notice: Why the job in the foreground cannot do something now, for people, or "".
    """

    def __init__(self, context: Context, *, max_parallel: int | None = None) -> None:
        self._context = context
        self._owner = this_process()
        self._limit = SharedLimit(max_parallel)
        self._executors = Executors(context.make_executor)
        self._leaving = threading.Event()
        self._refused: dict[str, str] = {}
        self._last_event: int | None = None  # of all jobs, at the last look for work
        self._unfinished = frozenset[str]()  # jobs, at the last look
        self.runners: dict[str, JobRunner] = {}
        self.notice = ""

    # --- one job in the foreground --------------------------------------------------------------------------

    def run_job(self, job_id: str, *, on_step: Callable[[], None] = lambda: None) -> SearchJob:
        """Run a job until it ends, is stopped, or `leave` is called.

        Args:
            job_id: The job.
            on_step: Called after every step from this thread.

        Returns:
            The job as it is then.

        Raises:
            ConflictError: Another live process works on it.
            LeaseLostError: Another process took the job over, because this one was suspended for too long.
        """
        pauses = iter(_STORAGE_PAUSES_S)
        news = frozenset[Path]()
        try:
            while not self._leaving.is_set():
                try:
                    runner = self._runner_for(job_id)
                    if runner is None:
                        break
                    changed = self._step(runner, news)
                    pauses = iter(_STORAGE_PAUSES_S)
                    self.notice = runner.notice
                    on_step()
                    if runner.done:
                        break
                    news = self._executors.wait(0.0 if changed else _IDLE_S)
                except StorageUnavailableError as err:
                    self._pause(job_id, Message("job.waiting_for_database", why=err.message), pauses)
                except _PassingError as err:
                    self._pause(job_id, Message("job.waiting_for_system", why=err), pauses)
        except LeaseLostError:
            self._drop(job_id)
            raise
        finally:
            self._leave_all()
        return self._context.storage.job(job_id)

    def _pause(self, job_id: str, notice: str, pauses: Iterator[float]) -> None:
        """Drop the job's runner for a while; a new one continues from the stored state."""
        self._drop(job_id)
        self.notice = notice
        _log.warning("%s", notice)
        self._leaving.wait(next(pauses, _STORAGE_PAUSES_S[-1]))

    def _step(self, runner: JobRunner, news: frozenset[Path]) -> bool:
        """Do one step of a job. A runner that misses news looks at all its trials when it is built again.

        Raises:
            _PassingError: The system refused something that has nothing to do with the job. A new runner continues
                from the database and the attempt folders, as after a crash.
        """
        try:
            return runner.step(news)
        except OSError as err:
            raise _PassingError(_reason(err)) from err

    def _runner_for(self, job_id: str) -> JobRunner | None:
        """The job's runner, created if needed; None if the job has ended."""
        runner = self.runners.get(job_id)
        if runner is None:
            if self._context.storage.job(job_id).state not in UNFINISHED_JOB:
                return None
            lease = self._claim(job_id)
            if lease is None:
                raise ConflictError(Message("job.run_elsewhere", job=job_id[:8]))
            runner = self.runners[job_id] = self._new_runner(lease)
        return runner

    def _new_runner(self, lease: Lease) -> JobRunner:
        context = self._context
        try:
            return JobRunner(context.settings, context.storage, self._executors.of, lease, context.clock, self._limit)
        except OSError as err:
            raise _PassingError(_reason(err)) from err
        except CommandError as err:
            cause = err.__cause__
            if isinstance(cause, OSError) and not is_absent(cause):  # a template that cannot be read now
                raise _PassingError(_reason(cause)) from err
            raise

    def _claim(self, job_id: str) -> Lease | None:
        """Claim a job's lease, including one that our engine holds for us or that a dead process left."""
        context = self._context
        holder = context.storage.job(job_id).lease_owner
        is_ours = holder is not None and (holder == context.owner or is_dead(holder))
        return context.storage.claim(
            job_id,
            self._owner,
            now=context.clock(),
            ttl_s=context.settings.lease_ttl_s,
            even_from=holder if is_ours else None,
        )

    def _drop(self, job_id: str) -> None:
        runner = self.runners.pop(job_id, None)
        if runner is not None:
            runner.drop()

    def leave(self) -> None:
        """Stop working soon, from any thread or signal handler: leases are released, trials continue."""
        self._leaving.set()
        self._context.new_work.set()

    def _leave_all(self) -> None:
        for runner in self.runners.values():
            if not runner.done:
                # The database may be away; the lease then simply runs out.
                with suppress(StorageUnavailableError, LeaseLostError, NotFoundError):
                    runner.leave()
        self.runners.clear()
        self._executors.close()

    # --- all jobs, inside a server --------------------------------------------------------------------------

    def serve(self, stop: threading.Event) -> None:
        """Run every job that no other process runs, in turns, until ``stop`` is set; trials continue afterwards.

        Who sets ``stop`` sets the context's ``new_work`` too, or waits for two seconds.
        """
        self._context.is_served = True
        look_at = 0.0
        pauses = iter(_STORAGE_PAUSES_S)
        news = frozenset[Path]()
        try:
            while not stop.is_set() and not self._leaving.is_set():
                try:
                    if time.monotonic() >= look_at:
                        self._take_jobs()
                        look_at = time.monotonic() + _LOOK_FOR_JOBS_EVERY_S
                    changed = self._turn(news)
                    pauses = iter(_STORAGE_PAUSES_S)
                    news = self._executors.wait(0.0 if changed or not self.runners else _IDLE_S)
                    if not self.runners:
                        look_at = 0.0
                        self._context.new_work.wait(
                            _LOOK_FOR_JOBS_EVERY_S if self._unfinished else _LOOK_FOR_FIRST_JOB_EVERY_S
                        )
                        self._context.new_work.clear()
                except StorageUnavailableError as err:
                    _log.warning("waiting for the database: %s", err.message)
                    for job_id in list(self.runners):
                        self._drop(job_id)
                    stop.wait(next(pauses, _STORAGE_PAUSES_S[-1]))
        finally:
            self._leave_all()

    def _take_jobs(self) -> None:
        """Claim queued jobs, and jobs of processes that died."""
        context = self._context
        # A server looks again and again, for months: one row shows it that no job came, changed or was resumed. Jobs of
        # other processes change hands without an event.
        last_event = context.storage.newest_events(())[None]
        if last_event == self._last_event and self._unfinished <= self.runners.keys():
            return
        while lease := context.storage.claim_next(self._owner, now=context.clock(), ttl_s=context.settings.lease_ttl_s):
            self._add(lease)
        unfinished = context.storage.jobs(JobFilter(states=UNFINISHED_JOB), limit=1000).items
        self._last_event, self._unfinished = last_event, frozenset(summary.job.id for summary in unfinished)
        for summary in unfinished:
            job = summary.job
            is_dropped = job.lease_owner == self._owner
            if job.id not in self.runners and (
                is_dropped or (job.lease_owner and not is_worked_on(job, context.clock()))
            ):
                lease = self._claim(job.id)
                if lease is not None:
                    self._add(lease)

    def _add(self, lease: Lease) -> None:
        if lease.job_id in self.runners:
            return
        try:
            self.runners[lease.job_id] = self._new_runner(lease)
        except StorageUnavailableError:
            raise
        except _PassingError as err:
            self._take_up_later(lease.job_id, err)
        except (ExecutorError, SamplerError, StoppingRuleError) as err:
            # What it names came from a package that is not installed any more; the other jobs have theirs.
            self._fail(lease.job_id, lease, Message("job.cannot_continue", why=err.whole))
        except Exception:  # noqa: BLE001 - the top of a loop: one broken job must not stop the others
            self._fail(lease.job_id, lease)

    def _turn(self, news: frozenset[Path]) -> bool:
        """Do one step of every job. An unexpected error fails only the job concerned."""
        changed = False
        for job_id, runner in list(self.runners.items()):
            try:
                changed |= self._step(runner, news)
            except (LeaseLostError, NotFoundError) as err:
                _log.warning("job %s is not held by this process any more: %s", job_id, err)
                self._drop(job_id)
                continue
            except StorageUnavailableError:
                raise
            except _PassingError as err:
                self._take_up_later(job_id, err)
                continue
            except Exception:  # noqa: BLE001 - as in _add
                self._drop(job_id)
                self._fail(job_id, Lease(job_id, self._owner))
                continue
            if runner.done:
                del self.runners[job_id]
        return changed

    def _take_up_later(self, job_id: str, err: _PassingError) -> None:
        """Retry a job later, keeping its lease."""
        self._drop(job_id)
        if self._refused.get(job_id) != str(err):
            self._refused[job_id] = str(err)  # said once: it may come twice a second
            said = "job %s will be retried soon: the system refuses an operation that the search needs (%s)"
            _log.warning(said, job_id, err)

    def _fail(self, job_id: str, lease: Lease, message: str = "") -> None:
        """Fail a job; its trials and results are kept.

        Args:
            job_id: The job.
            lease: The right to do so.
            message: Why; "" after an internal error.
        """
        if not message:
            _log.exception("job %s ended with an unexpected error", job_id)
        with suppress(LeaseLostError, NotFoundError, ConflictError), self._context.storage.transaction(lease) as tx:
            tx.update_job(
                job_id,
                state=JobState.FAILED,
                message=message or Message("job.unexpected_error"),
                finished_at=self._context.clock(),
                lease_owner=None,
                lease_until=None,
            )


class _PassingError(Exception):
    """A temporary system error such as too many open files; never ends a search."""


def _reason(err: OSError) -> str:
    where = f": {err.filename!r}" if err.filename else ""
    return f"{err.strerror or err}{where}"
