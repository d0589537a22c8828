"""Counters of this process's work, for monitoring."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["SUGGESTIONS", "Stopwatch"]


class Stopwatch:
    """Counts blocks and the seconds spent in them. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._seconds = 0.0

    @property
    def total(self) -> tuple[int, float]:
        """The number of blocks and their total seconds."""
        with self._lock:
            return self._count, self._seconds

    @contextmanager
    def running(self) -> Iterator[None]:
        """Context manager that measures a block, even if it fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._count += 1
                self._seconds += time.perf_counter() - start


SUGGESTIONS = Stopwatch()
"""Suggestions of samplers in this process, over all jobs."""
