"""Long work for callers: in turn, limited, and ended when they leave."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from scriptune.api import turns
from scriptune.api.turns import TooManyRequestsError, Turns
from scriptune.core.work_limit import check_work_limit
from scriptune.errors import WorkLimitError


class Caller:
    """A request whose sender may leave."""

    def __init__(self) -> None:
        self.has_left = False

    async def is_disconnected(self) -> bool:
        return self.has_left


def work(turn: Turns, caller: Any, compute: Any, identity: str = "a", **kwargs: Any) -> Any:
    return turn.work(caller, identity, compute, **{"is_viewer": True, **kwargs})


def test_one_caller_does_one_thing_at_a_time_and_does_not_hold_up_another() -> None:
    running: list[str] = []
    most: list[int] = []
    both = threading.Barrier(2, timeout=30)

    def compute(name: str) -> None:
        running.append(name)
        most.append(running.count(name))
        both.wait()  # passes only when another caller works at the same time
        running.remove(name)

    async def all_at_once() -> None:
        turn = Turns()
        await asyncio.gather(*(work(turn, Caller(), lambda n=n: compute(n), n) for n in "aaabbb"))
        assert not turn._locks

    asyncio.run(all_at_once())
    assert most == [1] * 6


def test_work_that_takes_too_long_ends() -> None:
    def forever() -> None:
        while True:
            check_work_limit("This")

    async def main() -> None:
        with pytest.raises(WorkLimitError, match="This took more than the 1 s"):
            await work(Turns(), Caller(), forever)

    asyncio.run(main())


def test_work_ends_when_the_caller_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_LOOK_S", 0.01)
    caller = Caller()

    def forever() -> None:
        caller.has_left = True
        while True:
            check_work_limit("This")

    async def main() -> None:
        with pytest.raises(WorkLimitError):
            await work(Turns(), caller, forever, is_viewer=False, may_last=True)

    asyncio.run(main())


def test_a_caller_with_a_hundred_waiting_requests_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_MAX_WAITING", 2)
    release = threading.Event()

    async def main() -> None:
        turn = Turns()
        waiting = [asyncio.create_task(work(turn, Caller(), release.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequestsError):
            await work(turn, Caller(), release.wait)
        release.set()
        await asyncio.gather(*waiting)

    asyncio.run(main())


def test_a_caller_has_so_many_streams_and_gets_another_when_one_ends() -> None:
    turn = Turns()
    turn.open_stream("a", 1)
    turn.open_stream("b", 1)
    with pytest.raises(TooManyRequestsError):
        turn.open_stream("a", 1)
    turn.close_stream("a")
    turn.open_stream("a", 1)
