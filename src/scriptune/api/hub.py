"""Live events: one poller per process, any number of listeners, no event lost or repeated.

The event log in the database is the truth, since workers of other processes write into it too. The poller asks, in one
statement, how far the event logs have grown to which someone listens; it reads on in those that have, and keeps their
newest events in a ring. A listener is
nothing but a position: it is served from the ring, or from the database when the ring has moved past it. So a slow
listener costs no memory, and a listener that comes back with its last event's number continues from there.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

from scriptune.core.job import Event
from scriptune.errors import NotFoundError, StorageError

__all__ = ["EventHub", "NewestEvents", "ReadEvents"]

_log = logging.getLogger(__name__)

_POLL_S = 0.15  # how old an event may be when it leaves us
_POLL_AWAY_S = 2.0  # the same while the database is away
_HEARTBEAT_S = 10.0  # below the idle limits of proxies, which begin at 30 s
_RING = 1000
_PAGE = 200  # events that are read and written at once: other answers wait for no longer than that

ReadEvents = Callable[[str | None, int, int], Sequence[Event]]
"""Events of a job (None: of all) after a number, at most so many; raises NotFoundError when the job is gone."""

NewestEvents = Callable[[Collection[str]], Mapping[str | None, int]]
"""Number of the newest event of each of these jobs that is there, and under None of all jobs."""


class _Channel:
    """One event log that has listeners.

    Attributes:
        ring: The newest events.
        floor: Every event after this number, up to ``last``, is in the ring.
        last: Number of the newest event seen.
        changed: Set, and replaced by a new one, when something came.
        gone: The job was deleted.
    """

    def __init__(self, key: str | None, last: int) -> None:
        self.key = key
        self.ring: deque[Event] = deque(maxlen=_RING)
        self.floor = self.last = last
        self.changed = asyncio.Event()
        self.n_listeners = 0
        self.gone = False

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            if len(self.ring) == _RING:
                self.floor = self.ring[0].seq
            self.ring.append(event)
            self.last = event.seq

    def wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


class EventHub:
    """Distributes the event logs of jobs to listeners. Runs in one event loop, apart from database reads.

    Args:
        read: Reads the database; called in threads.
        newest: Says how far the event logs have grown; called in threads.
    """

    def __init__(self, read: ReadEvents, newest: NewestEvents) -> None:
        self._read = read
        self._newest = newest
        self._channels: dict[str | None, _Channel] = {}
        # One listener reads old events at a time: when all come back at once, other answers wait for one, not for all.
        self._catching_up = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def n_listeners(self) -> int:
        """The number of open streams."""
        return sum(channel.n_listeners for channel in self._channels.values())

    @property
    def is_closed(self) -> bool:
        """Whether the server is stopping."""
        return self._closed

    def close(self) -> None:
        """End all streams so that a server can stop; call it from the event loop."""
        self._closed = True
        for channel in self._channels.values():
            channel.wake()
        if self._task is not None:
            self._task.cancel()

    async def listen(self, key: str | None, after: int) -> AsyncIterator[Sequence[Event]]:
        """Yield events of a job (None: of all) after a number, in batches; an empty batch is a heartbeat.

        Ends when the job is deleted or the hub is closed.
        """
        cursor = after
        while not self._closed:
            async with self._catching_up:
                batch = await asyncio.to_thread(self._read, key, cursor, _PAGE)
            if batch:
                yield batch
                cursor = batch[-1].seq
            if len(batch) < _PAGE:
                break
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = _Channel(key, cursor)
        channel.n_listeners += 1
        try:
            async for batch in self._follow(channel, cursor):
                yield batch
        finally:
            channel.n_listeners -= 1
            if channel.n_listeners == 0 and self._channels.get(key) is channel:
                del self._channels[key]

    async def _follow(self, channel: _Channel, cursor: int) -> AsyncIterator[Sequence[Event]]:
        self._start()
        while not self._closed:
            changed = channel.changed
            if channel.last > cursor:
                if channel.floor <= cursor:
                    batch: Sequence[Event] = [event for event in channel.ring if event.seq > cursor]
                else:
                    batch = await asyncio.to_thread(self._read, channel.key, cursor, _PAGE)
                if batch:
                    yield batch
                    cursor = batch[-1].seq
                    continue
            if channel.gone:
                return
            try:
                await asyncio.wait_for(changed.wait(), _HEARTBEAT_S)
            except TimeoutError:
                yield ()

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._poll(), name="events")

    async def _poll(self) -> None:
        """Read new events of every log that has a listener; ends when there are none."""
        while self._channels and not self._closed:
            pause = _POLL_S
            try:
                await self._advance(list(self._channels.values()))
            except StorageError as err:
                _log.warning("events wait for the database: %s", err)
                pause = _POLL_AWAY_S
            await asyncio.sleep(pause)

    async def _advance(self, channels: Sequence[_Channel]) -> None:
        newest = await asyncio.to_thread(self._newest, [c.key for c in channels if c.key is not None])
        for channel in channels:
            channel.gone = channel.key not in newest
            try:
                while not channel.gone and channel.last < newest[channel.key]:
                    await self._read_on(channel, newest[channel.key])
            except NotFoundError:
                channel.gone = True
            if channel.gone:
                channel.wake()

    async def _read_on(self, channel: _Channel, newest: int) -> None:
        events = await asyncio.to_thread(self._read, channel.key, channel.last, _PAGE)
        if events:
            channel.publish(events)
            channel.wake()
        else:  # what was between belonged to jobs that were deleted
            channel.last = newest
