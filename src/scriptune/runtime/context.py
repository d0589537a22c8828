"""The state shared by the verbs and workers of one installation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from scriptune.core.job import ExecutorSpec
from scriptune.executors.base import Executor
from scriptune.settings import Settings
from scriptune.storage.base import Storage

__all__ = ["Context"]


@dataclass
class Context:
    """One installation, as seen by this process.

    Attributes:
        settings: Where things are.
        storage: The database.
        make_executor: Makes an executor from the value of ``run.executor``; a worker shares it among its jobs.
        clock: Gives the aware UTC time.
        owner: Name of this process as a holder of leases.
        is_served: Whether a worker of this process takes every job that no other process runs.
        new_work: Set when there is work for that worker; wakes it if it sleeps for want of jobs.
    """

    settings: Settings
    storage: Storage
    make_executor: Callable[[ExecutorSpec], Executor]
    clock: Callable[[], datetime]
    owner: str
    is_served: bool = False
    new_work: threading.Event = field(default_factory=threading.Event)
