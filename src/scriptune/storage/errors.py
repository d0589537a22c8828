"""The errors that every storage raises in the same words."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from scriptune.core.job import SearchJob
from scriptune.errors import ConflictError, LeaseLostError, NotFoundError, closest
from scriptune.storage.base import JobUse, Lease

__all__ = [
    "JOB_SORTS",
    "MIN_PREFIX",
    "ambiguous",
    "attempt_taken",
    "choose_job",
    "item_taken",
    "job_name_taken",
    "job_taken",
    "lease_lost",
    "no_attempt",
    "no_item",
    "no_job",
    "no_trial",
    "offset_moved",
    "sort_key",
    "wrong_number",
]

JOB_SORTS = ("created_at", "name", "state")

MIN_PREFIX = 4
"""Characters of an id that name a job: fewer are too easily a name, or the number of a trial."""

_MAX_NAMED = 5  # jobs of one name that a message lists


def sort_key(sort: str, known: Collection[str]) -> tuple[str, bool]:
    """Split ``-name`` into the name and whether it is turned round.

    Raises:
        NotFoundError: Nothing can be sorted by that.
    """
    name, turned = sort.removeprefix("-"), sort.startswith("-")
    if name not in known:
        raise NotFoundError(
            f"Cannot sort by {sort!r}; expected one of {', '.join(known)}, with '-' in front to reverse it."
            f"{closest(name, known)}"
        )
    return name, turned


def no_job(ref: str | None, names: Iterable[str] = ()) -> NotFoundError:
    """No job fits; ``names`` are those to propose from."""
    if ref is None:
        return NotFoundError("There is no job yet.", hint="Start one with `scriptune run FILE`.")
    names = list(names)
    hint = "`scriptune list` shows the jobs of this home."
    if 0 < len(ref) < MIN_PREFIX and any(name.lower().startswith(ref.lower()) for name in names):
        hint = f"The start of an id needs at least {MIN_PREFIX} characters. {hint}"
    return NotFoundError(f"There is no job {ref!r}.{closest(ref, names)}", hint=hint)


def ambiguous(ref: str, ids: Collection[str]) -> ConflictError:
    """A prefix of several ids."""
    return ConflictError(f"{ref!r} is the start of {len(ids)} job ids: {', '.join(sorted(ids)[:5])}; give more of it.")


def choose_job(ref: str, found: Iterable[tuple[str, str]], use: JobUse = JobUse.READ) -> str | None:
    """The id that a user means: a whole id, else a name, else the only id that begins so.

    Ids are compared without case, names as they are written; a beginning has at least `MIN_PREFIX` characters. To
    read, the newest job of a name is taken, whatever ids begin so. To change a job, a name that is the beginning of
    another job's id as well is refused; to delete one, so is a name that several jobs have.

    Args:
        ref: What the user wrote.
        found: (id, name) of the jobs that fit in any of these ways, the newest first.
        use: What the job is wanted for.

    Raises:
        ConflictError: Several jobs fit, and none goes before the others.
    """
    found = list(found)
    lower = ref.lower()
    for job_id, _ in found:
        if job_id.lower() == lower:
            return job_id
    named = [job_id for job_id, name in found if name == ref]
    begun = [job_id for job_id, _ in found if job_id.lower().startswith(lower)] if len(ref) >= MIN_PREFIX else []
    if not named:
        if len(begun) > 1:
            raise ambiguous(ref, begun)
        return begun[0] if begun else None
    others = [job_id for job_id in begun if job_id not in named]
    if others and use is not JobUse.READ:
        name_of = dict(found)
        raise ConflictError(
            f"{ref!r} is the name of job {named[0]} and the start of the id of job {others[0]} "
            f"({name_of[others[0]]!r}), so nothing was done.",
            hint="Give the id of the one you mean.",
        )
    if len(named) > 1 and use is JobUse.DELETE:
        shown = ", ".join(named[:_MAX_NAMED]) + (", ..." if len(named) > _MAX_NAMED else "")
        raise ConflictError(
            f"{len(named)} jobs have the name {ref!r}, so nothing was deleted: {shown}.",
            hint="Give the ids of those you mean.",
        )
    return named[0]


def job_taken(job_id: str) -> ConflictError:
    """A new job under a known id."""
    return ConflictError(f"There is a job {job_id!r} already; a new job needs its own id.")


def job_name_taken(name: str) -> ConflictError:
    """A new job under a name that is to be unique."""
    return ConflictError(f"There is a job with the name {name!r} already; choose another name or delete that one.")


def no_trial(job: SearchJob, number: int, n_trials: int) -> NotFoundError:
    """A number beyond the trials of a job."""
    there = {0: "it has no trials yet", 1: "its only trial is 0"}.get(n_trials, f"its trials are 0 to {n_trials - 1}")
    return NotFoundError(f"Job {job.name!r} ({job.id[:8]}) has no trial {number!r}; {there}.")


def wrong_number(job_id: str, number: int, n_trials: int) -> ConflictError:
    """A new trial that is not the next one."""
    why = "is taken" if number < n_trials else "would leave a gap"
    return ConflictError(f"Trial number {number!r} of job {job_id!r} {why}; the next one is {n_trials}.")


def no_attempt(job_id: str, number: int, attempt: int) -> NotFoundError:
    """An attempt that was never made."""
    return NotFoundError(f"Trial {number!r} of job {job_id!r} has no attempt {attempt!r}.")


def attempt_taken(job_id: str, number: int, attempt: int) -> ConflictError:
    """A new attempt under a known number."""
    return ConflictError(
        f"Trial {number!r} of job {job_id!r} has an attempt {attempt!r} already; take the next number."
    )


def offset_moved(number: int, attempt: int, expected: int, actual: int) -> ConflictError:
    """Reports from a part of the log that was read already, or follows one that was not."""
    return ConflictError(
        f"The log of trial {number} attempt {attempt} was read up to byte {actual}, not {expected}: "
        "another process has read it meanwhile. Read the attempt again and continue from its log_offset."
    )


def lease_lost(lease: Lease, holder: str | None) -> LeaseLostError:
    """The lease is another's, or nobody's."""
    now = f"is held by {holder!r}" if holder else "is not held by any process"
    return LeaseLostError(f"{lease.owner!r} no longer owns job {lease.job_id!r}: it {now}. Stop working on it.")


def no_item(kind: str, key: str, keys: Iterable[str]) -> NotFoundError:
    """An unknown key."""
    return NotFoundError(f"There is no {kind} {key!r}.{closest(key, keys)}")


def item_taken(kind: str, key: str) -> ConflictError:
    """A new item under a known key."""
    return ConflictError(f"There is a {kind} {key!r} already; choose another name or change that one.")
