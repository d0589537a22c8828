"""Finish an attempt: store its last reports, exit, value and tell in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scriptune.core.trial import Attempt, ExitStatus, Tell, Trial, TrialState
from scriptune.executors.folder import attempt_folder
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.policy.verdict import Verdict, should_retry
from scriptune.runtime.runner.outcomes import learn_now
from scriptune.runtime.runner.reports import add_reports
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.storage.base import Transaction

__all__ = ["finish"]


@dataclass(frozen=True)
class _End:
    """What a transaction stored about the end of an attempt.

    Attributes:
        trial: The trial after it.
        told: Its entry in the told history; None when it runs again.
        again: Its next attempt.
    """

    trial: Trial
    told: Tell | None = None
    again: Attempt | None = None


def finish(job: RunningJob, run: RunningAttempt, verdict: Verdict, now: datetime) -> None:
    """Store the end of an attempt whose log was read, and pass the result to the sampler."""
    is_retried = _is_retried(job, run, verdict)
    with job.transaction(durable=is_retried) as tx:
        end = _write(job, tx, run, verdict, now, is_retried=is_retried)
    job.remove_running(run.number)
    if end.again is not None:
        job.waiting.append(end.again)
    if end.told is not None:
        learn_now(job, end.told, end.trial)


def _is_retried(job: RunningJob, run: RunningAttempt, verdict: Verdict) -> bool:
    """Whether another attempt of the same trial follows."""
    if verdict.state is not TrialState.FAILED or run.stop or job.record.stop_requested:
        return False
    attempts = job.storage.attempts(job.id, run.number)
    earlier = [other.exit.reason for other in attempts if other.attempt < run.attempt and other.exit is not None]
    return should_retry(verdict.cause, earlier, job.spec.run.retries, job.spec.run.max_preempted)


def _write(
    job: RunningJob, tx: Transaction, run: RunningAttempt, verdict: Verdict, now: datetime, *, is_retried: bool
) -> _End:
    exit = run.exit
    assert exit is not None
    add_reports(job, tx, run)
    started = _start_of_adopted(exit, tx.trial(job.id, run.number))
    finished_at = exit.finished_at or now
    tx.update_attempt(
        job.id,
        run.number,
        run.attempt,
        state=verdict.state,
        exit=exit,
        **started,
        finished_at=finished_at,
        warnings=run.warnings,
    )
    changes: dict[str, Any] = {
        "metrics": run.metrics,
        "n_reports": sum(run.n_reports.values()),
        "report_digest": run.digest.text,
        "message": verdict.message,
    }
    if is_retried:
        again = _insert_next_attempt(job, tx, run, now)
        trial = tx.update_trial(job.id, run.number, state=TrialState.WAITING, started_at=None, **changes)
        return _End(trial, again=again)
    if run.stop == "trial":
        changes["stop_requested"] = True  # by the user, or by the target: resuming leaves it as it is
    trial = tx.update_trial(
        job.id,
        run.number,
        state=verdict.state,
        value=verdict.value,
        cause=verdict.cause,
        finished_at=finished_at,
        **started,
        **changes,
    )
    if run.stop == "job" and verdict.state is TrialState.STOPPED:
        return _End(trial)
    return _End(trial, told=tx.append_tell(job.id, run.number, verdict.value))


def _insert_next_attempt(job: RunningJob, tx: Transaction, run: RunningAttempt, now: datetime) -> Attempt:
    number, attempt = run.number, run.attempt + 1
    again = Attempt(number, attempt, TrialState.WAITING, attempt_folder(job.id, number, attempt), created_at=now)
    tx.insert_attempt(job.id, again)
    tx.update_trial(job.id, number, n_attempts=attempt)
    return again


def _start_of_adopted(exit: ExitStatus, trial: Trial) -> dict[str, Any]:
    """The start time of an attempt that had ended before it was adopted."""
    is_late = trial.started_at is not None and exit.finished_at is not None and trial.started_at > exit.finished_at
    return {"started_at": exit.started_at} if is_late and exit.started_at is not None else {}
