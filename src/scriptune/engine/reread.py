"""Reread the kept log of an ended trial as if the trial had just ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scriptune.core.job import JobSpec
from scriptune.core.trial import Attempt, ExitReason, Trial, TrialState
from scriptune.executors.base import Handle
from scriptune.metrics.pattern import MetricPattern
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.policy.verdict import Verdict

__all__ = ["Reread", "reread"]


@dataclass(frozen=True)
class Reread:
    """A trial with the result of rereading its log."""

    trial: Trial
    attempt: Attempt
    run: RunningAttempt
    verdict: Verdict


def reread(
    spec: JobSpec,
    patterns: Mapping[str, MetricPattern],
    units: MetricUnits,
    trial: Trial,
    attempt: Attempt,
    folder: Path,
    now: datetime,
) -> Reread:
    """Reread the log of an ended trial as if it had just ended, in the units of its job."""
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
