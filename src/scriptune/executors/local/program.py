"""Starting the program of an attempt: on its own, or by the shell that runs its setup first.

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

__all__ = ["Setup", "explain", "spawn"]

# Python ignores SIGPIPE and SIGXFSZ, a shell SIGINT and SIGQUIT for what it runs in the background, and `forkserver`
# changes others: a program must find none of that.
_DEFAULT_SIGNALS = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})

_MISSING, _BEGUN = "missing", "begun"  # what the shell of a setup says at last
_PIPE_BYTES = 65536
_SHOWN_CHARS = 200  # of a command, in messages


def spawn(launch_spec: dict[str, Any], log: int, locks: Sequence[int] = ()) -> int:
    """Start the program as the leader of its own group; its pid.

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
    """Look a program up as a shell does; posix_spawnp would use our own PATH instead of the program's."""
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


def explain(err: OSError | ValueError, launch_spec: dict[str, Any]) -> str:
    """Say what was wrong with the command, and what to do."""
    program, cwd = str(launch_spec["argv"][0]), str(launch_spec["cwd"])
    path = os.path.join(cwd, program)
    number = err.errno if isinstance(err, OSError) else None
    if not os.path.isdir(cwd):
        return f"The working directory {cwd!r} does not exist or is not a folder; correct 'workdir'."
    if number == errno.ENOENT and "/" in program:
        if os.path.exists(path):
            return f"{program!r} names an interpreter in its first line (#!) that does not exist; correct that line."
        return f"The program {program!r} does not exist (working directory {cwd!r}); correct 'command'."
    if number == errno.ENOENT:
        near = f" There is one in the working directory: write './{program}'." if os.path.exists(path) else ""
        return f"The program {program!r} is not on the PATH; install it or write its whole path.{near}"
    if number == errno.EACCES:
        return (
            f"The program {program!r} is not executable; chmod +x it, or name its interpreter first (python {program})."
        )
    if number == errno.ENOEXEC:
        return f"The program {program!r} is not an executable file; give it a first line like #!/bin/sh."
    if number == errno.E2BIG:
        return "The command and its environment are longer than the system allows; pass values by a config file."
    return f"The program {program!r} could not be started: {err}."


class Setup:
    """The shell that runs the commands before the program, and then becomes the program.

    It writes into a pipe of ours how far it has come: the number of the command that it begins, and at last a word. The
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
        """The argument list that starts the shell."""
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
    def place(self) -> str:
        """The command that it has begun and not left, in words; "" once the program was started."""
        word = self._last_word()
        if not word.isdigit():
            return ""
        command = self._commands[int(word) - 1]
        shown = command if len(command) <= _SHOWN_CHARS else f"{command[:_SHOWN_CHARS]}..."
        return f"command {word} of {len(self._commands)}, {shown!r}"

    def problem(self, status: int | None) -> str:
        """Why the program was never started, once the shell has ended; "" when it was."""
        if self._last_word() == _MISSING:
            return explain(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), self._order)
        if not self.place or status is None:
            return ""
        code = os.waitstatus_to_exitcode(status)
        how = f"exit code {code}" if code >= 0 else f"signal {-code}"
        return f"run.setup ended with {how} in {self.place}, and the program was not started. Correct that command."

    def _last_word(self) -> str:
        with suppress(BlockingIOError):
            self._written += os.read(self._pipe, _PIPE_BYTES)
        return (self._written.split() or [b""])[-1].decode("ascii", "replace")
