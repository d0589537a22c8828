"""What the rules of this package share: rungs, and trials that are compared at them.

Notation of docs/stopping.md:
    T       length of a training in steps
    r_k     rungs, ascending
    y_i(r)  value of trial i at rung r: that of its first report at or after it, minimised
    n_r     trials with a value at rung r
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from scriptune.core.decision import Comparison, Decision

__all__ = ["ComparingRule", "spaced_rungs"]

_LAST_RUNG = 0.7  # of a training: beyond it too little is left that stopping could save
_AUDIT_STREAM = 0xA0D  # third word of the seed of the audit's draws


def spaced_rungs(first: int, max_step: int, factor: int) -> tuple[int, ...]:
    """Rungs from the first one on, each ``factor`` times the one before, in the first 70 % of a training."""
    rungs = []
    rung = first
    while rung <= _LAST_RUNG * max_step:
        rungs.append(rung)
        rung *= factor
    return tuple(rungs)


class ComparingRule:
    """Base of rules that compare a trial with all others at its rungs.

    A subclass writes `rungs_of` and `falls_behind`. Trials that would be cut run on with probability ``audit``, drawn
    once for each trial, so that the error of the rule can be measured.

    Args:
        max_step: T; None: the last step of the first completed trial.
        seed: Of the audit's draws.
        audit: Share of the trials to cut that run on.

    Attributes:
        comparison: What the last answer of `record` is based on; None when there was nothing to compare.
        finals: Final values of the completed trials, by number.
        spared: Trials that the rule would have cut, and that run on for the audit.
    """

    def __init__(self, max_step: int | None, seed: int, audit: float) -> None:
        self._max_step = max_step
        self._seed = seed
        self._audit = audit
        self._rungs = () if max_step is None else self.rungs_of(max_step)
        self._steps: dict[int, float] = {}
        self.values: dict[int, dict[int, float]] = {rung: {} for rung in self._rungs}
        self.comparison: Comparison | None = None
        self.finals: dict[int, float] = {}
        self.spared: set[int] = set()

    def rungs_of(self, max_step: int) -> tuple[int, ...]:
        """The rungs of a training of so many steps; a subclass implements this."""
        raise NotImplementedError

    def falls_behind(self, number: int, rung: int, values: Mapping[int, float]) -> bool:
        """Whether a trial is to be cut at a rung; a subclass implements this.

        Args:
            number: The trial.
            rung: The highest that it has reached.
            values: y_i(r) of all trials that have reached it, this one included.
        """
        raise NotImplementedError

    def reach(self, number: int, rung: int, value: float) -> None:
        """Keep the value of a trial at a rung."""
        self.values[rung][number] = value

    def forget(self, number: int) -> None:
        """Drop the values of a trial that starts again."""
        for values in self.values.values():
            values.pop(number, None)

    @property
    def rungs(self) -> tuple[int, ...]:
        """Steps at which trials are compared; empty while T is not known."""
        return self._rungs

    def record(self, number: int, step: float, value: float, protected: bool = False) -> Decision:
        """Record the value at the rungs that a report reaches, and decide at the highest of them."""
        before = self._steps.get(number, -math.inf)
        if step <= before:  # a further attempt starts again
            self.forget(number)
            before = -math.inf
        self._steps[number] = step
        value = value if math.isfinite(value) else math.inf
        reached = [rung for rung in self._rungs if before < rung <= step]
        for rung in reached:
            self.reach(number, rung, value)
        self.comparison = None
        if not reached:
            return Decision.CONTINUE
        return self._decide(number, step, reached[-1], protected)

    def _decide(self, number: int, step: float, rung: int, protected: bool) -> Decision:
        values = self.values[rung]
        is_behind = self.falls_behind(number, rung, values)
        is_exempt = protected or number in self.spared or (self._max_step is not None and step >= self._max_step)
        if is_behind and not is_exempt and self._is_audited(number):
            self.spared.add(number)
            is_exempt = True
        rank = 1 + sum(other < values[number] for other in values.values())
        self.comparison = Comparison(rung, len(values), rank, is_behind, number in self.spared)
        return Decision.STOP if is_behind and not is_exempt else Decision.CONTINUE

    def _is_audited(self, number: int) -> bool:
        return self._audit > 0.0 and np.random.default_rng([self._seed, number, _AUDIT_STREAM]).random() < self._audit

    def finish(self, number: int, step: float, completed: bool) -> None:  # noqa: ARG002
        """The first completed trial fixes T."""
        if completed and self._max_step is None:
            self._max_step = max(1, round(step))
            self._rungs = self.rungs_of(self._max_step)
            self.values = {rung: {} for rung in self._rungs}

    def learn_final(self, number: int, value: float) -> None:
        """Record the final value of a completed trial, before its `finish`."""
        if math.isfinite(value):
            self.finals[number] = value
