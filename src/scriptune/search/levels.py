"""Values at rungs of trials that were stopped, compared with final values.

Notation of docs/stopping.md:
    y_i(r)      value of trial i at rung r, minimised; y_i(T) its final value
    off(r)      how much worse values at r are than final ones: off(T) = 0, and for neighbouring levels a < b
                off(a) = off(b) + median of y(a) - y(b) over the trials that have both

The last value of a stopped trial is too bad by about a third of what separates a random trial from the best one. Told
as final values, such values cost more than stopping saves.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise

from scriptune.core.trial import Observation

__all__ = ["FINAL", "curve_of", "estimate", "offsets", "told_rungs"]

_MANY = 8  # rungs; a training of any length has six of them when each is twice the one before
_FIRST = 13  # the first of many that is told is at least a thirteenth of the last one

FINAL = math.inf
"""The level of final values, above all steps."""


def curve_of(observation: Observation) -> dict[float, float]:
    """The finite values of a trial by level."""
    curve = {step: value for step, value in observation.rungs if math.isfinite(value)}
    if observation.is_final and observation.value is not None and math.isfinite(observation.value):
        curve[FINAL] = observation.value
    return curve


def offsets(curves: Sequence[Mapping[float, float]]) -> dict[float, float]:
    """off(r) of all levels at which there are values."""
    levels = sorted({FINAL, *(level for curve in curves for level in curve)})
    off = {FINAL: 0.0}
    for a, b in reversed(list(pairwise(levels))):
        moves = [curve[a] - curve[b] for curve in curves if a in curve and b in curve]
        move = statistics.median(moves) if moves else 0.0
        off[a] = off[b] + (move if math.isfinite(move) else 0.0)  # values of any size: their difference may overflow
    return off


def estimate(observation: Observation, off: Mapping[float, float]) -> float | None:
    """The final value of a trial that was stopped, as far as the moves of other trials tell: y(r) - off(r).

    Args:
        observation: Of the trial, not final.
        off: The `offsets` of all trials told so far, this one included.
    """
    if not observation.rungs:
        return observation.value
    level, value = observation.rungs[-1]
    guess = value - off.get(level, 0.0)
    return guess if math.isfinite(guess) else observation.value


def told_rungs(rungs: Sequence[float]) -> tuple[float, ...]:
    """The rungs whose values a sampler is told: all, or of many about every doubling of the step.

    A rule that compares trials at every step would fill a model with values that say the same.
    """
    if len(rungs) <= _MANY:
        return tuple(rungs)
    told: list[float] = []
    for rung in rungs:
        if rung >= (2.0 * told[-1] if told else rungs[-1] / _FIRST):
            told.append(rung)
    return tuple(told)
