"""Infer the units of jobs whose reports were stored by version 0.1.0, which did not record units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scriptune.core.trial import Report, Trial
from scriptune.executors.folder import LOG
from scriptune.metrics.pattern import MetricPattern
from scriptune.metrics.sources.log import MetricIntake
from scriptune.metrics.units import MetricUnits
from scriptune.storage.base import Storage

__all__ = ["decide_older_units"]

_READ_BYTES = 1  # a line is always read, and the first one is the report's own


def decide_older_units(
    storage: Storage,
    home: Path,
    job_id: str,
    trials: Sequence[Trial],
    patterns: Mapping[str, MetricPattern],
    units: MetricUnits,
) -> None:
    """Infer unknown units from the log lines of the first stored reports.

    Without this, the first report after an upgrade would decide, and values before it would be in another unit. Where
    a log is gone, it does.
    """
    for metric in patterns.keys() - units.known.keys():
        for trial in trials:
            found = storage.reports(job_id, trial.number, metric=metric, limit=1).items if trial.n_reports else ()
            if found:
                if found[0].unit is None:
                    _look_up(storage, home, job_id, trial.number, found[0], patterns[metric], units)
                break


def _look_up(
    storage: Storage, home: Path, job_id: str, number: int, report: Report, pattern: MetricPattern, units: MetricUnits
) -> None:
    attempt = storage.attempts(job_id, number)[-1]
    intake = MetricIntake({report.metric: pattern}, home / attempt.folder / LOG, report.offset, units=units)
    intake.read(_READ_BYTES, now=datetime.now(UTC))
