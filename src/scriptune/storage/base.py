"""The Storage protocol and its guarantees.

**Atomicity.** Every change happens inside ``with storage.transaction(lease) as tx``: all of it is
stored, or nothing. A transaction that ends with an exception is rolled back.

**Ownership.** A job is worked on by one owner at a time, who holds its *lease*. A transaction opened with
a lease first locks the job's row and checks the owner; a process that was suspended while another one
took over gets `LeaseLostError` and can change nothing.

**Compare and set.** State changes name the state they start from; a mismatch raises `ConflictError`.

**Order.** Tells and events are numbered per job from the same transaction that changes the trial, without
gaps, so a reader who has seen number n has seen everything before it.

**Durability.** What was committed survives the death of every process at any instant. A power failure may cost the
last moments, but never what a transaction opened with ``durable`` has committed, or anything before it.

**Availability.** Any driver error about a stopped server, or a locked or full disk, becomes
`StorageUnavailableError`; the caller may retry the whole transaction. A damaged or foreign file raises
`StorageCorruptError` and is not written to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from scriptune.core.decision import StoppingCall
from scriptune.core.job import Event, JobState, JobSummary, SearchJob
from scriptune.core.parameters import Scalar
from scriptune.core.trial import Attempt, Report, Tell, Trial, TrialState

__all__ = [
    "LOG_FREED",
    "Condition",
    "JobFilter",
    "JobUse",
    "Lease",
    "LostLogs",
    "Page",
    "Storage",
    "Transaction",
    "TrialFilter",
    "TrialOutline",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Lease:
    """The exclusive right to change a job's trials, held by ``owner`` until the expiry stored with the job."""

    job_id: str
    owner: str


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: The rows.
        total: Rows that match, on all pages.
        offset: Index of the first row of this page.
    """

    items: Sequence[T]
    total: int
    offset: int


class JobUse(StrEnum):
    """What a job is looked up for: the more harm a wrong match does, the stricter the lookup."""

    READ = "read"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True)
class JobFilter:
    """Selects jobs; an empty filter matches all.

    Attributes:
        text: A part of the name or a prefix of the id.
        states: One of these.
        labels: All of these labels with these texts.
        confirms: Only the confirmations of this job; "": only searches.
    """

    text: str = ""
    states: Collection[JobState] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    confirms: str | None = None


@dataclass(frozen=True)
class Condition:
    """A condition on a trial, such as ``params.lr < 0.01``.

    Attributes:
        key: As in `Storage.trials`, but no time.
        operator: ``<``, ``<=``, ``>``, ``>=`` compare numbers; ``=`` and ``!=`` compare texts with ``text`` and
            numbers with ``number``. What is missing fulfils nothing, not even ``!=``.
        text: What it is compared with, as it was written.
        number: The same as a finite number; None when it is none.
    """

    key: str
    operator: Literal["<", "<=", ">", ">=", "=", "!="]
    text: str
    number: float | None = None


@dataclass(frozen=True)
class TrialFilter:
    """Selects trials; an empty filter matches all.

    Attributes:
        states: One of these.
        where: All of these conditions.
        numbers: One of these.
    """

    states: Collection[TrialState] = ()
    where: Collection[Condition] = ()
    numbers: Collection[int] = ()


class TrialOutline(NamedTuple):
    """The part of a trial that charts need: a tenth of its row, for reading 50,000 of them."""

    number: int
    state: TrialState
    value: float | None
    params: Mapping[str, Scalar]
    metrics: Mapping[str, float]
    n_reports: int
    started_at: datetime | None
    finished_at: datetime | None


LOG_FREED = "notice.log_freed"
"""Code of the notice of a trial whose log has lost its middle."""


class LostLogs(NamedTuple):
    """How many logs of a job can no longer be read in full.

    Attributes:
        n_pruned: Attempts whose files `prune` removed.
        pruned_at: When it last did; None when it never did.
        n_freed: Trials whose logs have lost their middle.
    """

    n_pruned: int = 0
    pruned_at: datetime | None = None
    n_freed: int = 0


class Transaction(Protocol):
    """A set of changes committed atomically. Reads inside it see its own writes."""

    def insert_job(self, job: SearchJob, *, unique_among: Mapping[str, str] | None = None) -> None:
        """Store a new job, with a ``job`` event.

        Args:
            job: The job.
            unique_among: No other job with all of these labels may have its name; two that are inserted at once
                are not an exception.

        Raises:
            ConflictError: The id is taken, or the name is.
        """
        ...

    def update_job(self, job_id: str, *, expected: Collection[JobState] = (), **changes: Any) -> SearchJob:
        """Change fields of `SearchJob` (by their names) and return the job.

        A change of ``state`` is checked against JOB_TRANSITIONS and written into the event log as a ``job`` event
        whose data holds state and message; a change of ``notices`` or ``units`` as a ``notices`` or ``units``
        event that holds all of them. The storage itself counts ``n_told`` and ``last_event``.

        Raises:
            ConflictError: ``expected`` is given and does not hold the present state; an illegal transition.
            NotFoundError: No such job.
            TypeError: A field that does not exist, or cannot be changed.
        """
        ...

    def delete_job(self, job_id: str) -> None:
        """Delete a job and everything that belongs to it, including items whose kind ends in ``/`` and its id."""
        ...

    def insert_trial(self, job_id: str, trial: Trial) -> None:
        """Store a new trial, with a ``trial`` event.

        Raises:
            ConflictError: The number is not the next one (`n_trials`).
            ValueError: A value or metric is not finite.
        """
        ...

    def update_trial(self, job_id: str, number: int, *, expected: Collection[TrialState] = (), **changes: Any) -> Trial:
        """Change fields of `Trial` and return it.

        A change of ``state`` is checked against TRANSITIONS. It is written into the event log, as is every change of
        a trial that has ended: as a ``trial`` event whose data holds state, value, cause and attempt. So what the
        ended trials of a job say is the same while its ``last_event`` is.

        Raises:
            ConflictError: ``expected`` is given and does not hold the present state; an illegal transition.
            NotFoundError: No such trial.
            TypeError: A field that does not exist, or cannot be changed.
            ValueError: A value or metric is not finite.
        """
        ...

    def insert_attempt(self, job_id: str, attempt: Attempt) -> None:
        """Store a new attempt.

        Raises:
            ConflictError: The attempt number is taken.
        """
        ...

    def update_attempt(self, job_id: str, number: int, attempt: int, **changes: Any) -> Attempt:
        """Change fields of `Attempt` and return it."""
        ...

    def note_contact(self, job_id: str, at: datetime) -> None:
        """Set ``contact_at`` of all running trials of a job and of their running attempts; logs no event."""
        ...

    def add_reports(
        self, job_id: str, number: int, attempt: int, reports: Sequence[Report], *, from_offset: int, to_offset: int
    ) -> None:
        """Append reports read from ``log_offset`` ``from_offset`` .. ``to_offset``; logs one event if there are any.

        The ``reports`` event's data is ``{"attempt": 1, "metrics": {"loss": {"n": 2, "last": [step, value]}}}`` with
        the number of new values per metric; a last value that is not finite is stored as ``"nan"``, ``"inf"`` or
        ``"-inf"``. The trial's own ``metrics`` and ``n_reports`` are the caller's to update.

        Raises:
            ConflictError: The attempt's log_offset is not ``from_offset``: another process read this part.
        """
        ...

    def replace_reports(
        self, job_id: str, number: int, attempt: int, reports: Sequence[Report], log_offset: int
    ) -> None:
        """Replace an attempt's reports (reparse)."""
        ...

    def append_tell(
        self,
        job_id: str,
        number: int,
        value: float | None,
        *,
        rungs: tuple[tuple[float, float], ...] = (),
        is_final: bool = True,
        lengths: tuple[float, ...] = (),
    ) -> Tell:
        """Append an entry to the told history, under the next order; the arguments are fields of `Tell`."""
        ...

    def append_stopping_call(self, job_id: str, call: StoppingCall) -> None:
        """Store a call of the job's stopping rule, as a ``stopping`` event of its trial."""
        ...

    def append_change(self, job_id: str, by: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
        """Log that someone changed a job, as a ``change`` event.

        Args:
            job_id: The job.
            by: Who.
            changes: What was changed -> before and after, in JSON.
        """
        ...

    def job(self, job_id: str) -> SearchJob:
        """Read a job, like `Storage.job`."""
        ...

    def trial(self, job_id: str, number: int) -> Trial:
        """Read a trial, like `Storage.trial`."""
        ...

    def n_trials(self, job_id: str) -> int:
        """The number of trials, which is the next free number, reserved until the transaction ends."""
        ...


class Storage(Protocol):
    """Stores jobs, trials, attempts, reports, tells and events. Thread-safe."""

    def transaction(self, lease: Lease | None = None, *, durable: bool = False) -> AbstractContextManager[Transaction]:
        """Open a transaction, fenced if a lease is given. Transactions of one thread must not overlap.

        Args:
            lease: The right to change a job.
            durable: A power failure cannot undo it, nor what was committed before it, once it has ended well. It
                costs a flush of the disk (3 ms), so it is for what something outside the database relies on.

        Raises:
            LeaseLostError: Another owner holds the job, or no one.
            NotFoundError: The lease's job is gone.
        """
        ...

    # leases

    def claim(
        self, job_id: str, owner: str, *, now: datetime, ttl_s: float, even_from: str | None = None
    ) -> Lease | None:
        """Claim a job's lease if it is free, expired, held by this owner, or held by ``even_from`` (a dead process).

        Returns None when another process holds it. Two processes never get it both.
        """
        ...

    def claim_next(self, owner: str, *, now: datetime, ttl_s: float) -> Lease | None:
        """Claim the job that has waited longest: queued, or running or stopping with a free or expired lease.

        PostgreSQL skips rows that other processes are claiming.
        """
        ...

    def renew(self, lease: Lease, *, now: datetime, ttl_s: float) -> None:
        """Extend a lease.

        Raises:
            LeaseLostError: Another process has taken it.
        """
        ...

    def release(self, lease: Lease) -> None:
        """Release a lease; does nothing if another process has it."""
        ...

    # reading

    def job(self, job_id: str) -> SearchJob:
        """One job.

        Raises:
            NotFoundError: No such job.
        """
        ...

    def find_job(
        self, ref: str | None, use: JobUse = JobUse.READ, *, labels: Mapping[str, str] | None = None
    ) -> SearchJob:
        """Look up a job by reference, by the rule of `storage.errors.choose_job`; None is the newest job.

        Args:
            ref: An id, a name, or the beginning of an id.
            use: What it is wanted for.
            labels: Only among jobs that have all of these labels.

        Raises:
            NotFoundError: Nothing fits, with the closest known names.
            ConflictError: Several jobs fit, and none goes before the others for this use.
        """
        ...

    def jobs(
        self, filter: JobFilter = JobFilter(), *, offset: int = 0, limit: int = 50, sort: str = "-created_at"
    ) -> Page[JobSummary]:
        """List jobs with counts and best trial. ``sort``: created_at, name, state; ``-`` reverses the order."""
        ...

    def summary(self, job_id: str) -> JobSummary:
        """One job with counts and best trial (ties: the lowest number)."""
        ...

    def trial(self, job_id: str, number: int) -> Trial:
        """One trial.

        Raises:
            NotFoundError: No such trial.
        """
        ...

    def trials(
        self,
        job_id: str,
        filter: TrialFilter = TrialFilter(),
        *,
        offset: int = 0,
        limit: int | None = None,
        sort: str = "number",
    ) -> Page[Trial]:
        """List trials, filtered and sorted.

        ``sort`` is a field (number, value, state, started_at, ..., see `trial_keys`), ``params.NAME`` or
        ``metrics.NAME``; ``-`` reverses the order. Trials without the key come last either way; ties by number.

        Raises:
            NotFoundError: A key to sort or filter by does not exist.
        """
        ...

    def outlines(self, job_id: str, *, since: tuple[int, int] | None = None) -> Sequence[TrialOutline]:
        """The outlines of all trials, by number, for charts.

        Args:
            job_id: The job; one that is not there has no trials.
            since: (``last_event``, ``n_told``) of the job at an earlier moment: only trials that events or tells
                have named after it.
        """
        ...

    def failures(self, job_id: str) -> Mapping[str, tuple[int, str]]:
        """Failed trials by cause, with the message of the first; the most frequent cause first."""
        ...

    def lost_logs(self, job_id: str) -> LostLogs:
        """Count the logs of a job that are gone or incomplete; cheap, because running jobs are polled."""
        ...

    def attempts(
        self,
        job_id: str,
        number: int | None = None,
        *,
        states: Collection[TrialState] = (),
        limit: int | None = None,
    ) -> Sequence[Attempt]:
        """Attempts of a trial, or of all, by number and attempt; at most ``limit``."""
        ...

    def stop_requests(self, job_id: str) -> Sequence[int]:
        """The waiting and running trials that were asked to stop, by number; cheap however many there are."""
        ...

    def reports(
        self,
        job_id: str,
        number: int,
        *,
        attempt: int | None = None,
        metric: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> Page[Report]:
        """Reports in the order they were printed; of the latest attempt unless one is named."""
        ...

    def metric_reports(
        self, job_id: str, metric: str, numbers: Sequence[int]
    ) -> Mapping[int, Sequence[tuple[float, float]]]:
        """The (step, value) pairs of one metric in the latest attempts, by trial number, in printed order.

        Trials without any are left out. NaN and infinite values are included.
        """
        ...

    def tells(self, job_id: str) -> Sequence[Tell]:
        """The told history, in order."""
        ...

    def stopping_calls(self, job_id: str) -> Sequence[StoppingCall]:
        """The calls of the job's stopping rule, in order."""
        ...

    def values(self, job_id: str) -> Sequence[float | None]:
        """The value of every trial, indexed by number; cheap for histories of 50,000 trials."""
        ...

    def events(self, job_id: str | None, *, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """Events of a job with ``seq > after``, in order.

        None means the ``job`` events of all jobs, where ``after`` and ``seq`` count over all jobs.
        """
        ...

    def newest_events(self, job_ids: Collection[str]) -> Mapping[str | None, int]:
        """The latest event number of each existing job among these, and under None that of all jobs.

        One cheap query, for callers that wait for many jobs at once.
        """
        ...

    # free key-value rows of the front ends: programs, access keys, settings

    def get_item(self, kind: str, key: str) -> Mapping[str, Any]:
        """Read a stored JSON object.

        Raises:
            NotFoundError: No such item.
        """
        ...

    def put_item(self, kind: str, key: str, value: Mapping[str, Any], *, expect_absent: bool = False) -> None:
        """Store a JSON object.

        Raises:
            ConflictError: ``expect_absent`` and it is there.
        """
        ...

    def delete_item(self, kind: str, key: str) -> None:
        """Delete a stored JSON object.

        Raises:
            NotFoundError: No such item.
        """
        ...

    def items(self, kind: str, *, offset: int = 0, limit: int | None = None) -> Page[tuple[str, Mapping[str, Any]]]:
        """Items of a kind, the oldest first."""
        ...

    def compact(self) -> None:
        """Return the space of deleted rows to the disk, if the database does not do so automatically.

        Does nothing while other processes write.
        """
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
