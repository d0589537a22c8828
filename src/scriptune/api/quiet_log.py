"""A log filter that limits how often messages caused by untrusted clients are written.

Broken requests, failed attempts to authenticate and errors of accepting come by the thousand when someone wants it.
Of each kind the first ones of a minute are written, and then how many were left out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["QuietFilter"]

_NOISY = ("uvicorn", "asyncio", "scriptune.api")
_PER_MINUTE = 10
_WINDOW_S = 60.0
_MAX_KINDS = 500  # of messages that are told apart; the one that was silent longest is forgotten


class QuietFilter(logging.Filter):
    """Passes a few records of each kind per minute; the kind is the message template and its logger.

    Args:
        clock: A monotonic clock in seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], list[float]] = OrderedDict()  # start of the minute, passed, left out

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a record; the first one after omitted ones says how many were omitted."""
        if not record.name.startswith(_NOISY):
            return True
        with self._lock:
            return self._passes(record)

    def _passes(self, record: logging.LogRecord) -> bool:
        kind = (record.name, str(record.msg)[:200])
        now = self._clock()
        seen = self._seen.setdefault(kind, [now, 0, 0])
        self._seen.move_to_end(kind)
        if len(self._seen) > _MAX_KINDS:
            self._seen.popitem(last=False)
        if now - seen[0] >= _WINDOW_S:
            n_left_out = int(seen[2])
            seen[:] = [now, 0, 0]
            if n_left_out:
                record.msg = f"{record.getMessage()} ({n_left_out} more like this were left out)"
                record.args = None
        seen[1] += 1
        if seen[1] > _PER_MINUTE:
            seen[2] += 1
            return False
        return True
