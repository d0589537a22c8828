"""Warnings about what a program wrote: few, however often it makes the same mistake."""

from __future__ import annotations

from collections.abc import Callable

from scriptune.messages import Message

__all__ = ["LimitedWarnings"]

_MAX_PER_KIND = 3  # warnings about one metric that say the same of other places
_MAX_WARNINGS = 30  # of one source; they are stored with the attempt


class LimitedWarnings:
    """Limits the number of warnings: the first of each kind are kept, the others counted."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}
        self._fresh: list[str] = []
        self._n_given = 0

    def add(self, metric: str, kind: str, say: Callable[[], str]) -> None:
        """Keep a warning, or count it.

        Args:
            metric: What it is about; "" for the log itself.
            kind: Warnings of one kind say the same of other places.
            say: Makes its text, when it is kept.
        """
        count = self._seen.get((metric, kind), 0)
        self._seen[metric, kind] = count + 1
        if count < _MAX_PER_KIND and self._n_given < _MAX_WARNINGS:
            self._n_given += 1
            self._fresh.append(say())

    def sum_up(self) -> None:
        """One final warning that says how many were left out."""
        n_hidden = sum(self._seen.values()) - self._n_given
        if n_hidden > 0:
            by_metric = [
                Message("log.n_of_metric", metric=metric or Message("log.the_log"), n=self._n_of(metric))
                for metric in dict.fromkeys(metric for metric, _ in self._seen)
            ]
            self._fresh.append(Message("log.more_warnings", by_metric=by_metric, n=n_hidden))
        self._seen.clear()
        self._n_given = 0

    def _n_of(self, metric: str) -> int:
        return sum(n for (other, _), n in self._seen.items() if other == metric)

    def take(self) -> list[str]:
        """The warnings since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh
