"""Finish an attempt: its last reports, exit, value and tell are stored together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from scriptune.core.decision import StoppingCall
from scriptune.core.trial import Attempt, ExitStatus, Tell, Trial, TrialState
from scriptune.executors.folder import attempt_folder
from scriptune.messages import Message
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.policy.verdict import Verdict, should_retry
from scriptune.runtime.runner.early_stopping import add_calls, ask_rule, end_for_rule, explain, tell_of
from scriptune.runtime.runner.outcomes import learn_now
from scriptune.runtime.runner.reports import add_reports
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.storage.base import Transaction

__all__ = ["finish"]


def finish(job: RunningJob, run: RunningAttempt, verdict: Verdict, now: datetime) -> None:
    """End an attempt whose log was read, with this step's transaction, and pass the result to the sampler."""
    number = run.number
    again = _next_attempt(job, run, now) if _is_retried(job, run, verdict) else None
    is_cut = run.stop == "job" and verdict.state is TrialState.STOPPED  # runs again when the job is resumed
    verdict = explain(job, run, verdict)
    calls = ask_rule(job, run)
    told = None
    if not (again or is_cut):
        calls = [*calls, *end_for_rule(job, run, verdict)]
        told = tell_of(job, run, verdict)
    job.later(partial(_write, job, run, verdict, now, calls, again=again, told=told), durable=again is not None)
    job.remove_running(number)
    if again is not None:
        job.waiting.append(again)
    if told is not None:
        learn_now(job, told, _ended(job, run, verdict))


def _ended(job: RunningJob, run: RunningAttempt, verdict: Verdict) -> Trial:
    """The trial as far as its result goes."""
    return Trial(
        run.number,
        job.history.params(run.number),
        verdict.state,
        verdict.value,
        run.metrics,
        sum(run.n_reports.values()),
        cause=verdict.cause,
        message=verdict.message,
        report_digest=run.digest.text,
    )


def _is_retried(job: RunningJob, run: RunningAttempt, verdict: Verdict) -> bool:
    """Whether another attempt of the same trial follows."""
    if verdict.state is not TrialState.FAILED or run.stop or job.record.stop_requested:
        return False
    attempts = job.storage.attempts(job.id, run.number)
    earlier = [other.exit.reason for other in attempts if other.attempt < run.attempt and other.exit is not None]
    return should_retry(verdict.cause, earlier, job.spec.run.retries, job.spec.run.max_preempted)


def _write(
    job: RunningJob,
    run: RunningAttempt,
    verdict: Verdict,
    now: datetime,
    calls: Sequence[StoppingCall],
    tx: Transaction,
    *,
    again: Attempt | None,
    told: Tell | None,
) -> None:
    exit, number = run.exit, run.number
    assert exit is not None
    add_reports(job, tx, run)
    add_calls(job, tx, calls)
    started = _start_of_adopted(exit, tx.trial(job.id, number))
    finished_at = exit.finished_at or now
    tx.update_attempt(
        job.id,
        number,
        run.attempt,
        state=verdict.state,
        exit=exit,
        **started,
        finished_at=finished_at,
        warnings=run.warnings,
        contact_at=now,
    )
    changes: dict[str, Any] = {
        "metrics": run.metrics,
        "n_reports": sum(run.n_reports.values()),
        "report_digest": run.digest.text,
        "message": verdict.message,
        "contact_at": now,
    }
    if again is not None:
        tx.insert_attempt(job.id, again)
        changes |= {"state": TrialState.WAITING, "waits": Message("trial.waits_to_start"), "place": ""}
        tx.update_trial(job.id, number, n_attempts=again.attempt, started_at=None, **changes)
        return
    if run.stop == "trial":
        changes["stop_requested"] = True  # by the user, or by the target: resuming leaves it as it is
    tx.update_trial(
        job.id,
        number,
        state=verdict.state,
        value=verdict.value,
        cause=verdict.cause,
        finished_at=finished_at,
        **started,
        **changes,
    )
    if told is not None:
        stored = tx.append_tell(
            job.id, number, told.value, rungs=told.rungs, is_final=told.is_final, lengths=told.lengths
        )
        assert stored == told, "only who holds the lease tells"


def _next_attempt(job: RunningJob, run: RunningAttempt, now: datetime) -> Attempt:
    number, attempt = run.number, run.attempt + 1
    return Attempt(number, attempt, TrialState.WAITING, attempt_folder(job.id, number, attempt), created_at=now)


def _start_of_adopted(exit: ExitStatus, trial: Trial) -> dict[str, Any]:
    """The start time of an attempt that had ended before it was adopted."""
    is_late = trial.started_at is not None and exit.finished_at is not None and trial.started_at > exit.finished_at
    return {"started_at": exit.started_at} if is_late and exit.started_at is not None else {}
