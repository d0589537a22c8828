"""The state of a job whose lease we hold, shared by the parts of its runner."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from scriptune.core.job import ExecutorSpec, JobSpec, SearchJob
from scriptune.core.trial import Attempt, Report
from scriptune.executors.base import ChangesTimeouts, Executor, LaunchSpec
from scriptune.executors.command import Plan, attempt_key, make_plan
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.metrics.pattern import MetricPattern
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import RunningAttempt, compile_patterns
from scriptune.runtime.history import ToldHistory
from scriptune.runtime.metric_files import MetricFile, metric_files
from scriptune.runtime.notices import ResultNotices
from scriptune.runtime.policy.budget import budget_of, cost
from scriptune.runtime.policy.stopping import Stopping
from scriptune.runtime.policy.termination import Scoreboard
from scriptune.runtime.shared_limit import SharedLimit
from scriptune.settings import Settings
from scriptune.storage.base import Lease, Storage, Transaction

__all__ = ["Change", "RunningJob"]

Change = Callable[[Transaction], object]
"""Something to be stored with the other changes of a step."""

_LATEST_S = 0.1  # how old a change may get that only says what the attempt folder says too


@dataclass
class RunningJob:
    """The state shared by the parts of a runner; `recover` fills it from the database.

    Attributes:
        settings, storage, executor, clock: Where it runs; the executor is shared with other jobs of this process.
        lease: The right to change the job.
        limit: On running trials, shared with other jobs.
        record: The stored job as last seen.
        spec, plan, patterns, units: The job file, its command, its regexes, and the units of its metrics.
        history: The sampler and what it was told.
        scoreboard: The outcomes that decide when the search ends.
        results: What the ended trials say of the job.
        are_notices_due: Whether that may differ from what is stored.
        running: Attempts with a process, by trial; `numbers` has their trials by folder.
        again: Trials to look at in the next step even without news of them.
        looked_at: When all running trials were looked at, whatever the executor said; None: not yet.
        files_looked_at: The same, of those with metric files.
        waiting: Attempts to be started, the next one first.
        n_trials: How many trials there are.
        stopping: Its rule of early stopping; None when no trial is stopped.
        is_exhausted: Whether the sampler has no further configuration.
        file_notice: Why files of a trial cannot be looked at now, or "".
        is_urgent: Whether changes are waiting that no folder would tell.
        timeouts_due: Running trials whose executor may not know the present ``trial_timeout``.
    """

    settings: Settings
    storage: Storage
    executor: Executor
    lease: Lease
    clock: Callable[[], datetime]
    limit: SharedLimit
    record: SearchJob
    spec: JobSpec
    plan: Plan
    patterns: Mapping[str, MetricPattern]
    units: MetricUnits
    history: ToldHistory
    scoreboard: Scoreboard
    results: ResultNotices
    are_notices_due: bool = True
    running: dict[int, RunningAttempt] = field(default_factory=dict)
    numbers: dict[Path, int] = field(default_factory=dict)
    again: set[int] = field(default_factory=set)
    looked_at: datetime | None = None
    files_looked_at: datetime | None = None
    waiting: deque[Attempt] = field(default_factory=deque)
    n_trials: int = 0
    stopping: Stopping | None = None
    is_exhausted: bool = False
    file_notice: str = ""
    is_urgent: bool = False
    timeouts_due: set[int] = field(default_factory=set)
    _run_section: Mapping[str, Any] = field(default_factory=dict)
    _told_cost: tuple[int, int | None, float] = (-1, None, 0.0)
    _changes: list[Change] = field(default_factory=list)
    _is_durable: bool = False
    _changed_at: datetime | None = None

    @classmethod
    def load(
        cls,
        settings: Settings,
        storage: Storage,
        executor: Callable[[ExecutorSpec], Executor],
        lease: Lease,
        clock: Callable[[], datetime],
        limit: SharedLimit,
    ) -> RunningJob:
        """Load the job without its trials.

        Raises:
            CommandError: A template cannot be read, or the command cannot be built.
            ExecutorError: Its executor cannot be made.
        """
        record = storage.job(lease.job_id)
        spec = job_spec(record.document)
        return cls(
            settings=settings,
            storage=storage,
            executor=executor(spec.run.executor),
            lease=lease,
            clock=clock,
            limit=limit,
            record=record,
            spec=spec,
            plan=make_plan(spec, record.first_points),
            patterns=compile_patterns(spec),
            units=MetricUnits.of(spec.metrics, record.units),
            history=ToldHistory.of(record, spec),
            scoreboard=Scoreboard(spec.objective.goal),
            results=ResultNotices(spec, record.n_trials),
            _run_section=record.document["run"],
        )

    @property
    def id(self) -> str:
        """The job's id."""
        return self.record.id

    @property
    def spent(self) -> float:
        """What its attempts have cost so far, in full trainings."""
        max_step = None if self.stopping is None else self.stopping.max_step
        running = [run.length for run in self.running.values()]
        if self._told_cost[:2] != (self.history.n_told, max_step):
            self._told_cost = self.history.n_told, max_step, cost(self.history.lengths, max_step)
        return self._told_cost[2] + cost(running, max_step)

    @property
    def n_open(self) -> int:
        """How many more trials its budget allows now, running ones left aside."""
        if self.is_exhausted:
            return 0
        budget = budget_of(self.record, self.spec)
        if budget is None:
            return max(self.record.n_trials - self.n_trials, 0)
        return self.spec.run.parallel if self.spent + len(self.waiting) < budget else 0

    def later(self, change: Change, *, durable: bool = False, urgent: bool = True) -> None:
        """Add a change to the transaction of this step; it must not fail for reasons that the step could know.

        What is kept in memory about the job may already say what the change will store: a step that cannot store it
        ends this runner, and the next one starts from the database.

        Args:
            change: Called with the transaction.
            durable: It must survive a power failure.
            urgent: False when it may be lost: what the folders hold would say it again.
        """
        self._changes.append(change)
        self._is_durable |= durable
        self.is_urgent |= urgent

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Transaction]:
        """Open a transaction fenced by the lease, which begins with the changes of this step.

        Args:
            durable: It must survive a power failure.
        """
        changes, durable = self._changes, durable or self._is_durable
        # Taken out first: whether they were stored is not known when this fails, and they must not be stored twice.
        self._changes, self._is_durable, self.is_urgent, self._changed_at = [], False, False, None
        with self.storage.transaction(self.lease, durable=durable) as tx:
            for change in changes:
                change(tx)
            yield tx
            self.record = tx.job(self.id)

    def flush(self) -> None:
        """Store all changes so far."""
        if self._changes:
            with self.transaction():
                pass

    def commit(self, now: datetime) -> None:
        """Store the changes of a step, in one transaction; those that are not urgent may wait for company."""
        if not self._changes:
            return
        self._changed_at = self._changed_at or now
        if self.is_urgent or not 0 <= (now - self._changed_at).total_seconds() < _LATEST_S:
            self.flush()

    def launch_spec(self, attempt: Attempt) -> LaunchSpec:
        """Build the launch spec of an attempt."""
        folder = self.settings.home / attempt.folder
        key = attempt_key(self.id, attempt.number, attempt.attempt)
        return self.plan.launch_spec(
            self.history.params(attempt.number),
            folder=folder,
            job_id=self.id,
            number=attempt.number,
            attempt=attempt.attempt,
            seen_folder=self.executor.seen_folder(key, folder),
        )

    def metric_files(self, attempt: Attempt) -> list[MetricFile]:
        """The metric files of an attempt."""
        if not self.has_metric_files:
            return []
        params, folder = self.history.params(attempt.number), self.settings.home / attempt.folder
        return metric_files(self.spec, params, folder, self.id, attempt.number, attempt.attempt)

    @cached_property
    def has_metric_files(self) -> bool:
        """Whether metrics are read from files, which tell no executor that they have grown."""
        return any(metric.file is not None for metric in self.spec.metrics.values())

    def stored_reports(self, attempt: Attempt) -> Sequence[Report]:
        """The stored reports of an attempt."""
        return self.storage.reports(self.id, attempt.number, attempt=attempt.attempt).items

    @cached_property
    def sample(self) -> LaunchSpec:
        """A launch spec that needs what every attempt of the job needs, to ask for room."""
        run = self.spec.run
        return LaunchSpec(
            self.settings.home,
            (),
            cpus=run.cpus,
            gpus=run.gpus,
            gpu_ids=run.gpu_ids,
            setup=run.setup,
            memory_bytes=run.memory_bytes,
        )

    def follow_changes(self) -> None:
        """Take over the limits in the stored document, which ``change`` may have replaced."""
        run = self.record.document["run"]
        if run == self._run_section:
            return
        self._run_section = run
        changed = job_spec(self.record.document).run
        if changed.trial_timeout_s != self.spec.run.trial_timeout_s:
            self.timeouts_due.update(self.running)
        self.spec = replace(self.spec, run=changed)
        self.plan = replace(self.plan, spec=self.spec)

    def set_timeouts(self) -> None:
        """Tell the executor the present limit of trials that were started under another one."""
        if not self.timeouts_due or not isinstance(self.executor, ChangesTimeouts):
            return
        self.timeouts_due &= self.running.keys()
        for number in sorted(self.timeouts_due):
            run = self.running[number]
            try:
                if run.exit is None:
                    self.executor.change_timeout(run.handle, self.spec.run.trial_timeout_s)
            except OSError as err:  # tried again at the next poll
                self.note_unreadable(run, err)
            else:
                self.timeouts_due.discard(number)

    def add_running(self, run: RunningAttempt) -> None:
        """Register a running attempt, which counts against the shared limit."""
        self.running[run.number] = run
        if "trial_timeout" in self.record.submitted_run:
            self.timeouts_due.add(run.number)  # an earlier process may have handed it over under another limit
        self.numbers[run.handle.folder] = run.number
        self.limit.take()

    def remove_running(self, number: int) -> None:
        """Remove an attempt that has ended or is left to another process."""
        run = self.running.pop(number)
        del self.numbers[run.handle.folder]
        self.again.discard(number)
        self.limit.give_back()

    def note_unreadable(self, run: RunningAttempt, err: OSError) -> None:
        """Record that a trial's files are unreadable now; the next step tries again."""
        self.file_notice = Message("job.trial_unreadable", number=run.number, why=err.strerror or err)
