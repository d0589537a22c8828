"""Failed authentication attempts: each is logged, and its answer is delayed more and more.

No one is locked out: only the refusal is late, never the answer to the right token, whatever came before it and from
where. The secrets have 240 bits, so this is no defence against guessing; it makes guessing visible, and cheap for us.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

__all__ = ["FailedAttempts"]

_log = logging.getLogger(__name__)

_FREE = 10  # failures per minute and address without delay: a console with an old cookie sends several requests
_WINDOW_S = 60.0
_STEP_S = 0.1
_MOST_S = 1.0
_MAX_DELAYED = 32  # answers that are held back at once; more would use up the connections
_MAX_ADDRESSES = 1000


class FailedAttempts:
    """Counts failed attempts by address. Not thread-safe: belongs to one event loop.

    Args:
        clock: A monotonic clock in seconds.
        sleep: Waits.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._seen: OrderedDict[str, list[float]] = OrderedDict()  # address -> start of its minute, failures in it
        self._n_delayed = 0

    async def note(self, address: str, what: str) -> None:
        """Log a failure and delay its answer.

        Args:
            address: The client's address.
            what: What was wrong with its credentials, without them.
        """
        _log.warning("%s was refused: %s.", address, what)
        delay_s = self._delay(address)
        if delay_s > 0 and self._n_delayed < _MAX_DELAYED:
            self._n_delayed += 1
            try:
                await self._sleep(delay_s)
            finally:
                self._n_delayed -= 1

    def _delay(self, address: str) -> float:
        now = self._clock()
        seen = self._seen.setdefault(address, [now, 0])
        self._seen.move_to_end(address)
        if len(self._seen) > _MAX_ADDRESSES:
            self._seen.popitem(last=False)
        if now - seen[0] >= _WINDOW_S:
            seen[:] = [now, 0]
        seen[1] += 1
        return min(_MOST_S, _STEP_S * max(0.0, seen[1] - _FREE))
