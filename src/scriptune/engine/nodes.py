"""The machines of executors, and why trials wait for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from scriptune.core.job import UNFINISHED_JOB, ExecutorSpec, SearchJob
from scriptune.core.trial import TrialState
from scriptune.errors import ExecutorError
from scriptune.executors.base import Handle, KnowsNodes, Node
from scriptune.executors.registry import DEFAULT_EXECUTOR
from scriptune.jobfile.spec import executor_spec
from scriptune.messages import Message
from scriptune.runtime.context import Context
from scriptune.storage.base import JobFilter, TrialFilter

__all__ = ["ExecutorNodes", "WaitingTrials", "nodes"]

_MAX_JOBS = 1000


@dataclass(frozen=True)
class WaitingTrials:
    """Trials of a job that wait for the same reason.

    Attributes:
        job_id, job_name: The job.
        n_trials: How many there are.
        waits: Why, as a sentence.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("waits_reason",)

    job_id: str
    job_name: str
    n_trials: int
    waits: str

    @property
    def waits_reason(self) -> Message | None:
        """Why they wait as code and parameters; None if it is not known."""
        return self.waits if isinstance(self.waits, Message) else None


@dataclass(frozen=True)
class ExecutorNodes:
    """An executor with its machines.

    Attributes:
        executor: Its name, as in ``run.executor``.
        nodes: Its machines; empty if it does not tell them.
        n_running: Trials that it runs for the jobs of this installation.
        waiting: Trials that wait for it, by job and reason.
        problem: Why its machines cannot be listed now, as a sentence; "" when they can.
    """

    executor: str
    nodes: Sequence[Node]
    n_running: int
    waiting: Sequence[WaitingTrials]
    problem: str = ""


def nodes(context: Context, name: str | None = None) -> list[ExecutorNodes]:
    """The executors that unfinished jobs use, and the default one, with their machines.

    Args:
        context: The installation.
        name: Only this executor.

    Raises:
        ExecutorError: There is no such executor.
    """
    jobs: dict[ExecutorSpec, list[SearchJob]] = {ExecutorSpec(DEFAULT_EXECUTOR): []}
    for summary in context.storage.jobs(JobFilter(states=UNFINISHED_JOB), limit=_MAX_JOBS).items:
        jobs.setdefault(executor_spec(summary.job.document["run"]["executor"]), []).append(summary.job)
    if name is None:
        return [_row(context, each, own) for each, own in jobs.items()]
    named = {spec: own for spec, own in jobs.items() if spec.name == name}
    if not named:
        context.make_executor(ExecutorSpec(name)).close()  # refuses a name that no executor has
        named[ExecutorSpec(name)] = []
    return [_row(context, each, own) for each, own in named.items()]


def _row(context: Context, spec: ExecutorSpec, jobs: Sequence[SearchJob]) -> ExecutorNodes:
    machines: Sequence[Node] = ()
    problem, n_running = "", 0
    try:
        executor = context.make_executor(spec)
    except ExecutorError as err:
        return ExecutorNodes(spec.name, (), 0, _waiting(context, jobs), err.message)
    try:
        for job in jobs:
            for attempt in context.storage.attempts(job.id, states=(TrialState.RUNNING,)):
                n_running += 1
                with suppress(OSError):  # its folder cannot be read now; it then seems to hold no slot
                    executor.adopt(Handle(context.settings.home / attempt.folder, dict(attempt.handle or {})))
        if isinstance(executor, KnowsNodes):
            machines = executor.nodes()
    except ExecutorError as err:
        problem = err.message
    finally:
        executor.close()
    return ExecutorNodes(spec.name, machines, n_running, _waiting(context, jobs), problem)


def _waiting(context: Context, jobs: Sequence[SearchJob]) -> list[WaitingTrials]:
    rows = []
    for job in jobs:
        found = context.storage.trials(job.id, TrialFilter((TrialState.WAITING,))).items
        rows += [WaitingTrials(job.id, job.name, n, why) for why, n in Counter(one.waits for one in found).items()]
    return rows
