"""Early stopping in a running job: follow attempts, ask the rule about what they report, store what it decides.

A decision to stop is stored like a request to stop the trial, with the report that caused it; so it is carried out as a
user's would be, by this process or by the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from scriptune.core.decision import Decision, StoppingCall
from scriptune.core.job import JobSpec
from scriptune.core.trial import ENDED, Phase, Report, Suggestion, Tell, TrialState
from scriptune.messages import Message
from scriptune.runtime.attempts import RunningAttempt, are_steps_counted, length_of, make_reducers
from scriptune.runtime.policy.stopping import Stopping, rule_of
from scriptune.runtime.policy.verdict import Verdict
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.storage.base import Transaction
from scriptune.storage.rows import told_value

__all__ = ["add_calls", "ask_rule", "end_for_rule", "explain", "follow_curve", "restore_rule", "suggest", "tell_of"]


def restore_rule(job: RunningJob) -> None:
    """Bring the rule of a job to where its stored calls end.

    Raises:
        StoppingRuleError: It comes from a package that is not installed.
    """
    rule = rule_of(job.spec)
    if rule is None:
        return
    job.stopping = Stopping(rule, job.storage.stopping_calls(job.id), max_step=job.spec.stopping.max_step)
    if job.stopping.needs_past:
        latest = {attempt.number: attempt for attempt in job.storage.attempts(job.id)}
        for attempt in latest.values():
            if attempt.state in ENDED:
                stored = job.storage.reports(job.id, attempt.number, attempt=attempt.attempt).items
                job.stopping.begin(attempt.number, attempt.attempt, _points(job.spec, stored))


def follow_curve(job: RunningJob, run: RunningAttempt, stored: Sequence[Report] = ()) -> None:
    """Follow an attempt for the rule of its job, from where its stored reports end."""
    if job.stopping is not None:
        run.curve = job.stopping.begin(run.number, run.attempt, _points(job.spec, stored))


def _points(spec: JobSpec, reports: Iterable[Report]) -> Iterator[tuple[float, float]]:
    """Step and value so far of an attempt's reports of the objective."""
    metric = spec.objective.metric
    reducer = make_reducers(spec)[metric]
    for report in reports:
        if report.metric == metric:
            reducer.add(report.value)
            yield report.step, reducer.minimized


def ask_rule(job: RunningJob, run: RunningAttempt) -> Sequence[StoppingCall]:
    """Ask the rule about the reports that are about to be stored; the calls are to be stored with them."""
    if job.stopping is None or run.is_reread or not job.stopping.reaches_rung(run.number):
        return ()
    return job.stopping.record(run.number, protected=_is_protected(job, run))


def _is_protected(job: RunningJob, run: RunningAttempt) -> bool:
    """Whether a trial continues in any case: what the user asked for, and what nothing would take the place of."""
    if run.number == 0 or run.stop or run.exit is not None or job.record.stop_requested:
        return True
    if not job.waiting and not job.n_open:
        return True
    suggestion = job.storage.trial(job.id, run.number).suggestion
    return suggestion is not None and suggestion.phase is Phase.ENQUEUED


def end_for_rule(job: RunningJob, run: RunningAttempt, verdict: Verdict) -> Sequence[StoppingCall]:
    """Tell the rule that a trial has ended; the calls are to be stored with its end."""
    if job.stopping is None:
        return ()
    completed = verdict.state is TrialState.COMPLETED
    value = job.spec.objective.goal.sign * verdict.value if completed and verdict.value is not None else None
    return job.stopping.finish(run.number, completed=completed, value=value)


def suggest(job: RunningJob, number: int) -> Suggestion:
    """Suggest the next trial, from the values at rungs that are recorded so far too.

    Raises:
        SpaceExhaustedError: There is none.
    """
    stopping = job.stopping
    if stopping is None:
        return job.history.suggest(number)
    return replace(job.history.suggest(number, stopping.rungs_of), n_compared=stopping.n_calls)


def tell_of(job: RunningJob, run: RunningAttempt, verdict: Verdict) -> Tell:
    """The entry of the told history for a trial that has ended.

    Values at rungs are what the rule was asked about. Of a trial that was stopped where none has a rung it is the last
    value, which is a value at the step of its last report.
    """
    value, sign = told_value(verdict.value), job.spec.objective.goal.sign
    is_final = verdict.state is not TrialState.EARLY_STOPPED
    rungs = () if job.stopping is None else job.stopping.rungs_of(run.number)
    lengths = (*_earlier_lengths(job, run), run.length)
    in_own_sign = tuple((step, sign * reached) for step, reached in rungs)
    if not is_final and not rungs and value is not None:
        in_own_sign = ((max(run.last_step, 0.0), value),)
    return Tell(job.history.n_told, run.number, value, in_own_sign, is_final, lengths)


def _earlier_lengths(job: RunningJob, run: RunningAttempt) -> tuple[float, ...]:
    """How long the attempts before this one were, in steps."""
    if run.attempt == 1:
        return ()
    job.flush()
    metric = job.spec.objective.metric
    every = (job.storage.reports(job.id, run.number, attempt=n, metric=metric).items for n in range(1, run.attempt))
    counted = are_steps_counted(job.spec, job.patterns)
    return tuple(length_of([report.step for report in reports], are_counted=counted) for reports in every)


def explain(job: RunningJob, run: RunningAttempt, verdict: Verdict) -> Verdict:
    """Say in the message of a trial that the rule stopped it."""
    stopped = None if job.stopping is None else job.stopping.stopped.get(run.number)
    if stopped is None or verdict.state is not TrialState.EARLY_STOPPED:
        return verdict
    rule, step, compared = job.spec.stopping.rule, f"{stopped.step:g}", stopped.comparison
    if compared is None:
        return replace(verdict, message=Message("trial.stopped_by_rule", rule=rule, step=step))
    rank, n = compared.rank, compared.n
    return replace(verdict, message=Message("trial.stopped_at_rung", rule=rule, step=step, rank=rank, n=n))


def add_calls(job: RunningJob, tx: Transaction, calls: Sequence[StoppingCall]) -> None:
    """Store calls of the rule, and a request to stop each trial that it decided to stop."""
    for call in calls:
        tx.append_stopping_call(job.id, call)
        if call.decision is Decision.STOP:
            tx.update_trial(job.id, call.number, stop_requested=True)
