"""Limits on connections: how many there are, and how long one may stay without making progress.

Uvicorn waits without limit for the rest of a head or of a body. A thousand requests that are never finished would use
up the descriptors of the process, and with them those that the engine needs to follow its trials. Here

- a head, a body and the reading of an answer have to get on, at `LEAST_BYTES_PER_S` on average; who pauses for longer
  than the state of the connection allows is cut off. What is slow and honest is not: time counts only while this
  process was able to listen;
- there are never more than `connection_limit` connections. One more, and some that wait for their clients give way:
  unauthenticated ones first, then those whose client has proved who it is, and of each the oldest first. A request that
  is being answered, a stream of events among them, stays;
- an error of accepting is one line of the log in a while, not a traceback each.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import logging
import os
import resource
import socket
import struct
import termios
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from enum import StrEnum
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from scriptune.engine.serialise import error_body
from scriptune.messages import Message

__all__ = [
    "CONNECTION",
    "LEAST_BYTES_PER_S",
    "LIMITS_S",
    "Gate",
    "GuardedProtocol",
    "LimitedListener",
    "State",
    "connection_limit",
    "mark_known",
]

_log = logging.getLogger(__name__)

LEAST_BYTES_PER_S = 500
"""A modem is ten times as fast. What comes faster earns time for pauses, at most as much as it took."""


class State(StrEnum):
    """The state of a connection: what it is waiting for."""

    HEAD = "head"  # the client has not sent a whole head (or not ended the handshake of TLS)
    BODY = "body"  # the client has not sent the whole body
    WORKING = "working"  # it waits for us
    BLOCKED = "blocked"  # the client does not read its answer
    LINGERING = "lingering"  # answered, and the client still sends the body that no one wants any more
    IDLE = "idle"  # between two requests
    CLOSING = "closing"  # closed by us, and the client does not take the rest of its answer


LIMITS_S: dict[State, float] = {
    State.CLOSING: 10.0,
    State.HEAD: 20.0,
    State.LINGERING: 10.0,
    State.BODY: 30.0,
    State.BLOCKED: 60.0,  # a page of the console sleeps with its computer, and connects again when it wakes
}
"""How long a connection may be in a state without getting on; uvicorn itself ends idle ones, and we are the others."""

_LOOK_S = 0.5  # between two passes over all connections
_SHARE = 2  # one of so many descriptors may be a connection: the engine, its database and its trials need the others
_MOST_CONNECTIONS = 4096  # on machines without a limit of descriptors; each costs some 50 kB
_FEWEST_CONNECTIONS = 16
_ACCEPTED_AT_ONCE = 16  # in one round of the event loop, before those that are there get their turn
_TURNED_AWAY_AT_ONCE = 512  # this costs a tenth of taking one
_UNSEEN_AT_ONCE = 4  # connections that are taken in one round though all are in use and they have sent nothing
_PEEKED_BYTES = 2048  # a longer head is taken for a whole one
_KERNEL_BACKLOG = 4096  # connections that wait in the kernel cost us nothing
_REST_S = 1.0  # after an error of accepting
_OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_MADE_ROOM = 32  # connections that give way when the process has no descriptor left
_PART_THAT_GIVES_WAY = (
    8  # of all connections when they are full: choosing them one by one would take longer than taking
)
_REPORT_EVERY_S = 10.0


CONNECTION = "connection"
"""Under this name the state of a request has its `GuardedProtocol`, where a `Gate` is."""


def mark_known(state: object) -> None:
    """Mark a connection's client as authenticated.

    Args:
        state: ``scope["state"]`` of a request; any other content is ignored.
    """
    connection = state.get(CONNECTION) if isinstance(state, Mapping) else None
    if isinstance(connection, GuardedProtocol):
        connection.is_known = True


def connection_limit() -> int:
    """The maximum number of connections of this process: half of its file descriptors."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(_FEWEST_CONNECTIONS, min(_MOST_CONNECTIONS, soft // _SHARE))


class _Accepted(socket.socket):
    """A socket of a `LimitedListener` that notifies it when closed."""

    gate: Gate | None = None

    def close(self) -> None:
        """Close the socket and free its place."""
        if self.gate is not None:
            self.gate.forget(self)
            self.gate = None
        super().close()


class LimitedListener(socket.socket):
    """A listening socket for asyncio that consults a gate before it accepts another connection.

    asyncio accepts until no one waits any more, without a limit, and when the process has no descriptor left it logs a
    traceback for every connection that waits.
    """

    def __init__(self, family: socket.AddressFamily, gate: Gate) -> None:
        # asyncio sends small packets at once only on sockets that name their protocol; on others the body of an answer
        # waits 40 ms for the reader to acknowledge its head.
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._gate = gate
        self._spare: int | None = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._n_accepted = self._n_turned_away = 0  # in this round
        self._rests_until = 0.0

    def listen(self, backlog: int = 0, /) -> None:
        """Listen with a large backlog; asyncio's small one is meant for rounds of accepting."""
        super().listen(max(backlog, _KERNEL_BACKLOG))

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next accepted connection.

        Raises:
            BlockingIOError: None now; asyncio asks again in its next round.
        """
        if time.monotonic() < self._rests_until:
            raise BlockingIOError(errno.EAGAIN, "resting after an error")
        while self._n_accepted < _ACCEPTED_AT_ONCE and self._n_turned_away < _TURNED_AWAY_AT_ONCE:
            try:
                descriptor, address = self._accept()  # type: ignore[attr-defined]  # how socket.accept does it
            except OSError as err:
                self._n_accepted = self._n_turned_away = 0
                if err.errno in _OUT_OF_RESOURCES:
                    self._make_room(err)
                raise
            connection = _Accepted(self.family, self.type, self.proto, fileno=descriptor)
            # Of a long queue, which only a flood makes, those are taken that have something to say: the others would
            # keep them waiting. The first ones of a round may just have come, and what they say follows.
            is_late = self._n_accepted + self._n_turned_away >= _UNSEEN_AT_ONCE
            if (is_late and self._gate.is_crowded and not _has_sent_a_head(connection)) or not self._gate.admit(
                connection
            ):
                self._n_turned_away += 1
                self._gate.n_turned_away += 1
                connection.close()
                continue
            self._n_accepted += 1
            return connection, address
        self._n_accepted = self._n_turned_away = 0
        raise BlockingIOError(errno.EAGAIN, "it is the turn of other work")

    def _make_room(self, err: OSError) -> None:
        """Reject the waiting connection with the spare descriptor, and close others to make room.

        Raises:
            BlockingIOError: Done.
            OSError: The machine, not this process, is short of something: asyncio tries again in a second.
        """
        self._gate.report(err)
        self._gate.make_room(_MADE_ROOM)
        if err.errno != errno.EMFILE or self._spare is None:
            self._rests_until = time.monotonic() + _REST_S / 2  # asyncio continues accepting after such an error
            raise err
        os.close(self._spare)
        self._spare = None
        with contextlib.suppress(OSError):
            descriptor, _ = self._accept()  # type: ignore[attr-defined]  # as above
            os.close(descriptor)
        with contextlib.suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        raise BlockingIOError(errno.EAGAIN, "no descriptor left") from err

    def close(self) -> None:
        """Stop listening."""
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
        super().close()


class Gate:
    """Counts the connections of a server, and closes those that make no progress.

    Belongs to one event loop.

    Args:
        limit: How many there may be.
        clock: A monotonic clock in seconds.
    """

    def __init__(self, limit: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._accepted: dict[_Accepted, float] = {}  # -> how long it has been there, the oldest first
        self._leaving: set[_Accepted] = set()
        self._protocols: set[GuardedProtocol] = set()
        self._looked: float | None = None
        self._someone = asyncio.Event()
        self.n_turned_away = 0
        self._n_gave_way = 0
        self._reported = -float("inf")

    # --- those that come -------------------------------------------------------------------------------------

    @property
    def n_connections(self) -> int:
        """The number of open connections, including those in a TLS handshake."""
        return len(self._accepted)

    @property
    def is_full(self) -> bool:
        """Whether another connection needs one to be closed; that happens in the next round of the loop."""
        return len(self._accepted) - len(self._leaving) >= self.limit

    @property
    def is_crowded(self) -> bool:
        """Whether it is nearly full, as it always is during a flood, since connections are closed by the dozen."""
        return 4 * (len(self._accepted) - len(self._leaving)) >= 3 * self.limit

    def admit(self, connection: _Accepted) -> bool:
        """Admit a new connection if there is room or a waiting one can be closed."""
        if self.is_full and not self.make_room(max(1, self.limit // _PART_THAT_GIVES_WAY)):
            self._report_full()
            return False
        connection.gate = self
        self._accepted[connection] = 0.0
        self._someone.set()
        return True

    def forget(self, connection: _Accepted) -> None:
        """Remove a closed connection from the count."""
        self._accepted.pop(connection, None)
        self._leaving.discard(connection)

    def add(self, protocol: GuardedProtocol) -> None:
        """Register an established connection."""
        self._protocols.add(protocol)

    def remove(self, protocol: GuardedProtocol) -> None:
        """Unregister a connection."""
        self._protocols.discard(protocol)

    def make_room(self, wanted: int) -> bool:
        """Close connections that wait for their clients, to make room for new ones.

        By rank and age alone, whatever they wait for: were some kind of waiting kept longer than others, attackers
        would wait in that way, and who has just come and not sent a head yet would be closed in their place.

        Returns:
            Whether one did.
        """
        protocols = {protocol.descriptor: protocol for protocol in self._protocols}
        waiting: list[tuple[bool, int, _Accepted]] = []
        for number, connection in enumerate(self._accepted):  # the oldest first
            if connection not in self._leaving:
                protocol = protocols.get(connection.fileno())
                if protocol is None:  # in the handshake of TLS
                    waiting.append((False, number, connection))
                elif protocol.state is not State.WORKING:
                    waiting.append((protocol.is_known, number, connection))
        waiting.sort(key=lambda one: one[:2])
        for _, _, connection in waiting[:wanted]:
            self._leaving.add(connection)
            if (protocol := protocols.get(connection.fileno())) is None:
                _end_socket(connection)
            else:
                protocol.transport.abort()
        self._n_gave_way += min(wanted, len(waiting))
        if waiting:
            self._report_full()
        return bool(waiting)

    # --- those that are there --------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Check all connections periodically, as long as there are any."""
        while True:
            if not self._accepted:
                self._someone.clear()
                await self._someone.wait()
            await asyncio.sleep(_LOOK_S)
            self.look()

    def look(self) -> None:
        """Close the connections whose time is over."""
        now = self._clock()
        # A loop that was busy for seconds has not read what was there: that time is not the clients'.
        passed_s = 0.0 if self._looked is None else min(now - self._looked, 2 * _LOOK_S)
        self._looked = now
        for protocol in list(self._protocols):
            protocol.spend(passed_s)
        known = {protocol.descriptor for protocol in self._protocols}
        for connection in self._accepted:
            self._accepted[connection] += passed_s
            if self._accepted[connection] > LIMITS_S[State.HEAD] and connection.fileno() not in known:
                _end_socket(connection)

    # --- what the log says -----------------------------------------------------------------------------------

    def report(self, err: OSError) -> None:
        """Log an error of accepting; `quiet_log` limits how often."""
        _log.warning(
            "No connection can be taken: %s. %d connections are open; other connections of this process wait for "
            "their clients and are being closed. Raise the limit of open files (ulimit -n) if this lasts.",
            err.strerror or err,
            self.n_connections,
        )

    def _report_full(self) -> None:
        now = self._clock()
        if now - self._reported < _REPORT_EVERY_S:
            return
        self._reported = now
        _log.warning(
            "All %d connections are in use. So far %d that waited for their clients were closed for new ones, and %d "
            "new ones were turned away. The limit is half of the open files that the process may have (ulimit -n).",
            self.limit,
            self._n_gave_way,
            self.n_turned_away,
        )


def _has_sent_a_head(connection: socket.socket) -> bool:
    """Whether a complete request head, or the beginning of a TLS handshake, is waiting to be read."""
    try:
        sent = connection.recv(_PEEKED_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return False
    return len(sent) == _PEEKED_BYTES or b"\r\n\r\n" in sent or sent[:1] == b"\x16"


def _end_socket(connection: socket.socket) -> None:
    """Shut down a connection that asyncio holds, which then closes it in its own way."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class GuardedProtocol(H11Protocol):
    """Uvicorn's protocol for a connection, monitored by a `Gate`.

    The gate is in ``config.gate``: uvicorn creates the protocol, and passes it only the configuration.
    """

    def __init__(self, config: Any, *args: Any, **kwargs: Any) -> None:  # Any: uvicorn's own arguments, passed on
        super().__init__(config, *args, **kwargs)
        self._gate: Gate = config.gate
        # Every request's scope["state"] has it: the guard says there that the client has proved who it is.
        self.app_state = {**self.app_state, CONNECTION: self}
        self.is_known = False
        self._last = State.HEAD
        self._n_received = 0  # bytes since the last look
        self._has_begun = False  # something of the next head came
        self._buffered = 0
        self.waited_s = 0.0
        self.descriptor = -1

    # --- what uvicorn is told --------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Register the connection."""
        super().connection_made(transport)
        self.descriptor = transport.get_extra_info("socket").fileno()
        self._gate.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Unregister the connection."""
        self._gate.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the received bytes before they are parsed."""
        self._n_received += len(data)
        self._has_begun = True
        super().data_received(data)

    def handle_events(self) -> None:
        """Handle received events; an answer gets the date of its request.

        Uvicorn keeps the date up to date between requests too, which wakes an idle server every second.
        """
        self.server_state.default_headers = [(b"date", formatdate(usegmt=True).encode()), *self.config.encoded_headers]
        super().handle_events()

    def on_response_complete(self) -> None:
        """Start waiting for the next request."""
        self._has_begun = False
        super().on_response_complete()

    # --- what the gate asks ----------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What the connection waits for."""
        if self.transport.is_closing():
            return State.CLOSING
        cycle = self.cycle
        if cycle is None:
            return State.HEAD
        if not cycle.response_complete:
            if self.flow.write_paused:
                return State.BLOCKED
            waits_for_body = cycle.more_body and not cycle.response_started and not cycle.waiting_for_100_continue
            return State.BODY if waits_for_body and not self.flow.read_paused else State.WORKING
        if self.conn.their_state is h11.SEND_BODY:
            return State.LINGERING
        return State.HEAD if self._has_begun else State.IDLE

    def spend(self, passed_s: float) -> None:
        """Count time without progress, and close the connection when it was too long."""
        state = self.state
        buffered = self._unsent() if state in (State.CLOSING, State.BLOCKED) else 0
        n_moved = self._n_received if state in (State.HEAD, State.BODY) else max(0, self._buffered - buffered)
        self._n_received, self._buffered = 0, buffered
        if state is not self._last:
            self._last, self.waited_s = state, 0.0
            return
        self.waited_s = max(0.0, self.waited_s + passed_s - n_moved / LEAST_BYTES_PER_S)
        limit_s = LIMITS_S.get(state)
        if limit_s is not None and self.waited_s > limit_s:
            self._end(state)

    def _unsent(self) -> int:
        """The number of answer bytes that the client has not received.

        The kernel's queue counts too: it holds megabytes, and asks for more only when a good part of it is free, which
        takes a slow reader longer than a minute.
        """
        queued = 0
        with contextlib.suppress(OSError):
            [queued] = struct.unpack("i", fcntl.ioctl(self.descriptor, termios.TIOCOUTQ, b"\0" * 4))
        return self.transport.get_write_buffer_size() + queued

    def _end(self, state: State) -> None:
        if state is State.BODY or (state is State.HEAD and self._has_begun):
            # Who has sent nothing at all gets nothing: a browser opens connections for later, and may take this
            # for the answer to its next request.
            self.transport.write(_timeout_answer(state))
            self.transport.close()
        else:
            self.transport.abort()


def _timeout_answer(state: State) -> bytes:
    seconds = f"{LIMITS_S[state]:.0f}"
    if state is State.HEAD:
        message = Message("request.head_too_slow", seconds=seconds, least=LEAST_BYTES_PER_S)
    else:
        message = Message("request.body_too_slow", seconds=seconds, least=LEAST_BYTES_PER_S)
    error = error_body("timeout", message, Message("request.send_again"))
    body = json.dumps({"error": error}).encode()
    return (
        b"HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
