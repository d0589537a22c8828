"""The machine that trials run on, for display."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from dataclasses import dataclass

import psutil

from scriptune.errors import ExecutorError
from scriptune.executors.slots import find_devices
from scriptune.settings import Settings
from scriptune.storage.opening import shown_url

__all__ = ["Machine", "look_at_machine"]


@dataclass(frozen=True)
class Machine:
    """Sizes and load of the machine, and where the installation keeps things.

    Attributes:
        python: Version of scriptune's interpreter; programs may use another.
        hostname: Name of the machine.
        home: The folder with the logs and the settings.
        database: URL without the password.
        cpus: Processors that this process may use.
        load_average: Over 1, 5 and 15 minutes.
        memory_bytes, memory_available_bytes: Memory of the machine, and how much of it programs can still get.
        disk_free_bytes: Where the home lies.
        gpus: Devices that trials can be given.
        max_parallel: Most trials at once over all jobs; None: only each job's own limit counts.
    """

    python: str
    hostname: str
    home: str
    database: str
    cpus: int
    load_average: tuple[float, float, float]
    memory_bytes: int
    memory_available_bytes: int
    disk_free_bytes: int
    gpus: tuple[str, ...]
    max_parallel: int | None


def look_at_machine(settings: Settings) -> Machine:
    """Read the current state; a GPU driver that fails counts as no GPU."""
    memory = psutil.virtual_memory()
    try:
        gpus = find_devices()
    except ExecutorError:
        gpus = ()
    return Machine(
        python=platform.python_version(),
        hostname=socket.gethostname(),
        home=str(settings.home),
        database=shown_url(settings.database),
        cpus=len(os.sched_getaffinity(0)),
        load_average=os.getloadavg(),
        memory_bytes=memory.total,
        memory_available_bytes=memory.available,
        disk_free_bytes=shutil.disk_usage(settings.home).free,
        gpus=gpus,
        max_parallel=settings.max_parallel,
    )
