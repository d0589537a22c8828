"""Slots: which attempt holds how many processors and which devices."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scriptune.errors import ExecutorError, counted
from scriptune.executors.base import Order

__all__ = ["Slots", "Taken", "find_devices"]

_UNITS = 1_000_000  # a device in whole parts, so that ten times 0.1 is exactly one and three times 1/3 fits
_NVIDIA_SMI_S = 30.0  # the driver's first call of the day can take ten seconds


@dataclass(frozen=True)
class Taken:
    """What one attempt holds.

    Attributes:
        cpus: Processors.
        devices: Device -> share of it in (0, 1].
    """

    cpus: int = 0
    devices: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"cpus": self.cpus, "devices": dict(self.devices)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Taken:
        """From `to_json`; unknown or missing parts count as nothing."""
        return cls(int(data.get("cpus", 0)), {str(k): float(v) for k, v in data.get("devices", {}).items()})


class Slots:
    """The machine's processors and devices.

    Args:
        cpus: How many processors there are to give.
        devices: Names of the devices; None: look for them when the first order asks for one.
    """

    def __init__(self, cpus: int, devices: Sequence[str] | None = None) -> None:
        self._cpus = cpus
        self._found = None if devices is None else tuple(devices)
        self._taken: dict[str, Taken] = {}

    def check(self, order: Order) -> None:
        """Refuse what will never fit.

        Raises:
            ExecutorError: With what is there and what was asked for.
        """
        if order.cpus is not None and order.cpus > self._cpus:
            raise ExecutorError(
                f"A trial wants {order.cpus} cpus, and this machine gives {self._cpus}; lower 'run.cpus'."
            )
        if not order.gpus and not order.gpu_ids:
            return
        devices = self._devices(order)
        if not devices:
            raise ExecutorError(
                f"A trial wants {counted(order.gpus, 'GPU')}, and none was found: 'nvidia-smi' is not installed or "
                "lists no device. Set 'run.gpus' to 0, or name the devices in 'run.gpu_ids'."
            )
        if order.gpus > 1 and order.gpus != int(order.gpus):
            raise ExecutorError(f"A trial wants {counted(order.gpus, 'GPU')}; take a whole number, or a share below 1.")
        if order.gpus > len(devices):
            raise ExecutorError(
                f"A trial wants {counted(order.gpus, 'GPU')}, and can be given {len(devices)} "
                f"({', '.join(devices)}); lower 'run.gpus'."
            )

    def choose(self, order: Order) -> Taken | None:
        """What the order would get now; None when that is not free."""
        cpus = order.cpus or 0
        if cpus and cpus > self._cpus - sum(taken.cpus for taken in self._taken.values()):
            return None
        if not order.gpus:
            return Taken(cpus)
        share = min(order.gpus, 1.0)
        used = {device: self._used(device) for device in self._devices(order)}
        free = [device for device, units in used.items() if units + _units(share) <= _UNITS]
        # A share goes to the fullest device that has room, which keeps others whole. Ties: as listed.
        free.sort(key=lambda device: -used[device])
        wanted = max(1, int(order.gpus))
        return Taken(cpus, dict.fromkeys(free[:wanted], share)) if len(free) >= wanted else None

    def take(self, key: str, taken: Taken) -> None:
        """Count slots for a key; once, however often it is called. They may be more than are free."""
        self._taken[key] = taken

    def free(self, key: str) -> None:
        """Give the slots of a key back, if it holds any."""
        self._taken.pop(key, None)

    def _used(self, device: str) -> int:
        return sum(_units(taken.devices.get(device, 0.0)) for taken in self._taken.values())

    def _devices(self, order: Order) -> tuple[str, ...]:
        if order.gpu_ids:
            return order.gpu_ids
        if self._found is None:
            self._found = find_devices()
        return self._found


def _units(share: float) -> int:
    return int(share * _UNITS + 1e-6)  # rounded down, but 0.29 * 1e6 is 289999.99999999994


def find_devices(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The GPUs of this machine that we may use: ``CUDA_VISIBLE_DEVICES`` when set, else what nvidia-smi lists.

    Raises:
        ExecutorError: nvidia-smi is there but fails.
    """
    environ = os.environ if environ is None else environ
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return tuple(part.strip() for part in visible.split(",") if part.strip() and part.strip() != "-1")
    program = shutil.which("nvidia-smi", path=environ.get("PATH"))
    if program is None:
        return ()
    command = [program, "--query-gpu=index", "--format=csv,noheader"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=_NVIDIA_SMI_S, check=True)
    except subprocess.CalledProcessError as err:
        said = (err.stderr or err.stdout).strip()
        raise ExecutorError(f"nvidia-smi failed with {said!r}; repair the driver or set 'run.gpu_ids'.") from err
    except (OSError, subprocess.TimeoutExpired) as err:
        raise ExecutorError(f"nvidia-smi failed: {err}; repair the driver or set 'run.gpu_ids'.") from err
    return tuple(line.strip() for line in run.stdout.splitlines() if line.strip())
