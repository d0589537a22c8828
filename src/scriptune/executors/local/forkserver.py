"""A small process that starts launchers by forking itself.

A fresh interpreter with the launcher's modules costs 33 ms (``python -I -S``, two busy cores), more than twice
what a whole trial may cost us; a fork of one that has them loaded costs 1 ms. So the owner of the executor
keeps one such process as a child. Neither needs the other to live: it ends when the owner's socket closes,
launchers are in sessions of their own by then, and an owner whose server was killed starts another.

One message asks for one launcher (the attempt folder, and descriptors that hold its devices), one message answers
(JSON with ``pid`` or ``error``).
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from scriptune.executors.local.launcher import SIGNALS, launch, warm_up

__all__ = ["ForkServer", "serve"]

_MESSAGE_BYTES = 65536  # a path has at most 4096
_MAX_LOCKS = 250  # the kernel passes 253 descriptors at most
_PATIENCE_S = 30.0  # for an answer; a fork takes a millisecond, but the machine may be swapping
_START = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from scriptune.executors.local.forkserver import serve; serve(int(sys.argv[2]))"
)


class ForkServer:
    """The client side of the fork server, which starts it when first needed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._born: tuple[int, dict[str, str]] | None = None

    @property
    def pid(self) -> int | None:
        """The server's pid; None before the first launch."""
        return self._process.pid if self._process else None

    def launch(self, folder: Path, locks: Sequence[int] = ()) -> int:
        """Start a launcher for an attempt folder and return its pid.

        Args:
            folder: The attempt folder.
            locks: Descriptors for the launcher to hold; the caller may close its own afterwards.

        The launcher makes sure itself that a launch spec runs once, so a request whose answer was lost is repeated.

        Raises:
            OSError: It could not be started, not even by a new server.
        """
        with self._lock:
            try:
                reply = self._ask(folder, locks)
            except (ConnectionError, TimeoutError):
                self._stop()
                reply = self._ask(folder, locks)
        if "error" in reply:
            raise OSError(reply["error"], os.strerror(reply["error"]))
        return int(reply["pid"])

    def close(self) -> None:
        """End the fork server; launchers keep running."""
        with self._lock:
            self._stop()

    def _ask(self, folder: Path, locks: Sequence[int]) -> dict[str, int]:
        sock = self._connection()
        try:
            if locks:
                socket.send_fds(sock, [os.fsencode(folder)], locks)
            else:
                sock.send(os.fsencode(folder))
            answer = sock.recv(_MESSAGE_BYTES)
        except (ConnectionError, TimeoutError):
            raise
        except OSError:
            self._stop()  # else the answer to this question would be taken for that to the next one
            raise
        if not answer:
            raise ConnectionResetError("the fork server has ended")
        reply: dict[str, int] = json.loads(answer)
        return reply

    def _connection(self) -> socket.socket:
        # Programs inherit the server's environment, so it must be this process's current one; and after a fork of the
        # owner the socket would belong to two processes.
        born = (os.getpid(), dict(os.environ))
        if self._socket is None or self._born != born:
            self._stop()
            self._socket = self._start()
            self._born = born
        return self._socket

    def _start(self) -> socket.socket:
        root = str(Path(__file__).resolve().parents[3])
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", _START, root, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    start_new_session=True,  # Ctrl-C in our terminal is not meant for it
                )
            except OSError:
                ours.close()
                raise
        ours.settimeout(_PATIENCE_S)
        return ours

    def _stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None and self._born is not None and self._born[0] == os.getpid():
            try:
                self._process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None


def serve(fd: int) -> None:
    """Fork a launcher for each folder named on the socket, until the other end closes."""
    sock = socket.socket(fileno=fd)
    sock.set_inheritable(False)  # else programs would hold it, and we would never see its end
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps launchers
    warm_up()
    gc.freeze()  # a collection in a fork would copy every page for nothing
    gc.disable()
    while True:
        try:
            folder, locks, _, _ = socket.recv_fds(sock, _MESSAGE_BYTES, _MAX_LOCKS, socket.MSG_CMSG_CLOEXEC)
            if not folder:
                return
            reply = _fork_launcher(sock, os.fsdecode(folder), locks)
            for lock in locks:
                os.close(lock)
            sock.send(json.dumps(reply).encode())
        except ConnectionError:
            return


def _fork_launcher(sock: socket.socket, folder: str, locks: Sequence[int]) -> dict[str, int]:
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # in the launcher they stay blocked
    try:
        pid = os.fork()
    except OSError as err:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return {"error": err.errno or 0}
    if pid == 0:
        try:
            sock.close()
            launch(folder, locks)
        finally:
            os._exit(0)  # without the exit handlers and buffers of the server
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    return {"pid": pid}
