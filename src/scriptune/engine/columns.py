"""All trials of a job as columns, for charts: 50,000 trials in a fifth of the bytes of rows.

A job's page reads them once and then only what has changed. What it knows is named by a *version*, a text that holds
how far the job's event log and told history reached, and what makes all values new at once: other regexes or another
reduction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scriptune.core.job import SearchJob
from scriptune.core.parameters import Scalar
from scriptune.core.trial import TrialState
from scriptune.storage.base import Storage

__all__ = ["TrialColumns", "columns_version", "trial_columns"]


@dataclass(frozen=True)
class TrialColumns:
    """Trials by number, as lists of equal length.

    Attributes:
        version: What this answer holds; ask with it for what changes later.
        is_whole: Whether these are all trials, not only changed ones.
        number, state, value, n_reports: Of the trials.
        started_at, finished_at: In milliseconds since 1970.
        params: Searched parameter -> its values, None where it is inactive.
        metrics: Metric -> its reduced values, None where it was not printed.
    """

    version: str
    is_whole: bool
    number: Sequence[int]
    state: Sequence[TrialState]
    value: Sequence[float | None]
    n_reports: Sequence[int]
    started_at: Sequence[int | None]
    finished_at: Sequence[int | None]
    params: Mapping[str, Sequence[Scalar | None]]
    metrics: Mapping[str, Sequence[float | None]]


def columns_version(job: SearchJob) -> str:
    """A version that changes whenever a trial changes."""
    basis = json.dumps([job.document["metrics"], job.document["objective"]], sort_keys=True)
    digest = hashlib.blake2b(basis.encode(), digest_size=6).hexdigest()
    return f"{job.last_event}.{job.n_told}.{digest}"


def trial_columns(storage: Storage, job: SearchJob, since: str | None = None) -> TrialColumns:
    """The trials of a job as columns.

    Args:
        storage: Holds the trials.
        job: Read before its trials, so that what happens meanwhile is at most sent twice.
        since: Version of an earlier answer; only trials that have changed since. A version that is of no use here
            gives all trials.
    """
    moment = _moment(job, since)
    rows = storage.outlines(job.id, since=moment)
    searched = [name for name, domain in job.document["parameters"].items() if domain.get("value") is None]
    return TrialColumns(
        version=columns_version(job),
        is_whole=moment is None,
        number=[row.number for row in rows],
        state=[row.state for row in rows],
        value=[row.value for row in rows],
        n_reports=[row.n_reports for row in rows],
        started_at=[_milliseconds(row.started_at) for row in rows],
        finished_at=[_milliseconds(row.finished_at) for row in rows],
        params={name: [row.params.get(name) for row in rows] for name in searched},
        metrics={name: [row.metrics.get(name) for row in rows] for name in job.document["metrics"]},
    )


def _moment(job: SearchJob, since: str | None) -> tuple[int, int] | None:
    """The positions of event log and told history at a version; None if everything must be read."""
    if since is None:
        return None
    events, _, rest = since.partition(".")
    tells, _, digest = rest.partition(".")
    if digest != columns_version(job).rpartition(".")[2] or not (events.isdecimal() and tells.isdecimal()):
        return None
    moment = (int(events), int(tells))
    # A version from the future is of another job, or from a database that was put back.
    return moment if moment[0] <= job.last_event and moment[1] <= job.n_told else None


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1000)
