"""MedianRule: the median stopping rule in Vizier's form (Golovin et al. 2017, section 3.2).

A trial stops when its best value so far is worse than the median of the other trials' running means up to the same
step. It seldom errs and saves little: 12 % of the steps, for 3 % of the improvements (docs/stopping.md).
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from scriptune.plugins.options import option
from scriptune.search.stopping.comparison import ComparingRule

__all__ = ["MedianOptions", "MedianRule"]

_FIRST_RUNG = 1 / 13  # of a training
_MIN_OTHERS = 3
_MOST_RUNGS = 1000  # a training of a million steps has to be compared at some of them only


@dataclass(frozen=True)
class MedianOptions:
    """Options of `median`."""

    first_rung: int | None = option(None, "stopping_option.first_rung", low=1)
    audit: float = option(0.0, "stopping_option.audit", low=0.0, high=1.0)


class MedianRule(ComparingRule):
    """Stops trials that are worse than the median of the others."""

    options_class = MedianOptions

    def __init__(self, options: MedianOptions, *, max_step: int | None, seed: int) -> None:
        """See `scriptune.search.stopping.base`."""
        self._options = options
        super().__init__(max_step, seed, options.audit)

    def rungs_of(self, max_step: int) -> tuple[int, ...]:
        """Every step but the last: running means begin with the first one. Trials are cut from T/13 on."""
        self._first = self._options.first_rung or max(1, round(_FIRST_RUNG * max_step))
        rungs = tuple(range(1, max_step, -(-max_step // _MOST_RUNGS)))
        self._best: dict[int, float] = {}
        self._total: dict[int, tuple[float, int]] = {}
        self._means: dict[int, dict[int, float]] = {rung: {} for rung in rungs}
        return rungs

    def reach(self, number: int, rung: int, value: float) -> None:
        """Keep its best value and its mean up to the rung too."""
        super().reach(number, rung, value)
        total, n = self._total.get(number, (0.0, 0))
        self._total[number] = total + value, n + 1
        self._means[rung][number] = (total + value) / (n + 1)
        self._best[number] = min(value, self._best.get(number, value))

    def forget(self, number: int) -> None:
        """Drop all that is known of a trial that starts again."""
        super().forget(number)
        self._total.pop(number, None)
        self._best.pop(number, None)
        for means in self._means.values():
            means.pop(number, None)

    def falls_behind(self, number: int, rung: int, values: Mapping[int, float]) -> bool:  # noqa: ARG002
        """Whether its best value is above the median of the others' means up to the rung."""
        others = [mean for other, mean in self._means[rung].items() if other != number]
        if rung < self._first or len(others) < _MIN_OTHERS:
            return False
        return self._best[number] > statistics.median(others)
