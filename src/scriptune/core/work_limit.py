"""A limit on the processing time of a request, and a way to cancel it when the caller has disconnected.

CPU time counts, not the clock: what is allowed does not depend on what else the machine does. Threads cannot be
stopped from outside, so long work checks its limit now and then. The limit is found in the context of the call, not
passed through every function between: what is called without one works for as long as it likes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from scriptune.errors import WorkLimitError
from scriptune.messages import Message

__all__ = ["WorkLimit", "check_work_limit", "current_limit", "working_within"]


class WorkLimit:
    """A limit on processing time that can also be cancelled.

    Args:
        seconds: Of processor time of the thread that does it.
        clock: Gives them.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.thread_time) -> None:
        self.seconds = seconds
        self._clock = clock
        self._until = clock() + seconds
        self._is_cancelled = False

    def begin(self) -> None:
        """Start measuring, in the thread that does the work."""
        self._until = self._clock() + self.seconds

    def cancel(self) -> None:
        """Cancel the work because the caller has disconnected; may be called from any thread."""
        self._is_cancelled = True

    @property
    def is_over(self) -> bool:
        """Whether the time limit has passed or the work was cancelled."""
        return self._is_cancelled or self._clock() > self._until

    def overrun_s(self) -> float:
        """Seconds beyond the limit: negative while there is time, infinite after a cancel."""
        return math.inf if self._is_cancelled else self._clock() - self._until


_UNLIMITED = WorkLimit(math.inf)
_current: ContextVar[WorkLimit] = ContextVar("work_limit", default=_UNLIMITED)


def current_limit() -> WorkLimit:
    """The limit of the current context; if none was set, one that never expires."""
    return _current.get()


@contextmanager
def working_within(limit: WorkLimit) -> Iterator[WorkLimit]:
    """Apply a limit to everything called inside the block, in this thread."""
    limit.begin()
    token = _current.set(limit)
    try:
        yield limit
    finally:
        _current.reset(token)


def check_work_limit(what: str, hint: str | None = None) -> None:
    """Raise an error if the current limit has been exceeded.

    Args:
        what: What takes so long, as the beginning of a sentence.
        hint: How to make it shorter.

    Raises:
        WorkLimitError: It is over.
    """
    limit = _current.get()
    if limit.is_over:
        raise WorkLimitError(
            Message("limit.cpu_time", task=what, seconds=f"{limit.seconds:g}"),
            hint=hint,
        )
