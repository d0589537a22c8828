"""Parameter importance of a job, and the predicted effect of one or two parameters."""

from __future__ import annotations

from scriptune.analysis.importance import importance, marginal, surface
from scriptune.analysis.results import Importance, Marginal, Surface
from scriptune.core.job import SearchJob
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation, TrialState
from scriptune.jobfile.spec import job_spec
from scriptune.runtime.history import effective_tells
from scriptune.search.levels import curve_of, estimate, offsets
from scriptune.storage.base import Storage

__all__ = ["job_importance", "job_marginal", "job_surface"]

_COUNTED = (TrialState.COMPLETED, TrialState.EARLY_STOPPED)
_LEAST_TRIALS = 2  # with one there is no variance to share out


def job_importance(storage: Storage, job: SearchJob) -> list[Importance]:
    """Importance of the searched parameters, the largest first; [] with fewer than two trials with a value."""
    space, params, values = _finished(storage, job)
    if len(values) < _LEAST_TRIALS:
        return []
    return importance(space, params, values, goal=job.goal)


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
    rows = [row for row in storage.outlines(job.id) if row.state in _COUNTED]
    space = job_spec(job.document).space
    estimates = _estimates(storage, job) if any(row.state is TrialState.EARLY_STOPPED for row in rows) else {}
    return space, [dict(row.params) for row in rows], [estimates.get(row.number, row.value) for row in rows]


def _estimates(storage: Storage, job: SearchJob) -> dict[int, float | None]:
    """Estimated final values of the trials that were stopped; their last ones would explain who was stopped."""
    told = [
        Observation(tell.number, {}, tell.value, tell.rungs, tell.is_final)
        for tell in effective_tells(storage.tells(job.id))
    ]
    off = offsets([curve_of(observation) for observation in told])
    return {observation.number: estimate(observation, off) for observation in told if not observation.is_final}
