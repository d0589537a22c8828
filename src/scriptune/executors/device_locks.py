"""Locks on GPUs: each is allocated only once, whatever a user runs on this machine and from any home.

Who holds a device must hold it as long as its program runs, also when the engine and even the launcher are killed.
So the lock belongs to an open file, which the engine hands to the launcher and the launcher to the program: it ends
with the last process that has the file open, and never has to be cleaned up.

A share of a device is a part of the lock's range. Locks of open file descriptions (``F_OFD_SETLK``) are per range,
and, unlike those of processes, survive a fork and a close elsewhere.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import shutil
import stat
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

__all__ = ["RUNTIME_DIR", "UNITS", "DeviceLocks", "lock_folders"]

UNITS = 1_000_000
"""A whole device."""

RUNTIME_DIR = "SCRIPTUNE_RUNTIME_DIR"
"""Environment variable that names another folder for the locks."""

_log = logging.getLogger(__name__)

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FLOCK = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, length, pid
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.EINTR, errno.EAGAIN)
_NVIDIA_SMI_S = 30.0


class DeviceLocks:
    """The device locks of one user on this machine.

    Args:
        folders: Where the lock files are; None: see `lock_folders`. A device is locked in all of them, since not every
            process of a user sees each: a session's runtime folder is gone after the session.
    """

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self._folders = folders
        self._uuids: dict[str, str] | None = None

    def used(self, device: str) -> int:
        """How many of a device's `UNITS` are locked by any process.

        Raises:
            OSError: This cannot be determined now.
        """
        most = 0
        for fd in self._open(device):
            try:
                most = max(most, UNITS - sum(end - start for start, end in _free_ranges(fd, 0, UNITS)))
            finally:
                os.close(fd)
        return most

    def acquire(self, shares: Mapping[str, int]) -> list[int] | None:
        """Lock parts of devices; returns descriptors that hold the locks until the last copy is closed.

        Args:
            shares: Device -> units.

        Returns:
            None when another process was quicker.

        Raises:
            OSError: It cannot be done now; nothing is locked.
        """
        held: list[int] = []
        try:
            for device, units in shares.items():
                for fd in self._open(device):
                    held.append(fd)
                    if not _lock(fd, units):
                        _close_all(held)
                        return None
        except BaseException:
            _close_all(held)
            raise
        return held

    def _open(self, device: str) -> Iterator[int]:
        """Open the device's lock files one after the other; the caller closes them."""
        if self._folders is None:
            self._folders = lock_folders()
        name = f"device-{self._canonical(device).replace('/', '-')}.lock"
        for folder in self._folders:
            yield os.open(folder / name, _FLAGS, 0o600)

    def _canonical(self, device: str) -> str:
        """A canonical name of a device, which may be given as a number or as a UUID."""
        if self._uuids is None:
            self._uuids = _uuids_by_index()
        if device in self._uuids:
            return self._uuids[device]
        whole = [uuid for uuid in self._uuids.values() if uuid.startswith(device)]
        return whole[0] if len(whole) == 1 else device


def lock_folders(environ: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """This user's folders for lock files: all that exist and are owned by the user."""
    environ = os.environ if environ is None else environ
    user = os.geteuid()
    if environ.get(RUNTIME_DIR):
        candidates = [Path(environ[RUNTIME_DIR])]
    else:
        sessions = [Path(environ.get("XDG_RUNTIME_DIR", ""), "scriptune"), Path(f"/run/user/{user}/scriptune")]
        # Not the folder of TMPDIR, which differs from process to process.
        candidates = [path for path in sessions if path.is_absolute()] + [Path(f"/tmp/scriptune-{user}")]
    usable = [path for path in dict.fromkeys(candidates) if _is_usable(path, user)]
    if not usable:
        _log.warning(
            "there is not a folder for locks (tried %s): devices are counted in this process only; set %s to a folder "
            "that you alone can write",
            ", ".join(map(str, candidates)),
            RUNTIME_DIR,
        )
    return tuple(usable)


def _is_usable(folder: Path, user: int) -> bool:
    """Whether a folder belongs to the user; creates it if absent, but not its parents.

    Raises:
        OSError: This cannot be determined now.
    """
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        status = os.lstat(folder)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != user or status.st_mode & 0o022:
            return False  # another process's, who could hold our devices forever, or read our names
        fd = os.open(folder / "test.lock", _FLAGS, 0o600)
        try:
            return _lock(fd, 0) or True  # raises where the file system has no such locks
        finally:
            os.close(fd)
    except OSError as err:
        if err.errno in _PASSING:
            raise
        return False


def _free_ranges(fd: int, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of a range that no other process has locked."""
    if start >= end:
        return []
    request = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, end - start, 0)
    kind, _, taken, length, _ = struct.unpack(_FLOCK, fcntl.fcntl(fd, fcntl.F_OFD_GETLK, request))
    if kind == fcntl.F_UNLCK:
        return [(start, end)]
    # It is some lock in the way, not always the first one.
    return _free_ranges(fd, start, taken) + _free_ranges(fd, taken + length if length else end, end)


def _lock(fd: int, units: int) -> bool:
    """Lock that many free units; False if there are not enough."""
    for start, end in _free_ranges(fd, 0, UNITS):
        size = min(end - start, units)
        if size <= 0:
            break
        try:
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, size, 0))
        except (BlockingIOError, PermissionError):
            return False
        units -= size
    return units <= 0


def _close_all(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _uuids_by_index() -> dict[str, str]:
    """The UUIDs of devices by number, as far as nvidia-smi lists them."""
    program = shutil.which("nvidia-smi")
    if program is None or os.environ.get("CUDA_DEVICE_ORDER", "PCI_BUS_ID") != "PCI_BUS_ID":
        return {}
    command = [program, "--query-gpu=index,uuid", "--format=csv,noheader"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=_NVIDIA_SMI_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    pairs = (line.split(",") for line in run.stdout.splitlines() if line.count(",") == 1)
    return {index.strip(): uuid.strip() for index, uuid in pairs if index.strip().isdecimal()}
