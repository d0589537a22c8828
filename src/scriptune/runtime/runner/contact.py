"""Store where running trials run, when they were last heard of, and why others wait."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from scriptune.executors.base import KnowsContact
from scriptune.messages import Message
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.storage.base import Transaction

__all__ = ["Waits", "note_contact"]


def note_contact(job: RunningJob, now: datetime) -> None:
    """Store when running attempts were last heard of, and the places of those that had none yet.

    An executor that reaches its attempts at any time hears of them now.
    """
    executor = job.executor
    if not isinstance(executor, KnowsContact):
        job.later(lambda tx: tx.note_contact(job.id, now), urgent=False)
    for run in job.running.values():
        if isinstance(executor, KnowsContact) and (at := executor.contact_at(run.handle)) is not None:
            job.later(partial(_note_contact, job.id, run, at), urgent=False)
        if not run.placed and (place := executor.place(run.handle)):
            run.placed = place
            job.later(partial(_note_place, job.id, run, place), urgent=False)


class Waits:
    """Stores why the waiting trials of a job wait, whenever that changes.

    Args:
        job: The job.
    """

    def __init__(self, job: RunningJob) -> None:
        self._job = job
        self._stored: dict[tuple[int, int], str] = {}

    def note(self, notice: str) -> None:
        """Store the reason of all waiting attempts.

        Args:
            notice: Why the executor cannot start one now, or "".
        """
        if not self._job.waiting:
            self._stored.clear()
            return
        why, job = notice or self._limit(), self._job
        before, self._stored = self._stored, {(one.number, one.attempt): why for one in job.waiting}
        for number, attempt in self._stored:
            if before.get((number, attempt)) != why:
                job.later(partial(_note_reason, job.id, number, why), urgent=False)

    def _limit(self) -> Message:
        """Which limit keeps attempts waiting that the executor would start."""
        job = self._job
        if len(job.running) >= job.spec.run.parallel:
            return Message("trial.waits_for_parallel", parallel=job.spec.run.parallel)
        return Message("trial.waits_to_start" if job.limit.room(1) else "trial.waits_for_others")


def _note_contact(job_id: str, run: RunningAttempt, at: datetime, tx: Transaction) -> None:
    tx.update_attempt(job_id, run.number, run.attempt, contact_at=at)
    tx.update_trial(job_id, run.number, contact_at=at)


def _note_place(job_id: str, run: RunningAttempt, place: str, tx: Transaction) -> None:
    tx.update_attempt(job_id, run.number, run.attempt, placed=place)
    tx.update_trial(job_id, run.number, place=place)


def _note_reason(job_id: str, number: int, why: str, tx: Transaction) -> None:
    tx.update_trial(job_id, number, waits=why)
