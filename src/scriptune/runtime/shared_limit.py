"""The limit on running trials shared by the jobs of one worker (``max_parallel``)."""

from __future__ import annotations

__all__ = ["SharedLimit"]


class SharedLimit:
    """A limit on running trials; None for no limit. Not thread-safe.

    Trials that are adopted after a restart count even where they are more than the limit, which may have been lowered.
    """

    def __init__(self, n: int | None) -> None:
        self._n = n
        self._used = 0

    def room(self, wanted: int) -> int:
        """How many more trials may start, at most ``wanted``."""
        return wanted if self._n is None else min(wanted, max(self._n - self._used, 0))

    def take(self) -> None:
        """Count one more running trial."""
        self._used += 1

    def give_back(self) -> None:
        """Count one running trial less."""
        self._used -= 1
