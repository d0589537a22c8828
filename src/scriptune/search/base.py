"""The sampler contract, and a base class that implements its common part.

    sampler.ask(number, pending, partial) -> params     propose params for trial ``number``
    sampler.tell(observation)                           report the result of a trial

* Everything is **minimised**.
* Randomness comes from ``np.random.default_rng([seed, number])``: each trial has its own stream. Nothing else plays a
  part: not the process, not its hash seed, not the time.
* State is what the told history implies. A sampler rebuilt by telling the stored observations in their recorded order
  asks what the first one would have asked, bit for bit. ``ask`` changes nothing that a later ``ask`` can notice (caches
  of pure functions of the history are fine).
* ``pending`` are the params that were asked and not yet told, in any order: the answer must not depend on that order.
* ``partial`` are running trials that have reached a rung, with their values there; they may be among ``pending`` too.
  A trial that was stopped is told with ``is_final=False`` and its values at rungs. A sampler that learns from them says
  so by `BaseSampler.learns_steps`; others take the former for pending, and are told an estimate of the latter's final
  value (`scriptune.search.levels`).
* Each number is told once; a second time is refused, and so are params outside the space. Negative numbers are results
  known before the search, which count like others. One configuration may be told under several numbers, with other
  values.
* A failed, NaN or infinite result is an ordinary event, and so are values of any size: they cause no error and no
  warning.
* Params leave as built-in values, inside their bounds, on their step, without inactive parameters, satisfying the
  constraints, and different from every told and pending configuration. When a finite space holds no further one,
  `SpaceExhaustedError` says so. `BaseSampler` replaces a suggestion that violates a constraint by a random one; a
  sampler that draws by `Encoding.sample` and checks by `first_free` makes none.
* Enqueued params come before anything else, and the first points (without any: the user's defaults, completed where
  only some parameters have one) before anything of the sampler's own; all unless they are told or pending. Known
  results and enqueued params take the place of first points that hold no defaults. `BaseSampler` sees to it. A sampler
  whose points depend on the trial's number alone says so by `BaseSampler.by_number`, and has the defaults as number 0
  only.
* A suggestion names the sampler that chose it and holds a whole sentence that says why; figures of a model are finite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol

from scriptune.core.builtin_values import builtin_value
from scriptune.core.first_points import FirstPoint
from scriptune.core.job import SEARCH_RULES
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Observation, Phase, Suggestion
from scriptune.errors import SamplerError
from scriptune.messages import Message
from scriptune.plugins.options import NoOptions
from scriptune.search.levels import curve_of, estimate, offsets
from scriptune.search.pending import Key, Pending, taken_keys

__all__ = ["BaseSampler", "Sampler"]


class Sampler(Protocol):
    """The minimal interface of a sampler."""

    def ask(self, number: int, pending: Sequence[Params], partial: Sequence[Observation] = ()) -> Params:
        """Propose params for trial ``number`` while ``pending`` are being evaluated, some with values at rungs."""
        ...

    def tell(self, observation: Observation) -> None:
        """Report a result; each number once."""
        ...


class BaseSampler:
    """Base class of scriptune's samplers: the told history, enqueued params, and rejection of repeated tells.

    A subclass sets ``name`` and ``options_class`` and writes `propose`; with a state of its own, also `prepare`,
    which is called once, and `learn`. The user's defaults are proposed here, unless `propose` does it itself.

    Attributes:
        by_number: Points depend on the trial's number alone, so the defaults are number 0 or nothing.
        brings_defaults: `propose` itself proposes the user's defaults first.
        uses_first_points: `propose` itself proposes the first points; they are chosen for it where none are given.
        learns_steps: It learns from values at rungs, and `propose_with` is called in place of `propose`.
        max_step: Length of a training in steps, once it is known; set from outside.
        observations: The told history, in order; values finite or None.
        told_keys: `params_key` of every told configuration.

    Args:
        space: What to search.
        seed: Of all randomness.
        options: An instance of ``options_class``.
        n_trials: Budget of the search when known; some start-up phases depend on it.
        n_workers: Trials that run in parallel, when known.
        rules: Version of the rules to suggest by, see `SEARCH_RULES`.
        first: What to try first, in order, in place of the user's defaults or the centre.
    """

    name: ClassVar[str]
    options_class: ClassVar[type] = NoOptions
    by_number: ClassVar[bool] = False
    brings_defaults: ClassVar[bool] = False
    uses_first_points: ClassVar[bool] = False
    learns_steps: ClassVar[bool] = False

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        options: Any = None,
        *,
        n_trials: int | None = None,
        n_workers: int | None = None,
        rules: int = SEARCH_RULES,
        first: Sequence[FirstPoint] = (),
    ) -> None:
        self.space = space
        self.seed = seed
        self.options = options if options is not None else self.options_class()
        self.n_trials = n_trials
        self.n_workers = n_workers
        self.rules = rules
        self.first = tuple(first)
        self.observations: list[Observation] = []
        self.told_keys: set[Key] = set()
        self._told_numbers: set[int] = set()
        self._enqueued: list[Params] = []
        self._curves: list[dict[float, float]] = []
        self.max_step: int | None = None
        self.prepare()

    def prepare(self) -> None:
        """Hook for subclasses: create the state for an empty history; all arguments are already attributes."""

    def ask(self, number: int, pending: Sequence[Params] = (), partial: Sequence[Observation] = ()) -> Params:
        """Propose params for trial ``number``; see the module's contract.

        Raises:
            SpaceExhaustedError: Every configuration of a finite space is told or pending.
        """
        if not isinstance(pending, Pending):
            # Those of other libraries would differ from the configurations that they are.
            pending = [self.space.validate(params) for params in pending]
        partial = [replace(one, params=self.space.validate(one.params)) for one in partial]
        return self.suggest(builtin_value(number), pending, partial).params

    def suggest(self, number: int, pending: Sequence[Params] = (), partial: Sequence[Observation] = ()) -> Suggestion:
        """Propose params like `ask`, with an explanation of how they were chosen."""
        pending = Pending.of(pending)
        missing = [one.params for one in partial if params_key(one.params) not in pending.keys]
        if missing:
            pending = Pending.of([*pending, *missing])
        enqueued = self._next_enqueued(pending)
        if enqueued is not None:
            return Suggestion(enqueued, self.name, Phase.ENQUEUED, note=Message("note.enqueued"))
        known = self._untried_first(number, pending) or self._untried_defaults(number, pending)
        if known is not None:
            suggestion = known
        elif self.learns_steps:
            suggestion = self.propose_with(number, pending, partial)
        else:
            suggestion = self.propose(number, pending)
        return suggestion if self.space.violated(suggestion.params) is None else self._satisfying(number, pending)

    def _satisfying(self, number: int, pending: Pending) -> Suggestion:
        """A random suggestion in place of one that violates a constraint, as of a plug-in that does not know them."""
        # Imported here as below.
        import numpy as np

        from scriptune.search.encoding import Encoding
        from scriptune.search.free import any_free

        rng = np.random.default_rng([self.seed, number])
        params = any_free(Encoding(self.space), taken_keys(self.told_keys, pending), rng)
        return Suggestion(params, self.name, Phase.FALLBACK, note=Message("note.violating"))

    def _untried_first(self, number: int, pending: Pending) -> Suggestion | None:
        """The next first point, for a sampler that does not propose them itself."""
        if self.uses_first_points or number >= len(self.first):
            return None
        taken = taken_keys(self.told_keys, pending)
        point = next((point for point in self.first if params_key(point.params) not in taken), None)
        return None if point is None else Suggestion(dict(point.params), self.name, Phase.DEFAULT, note=point.note)

    def _untried_defaults(self, number: int, pending: Pending) -> Suggestion | None:
        if self.brings_defaults or not self.space.has_defaults or (self.by_number and number != 0):
            return None
        # Imported here: `import scriptune` loads this module, and must not load numpy with it.
        from scriptune.search.encoding import Encoding
        from scriptune.search.initial import default_params, untried_defaults

        taken = taken_keys(self.told_keys, pending)
        return untried_defaults(self.name, self.space, default_params(Encoding(self.space), self.seed), taken)

    def propose(self, number: int, pending: Pending) -> Suggestion:
        """Propose params; every sampler implements this."""
        raise NotImplementedError

    def propose_with(self, number: int, pending: Pending, partial: Sequence[Observation]) -> Suggestion:  # noqa: ARG002
        """Propose params like `propose`, for a sampler that learns from values at rungs.

        Args:
            number: The trial.
            pending: All running trials.
            partial: Those of them that have reached a rung.
        """
        return self.propose(number, pending)

    def measure(self, number: int, pending: Pending) -> Callable[[Any], Any] | None:  # noqa: ARG002  # a hook's arguments
        """Hook for subclasses: how good encoded rows are, larger is better, as (m, d) to (m,); None: no opinion."""
        return None

    def tell(self, observation: Observation) -> None:
        """Report a result.

        Raises:
            SamplerError: The number was told before, or the value is not a number.
            SpaceError: The params do not belong to the space.
        """
        number = builtin_value(observation.number)
        if number in self._told_numbers:
            raise SamplerError(Message("sampler.told_twice", number=number))
        params = self.space.validate(observation.params)
        value = builtin_value(observation.value)
        if value is not None:
            try:
                value = float(value)
            except (TypeError, ValueError, OverflowError) as err:
                raise SamplerError(Message("trial.value_not_a_number", number=number, value=value)) from err
            value = value if math.isfinite(value) else None
        observation = replace(observation, number=number, params=params, value=value)
        self._told_numbers.add(number)
        self.observations.append(observation)
        self.told_keys.add(params_key(params))
        self.learn(observation if self.learns_steps else self._without_steps(observation))

    def _without_steps(self, observation: Observation) -> Observation:
        """The observation for a sampler that learns from final values only."""
        curve = curve_of(observation)
        self._curves.append(curve)
        if observation.is_final:
            return observation if not observation.rungs else replace(observation, rungs=())
        return replace(observation, value=estimate(observation, offsets(self._curves)), rungs=(), is_final=True)

    def learn(self, observation: Observation) -> None:
        """Hook for subclasses: called after an observation (value finite or None) was added to the history."""

    def enqueue(self, params: Mapping[str, Any]) -> None:
        """Queue params to be proposed before anything the sampler chooses.

        Raises:
            SpaceError: The params do not belong to the space.
        """
        self._enqueued.append(self.space.validate(params))

    def _next_enqueued(self, pending: Pending) -> Params | None:
        if not self._enqueued:
            return None
        taken = taken_keys(self.told_keys, pending)
        return next((dict(params) for params in self._enqueued if params_key(params) not in taken), None)
