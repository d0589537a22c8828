"""Reduce a trial's reports to its value, incrementally.

Only finite reports count. ``best`` is the extreme in the direction of the goal, ``last`` the newest finite report,
``mean_last_k`` the mean of the newest k finite ones, or of all while there are fewer.
"""

from __future__ import annotations

import math
from collections import deque

from scriptune.core.job import Goal, Reduction
from scriptune.messages import Message

__all__ = ["Reducer"]


class Reducer:
    """Reduces reports one by one in constant memory. To restore it, add the stored values in order.

    Args:
        reduction: The rule.
        goal: Whether to maximize or minimize; only ``best`` and `minimized` use it.
        last_k: How many reports ``mean_last_k`` averages.
    """

    def __init__(self, reduction: Reduction, goal: Goal, last_k: int = 5) -> None:
        if last_k < 1:
            raise ValueError(Message("metric.bad_last_k", value=last_k))
        self.reduction = reduction
        self.goal = goal
        self.last_k = last_k
        self._best: float | None = None
        self._last: deque[float] = deque(maxlen=last_k)

    def add(self, value: float) -> None:
        """Add the next reported value."""
        if not math.isfinite(value):
            return
        self._last.append(value)
        sign = self.goal.sign
        if self._best is None or sign * value < sign * self._best:
            self._best = value

    @property
    def value(self) -> float | None:
        """The reduced value so far, finite; None without a finite report."""
        if not self._last:
            return None
        if self.reduction is Reduction.BEST:
            return self._best
        if self.reduction is Reduction.LAST:
            return self._last[-1]
        try:
            mean = math.fsum(self._last) / len(self._last)
        except OverflowError:  # values near the largest double: their sum is none, their mean is
            mean = math.fsum(value / len(self._last) for value in self._last)
        # Rounding must not leave the range of what was printed.
        return min(max(mean, min(self._last)), max(self._last))

    @property
    def minimized(self) -> float:
        """The reduced value so far with the sign that makes less better; infinite without a finite report."""
        value = self.value
        return math.inf if value is None else self.goal.sign * value
