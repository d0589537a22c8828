"""A proposed metric with its regex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ProposedMetric"]


@dataclass(frozen=True)
class ProposedMetric:
    """A proposed metric whose regex was verified on a log.

    Attributes:
        name: A proposed name for the metric.
        regex: The regex.
        line: The first line on which it captures, blanks as they were printed.
        n_captures: How many numbers it captures in what was examined.
        values: The first of them.
    """

    name: str
    regex: str
    line: str
    n_captures: int
    values: Sequence[float]
