"""Reparse: compute every value again from the kept logs; nothing is run."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scriptune.core.job import JobSpec, JobState, SearchJob
from scriptune.core.trial import ENDED, Attempt, ExitReason, Tell, Trial, TrialState
from scriptune.engine.attempts import Running, compile_patterns
from scriptune.engine.ending import Ending, Outcome, Tally, budget_ending, early_ending
from scriptune.engine.history import is_divided
from scriptune.engine.jobfile.problems import Problems
from scriptune.engine.jobfile.sections import read_objective
from scriptune.engine.judging import Verdict
from scriptune.engine.kept_files import look_at, plan_of
from scriptune.engine.notices import job_notices, kept_notices
from scriptune.engine.owners import is_worked_on, lease_fields
from scriptune.engine.stored import load_stored
from scriptune.engine.views import ReparseReport
from scriptune.errors import ConflictError, NotFoundError, StorageUnavailableError, closest
from scriptune.executors.base import Handle
from scriptune.logs.pattern import MetricPattern, compile_pattern
from scriptune.settings import Settings
from scriptune.storage.base import Lease, Storage, Transaction, TrialFilter

__all__ = ["Reread", "reparse", "reread"]

_READ_BYTES = 64 * 1024 * 1024
_HOLD_S = 3600.0  # logs of many gigabytes take minutes; a process that dies meanwhile holds nothing, see `owners`
_GOES_ON = "What had ended the search is no more, now that its logs were read again; `scriptune resume` goes on."
_ENDED_BY_ITSELF = (JobState.COMPLETED, JobState.FAILED)


@dataclass(frozen=True)
class Reread:
    """A trial with what its log says now."""

    trial: Trial
    attempt: Attempt
    run: Running
    verdict: Verdict


def reparse(
    storage: Storage,
    job: SearchJob,
    regexes: Mapping[str, str],
    reduce: str | None,
    owner: str,
    clock: Callable[[], datetime],
    settings: Settings,
) -> ReparseReport:
    """Read all logs first, then change everything in one transaction.

    Raises:
        ConflictError: A live process works on the job.
        NotFoundError: A regex is given for a metric that the job does not have.
        MetricPatternError: A regex cannot be used.
        JobFileError: The reduction cannot be used.
    """
    with storage.transaction() as tx:
        job = tx.job(job.id)
        if is_worked_on(job, clock()):
            raise ConflictError(f"Job {job.name!r} is being run; wait for its end, or stop it first.")
        document = _changed_document(job, regexes, reduce)
        # From here on no worker may take the job; a crash leaves it to whoever comes next.
        tx.update_job(job.id, **lease_fields(owner, clock(), max(settings.lease_ttl_s, _HOLD_S)))
    lease = Lease(job.id, owner)
    try:
        return _reparse(storage, job, document, lease, clock, settings)
    except BaseException:
        with suppress(StorageUnavailableError):  # what failed first is what to tell
            storage.release(lease)
        raise


def _reparse(
    storage: Storage,
    job: SearchJob,
    document: Mapping[str, Any],
    lease: Lease,
    clock: Callable[[], datetime],
    settings: Settings,
) -> ReparseReport:
    """The work itself; gives the lease back with its last change."""
    spec = load_stored(document)
    patterns = compile_patterns(spec)
    plan = plan_of(spec)
    rereads = []
    n_without_log = 0
    latest = {attempt.number: attempt for attempt in storage.attempts(job.id)}
    ended = {trial.number: trial for trial in storage.trials(job.id, TrialFilter(tuple(ENDED))).items}
    for trial in ended.values():
        attempt = latest[trial.number]
        files = look_at(settings.home, plan, job.id, trial, attempt)
        # What a restored folder holds of another moment, or of another trial, gives no value.
        if attempt.exit is None or not files.is_readable:
            n_without_log += 1
            continue
        rereads.append(reread(spec, patterns, trial, attempt, files.folder, clock()))
    outcomes = _outcomes(storage, job)
    old, new = Tally(job.goal), Tally(job.goal)
    for outcome in outcomes:
        old.add(outcome)
        new.add(outcome)
    differences = []
    with storage.transaction(lease) as tx:
        for again in rereads:
            tell = _store(tx, job.id, again)
            ended[again.trial.number] = tx.trial(job.id, again.trial.number)
            if tell is not None:
                differences.append((again.trial.number, again.trial.value, again.verdict.value))
                new.add(Outcome.of(tell, tx.trial(job.id, tell.number)))
        changes: dict[str, Any] = {}
        if differences and job.state in _ENDED_BY_ITSELF:
            ending = _ending_now(job, spec, old, new)
            changes = {"state": ending.state} if ending.state is not job.state else {}
            changes["message"] = ending.message
        changes["notices"] = (*job_notices(spec, ended.values(), job.n_trials), *kept_notices(tx.job(job.id)))
        tx.update_job(job.id, document=document, lease_owner=None, lease_until=None, **changes)
    return ReparseReport(len(rereads), differences, n_without_log)


def _outcomes(storage: Storage, job: SearchJob) -> list[Outcome]:
    """What was told so far."""
    by_number = {trial.number: trial for trial in storage.trials(job.id).items}
    return [Outcome.of(tell, by_number[tell.number]) for tell in storage.tells(job.id)]


def _ending_now(job: SearchJob, spec: JobSpec, old: Tally, new: Tally) -> Ending:
    """How the search would have ended with the values that are known now.

    One that had used up its budget, or every configuration, has used them up still. What had ended it early
    may be no more: then it can go on.
    """

    def early(tally: Tally) -> Ending | None:
        return early_ending(
            tally,
            target=spec.objective.target,
            max_failed=spec.run.max_failed,
            resumed_at_tell=job.resumed_at_tell,
            active_s=job.active_s,
            job_timeout_s=spec.run.job_timeout_s,
        )

    used_up = len(new) >= job.n_trials
    ending = early(new)
    if ending is None and (used_up or early(old) is None):
        ending = budget_ending(new, budget=job.n_trials, exhausted=not used_up, is_divided=is_divided(spec))
    return ending or Ending(JobState.STOPPED, _GOES_ON)


def _changed_document(job: SearchJob, regexes: Mapping[str, str], reduce: str | None) -> dict[str, Any]:
    document = copy.deepcopy(dict(job.document))
    for name, regex in regexes.items():
        metric = name or document["objective"]["metric"]
        if metric not in document["metrics"]:
            raise NotFoundError(f"Job {job.name!r} has no metric {metric!r}.{closest(metric, document['metrics'])}")
        compile_pattern(metric, regex)
        document["metrics"][metric] = {"regex": regex}
    if reduce is not None:
        changed = {**document["objective"], "reduce": reduce}
        if reduce != "mean_last_k":
            changed.pop("last_k", None)
        document["objective"] = _objective(changed, list(document["metrics"]))
    return document


def _objective(section: dict[str, Any], metrics: list[str]) -> dict[str, Any]:
    """The complete form of a changed section."""
    problems = Problems("reparse")
    _, complete = read_objective(section, metrics, problems)
    problems.raise_if_any()
    return complete


def reread(
    spec: JobSpec, patterns: Mapping[str, MetricPattern], trial: Trial, attempt: Attempt, folder: Path, now: datetime
) -> Reread:
    """Read the log of an ended trial as if it had just ended."""
    assert attempt.exit is not None
    fresh = Attempt(attempt.number, attempt.attempt, attempt.state, attempt.folder, exit=attempt.exit)
    run = Running.begin(spec, patterns, fresh, Handle(folder))
    run.exit = attempt.exit
    while not run.read(_READ_BYTES, now).at_end:
        pass
    verdict = run.verdict(
        spec.objective.metric,
        # A trial that was cut by the end of its job was not counted then and is not counted now.
        keep_value=trial.state is not TrialState.STOPPED or attempt.exit.reason is not ExitReason.CANCELLED,
    )
    return Reread(trial, attempt, run, verdict)


def _store(tx: Transaction, job_id: str, again: Reread) -> Tell | None:
    """Write one trial; returns the new entry of the told history when its value or state changed."""
    trial, run, verdict = again.trial, again.run, again.verdict
    tx.replace_reports(job_id, trial.number, again.attempt.attempt, run.unsaved, run.read_offset)
    changed = (trial.value, trial.state) != (verdict.value, verdict.state)
    if verdict.state is not trial.state:
        tx.update_trial(job_id, trial.number, state=verdict.state)
    tx.update_trial(
        job_id,
        trial.number,
        value=verdict.value,
        cause=verdict.cause,
        message=verdict.message,
        metrics=run.metrics,
        n_reports=sum(run.n_reports.values()),
        report_digest=run.digest.text,
    )
    return tx.append_tell(job_id, trial.number, verdict.value) if changed else None
