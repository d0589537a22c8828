"""Confirmations: run the best configurations of a search again.

A confirmation is a job of its own whose trials are all enqueued when it is made, so it is run, interrupted and resumed
as any other; the search's sampler, budget and best trial know nothing of it. Several confirmations of one search are
taken together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from scriptune.core.confirmation import Confirms
from scriptune.core.first_points import FirstPoint
from scriptune.core.job import UNFINISHED_JOB, Goal, JobSpec, ParameterSpec, SearchJob, Style
from scriptune.core.space import Params, params_key
from scriptune.core.trial import Trial
from scriptune.engine import job_actions
from scriptune.engine.confirmed import configuration_key, confirmations
from scriptune.engine.keys import PROJECT_LABEL
from scriptune.engine.warm_start import NONE
from scriptune.errors import ConflictError, JobFileError
from scriptune.executors.command import make_plan
from scriptune.executors.passing import flag_of
from scriptune.jobfile import check_document
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.runtime.context import Context
from scriptune.runtime.lease import is_worked_on
from scriptune.storage.base import Storage

__all__ = ["confirm"]

_FIRST_SEED = 1001  # programs that have a seed of their own have a small one
_PAGE = 100
_SHORT_ID = 8


def confirm(
    context: Context,
    job: SearchJob,
    *,
    top: int,
    repeats: int,
    seed_flag: str | None,
    parallel: int | None,
    hold: bool,
) -> SearchJob:
    """Queue a job that runs the best configurations of a search again; one that was interrupted is continued instead.

    Args:
        context: The installation.
        job: The search.
        top: How many configurations; a search with fewer has all of its own run again.
        repeats: How often each.
        seed_flag: The parameter or flag by which each run gets another seed; None: the program draws its own.
        parallel: Runs at the same time; None: as many as trials of the search.
        hold: Keep the job's lease for a worker of this process.

    Raises:
        ConflictError: The search has no trial with a value, or a confirmation of it is running.
        JobFileError: A number is not positive, or the program cannot be given such a seed.
    """
    storage = context.storage
    _check_counts(top=top, repeats=repeats, parallel=parallel)
    earlier = confirmations(storage, job)
    for other in earlier:
        if other.state in UNFINISHED_JOB:
            if not hold or is_worked_on(other, context.clock()):
                raise ConflictError(
                    Message("confirmation.is_running", name=job.name, id=other.id[:_SHORT_ID]),
                    hint=Message("confirmation.wait_or_stop", id=other.id[:_SHORT_ID]),
                )
            return job_actions.resume(context, other, None, hold=True)
    spec = job_spec(job.document)
    seed = None if seed_flag is None else _seed_name(spec, seed_flag)
    best = _best_configurations(storage, job, seed, top)
    if not best:
        raise ConflictError(Message("confirmation.no_value", name=job.name))
    seeds = _fresh_seeds(storage, earlier, repeats) if seed is not None else [None] * repeats
    starts = [_configuration(trial, seed, value) for value in seeds for trial in best]
    document = {
        **job.document,
        "name": f"{job.name}-confirm",
        "objective": {**job.document["objective"], "target": None},
        "search": {
            "sampler": "random",  # all trials are enqueued, so it is never asked
            "trials": len(starts),
            "start_with": [{"params": params} for params in starts],
            "usual_values": False,
            "after": NONE,
        },
        "run": {
            **job.document["run"],
            "parallel": min(parallel or int(job.document["run"]["parallel"]), len(starts)),
            "job_timeout": None,
        },
        "stopping": {"rule": "none"},
    }
    if seed is not None and seed_flag is not None:
        entry = _seed_entry(spec, seed, seed_flag)
        values = [value for value in seeds if value is not None]
        entry |= {"type": "int", "min": min(values), "max": max(values)}
        document["parameters"] = {**job.document["parameters"], seed: entry}
    return job_actions.submit(
        context,
        check_document(document),
        hold=hold,
        labels={name: text for name, text in job.labels.items() if name == PROJECT_LABEL},
        job_id=None,
        unique_among=None,
        confirms=Confirms(job.id, tuple(trial.number for trial in best), seed),
        first_points=_as_in_the_search(job, spec, best),
    )


def _as_in_the_search(job: SearchJob, spec: JobSpec, best: Sequence[Trial]) -> Sequence[FirstPoint]:
    """The first point of the search, where it is run again and passes no values, as they are the program's own."""
    own = make_plan(spec, job.first_points).as_is
    is_among = own is not None and any(params_key(trial.params) == params_key(own) for trial in best)
    return job.first_points[:1] if is_among else ()


def _check_counts(**counts: int | None) -> None:
    for name, count in counts.items():
        if count is not None and count < 1:
            raise JobFileError([Message("confirmation.bad_count", name=name, value=count)])


def _best_configurations(storage: Storage, job: SearchJob, seed: str | None, top: int) -> list[Trial]:
    """The best trial of each of the best configurations; trials that differ in the seed alone are one."""
    found: dict[Any, Trial] = {}
    for trial in _best_first(storage, job):
        found.setdefault(configuration_key(trial.params, seed), trial)
        if len(found) == top:
            break
    return list(found.values())


def _best_first(storage: Storage, job: SearchJob) -> Iterator[Trial]:
    sort = "-value" if job.goal is Goal.MAXIMIZE else "value"
    offset = 0
    while True:
        trials = storage.trials(job.id, offset=offset, limit=_PAGE, sort=sort).items
        yield from (trial for trial in trials if trial.value is not None)
        if len(trials) < _PAGE or trials[-1].value is None:
            return
        offset += _PAGE


def _configuration(trial: Trial, seed: str | None, value: int | None) -> Params:
    return dict(trial.params) if seed is None or value is None else {**trial.params, seed: value}


def _fresh_seeds(storage: Storage, earlier: Iterable[SearchJob], n: int) -> list[int]:
    """Seeds that no earlier confirmation used. All configurations get the same ones, so that luck is shared."""
    used = [
        trial.params[other.confirms.seed]
        for other in earlier
        if other.confirms is not None and other.confirms.seed is not None
        for trial in storage.trials(other.id).items
    ]
    first = max([_FIRST_SEED - 1, *(value for value in used if isinstance(value, int))]) + 1
    return list(range(first, first + n))


# --- how the seed reaches the program -----------------------------------------------------------------------------


def _seed_name(spec: JobSpec, seed_flag: str) -> str:
    """The parameter that passes the seed: one of the search's, or a new one."""
    wanted = _plain(seed_flag)
    for name, parameter in spec.parameters.items():
        if seed_flag in (name, flag_of(name, parameter)) or _plain(name) == wanted:
            return name
    return seed_flag.lstrip("-")


def _plain(name: str) -> str:
    return re.sub(r"[-_]+", "_", name.lstrip("-"))


def _seed_entry(spec: JobSpec, seed: str, seed_flag: str) -> dict[str, Any]:
    """How the seed is passed, as in ``parameters``: as it was, else as written, else as the other parameters are."""
    known = spec.parameters.get(seed)
    if known is not None:
        return {"flag": known.flag, "style": str(known.style)}
    styles = {parameter.style for parameter in spec.parameters.values()} - {Style.SWITCH}
    style = styles.pop() if len(styles) == 1 else Style.EQUALS
    if not seed_flag.startswith("-"):
        return {"style": str(style)}
    if style not in (Style.EQUALS, Style.SPACE) or not seed_flag.startswith("--"):
        style = Style.EQUALS if seed_flag.startswith("--") else Style.SPACE
    is_own = flag_of(seed, ParameterSpec()) == seed_flag
    return {"style": str(style)} if is_own else {"flag": seed_flag, "style": str(style)}
