"""ModelRule: asynchronous halving, for samplers that learn from values at rungs (docs/stopping.md).

A trial continues at a rung when its value is among the best ``keep`` of all that have reached it. With more elaborate
tests, such as the chance to beat the best one, searches were no better: what counts is what the sampler learns of the
trials that were cut.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scriptune.plugins.options import option
from scriptune.search.stopping.comparison import ComparingRule, spaced_rungs

__all__ = ["ModelOptions", "ModelRule"]

_FIRST_RUNG = 1 / 13  # of a training
_FACTOR = 2


@dataclass(frozen=True)
class ModelOptions:
    """Options of `model`."""

    keep: float = option(0.5, "stopping_option.keep", low=0.0, high=1.0, low_open=True)
    first_rung: int | None = option(None, "stopping_option.first_rung", low=1)
    audit: float = option(0.1, "stopping_option.audit", low=0.0, high=1.0)


class ModelRule(ComparingRule):
    """Stops trials that are not among the best half at a rung."""

    options_class = ModelOptions

    def __init__(self, options: ModelOptions, *, max_step: int | None, seed: int) -> None:
        """See `scriptune.search.stopping.base`."""
        self._options = options
        super().__init__(max_step, seed, options.audit)

    def rungs_of(self, max_step: int) -> tuple[int, ...]:
        """r_1 = T/13, then twice the one before."""
        first = self._options.first_rung or max(1, round(_FIRST_RUNG * max_step))
        return spaced_rungs(first, max_step, _FACTOR)

    def falls_behind(self, number: int, rung: int, values: Mapping[int, float]) -> bool:  # noqa: ARG002
        """Whether it is not among the max(1, floor(keep n)) smallest; ties are among them."""
        n = len(values)
        if n < 2:
            return False
        n_kept = max(1, math.floor(self._options.keep * n))
        return values[number] > sorted(values.values())[n_kept - 1]
