"""Renews a job's lease and counts its running time while its runner lives."""

from __future__ import annotations

from datetime import datetime

from scriptune.runtime.runner.running_job import RunningJob

__all__ = ["Heartbeat"]

_RENEWALS_PER_TTL = 4  # a lease survives three missed heartbeats


class Heartbeat:
    """Renews the lease of a job and counts its running time.

    Args:
        job: The job.
        since: When this process took it over.
    """

    def __init__(self, job: RunningJob, since: datetime) -> None:
        self._job = job
        self._last = since

    def beat(self, now: datetime) -> None:
        """Renew the lease once part of it has passed.

        Raises:
            LeaseLostError: Another process owns the job.
        """
        job = self._job
        if (now - self._last).total_seconds() < job.settings.lease_ttl_s / _RENEWALS_PER_TTL:
            return
        job.storage.renew(job.lease, now=now, ttl_s=job.settings.lease_ttl_s)
        self.save_active_time(now)

    def save_active_time(self, now: datetime) -> None:
        """Add the time since the last beat to the total that counts against ``job_timeout``."""
        with self._job.transaction() as tx:
            self._job.record = tx.update_job(self._job.id, active_s=self.active_s(now))
        self._last = now

    def active_s(self, now: datetime) -> float:
        """Seconds that the job has been running, in all processes."""
        return self._job.record.active_s + max(0.0, (now - self._last).total_seconds())
