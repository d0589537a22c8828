"""Track the launchers of attempts by pidfds, which never refer to another process, and sleep until one ends."""

from __future__ import annotations

import errno
import os
import select
import signal
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from scriptune.executors.base import Handle
from scriptune.executors.local.exit_record import read_claim, whole_number
from scriptune.executors.local.processes import boot_id, read_process

__all__ = ["Pidfds"]


class Pidfds:
    """The pidfds of launchers by attempt folder. Not thread-safe.

    Attributes:
        boot_id: Of this machine's run; process ids of another one mean nothing.
    """

    def __init__(self) -> None:
        self._by_folder: dict[str, int] = {}
        self._epoll = select.epoll()
        self.boot_id = boot_id()

    def sleep(self, seconds: float) -> frozenset[int]:
        """Sleep until a launcher ends, or the time is over; returns the pidfds of those that ended, each only once.

        May be called without the lock that protects everything else.
        """
        return frozenset(fd for fd, _ in self._epoll.poll(max(seconds, 0.0)))

    def holds(self, key: str, ended: Collection[int] = ()) -> bool:
        """Whether a launcher is held and was not seen to end, least of all by `sleep`."""
        pidfd = self._by_folder.get(key)
        # A number in `ended` may mean another launcher by now.
        return pidfd is not None and not (pidfd in ended and _has_ended(pidfd))

    def of(self, handle: Handle) -> int | None:
        """The pidfd of the attempt's launcher, or None if it has ended.

        Raises:
            OSError: This cannot be determined now.
        """
        key = str(handle.folder)
        pidfd = self._by_folder.get(key)
        if pidfd is not None:
            if not _has_ended(pidfd):
                return pidfd
            self.close(key)
        # The claim says who launches it; the handle may name one that came second and left.
        names: Mapping[str, Any] = read_claim(handle.folder) or handle.data
        pid = whole_number(names.get("pid"))
        if pid <= 0 or names.get("boot_id") != self.boot_id:
            return None
        return self.hold(key, pid, whole_number(names.get("start_ticks")))

    def hold(self, key: str, pid: int, start_ticks: int) -> int | None:
        """Open a pidfd and verify that it is the expected process; None if that has ended.

        Raises:
            OSError: This cannot be determined now.
        """
        try:
            pidfd = os.pidfd_open(pid)
        except (ProcessLookupError, OverflowError):
            return None
        except OSError as err:
            if err.errno == errno.EINVAL:  # no number of a process
                return None
            raise
        try:
            process = read_process(pid)
            is_meant = process is not None and process.start_ticks == start_ticks and not _has_ended(pidfd)
        except BaseException:
            os.close(pidfd)
            raise
        if not is_meant:
            os.close(pidfd)
            return None
        self.close(key)
        self._by_folder[key] = pidfd
        self._epoll.register(pidfd, select.EPOLLIN | select.EPOLLONESHOT)
        return pidfd

    def signal(self, key: str, signum: signal.Signals) -> None:
        """Send a signal to a launcher that `of` has just found."""
        with suppress(ProcessLookupError):  # it has just ended on its own
            signal.pidfd_send_signal(self._by_folder[key], signum)

    def close(self, key: str) -> None:
        """Close the pidfd of a launcher; does nothing if it is not held."""
        pidfd = self._by_folder.pop(key, None)
        if pidfd is not None:
            self._epoll.unregister(pidfd)  # a descriptor that some child has inherited keeps it there
            os.close(pidfd)

    def close_all(self) -> None:
        for key in list(self._by_folder):
            self.close(key)


def _has_ended(pidfd: int) -> bool:
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(0))
