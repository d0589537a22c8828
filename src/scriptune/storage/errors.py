"""Errors raised by every storage with the same messages, and the rule that resolves a job reference."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from scriptune.core.job import SearchJob
from scriptune.errors import ConflictError, LeaseLostError, NotFoundError
from scriptune.messages import Message, did_you_mean, sentences
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
    """Split ``-name`` into the name and whether it is reversed.

    Raises:
        NotFoundError: Nothing can be sorted by that.
    """
    name, turned = sort.removeprefix("-"), sort.startswith("-")
    if name not in known:
        raise NotFoundError(Message("trial.no_sort_key", sort=sort, known=list(known), near=did_you_mean(name, known)))
    return name, turned


def no_job(ref: str | None, names: Iterable[str] = ()) -> NotFoundError:
    """No job matches; ``names`` are suggestions."""
    if ref is None:
        return NotFoundError(Message("job.none_yet"), hint=Message("job.start_one"))
    names = list(names)
    hint = Message("job.list")
    message = Message("job.not_found", ref=ref, near=did_you_mean(ref, names))
    if 0 < len(ref) < MIN_PREFIX and any(name.lower().startswith(ref.lower()) for name in names):
        return NotFoundError(message, hint=sentences(Message("job.short_id", n=MIN_PREFIX), hint))
    return NotFoundError(message, hint=hint)


def ambiguous(ref: str, ids: Collection[str]) -> ConflictError:
    """Several ids match a prefix."""
    return ConflictError(Message("job.ambiguous_id", ref=ref, n=len(ids), ids=sorted(ids)[:5]))


def choose_job(ref: str, found: Iterable[tuple[str, str]], use: JobUse = JobUse.READ) -> str | None:
    """Resolve a job reference: a complete id, else a name, else a unique prefix of an id.

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
            Message("job.ambiguous_name", ref=ref, job=named[0], other=others[0], name=name_of[others[0]]),
            hint=Message("job.give_id"),
        )
    if len(named) > 1 and use is JobUse.DELETE:
        shown = ", ".join(named[:_MAX_NAMED]) + (", ..." if len(named) > _MAX_NAMED else "")
        raise ConflictError(
            Message("job.name_of_several", n=len(named), ref=ref, shown=shown),
            hint=Message("job.give_ids"),
        )
    return named[0]


def job_taken(job_id: str) -> ConflictError:
    """The id of a new job already exists."""
    return ConflictError(Message("job.id_taken", job=job_id))


def job_name_taken(name: str) -> ConflictError:
    """The name of a new job must be unique but already exists."""
    return ConflictError(Message("job.name_taken", name=name))


def no_trial(job: SearchJob, number: int, n_trials: int) -> NotFoundError:
    """The job has no trial with that number."""
    name, short = job.name, job.id[:8]
    if not n_trials:
        return NotFoundError(Message("trial.none_yet", name=name, id=short, number=number))
    if n_trials == 1:
        return NotFoundError(Message("trial.only_one", name=name, id=short, number=number))
    return NotFoundError(Message("trial.not_found", name=name, id=short, number=number, last=n_trials - 1))


def wrong_number(job_id: str, number: int, n_trials: int) -> ConflictError:
    """The number of a new trial is not the next one."""
    if number < n_trials:
        return ConflictError(Message("trial.number_taken", number=number, job=job_id, next=n_trials))
    return ConflictError(Message("trial.number_leaves_gap", number=number, job=job_id, next=n_trials))


def no_attempt(job_id: str, number: int, attempt: int) -> NotFoundError:
    """The attempt does not exist."""
    return NotFoundError(Message("trial.no_attempt", number=number, job=job_id, attempt=attempt))


def attempt_taken(job_id: str, number: int, attempt: int) -> ConflictError:
    """The number of a new attempt already exists."""
    return ConflictError(Message("attempt.taken", number=number, job=job_id, attempt=attempt))


def offset_moved(number: int, attempt: int, expected: int, actual: int) -> ConflictError:
    """The reports do not continue where the log was last read."""
    return ConflictError(
        Message("attempt.offset_moved", number=number, attempt=attempt, actual=actual, expected=expected)
    )


def lease_lost(lease: Lease, holder: str | None) -> LeaseLostError:
    """The lease is held by another process, or by none."""
    if holder:
        return LeaseLostError(Message("job.lease_lost", owner=lease.owner, job=lease.job_id, holder=holder))
    return LeaseLostError(Message("job.lease_ended", owner=lease.owner, job=lease.job_id))


def no_item(kind: str, key: str, keys: Iterable[str]) -> NotFoundError:
    """The key does not exist."""
    return NotFoundError(Message("storage.no_item", kind=kind, key=key, near=did_you_mean(key, keys)))


def item_taken(kind: str, key: str) -> ConflictError:
    """The key of a new item already exists."""
    return ConflictError(Message("storage.item_taken", kind=kind, key=key))
