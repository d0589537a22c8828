"""The contract of stopping rules.

    rule.rungs                                      steps at which trials are compared
    rule.record(number, step, value, protected)     a trial reached a rung: does it continue?
    rule.finish(number, step, completed)            a trial has ended

A rule is a class that is made by ``cls(options, *, max_step, seed)``, where ``options`` is an instance of its
``options_class`` (see `scriptune.plugins.options`).

* Everything is **minimised**. A trial without a finite value so far has the value infinity, which is worse than any.
* The rungs are known from the start when ``max_step``, the length of a training, is given. Otherwise there are none
  until the first completed trial is finished, whose last step is then taken for it. Later no rung is added.
* `record` is called once for each attempt and rung, in the order in which the values are stored; a report that reaches
  several rungs is recorded once. When the rungs become known, what was reported before is recorded then, trial by trial
  and as ``protected``. A further attempt of a trial starts again: its values replace the earlier ones.
* A ``protected`` trial counts as any other, and continues: params that the user asked for, a trial that is being
  stopped or has ended, one after which nothing waits.
* `finish` is called once for each trial that ended, after its last `record`, with its last step.
* A decision is a function of the rule's options, ``max_step``, ``seed`` and the calls so far. Nothing else plays a
  part: not the process, not the time. Randomness comes from ``np.random.default_rng([seed, number, ...])``. So a rule
  that is given the stored calls again decides the same, which is how searches are resumed and replayed.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from scriptune.core.decision import Comparison, Decision

__all__ = ["AuditedRule", "StoppingRule"]


class StoppingRule(Protocol):
    """Decides which trials stop early; see the module's contract."""

    @property
    def rungs(self) -> tuple[int, ...]:
        """Steps at which trials are compared, ascending; empty while the length of a training is not known."""
        ...

    def record(self, number: int, step: float, value: float, protected: bool = False) -> Decision:
        """Record the value of a trial at a rung, and decide.

        Args:
            number: The trial.
            step: Of the report by which it reached the rung; several rungs may lie below.
            value: Its value so far, to be minimised; infinite when it has none.
            protected: Whether it continues in any case.
        """
        ...

    def finish(self, number: int, step: float, completed: bool) -> None:
        """Record the end of a trial.

        Args:
            number: The trial.
            step: Of its last report; 0 without one.
            completed: Whether its program ran to its end, with a value.
        """
        ...


@runtime_checkable
class AuditedRule(StoppingRule, Protocol):
    """A rule that says what its decisions are based on, and learns how trials ended.

    Attributes:
        comparison: What the last answer of `record` is based on; None when there was nothing to compare.
    """

    comparison: Comparison | None

    def learn_final(self, number: int, value: float) -> None:
        """Record the final value of a completed trial, to be minimised, before its `finish`."""
        ...
