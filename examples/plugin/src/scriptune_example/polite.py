"""PoliteExecutor: trials on this machine that start only while it is not busy with something else."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

from scriptune.executors.base import LaunchSpec
from scriptune.executors.local.executor import LocalExecutor
from scriptune.plugins.options import option

__all__ = ["PoliteExecutor", "PoliteOptions"]


@dataclass(frozen=True)
class PoliteOptions:
    """Options of `polite`."""

    max_load: float | None = option(None, "Trials start while the machine's load is below this; unset: always.", low=0)


class PoliteExecutor(LocalExecutor):
    """Processes on this machine that start only while its load average is below `max_load`.

    An executor for other machines would implement the methods of `scriptune.executors.base.Executor` itself. This one
    changes two of them: how much room there is, and why there is none.
    """

    options_class = PoliteOptions

    def __init__(
        self, max_load: float | None = None, *, cpus: int | None = None, gpu_ids: Sequence[str] | None = None
    ) -> None:
        super().__init__(cpus=cpus, gpu_ids=gpu_ids)
        self._max_load = math.inf if max_load is None else max_load

    def room(self, launch_spec: LaunchSpec, wanted: int) -> int:
        """As many as there are slots for, and as many busy processes as there is load left for."""
        left = max(0.0, self._max_load - os.getloadavg()[0])
        return super().room(launch_spec, math.ceil(min(wanted, left)))

    def why(self, launch_spec: LaunchSpec) -> str:
        """Say what the load is, and below which trials start."""
        load = os.getloadavg()[0]  # processes that ran or waited for the disk, averaged over the last minute
        if load < self._max_load:
            return super().why(launch_spec)
        return f"The load of this machine is {load:.1f}; trials start below {self._max_load:.1f}."
