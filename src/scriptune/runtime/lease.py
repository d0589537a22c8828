"""Identities of processes, and whether their leases are still valid.

An owner's name says which process it is: ``host:boot:namespace:pid:start:nonce``. A lease that has not run
out yet is void all the same when its owner is a process of this machine that exists no more. That is what
lets a search continue at once after ``kill -9`` instead of waiting for the lease to run out.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

from scriptune.core.job import SearchJob
from scriptune.executors.local.processes import boot_id, read_process

__all__ = ["is_dead", "is_worked_on", "lease_fields", "this_process"]


def _start_ticks(pid: int) -> str | None:
    process = read_process(pid)
    # A zombie has ended: nothing of it can write any more.
    return str(process.start_ticks) if process is not None and process.is_running else None


def _machine() -> str:
    """Host, boot and process namespace: pids are comparable only within the same triple."""
    namespace = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    return f"{os.uname().nodename.replace(':', '-')}:{boot_id()[:8]}:{namespace}"


def this_process() -> str:
    """A globally unique owner name for this process; new at every call."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{_start_ticks(pid)}:{os.urandom(4).hex()}"


def is_dead(owner: str) -> bool:
    """Whether an owner was a process of this machine that has ended. False if unknown."""
    parts = owner.split(":")
    if len(parts) != 6 or not parts[3].isdigit():
        return False
    try:
        here = _machine().split(":")
        if parts[0] != here[0]:
            return False
        if parts[1] != here[1]:
            return True  # this host has been booted since
        return parts[2] == here[2] and _start_ticks(int(parts[3])) != parts[4]
    except OSError:  # no descriptor is left, say; to take its jobs over would run them twice
        return False


def is_worked_on(job: SearchJob, now: datetime) -> bool:
    """Whether a live process holds the job's lease."""
    if job.lease_owner is None or job.lease_until is None:
        return False
    return job.lease_until > now and not is_dead(job.lease_owner)


def lease_fields(owner: str, now: datetime, ttl_s: float) -> dict[str, Any]:
    """The job fields that store the holder of its lease."""
    return {"lease_owner": owner, "lease_until": now + timedelta(seconds=ttl_s)}
