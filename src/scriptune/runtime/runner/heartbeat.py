"""Renews a job's lease and counts its running time while its runner lives."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from scriptune.runtime.runner.contact import note_contact
from scriptune.runtime.runner.running_job import RunningJob

__all__ = ["Heartbeat"]

_RENEWALS_PER_TTL = 4  # a lease survives three missed heartbeats
_CONTACT_EVERY_S = 30.0  # how old the time of the last contact may be: ten thousand rows are not changed at every beat


class Heartbeat:
    """Renews the lease of a job and counts its running time.

    Args:
        job: The job.
        since: When this process took it over.
    """

    def __init__(self, job: RunningJob, since: datetime) -> None:
        self._job = job
        self._last = since
        self._contact = since

    def beat(self, now: datetime) -> None:
        """Renew the lease once part of it has passed; `RunningJob.transaction` finds out whether it is still ours."""
        job = self._job
        if (now - self._last).total_seconds() < job.settings.lease_ttl_s / _RENEWALS_PER_TTL:
            return
        self.count(now, lease_until=now + timedelta(seconds=job.settings.lease_ttl_s))
        if job.running and not 0 <= (now - self._contact).total_seconds() < _CONTACT_EVERY_S:
            self._contact = now
            note_contact(job, now)

    def count(self, now: datetime, **changes: Any) -> None:
        """Add the time since the last beat to the total that counts against ``job_timeout``, with the next transaction.

        Args:
            now: The time.
            **changes: Other changes of the job, see `Transaction.update_job`.
        """
        job, active_s = self._job, self.active_s(now)
        job.later(lambda tx: tx.update_job(job.id, active_s=active_s, **changes))
        job.record = replace(job.record, active_s=active_s)
        self._last = now

    def active_s(self, now: datetime) -> float:
        """Seconds that the job has been running, in all processes."""
        return self._job.record.active_s + max(0.0, (now - self._last).total_seconds())
