"""What the plots of a job page show: learning curves, and the model's view of one or two parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scriptune.analysis.importance import Marginal, Surface, marginal, surface
from scriptune.core.job import SearchJob
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Trial, TrialState
from scriptune.engine import jobfile
from scriptune.errors import NotFoundError, closest
from scriptune.storage.base import Storage, TrialFilter

__all__ = ["Curve", "job_marginal", "job_surface", "learning_curves"]

_COUNTED = (TrialState.COMPLETED, TrialState.EARLY_STOPPED)


@dataclass(frozen=True)
class Curve:
    """The learning curve of a trial's latest attempt.

    Attributes:
        number, state, value: Of the trial.
        n_reports: Values captured, before thinning.
        steps, values: Of equal length; NaN and infinite values are as printed.
    """

    number: int
    state: TrialState
    value: float | None
    n_reports: int
    steps: Sequence[float]
    values: Sequence[float]


def learning_curves(
    storage: Storage, job: SearchJob, *, metric: str | None, points: int, offset: int, limit: int, sort: str
) -> list[Curve]:
    """Curves of a page of trials.

    Args:
        storage: Holds the reports.
        job: The job.
        metric: Default: the one searched on.
        points: At most so many points per curve; the smallest and the largest value are always among them.
        offset, limit, sort: Which trials, as in `Storage.trials`.

    Raises:
        NotFoundError: The job has no such metric.
    """
    metric = metric or job.metric
    if metric not in job.document["metrics"]:
        raise NotFoundError(f"Job {job.name!r} has no metric {metric!r}.{closest(metric, job.document['metrics'])}")
    page = storage.trials(job.id, offset=offset, limit=limit, sort=sort)
    return [_curve(storage, job, trial, metric, points) for trial in page.items if trial.n_reports]


def _curve(storage: Storage, job: SearchJob, trial: Trial, metric: str, points: int) -> Curve:
    reports = storage.reports(job.id, trial.number, metric=metric).items
    steps = [report.step for report in reports]
    values = [report.value for report in reports]
    kept = _thinned(values, points)
    return Curve(
        trial.number, trial.state, trial.value, len(reports), [steps[i] for i in kept], [values[i] for i in kept]
    )


def _thinned(values: Sequence[float], points: int) -> list[int]:
    """Indices of at most ``points`` values: evenly spread, with the smallest and the largest finite one."""
    n = len(values)
    if n <= points:
        return list(range(n))
    array = np.asarray(values, dtype=np.float64)
    kept = set(np.linspace(0, n - 1, max(2, points - 2)).round().astype(int).tolist())
    finite = np.flatnonzero(np.isfinite(array))
    if len(finite):
        kept |= {int(finite[array[finite].argmin()]), int(finite[array[finite].argmax()])}
    return sorted(kept)


def job_marginal(storage: Storage, job: SearchJob, name: str) -> Marginal:
    """The effect of one parameter, averaged over the others.

    Raises:
        ConflictError: Fewer than two trials have a value.
        SpaceError: No such parameter.
    """
    space, params, values = _finished(storage, job)
    return marginal(space, params, values, name, goal=job.goal)


def job_surface(storage: Storage, job: SearchJob, x: str, y: str) -> Surface:
    """The effect of two parameters together, averaged over the others.

    Raises:
        ConflictError: Fewer than two trials have a value.
        SpaceError: No such parameter, or twice the same.
    """
    space, params, values = _finished(storage, job)
    return surface(space, params, values, x, y, goal=job.goal)


def _finished(storage: Storage, job: SearchJob) -> tuple[SearchSpace, list[Params], list[float | None]]:
    trials = storage.trials(job.id, TrialFilter(_COUNTED)).items
    space = jobfile.load_stored(job.document).space
    return space, [dict(t.params) for t in trials], [t.value for t in trials]
