"""Start the program of an attempt, directly or through the shell that runs its setup commands.

Standard library only, since the launcher loads this module.
"""

from __future__ import annotations

import errno
import os
import shlex
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from scriptune.executors.local.notes import Note, note

__all__ = ["LogReplacedError", "Setup", "explain", "spawn"]

# Python ignores SIGPIPE and SIGXFSZ, a shell SIGINT and SIGQUIT for what it runs in the background, and `forkserver`
# changes others: a program must find none of that.
_DEFAULT_SIGNALS = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})

_MISSING, _BEGUN = "missing", "begun"  # what the shell of a setup says at last
_PIPE_BYTES = 65536
_SHOWN_CHARS = 200  # of a command, in messages


class LogReplacedError(OSError):
    """Something else has the name of the log; the argument is the code of its kind."""


def spawn(launch_spec: dict[str, Any], log: int, locks: Sequence[int] = ()) -> int:
    """Start the program as the leader of its own process group and return its pid.

    Raises:
        OSError, ValueError: `explain` makes a sentence of it.
    """
    os.chdir(launch_spec["cwd"])
    environment = dict(os.environb)
    for name, value in launch_spec["env"].items():
        if value is None:
            environment.pop(_bytes(name), None)
        else:
            environment[_bytes(name)] = _bytes(value)
    argv = [_bytes(argument) for argument in launch_spec["argv"]]
    for lock in locks:
        os.set_inheritable(lock, True)
    return os.posix_spawn(
        _find(argv[0], environment.get(b"PATH", os.defpath.encode())),
        argv,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, log, 1),
            (os.POSIX_SPAWN_DUP2, log, 2),
        ],
        setpgroup=0,
        setsigmask=(),
        setsigdef=_DEFAULT_SIGNALS,
    )


def _bytes(text: str) -> bytes:
    # Not os.fsencode: in a Latin-1 locale the program would get other bytes than the job file holds.
    return text.encode("utf-8", "surrogateescape")


def _find(program: bytes, path: bytes) -> bytes:
    """Resolve a program name as a shell does; posix_spawnp would use this process's PATH instead of the program's."""
    if b"/" in program:
        return program
    error = errno.ENOENT
    for folder in path.split(b":"):
        candidate = os.path.join(folder or b".", program)
        if os.path.isfile(candidate):
            if os.access(candidate, os.X_OK):
                return candidate
            error = errno.EACCES
    raise OSError(error, os.strerror(error), program)


def explain(err: OSError | ValueError, launch_spec: dict[str, Any]) -> Note:
    """Explain why the command could not be started, and what to do."""
    program, cwd = str(launch_spec["argv"][0]), str(launch_spec["cwd"])
    path = os.path.join(cwd, program)
    number = err.errno if isinstance(err, OSError) else None
    if isinstance(err, LogReplacedError):
        return note("launch.log_replaced", found=note(str(err)))
    if not os.path.isdir(cwd):
        return note("launch.no_workdir", cwd=cwd)
    if number == errno.ENOENT and "/" in program:
        if os.path.exists(path):
            return note("launch.no_interpreter", program=program)
        return note("launch.no_program", program=program, cwd=cwd)
    if number == errno.ENOENT:
        near = note("launch.local_program", program=program) if os.path.exists(path) else ""
        return note("launch.not_on_path", program=program, near=near)
    if number == errno.EACCES:
        return note("launch.not_executable", program=program)
    if number == errno.ENOEXEC:
        return note("launch.not_a_program", program=program)
    if number == errno.E2BIG:
        return note("launch.too_long")
    return note("launch.not_started", program=program, why=str(err))


class Setup:
    """The shell that runs the setup commands and then becomes the program.

    It reports its progress through our pipe: the number of the command that it begins, and at last a word. The
    pipe has a name in ``/proc``; a descriptor of the shell's own would be left to everything that it starts.

    Args:
        launch_spec: What is in ``command.json``.
    """

    def __init__(self, launch_spec: dict[str, Any]) -> None:
        self._order = launch_spec
        self._commands: list[str] = launch_spec["setup"]
        self._pipe, pipe_in = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._here = f"/proc/{os.getpid()}/fd/{pipe_in}"
        self._written = b""

    @property
    def argv(self) -> list[str]:
        """The argument list of the shell."""
        program, *_ = argv = self._order["argv"]
        lines = ['source() { . "$@"; }']  # not every /bin/sh has it
        for number, command in enumerate(self._commands, 1):
            # An `exit` without number ends with the status of what ran before it.
            lines += [self._tell(str(number)), command, "case $? in 0) ;; *) exit ;; esac"]
        missing = f"{{ {self._tell(_MISSING)}; exit 127; }}"
        # Not by "$@", which a command may have changed.
        lines += [f"command -v {shlex.quote(program)} >/dev/null || {missing}", self._tell(_BEGUN)]
        return ["/bin/sh", "-c", "\n".join([*lines, f"exec {shlex.join(argv)}"])]

    def _tell(self, word: str) -> str:
        return f"echo {word} 2>/dev/null >>{self._here} || :"

    @property
    def place(self) -> Note | None:
        """The setup command that is being run, in words; "" once the program was started."""
        word = self._last_word()
        if not word.isdigit():
            return None
        command = self._commands[int(word) - 1]
        shown = command if len(command) <= _SHOWN_CHARS else f"{command[:_SHOWN_CHARS]}..."
        return note("launch.setup_command", number=int(word), n=len(self._commands), command=shown)

    def problem(self, status: int | None) -> Note | None:
        """Why the program was never started, after the shell has ended; "" if it was."""
        if self._last_word() == _MISSING:
            return explain(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), self._order)
        if not self.place or status is None:
            return None
        code = os.waitstatus_to_exitcode(status)
        how = note("launch.exit_code", n=code) if code >= 0 else note("launch.signal", n=-code)
        return note("launch.setup_failed", how=how, place=self.place)

    def _last_word(self) -> str:
        with suppress(BlockingIOError):
            self._written += os.read(self._pipe, _PIPE_BYTES)
        return (self._written.split() or [b""])[-1].decode("ascii", "replace")
