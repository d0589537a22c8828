"""The executors of a worker: one for each that its jobs name, shared by them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scriptune.core.job import ExecutorSpec
from scriptune.executors.base import Executor

__all__ = ["Executors"]


class Executors:
    """Makes each executor when a job first needs it. Not thread-safe.

    Args:
        make: Makes one from the value of ``run.executor``.
    """

    def __init__(self, make: Callable[[ExecutorSpec], Executor]) -> None:
        self._make = make
        self._made: dict[ExecutorSpec, Executor] = {}

    def of(self, spec: ExecutorSpec) -> Executor:
        """The executor for a value of ``run.executor``.

        Raises:
            ExecutorError: It cannot be made.
        """
        if spec not in self._made:
            self._made[spec] = self._make(spec)
        return self._made[spec]

    def wait(self, timeout_s: float) -> frozenset[Path]:
        """Wait for news of any; see `Executor.wait`. Those beside the first may be noticed late by part of the time."""
        if len(self._made) == 1:
            return next(iter(self._made.values())).wait(timeout_s)
        news = frozenset[Path]().union(*(executor.wait(0.0) for executor in self._made.values()))
        for executor in self._made.values():
            if news:
                break
            news = executor.wait(timeout_s / len(self._made))
        return news

    def close(self) -> None:
        """Close all; they are made again when they are needed again."""
        for executor in self._made.values():
            executor.close()
        self._made.clear()
