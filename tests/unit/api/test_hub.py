"""The hub of live events: nothing lost, nothing twice, whatever the pace of listeners and writers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from scriptune.api import hub as hub_module
from scriptune.api.hub import EventHub
from scriptune.core.job import Event
from scriptune.errors import NotFoundError, StorageUnavailableError

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LIMIT_S = 20.0


class Diaries:
    """A database of events, with a count of how often it was read."""

    def __init__(self) -> None:
        self.events: dict[str | None, list[Event]] = {None: [], "job": []}
        self.reads = 0
        self.is_away = False
        self.deleted = 0  # number of an event of all jobs that is no longer there

    def write(self, n: int, key: str | None = "job") -> None:
        events = self.events.setdefault(key, [])
        events += [Event(str(key), len(events) + i, NOW, "trial", 0, {}) for i in range(1, n + 1)]

    def read(self, key: str | None, after: int, limit: int) -> Sequence[Event]:
        self.reads += 1
        if self.is_away:
            raise StorageUnavailableError("away")
        if key not in self.events:
            raise NotFoundError("gone")
        return [event for event in self.events[key] if event.seq > after][:limit]

    def newest(self, keys: Collection[str]) -> Mapping[str | None, int]:
        self.reads += 1
        if self.is_away:
            raise StorageUnavailableError("away")
        found = {key: events[-1].seq if events else 0 for key, events in self.events.items() if key in keys or not key}
        return found | {None: max(found[None], self.deleted)}


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_POLL_S", 0.002)
    monkeypatch.setattr(hub_module, "_POLL_AWAY_S", 0.002)


def running(scene: Callable[[Diaries, EventHub], Coroutine[Any, Any, None]]) -> Diaries:
    diaries = Diaries()

    async def play() -> None:
        hub = EventHub(diaries.read, diaries.newest)
        try:
            await asyncio.wait_for(scene(diaries, hub), LIMIT_S)
        finally:
            hub.close()

    asyncio.run(play())
    return diaries


async def take(hub: EventHub, after: int, until: int, key: str | None = "job") -> list[int]:
    """Numbers of the events that a listener gets until one of them is ``until``."""
    numbers: list[int] = []
    async for batch in hub.listen(key, after):
        numbers += [event.seq for event in batch]
        if numbers and numbers[-1] >= until:
            break
    return numbers


def test_a_listener_gets_what_was_and_what_comes() -> None:
    async def scene(diaries: Diaries, hub: EventHub) -> None:
        diaries.write(3)
        listener = asyncio.create_task(take(hub, 0, 5))
        await asyncio.sleep(0.02)
        diaries.write(2)
        assert await listener == [1, 2, 3, 4, 5]

    running(scene)


def test_a_listener_that_comes_back_goes_on_where_it_was() -> None:
    async def scene(diaries: Diaries, hub: EventHub) -> None:
        diaries.write(1500)
        first = await take(hub, 0, 700)
        rest = await take(hub, first[-1], 1500)
        assert [*first, *rest] == list(range(1, 1501))

    running(scene)


def test_a_slow_listener_loses_nothing_when_the_ring_moved_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_RING", 50)

    async def scene(diaries: Diaries, hub: EventHub) -> None:
        diaries.write(1)
        slow: list[int] = []
        fast = asyncio.create_task(take(hub, 0, 2001))
        async for batch in hub.listen("job", 0):
            slow += [event.seq for event in batch]
            if slow[-1] == 2001:
                break
            if slow[-1] == 1:
                for _ in range(20):
                    diaries.write(100)
                    await asyncio.sleep(0.005)
        assert slow == list(range(1, 2002))
        assert await fast == slow

    running(scene)


def test_twenty_listeners_cost_one_reader() -> None:
    async def scene(diaries: Diaries, hub: EventHub) -> None:
        listeners = [asyncio.create_task(take(hub, 0, 100)) for _ in range(20)]
        while hub.n_listeners < 20:
            await asyncio.sleep(0.005)
        diaries.reads = 0
        for _ in range(10):
            diaries.write(10)
            await asyncio.sleep(0.004)
        for listener in listeners:
            assert await listener == list(range(1, 101))

    diaries = running(scene)
    assert diaries.reads < 200  # twenty pollers of their own would need as many for every batch


def test_the_database_may_be_away_for_a_while() -> None:
    async def scene(diaries: Diaries, hub: EventHub) -> None:
        diaries.write(1)
        listener = asyncio.create_task(take(hub, 0, 3))
        while hub.n_listeners < 1:
            await asyncio.sleep(0.005)
        diaries.is_away = True
        await asyncio.sleep(0.02)
        diaries.write(2)
        diaries.is_away = False
        assert await listener == [1, 2, 3]

    running(scene)


def test_the_stream_of_a_deleted_job_ends() -> None:
    async def scene(diaries: Diaries, hub: EventHub) -> None:
        diaries.write(2)
        listener = asyncio.create_task(take(hub, 0, 99))
        while hub.n_listeners < 1:
            await asyncio.sleep(0.005)
        del diaries.events["job"]
        assert await listener == [1, 2]

    running(scene)


def test_a_closing_server_ends_its_streams() -> None:
    async def scene(diaries: Diaries, hub: EventHub) -> None:
        listener = asyncio.create_task(take(hub, 0, 99))
        while hub.n_listeners < 1:
            await asyncio.sleep(0.005)
        hub.close()
        assert await listener == []
        assert hub.n_listeners == 0

    running(scene)


def test_silence_is_broken_by_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_HEARTBEAT_S", 0.01)

    async def scene(diaries: Diaries, hub: EventHub) -> None:
        beats = 0
        async for batch in hub.listen("job", 0):
            assert batch == ()
            beats += 1
            if beats == 3:
                break

    running(scene)


def test_nobody_listening_means_nobody_reading() -> None:
    async def scene(diaries: Diaries, hub: EventHub) -> None:
        diaries.write(1)
        await take(hub, 0, 1)
        await asyncio.sleep(0.02)
        diaries.reads = 0
        await asyncio.sleep(0.05)
        assert diaries.reads == 0

    running(scene)


def test_events_of_deleted_jobs_are_not_waited_for() -> None:
    async def scene(diaries: Diaries, hub: EventHub) -> None:
        diaries.write(3, None)
        listener = asyncio.create_task(take(hub, 3, 6, None))
        while hub.n_listeners < 1:
            await asyncio.sleep(0.005)
        diaries.write(2, None)
        last = diaries.events[None].pop()  # its job is deleted before anybody has read of it
        diaries.deleted = last.seq
        await asyncio.sleep(0.02)
        diaries.events[None].append(Event("other", 6, NOW, "job", 0, {}))
        assert (await listener)[-1] == 6

    running(scene)
