"""Prune: free the space of trials that have ended; their values, reports and params stay in the database.

Only the folders of attempts are removed, with what was set aside in their places, and only where nothing can need them
any more: the job has ended and no one works on it, and the trial would not run again when the job is resumed. What was
removed is marked in the database first, so that a crash in between leaves a mark and files, which the next `prune`
removes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from scriptune.core.job import ENDED_JOB, SearchJob
from scriptune.core.trial import ENDED, Attempt, Trial, TrialState
from scriptune.engine.views import PrunedJob, PruneReport
from scriptune.executors.folder import ASIDE
from scriptune.runtime.lease import is_worked_on
from scriptune.settings import Settings
from scriptune.storage.base import JobFilter, Storage

__all__ = ["prune"]

_PAGE = 200
_BLOCK_BYTES = 512  # the unit of st_blocks, regardless of the file system's own


@dataclass(frozen=True)
class _Candidate:
    """An attempt whose folder may be deleted."""

    job: SearchJob
    attempt: Attempt
    folder: Path
    size_bytes: int
    ended_at: datetime


def prune(
    storage: Storage,
    settings: Settings,
    now: datetime,
    *,
    older_than_s: float | None = None,
    keep_best: int = 0,
    max_size_bytes: int | None = None,
    dry_run: bool = False,
) -> PruneReport:
    """Delete the folders of attempts; see `Engine.prune`."""
    total_bytes = 0
    candidates: list[_Candidate] = []
    for job in _jobs(storage):
        sizes = _sizes(storage, settings, job)
        total_bytes += sum(size_bytes for _, size_bytes in sizes)
        if job.state not in ENDED_JOB or is_worked_on(job, now):
            continue
        candidates += _candidates(storage, settings, job, sizes, keep_best)
    if older_than_s is not None:
        before = now - timedelta(seconds=older_than_s)
        candidates = [candidate for candidate in candidates if candidate.ended_at <= before]
    if max_size_bytes is not None:
        candidates = _oldest_until(candidates, total_bytes - max_size_bytes)
    if not dry_run:
        candidates = [candidate for candidate in candidates if _remove(storage, candidate, now)]
    freed_bytes = sum(candidate.size_bytes for candidate in candidates)
    return PruneReport(
        n_attempts=len(candidates),
        freed_bytes=freed_bytes,
        left_bytes=total_bytes - freed_bytes,
        jobs=_by_job(candidates),
        is_preview=dry_run,
    )


def _jobs(storage: Storage) -> list[SearchJob]:
    """All jobs, the oldest first."""
    found: list[SearchJob] = []
    while True:
        page = storage.jobs(JobFilter(), offset=len(found), limit=_PAGE, sort="created_at")
        found += [summary.job for summary in page.items]
        if not page.items or len(found) >= page.total:
            return found


def _sizes(storage: Storage, settings: Settings, job: SearchJob) -> list[tuple[Attempt, int]]:
    """The attempts of a job that have folders, with their sizes."""
    folders = ((attempt, _folders(settings.home / attempt.folder)) for attempt in storage.attempts(job.id))
    return [(attempt, sum(map(_size, found))) for attempt, found in folders if found]


def _folders(folder: Path) -> list[Path]:
    """The folder of an attempt, and those that were set aside in its place."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder.parent) if entry.is_dir())
    except OSError:
        return []
    return [folder.parent / name for name in names if name == folder.name or name.startswith(folder.name + ASIDE)]


def _candidates(
    storage: Storage, settings: Settings, job: SearchJob, sizes: Iterable[tuple[Attempt, int]], keep_best: int
) -> Iterator[_Candidate]:
    kept = _best(storage, job, keep_best)
    kept |= {trial.number for trial in storage.trials(job.id).items if _runs_again(trial)}
    for attempt, size_bytes in sizes:
        if attempt.number in kept or attempt.exit is None:
            continue
        ended_at = attempt.finished_at or attempt.created_at or job.created_at
        yield _Candidate(job, attempt, settings.home / attempt.folder, size_bytes, ended_at)


def _runs_again(trial: Trial) -> bool:
    """Whether resuming the job may need the trial's files: it has not ended, or was cut off with the job."""
    return trial.state not in ENDED or (trial.state is TrialState.STOPPED and not trial.stop_requested)


def _best(storage: Storage, job: SearchJob, keep_best: int) -> set[int]:
    if keep_best <= 0:
        return set()
    sort = "value" if job.goal.sign > 0 else "-value"
    page = storage.trials(job.id, limit=keep_best, sort=sort)
    return {trial.number for trial in page.items if trial.value is not None}


def _oldest_until(candidates: Sequence[_Candidate], excess_bytes: int) -> list[_Candidate]:
    """The oldest candidates that together free enough space."""
    chosen: list[_Candidate] = []
    for candidate in sorted(candidates, key=lambda candidate: candidate.ended_at):
        if excess_bytes <= 0:
            break
        chosen.append(candidate)
        excess_bytes -= candidate.size_bytes
    return chosen


def _remove(storage: Storage, candidate: _Candidate, now: datetime) -> bool:
    """Mark an attempt as pruned and delete its folder; False if the job was claimed or nothing was deleted."""
    job, attempt = candidate.job, candidate.attempt
    with storage.transaction() as tx:
        present = tx.job(job.id)
        if present.state not in ENDED_JOB or is_worked_on(present, now):
            return False
        if attempt.pruned_at is None:
            tx.update_attempt(job.id, attempt.number, attempt.attempt, pruned_at=now)
    for folder in _folders(candidate.folder):
        shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # further attempts of the trial are there
        candidate.folder.parent.rmdir()
    return not _folders(candidate.folder)


def _size(folder: Path) -> int:
    """The disk usage of a folder in bytes; links are not followed."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # removed meanwhile
                total += os.lstat(os.path.join(place, name)).st_blocks * _BLOCK_BYTES
    return total


def _by_job(candidates: Sequence[_Candidate]) -> list[PrunedJob]:
    jobs = {candidate.job.id: candidate.job for candidate in candidates}
    return [
        PrunedJob(
            id=job.id,
            name=job.name,
            n_attempts=sum(candidate.job.id == job.id for candidate in candidates),
            freed_bytes=sum(candidate.size_bytes for candidate in candidates if candidate.job.id == job.id),
        )
        for job in jobs.values()
    ]
