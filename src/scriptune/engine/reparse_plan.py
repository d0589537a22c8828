"""Plan a re-parse from the kept logs and the database, without writing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from scriptune.core.job import JobSpec, JobState, MetricUnit, SearchJob
from scriptune.core.trial import ENDED, Attempt, Report, Tell, Trial, TrialState
from scriptune.engine.kept_files import look_at, plan_of
from scriptune.engine.reread import Reread, reread
from scriptune.engine.views import ReparseReport
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import compile_patterns
from scriptune.runtime.context import Context
from scriptune.runtime.history import is_divided
from scriptune.runtime.policy.budget import budget_of
from scriptune.runtime.policy.termination import Ending, Outcome, Scoreboard, budget_ending, early_ending
from scriptune.storage.base import Storage, TrialFilter

__all__ = ["Change", "ReparsePlan", "new_names", "plan_reparse"]

_ENDED_BY_ITSELF = (JobState.COMPLETED, JobState.FAILED)


@dataclass(frozen=True)
class Change:
    """The planned change of an ended trial.

    Attributes:
        trial, attempt: As they are, the latest attempt.
        fields: New values of fields of the trial.
        reports: Of the attempt from now on; None: they stay.
        log_offset: How far the log was read for them.
        n_captured: Captures per metric; None when the log was not read.
    """

    trial: Trial
    attempt: Attempt
    fields: Mapping[str, Any]
    reports: Sequence[Report] | None = None
    log_offset: int = 0
    n_captured: Mapping[str, int] | None = None

    @property
    def value(self) -> float | None:
        """The value after the re-parse."""
        found: float | None = self.fields.get("value", self.trial.value)
        return found

    @property
    def state(self) -> TrialState:
        """The state after the re-parse."""
        return TrialState(self.fields.get("state", self.trial.state))

    @property
    def is_told(self) -> bool:
        """Whether the sampler must be told, because value or state differ."""
        return (self.value, self.state) != (self.trial.value, self.trial.state)


@dataclass(frozen=True)
class ReparsePlan:
    """All planned changes of a re-parse."""

    job: SearchJob
    document: Mapping[str, Any]
    spec: JobSpec
    units: Mapping[str, MetricUnit]
    changes: Sequence[Change]
    n_without_log: int
    pruned: Sequence[datetime]
    n_freed: int

    @property
    def n_read(self) -> int:
        """The number of logs that were read."""
        return sum(change.n_captured is not None for change in self.changes)

    @property
    def n_captured(self) -> dict[str, int]:
        """Captures per metric in all logs."""
        total = dict.fromkeys(self.spec.metrics, 0)
        for change in self.changes:
            for name, n in (change.n_captured or {}).items():
                total[name] += n
        return total

    @property
    def n_lost(self) -> int:
        """The number of trials that would no longer have a value."""
        return sum(change.trial.value is not None and change.value is None for change in self.changes)

    @property
    def is_turned(self) -> bool:
        """Whether the goal is reversed."""
        return self.spec.objective.goal is not self.job.goal

    @property
    def is_tied(self) -> bool:
        """Whether all trials with a value would have the same one."""
        values = [value for change in self.changes if (value := change.value) is not None]
        return len(values) > 1 and len(set(values)) == 1

    def ending(self, storage: Storage) -> tuple[Ending | None, Scoreboard]:
        """How the job would have ended with the new values (None if unchanged), and the new scoreboard."""
        old, new = Scoreboard(self.job.goal), Scoreboard(self.spec.objective.goal)
        order = 0
        for outcome in _outcomes(storage, self.job):
            old.add(outcome)
            new.add(outcome)
            order = outcome.order + 1
        told = [change for change in self.changes if change.is_told]
        for i, change in enumerate(told, order):
            trial = replace(change.trial, **{**change.fields, "state": change.state})
            new.add(Outcome.of(Tell(i, trial.number, trial.value), trial))
        if (told or self.is_turned) and self.job.state in _ENDED_BY_ITSELF:
            return _ending_now(self.job, self.spec, old, new), new
        return None, new

    def report(self, ending: Ending | None, scoreboard: Scoreboard, *, is_preview: bool) -> ReparseReport:
        """The report that is shown to users."""
        changed = [(c.trial.number, c.trial.value, c.value) for c in self.changes if c.is_told]
        best = scoreboard.best
        return ReparseReport(
            n_trials=self.n_read,
            changed=changed,
            n_without_log=self.n_without_log,
            n_captured=self.n_captured,
            n_lost=self.n_lost,
            n_pruned=len(self.pruned),
            n_freed=self.n_freed,
            is_tied=self.is_tied,
            pruned_at=max(self.pruned, default=None),
            metric=self.spec.objective.metric,
            goal=self.spec.objective.goal,
            best=None if best is None or best.value is None else (best.number, best.value),
            state=self.job.state if ending is None else ending.state,
            message=self.job.message if ending is None else ending.message,
            is_preview=is_preview,
        )


def plan_reparse(
    context: Context,
    job: SearchJob,
    document: Mapping[str, Any],
    units_before: Mapping[str, MetricUnit] | None = None,
) -> ReparsePlan:
    """Read the logs of all ended trials, in the units of an earlier moment if given."""
    spec = job_spec(document)
    patterns = compile_patterns(spec)
    plan = plan_of(spec, job.first_points)
    names = new_names(job.document, document)
    if units_before is None:
        # Another regex may take values of another unit, so the first of them decides again.
        kept = {names.get(name, name): unit for name, unit in job.units.items()}
        before = {names.get(name, name): metric for name, metric in job.document["metrics"].items()}
        units_before = {name: unit for name, unit in kept.items() if document["metrics"][name] == before[name]}
    units = MetricUnits.of(spec.metrics, units_before)
    changes: list[Change] = []
    pruned: list[datetime] = []
    n_without_log = n_freed = 0
    latest = {attempt.number: attempt for attempt in context.storage.attempts(job.id)}
    for trial in context.storage.trials(job.id, TrialFilter(tuple(ENDED))).items:
        attempt = latest[trial.number]
        files = look_at(context.settings.home, plan, job.id, trial, attempt)
        # What a restored folder holds of another moment, or of another trial, gives no value.
        if attempt.exit is not None and files.is_readable:
            now = context.clock()
            again = reread(
                context.storage, job.id, spec, patterns, units, trial, attempt, files.folder, now, names=names
            )
            changes.append(_change_of(again))
            continue
        n_without_log += 1
        n_freed += attempt.pruned_at is None and files.is_freed
        if attempt.pruned_at is not None:
            pruned.append(attempt.pruned_at)
        metrics = {names.get(name, name): value for name, value in trial.metrics.items()}
        changes.append(Change(trial, attempt, {"metrics": metrics}))
    return ReparsePlan(job, document, spec, units.known, changes, n_without_log, pruned, n_freed)


def new_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Old name -> new name of renamed metrics; metrics keep their positions."""
    return {old: new for old, new in zip(before["metrics"], after["metrics"], strict=True) if old != new}


def _outcomes(storage: Storage, job: SearchJob) -> list[Outcome]:
    """The outcomes in the told history so far."""
    by_number = {trial.number: trial for trial in storage.trials(job.id).items}
    return [Outcome.of(tell, by_number[tell.number]) for tell in storage.tells(job.id)]


def _ending_now(job: SearchJob, spec: JobSpec, old: Scoreboard, new: Scoreboard) -> Ending:
    """How the search would have ended with the new values.

    One that had used up its budget, or every configuration, has used them up still. What had ended it early
    may be no more: then it can continue.
    """

    def early(scoreboard: Scoreboard) -> Ending | None:
        return early_ending(
            scoreboard,
            target=spec.objective.target,
            max_failed=spec.run.max_failed,
            resumed_at_tell=job.resumed_at_tell,
            active_s=job.active_s,
            job_timeout_s=spec.run.job_timeout_s,
            patience=spec.search.patience,
            min_gain=spec.search.min_gain,
        )

    used_up = len(new) >= job.n_trials
    ending = early(new)
    if ending is None and (used_up or early(old) is None):
        ending = budget_ending(
            new, budget=job.n_trials, exhausted=not used_up, is_divided=is_divided(spec), trainings=budget_of(job, spec)
        )
    return ending or Ending(JobState.STOPPED, Message("reparse.goes_on"))


def _change_of(again: Reread) -> Change:
    run, verdict = again.run, again.verdict
    fields = {
        "state": verdict.state,
        "value": verdict.value,
        "cause": verdict.cause,
        "message": verdict.message,
        "metrics": run.metrics,
        "n_reports": sum(run.n_reports.values()),
        "report_digest": run.digest.text,
    }
    return Change(again.trial, again.attempt, fields, run.unsaved, run.read_offset, dict(run.n_reports))
