"""The engine: one method per verb. Every front end (command line, REST API, client, console) ends here.

Methods are safe to call from several threads and from several processes on one home: what runs a job is a `Worker`
(worker.py), which holds the job's lease; verbs that act on a running job leave a request in the database that its
worker sees within a fraction of a second. Those that a server has as well are described in `Verbs`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scriptune.analysis.results import Calibration, HistoryPoint, Importance, Marginal, Surface
from scriptune.core.job import Event, ExecutorSpec, JobState, JobSummary, SearchJob
from scriptune.core.job_changes import JobChanges
from scriptune.core.trial import Attempt, Cause, Report, Trial, TrialState
from scriptune.engine import conditions
from scriptune.engine.verbs import Verbs
from scriptune.engine.views import (
    Best,
    CheckReport,
    JobDetail,
    LogChunk,
    PruneReport,
    ReparseReport,
    ReplayReport,
    SamplerRow,
    StoppingRuleRow,
    TrialDetail,
    WrittenBest,
)
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
    from scriptune.engine import (
        calibration,
        check,
        columns,
        confirm,
        confirmed,
        curves,
        drafts,
        enqueue,
        importance,
        installed,
        items,
        job_actions,
        job_changes,
        keys,
        nodes,
        programs,
        prune,
        queries,
        reparse,
        replay,
        sessions,
        trial_run,
    )
    from scriptune.engine.columns import TrialColumns
    from scriptune.engine.curves import Curve
    from scriptune.engine.items import Items
    from scriptune.engine.keys import KeyStore
    from scriptune.engine.nodes import ExecutorNodes
    from scriptune.engine.programs import ProgramStore
    from scriptune.engine.sessions import SessionStore
    from scriptune.engine.trial_run import TrialRun
    from scriptune.inspection import inspect, near_misses, source_options, usage_hints
    from scriptune.inspection.inspect import Inspection
    from scriptune.inspection.job_draft import JobDraft
    from scriptune.jobfile import CheckedJob, spec
    from scriptune.plugins.registry import PluginStatus
else:
    check = lazy_module("scriptune.engine.check")
    columns = lazy_module("scriptune.engine.columns")
    confirm = lazy_module("scriptune.engine.confirm")
    confirmed = lazy_module("scriptune.engine.confirmed")
    curves = lazy_module("scriptune.engine.curves")
    drafts = lazy_module("scriptune.engine.drafts")
    calibration = lazy_module("scriptune.engine.calibration")
    importance = lazy_module("scriptune.engine.importance")
    installed = lazy_module("scriptune.engine.installed")
    items = lazy_module("scriptune.engine.items")
    enqueue = lazy_module("scriptune.engine.enqueue")
    job_actions = lazy_module("scriptune.engine.job_actions")
    job_changes = lazy_module("scriptune.engine.job_changes")
    jobfile = lazy_module("scriptune.jobfile")
    keys = lazy_module("scriptune.engine.keys")
    nodes = lazy_module("scriptune.engine.nodes")
    inspect = lazy_module("scriptune.inspection.inspect")
    near_misses = lazy_module("scriptune.inspection.near_misses")
    programs = lazy_module("scriptune.engine.programs")
    prune = lazy_module("scriptune.engine.prune")
    queries = lazy_module("scriptune.engine.queries")
    reparse = lazy_module("scriptune.engine.reparse")
    replay = lazy_module("scriptune.engine.replay")
    sessions = lazy_module("scriptune.engine.sessions")
    source_options = lazy_module("scriptune.inspection.source_options")
    spec = lazy_module("scriptune.jobfile.spec")
    trial_run = lazy_module("scriptune.engine.trial_run")
    usage_hints = lazy_module("scriptune.inspection.usage_hints")

__all__ = ["Engine"]


class Engine(Verbs):
    """The verbs of one installation.

    Args:
        settings: Where things are.
        storage: The database.
        make_executor: Makes an executor from the value of ``run.executor``.
        clock: Gives the aware UTC time.
    """

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        make_executor: Callable[[ExecutorSpec], Executor],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.context = Context(settings, storage, make_executor, clock, lease.this_process())

    @property
    def settings(self) -> Settings:
        """The settings: home, database and limits."""
        return self.context.settings

    @property
    def storage(self) -> Storage:
        """The database."""
        return self.context.storage

    @property
    def make_executor(self) -> Callable[[ExecutorSpec], Executor]:
        """Makes an executor from the value of ``run.executor``."""
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
        is_plain: bool = False,
    ) -> SearchJob:
        """Submit a job as in `Verbs`; a `CheckedJob` is not checked again.

        Args:
            document, base_dir, hold: As in `Verbs`; without a ``base_dir`` paths are relative to the present folder.
            labels: Free-form strings of the front end.
            job_id: Its id, for a front end that has put files into the job's folder already; None: a new one.
            unique_among: Labels; no other job that has them may have the job's name.
            is_plain: The search starts as its sampler does, whatever is known of the program and its parameters.

        Raises:
            ConflictError: The id or the name is taken.
        """
        checked = jobfile.check_document(document, base_dir=base_dir)
        job = job_actions.submit(
            self.context,
            checked,
            hold=hold,
            labels=labels or {},
            job_id=job_id,
            unique_among=unique_among,
            first_points=() if is_plain else None,
        )
        self.context.new_work.set()
        return job

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
        """Check a job as in `Verbs`; a `CheckedJob` is not checked again.

        Args:
            document, base_dir, log, run, twice: As in `Verbs` and `submit`.
            on_output: Called with pieces of the program's output as they come.
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

    def inspect(
        self, command: str | Sequence[str], *, workdir: str | Path | None = None, run_help: bool = True
    ) -> Inspection:
        """Find out about a program what can be known without running its work.

        Args:
            command: A string is split by shell rules.
            workdir: Working directory of the program; None: the present folder.
            run_help: Run it with ``--help`` too for at most half a minute, unless it is a script that reads no options.

        Raises:
            CommandError: The command cannot be split, is empty, or has too many words.
        """
        return inspect.inspect_program(command, workdir=Path.cwd() / (workdir or "."), run_help=run_help)

    def try_program(
        self,
        command: Sequence[str],
        *,
        workdir: str | Path | None = None,
        limit_s: float = 600.0,
        on_output: Callable[[str], None] | None = None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> TrialRun:
        """Run a program once as it is, and find what could be its metric.

        Args:
            command: The program and its arguments.
            workdir: Its working directory; None: the present folder.
            limit_s: When the run is ended; what it wrote until then is used.
            on_output: Called with pieces of the program's output as they come.
            on_wait: Called about ten times a second meanwhile.

        Raises:
            JobFileError: The command cannot be run.
        """
        return trial_run.try_program(
            self.settings,
            self.make_executor,
            command,
            workdir=Path.cwd() / (workdir or "."),
            limit_s=limit_s,
            on_output=on_output,
            on_wait=on_wait,
        )

    def draft(self, command: Sequence[str], found: Inspection, run: TrialRun, *, workdir: Path) -> JobDraft | None:
        """Propose a job; None if nothing can be searched, or the metric or its direction has to be asked for.

        Args:
            command: The program and its arguments.
            found: What `inspect` found in it.
            run: What `try_program` found.
            workdir: Working directory of the program.
        """
        return drafts.draft(command, found, run, workdir=workdir)

    def usage_hints(self, spec: JobSpec) -> list[str]:
        """Hints about parameters that the program does not accept as given, from its source; nothing is run."""
        return usage_hints.hints_from_help(spec, source_options.options_in_source(spec))

    def propose_metric(self, log: Path, example: str) -> ProposedMetric:
        """Generate a regex for a number in a log from an example: ``0.91`` or ``val_acc=0.91``.

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
        """List jobs as in `Verbs`, restricted to those with all of these labels."""
        return self.storage.jobs(JobFilter(text, states, labels or {}), offset=offset, limit=limit, sort=sort)

    def job(self, ref: str | None = None, use: JobUse = JobUse.READ) -> JobSummary:
        """Look up a job as in `Verbs`; for changing or deleting, ambiguous references are rejected.

        Raises:
            ConflictError: Several jobs fit, and none goes before the others for this use.
        """
        return self.storage.summary(self.storage.find_job(ref, use).id)

    def show(self, ref: str | None = None, use: JobUse = JobUse.READ) -> JobDetail:
        """Show a job as in `Verbs`; see `job`."""
        return queries.job_detail(self.settings.home, self.storage, self.job(ref, use), self.clock())

    def find_job(
        self, ref: str | None, use: JobUse = JobUse.READ, *, labels: Mapping[str, str] | None = None
    ) -> SearchJob:
        """Look up a job by reference; see `job`.

        Args:
            ref: The job.
            use: What it is wanted for.
            labels: Only among jobs that have all of these labels.
        """
        return self.storage.find_job(ref, use, labels=labels)

    def job_by_id(self, job_id: str) -> SearchJob:
        """Look up a job by its complete id.

        Raises:
            NotFoundError: There is none.
        """
        return self.storage.job(job_id)

    def spec(self, ref: str | None = None) -> JobSpec:
        """The typed job file of a job."""
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
        job = self.storage.find_job(ref)
        wanted = TrialFilter(states, conditions.parse_conditions(job, where), numbers)
        order = conditions.check_sort(job, sort)
        return self.storage.trials(job.id, wanted, offset=offset, limit=limit, sort=order)

    def trial(self, ref: str | None, number: int) -> TrialDetail:
        job = self.storage.find_job(ref)
        return queries.trial_detail(self.settings.home, self.storage, job, number)

    def best(self, ref: str | None = None) -> Best | None:
        summary = self.job(ref)
        return queries.best(self.settings.home, summary.job, summary.best) if summary.best else None

    def write_best(self, ref: str | None, folder: Path) -> WrittenBest | None:
        """Write the best trial's config files to a folder; None while no trial has a value.

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
        job = self.storage.find_job(ref)
        return queries.log_chunk(self.settings, self.storage, job, number, offset, limit, attempt, raw=raw)

    def log_path(self, ref: str | None, number: int, attempt: int | None = None) -> Path:
        """The path of a trial's log."""
        job = self.storage.find_job(ref)
        return queries.log_path(self.settings, self.storage, job, number, attempt)

    def attempts(self, ref: str | None, number: int) -> Sequence[Attempt]:
        """The attempts of a trial, oldest first."""
        return self.storage.attempts(self.find_job(ref).id, number)

    def metric_reports(
        self, ref: str | None, metric: str, numbers: Sequence[int]
    ) -> Mapping[int, Sequence[tuple[float, float]]]:
        """Step and value of all reports of a metric, by trial."""
        return self.storage.metric_reports(self.find_job(ref).id, metric, numbers)

    def values(self, ref: str | None) -> Sequence[float | None]:
        """The value of every trial, by number."""
        return self.storage.values(self.find_job(ref).id)

    def columns(self, ref: str | None, since: str | None = None) -> TrialColumns:
        """All trials as columns, or those that have changed since an earlier answer; see `columns.trial_columns`."""
        return columns.trial_columns(self.storage, self.find_job(ref), since)

    def curves(
        self,
        ref: str | None,
        *,
        metric: str | None = None,
        points: int = 200,
        offset: int = 0,
        limit: int = 200,
        sort: str = "number",
        spread: bool = False,
    ) -> list[Curve]:
        """Learning curves of a page of trials; see `curves.learning_curves`."""
        return curves.learning_curves(
            self.storage,
            self.find_job(ref),
            metric=metric,
            points=points,
            offset=offset,
            limit=limit,
            sort=sort,
            spread=spread,
        )

    def newest_events(self, job_ids: Collection[str]) -> Mapping[str | None, int]:
        """The latest event number of each of these jobs, and under None that of all jobs."""
        return self.storage.newest_events(job_ids)

    def events(self, ref: str | None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """A job's event log after an event number; ref ``"*"``: ``job`` events of all jobs."""
        job_id = None if ref == "*" else self.storage.find_job(ref).id
        return self.storage.events(job_id, after=after, limit=limit)

    def history(self, ref: str | None = None, *, points: int = 2000) -> list[HistoryPoint]:
        return queries.history(self.storage, self.storage.find_job(ref), points)

    def calibration(self, ref: str | None = None) -> Calibration:
        return calibration.job_calibration(self.storage, self.storage.find_job(ref))

    def importance(self, ref: str | None = None) -> list[Importance]:
        return importance.job_importance(self.storage, self.storage.find_job(ref))

    def marginal(self, ref: str | None, name: str) -> Marginal:
        """The effect of one parameter, averaged over the others.

        Raises:
            ConflictError: Fewer than two trials have a value.
            SpaceError: No such parameter.
        """
        return importance.job_marginal(self.storage, self.find_job(ref), name)

    def surface(self, ref: str | None, x: str, y: str) -> Surface:
        """The effect of two parameters together, averaged over the others; raises what `marginal` does."""
        return importance.job_surface(self.storage, self.find_job(ref), x, y)

    def samplers(self) -> list[SamplerRow]:
        return installed.samplers()

    def stopping_rules(self) -> list[StoppingRuleRow]:
        return installed.stopping_rules()

    def plugins(self) -> list[PluginStatus]:
        """The plug-ins of installed packages, and whether they can be used."""
        return installed.plugins()

    def nodes(self, name: str | None = None) -> list[ExecutorNodes]:
        return nodes.nodes(self.context, name)

    def replay(self, ref: str | None = None) -> ReplayReport:
        return replay.replay(self.storage, self.storage.find_job(ref), self.settings.home, self.clock())

    # --- what front ends keep ------------------------------------------------------------------------------

    @property
    def keys(self) -> KeyStore:
        """The access keys."""
        return keys.KeyStore(self.storage, self.settings.home, clock=self.clock)

    @property
    def programs(self) -> ProgramStore:
        """The stored programs."""
        return programs.ProgramStore(self.storage, clock=self.clock)

    def sessions(self, token: str | None) -> SessionStore:
        """The sessions of browsers, for the server's token; None: they are only listed and revoked."""
        return sessions.SessionStore(self.storage, token, clock=self.clock)

    def items(self, kind: str) -> Items:
        """JSON values that a front end stores for itself, of one kind."""
        return items.Items(self.storage, kind)

    def relabel(self, ref: str | None, labels: Mapping[str, Any]) -> SearchJob:
        """Replace the labels of a job."""
        job = self.find_job(ref, JobUse.CHANGE)
        with self.storage.transaction() as tx:
            return tx.update_job(job.id, labels=dict(labels))

    # --- acting -----------------------------------------------------------------------------------------

    def stop(self, ref: str | None, number: int | None = None, *, drain: bool = False) -> SearchJob:
        job = self.storage.find_job(ref, JobUse.CHANGE)
        if number is None:
            job = job_actions.stop(self.context, job, drain=drain)
        else:
            job_actions.stop_trial(self.context, job, number)
        self.context.new_work.set()
        return job

    def change(self, ref: str | None, changes: JobChanges, *, by: str | None = None) -> SearchJob:
        """Change a job as in `Verbs`.

        Args:
            ref, changes: As in `Verbs`.
            by: Who does it; None: who runs this process.
        """
        job = self.storage.find_job(ref, JobUse.CHANGE)
        return job_changes.change(self.context, job, changes, by or job_changes.this_user())

    def resume(self, ref: str | None = None, *, trials: str | int | None = None, hold: bool = False) -> SearchJob:
        job = self.storage.find_job(ref, JobUse.CHANGE)
        job = job_actions.resume(self.context, job, trials, hold=hold)
        self.context.new_work.set()
        return job

    def retry(
        self, ref: str | None, number: int | None = None, *, causes: Sequence[Cause] = (), hold: bool = False
    ) -> list[int]:
        job = self.storage.find_job(ref, JobUse.CHANGE)
        numbers = job_actions.retry(self.context, job, number, causes, hold=hold)
        self.context.new_work.set()
        return numbers

    def enqueue(self, ref: str | None, params: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        job = self.storage.find_job(ref, JobUse.CHANGE)
        enqueue.enqueue(self.storage, job, params)

    def confirm(
        self,
        ref: str | None = None,
        *,
        top: int = 3,
        repeats: int = 2,
        seed_flag: str | None = None,
        parallel: int | None = None,
        hold: bool = False,
    ) -> SearchJob:
        job = confirmed.searched_by(self.storage, self.storage.find_job(ref, JobUse.CHANGE))
        confirming = confirm.confirm(
            self.context, job, top=top, repeats=repeats, seed_flag=seed_flag, parallel=parallel, hold=hold
        )
        self.context.new_work.set()
        return confirming

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
        job = self.storage.find_job(ref, JobUse.READ if dry_run else JobUse.CHANGE)
        changes = reparse.ReparseChanges(regexes or {}, reduce, name, goal)
        if dry_run:
            return reparse.preview(self.context, job, changes)
        return reparse.reparse(self.context, job, changes, is_confirmed=confirmed)

    def undo_reparse(self, ref: str | None = None) -> ReparseReport:
        job = self.storage.find_job(ref, JobUse.CHANGE)
        return reparse.undo(self.context, job)

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
        job = self.storage.find_job(ref, JobUse.DELETE)
        job_actions.delete(self.context, job)
        return job

    def close(self) -> None:
        self.storage.close()
