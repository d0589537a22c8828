"""Processes in ``/proc``: their identity, their descendants, and how to end them reliably.

Linux ``/proc`` and the standard library only, since the launcher loads this module.

A pid alone names nothing for long: numbers are used again. A process is therefore named by its pid, the
tick of its start and the boot it belongs to.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from scriptune.regular_files import is_absent

__all__ = [
    "Process",
    "boot_id",
    "descendants",
    "leftovers",
    "process_table",
    "read_process",
    "signal_processes",
]


class Process(NamedTuple):
    """One row of the process table; ``start_ticks`` counts clock ticks since boot."""

    pid: int
    state: str
    parent: int
    group: int
    session: int
    start_ticks: int

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended; a zombie has ended."""
        return self.state not in "ZX"


@cache
def boot_id() -> str:
    """A string that changes with every boot of the machine; empty if the kernel does not provide one.

    Raises:
        OSError: It cannot be read now. That must not be taken for another boot.
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError as err:
        if is_absent(err):
            return ""
        raise


def read_process(pid: int) -> Process | None:
    """Look up one process, zombies included; None if the pid does not exist.

    Raises:
        OSError: It cannot be looked up now: no descriptor is left, say. That must not be taken for its end.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OverflowError:
        return None
    except OSError as err:
        if is_absent(err) or err.errno == errno.ESRCH:  # gone before or while we looked
            return None
        raise
    # The name in brackets is the program's to choose and may hold blanks and brackets: cut at the last one.
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) < 20:
        return None
    return Process(pid, fields[0].decode(), int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]))


def process_table() -> list[Process]:
    """All processes of the machine that are visible to this one.

    Raises:
        OSError: It cannot be read now.
    """
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return [process for process in map(_read_visible, pids) if process is not None]


def _read_visible(pid: int) -> Process | None:
    try:
        return read_process(pid)
    except PermissionError:  # other users' processes may be hidden
        return None


def descendants(root: int, table: Iterable[Process]) -> list[Process]:
    """All descendants of a process, zombies included, without the process itself."""
    children: dict[int, list[Process]] = {}
    for process in table:
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    parents = [root]
    while parents:
        offspring = children.pop(parents.pop(), [])
        found += offspring
        parents += [child.pid for child in offspring]
    return found


def leftovers(marker: bytes, session: int, log: tuple[int, int] | None, table: Iterable[Process]) -> list[Process]:
    """The running processes of an attempt whose launcher has ended.

    A process belongs to the attempt when its environment holds the marker; or when it is in the launcher's
    session and writes to the attempt's log, which finds programs that overwrite their environment (as
    ``setproctitle`` does) and spares an unrelated process that was given the session's number; or when it descends from
    one of these.

    Args:
        marker: ``NAME=value`` as in the environment.
        session: Session of the launcher.
        log: Device and inode of the log; None when it does not exist.
        table: All processes.

    Raises:
        OSError: A process cannot be examined now, so no one knows whether it belongs to the attempt.
    """
    table = list(table)
    own = {os.getpid(), os.getppid()}
    found: dict[int, Process] = {}
    for process in table:
        if process.pid in own or not process.is_running:
            continue
        if _has_marker(process.pid, marker) or (process.session == session and _writes_to(process.pid, log)):
            found[process.pid] = process
    for process in list(found.values()):
        below = descendants(process.pid, table)
        found.update({child.pid: child for child in below if child.is_running and child.pid not in own})
    return list(found.values())


def _has_marker(pid: int, marker: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return marker in file.read().split(b"\0")
    except OSError as err:
        if _is_not_ours(err):
            return False
        raise


def _is_not_ours(err: OSError) -> bool:
    """Whether an error means that a process has ended or belongs to another user."""
    return is_absent(err) or err.errno in (errno.ESRCH, errno.EACCES, errno.EPERM)


def _writes_to(pid: int, log: tuple[int, int] | None) -> bool:
    for number in (1, 2):
        try:
            stat = os.stat(f"/proc/{pid}/fd/{number}")
        except OSError as err:
            if _is_not_ours(err):
                continue
            raise
        if (stat.st_dev, stat.st_ino) == log:
            return True
    return False


def signal_processes(processes: Iterable[Process], signum: int) -> None:
    """Send a signal to each process once, to whole groups where possible.

    A signal to a group is one act of the kernel, so a process that forks faster than we read the table
    cannot slip through: each process of such a chain has ended when we come to it, but until its parent has
    waited for it the zombie still names the group in which its children live, and no other process can be given
    that number. The processes must be all members of their groups but this process: groups do not cross
    sessions, so this holds for everything that a launcher started. This process's own group is never signalled as
    a whole.
    """
    own_group = os.getpgrp()
    processes = list(processes)
    for group in {process.group for process in processes} - {own_group, 0}:
        _send(os.killpg, group, signum)
    for process in processes:
        if process.group in (own_group, 0):
            _send(os.kill, process.pid, signum)


def _send(send: Callable[[int, int], None], target: int, signum: int) -> None:
    try:
        send(target, signum)
        if signum == signal.SIGTERM:
            send(target, signal.SIGCONT)  # a stopped process hears nothing else
    except (ProcessLookupError, PermissionError):
        pass  # gone meanwhile, or it changed its user: nothing that we could do
