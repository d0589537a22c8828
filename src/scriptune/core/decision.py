"""What is decided about running trials, and the record of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scriptune.core.trial import AnyFloat

__all__ = ["Decision", "StoppingCall"]


class Decision(StrEnum):
    """What becomes of a trial that reached a rung. Suspending it for a while would be a third member."""

    CONTINUE = "continue"
    STOP = "stop"


@dataclass(frozen=True)
class StoppingCall:
    """A call of a job's stopping rule as it is stored, in the order of the calls.

    Attributes:
        number, attempt: Of whom.
        step: Of the report that reached a rung; of the last report when the trial has ended.
        value: At a rung: the trial's value so far, to be minimised; infinite without one.
        protected: Whether the trial was to continue in any case.
        decision: What the rule answered; None: the trial has ended.
        completed: Of a trial that has ended: whether its program ran to its end.
    """

    number: int
    attempt: int
    step: float
    value: AnyFloat | None = None
    protected: bool = False
    decision: Decision | None = None
    completed: bool = False
