"""LocalExecutor: runs attempts as processes of this machine.

It starts launchers and reads what they leave in the attempt folder; it holds nothing that a restart would
miss. A running launcher is held by a pidfd, which cannot come to mean another process and becomes readable
when it ends: that is what `LocalExecutor.wait` sleeps on.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import secrets
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from scriptune.core.trial import ExitReason, ExitStatus
from scriptune.errors import ExecutorError
from scriptune.executors.base import Handle, LaunchSpec, Node
from scriptune.executors.device_locks import DeviceLocks
from scriptune.executors.folder import (
    ASIDE,
    CLAIM,
    COMMAND,
    EXIT,
    LIMITS,
    LOG,
    MARKER,
    WORK,
    read_command,
    read_json,
    take_claim,
    write_json,
)
from scriptune.executors.handover import KEY, command_document, difference
from scriptune.executors.local.exit_record import (
    drop_draft,
    end_document,
    exit_status,
    is_taken,
    last_change,
    noted_end,
    own_exit,
    read_claim,
    whole_number,
    write_exit,
)
from scriptune.executors.local.forkserver import ForkServer
from scriptune.executors.local.news import News
from scriptune.executors.local.pidfds import Pidfds
from scriptune.executors.local.processes import leftovers, process_table, read_process, signal_processes
from scriptune.executors.slots import Allocation, Slots
from scriptune.messages import Message
from scriptune.regular_files import NotRegularFileError, is_absent, open_folder

__all__ = ["LocalExecutor"]

_log = logging.getLogger(__name__)

_SWEEP_ROUNDS = 40  # times 5 ms: killed processes are gone in less, unless they sleep in the kernel
_SWEEP_PAUSE_S = 0.005
_LOOK_S = 0.1  # how long output may lie unnoticed; an end is noticed at once
_STUCK_S = 30.0  # a cancelled launcher that is this late beyond its grace period is stopped or stuck itself


class LocalExecutor:
    """Runs attempts on this machine, see `Executor`. Safe to use from several threads.

    Args:
        cpus: Processor slots; None: the processors that this process may use.
        gpu_ids: Devices; None: look for them when a launch spec asks for one, see `find_devices`.
    """

    def __init__(self, *, cpus: int | None = None, gpu_ids: Sequence[str] | None = None) -> None:
        self._slots = Slots(len(os.sched_getaffinity(0)) if cpus is None else cpus, gpu_ids, DeviceLocks())
        self._server = ForkServer()
        self._lock = threading.RLock()
        self._launchers = Pidfds()
        self._news = News(self._launchers.holds)
        self._cancelled_at: dict[str, float] = {}
        self._unreadable: dict[str, str] = {}  # folder -> why it could not be read the last time

    def seen_folder(self, key: str, folder: Path) -> PurePosixPath:  # noqa: ARG002 - others need it
        return PurePosixPath(folder)

    def check(self, launch_spec: LaunchSpec) -> None:
        if not launch_spec.argv:
            raise ExecutorError(Message("command.empty"))
        with self._lock:
            self._slots.check(launch_spec)

    def room(self, launch_spec: LaunchSpec, wanted: int) -> int:
        with self._lock:
            return self._slots.room(launch_spec, wanted)

    def submit(self, launch_spec: LaunchSpec) -> Handle:
        """Start an attempt; if the launch spec was submitted before, return the existing attempt.

        Raises:
            ExecutorError: No slots, or it could not be started, or what is in its place must end first; nothing of
                it is left running.
        """
        self.check(launch_spec)
        key = str(launch_spec.folder)
        with self._lock, contextlib.ExitStack() as locks:
            try:
                document, held = self._hand_over(launch_spec)
                for fd in held:
                    locks.callback(os.close, fd)
                taken = Allocation.from_json(document["slots"])
                self._slots.allocate(key, taken)
                data = {"slots": taken.to_json(), "grace_s": launch_spec.grace_s, KEY: document["env"].get(MARKER)}
                if not is_taken(launch_spec.folder / CLAIM):
                    data |= self._launch(launch_spec.folder, held)
                self._follow(Handle(launch_spec.folder, data))
            except ExecutorError:
                self._slots.release(key)
                raise
            except OSError as err:
                self._slots.release(key)
                raise ExecutorError(
                    Message("attempt.folder_unusable", folder=key, why=err.strerror or err),
                    hint=Message("attempt.make_room"),
                ) from err
        return Handle(launch_spec.folder, data, _set_aside_before(launch_spec.folder))

    def adopt(self, handle: Handle) -> None:
        with self._lock:
            try:
                has_ended = self._launchers.of(handle) is None and own_exit(handle.folder) is not None
            except OSError:
                has_ended = False  # no one knows; `poll` frees them once it is known
            if not has_ended:
                self._slots.allocate(str(handle.folder), Allocation.from_json(handle.data.get("slots", {})))
            self._news.follow(handle.folder)

    def poll(self, handle: Handle) -> ExitStatus | None:
        """Return how the attempt ended, or None while it runs; see `Executor.poll`.

        None too while its folder cannot be read: no descriptor is left, say, or a network file system is away.
        """
        key = str(handle.folder)
        with self._lock:
            try:
                status = self._look(handle)
            except OSError as err:
                if self._unreadable.get(key) != str(err):
                    self._unreadable[key] = str(err)
                    _log.warning("the attempt folder %r cannot be read now; trying again: %s", key, err)
                return None
            self._unreadable.pop(key, None)
            if status is not None:
                self._forget(key)
            return status

    def _look(self, handle: Handle) -> ExitStatus | None:
        # While the launcher lives, the program may too: an exit.json that is there before its end may be its own.
        if self._launchers.of(handle) is not None:
            self._end_stuck(handle)
            return None
        # The launcher writes before it ends, so what it wrote is there now if it ever will be.
        return own_exit(handle.folder) or self._finalize_lost(handle)

    def cancel(self, handle: Handle) -> None:
        """Request termination; an attempt that has not started yet never will.

        Raises:
            OSError: The attempt cannot be examined now; ask again.
        """
        with self._lock:
            if self._launchers.of(handle) is not None:
                key = str(handle.folder)
                self._cancelled_at.setdefault(key, time.monotonic())
                self._launchers.signal(key, signal.SIGTERM)
                return
            if own_exit(handle.folder) is not None:
                return
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # no folder: nothing can start there
                if self._claim_for_nobody(handle.folder) or read_claim(handle.folder).get("pid") == 0:
                    write_exit(handle.folder, end_document(ExitReason.CANCELLED, Message("attempt.cancelled")))

    def change_timeout(self, handle: Handle, timeout_s: float | None) -> None:
        """Leave the limit in the attempt folder and wake the launcher, which reads it again whenever it wakes.

        Raises:
            OSError: The folder cannot be written now; ask again.
        """
        with self._lock:
            if self._launchers.of(handle) is None:
                return
            path = str(handle.folder / LIMITS)
            limits = {"timeout_s": timeout_s}
            if read_json(path) == limits:
                return
            write_json(path, limits)
            # As if a child had ended: launchers of every version wake up by it, and look for themselves.
            self._launchers.signal(str(handle.folder), signal.SIGCHLD)

    def wait(self, timeout_s: float) -> frozenset[Path]:
        """Wait for news of the attempts that were submitted or adopted and not polled to their end.

        Launchers are held in one epoll, so an end wakes at once; the size of each log is read once per call, or
        every 0.1 s of a longer one.
        """
        until = time.monotonic() + timeout_s
        pause = 0.0  # what has ended before this call is not waited for
        while True:
            ended = self._launchers.sleep(pause)
            left = until - time.monotonic()
            with self._lock:
                news = self._news.since_last(ended, again=left <= 0)
            if news or left <= 0:
                return news
            pause = min(left, _LOOK_S)

    def why(self, launch_spec: LaunchSpec) -> str:
        return "" if self.room(launch_spec, 1) else Message("slots.waiting")

    def place(self, handle: Handle) -> str:
        devices = Allocation.from_json(handle.data.get("slots", {})).devices
        machine = socket.gethostname()
        return Message("slots.place", machine=machine, devices=list(devices)) if devices else machine

    def nodes(self) -> Sequence[Node]:
        """This machine, see `KnowsNodes`."""
        with self._lock:
            return [replace(self._slots.node(), name=socket.gethostname(), contact_at=datetime.now(UTC))]

    def close(self) -> None:
        with self._lock:
            self._launchers.close_all()
            self._server.close()

    def _hand_over(self, launch_spec: LaunchSpec) -> tuple[dict[str, Any], list[int]]:
        """Fill the attempt folder; returns the content of ``command.json`` and descriptors that hold the devices.

        That file is written last: where it exists, a launcher may be at work, and nothing is touched again. A folder
        that holds another command is set aside, and so is one in which something was started by a command that
        cannot be read.
        """
        document = read_command(launch_spec.folder)
        if document is not None or any(is_taken(launch_spec.folder / name) for name in (CLAIM, LOG, EXIT)):
            differs = difference(document, launch_spec)
            if document is not None and not differs:
                held = self._devices_of(launch_spec.folder, document)
                if held is not None:
                    return document, held
            else:
                self._set_aside(launch_spec.folder, differs)
        taken, held = self._slots.take(launch_spec)
        try:
            return self._fill(launch_spec, taken), held
        except BaseException:
            for fd in held:
                os.close(fd)
            raise

    def _devices_of(self, folder: Path, document: Mapping[str, Any]) -> list[int] | None:
        """Lock the devices of a launch spec that was handed over before; empty if it already has a launcher.

        None if another process has taken the devices meanwhile. The hand-over is then undone, and other devices can be
        allocated.
        """
        if is_taken(folder / CLAIM):
            return []
        held = self._slots.lock(Allocation.from_json(document["slots"]))
        if held is not None:
            return held
        if not self._claim_for_nobody(folder):
            return []  # its own launcher has them: one that an earlier process had asked for
        # Under another name first: a launcher that comes late finds the claim, wherever the folder is by then.
        taken_back = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
        folder.rename(taken_back)
        shutil.rmtree(taken_back, ignore_errors=True)
        return None

    def _fill(self, launch_spec: LaunchSpec, taken: Allocation) -> dict[str, Any]:
        work = launch_spec.folder / WORK
        work.mkdir(parents=True, exist_ok=True)
        for name, text in launch_spec.files.items():
            target = work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        env = {**launch_spec.env, **_device_env(launch_spec, taken), MARKER: secrets.token_hex(8)}
        document = command_document(launch_spec, env, taken.to_json())
        write_json(str(launch_spec.folder / COMMAND), document)
        return document

    def _set_aside(self, folder: Path, why: str) -> None:
        """Rename a folder that belongs to another command, once no process runs in it.

        Raises:
            ExecutorError: Something does; it was asked to end.
            OSError: It cannot be renamed.
        """
        handle = Handle(folder)
        if self.poll(handle) is None:
            self.cancel(handle)
            if self.poll(handle) is None:
                raise ExecutorError(
                    Message("attempt.folder_of_another", folder=str(folder), why=why),
                    hint=Message("attempt.waiting_for_its_end"),
                )
        target = next(path for path in _asides(folder) if not path.exists())
        folder.rename(target)
        _log.warning(
            "attempt folder %s was set aside as %s: %s. The database is older than the folder, or was restored.",
            folder,
            target.name,
            why,
        )

    def _launch(self, folder: Path, locks: Sequence[int]) -> dict[str, Any]:
        """Start a launcher, which takes over the devices; returns its identity for the handle."""
        pid = self._server.launch(folder, locks) if locks else self._server.launch(folder)
        process = read_process(pid)
        ticks = process.start_ticks if process else 0
        self._launchers.hold(str(folder), pid, ticks)
        return {"pid": pid, "start_ticks": ticks, "boot_id": self._launchers.boot_id}

    def _finalize_lost(self, handle: Handle) -> ExitStatus | None:
        """Settle an attempt without launcher and ``exit.json``; None if its processes are still ending.

        Raises:
            OSError: It cannot be examined now.
        """
        folder = handle.folder
        try:
            os.close(open_folder(folder))
        except NotRegularFileError as err:
            return _lost(Message("attempt.folder_replaced", folder=str(folder), found=err.found))
        except OSError as err:
            if not is_absent(err):
                raise
            return _lost(Message("attempt.folder_gone", folder=str(folder)))
        if not is_taken(folder / CLAIM):
            try:
                if not self._claim_for_nobody(folder):
                    return None  # a launcher was quicker
            except FileNotFoundError:
                return ExitStatus(ExitReason.LOST, message=Message("attempt.folder_gone", folder=str(folder)))
            except OSError as err:
                if err.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                return _lost(Message("attempt.disk_full", why=err.strerror))
            return self._settle(folder, Message("attempt.launcher_ended"))
        claim = read_claim(folder) or handle.data
        pid = whole_number(claim.get("pid"))
        noted = noted_end(folder, pid)
        if claim.get("boot_id") != self._launchers.boot_id:
            return self._settle(folder, Message("attempt.machine_restarted"), noted)
        if not _sweep(folder, pid):
            return None
        return self._settle(folder, Message("attempt.launcher_killed"), noted)

    def _settle(self, folder: Path, why_lost: str, noted: dict[str, Any] | None = None) -> ExitStatus:
        """Write ``exit.json`` on behalf of a launcher that is gone, so that all readers agree from now on.

        Args:
            folder: The attempt folder.
            why_lost: What to say of an attempt whose program was not seen to end.
            noted: What the launcher had noted when the program ended.
        """
        document = noted or end_document(ExitReason.LOST, why_lost, last_change(folder / LOG))
        with contextlib.suppress(OSError):  # a full disk: the next reader comes to the same conclusion
            write_exit(folder, document)
            drop_draft(folder)
        return exit_status(document)

    def _claim_for_nobody(self, folder: Path) -> bool:
        """Claim an attempt so that no launcher ever runs it; False if a launcher has claimed it."""
        return take_claim(str(folder), {"pid": 0, "start_ticks": 0, "boot_id": self._launchers.boot_id})

    def _end_stuck(self, handle: Handle) -> None:
        """Kill a launcher that does not react to a cancel (stopped, say); `_finalize_lost` does the rest."""
        key = str(handle.folder)
        since = self._cancelled_at.get(key)
        if since is not None and time.monotonic() - since > float(handle.data.get("grace_s", 0.0)) + _STUCK_S:
            self._launchers.signal(key, signal.SIGKILL)

    def _follow(self, handle: Handle) -> None:
        """Notice what an attempt prints, and its end."""
        with contextlib.suppress(OSError):  # it cannot be examined now: `poll` finds out
            if not self._launchers.holds(str(handle.folder)):
                self._launchers.of(handle)
        self._news.follow(handle.folder)

    def _forget(self, key: str) -> None:
        self._slots.release(key)
        self._news.forget(key)
        self._cancelled_at.pop(key, None)
        self._launchers.close(key)


def _lost(why: str) -> ExitStatus:
    """The exit status of an attempt whose folder cannot be written."""
    return exit_status(end_document(ExitReason.LOST, why))


def _asides(folder: Path) -> Iterator[Path]:
    """The names for folders that are set aside, in order."""
    return (folder.with_name(f"{folder.name}{ASIDE}{'' if n == 1 else n}") for n in itertools.count(1))


def _set_aside_before(folder: Path) -> tuple[Path, ...]:
    """The folders set aside for this one, including by a process that was killed before it could report it."""
    return tuple(itertools.takewhile(Path.exists, _asides(folder)))


def _sweep(folder: Path, session: int) -> bool:
    """Kill the processes of a lost launcher; False if some are still alive after 0.2 s.

    Raises:
        OSError: Processes cannot be examined now.
    """
    try:
        key = (read_command(folder) or {}).get("env", {}).get(MARKER)
    except AttributeError:
        key = None  # the program has changed its own command.json; its session tells too
    marker = f"{MARKER}={key or '?'}".encode("utf-8", "surrogateescape")
    try:
        status = os.lstat(folder / LOG)
        log = (status.st_dev, status.st_ino)
    except OSError as err:
        if not is_absent(err):
            raise
        log = None
    for _ in range(_SWEEP_ROUNDS):
        rest = leftovers(marker, session, log, process_table())
        if not rest:
            return True
        signal_processes(rest, signal.SIGKILL)
        time.sleep(_SWEEP_PAUSE_S)
    return False


def _device_env(launch_spec: LaunchSpec, taken: Allocation) -> dict[str, str]:
    """Environment changes that show a trial its devices only; without devices it sees all that scriptune sees."""
    devices = list(taken.devices) or list(launch_spec.gpu_ids)
    if not devices:
        return {}
    env = {"CUDA_VISIBLE_DEVICES": ",".join(devices)}
    if "CUDA_DEVICE_ORDER" not in os.environ and "CUDA_DEVICE_ORDER" not in launch_spec.env:
        env["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # CUDA's own order is by speed; nvidia-smi's numbers are by bus
    return env
