"""Replay: verify a search against its record.

Every suggestion is derived again from the job, its seed and the recorded order of tells, every decision of the
stopping rule from its calls before. And every ended trial is compared with its files: the command that was launched
passes its params, and its log gives its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from scriptune.core.decision import StoppingCall
from scriptune.core.job import JobSpec, SearchJob
from scriptune.core.space import params_key
from scriptune.core.trial import ENDED, Attempt, Phase, Trial
from scriptune.core.work_limit import check_work_limit
from scriptune.engine.kept_files import look_at, plan_of
from scriptune.engine.reread import reread
from scriptune.engine.views import ReplayReport
from scriptune.errors import ReplayError, SpaceExhaustedError
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import compile_patterns
from scriptune.runtime.history import ToldHistory
from scriptune.runtime.policy.stopping import Stopping, call_again, rule_of
from scriptune.storage.base import Storage

__all__ = ["replay"]

_HINT = "Ask with an operator's key, or with: scriptune replay JOB"
_MOST = 100  # contradictions that are named; a home of other files would give one per trial


def replay(storage: Storage, job: SearchJob, home: Path, now: datetime) -> ReplayReport:
    """Verify a job's record against itself and against the files of its trials.

    Args:
        storage: The record.
        job: Which job.
        home: Where the attempt folders are.
        now: The time, for what is read again.

    Raises:
        ReplayError: The record itself contradicts itself.
    """
    spec = job_spec(job.document)
    trials = storage.trials(job.id).items
    calls = storage.stopping_calls(job.id)
    report = _with_decisions(_suggestions(storage, job, spec, trials, calls), calls, spec)
    return _with_files(report, storage, job, spec, trials, home, now)


def _suggestions(
    storage: Storage, job: SearchJob, spec: JobSpec, trials: Sequence[Trial], calls: Sequence[StoppingCall]
) -> ReplayReport:
    """Compare every recorded suggestion with what the sampler suggests now."""
    history = ToldHistory.of(job, spec)
    rule = rule_of(spec)
    stopping = None if rule is None else Stopping(rule)
    tells = storage.tells(job.id)
    n_derived = n_enqueued = 0
    for trial in trials:
        check_work_limit("Deriving the suggestions again", _HINT)
        if trial.n_told > len(tells) or trial.n_told < history.n_told:
            raise ReplayError(
                Message(
                    "replay.record_broken", number=trial.number, n=trial.n_told, held=len(tells), seen=history.n_told
                )
            )
        for tell in tells[history.n_told : trial.n_told]:
            history.tell(tell)
        fixed = None if trial.suggestion is None else trial.suggestion.fixed
        if trial.suggestion is not None and trial.suggestion.phase is Phase.ENQUEUED and fixed is None:
            n_enqueued += 1
        else:
            if stopping is not None and trial.suggestion is not None:
                for call in calls[stopping.n_calls : trial.suggestion.n_compared]:
                    stopping.repeat(call)
            try:
                if fixed is not None:
                    derived = history.complete(trial.number, fixed).params
                elif stopping is None:
                    derived = history.derive(trial.number).params
                else:
                    derived = history.derive(trial.number, stopping.rungs_of).params
            except SpaceExhaustedError:
                derived = {}
            if params_key(derived) != params_key(trial.params):
                return ReplayReport(len(trials), n_derived, n_enqueued, trial.number, derived, dict(trial.params))
            n_derived += 1
        history.recorded(trial)
    return ReplayReport(len(trials), n_derived, n_enqueued)


def _with_decisions(report: ReplayReport, calls: Sequence[StoppingCall], spec: JobSpec) -> ReplayReport:
    """Compare every recorded decision of the stopping rule with what it decides now."""
    rule = rule_of(spec)
    if rule is None:
        return report
    n_derived = 0
    for call in calls:
        check_work_limit("Deriving the decisions again", _HINT)
        derived = call_again(rule, call)
        if derived is not call.decision:
            different = Message(
                "replay.decision_differs",
                number=call.number,
                step=call.step,
                derived=derived,
                recorded=call.decision,
            )
            return replace(report, n_decisions=n_derived, different_decision=different)
        n_derived += derived is not None
    return replace(report, n_decisions=n_derived)


def _with_files(
    report: ReplayReport,
    storage: Storage,
    job: SearchJob,
    spec: JobSpec,
    trials: Sequence[Trial],
    home: Path,
    now: datetime,
) -> ReplayReport:
    """Compare every ended trial that was started with the files of its latest attempt."""
    plan, patterns = plan_of(spec, job.first_points), compile_patterns(spec)
    units = MetricUnits.of(spec.metrics, job.units)
    latest = {attempt.number: attempt for attempt in storage.attempts(job.id)}

    def value_again(trial: Trial, attempt: Attempt, folder: Path) -> float | None:
        return reread(storage, job.id, spec, patterns, units, trial, attempt, folder, now).verdict.value

    contradictions: list[Message] = []
    n_checked = n_not_checked = n_pruned = n_freed = 0
    for trial in trials:
        check_work_limit("Reading the values again", _HINT)
        attempt = latest.get(trial.number)
        if trial.state not in ENDED or attempt is None or attempt.exit is None:
            continue
        files = look_at(home, plan, job.id, trial, attempt)
        has_all = (files.has_log or files.is_freed) and files.has_command
        if not has_all or (files.difference and trial.value is None):
            n_pruned += attempt.pruned_at is not None
            n_not_checked += 1  # nothing was taken from there, or nothing is left to compare
        elif files.difference:
            contradictions.append(
                Message(
                    "notice.command_differs",
                    number=trial.number,
                    folder=attempt.folder,
                    difference=files.difference,
                )
            )
        elif files.is_freed:
            n_freed += 1
            n_not_checked += 1
        elif (found := value_again(trial, attempt, files.folder)) != trial.value:
            contradictions.append(Message("notice.value_differs", number=trial.number, stored=trial.value, found=found))
        else:
            n_checked += 1
    return replace(
        report,
        n_checked=n_checked,
        n_not_checked=n_not_checked,
        n_pruned=n_pruned,
        n_freed=n_freed,
        pruned_at=max((a.pruned_at for a in latest.values() if a.pruned_at is not None), default=None),
        contradictions=tuple(contradictions[:_MOST]),
        n_contradictions=len(contradictions),
    )
