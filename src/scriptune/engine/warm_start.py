"""What a new search takes from earlier ones: a configuration to try first, or results that are known already."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scriptune.core.job import ENDED_JOB, JobSpec, JobSummary, SearchJob
from scriptune.core.parameters import Scalar
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Trial
from scriptune.errors import ConflictError, SpaceError
from scriptune.inspection.program_defaults import arguments_given
from scriptune.jobfile.program_names import runs_another
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.search.first_points import exact_value, is_null
from scriptune.storage.base import JobFilter, Storage, TrialFilter

__all__ = ["EarlierBest", "KnownResults", "best_of_earlier", "results_of"]

AUTO, NONE = "auto", "none"

_LEAST_SHARED = 2 / 3  # of the names of a new search's parameters
_LOOKED_AT = 200  # of the latest jobs; an older one is not what the user is working on
_ENOUGH_JOBS = 3  # for ranks over jobs


@dataclass(frozen=True)
class EarlierBest:
    """A configuration that was good in an earlier search.

    Attributes:
        params: Of its trial; names may differ from those of the new search.
        note: Where it comes from, for people.
    """

    params: Params
    note: Message


@dataclass(frozen=True)
class KnownResults:
    """Results of another search that hold for a new one too.

    Attributes:
        starts: As in ``search.start_with``.
        note: How many were taken, and why others were not.
    """

    starts: Sequence[Mapping[str, Any]]
    note: Message


def best_of_earlier(storage: Storage, spec: JobSpec, after: str, *, labels: Mapping[str, str]) -> EarlierBest | None:
    """The best configuration of an earlier search, as a first point for a new one. Its results are not told.

    Args:
        storage: The database.
        spec: The new job.
        after: ``auto``: the latest ended job of the same program, with the same metric and goal and at least two thirds
            of the parameters; of three or more, the configuration with the best mean rank among those that two of them
            tried. ``none``, or a reference to a job.
        labels: Only among jobs with these labels.

    Raises:
        NotFoundError: There is no such job.
        ConflictError: It has no trial with a value.
    """
    if after == NONE:
        return None
    if after != AUTO:
        job = storage.find_job(after, labels=labels)
        best = storage.summary(job.id).best
        if best is None:
            raise ConflictError(Message("job.after_no_best", name=job.name))
        return _best_of(job, best)
    similar = list(_similar(storage, spec, labels))
    if len(similar) >= _ENOUGH_JOBS and (shared := _best_ranked(storage, [one.job for one in similar])) is not None:
        return EarlierBest(shared, Message("note.after_several", n=len(similar)))
    return next((_best_of(one.job, one.best) for one in similar if one.best is not None), None)


def _best_of(job: SearchJob, best: Trial) -> EarlierBest:
    note = Message("note.after", name=job.name, metric=job.metric, value=f"{best.value:.6g}")
    return EarlierBest(dict(best.params), note)


def _similar(storage: Storage, spec: JobSpec, labels: Mapping[str, str]) -> Iterator[JobSummary]:
    """Ended jobs of the same program and objective that share enough parameters, the latest first."""
    names = set(spec.space)
    program = _program_of(spec)
    for one in storage.jobs(JobFilter(states=tuple(ENDED_JOB), labels=labels, confirms=""), limit=_LOOKED_AT).items:
        job = one.job
        if one.best is None or (job.metric, job.goal) != (spec.objective.metric, spec.objective.goal):
            continue
        other = job_spec(job.document)
        if len(names & set(other.space)) >= _LEAST_SHARED * len(names) and _program_of(other) == program:
            yield one


def _program_of(spec: JobSpec) -> str:
    """The program's file with its path: of an interpreter, the script; of a shell, the whole line."""
    if spec.shell:
        return f"{spec.workdir}: {spec.command[0]}"
    for word in spec.command:
        path = spec.workdir / word
        if path.is_file() and not runs_another(path.name):
            return str(path.resolve())
    if "-m" in spec.command[:-1]:
        return f"{spec.workdir}: -m {spec.command[spec.command.index('-m') + 1]}"
    return shutil.which(spec.command[0], path=spec.run.env.get("PATH")) or str(Path(spec.workdir, spec.command[0]))


def _best_ranked(storage: Storage, jobs: Sequence[SearchJob]) -> Params | None:
    """The configuration with the best mean rank among those that at least two of the jobs tried."""
    ranks: dict[Any, list[float]] = defaultdict(list)
    params: dict[Any, Params] = {}
    for job in jobs:
        trials = [trial for trial in storage.trials(job.id, TrialFilter()).items if trial.value is not None]
        ordered = sorted(trials, key=lambda trial: job.goal.sign * (trial.value or 0.0))
        tried: dict[Any, float] = {}
        for place, trial in enumerate(ordered):
            tried.setdefault(params_key(trial.params), place / len(ordered))
            params.setdefault(params_key(trial.params), dict(trial.params))
        for key, rank in tried.items():
            ranks[key].append(rank)
    shared = {key: sum(found) / len(found) for key, found in ranks.items() if len(found) >= 2}
    return params[min(shared, key=lambda key: shared[key])] if shared else None


# --- results that are known already ---------------------------------------------------------------------------


def results_of(storage: Storage, spec: JobSpec, ref: str, *, labels: Mapping[str, str]) -> KnownResults:
    """The results of another job, as far as they fit into a changed space: for the very same program and data.

    A parameter that is new has the value that the other job's command gave it, else its default; without one, the
    result is left out, and so is one outside the new ranges.

    Raises:
        NotFoundError: There is no such job.
        ConflictError: It has another objective.
    """
    job = storage.find_job(ref, labels=labels)
    if (job.metric, job.goal) != (spec.objective.metric, spec.objective.goal):
        raise ConflictError(Message("job.from_other_objective", name=job.name, metric=job.metric, goal=job.goal))
    other = job_spec(job.document)
    space = spec.space
    fixed = {**arguments_given(spec, other), **spec.fixed}
    given = {**_defaults(spec), **arguments_given(other, spec), **other.fixed}
    starts: dict[Any, Mapping[str, Any]] = {}
    n_missing = n_outside = 0
    for trial in storage.trials(job.id, TrialFilter()).items:
        if trial.value is None:
            continue
        known = {**given, **trial.params}
        if any(name not in known for name in space if space.is_active(name, known)):
            n_missing += 1
        elif _differs(trial, space, fixed) or (params := _fitting(space, known)) is None:
            n_outside += 1
        else:
            # Of a configuration that was tried twice, the last value counts, as it was told last.
            starts[params_key(params)] = {"params": params, "value": trial.value}
    note = Message("note.from", name=job.name, n=len(starts), n_missing=n_missing, n_outside=n_outside)
    return KnownResults(list(starts.values()), note)


def _differs(trial: Trial, space: SearchSpace, fixed: Mapping[str, Scalar]) -> bool:
    """Whether a parameter that is no longer searched had another value than the new job passes, as far as is known."""
    return any(
        name not in space and (name not in fixed or fixed[name] != value) for name, value in trial.params.items()
    )


def _defaults(spec: JobSpec) -> dict[str, Scalar]:
    return {name: one.default for name, one in spec.space.items() if one.default is not None}


def _fitting(space: SearchSpace, known: Mapping[str, Scalar]) -> Params | None:
    """Known values as legal params of a space; None if one of them lies outside."""
    values: Params = {}
    for name in space:
        if name not in known:
            continue
        value = exact_value(space[name], known[name])  # results hold for no other value
        if value is None and not is_null(space[name], known, name):
            if space.is_active(name, known):
                return None
            continue
        values[name] = value
    try:
        return space.validate(space.prune(values))
    except SpaceError:
        return None
