"""Learning curves of a job's trials, selected and thinned for a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scriptune.core.job import Goal, SearchJob
from scriptune.core.trial import AnyFloat, Trial, TrialState
from scriptune.engine.conditions import check_sort
from scriptune.errors import NotFoundError
from scriptune.messages import Message, did_you_mean
from scriptune.storage.base import Storage, TrialFilter

__all__ = ["Curve", "learning_curves"]

_LATEST = 20  # trials without a value among the curves: those that run


@dataclass(frozen=True)
class Curve:
    """The thinned learning curve of a trial's latest attempt.

    Attributes:
        number, state, value: Of the trial.
        n_reports: Values captured, before thinning.
        steps: Of the values.
        values: As printed; NaN and infinities are null in JSON.
    """

    number: int
    state: TrialState
    value: float | None
    n_reports: int
    steps: Sequence[float]
    values: Sequence[AnyFloat]


def learning_curves(
    storage: Storage,
    job: SearchJob,
    *,
    metric: str | None,
    points: int,
    offset: int,
    limit: int,
    sort: str,
    spread: bool = False,
) -> list[Curve]:
    """Curves of a page of trials.

    Args:
        storage: Holds the reports.
        job: The job.
        metric: Default: the objective metric.
        points: At most so many points per curve; the smallest and the largest value are always among them.
        offset, limit, sort: Which trials, as in `Storage.trials`.
        spread: Of more trials than ``limit`` the best ones, others evenly over all ranks, and the latest ones without
            a value.

    Raises:
        NotFoundError: The job has no such metric; nothing can be sorted by that.
    """
    metric = metric or job.metric
    if metric not in job.document["metrics"]:
        raise NotFoundError(
            Message("job.no_metric", name=job.name, metric=metric, near=did_you_mean(metric, job.document["metrics"]))
        )
    chosen = TrialFilter(numbers=_spread(storage.values(job.id), job.goal, limit) if spread else ())
    page = storage.trials(job.id, chosen, offset=offset, limit=limit, sort=check_sort(job, sort))
    trials = [trial for trial in page.items if trial.n_reports]
    found = storage.metric_reports(job.id, metric, [trial.number for trial in trials])
    return [_curve(trial, found.get(trial.number, ()), points) for trial in trials]


def _spread(values: Sequence[float | None], goal: Goal, limit: int) -> list[int]:
    """Select at most ``limit`` trials; [] if there are no more than that."""
    if len(values) <= limit:
        return []
    without = [number for number, value in enumerate(values) if value is None]
    without = without[max(0, len(without) - min(_LATEST, limit // 4)) :]
    valued = [(value, number) for number, value in enumerate(values) if value is not None]
    ranked = [number for value, number in sorted(valued, key=lambda pair: (goal.sign * pair[0], pair[1]))]
    n_best = (limit - len(without)) // 2
    n_rest = min(len(ranked) - n_best, limit - len(without) - n_best)
    rest = np.linspace(n_best, len(ranked) - 1, max(0, n_rest)).astype(int)
    return [*ranked[:n_best], *(ranked[i] for i in sorted(set(rest.tolist()))), *without]


def _curve(trial: Trial, reports: Sequence[tuple[float, float]], points: int) -> Curve:
    values = [value for _, value in reports]
    kept = _thinned(values, points)
    return Curve(
        trial.number, trial.state, trial.value, len(values), [reports[i][0] for i in kept], [values[i] for i in kept]
    )


def _thinned(values: Sequence[float], points: int) -> list[int]:
    """Select at most ``points`` values: evenly spread, including the smallest and the largest finite one."""
    n = len(values)
    if n <= points:
        return list(range(n))
    array = np.asarray(values, dtype=np.float64)
    kept = set(np.linspace(0, n - 1, max(2, points - 2)).round().astype(int).tolist())
    finite = np.flatnonzero(np.isfinite(array))
    if len(finite):
        kept |= {int(finite[array[finite].argmin()]), int(finite[array[finite].argmax()])}
    return sorted(kept)
