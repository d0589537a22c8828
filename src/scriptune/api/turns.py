"""Long-running work: one piece at a time per caller, limited in time, and cancelled when the caller disconnects."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from scriptune.core.work_limit import WorkLimit, working_within
from scriptune.errors import ScriptuneError
from scriptune.messages import Message

__all__ = ["TooManyRequestsError", "Turns"]

_T = TypeVar("_T")

_VIEWER_S = 1.0  # of processor time, for one request
_ANYBODY_S = 60.0  # who may run programs may do anything; this ends what no one meant
_MAX_WAITING = 100  # requests of one caller for one kind of work; each holds a connection and a body
_LOOK_S = 0.25  # between two looks whether the caller is still there


class TooManyRequestsError(ScriptuneError):
    """The caller has too many open requests."""


class Turns:
    """Limits each caller to one piece of long work at a time; waiting requests hold no thread.

    Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._locks: dict[object, asyncio.Lock] = {}
        self._n_waiting: Counter[object] = Counter()
        self._n_open: Counter[object] = Counter()

    @asynccontextmanager
    async def turn(self, caller: object) -> AsyncIterator[None]:
        """Wait until no other work of the caller is running.

        Raises:
            TooManyRequestsError: Too many of its requests wait already.
        """
        if self._n_waiting[caller] >= _MAX_WAITING:
            raise TooManyRequestsError(
                Message("request.too_many_waiting", n=_MAX_WAITING),
                hint=Message("request.wait_for_answers"),
            )
        lock = self._locks.setdefault(caller, asyncio.Lock())
        self._n_waiting[caller] += 1
        try:
            async with lock:
                yield
        finally:
            self._n_waiting[caller] -= 1
            if not self._n_waiting[caller]:
                del self._n_waiting[caller], self._locks[caller]

    async def work(
        self, request: Request, identity: str, compute: Callable[[], _T], *, is_viewer: bool, may_last: bool = False
    ) -> _T:
        """Run a function in a thread when it is the caller's turn.

        Args:
            request: The work is cancelled when its sender disconnects.
            identity: The caller's identity.
            compute: The function to run; it checks the work limit from time to time.
            is_viewer: The caller may look only, and gets less time.
            may_last: No time limit, except for viewers.

        Raises:
            WorkLimitError: It took too long, or the caller has left.
            TooManyRequestsError: As `turn`.
        """
        async with self.turn(identity):
            limit = WorkLimit(_VIEWER_S if is_viewer else math.inf if may_last else _ANYBODY_S)

            def limited() -> _T:
                with working_within(limit):
                    return compute()

            watching = asyncio.create_task(_cancel_when_gone(request, limit))
            try:
                return await run_in_threadpool(limited)
            finally:
                watching.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watching

    def open_stream(self, caller: object, at_most: int) -> None:
        """Count one more open stream of a caller.

        Raises:
            TooManyRequestsError: It has so many already.
        """
        if self._n_open[caller] >= at_most:
            raise TooManyRequestsError(
                Message("request.too_many_streams", n=at_most),
                hint=Message("request.close_streams"),
            )
        self._n_open[caller] += 1

    def close_stream(self, caller: object) -> None:
        """Count one open stream of a caller less."""
        self._n_open[caller] -= 1
        if self._n_open[caller] <= 0:
            del self._n_open[caller]


async def _cancel_when_gone(request: Request, limit: WorkLimit) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(_LOOK_S)
    limit.cancel()
