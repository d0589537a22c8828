"""The launcher: starts one attempt, enforces its time limits, ends all its processes, writes ``exit.json``.

It outlives the process that asked for it: its own session, no pipe to any process, everything it knows from the attempt
folder. Whatever happens at whatever line, the folder says how far it came:

    no claim                    nothing was started, and nothing will be once another process has the claim
    claim, launcher lives       it runs
    claim, end in the draft     the program ended, and what it left behind is being ended
    claim, exit.json            it ended
    claim, launcher gone        the launcher was killed; what it started must be looked for and ended

Every descendant of the program is also a descendant of the launcher, which adopts orphans: a process that
called ``setsid`` and lost its parent comes here. The attempt is over when no child is left. A program that
ends on its own and leaves processes behind has these ended too, after a moment to leave on their own.

Signals are blocked and waited for with ``sigtimedwait``, so none can fall between a check and a wait.

The attempt folder is opened once and everything in it is named relative to that: it may be moved while we run.

Standard library only, and only what costs nothing to load: this runs once per attempt, see `forkserver`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import stat
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

from scriptune.executors.folder import COMMAND, EXIT, LIMITS, LOG, PreallocatedFile, read_json, take_claim
from scriptune.executors.local.notes import Note, note
from scriptune.executors.local.processes import (
    boot_id,
    descendants,
    process_table,
    read_process,
    signal_processes,
)
from scriptune.executors.local.program import LogReplacedError, Setup, explain, spawn
from scriptune.regular_files import kind_of, open_folder

__all__ = ["SIGNALS", "adopt_orphans", "launch", "warm_up"]

SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Blocked in the launcher from before its birth: a TERM must never end it before it has ended its children."""

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_libc = ctypes.CDLL(None, use_errno=True)

_LOG_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FULL_BYTES = 64 * 1024  # with less room than this on the disk, what a program wrote last may be missing
_MAX_NAMED = 3  # programs in a message
_LINGER_S = 0.25  # leftover helpers (multiprocessing's resource tracker) notice the end of their pipe in milliseconds
_FIRST_PAUSE_S = 0.01  # between two rounds of KILL; a killed process is usually gone in less
_LONGEST_PAUSE_S = 1.0  # a process in uninterruptible sleep can take minutes to die; do not spin on it


class _Attempt:
    """One attempt from the claim to ``exit.json``.

    Args:
        folder: Descriptor of the attempt folder.
        launch_spec: What is in ``command.json``.
        exit_file: Will be ``exit.json``.
        locks: Descriptors that hold devices; the program gets them too, for it may outlive a launcher that is killed.
    """

    def __init__(
        self, folder: int, launch_spec: dict[str, Any], exit_file: PreallocatedFile, locks: Sequence[int] = ()
    ) -> None:
        self._folder = folder
        self._order = launch_spec
        self._exit_file = exit_file
        self._locks = locks
        self._pid = 0
        self._log = -1
        self._reason = "exited"
        self._status: int | None = None  # of the program, as wait() gives it; None while it runs
        self._end: dict[str, Any] = {}  # what was noted at the end of the program
        self._size_at_limit: int | None = None  # of the log, when trial_timeout was reached
        self._size_at_end: int | None = None
        self._notes: list[Note] = []
        self._setup = Setup(launch_spec) if launch_spec.get("setup") else None  # absent before 0.2.0
        self._cancelled = False
        self._started_at = time.time()
        self._started = time.monotonic()
        self._log_size = 0
        self._heard = self._started  # monotonic time of the last output
        self._looked = self._started  # and of our last check of it

    def run(self) -> None:
        """Run the attempt, from starting the program to writing ``exit.json``."""
        ooms = _oom_kills()
        try:
            self._log = self._open_log()
            argv = self._order["argv"] if self._setup is None else self._setup.argv
            self._pid = spawn({**self._order, "argv": argv}, self._log, self._locks)
        except (OSError, ValueError) as err:
            self._notes = [explain(err, self._order)]
            self._finish("launch_error")
            return
        self._reason = self._watch(self._log)
        self._end_all(self._reason)
        self._finish(self._reason, oom=self._status != 0 and _oom_kills() > ooms)

    def _open_log(self) -> int:
        log = os.open(LOG, _LOG_FLAGS, 0o666, dir_fd=self._folder)
        mode = os.fstat(log).st_mode
        if not stat.S_ISREG(mode):
            raise LogReplacedError(kind_of(mode))
        os.set_blocking(log, True)
        return log

    def abandon(self, err: BaseException) -> None:
        """End all processes after an internal error, and record its traceback."""
        self._order["grace_s"] = 0.0
        self._reason = "lost"
        self._end_all("lost")
        trace = "".join(traceback.format_exception(err))
        self._end = {}
        self._notes = [note("launch.failed", trace=trace[-500:])]
        self._finish("lost")

    def _watch(self, log: int) -> str:
        """Wait until the program ends or reaches a limit; returns the reason."""
        while True:
            now = time.monotonic()
            self._listen(log, now)
            timeout_s, idle_timeout_s = self._timeout_s(), self._order["idle_timeout_s"]
            left = [float(3600)]
            if timeout_s is not None:
                left.append(self._started + timeout_s - now)
                if left[-1] <= 0:
                    self._note_limit(note("launch.timeout", seconds=f"{timeout_s:g}"))
                    with suppress(OSError):
                        self._size_at_limit = self._printed_bytes()
                    return "timeout"
            if idle_timeout_s is not None:
                left.append(self._heard + idle_timeout_s - now)
                if left[-1] <= 0:
                    self._note_limit(note("launch.idle_timeout", seconds=f"{idle_timeout_s:g}"))
                    return "idle_timeout"
            self._wait(min(left))
            if self._status is not None:
                return self._reason
            if self._cancelled:
                return "cancelled"

    def _timeout_s(self) -> float | None:
        """The time limit: that of the launch, unless another one was left in the folder since."""
        limit: float | None = self._order["timeout_s"]
        with suppress(OSError):  # it keeps the limit that it has
            changed = read_json(LIMITS, self._folder) or {}
            found = changed.get("timeout_s", limit)
            if found is None or (type(found) in (int, float) and found >= 0):
                self._order["timeout_s"] = limit = found
        return limit

    def _note_limit(self, limit: Note) -> None:
        """Record which limit was reached, and where."""
        self._notes.append(limit)
        if self._setup is not None and (place := self._setup.place):
            self._notes.append(note("launch.in_setup", place=place))

    def _listen(self, log: int, now: float) -> None:
        """Record when the log last grew.

        The file's own time says when, but on a clock that may jump: it counts only within the time since
        we last looked.
        """
        stat = os.fstat(log)
        if stat.st_size != self._log_size:
            ago = time.time() - stat.st_mtime
            self._heard = now - min(max(ago, 0.0), now - self._looked)
            self._log_size = stat.st_size
        self._looked = now

    def _wait(self, seconds: float) -> bool:
        """Sleep until a child ends or a signal arrives, and reap children. True if no child is left."""
        info = signal.sigtimedwait(SIGNALS, max(seconds, 0.0))
        if info is not None and info.si_signo != signal.SIGCHLD:
            self._cancelled = True
        return self._reap()

    def _reap(self) -> bool:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            if pid == self._pid:
                self._status = status
                self._note_end()

    def _note_end(self) -> None:
        """Record immediately that the program has ended, and how much it had printed.

        What it left running may print on, which does not count; nor does what it printed itself once it had reached
        trial_timeout. And should we be killed while we end that, the program must not be run again.
        """
        if self._setup is not None and self._reason == "exited" and (problem := self._setup.problem(self._status)):
            self._notes.append(problem)
            self._reason = "launch_error"
        self._end = {"finished_at": time.time(), "wall_s": time.monotonic() - self._started}
        with suppress(OSError):
            self._size_at_end = self._printed_bytes()
            self._end["log_size"] = self._size_at_end if self._size_at_limit is None else self._size_at_limit
        if self._disk_is_full():
            self._notes.append(note("launch.disk_full"))
        with suppress(OSError):  # the disk failed; `_finish` will meet it again
            self._exit_file.note(self._document(self._reason))

    def _printed_bytes(self) -> int | None:
        """The size of the log; None if the program has replaced it by something else."""
        size = os.fstat(self._log).st_size
        there = os.stat(LOG, dir_fd=self._folder, follow_symlinks=False)
        if stat.S_ISREG(there.st_mode):
            size = there.st_size  # a file of its own, perhaps
        return size if stat.S_ISREG(there.st_mode) else None

    def _disk_is_full(self) -> bool:
        try:
            disk = os.fstatvfs(self._log)
        except OSError:
            return False
        return disk.f_bavail * disk.f_frsize < _FULL_BYTES or (disk.f_files > 0 and disk.f_favail == 0)

    def _end_all(self, reason: str) -> None:
        """Terminate, then kill, until no descendant is left."""
        if reason == "exited":
            if self._reap():
                return
            with suppress(OSError):
                self._exit_file.note(self._document(reason), flush=True)
            if self._is_empty(_LINGER_S):
                return
            self._note_leftovers()
        self._signal(signal.SIGTERM)
        if self._is_empty(self._order["grace_s"]):
            return
        pause = _FIRST_PAUSE_S
        while True:
            self._signal(signal.SIGKILL)
            if self._is_empty(pause):
                return
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _is_empty(self, seconds: float) -> bool:
        """Whether all children end within the given time."""
        until = time.monotonic() + seconds
        empty = self._reap()
        while not empty and (left := until - time.monotonic()) > 0:
            empty = self._wait(left)
        return empty

    def _note_leftovers(self) -> None:
        """Record which processes the program left running: metrics expected from them are missing."""
        try:
            rest = [process for process in descendants(os.getpid(), process_table()) if process.is_running]
        except OSError:
            return
        names = sorted({name for process in rest if (name := _name_of(process.pid))})
        if names:
            shown = ", ".join(map(repr, names[:_MAX_NAMED])) + (", ..." if len(names) > _MAX_NAMED else "")
            self._notes.append(note("launch.left_running", names=shown))

    def _note_late_output(self) -> None:
        with suppress(OSError):
            if self._size_at_end is not None and self._printed_bytes() != self._size_at_end:
                self._notes.append(note("launch.late_output"))

    def _signal(self, signum: int) -> None:
        try:
            signal_processes(descendants(os.getpid(), process_table()), signum)
        except OSError:
            # No descriptor is left on the machine, say. `_end_all` comes back to the rest.
            if self._pid and self._status is None:
                with suppress(OSError):
                    os.killpg(self._pid, signum)

    def _document(self, reason: str, *, oom: bool = False) -> dict[str, Any]:
        usage = getrusage(RUSAGE_CHILDREN)  # of every descendant that was waited for
        code = None if self._status is None else os.waitstatus_to_exitcode(self._status)
        return {
            "reason": reason,
            "exit_code": code if code is not None and code >= 0 else None,
            "signal": -code if code is not None and code < 0 else None,
            "started_at": self._started_at,
            "finished_at": time.time(),
            "wall_s": time.monotonic() - self._started,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "peak_memory_bytes": usage.ru_maxrss * 1024,
            "message": self._notes,
            "oom": oom,
            "log_size": None,
            **self._end,
        }

    def _finish(self, reason: str, *, oom: bool = False) -> None:
        found = self._exit_file.in_the_way
        if found:
            self._notes.append(note("launch.exit_in_the_way", found=note(found)))
        self._note_late_output()
        self._flush()
        self._exit_file.write(self._document(reason, oom=oom))

    def _flush(self) -> None:
        """Flush command and log to the disk before ``exit.json`` refers to them, in case of a power failure."""
        if self._log >= 0:
            with suppress(OSError):
                os.fdatasync(self._log)
        with suppress(OSError):
            command = os.open(COMMAND, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._folder)
            try:
                os.fsync(command)
            finally:
                os.close(command)


def launch(folder: str, locks: Sequence[int] = ()) -> None:
    """Run the launch spec of an attempt folder, unless another process has claimed it.

    For a process of its own, with `SIGNALS` blocked: it becomes the leader of a session and the parent of orphans.

    Args:
        folder: The attempt folder.
        locks: Descriptors that hold the devices of the attempt, see `device_locks`.

    Raises:
        OSError: The folder cannot be written; nothing was started.
    """
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored in the fork server, where it means "reap for me"
    adopt_orphans()
    folder_fd = open_folder(folder)
    launch_spec = read_json(COMMAND, folder_fd)
    if launch_spec is None:
        return
    exit_file = PreallocatedFile(EXIT, folder_fd)
    me = read_process(os.getpid())
    if me is None:
        raise ProcessLookupError(errno.ESRCH, "/proc does not show this process")
    claim = {"pid": os.getpid(), "start_ticks": me.start_ticks, "boot_id": boot_id()}
    if not take_claim(folder, claim, folder_fd):
        exit_file.drop()
        return
    attempt = _Attempt(folder_fd, launch_spec, exit_file, locks)
    try:
        attempt.run()
    except BaseException as err:  # noqa: BLE001 - the top of this process; the folder must say what happened
        attempt.abandon(err)


def adopt_orphans() -> None:
    """Make this process the parent of every descendant that loses its own (``PR_SET_CHILD_SUBREAPER``).

    Raises:
        OSError: The kernel refuses; it is older than Linux 3.4.
    """
    if _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _name_of(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\n")
    except OSError:  # gone meanwhile
        return ""


def _oom_kills() -> int:
    """The number of out-of-memory kills in this control group; 0 if the kernel does not report it."""
    try:
        with open(_oom_file(), encoding="ascii") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)
    except (OSError, ValueError):
        return 0


@cache
def _oom_file() -> str:
    """The file with the count of out-of-memory kills, for cgroup version 1 or 2."""
    try:
        with open("/proc/self/cgroup", encoding="ascii") as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return os.devnull
    for _, controllers, path in groups:
        if "memory" in controllers.split(","):
            return f"/sys/fs/cgroup/memory{path}/memory.oom_control"
    return f"/sys/fs/cgroup{groups[0][2]}/memory.events" if groups else os.devnull


def warm_up() -> None:
    """Do once, in the fork server, what every launcher would otherwise repeat."""
    boot_id()
    _oom_kills()
    read_process(os.getpid())
