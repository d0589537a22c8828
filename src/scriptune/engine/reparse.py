"""Reparse: recompute all values from the kept logs, without running anything.

What a re-parse changes is planned first, from the logs and the database, without writing anything: that is the
preview. Then it is stored in one transaction, together with what was there before, so that it can be undone once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Any

from scriptune.core.job import JobState, MetricUnit, SearchJob
from scriptune.core.trial import Attempt, Cause, Report, TrialState
from scriptune.engine.reparse_document import ReparseChanges, changed_document, name_now
from scriptune.engine.reparse_plan import Change, ReparsePlan, new_names, plan_reparse
from scriptune.engine.views import ReparseReport
from scriptune.errors import ConflictError, NotFoundError, StorageUnavailableError
from scriptune.messages import Message, message_from_json, message_to_json
from scriptune.runtime.context import Context
from scriptune.runtime.lease import is_worked_on, lease_fields
from scriptune.runtime.notices import job_notices, kept_notices
from scriptune.runtime.policy.termination import Ending
from scriptune.storage.base import Lease, Storage, Transaction

__all__ = ["ReparseChanges", "preview", "reparse", "undo"]

_HOLD_S = 3600.0  # logs of many gigabytes take minutes; a process that dies meanwhile holds nothing, see `lease`
_UNDO, _BEFORE = "reparse", "before"
_RESTORED = ("value", "message", "metrics", "n_reports", "report_digest")


def preview(context: Context, job: SearchJob, changes: ReparseChanges) -> ReparseReport:
    """What `reparse` would change, without writing anything.

    Raises:
        NotFoundError, MetricPatternError, JobFileError, ConflictError: As `reparse`.
    """
    plan = plan_reparse(context, job, changed_document(job, changes))
    return plan.report(*plan.ending(context.storage), is_preview=True)


def reparse(context: Context, job: SearchJob, changes: ReparseChanges, *, is_confirmed: bool = False) -> ReparseReport:
    """Read all logs, then apply every change in one transaction.

    Raises:
        ConflictError: A live process works on the job; or a metric would be captured nowhere, and that is not
            confirmed; or the new name is taken.
        NotFoundError: A regex is given for a metric that the job does not have.
        MetricPatternError: A regex cannot be used.
        JobFileError: The reduction, the goal or the name cannot be used.
    """
    document = changed_document(job, changes)  # errors are raised before the lease is taken
    with _held(context, job) as (job, lease):
        plan = plan_reparse(context, job, document)
        if not is_confirmed:
            _refuse_to_lose(plan, changes)
        return _store(context.storage, plan, lease)


def undo(context: Context, job: SearchJob) -> ReparseReport:
    """Undo the last re-parse.

    Trials that ran since, or again, are read as they would have been without it.

    Raises:
        ConflictError: There is nothing to undo, or a live process works on the job.
    """
    before = _before(context.storage, job)
    with _held(context, job) as (job, lease):
        units = {name: MetricUnit(**unit) for name, unit in before.get("units", {}).items()}
        plan = plan_reparse(context, job, before["document"], units)
        kept = {(row["number"], row["attempt"]): row for row in before["trials"]}
        restored = [_restored(change, kept.get(_key(change.attempt))) for change in plan.changes]
        ending = None
        if (job.state, job.n_told) == (JobState(before["state_after"]), before["n_told_after"]):
            ending = Ending(JobState(before["state"]), message_from_json(before["message"]))
        return _store(context.storage, replace(plan, changes=restored), lease, ending=ending, is_undo=True)


def _forget_undo(storage: Storage, job_id: str) -> None:
    """Delete the undo record after the old values were restored."""
    with suppress(NotFoundError):
        storage.delete_item(f"{_UNDO}/{job_id}", _BEFORE)


def _before(storage: Storage, job: SearchJob) -> Mapping[str, Any]:
    try:
        return storage.get_item(f"{_UNDO}/{job.id}", _BEFORE)
    except NotFoundError as err:
        raise ConflictError(Message("reparse.nothing_to_undo", name=job.name)) from err


@contextmanager
def _held(context: Context, job: SearchJob) -> Iterator[tuple[SearchJob, Lease]]:
    """Hold the job's lease, so that no worker takes it meanwhile; after a crash any process may claim it."""
    now = context.clock()
    with context.storage.transaction() as tx:
        job = tx.job(job.id)
        if is_worked_on(job, now):
            raise ConflictError(Message("reparse.job_is_run", name=job.name))
        tx.update_job(job.id, **lease_fields(context.owner, now, max(context.settings.lease_ttl_s, _HOLD_S)))
    lease = Lease(job.id, context.owner)
    try:
        yield job, lease
    except BaseException:
        with suppress(StorageUnavailableError):  # what failed first is what to tell
            context.storage.release(lease)
        raise


def _refuse_to_lose(plan: ReparsePlan, changes: ReparseChanges) -> None:
    """Reject a change after which a metric it concerns would be captured nowhere."""
    objective = plan.spec.objective.metric
    asked = {objective, *(name_now(name, plan.job, changes) for name in changes.regexes)}
    silent = [name for name in plan.n_captured if name in asked and plan.n_captured[name] == 0]
    if changes.regexes and plan.n_without_log and not plan.n_read:
        raise ConflictError(_nothing_to_read(plan), hint=Message("reparse.change_anyway"))
    if not silent or not plan.n_read:
        return
    name = silent[0]
    regex, hint = plan.spec.metrics[name].regex, Message("reparse.compare_first")
    if plan.n_lost:
        lost = Message("reparse.loses_values", regex=regex, name=name, n=plan.n_read, lost=plan.n_lost)
        raise ConflictError(lost, hint=hint)
    raise ConflictError(Message("reparse.finds_nothing", regex=regex, name=name, n=plan.n_read), hint=hint)


def _nothing_to_read(plan: ReparsePlan) -> str:
    """Why another regex would not change any value."""
    why = []
    if plan.pruned:
        why.append(Message("reparse.pruned", n=len(plan.pruned), day=f"{max(plan.pruned):%Y-%m-%d}"))
    if plan.n_freed:
        why.append(Message("reparse.freed", n=plan.n_freed))
    shown = Message("reparse.why", items=why) if why else ""
    return Message("reparse.no_log", name=plan.job.name, n=plan.n_without_log, why=shown)


def _store(
    storage: Storage, plan: ReparsePlan, lease: Lease, *, ending: Ending | None = None, is_undo: bool = False
) -> ReparseReport:
    """Write all changes and release the lease, in one transaction."""
    job = plan.job
    names = new_names(job.document, plan.document)
    renamed = list(_renamed_reports(storage, plan, names)) if names else []
    ending_now, scoreboard = plan.ending(storage)
    ending = ending or ending_now
    ended = []
    if not is_undo:
        # First, while no other process may change the job: undoing a change that was not made changes nothing.
        storage.put_item(f"{_UNDO}/{job.id}", _BEFORE, _snapshot(plan, ending))
    with storage.transaction(lease) as tx:
        for number, attempt, reports, log_offset in renamed:
            tx.replace_reports(job.id, number, attempt, reports, log_offset)
        for change in plan.changes:
            _write(tx, job.id, change)
            ended.append(tx.trial(job.id, change.trial.number))
        notices = (*job_notices(plan.spec, ended, job.n_trials), *kept_notices(tx.job(job.id)))
        fields: dict[str, Any] = {"document": plan.document, "units": plan.units, "notices": notices}
        if ending is not None:
            fields |= {"state": ending.state} if ending.state is not job.state else {}
            fields["message"] = ending.message
        if plan.is_turned:
            fields["earlier_goals"] = (*job.earlier_goals, (tx.n_trials(job.id), job.goal))
        tx.update_job(job.id, lease_owner=None, lease_until=None, **fields)
    if is_undo:
        _forget_undo(storage, job.id)
    return plan.report(ending, scoreboard, is_preview=False)


def _write(tx: Transaction, job_id: str, change: Change) -> None:
    number = change.trial.number
    if change.reports is not None:
        tx.replace_reports(job_id, number, change.attempt.attempt, change.reports, change.log_offset)
    if change.state is not change.trial.state:
        tx.update_trial(job_id, number, state=change.state)
    fields = {name: value for name, value in change.fields.items() if name != "state"}
    tx.update_trial(job_id, number, **fields)
    if change.is_told:
        tx.append_tell(job_id, number, change.value, is_final=change.state is not TrialState.EARLY_STOPPED)


def _renamed_reports(
    storage: Storage, plan: ReparsePlan, names: Mapping[str, str]
) -> Iterator[tuple[int, int, Sequence[Report], int]]:
    """The reports, under new metric names, of attempts whose logs are not reread."""
    read = {_key(change.attempt) for change in plan.changes if change.reports is not None}
    for attempt in storage.attempts(plan.job.id):
        if _key(attempt) not in read:
            reports = storage.reports(plan.job.id, attempt.number, attempt=attempt.attempt).items
            changed = [replace(report, metric=names.get(report.metric, report.metric)) for report in reports]
            yield attempt.number, attempt.attempt, changed, attempt.log_offset


def _snapshot(plan: ReparsePlan, ending: Ending | None) -> dict[str, Any]:
    """The JSON data that `undo` needs."""
    return {
        "document": plan.job.document,
        "units": {name: asdict(unit) for name, unit in plan.job.units.items()},
        "state": str(plan.job.state),
        "message": message_to_json(plan.job.message),
        "state_after": str(plan.job.state if ending is None else ending.state),
        "n_told_after": plan.job.n_told + sum(change.is_told for change in plan.changes),
        "trials": [
            {
                "number": change.trial.number,
                "attempt": change.attempt.attempt,
                "state": str(change.trial.state),
                "cause": None if change.trial.cause is None else str(change.trial.cause),
                **{name: getattr(change.trial, name) for name in _RESTORED},
                "message": message_to_json(change.trial.message),
                "metrics": dict(change.trial.metrics),
            }
            for change in plan.changes
        ],
    }


def _restored(change: Change, row: Mapping[str, Any] | None) -> Change:
    """The trial as it was before; one that ran since is reread."""
    if row is None:
        return change
    cause = None if row["cause"] is None else Cause(row["cause"])
    fields = {"state": TrialState(row["state"]), "cause": cause, **{name: row[name] for name in _RESTORED}}
    fields["message"] = message_from_json(row["message"])
    return replace(change, fields=fields)


def _key(attempt: Attempt) -> tuple[int, int]:
    return attempt.number, attempt.attempt
