"""The state of a job whose lease we hold, shared by the parts of its runner."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from scriptune.core.job import JobSpec, SearchJob
from scriptune.core.trial import Attempt
from scriptune.executors.base import Executor, LaunchSpec
from scriptune.executors.command import Plan, attempt_key, make_plan
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.metrics.pattern import MetricPattern
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import RunningAttempt, compile_patterns
from scriptune.runtime.history import ToldHistory
from scriptune.runtime.notices import ResultNotices
from scriptune.runtime.policy.termination import Scoreboard
from scriptune.runtime.shared_limit import SharedLimit
from scriptune.settings import Settings
from scriptune.storage.base import Lease, Storage, Transaction

__all__ = ["RunningJob"]


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
        running: Attempts with a process, by trial.
        waiting: Attempts to be started, the next one first.
        n_trials: How many trials there are.
        is_exhausted: Whether the sampler has no further configuration.
        file_notice: Why files of a trial cannot be looked at now, or "".
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
    waiting: deque[Attempt] = field(default_factory=deque)
    n_trials: int = 0
    is_exhausted: bool = False
    file_notice: str = ""

    @classmethod
    def load(
        cls,
        settings: Settings,
        storage: Storage,
        executor: Executor,
        lease: Lease,
        clock: Callable[[], datetime],
        limit: SharedLimit,
    ) -> RunningJob:
        """Load the job without its trials.

        Raises:
            CommandError: A template cannot be read, or the command cannot be built.
        """
        record = storage.job(lease.job_id)
        spec = job_spec(record.document)
        return cls(
            settings=settings,
            storage=storage,
            executor=executor,
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
        )

    @property
    def id(self) -> str:
        """The job's id."""
        return self.record.id

    def transaction(self, *, durable: bool = False) -> AbstractContextManager[Transaction]:
        """Open a transaction fenced by the lease; durable ones survive a power failure."""
        return self.storage.transaction(self.lease, durable=durable)

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

    def add_running(self, run: RunningAttempt) -> None:
        """Register a running attempt, which counts against the shared limit."""
        self.running[run.number] = run
        self.limit.take()

    def remove_running(self, number: int) -> None:
        """Remove an attempt that has ended or is left to another process."""
        del self.running[number]
        self.limit.give_back()

    def note_unreadable(self, run: RunningAttempt, err: OSError) -> None:
        """Record that a trial's files are unreadable now; the next step tries again."""
        self.file_notice = Message("job.trial_unreadable", number=run.number, why=err.strerror or err)
