"""Reparse: compute every value again from the kept logs; nothing is run.

What a re-parse changes is planned first, from the logs and the database, without writing anything: that is the
preview. Then it is stored in one transaction, together with what was there before, so that it can be undone once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from scriptune.core.job import JobSpec, JobState, MetricUnit, SearchJob
from scriptune.core.trial import ENDED, Attempt, Cause, ExitReason, Report, Tell, Trial, TrialState
from scriptune.engine.kept_files import look_at, plan_of
from scriptune.engine.views import ReparseReport
from scriptune.errors import ConflictError, JobFileError, NotFoundError, StorageUnavailableError, closest, counted
from scriptune.executors.base import Handle
from scriptune.jobfile.problems import Problems
from scriptune.jobfile.sections import read_objective
from scriptune.jobfile.spec import job_spec
from scriptune.metrics.pattern import MetricPattern, compile_pattern
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import RunningAttempt, compile_patterns
from scriptune.runtime.history import is_divided
from scriptune.runtime.lease import is_worked_on, lease_fields
from scriptune.runtime.notices import job_notices, kept_notices
from scriptune.runtime.policy.termination import Ending, Outcome, Scoreboard, budget_ending, early_ending
from scriptune.runtime.policy.verdict import Verdict
from scriptune.settings import Settings
from scriptune.storage.base import Lease, Storage, Transaction, TrialFilter

__all__ = ["ReparseChanges", "Reread", "preview", "reparse", "reread", "undo"]

_HOLD_S = 3600.0  # logs of many gigabytes take minutes; a process that dies meanwhile holds nothing, see `owners`
_GOES_ON = "What had ended the search is no more, now that its logs were read again; `scriptune resume` goes on."
_ENDED_BY_ITSELF = (JobState.COMPLETED, JobState.FAILED)
_MAX_NAME_CHARS = 200  # as in job files
_UNDO, _BEFORE = "reparse", "before"
_RESTORED = ("value", "message", "metrics", "n_reports", "report_digest")


@dataclass(frozen=True)
class ReparseChanges:
    """What is to be read in another way.

    Attributes:
        regexes: Metric, by its old or its new name -> regex; under "" that of the objective.
        reduce: Another reduction.
        name: Another name of the objective's metric.
        goal: Another goal.
    """

    regexes: Mapping[str, str] = field(default_factory=dict)
    reduce: str | None = None
    name: str | None = None
    goal: str | None = None


@dataclass(frozen=True)
class Reread:
    """A trial with what its log says now."""

    trial: Trial
    attempt: Attempt
    run: RunningAttempt
    verdict: Verdict


@dataclass(frozen=True)
class _Change:
    """An ended trial with what it becomes.

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
        """The value from now on."""
        found: float | None = self.fields.get("value", self.trial.value)
        return found

    @property
    def state(self) -> TrialState:
        """The state from now on."""
        return TrialState(self.fields.get("state", self.trial.state))

    @property
    def is_told(self) -> bool:
        """Whether the sampler has to be told, as value or state differ."""
        return (self.value, self.state) != (self.trial.value, self.trial.state)


@dataclass(frozen=True)
class _Plan:
    """Everything that a re-parse would change."""

    job: SearchJob
    document: Mapping[str, Any]
    spec: JobSpec
    units: Mapping[str, MetricUnit]
    changes: Sequence[_Change]
    n_without_log: int
    pruned: Sequence[datetime]
    n_freed: int

    @property
    def n_read(self) -> int:
        """Logs that were read."""
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
        """Trials that would have a value no more."""
        return sum(change.trial.value is not None and change.value is None for change in self.changes)

    @property
    def is_turned(self) -> bool:
        """Whether the goal becomes the other one."""
        return self.spec.objective.goal is not self.job.goal

    def ending(self, storage: Storage) -> tuple[Ending | None, Scoreboard]:
        """How the job has ended with the new values, None when as before; and the new values."""
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
        """What people are told."""
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
            pruned_at=max(self.pruned, default=None),
            metric=self.spec.objective.metric,
            goal=self.spec.objective.goal,
            best=None if best is None or best.value is None else (best.number, best.value),
            state=self.job.state if ending is None else ending.state,
            message=self.job.message if ending is None else ending.message,
            is_preview=is_preview,
        )


def preview(
    storage: Storage, job: SearchJob, changes: ReparseChanges, clock: Callable[[], datetime], settings: Settings
) -> ReparseReport:
    """What `reparse` would change; nothing is written.

    Raises:
        NotFoundError, MetricPatternError, JobFileError, ConflictError: As `reparse`.
    """
    plan = _plan(storage, job, _changed_document(job, changes), clock, settings)
    return plan.report(*plan.ending(storage), is_preview=True)


def reparse(
    storage: Storage,
    job: SearchJob,
    changes: ReparseChanges,
    owner: str,
    clock: Callable[[], datetime],
    settings: Settings,
    *,
    is_confirmed: bool = False,
) -> ReparseReport:
    """Read all logs first, then change everything in one transaction.

    Raises:
        ConflictError: A live process works on the job; or a metric would be captured nowhere, and that is not
            confirmed; or the new name is taken.
        NotFoundError: A regex is given for a metric that the job does not have.
        MetricPatternError: A regex cannot be used.
        JobFileError: The reduction, the goal or the name cannot be used.
    """
    document = _changed_document(job, changes)  # a mistake is told before anything is held
    with _held(storage, job, owner, clock, settings) as (job, lease):
        plan = _plan(storage, job, document, clock, settings)
        if not is_confirmed:
            _refuse_to_lose(plan, changes)
        return _store(storage, plan, lease)


def undo(
    storage: Storage, job: SearchJob, owner: str, clock: Callable[[], datetime], settings: Settings
) -> ReparseReport:
    """Bring back what the last re-parse replaced.

    Trials that ran since, or again, are read as they would have been without it.

    Raises:
        ConflictError: There is nothing to undo, or a live process works on the job.
    """
    before = _before(storage, job)
    with _held(storage, job, owner, clock, settings) as (job, lease):
        units = {name: MetricUnit(**unit) for name, unit in before.get("units", {}).items()}
        plan = _plan(storage, job, before["document"], clock, settings, units)
        kept = {(row["number"], row["attempt"]): row for row in before["trials"]}
        restored = [_restored(change, kept.get(_key(change.attempt))) for change in plan.changes]
        ending = None
        if (job.state, job.n_told) == (JobState(before["state_after"]), before["n_told_after"]):
            ending = Ending(JobState(before["state"]), before["message"])
        return _store(storage, replace(plan, changes=restored), lease, ending=ending, is_undo=True)


def _forget_undo(storage: Storage, job_id: str) -> None:
    """What the last re-parse replaced is in its place again."""
    with suppress(NotFoundError):
        storage.delete_item(f"{_UNDO}/{job_id}", _BEFORE)


def _before(storage: Storage, job: SearchJob) -> Mapping[str, Any]:
    try:
        return storage.get_item(f"{_UNDO}/{job.id}", _BEFORE)
    except NotFoundError as err:
        raise ConflictError(
            f"There is no re-parse of {job.name!r} to undo: none was made, or the last one was undone."
        ) from err


@contextmanager
def _held(
    storage: Storage, job: SearchJob, owner: str, clock: Callable[[], datetime], settings: Settings
) -> Iterator[tuple[SearchJob, Lease]]:
    """The job as it is now, which no worker may take meanwhile; a crash leaves it to whoever comes next."""
    with storage.transaction() as tx:
        job = tx.job(job.id)
        if is_worked_on(job, clock()):
            raise ConflictError(f"Job {job.name!r} is being run; wait for its end, or stop it first.")
        tx.update_job(job.id, **lease_fields(owner, clock(), max(settings.lease_ttl_s, _HOLD_S)))
    lease = Lease(job.id, owner)
    try:
        yield job, lease
    except BaseException:
        with suppress(StorageUnavailableError):  # what failed first is what to tell
            storage.release(lease)
        raise


def _plan(
    storage: Storage,
    job: SearchJob,
    document: Mapping[str, Any],
    clock: Callable[[], datetime],
    settings: Settings,
    units_before: Mapping[str, MetricUnit] | None = None,
) -> _Plan:
    """Read every log of the ended trials, in the units of an earlier moment if they are given."""
    spec = job_spec(document)
    patterns = compile_patterns(spec)
    plan = plan_of(spec)
    names = _new_names(job.document, document)
    if units_before is None:
        # Another regex may take values of another unit, so the first of them decides again.
        kept = {names.get(name, name): unit for name, unit in job.units.items()}
        before = {names.get(name, name): metric for name, metric in job.document["metrics"].items()}
        units_before = {name: unit for name, unit in kept.items() if document["metrics"][name] == before[name]}
    units = MetricUnits.of(spec.metrics, units_before)
    changes: list[_Change] = []
    pruned: list[datetime] = []
    n_without_log = n_freed = 0
    latest = {attempt.number: attempt for attempt in storage.attempts(job.id)}
    for trial in storage.trials(job.id, TrialFilter(tuple(ENDED))).items:
        attempt = latest[trial.number]
        files = look_at(settings.home, plan, job.id, trial, attempt)
        # What a restored folder holds of another moment, or of another trial, gives no value.
        if attempt.exit is not None and files.is_readable:
            changes.append(_change_of(reread(spec, patterns, units, trial, attempt, files.folder, clock())))
            continue
        n_without_log += 1
        n_freed += attempt.pruned_at is None and files.is_freed
        if attempt.pruned_at is not None:
            pruned.append(attempt.pruned_at)
        metrics = {names.get(name, name): value for name, value in trial.metrics.items()}
        changes.append(_Change(trial, attempt, {"metrics": metrics}))
    return _Plan(job, document, spec, units.known, changes, n_without_log, pruned, n_freed)


def _new_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Old name -> new name of a metric that was renamed; metrics keep their places."""
    return {old: new for old, new in zip(before["metrics"], after["metrics"], strict=True) if old != new}


def _refuse_to_lose(plan: _Plan, changes: ReparseChanges) -> None:
    """Refuse a change after which a metric that it is about would be found nowhere."""
    objective = plan.spec.objective.metric
    asked = {objective, *(_renamed(name, plan.job, changes) for name in changes.regexes)}
    silent = [name for name in plan.n_captured if name in asked and plan.n_captured[name] == 0]
    if not silent or not plan.n_read:
        return
    name = silent[0]
    losing = f", and {counted(plan.n_lost, 'value')} would be lost" if plan.n_lost else ""
    raise ConflictError(
        f"The regex {plan.spec.metrics[name].regex!r} of {name!r} finds nothing in "
        f"{counted(plan.n_read, 'log')}{losing}. Nothing was changed.",
        hint="Compare it with a log: scriptune logs. What it would change: --dry-run. "
        "To change it all the same: --yes (in the API: confirmed).",
    )


def _store(
    storage: Storage, plan: _Plan, lease: Lease, *, ending: Ending | None = None, is_undo: bool = False
) -> ReparseReport:
    """Write everything, and give the lease back with it."""
    job = plan.job
    names = _new_names(job.document, plan.document)
    renamed = list(_renamed_reports(storage, plan, names)) if names else []
    ending_now, scoreboard = plan.ending(storage)
    ending = ending or ending_now
    ended = []
    if not is_undo:
        # First, while nobody else may change the job: undoing a change that was not made changes nothing.
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


def _write(tx: Transaction, job_id: str, change: _Change) -> None:
    number = change.trial.number
    if change.reports is not None:
        tx.replace_reports(job_id, number, change.attempt.attempt, change.reports, change.log_offset)
    if change.state is not change.trial.state:
        tx.update_trial(job_id, number, state=change.state)
    fields = {name: value for name, value in change.fields.items() if name != "state"}
    tx.update_trial(job_id, number, **fields)
    if change.is_told:
        tx.append_tell(job_id, number, change.value)


def _renamed_reports(
    storage: Storage, plan: _Plan, names: Mapping[str, str]
) -> Iterator[tuple[int, int, Sequence[Report], int]]:
    """Reports under new names of the attempts whose logs are not read again."""
    read = {_key(change.attempt) for change in plan.changes if change.reports is not None}
    for attempt in storage.attempts(plan.job.id):
        if _key(attempt) not in read:
            reports = storage.reports(plan.job.id, attempt.number, attempt=attempt.attempt).items
            changed = [replace(report, metric=names.get(report.metric, report.metric)) for report in reports]
            yield attempt.number, attempt.attempt, changed, attempt.log_offset


def _snapshot(plan: _Plan, ending: Ending | None) -> dict[str, Any]:
    """What `undo` needs, as JSON."""
    return {
        "document": plan.job.document,
        "units": {name: asdict(unit) for name, unit in plan.job.units.items()},
        "state": str(plan.job.state),
        "message": plan.job.message,
        "state_after": str(plan.job.state if ending is None else ending.state),
        "n_told_after": plan.job.n_told + sum(change.is_told for change in plan.changes),
        "trials": [
            {
                "number": change.trial.number,
                "attempt": change.attempt.attempt,
                "state": str(change.trial.state),
                "cause": None if change.trial.cause is None else str(change.trial.cause),
                **{name: getattr(change.trial, name) for name in _RESTORED},
                "metrics": dict(change.trial.metrics),
            }
            for change in plan.changes
        ],
    }


def _restored(change: _Change, row: Mapping[str, Any] | None) -> _Change:
    """The trial as it was before; one that ran since is read anew."""
    if row is None:
        return change
    cause = None if row["cause"] is None else Cause(row["cause"])
    fields = {"state": TrialState(row["state"]), "cause": cause, **{name: row[name] for name in _RESTORED}}
    return replace(change, fields=fields)


def _key(attempt: Attempt) -> tuple[int, int]:
    return attempt.number, attempt.attempt


def _outcomes(storage: Storage, job: SearchJob) -> list[Outcome]:
    """What was told so far."""
    by_number = {trial.number: trial for trial in storage.trials(job.id).items}
    return [Outcome.of(tell, by_number[tell.number]) for tell in storage.tells(job.id)]


def _ending_now(job: SearchJob, spec: JobSpec, old: Scoreboard, new: Scoreboard) -> Ending:
    """How the search would have ended with the values that are known now.

    One that had used up its budget, or every configuration, has used them up still. What had ended it early
    may be no more: then it can go on.
    """

    def early(scoreboard: Scoreboard) -> Ending | None:
        return early_ending(
            scoreboard,
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


def _changed_document(job: SearchJob, changes: ReparseChanges) -> dict[str, Any]:
    document = copy.deepcopy(dict(job.document))
    if changes.name is not None and changes.name != job.metric:
        _check_name(job, changes.name)
        document["metrics"] = {
            changes.name if name == job.metric else name: metric for name, metric in document["metrics"].items()
        }
        document["objective"]["metric"] = changes.name
    for name, regex in changes.regexes.items():
        metric = _renamed(name, job, changes)
        if metric not in document["metrics"]:
            raise NotFoundError(f"Job {job.name!r} has no metric {metric!r}.{closest(metric, document['metrics'])}")
        compile_pattern(metric, regex)
        document["metrics"][metric] = {**document["metrics"][metric], "regex": regex}
    objective = dict(document["objective"])
    if changes.reduce is not None:
        objective["reduce"] = changes.reduce
        if changes.reduce != "mean_last_k":
            objective.pop("last_k", None)
    if changes.goal is not None:
        objective["goal"] = changes.goal
    if objective != document["objective"]:
        document["objective"] = _objective(objective, list(document["metrics"]))
    return document


def _renamed(name: str, job: SearchJob, changes: ReparseChanges) -> str:
    """The name, from now on, of a metric that is given by its old name, its new one or none."""
    return (changes.name or job.metric) if name in ("", job.metric) else name


def _check_name(job: SearchJob, name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > _MAX_NAME_CHARS:
        raise JobFileError([f"reparse: name: got {name!r}, expected one line of 1 to {_MAX_NAME_CHARS} characters."])
    if name in job.document["metrics"]:
        raise ConflictError(
            f"Job {job.name!r} has another metric {name!r} already.", hint="Choose a name that no metric has."
        )


def _objective(section: dict[str, Any], metrics: list[str]) -> dict[str, Any]:
    """The complete form of a changed section."""
    problems = Problems("reparse")
    complete = read_objective(section, metrics, problems)
    problems.raise_if_any()
    return complete


def reread(
    spec: JobSpec,
    patterns: Mapping[str, MetricPattern],
    units: MetricUnits,
    trial: Trial,
    attempt: Attempt,
    folder: Path,
    now: datetime,
) -> Reread:
    """Read the log of an ended trial as if it had just ended, in the units of its job."""
    assert attempt.exit is not None
    fresh = Attempt(attempt.number, attempt.attempt, attempt.state, attempt.folder, exit=attempt.exit)
    run = RunningAttempt.begin(spec, patterns, fresh, Handle(folder), units=units)
    run.exit = attempt.exit
    run.read_all(now)
    verdict = run.verdict(
        spec.objective.metric,
        # A trial that was cut by the end of its job was not counted then and is not counted now.
        keep_value=trial.state is not TrialState.STOPPED or attempt.exit.reason is not ExitReason.CANCELLED,
    )
    return Reread(trial, attempt, run, verdict)


def _change_of(again: Reread) -> _Change:
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
    return _Change(again.trial, again.attempt, fields, run.unsaved, run.read_offset, dict(run.n_reports))
