"""The engine: one method per verb. Every front end (command line, REST API, client, console) ends here.

``ref`` names a job: an id, a name, the beginning of an id, or None for the newest. Where a name and the beginning of
another job's id are the same, methods that change something refuse. Methods are safe to call from
several threads and from several processes on one home: what runs a job is a `Worker` (worker.py), which
holds the job's lease; verbs that act on a running job leave a request in the database that its worker sees
within a fraction of a second.
"""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scriptune.analysis.results import HistoryPoint, Importance
from scriptune.core.job import Event, JobState, JobSummary, SearchJob
from scriptune.core.trial import ENDED, Cause, Report, Trial, TrialState
from scriptune.engine import conditions
from scriptune.engine.views import (
    Best,
    CheckReport,
    JobDetail,
    LogChunk,
    PruneReport,
    ReparseReport,
    ReplayReport,
    SamplerRow,
    TrialDetail,
    WrittenBest,
)
from scriptune.errors import ConflictError
from scriptune.executors.base import Executor
from scriptune.inspection.proposed_metric import ProposedMetric
from scriptune.runtime import lease
from scriptune.runtime.context import Context
from scriptune.runtime.lazy import lazy_module
from scriptune.settings import Settings
from scriptune.storage.base import JobFilter, JobUse, Page, Storage, TrialFilter

if TYPE_CHECKING:
    from scriptune import jobfile
    from scriptune.core.job import JobSpec
    from scriptune.engine import check, importance, job_actions, prune, queries, reparse, replay
    from scriptune.inspection import near_misses, usage_hints
    from scriptune.jobfile import CheckedJob, spec
    from scriptune.runtime import notices
    from scriptune.runtime import worker as working
else:
    check = lazy_module("scriptune.engine.check")
    importance = lazy_module("scriptune.engine.importance")
    job_actions = lazy_module("scriptune.engine.job_actions")
    jobfile = lazy_module("scriptune.jobfile")
    near_misses = lazy_module("scriptune.inspection.near_misses")
    notices = lazy_module("scriptune.runtime.notices")
    prune = lazy_module("scriptune.engine.prune")
    queries = lazy_module("scriptune.engine.queries")
    reparse = lazy_module("scriptune.engine.reparse")
    replay = lazy_module("scriptune.engine.replay")
    spec = lazy_module("scriptune.jobfile.spec")
    usage_hints = lazy_module("scriptune.inspection.usage_hints")
    working = lazy_module("scriptune.runtime.worker")

__all__ = ["Engine"]

_MAX_SEED = 2**31 - 1  # fits every language's int and reads well


class Engine:
    """The verbs of one installation.

    Args:
        settings: Where things are.
        storage: What remembers.
        make_executor: Makes the executor that a worker or a check starts programs with.
        clock: Gives the aware UTC time.
    """

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        make_executor: Callable[[], Executor],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.context = Context(settings, storage, make_executor, clock, lease.this_process())

    @property
    def settings(self) -> Settings:
        """Where things are."""
        return self.context.settings

    @property
    def storage(self) -> Storage:
        """The database."""
        return self.context.storage

    @property
    def make_executor(self) -> Callable[[], Executor]:
        """Makes the executor that a worker or a check starts programs with."""
        return self.context.make_executor

    @property
    def clock(self) -> Callable[[], datetime]:
        """Gives the aware UTC time."""
        return self.context.clock

    @property
    def owner(self) -> str:
        """Name of this process as a holder of leases."""
        return self.context.owner

    # --- making jobs ------------------------------------------------------------------------------------

    def submit(
        self,
        document: Mapping[str, Any] | CheckedJob,
        *,
        base_dir: Path | None = None,
        hold: bool = False,
        labels: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        unique_among: Mapping[str, str] | None = None,
    ) -> SearchJob:
        """Check a job file in JSON form and store it as a queued job.

        Args:
            document: The job file's content; what was checked is not checked again.
            base_dir: What relative paths in it are relative to; None: the present folder.
            hold: Keep the job's lease for a worker of this process, so that no server takes it.
            labels: Free texts of the front end.
            job_id: Its id, for a front end that has put files into the job's folder already; None: a new one.
            unique_among: Labels; no other job that has them may have the job's name.

        Raises:
            JobFileError: With every mistake.
            ConflictError: The id or the name is taken.
        """
        checked = jobfile.check_document(document, base_dir=base_dir)
        self.make_executor().check(queries.sample_launch_spec(self.settings, checked.spec))
        seed = checked.spec.search.seed
        seed = random.SystemRandom().randrange(_MAX_SEED) if seed is None else seed
        job = SearchJob(
            id=job_id or str(uuid.uuid4()),
            name=checked.spec.name,
            document={**checked.document, "search": {**checked.document["search"], "seed": seed}},
            state=JobState.QUEUED,
            created_at=self.clock(),
            labels=dict(labels or {}),
            notices=notices.plan_notices(checked.spec),
        )
        with self.storage.transaction() as tx:
            tx.insert_job(job, unique_among=unique_among)
            if hold:
                tx.update_job(job.id, **lease.lease_fields(self.owner, self.clock(), self.settings.lease_ttl_s))
        return self.storage.job(job.id)

    def check(
        self,
        document: Mapping[str, Any] | CheckedJob,
        *,
        base_dir: Path | None = None,
        log: Path | None = None,
        run: bool = True,
        twice: bool | None = None,
        on_output: Callable[[str], None] | None = None,
    ) -> CheckReport:
        """Everything that can be known before spending budget.

        Args:
            document: The job file's content; what was checked is not checked again.
            base_dir: What relative paths in it are relative to; None: the present folder.
            log: Read this log instead of running the program.
            run: Whether to run the program, with the parameters of the first trial, when no log is given.
            twice: Whether to run it again with parameters far from these, to see whether it notices them; None: when
                a run is short.
            on_output: Called with pieces of the program's output as they come.

        Raises:
            JobFileError: With every mistake.
        """
        return check.check(
            self.settings,
            self.make_executor,
            document,
            base_dir=base_dir,
            log=log,
            run=run,
            twice=twice,
            on_output=on_output,
        )

    def usage_hints(self, spec: JobSpec) -> list[str]:
        """Parameters that the program does not take as they are given, by its source; nothing is run."""
        return usage_hints.hints_from_help(spec, usage_hints.options_in_source(spec))

    def propose_metric(self, log: Path, example: str) -> ProposedMetric:
        """A regex for a number in a log that an example shows: ``0.91`` or ``val_acc=0.91``.

        Raises:
            MetricPatternError: The example is not in the log, or no simple regex tells it from other numbers.
        """
        return near_misses.propose_from_example(log, example)

    # --- looking ----------------------------------------------------------------------------------------

    def jobs(
        self,
        *,
        text: str = "",
        states: Sequence[JobState] = (),
        labels: Mapping[str, str] | None = None,
        offset: int = 0,
        limit: int = 50,
        sort: str = "-created_at",
    ) -> Page[JobSummary]:
        """Jobs with counts and best trial; see `Storage.jobs`."""
        return self.storage.jobs(JobFilter(text, states, labels or {}), offset=offset, limit=limit, sort=sort)

    def job(self, ref: str | None = None, use: JobUse = JobUse.READ) -> JobSummary:
        """One job with counts and best trial.

        Args:
            ref: The job.
            use: What it is wanted for: what is to be changed or deleted is not guessed where several jobs fit.

        Raises:
            NotFoundError: Nothing fits.
            ConflictError: Several jobs fit, and none goes before the others for this use.
        """
        return self.storage.summary(self.storage.find_job(ref, use).id)

    def show(self, ref: str | None = None, use: JobUse = JobUse.READ) -> JobDetail:
        """One job with failures by cause and the best command line; see `job`."""
        return queries.job_detail(self.settings.home, self.storage, self.job(ref, use), self.clock())

    def spec(self, ref: str | None = None) -> JobSpec:
        """The checked, typed job file of a job."""
        return spec.job_spec(self.storage.find_job(ref).document)

    def trials(
        self,
        ref: str | None = None,
        *,
        states: Sequence[TrialState] = (),
        where: Sequence[str] = (),
        numbers: Sequence[int] = (),
        offset: int = 0,
        limit: int | None = None,
        sort: str = "number",
    ) -> Page[Trial]:
        """Trials of a job.

        Args:
            ref: The job.
            states: One of these.
            where: All of these conditions, such as ``params.lr<0.01`` or ``metrics.loss>=0.5``.
            numbers: One of these.
            offset, limit: Which of them.
            sort: A field, ``params.NAME`` or ``metrics.NAME``; ``-`` turns the order round, see `Storage.trials`.

        Raises:
            NotFoundError: No such job; nothing can be sorted or filtered by that.
        """
        job = self.storage.find_job(ref)
        wanted = TrialFilter(states, conditions.parse_conditions(job, where), numbers)
        order = conditions.check_sort(job, sort)
        return self.storage.trials(job.id, wanted, offset=offset, limit=limit, sort=order)

    def trial(self, ref: str | None, number: int) -> TrialDetail:
        """One trial with its attempts.

        Raises:
            NotFoundError: No such job or trial.
        """
        job = self.storage.find_job(ref)
        return queries.trial_detail(self.settings.home, self.storage, job, number)

    def best(self, ref: str | None = None) -> Best | None:
        """The best trial and how to run it again; None while no trial has a value."""
        summary = self.job(ref)
        return queries.best(self.settings.home, summary.job, summary.best) if summary.best else None

    def write_best(self, ref: str | None, folder: Path) -> WrittenBest | None:
        """Write the best trial's config files into a folder; None while no trial has a value.

        Raises:
            ConflictError: The job has no config files.
            SettingsError: The folder cannot be written, or a file there says something else.
        """
        summary = self.job(ref)
        if summary.best is None:
            return None
        return queries.write_best(self.settings.home, summary.job, summary.best, folder.absolute())

    def reports(
        self,
        ref: str | None,
        number: int,
        *,
        attempt: int | None = None,
        metric: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> Page[Report]:
        """Captured values of a trial in the order they were printed."""
        job = self.storage.find_job(ref)
        self.storage.trial(job.id, number)
        return self.storage.reports(job.id, number, attempt=attempt, metric=metric, offset=offset, limit=limit)

    def log(
        self,
        ref: str | None,
        number: int,
        *,
        offset: int = 0,
        limit: int = 65536,
        attempt: int | None = None,
        raw: bool = False,
    ) -> LogChunk:
        """A part of a trial's log; a negative offset counts from the end; raw, with the escapes of a terminal.

        Raises:
            NotFoundError: No such job, trial or attempt.
        """
        job = self.storage.find_job(ref)
        return queries.log_chunk(self.settings, self.storage, job, number, offset, limit, attempt, raw=raw)

    def log_path(self, ref: str | None, number: int, attempt: int | None = None) -> Path:
        """Where a trial's log lies."""
        job = self.storage.find_job(ref)
        return queries.log_path(self.settings, self.storage, job, number, attempt)

    def events(self, ref: str | None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """A job's event log after an event number; ref ``"*"``: ``job`` events of all jobs."""
        job_id = None if ref == "*" else self.storage.find_job(ref).id
        return self.storage.events(job_id, after=after, limit=limit)

    def history(self, ref: str | None = None, *, points: int = 2000) -> list[HistoryPoint]:
        """Values and best so far by trial number, thinned to about ``points`` without losing an improvement."""
        return queries.history(self.storage, self.storage.find_job(ref), points)

    def importance(self, ref: str | None = None) -> list[Importance]:
        """How much each searched parameter mattered; [] with fewer than two finished trials."""
        return importance.job_importance(self.storage, self.storage.find_job(ref))

    def samplers(self) -> list[SamplerRow]:
        """The samplers and their options, from the option classes themselves."""
        return queries.samplers()

    def replay(self, ref: str | None = None) -> ReplayReport:
        """Derive every suggestion again from the record, and compare every ended trial with its command and log."""
        return replay.replay(self.storage, self.storage.find_job(ref), self.settings.home, self.clock())

    # --- acting -----------------------------------------------------------------------------------------

    def stop(self, ref: str | None, number: int | None = None, *, drain: bool = False) -> SearchJob:
        """Ask a job, or one of its trials, to stop; returns at once.

        Args:
            ref: The job.
            number: Only this trial: it is ended and counts with what it has printed (early stopped).
            drain: Start no further trials, but let the running ones end.

        Raises:
            ConflictError: It has ended already.
        """
        job = self.storage.find_job(ref, JobUse.CHANGE)
        if number is None:
            return self._settle(job_actions.request_stop(self.storage, job, "drain" if drain else "now"))
        with self.storage.transaction() as tx:
            trial = tx.trial(job.id, number)
            if trial.state in ENDED:
                raise ConflictError(
                    f"Trial {number} of {job.name!r} is {trial.state} already; only a running one can be stopped."
                )
            tx.update_trial(job.id, number, stop_requested=True)
        return job

    def _settle(self, job: SearchJob) -> SearchJob:
        """Carry out a stop ourselves when nobody works on the job: its trials may run on after their engine died."""
        if self.context.is_served or lease.is_worked_on(job, self.clock()):
            return job
        try:
            return working.Worker(self.context).run_job(job.id)
        except ConflictError:
            return self.storage.job(job.id)  # somebody took it in this instant, and sees the request

    def resume(self, ref: str | None = None, *, trials: str | int | None = None, hold: bool = False) -> SearchJob:
        """Put an interrupted or ended job back into the queue.

        Args:
            ref: The job.
            trials: ``"+10"`` for ten more, a number for a new total.
            hold: Keep its lease for a worker of this process.

        Raises:
            ConflictError: A live process works on it, or there is nothing to go on with.
        """
        job = self.storage.find_job(ref, JobUse.CHANGE)
        return job_actions.resume(self.storage, job, trials, self.owner, self.clock(), self.settings, hold=hold)

    def retry(
        self, ref: str | None, number: int | None = None, *, causes: Sequence[Cause] = (), hold: bool = False
    ) -> list[int]:
        """Run failed trials again, each as a further attempt; returns their numbers.

        Args:
            ref: The job.
            number: Only this trial; None: all failed ones.
            causes: Only those that failed for one of these causes.
            hold: Keep the job's lease for a worker of this process.

        Raises:
            ConflictError: The trial has not failed, or nothing has.
        """
        job = self.storage.find_job(ref, JobUse.CHANGE)
        return job_actions.retry(self.storage, job, number, causes, self.owner, self.clock(), self.settings, hold=hold)

    def enqueue(self, ref: str | None, params: Mapping[str, Any]) -> None:
        """Queue a configuration: it is the next that a running or resumed job tries.

        Raises:
            SpaceError: The params do not belong to the job's space.
        """
        job = self.storage.find_job(ref, JobUse.CHANGE)
        job_actions.enqueue(self.storage, job, params)

    def reparse(
        self,
        ref: str | None = None,
        *,
        regexes: Mapping[str, str] | None = None,
        reduce: str | None = None,
        name: str | None = None,
        goal: str | None = None,
        dry_run: bool = False,
        confirmed: bool = False,
    ) -> ReparseReport:
        """Compute every value again from the kept logs, read in another way; nothing is run.

        Args:
            ref: The job.
            regexes: Metric -> another regex.
            reduce: Another reduction.
            name: Another name of the metric searched on.
            goal: ``minimize`` or ``maximize``; what was suggested before is derived under the old goal by `replay`.
            dry_run: Say what would change, and change nothing.
            confirmed: Change it although a metric would be found in no log.

        Raises:
            ConflictError: A live process works on the job, or nothing would be captured and that is not confirmed.
            JobFileError: The regex, reduction, name or goal cannot be used.
        """
        job = self.storage.find_job(ref, JobUse.READ if dry_run else JobUse.CHANGE)
        changes = reparse.ReparseChanges(regexes or {}, reduce, name, goal)
        if dry_run:
            return reparse.preview(self.storage, job, changes, self.clock, self.settings)
        return reparse.reparse(
            self.storage, job, changes, self.owner, self.clock, self.settings, is_confirmed=confirmed
        )

    def undo_reparse(self, ref: str | None = None) -> ReparseReport:
        """Bring back the values, regexes, name and goal that the last re-parse replaced.

        Raises:
            ConflictError: There is none to undo, or a live process works on the job.
        """
        job = self.storage.find_job(ref, JobUse.CHANGE)
        return reparse.undo(self.storage, job, self.owner, self.clock, self.settings)

    def prune(
        self,
        *,
        older_than_s: float | None = None,
        keep_best: int = 0,
        max_size_bytes: int | None = None,
        dry_run: bool = False,
    ) -> PruneReport:
        """Remove the logs and files of trials of ended jobs; values, reports and params are kept.

        Args:
            older_than_s: Only of attempts that ended so long ago.
            keep_best: Leave the files of so many best trials of each job.
            max_size_bytes: Only the oldest ones, until all that is left takes no more than this.
            dry_run: Say what would be removed, and remove nothing.
        """
        return prune.prune(
            self.storage,
            self.settings,
            self.clock(),
            older_than_s=older_than_s,
            keep_best=keep_best,
            max_size_bytes=max_size_bytes,
            dry_run=dry_run,
        )

    def delete(self, ref: str) -> SearchJob:
        """Forget a job and remove its files.

        Raises:
            ConflictError: A live process works on it.
        """
        job = self.storage.find_job(ref, JobUse.DELETE)
        if lease.is_worked_on(job, self.clock()):
            raise ConflictError(f"Job {job.name!r} is running; stop it first: scriptune stop {job.id[:8]}")
        if self.storage.attempts(job.id, states=(TrialState.RUNNING,)):
            self.stop(job.id)
        with self.storage.transaction() as tx:
            tx.delete_job(job.id)
        self.storage.compact()
        shutil.rmtree(self.settings.jobs_folder / job.id, ignore_errors=True)
        return job

    def close(self) -> None:
        """Let go of the database."""
        self.storage.close()
