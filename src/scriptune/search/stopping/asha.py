"""AshaRule: the stopping form of asynchronous successive halving (Li et al. 2020), for random search and many trials.

With few trials and a sampler that learns, it cuts too much: half of the searches lost their best trial to it
(docs/stopping.md). For those there is `model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scriptune.plugins.options import option
from scriptune.search.stopping.comparison import ComparingRule, spaced_rungs

__all__ = ["AshaOptions", "AshaRule"]

_FIRST_RUNG = 1 / 26  # of a training
_ETA = 3


@dataclass(frozen=True)
class AshaOptions:
    """Options of `asha`."""

    first_rung: int | None = option(None, "stopping_option.first_rung", low=1)
    audit: float = option(0.0, "stopping_option.audit", low=0.0, high=1.0)


class AshaRule(ComparingRule):
    """Stops trials that are not among the best third at a rung."""

    options_class = AshaOptions

    def __init__(self, options: AshaOptions, *, max_step: int | None, seed: int) -> None:
        """See `scriptune.search.stopping.base`."""
        self._options = options
        super().__init__(max_step, seed, options.audit)

    def rungs_of(self, max_step: int) -> tuple[int, ...]:
        """r_1 = T/26, then three times the one before."""
        first = self._options.first_rung or max(1, round(_FIRST_RUNG * max_step))
        return spaced_rungs(first, max_step, _ETA)

    def falls_behind(self, number: int, rung: int, values: Mapping[int, float]) -> bool:  # noqa: ARG002
        """Whether it is not among the floor(n / eta) smallest; ties are among them."""
        n = len(values)
        return n >= _ETA and values[number] > sorted(values.values())[n // _ETA - 1]
