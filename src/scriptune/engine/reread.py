"""Reread the kept log of an ended trial as if the trial had just ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from scriptune.core.job import JobSpec
from scriptune.core.trial import Attempt, ExitReason, Trial, TrialState
from scriptune.executors.base import Handle
from scriptune.metrics.pattern import MetricPattern
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.metric_files import metric_files, reread_files
from scriptune.runtime.policy.verdict import Verdict
from scriptune.storage.base import Storage

__all__ = ["Reread", "reread"]


@dataclass(frozen=True)
class Reread:
    """A trial with the result of rereading its log."""

    trial: Trial
    attempt: Attempt
    run: RunningAttempt
    verdict: Verdict


def reread(
    storage: Storage,
    job_id: str,
    spec: JobSpec,
    patterns: Mapping[str, MetricPattern],
    units: MetricUnits,
    trial: Trial,
    attempt: Attempt,
    folder: Path,
    now: datetime,
    names: Mapping[str, str] | None = None,
) -> Reread:
    """Reread the log and the metric files of an ended trial as if it had just ended, in the units of its job.

    Args:
        storage: Has the reports so far, which stay where a metric file is not as it was.
        job_id: The job.
        spec: The job, perhaps with changes.
        patterns: Its regexes.
        units: Of its metrics.
        trial: The trial.
        attempt: The attempt that gave its result.
        folder: The attempt folder.
        now: The time of the reports.
        names: New names of metrics, by the old ones.
    """
    assert attempt.exit is not None
    fresh = Attempt(attempt.number, attempt.attempt, attempt.state, attempt.folder, exit=attempt.exit)
    run = RunningAttempt.begin(spec, patterns, fresh, Handle(folder), units=units)
    run.exit = attempt.exit
    files = metric_files(spec, trial.params, folder, job_id, attempt.number, attempt.attempt)
    if files:
        reports = storage.reports(job_id, attempt.number, attempt=attempt.attempt).items
        stored = [replace(report, metric=(names or {}).get(report.metric, report.metric)) for report in reports]
        run.files = reread_files(files, attempt.sources, stored, units)
    run.read_all(now)
    verdict = run.verdict(
        spec.objective.metric,
        # A trial that was cut by the end of its job was not counted then and is not counted now.
        keep_value=trial.state is not TrialState.STOPPED or attempt.exit.reason is not ExitReason.CANCELLED,
    )
    return Reread(trial, attempt, run, verdict)
