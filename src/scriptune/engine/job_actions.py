"""Actions on jobs from outside their worker: submit, stop, resume, retry, delete."""

from __future__ import annotations

import random
import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scriptune.core.confirmation import Confirms
from scriptune.core.first_points import FirstPoint
from scriptune.core.job import ENDED_JOB, JobState, SearchJob
from scriptune.core.trial import ENDED, Attempt, Cause, Trial, TrialState
from scriptune.engine.confirmed import confirmations
from scriptune.engine.keys import PROJECT_LABEL
from scriptune.engine.queries import sample_launch_spec
from scriptune.errors import ConflictError, JobFileError
from scriptune.executors.folder import attempt_folder
from scriptune.executors.registry import EXECUTOR_REGISTRY, EXECUTORS
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.runtime.context import Context
from scriptune.runtime.lazy import lazy_module
from scriptune.runtime.lease import is_worked_on, lease_fields
from scriptune.runtime.notices import plan_notices
from scriptune.runtime.policy.budget import budget_of
from scriptune.runtime.policy.termination import is_at_its_end
from scriptune.search.registry import SAMPLER_REGISTRY, SAMPLERS
from scriptune.storage.base import Storage, Transaction, TrialFilter

if TYPE_CHECKING:
    from scriptune.engine import first_trials, warm_start
    from scriptune.jobfile import CheckedJob
    from scriptune.runtime import worker
else:
    first_trials = lazy_module("scriptune.engine.first_trials")
    warm_start = lazy_module("scriptune.engine.warm_start")
    worker = lazy_module("scriptune.runtime.worker")

__all__ = ["delete", "extra_trials", "refuse_more", "resume", "retry", "stop", "stop_trial", "submit"]

_MAX_SEED = 2**31 - 1  # fits every language's int and reads well

_STRENGTH = ("", "drain", "now")  # a request is never weakened


def submit(
    context: Context,
    checked: CheckedJob,
    *,
    hold: bool,
    labels: Mapping[str, Any],
    job_id: str | None,
    unique_among: Mapping[str, str] | None,
    first_points: Sequence[FirstPoint] | None = None,
    confirms: Confirms | None = None,
) -> SearchJob:
    """Store a checked job file as a queued job, with what is known before it starts.

    Args:
        context: The installation.
        checked: The job.
        hold, labels, job_id, unique_among: As for `Engine.submit`.
        first_points: What it tries first; None: what is known of the program and its parameters.
        confirms: As in `SearchJob`.

    Raises:
        ExecutorError: It can never run here.
        ConflictError: The id or the name is taken, or an earlier job that it names has nothing to take over.
        NotFoundError: An earlier job that it names is not there.
    """
    context.make_executor(checked.spec.run.executor).check(sample_launch_spec(context.settings, checked.spec))
    seed = checked.spec.search.seed
    seed = random.SystemRandom().randrange(_MAX_SEED) if seed is None else seed
    search = {**checked.document["search"], "seed": seed}
    among = {name: text for name, text in labels.items() if name == PROJECT_LABEL}
    notices = plan_notices(checked.spec)
    if checked.spec.search.from_ is not None:
        known = warm_start.results_of(context.storage, checked.spec, checked.spec.search.from_, labels=among)
        search |= {"start_with": [*search["start_with"], *known.starts], "from": None}
        notices = (*notices, known.note)
    first = (
        first_trials.first_trials(context.storage, checked.spec, seed, labels=among)
        if first_points is None
        else first_trials.FirstTrials(tuple(first_points))
    )
    now = context.clock()
    job = SearchJob(
        id=job_id or str(uuid.uuid4()),
        name=checked.spec.name,
        document={**checked.document, "search": search},
        state=JobState.QUEUED,
        created_at=now,
        labels=dict(labels),
        notices=notices,
        first_points=first.points,
        usual_values_version=first.usual_values_version,
        confirms=confirms,
    )
    with context.storage.transaction() as tx:
        tx.insert_job(job, unique_among=unique_among)
        if hold:
            tx.update_job(job.id, **_lease(context, now))
    return context.storage.job(job.id)


def stop(context: Context, job: SearchJob, *, drain: bool) -> SearchJob:
    """Request that a job's worker stops; without a worker, stop it here, as trials may outlive their engine.

    Raises:
        ConflictError: The job has ended already.
    """
    how = "drain" if drain else "now"
    with context.storage.transaction() as tx:
        job = tx.job(job.id)
        if job.state in ENDED_JOB:
            raise ConflictError(Message("job.already", name=job.name, state=job.state))
        job = tx.update_job(job.id, stop_requested=max(how, job.stop_requested, key=_STRENGTH.index))
    if context.is_served or is_worked_on(job, context.clock()):
        return job
    try:
        return worker.Worker(context).run_job(job.id)
    except ConflictError:
        return context.storage.job(job.id)  # another process took it in this instant, and sees the request


def stop_trial(context: Context, job: SearchJob, number: int) -> None:
    """Request that a job's worker ends one trial, which counts with what it has printed.

    Raises:
        ConflictError: The trial has ended already.
    """
    with context.storage.transaction() as tx:
        trial = tx.trial(job.id, number)
        if trial.state in ENDED:
            raise ConflictError(Message("trial.already", number=number, name=job.name, state=trial.state))
        tx.update_trial(job.id, number, stop_requested=True)


def delete(context: Context, job: SearchJob) -> None:
    """Delete a job with its files and confirmations, after ending trials that outlived their engine.

    Raises:
        ConflictError: A live process works on it.
    """
    storage = context.storage
    others = confirmations(storage, job)
    for one in (job, *others):
        if is_worked_on(one, context.clock()):
            raise ConflictError(Message("job.running_delete", name=one.name, id=one.id[:8]))
    for one in others:
        delete(context, one)
    if storage.attempts(job.id, states=(TrialState.RUNNING,)):
        stop(context, job, drain=False)
    with storage.transaction() as tx:
        tx.delete_job(job.id)
    storage.compact()
    shutil.rmtree(context.settings.jobs_folder / job.id, ignore_errors=True)


def resume(context: Context, job: SearchJob, trials: str | int | None, *, hold: bool) -> SearchJob:
    """Put a job back into the queue, optionally with more budget.

    Raises:
        SamplerError, ExecutorError: It needs one of a package that is not installed any more.
        ConflictError: A live process works on it and no budget is added, there is nothing to resume, or the
            new total is less than the budget.
        JobFileError: ``trials`` is not a number of trials.
    """
    now = context.clock()
    if not is_worked_on(job, now):
        _check_plugins(job)  # before more budget is stored
    with context.storage.transaction(durable=True) as tx:  # it may insert attempts, see `launch`
        job = tx.job(job.id)
        extra = job.extra_trials if trials is None else extra_trials(job, trials)
        alive = is_worked_on(job, now)
        if alive and trials is None:
            raise ConflictError(Message("job.running_resume", name=job.name))
        if alive or job.state not in ENDED_JOB:
            # It continues on its own, or was interrupted: anyone who takes the lease finds all it needs.
            changes: dict[str, Any] = {"extra_trials": extra}
            if not alive:
                changes["stop_requested"] = ""
                changes |= _lease(context, now) if hold else {}
            return tx.update_job(job.id, **changes)
        again = _rerun(tx, context.storage, job, (TrialState.STOPPED,), now, cut_off_only=True)
        left = int(job.document["search"]["trials"]) + extra - tx.n_trials(job.id)
        if budget_of(job, job_spec(job.document)) is not None:  # how many trials it buys is not known
            left = extra - job.extra_trials if is_at_its_end(job) else 1
        if left <= 0 and not again:
            raise ConflictError(
                Message("job.no_budget", name=job.name, n=job.n_trials),
                hint=Message("job.add_budget", id=job.id[:8]),
            )
        return _requeue(tx, context, job, now, hold=hold, extra_trials=extra)


def refuse_more(job: SearchJob) -> None:
    """Refuse further configurations of a confirmation: its trials are those that it was made for."""
    if job.confirms is not None:
        hint = Message("confirmation.again", id=job.confirms.job_id[:8])
        raise ConflictError(Message("confirmation.is_fixed", name=job.name), hint=hint)


def _check_plugins(job: SearchJob) -> None:
    """Raise an error if a plug-in that a job needs cannot be used; what is built in is not imported for that."""
    spec = job_spec(job.document)
    if spec.run.executor.name not in EXECUTORS:
        EXECUTOR_REGISTRY.find(spec.run.executor.name)
    if spec.search.sampler not in SAMPLERS:
        SAMPLER_REGISTRY.find(spec.search.sampler)


def extra_trials(job: SearchJob, trials: str | int, *, at_least: int | None = None) -> int:
    """Trials beyond the document's budget, for a request such as ``"+10"`` or ``50``.

    Args:
        job: The job.
        trials: The request.
        at_least: How small the budget may become; None: it may only grow.

    Raises:
        JobFileError: It is not a number of trials, or less than ``at_least``.
        ConflictError: It is less than the budget, or the job is a confirmation.
    """
    refuse_more(job)
    match = re.fullmatch(r"(\+?)(\d{1,9})", str(trials).strip())
    if match is None:
        problem = Message("job_file.bad_more_trials", trials=trials)
        raise JobFileError([Message("job_file.mistake", place="search.trials", problem=problem)])
    number = int(match[2])
    if match[1]:
        return job.extra_trials + number
    if at_least is not None and number < at_least:
        problem = Message("change.few_trials", number=number, least=at_least)
        raise JobFileError(
            [Message("job_file.mistake", place="search.trials", problem=problem)],
            hint=Message("change.drain", id=job.id[:8]),
        )
    if at_least is None and number < job.n_trials:
        raise ConflictError(Message("job.budget_only_grows", number=number, budget=job.n_trials))
    return number - int(job.document["search"]["trials"])


def _lease(context: Context, now: datetime) -> dict[str, Any]:
    """The job fields that reserve a job for a worker of this process."""
    return lease_fields(context.owner, now, context.settings.lease_ttl_s)


def _requeue(
    tx: Transaction, context: Context, job: SearchJob, now: datetime, *, hold: bool, **changes: Any
) -> SearchJob:
    lease = _lease(context, now) if hold else {}
    return tx.update_job(
        job.id,
        state=JobState.QUEUED,
        stop_requested="",
        message="",
        finished_at=None,
        resumed_at_tell=job.n_told,
        **lease,
        **changes,
    )


def _rerun(
    tx: Transaction,
    storage: Storage,
    job: SearchJob,
    states: Sequence[TrialState],
    now: datetime,
    *,
    cut_off_only: bool = False,
    causes: Sequence[Cause] = (),
) -> list[int]:
    """Give trials in some states another attempt; returns their numbers.

    With ``cut_off_only``, not those that were stopped for themselves. These have been told; but so has a trial that
    failed, was retried, and was then cut off with its job.
    """
    told = {tell.number for tell in storage.tells(job.id)} if cut_off_only else set()
    numbers = []
    for trial in storage.trials(job.id, TrialFilter(states)).items:
        if (trial.number in told and trial.stop_requested) or (causes and trial.cause not in causes):
            continue
        _further_attempt(tx, job.id, trial, now)
        numbers.append(trial.number)
    return numbers


def _further_attempt(tx: Transaction, job_id: str, trial: Trial, now: datetime) -> None:
    attempt = trial.n_attempts + 1
    folder = attempt_folder(job_id, trial.number, attempt)
    tx.insert_attempt(job_id, Attempt(trial.number, attempt, TrialState.WAITING, folder, created_at=now))
    tx.update_trial(
        job_id,
        trial.number,
        state=TrialState.WAITING,
        n_attempts=attempt,
        value=None,
        metrics={},
        n_reports=0,
        report_digest=None,
        cause=None,
        message="",
        stop_requested=False,
        started_at=None,
        finished_at=None,
        place="",
        waits=Message("trial.waits_to_start"),
        contact_at=None,
    )


def retry(context: Context, job: SearchJob, number: int | None, causes: Sequence[Cause], *, hold: bool) -> list[int]:
    """Run failed trials again, each as a further attempt; an ended job goes back into the queue.

    Raises:
        ConflictError: The trial has not failed, or nothing has.
        SamplerError, ExecutorError: It needs one of a package that is not installed any more.
    """
    now = context.clock()
    if not is_worked_on(job, now):
        _check_plugins(job)  # before attempts are stored
    with context.storage.transaction(durable=True) as tx:
        job = tx.job(job.id)
        if number is None:
            numbers = _rerun(tx, context.storage, job, (TrialState.FAILED,), now, causes=causes)
        else:
            trial = tx.trial(job.id, number)
            if trial.state not in (TrialState.FAILED, TrialState.STOPPED, TrialState.EARLY_STOPPED):
                raise ConflictError(Message("trial.no_retry", number=number, state=trial.state))
            _further_attempt(tx, job.id, trial, now)
            numbers = [number]
        if not numbers:
            if causes:
                raise ConflictError(Message("job.none_failed_so", name=job.name, causes=list(causes)))
            raise ConflictError(Message("job.none_failed", name=job.name))
        if job.state in ENDED_JOB:
            _requeue(tx, context, job, now, hold=hold)
        elif hold and not is_worked_on(job, now):
            tx.update_job(job.id, **_lease(context, now))
    return numbers
