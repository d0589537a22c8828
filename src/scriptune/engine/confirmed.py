"""What the confirmations of a search found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scriptune.analysis.confirmation import chances_to_be_best, mean_of, std_of
from scriptune.analysis.results import Confirmation, ConfirmedTrial
from scriptune.core.baseline import rounded
from scriptune.core.confirmation import Confirms
from scriptune.core.job import UNFINISHED_JOB, SearchJob
from scriptune.core.parameters import Scalar
from scriptune.core.space import params_key
from scriptune.core.trial import ENDED, Trial
from scriptune.errors import NotFoundError
from scriptune.messages import Message
from scriptune.storage.base import JobFilter, Storage, TrialFilter

__all__ = ["configuration_key", "confirmation", "confirmations", "searched_by"]

_ALL = 2**31 - 1


def searched_by(storage: Storage, job: SearchJob) -> SearchJob:
    """The search that a job confirms; a search itself.

    Raises:
        NotFoundError: It was deleted.
    """
    return job if job.confirms is None else storage.job(job.confirms.job_id)


def confirmations(storage: Storage, job: SearchJob) -> list[SearchJob]:
    """The confirmations of a search, oldest first."""
    found = storage.jobs(JobFilter(confirms=job.id), limit=_ALL, sort="created_at").items
    return [summary.job for summary in found]


def configuration_key(params: Mapping[str, Scalar], seed: str | None) -> Any:
    """Equal for params that differ in the seed alone."""
    return params_key({name: value for name, value in params.items() if name != seed})


def confirmation(storage: Storage, job: SearchJob) -> Confirmation | None:
    """What the confirmations of a search, or of the search that a job confirms, found so far; None without any.

    They are taken together, but once one of them gave its runs seeds, those that did not are left out: they may have
    repeated the search's own run.
    """
    try:
        search = searched_by(storage, job)
    except NotFoundError:  # deleted while this one was made
        return None
    jobs = confirmations(storage, search)
    if not jobs:
        return None
    is_seeded = any(_confirms(one).seed is not None for one in jobs)
    jobs = [one for one in jobs if not is_seeded or _confirms(one).seed is not None]
    numbers = sorted({number for one in jobs for number in _confirms(one).numbers})
    trials = {trial.number: trial for trial in storage.trials(search.id, TrialFilter(numbers=numbers)).items}
    first: dict[Any, Trial] = {}
    runs: dict[Any, list[Trial]] = {}
    n_left = 0
    for one in jobs:
        seed = _confirms(one).seed
        for trial in (trials[number] for number in _confirms(one).numbers if number in trials):
            first.setdefault(configuration_key(trial.params, seed), trial)
        ended = [trial for trial in storage.trials(one.id).items if trial.state in ENDED]
        for trial in ended:
            runs.setdefault(configuration_key(trial.params, seed), []).append(trial)
        n_left += one.n_trials - len(ended) if one.state in UNFINISHED_JOB else 0
    rows = _rows(first, runs, search.goal.sign)
    notes = tuple(_notes(rows, search.goal.sign, is_seeded=is_seeded))
    return Confirmation(rows, [one.id for one in jobs], n_left, notes)


def _confirms(job: SearchJob) -> Confirms:
    assert job.confirms is not None
    return job.confirms


def _rows(first: Mapping[Any, Trial], runs: Mapping[Any, Sequence[Trial]], sign: float) -> list[ConfirmedTrial]:
    """The configurations with what their runs gave, the best mean first."""
    values = {key: [run.value for run in runs.get(key, ()) if run.value is not None] for key in first}
    known = [key for key in first if values[key]]
    found = chances_to_be_best([[sign * value for value in values[key]] for key in known])
    chances = dict(zip(known, found, strict=True)) if found is not None else {}
    rows = []
    for key, trial in first.items():
        mean = mean_of(values[key]) if values[key] else None
        row = ConfirmedTrial(
            number=trial.number,
            params=dict(trial.params),
            value=trial.value,
            values=values[key],
            n=len(values[key]),
            n_failed=len(runs.get(key, ())) - len(values[key]),
            mean=mean,
            std=std_of(values[key]),
            chance=chances.get(key),
            optimism=None if mean is None or trial.value is None else sign * (mean - trial.value) + 0.0,
        )
        rows.append(row)
    return sorted(rows, key=lambda row: (row.mean is None, sign * (row.mean or 0.0), row.number))


def _notes(rows: Sequence[ConfirmedTrial], sign: float, *, is_seeded: bool) -> Iterator[Message]:
    """What follows for the search: which configuration to take, and how far its best value can be trusted."""
    known = [row for row in rows if row.mean is not None and row.value is not None]
    if not known:
        return
    if not is_seeded and all({*row.values} == {row.value} for row in known):
        yield Message("confirmation.same_without_seed")
        return
    best, searched = known[0], min(known, key=lambda row: (sign * (row.value or 0.0), row.number))
    number, value, mean = searched.number, f"{searched.value:.6g}", _mean_text(searched)
    if searched.optimism is not None and searched.optimism > 0:
        by = rounded(searched.optimism, 2)
        yield Message("confirmation.optimistic", number=number, value=value, by=by, n=searched.n, mean=mean)
    else:
        yield Message("confirmation.as_good", number=number, value=value, n=searched.n, mean=mean)
    if len(known) > 1:
        chance = "" if best.chance is None else Message("confirmation.chance", chance=_percent(best.chance))
        if best is searched:
            yield Message("confirmation.best", number=best.number, chance=chance)
        else:
            yield Message("confirmation.other_best", number=best.number, chance=chance, other=searched.number)
    if any(row.n > 1 for row in known) and all(len({*row.values}) == 1 for row in known):
        yield Message("confirmation.same_each_time")


def _mean_text(row: ConfirmedTrial) -> str:
    spread = "" if row.std is None else f" ± {rounded(row.std, 2)}"
    return f"{row.mean:.6g}{spread}"


def _percent(share: float) -> str:
    return ">99%" if share > 0.995 else f"{share:.0%}"
