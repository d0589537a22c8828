"""What is decided about running trials, and the record of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scriptune.core.trial import AnyFloat

__all__ = ["Comparison", "Decision", "StoppingCall"]


class Decision(StrEnum):
    """What becomes of a trial that reached a rung. Suspending it for a while would be a third member."""

    CONTINUE = "continue"
    STOP = "stop"


@dataclass(frozen=True)
class Comparison:
    """What a decision at a rung is based on.

    Attributes:
        rung: The highest one that the report reached.
        n: Trials that have reached it, this one included.
        rank: Its place among them by value at the rung, from 1; equal ones share the best place.
        is_behind: Whether the rule would cut it, were it an ordinary trial.
        is_spared: Whether it runs to its end for the audit, to measure how often the rule errs.
    """

    rung: int
    n: int
    rank: int
    is_behind: bool = False
    is_spared: bool = False


@dataclass(frozen=True)
class StoppingCall:
    """A call of a job's stopping rule as it is stored, in the order of the calls.

    Attributes:
        number, attempt: Of whom.
        step: Of the report that reached a rung; of the last report when the trial has ended.
        value: At a rung: the trial's value so far, to be minimised; infinite without one. Of a trial that has
            completed: its final value.
        protected: Whether the trial was to continue in any case.
        decision: What the rule answered; None: the trial has ended.
        completed: Of a trial that has ended: whether its program ran to its end.
        comparison: What the decision is based on; None when there was nothing to compare, or the rule does not say.
    """

    number: int
    attempt: int
    step: float
    value: AnyFloat | None = None
    protected: bool = False
    decision: Decision | None = None
    completed: bool = False
    comparison: Comparison | None = None
