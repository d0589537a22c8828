"""Store the reports of running trials, and free the middle of long logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from scriptune.core.decision import StoppingCall
from scriptune.core.trial import Report
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.log_limit import free, freed_notices, is_able, part_to_free
from scriptune.runtime.runner.early_stopping import add_calls, ask_rule
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.storage.base import Transaction

__all__ = ["add_reports", "limit_log", "save_reports"]

_SAVE_EVERY_S = 0.1  # how old live values of a trial may be


def save_reports(job: RunningJob, run: RunningAttempt, now: datetime) -> None:
    """Store new reports, at a limited rate: a program may print thousands per second, or end right now."""
    run.saved_at = run.saved_at or now
    # The report that decided a unit is the first to be stored: another trial's must not come before it.
    at_once = job.units.known != job.record.units
    if run.is_reread or not run.unsaved:
        return
    if not at_once and 0 <= (now - run.saved_at).total_seconds() < _SAVE_EVERY_S:
        return
    job.later(partial(_save, job, run, _Unsaved.of(run), ask_rule(job, run)))
    _mark_saved(run, now)


def limit_log(job: RunningJob, run: RunningAttempt, now: datetime) -> None:
    """Free the middle of a log that is too long, after its reports are stored, so that no result is lost.

    Raises:
        OSError: It cannot be done now.
    """
    if run.is_reread or run.is_foreign:
        return
    was_emptied = run.freed is not None and run.read_offset < run.freed.end
    part = part_to_free(job.settings.max_log_bytes, run.read_offset, None if was_emptied else run.freed)
    if (part is None and not was_emptied) or not is_able():
        return
    calls = ask_rule(job, run)
    with job.transaction(durable=True) as tx:
        add_reports(job, tx, run)
        add_calls(job, tx, calls)
        notices = freed_notices(tx.trial(job.id, run.number).notices, run.attempt, part)
        n_reports = sum(run.n_reports.values())
        tx.update_trial(job.id, run.number, metrics=run.metrics, n_reports=n_reports, notices=notices)
    _mark_saved(run, now)
    run.freed = part
    if part is not None and not free(run.log, part):
        run.freed = None
        with job.transaction() as tx:
            others = freed_notices(tx.trial(job.id, run.number).notices, run.attempt, None)
            tx.update_trial(job.id, run.number, notices=others)


def add_reports(job: RunningJob, tx: Transaction, run: RunningAttempt) -> None:
    """Add unstored reports to a transaction, with how far the log was read."""
    _add(job, tx, run, _Unsaved.of(run))


@dataclass(frozen=True)
class _Unsaved:
    """What was read of a log and is to be stored."""

    reports: Sequence[Report]
    from_offset: int
    to_offset: int
    is_reread: bool
    metrics: Mapping[str, float]
    n_reports: int
    sources: Mapping[str, Any]

    @classmethod
    def of(cls, run: RunningAttempt) -> _Unsaved:
        n_reports = sum(run.n_reports.values())
        return cls(
            run.unsaved,
            run.stored_offset,
            run.read_offset,
            run.is_reread,
            run.metrics,
            n_reports,
            run.source_states(),
        )


def _save(
    job: RunningJob, run: RunningAttempt, unsaved: _Unsaved, calls: Sequence[StoppingCall], tx: Transaction
) -> None:
    _add(job, tx, run, unsaved)
    tx.update_trial(job.id, run.number, metrics=unsaved.metrics, n_reports=unsaved.n_reports)
    add_calls(job, tx, calls)


def _add(job: RunningJob, tx: Transaction, run: RunningAttempt, unsaved: _Unsaved) -> None:
    if job.units.known != tx.job(job.id).units:
        tx.update_job(job.id, units=dict(job.units.known))
    number, attempt = run.number, run.attempt
    if unsaved.sources:
        tx.update_attempt(job.id, number, attempt, sources=unsaved.sources)
    if unsaved.is_reread:
        tx.replace_reports(job.id, number, attempt, unsaved.reports, unsaved.to_offset)
        return
    tx.add_reports(
        job.id, number, attempt, unsaved.reports, from_offset=unsaved.from_offset, to_offset=unsaved.to_offset
    )


def _mark_saved(run: RunningAttempt, now: datetime) -> None:
    run.unsaved, run.stored_offset, run.saved_at = [], run.read_offset, now
