"""AutoSampler, the default: chooses a sampler for each suggestion (docs/algorithms/auto.md).

    results so far                              sampler
    none finite                                 first points: defaults or centre, Latin hypercube
    up to 500                                   bayes; beyond 60 on its best 30 and latest 30
    over 500, or a deadline under 20 ms         tpe, every fourth suggestion bayes
    over 300 trials pending                     tpe, which keeps away from all of them
    the model failed                            tpe, then random

A Gaussian process on 60 chosen points beats tpe at least to 150 trials, for a constant 19 ms. Every suggestion
names the sampler that made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

import numpy as np

from scriptune.core.trial import Observation, Phase, Suggestion
from scriptune.messages import Message
from scriptune.plugins.options import option
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Encoding
from scriptune.search.free import any_free
from scriptune.search.gp.maximise import Score
from scriptune.search.gp.sampler import GPSampler, ModelFailedError
from scriptune.search.pending import Pending, taken_keys
from scriptune.search.tpe.sampler import TPESampler

__all__ = ["AutoOptions", "AutoSampler"]

_MANY = 500  # results; reasoned from the cost of a suggestion, not tuned (docs/algorithms/auto.md)
_MANY_PENDING = 300  # trials; most of them are then unknown to a model that is conditioned on 100 of them
_SLOW_MS = 20.0  # what a suggestion of bayes takes at its cap
_BAYES_EVERY = 4

_S = TypeVar("_S", bound=BaseSampler)


@dataclass(frozen=True)
class AutoOptions:
    """Options of `auto`."""

    deadline_ms: float | None = option(
        None,
        "sampler_option.auto_deadline_ms",
        low=0.0,
        low_open=True,
    )


class AutoSampler(BaseSampler):
    """Chooses between `bayes` and `tpe` by the length of the history; both learn from every result."""

    name: ClassVar[str] = "auto"
    options_class: ClassVar[type] = AutoOptions
    brings_defaults: ClassVar[bool] = True
    uses_first_points: ClassVar[bool] = True
    learns_steps: ClassVar[bool] = True

    def prepare(self) -> None:
        self._bayes = self._make(GPSampler)
        self._tpe = self._make(TPESampler)

    def _make(self, kind: type[_S]) -> _S:
        return kind(
            self.space, self.seed, n_trials=self.n_trials, n_workers=self.n_workers, rules=self.rules, first=self.first
        )

    def learn(self, observation: Observation) -> None:
        self._bayes.max_step = self.max_step
        self._bayes.tell(observation)
        self._tpe.tell(observation)

    def propose(self, number: int, pending: Pending) -> Suggestion:
        return self.propose_with(number, pending, ())

    def propose_with(self, number: int, pending: Pending, partial: Sequence[Observation]) -> Suggestion:
        if self._bayes.is_starting(number, len(pending)) or not self._is_tpes_turn(number, len(pending)):
            try:
                return self._bayes.propose_or_fail(number, pending, partial)
            except ModelFailedError:
                return self._fall_back(number, pending)
        return self._tpe.propose(number, pending)

    def measure(self, number: int, pending: Pending) -> Score | None:
        if self._bayes.is_starting(number, len(pending)):
            return None
        by_bayes = None if self._is_tpes_turn(number, len(pending)) else self._bayes.measure(number, pending)
        return by_bayes or self._tpe.measure(number, pending)

    def _is_tpes_turn(self, number: int, n_pending: int) -> bool:
        if self.rules > 1 and n_pending > _MANY_PENDING:
            return True
        hurried = self.options.deadline_ms is not None and self.options.deadline_ms < _SLOW_MS
        return (hurried or len(self.observations) > _MANY) and number % _BAYES_EVERY != 0

    def _fall_back(self, number: int, pending: Pending) -> Suggestion:
        try:
            return replace(self._tpe.propose(number, pending), phase=Phase.FALLBACK)
        except ArithmeticError:
            taken = taken_keys(self.told_keys, pending)
            params = any_free(Encoding(self.space), taken, np.random.default_rng([self.seed, number]))
            return Suggestion(params, "random", Phase.FALLBACK, note=Message("note.both_models_failed"))
