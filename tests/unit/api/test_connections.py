"""Connections that do not get on: what is waited for, for how long, and who gives way when there are too many."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import resource
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from scriptune.api import connections
from scriptune.api.connections import (
    LEAST_BYTES_PER_S,
    LIMITS_S,
    Gate,
    GuardedProtocol,
    LimitedListener,
    State,
    connection_limit,
    mark_known,
)

HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"


class Known:
    """Stands in for a protocol or its transport."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Transport(asyncio.Transport):
    """What asyncio would send and close."""

    def __init__(self, pair: socket.socket) -> None:
        super().__init__({"socket": pair})
        self.sent = b""
        self.closing = self.aborted = False
        self.buffered = 0

    def write(self, data: Any) -> None:
        self.sent += data

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def reads_all(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """Answers when the whole body is there."""
    mark_known(scope["state"])
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def refuses(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """Answers without a look at the body."""
    await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"no"})


async def works(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """A stream of events: begins to answer, and does not end."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"event", "more_body": True})
    await asyncio.Event().wait()


class Connection:
    """One connection of a server that is not there, in an event loop of its own."""

    def __init__(self, app: Any) -> None:
        self.gate = Gate(10)
        config = uvicorn.Config(app, log_config=None, ws="none")
        config.gate = self.gate  # type: ignore[attr-defined]
        self.ours, self.theirs = socket.socketpair()
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.protocol = GuardedProtocol(config, ServerState(), {}, self.loop)
        self.transport = Transport(self.ours)
        self.protocol.connection_made(self.transport)

    def receive(self, data: bytes) -> None:
        self.protocol.data_received(data)
        self.loop.run_until_complete(asyncio.sleep(0.0))
        self.loop.run_until_complete(asyncio.sleep(0.0))

    def wait(self, seconds: float) -> None:
        """Let time pass, in looks of half a second."""
        for _ in range(int(2 * seconds)):
            if not self.transport.closing:
                self.protocol.spend(0.5)

    def close(self) -> None:
        self.protocol.connection_lost(None)
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0.0))
        self.loop.close()
        asyncio.set_event_loop(None)
        self.ours.close()
        self.theirs.close()


@contextmanager
def connected(app: Any) -> Iterator[Connection]:
    connection = Connection(app)
    try:
        yield connection
    finally:
        connection.close()


def test_half_a_head_is_waited_for_and_then_answered_with_408() -> None:
    with connected(reads_all) as connection:
        connection.receive(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        connection.wait(LIMITS_S[State.HEAD] - 1)
        assert not connection.transport.closing
        connection.wait(3)
        assert connection.transport.closing
        assert connection.transport.sent.startswith(b"HTTP/1.1 408 ")
        assert b'"code": "timeout"' in connection.transport.sent


def test_each_answer_of_a_connection_has_the_date_of_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with connected(reads_all) as connection:
        for date in ("Sun, 06 Nov 1994 08:49:37 GMT", "Mon, 07 Nov 1994 08:49:37 GMT"):
            monkeypatch.setattr(connections, "formatdate", lambda usegmt, date=date: date)
            connection.transport.sent = b""
            connection.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"\r\ndate: " + date.encode() in connection.transport.sent


def test_a_connection_that_a_browser_opened_for_later_is_closed_without_an_answer() -> None:
    # Sent before a request, an answer would be taken for that of the next request.
    with connected(reads_all) as connection:
        connection.wait(LIMITS_S[State.HEAD] + 2)
        assert connection.transport.aborted
        assert connection.transport.sent == b""


def test_half_a_body_is_waited_for_and_then_answered_with_408() -> None:
    with connected(reads_all) as connection:
        connection.receive(HEAD + b"[")
        assert connection.protocol.state is State.BODY
        connection.wait(LIMITS_S[State.BODY] + 2)
        assert connection.transport.closing
        assert connection.transport.sent.startswith(b"HTTP/1.1 408 ")


def test_an_upload_that_is_slow_and_honest_is_never_cut_off() -> None:
    with connected(reads_all) as connection:
        connection.receive(HEAD.replace(b"1000", b"4000000"))
        for _ in range(200):  # ten minutes at twice the least rate, in pieces with pauses between them
            connection.receive(b" " * 6 * LEAST_BYTES_PER_S)
            connection.wait(3)
        assert not connection.transport.closing
        assert connection.protocol.state is State.BODY


def test_a_body_that_drips_is_cut_off_however_regularly_it_drips() -> None:
    with connected(reads_all) as connection:
        connection.receive(HEAD)
        for _ in range(100):
            connection.receive(b" ")
            connection.wait(1)
        assert connection.transport.closing


def test_who_goes_on_sending_after_the_answer_is_closed_though_bytes_come() -> None:
    # The guard answers a stranger before the body is read; the body could come for as long as they like.
    with connected(refuses) as connection:
        connection.receive(HEAD.replace(b"1000", b"4000000"))
        assert connection.protocol.state is State.LINGERING
        for _ in range(40):
            connection.receive(b" " * 10_000)
            connection.wait(1)
        assert connection.transport.aborted


def test_a_stream_of_events_lives_for_days() -> None:
    with connected(works) as connection:
        connection.receive(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.protocol.state is State.WORKING
        for _ in range(3 * 24):
            connection.protocol.spend(3600.0)
        assert not connection.transport.closing


def test_who_does_not_read_the_answer_is_closed_and_who_reads_slowly_is_not() -> None:
    for n_read, is_closed in ((0, True), (LEAST_BYTES_PER_S, False)):
        with connected(works) as connection:
            connection.receive(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.transport.buffered = 1_000_000
            connection.protocol.pause_writing()
            assert connection.protocol.state is State.BLOCKED
            for _ in range(600):
                if not connection.transport.closing:
                    connection.transport.buffered -= n_read
                    connection.protocol.spend(1.0)
            assert connection.transport.aborted == is_closed


def test_the_next_request_on_a_connection_is_waited_for_like_the_first() -> None:
    with connected(reads_all) as connection:
        connection.receive(HEAD + b" " * 1000)
        assert connection.transport.sent.endswith(b"ok")
        assert connection.protocol.state is State.IDLE
        connection.wait(60)  # uvicorn itself ends those that are idle
        assert not connection.transport.closing
        connection.receive(b"GET / HTTP/1.1\r\nHost:")
        assert connection.protocol.state is State.HEAD
        connection.wait(LIMITS_S[State.HEAD] + 2)
        assert connection.transport.closing


def test_a_connection_is_known_when_the_guard_has_said_so() -> None:
    with connected(reads_all) as connection:
        assert not connection.protocol.is_known
        connection.receive(HEAD)
        assert connection.protocol.is_known
    mark_known(None)  # a server of somebody else has no such thing
    mark_known({"connection": "something else"})


def test_time_in_which_the_loop_was_busy_is_not_the_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    gate = Gate(10, clock=lambda: now)
    spent: list[float] = []
    gate.add(Known(descriptor=-1, spend=spent.append))  # type: ignore[arg-type]
    for now in (0.0, 0.5, 300.0, 300.5):  # noqa: B007  # read by the clock
        gate.look()
    assert spent == [0.0, 0.5, 1.0, 0.5]


class Somebody:
    gate: Gate


def test_nobody_is_looked_for_where_nobody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_LOOK_S", 0.0)
    looks: list[int] = []
    gate = Gate(10)
    monkeypatch.setattr(gate, "look", lambda: looks.append(gate.n_connections))

    async def watch() -> None:
        watching = asyncio.create_task(gate.watch())
        for _ in range(20):
            await asyncio.sleep(0)
        assert looks == []
        gate.admit(Somebody())  # type: ignore[arg-type]  # it is only counted
        while not looks:
            await asyncio.sleep(0)
        watching.cancel()

    asyncio.run(asyncio.wait_for(watch(), 60))
    assert set(looks) == {1}


# --- how many there may be ---------------------------------------------------------------------------------


@contextmanager
def listening(limit: int) -> Iterator[tuple[Gate, LimitedListener, Callable[[], socket.socket]]]:
    gate = Gate(limit)
    listener = LimitedListener(socket.AF_INET, gate)
    opened: list[socket.socket] = []

    def connect() -> socket.socket:
        opened.append(socket.create_connection(listener.getsockname(), 10))
        return opened[-1]

    try:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        listener.setblocking(False)
        yield gate, listener, connect
    finally:
        for one in [*opened, *gate._accepted]:
            one.close()
        listener.close()


def accept_all(listener: LimitedListener) -> list[socket.socket]:
    """One round of asyncio's."""
    accepted = []
    while True:
        try:
            accepted.append(listener.accept()[0])
        except BlockingIOError:
            return accepted


def test_half_of_the_descriptors_are_left_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, expected in ((1024, 512), (256, 128), (8, 16), (10**6, 4096), (resource.RLIM_INFINITY, 4096)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert connection_limit() == expected


def test_the_oldest_that_waits_gives_way_to_one_more() -> None:
    with listening(4) as (gate, listener, connect):
        clients: list[socket.socket] = []
        accepted: list[socket.socket] = []
        for _ in range(6):
            clients.append(connect())
            accepted += accept_all(listener)
        assert len(accepted) == 6
        for client in clients[:2]:
            client.settimeout(10)
            assert client.recv(1) == b""  # closed for the fifth and the sixth
        for closed in accepted[:2]:
            closed.close()  # as asyncio does in its next round
        assert gate.n_connections == 4
        for one in accepted:
            one.close()
        assert gate.n_connections == 0


def test_strangers_give_way_before_callers_and_nobody_who_waits_for_us() -> None:
    with listening(4) as (gate, listener, connect):
        for _ in range(4):
            connect()
        [working, known, stranger, newer] = accept_all(listener)
        aborted: list[str] = []
        for name, one, is_known, state in (
            ("working", working, False, State.WORKING),
            ("known", known, True, State.BODY),
            ("stranger", stranger, False, State.BODY),
            ("newer", newer, False, State.HEAD),
        ):
            protocol = Known(
                descriptor=one.fileno(),
                is_known=is_known,
                state=state,
                transport=Known(abort=lambda name=name: aborted.append(name)),
            )
            gate.add(protocol)  # type: ignore[arg-type]
        for _ in range(3):
            assert gate.make_room(1)
        assert not gate.make_room(1)
        assert aborted == ["stranger", "newer", "known"]
        for one in (working, known, stranger, newer):
            one.close()


def test_when_nobody_can_give_way_a_new_connection_is_turned_away(caplog: pytest.LogCaptureFixture) -> None:
    with listening(1) as (gate, listener, connect):
        connect()
        [working] = accept_all(listener)
        gate.add(Known(descriptor=working.fileno(), state=State.WORKING))  # type: ignore[arg-type]
        turned_away = connect()
        assert accept_all(listener) == []
        assert turned_away.recv(1) == b""
        assert gate.n_turned_away == 1
        assert "ulimit -n" in caplog.text
        working.close()


def test_of_a_long_queue_those_are_taken_that_have_something_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_UNSEEN_AT_ONCE", 0)
    with listening(2) as (gate, listener, connect):
        for _ in range(2):
            connect()
        old = accept_all(listener) or accept_all(listener)
        old += accept_all(listener)
        for _ in range(5):
            connect().sendall(b"GET / HTTP/1.1\r\nHost: ")
        honest = connect()
        honest.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        [taken] = accept_all(listener)
        assert taken.getpeername() == honest.getsockname()
        assert gate.n_turned_away == 5
        for one in (*old, taken):
            one.close()


def test_without_a_descriptor_left_the_queue_is_emptied_and_one_line_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(4) as (gate, listener, connect):
        client = connect()
        real = listener._accept  # type: ignore[attr-defined]
        fails = [OSError(errno.EMFILE, os.strerror(errno.EMFILE))]
        monkeypatch.setattr(
            LimitedListener,
            "_accept",
            lambda _: real() if not fails else (_ for _ in ()).throw(fails.pop()),
            raising=False,
        )
        assert accept_all(listener) == []
        assert client.recv(1) == b""  # taken with the spare descriptor, and closed
        assert gate.n_connections == 0
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert "Too many open files" in caplog.text
        connect()
        [taken] = accept_all(listener)
        taken.close()


def test_when_the_machine_is_short_of_something_asyncio_rests_and_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # asyncio goes on accepting after such an error, and logs a traceback each time.
    def fail(_: LimitedListener) -> Any:
        raise OSError(errno.ENFILE, os.strerror(errno.ENFILE))

    with listening(4) as (_, listener, connect):
        connect()
        monkeypatch.setattr(LimitedListener, "_accept", fail, raising=False)
        with pytest.raises(OSError, match="Too many open files in system"):
            listener.accept()
        for _ in range(100):
            with pytest.raises(BlockingIOError):
                listener.accept()
