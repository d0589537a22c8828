"""Commands of scriptune in processes of their own, forked from one that has imported everything.

A command line computes half a second before its first statement, and ``serve`` almost two: imports. A fork has them.
From `main` on nothing is different: arguments, environment, folder, output, signals and exit code are the command's
own, and it can be killed. Only its name in the list of processes is that of the process it was forked from. Tests of
the start itself run ``python -m scriptune``.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO, Any, NoReturn

__all__ = ["Command", "run_command", "start_command"]

_MESSAGE_BYTES = 1 << 20
_ROOM, _ROOM_BYTES = "ROOM_FOR_ENVIRONMENTS", 16384
_NOT_IMPORTED = ("scriptune.__main__", "scriptune.testing")


class Command:
    """A command that was started; the part of `subprocess.Popen` that tests use."""

    def __init__(self, forker: _Forker, words: Sequence[str], pid: int) -> None:
        self._forker = forker
        self.args = list(words)
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            self.returncode = self._forker.ask({"poll": self.pid})["code"]
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return the exit code.

        Raises:
            subprocess.TimeoutExpired: It has not ended in time.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if until is None else until - time.monotonic()
            if timeout is not None and left is not None and left <= 0:
                raise subprocess.TimeoutExpired(self.args, timeout)
            pidfd = os.pidfd_open(self.pid)  # ours until its exit code was asked for
            try:
                select.select([pidfd], [], [], left)
            finally:
                os.close(pidfd)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)


def start_command(
    words: Sequence[str],
    *,
    stdout: IO[Any],
    stderr: IO[Any],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    max_files: int | None = None,
) -> Command:
    """Start a command, with nothing to read on stdin.

    Args:
        words: What is typed after ``scriptune``.
        stdout, stderr: Open files.
        env: Its environment; ours when None.
        cwd: Its folder; ours when None.
        max_files: How many files it may open; as many as we when None.
    """
    forker = _forker()
    with open(os.devnull, "rb") as nothing:
        files = [nothing.fileno(), stdout.fileno(), stderr.fileno()]
        asked = {
            "words": list(words),
            "env": dict(os.environ if env is None else env),
            "cwd": str(cwd or Path.cwd()),
            "max_files": max_files,
        }
        return Command(forker, words, forker.ask(asked, files)["pid"])


def run_command(
    *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command, and return its exit code, output and errors; see `start_command`."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        command = start_command(words, stdout=out, stderr=err, env=env, cwd=cwd)
        try:
            code = command.wait(timeout)
        except BaseException:
            command.kill()
            command.wait()
            raise
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(list(words), code, out.read(), err.read())


class _Forker:
    """The process that is forked, seen from the tests. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            environ = {**os.environ, _ROOM: "x" * _ROOM_BYTES, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environ,
            )
        atexit.register(self.close)

    def ask(self, question: Mapping[str, Any], files: Sequence[int] = ()) -> dict[str, Any]:
        """Send a question with descriptors, and return the answer."""
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(question).encode()], files)
            answer: dict[str, Any] = json.loads(self._socket.recv(_MESSAGE_BYTES))
            return answer

    def close(self) -> None:
        """End it; commands keep running."""
        self._socket.close()
        self._process.wait()


@cache
def _forker() -> _Forker:
    return _Forker()


# --- in the process that is forked -------------------------------------------------------------------------


def _serve(sock: socket.socket) -> None:
    _import_all()
    assert len(os.listdir("/proc/self/task")) == 1, "a process with threads cannot be forked"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests and for the commands
    gc.collect()
    gc.freeze()  # else the first collection of a command would copy every page
    while True:
        question, files, _, _ = socket.recv_fds(sock, _MESSAGE_BYTES, 3, socket.MSG_CMSG_CLOEXEC)
        if not question:
            return
        asked = json.loads(question)
        if "poll" in asked:
            pid, status = os.waitpid(asked["poll"], os.WNOHANG)
            answer = {"code": os.waitstatus_to_exitcode(status) if pid else None}
        else:
            pid = os.fork()
            if pid == 0:
                sock.close()
                _be_the_command(asked, files)
            for file in files:
                os.close(file)
            answer = {"pid": pid}
        sock.send(json.dumps(answer).encode())


def _import_all() -> None:
    """Import the package, and the larger ones that it imports only when needed, and make the routes of servers."""
    import scriptune

    for name in ("numpy.ma", "numpy.random", "psycopg"):
        import_module(name)
    for module in walk_packages(scriptune.__path__, "scriptune."):
        if not module.name.startswith(_NOT_IMPORTED):
            import_module(module.name)
    import_module("scriptune.api.schema").openapi_document()


def _be_the_command(asked: Mapping[str, Any], files: Sequence[int]) -> NoReturn:
    """Run a command as ``python -m scriptune`` would, and end this process as it does."""
    code = 1
    try:
        for target, file in enumerate(files):
            os.dup2(file, target)
            os.close(file)
        os.chdir(asked["cwd"])
        _set_environment(asked["env"])
        if asked["max_files"] is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (asked["max_files"],) * 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["scriptune", *asked["words"]]
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        gc.unfreeze()
        from scriptune.cli.main import main

        code = main()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as the end of an interpreter does
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _set_environment(env: Mapping[str, str]) -> None:
    """Replace the environment, also where the kernel reads it: tests know processes by it."""
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    # Nothing points into the memory of the first environment any more.
    start, end = map(int, Path("/proc/self/stat").read_text().rpartition(")")[2].split()[47:49])
    text = b"".join(os.fsencode(f"{name}={value}") + b"\0" for name, value in env.items())
    assert len(text) <= end - start, "the environment is too large"
    ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


if __name__ == "__main__":
    del sys.path[0]  # modules of the tests are not for commands
    _serve(socket.socket(fileno=int(sys.argv[1])))
