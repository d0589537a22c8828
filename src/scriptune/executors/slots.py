"""Slots: how many CPUs and which GPUs each attempt holds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scriptune.errors import ExecutorError
from scriptune.executors.base import LaunchSpec, Node
from scriptune.executors.device_locks import UNITS, DeviceLocks
from scriptune.messages import Message

__all__ = ["Allocation", "Slots", "find_devices", "is_device"]

# The number of a device; its UUID, or the beginning of it; a part of a device as older drivers write it.
_DEVICE = re.compile(r"\d{1,9}|(?:GPU|MIG)-[0-9A-Fa-f][0-9A-Fa-f-]*|MIG-GPU-[0-9A-Fa-f-]+/\d+/\d+", re.ASCII)
_NO_DEVICES = {"-1", "nodevfiles", "none", "void"}  # what CUDA_VISIBLE_DEVICES holds to hide devices
_MAX_QUOTED = 300
_MAX_CHOICES = 8  # each is lost to a process that has started something
_NVIDIA_SMI_S = 30.0  # the driver's first call of the day can take ten seconds


@dataclass(frozen=True)
class Allocation:
    """CPUs and GPUs allocated to one attempt.

    Attributes:
        cpus: Processors.
        devices: Device -> share of it in (0, 1].
    """

    cpus: int = 0
    devices: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"cpus": self.cpus, "devices": dict(self.devices)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Allocation:
        """Restore an allocation from `to_json`; unknown or missing parts count as nothing."""
        return cls(int(data.get("cpus", 0)), {str(k): float(v) for k, v in data.get("devices", {}).items()})


class Slots:
    """Allocates the machine's CPUs and GPUs to attempts.

    Args:
        cpus: How many processors there are to give.
        devices: Names of the devices; None: look for them when the first launch spec asks for one.
        locks: What other processes hold, and how they are told what we hold; None: there are no others.
    """

    def __init__(self, cpus: int, devices: Sequence[str] | None = None, locks: DeviceLocks | None = None) -> None:
        self._cpus = cpus
        self._locks = locks
        self._found = None if devices is None else tuple(devices)
        self._taken: dict[str, Allocation] = {}

    def check(self, launch_spec: LaunchSpec) -> None:
        """Reject a launch spec that can never fit.

        Raises:
            ExecutorError: With what is there and what was asked for.
        """
        if launch_spec.cpus is not None and launch_spec.cpus > self._cpus:
            raise ExecutorError(Message("slots.too_many_cpus", cpus=launch_spec.cpus, most=self._cpus))
        if not launch_spec.gpus and not launch_spec.gpu_ids:
            return
        devices = self._devices(launch_spec)
        if not devices:
            raise ExecutorError(Message("slots.no_gpu", gpus=launch_spec.gpus, why=_why_none(os.environ)))
        if launch_spec.gpus > 1 and launch_spec.gpus != int(launch_spec.gpus):
            raise ExecutorError(Message("slots.fraction_above_one", gpus=launch_spec.gpus))
        if launch_spec.gpus > len(devices):
            raise ExecutorError(
                Message("slots.too_many_gpus", gpus=launch_spec.gpus, devices=devices, most=len(devices))
            )

    def choose(self, launch_spec: LaunchSpec) -> Allocation | None:
        """The allocation that the launch spec would get now; None if not enough is free."""
        cpus = launch_spec.cpus or 0
        if cpus and cpus > self._free_cpus():
            return None
        if not launch_spec.gpus:
            return Allocation(cpus)
        share = min(launch_spec.gpus, 1.0)
        used = {device: self._used(device) for device in self._devices(launch_spec)}
        free = [device for device, units in used.items() if units + _units(share) <= UNITS]
        # A share goes to the fullest device that has room, which keeps others whole. Ties: as listed.
        free.sort(key=lambda device: -used[device])
        wanted = max(1, int(launch_spec.gpus))
        return Allocation(cpus, dict.fromkeys(free[:wanted], share)) if len(free) >= wanted else None

    def room(self, launch_spec: LaunchSpec, wanted: int) -> int:
        """How many launch specs like this one would get an allocation now, at most ``wanted``."""
        if not launch_spec.gpus:
            if not launch_spec.cpus:
                return max(wanted, 0)
            return min(max(wanted, 0), self._free_cpus() // launch_spec.cpus)
        imagined = Slots(self._cpus, self._devices(launch_spec), self._locks)
        imagined._taken = dict(self._taken)
        for n in range(wanted):
            taken = imagined.choose(launch_spec)
            if taken is None:
                return n
            imagined.allocate(f"\0{n}", taken)
        return max(wanted, 0)

    def allocate(self, key: str, taken: Allocation) -> None:
        """Count an allocation under a key, once even if called again. It may exceed what is free."""
        self._taken[key] = taken

    def take(self, launch_spec: LaunchSpec) -> tuple[Allocation, list[int]]:
        """`choose` and `lock`, repeated with other devices if another process takes the chosen ones in between.

        Raises:
            ExecutorError: None are free.
            OSError: It cannot be done now.
        """
        lost: set[str] = set()
        for _ in range(_MAX_CHOICES):
            taken = self.choose(launch_spec)
            if taken is None:
                break
            held = self.lock(taken)
            if held is not None:
                return taken, held
            lost.update(taken.devices)
        if lost:
            raise ExecutorError(
                Message("slots.device_taken", devices=sorted(lost)),
                hint=Message("slots.starts_later"),
            )
        raise ExecutorError(Message("slots.none_free"), hint=Message("slots.ask_first"))

    def lock(self, taken: Allocation) -> list[int] | None:
        """Lock devices against other processes; returns descriptors that hold the locks until the last copy is closed.

        Returns:
            None when another process was quicker.

        Raises:
            OSError: It cannot be done now.
        """
        if self._locks is None or not taken.devices:
            return []
        return self._locks.acquire({device: _units(share) for device, share in taken.devices.items()})

    def node(self) -> Node:
        """What the machine has and what is free; a GPU driver that fails counts as no GPU."""
        try:
            devices = self._found if self._found is not None else find_devices()
        except ExecutorError:
            devices = ()
        idle = sum(self._used(device) == 0 for device in devices)
        return Node("", self._cpus, self._free_cpus(), len(devices), idle)

    def release(self, key: str) -> None:
        """Release the allocation of a key, if it has one."""
        self._taken.pop(key, None)

    def _free_cpus(self) -> int:
        """Processors that no attempt holds; 0 too while adopted attempts hold more than there are."""
        return max(self._cpus - sum(taken.cpus for taken in self._taken.values()), 0)

    def _used(self, device: str) -> int:
        own = sum(_units(taken.devices.get(device, 0.0)) for taken in self._taken.values())
        return own if self._locks is None else max(own, self._locks.used(device))

    def _devices(self, launch_spec: LaunchSpec) -> tuple[str, ...]:
        if launch_spec.gpu_ids:
            return launch_spec.gpu_ids
        if self._found is None:
            self._found = find_devices()
        return self._found


def _units(share: float) -> int:
    return int(share * UNITS + 1e-6)  # rounded down, but 0.29 * 1e6 is 289999.99999999994


def is_device(name: str) -> bool:
    """Whether a string is a device name: an integer, or a UUID as nvidia-smi prints it."""
    return _DEVICE.fullmatch(name) is not None


def find_devices(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The GPUs available to this process: ``CUDA_VISIBLE_DEVICES`` if set, else what nvidia-smi lists.

    Raises:
        ExecutorError: nvidia-smi is there but fails, or one of the two says what is not a device.
    """
    environ = os.environ if environ is None else environ
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return _visible_devices(visible)
    program = shutil.which("nvidia-smi", path=environ.get("PATH"))
    if program is None:
        return ()
    command = [program, "--query-gpu=index", "--format=csv,noheader"]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_NVIDIA_SMI_S, check=True
        )
    except subprocess.CalledProcessError as err:
        said = (err.stderr or err.stdout).strip()
        raise ExecutorError(Message("slots.nvidia_smi_said", said=said)) from err
    except (OSError, subprocess.TimeoutExpired) as err:
        raise ExecutorError(Message("slots.nvidia_smi_failed", why=err)) from err
    names = [line.strip() for line in run.stdout.splitlines() if line.strip()]
    for name in names:
        if not is_device(name):
            raise ExecutorError(Message("slots.nvidia_smi_odd", name=name[:_MAX_QUOTED]))
    return tuple(dict.fromkeys(names))


def _visible_devices(visible: str) -> tuple[str, ...]:
    """The devices visible to CUDA: the entries before the first invalid one, such as -1."""
    devices: list[str] = []
    for name in (part.strip() for part in visible.split(",")):
        if not name or name.lower() in _NO_DEVICES:
            break
        if not is_device(name):
            raise ExecutorError(
                Message("slots.bad_visible_device", visible=visible[:_MAX_QUOTED], name=name[:_MAX_QUOTED])
            )
        devices.append(name)
    return tuple(dict.fromkeys(devices))


def _why_none(environ: Mapping[str, str]) -> str:
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return Message("slots.why_visible", visible=visible[:_MAX_QUOTED])
    return Message("slots.why_no_nvidia_smi")
