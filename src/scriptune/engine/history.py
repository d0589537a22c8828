"""The told history of a job, and the sampler that it implies.

What a sampler was told, and in which order, is stored (`Tell`), so that the sampler can be built again at any
time and each suggestion derived again. A later entry for the same trial (after ``retry`` or ``reparse``)
replaces the earlier one; the sampler is then built anew, since samplers are told each trial once.

The sign is turned here and nowhere else: metrics keep the user's goal, samplers minimise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scriptune.core.job import JobSpec
from scriptune.core.parameters import Scalar
from scriptune.core.space import Params
from scriptune.core.trial import Observation, Phase, Suggestion, Tell
from scriptune.errors import SpaceExhaustedError
from scriptune.search.base import BaseSampler
from scriptune.search.registry import make_sampler

__all__ = ["ToldHistory", "effective_tells"]


def effective_tells(tells: Sequence[Tell]) -> list[Tell]:
    """The entries that count: for each trial the last one, in the order of what is left."""
    last = {tell.number: tell.order for tell in tells}
    return [tell for tell in tells if last[tell.number] == tell.order]


class ToldHistory:
    """A job's sampler together with the history it was told.

    Args:
        spec: The job.
    """

    def __init__(self, spec: JobSpec) -> None:
        self._spec = spec
        self._space = spec.space
        self._sign = spec.objective.goal.sign
        self._params: dict[int, Params] = {}
        self._tells: list[Tell] = []
        self._told: set[int] = set()
        self._untold: set[int] = set()
        self._wishes: list[Params] = []
        self._sampler = self._new_sampler()

    def _new_sampler(self) -> BaseSampler:
        """The sampler before the first trial: it knows the given results and wishes of ``start_with``."""
        search = self._spec.search
        sampler = make_sampler(
            search.sampler,
            self._space,
            seed=search.seed,
            n_trials=search.trials,
            n_workers=self._spec.run.parallel,
            **search.options,
        )
        for i, start in enumerate(search.start_with):
            if start.value is None:
                sampler.enqueue(start.params)
            else:
                sampler.tell(Observation(-1 - i, dict(start.params), self._sign * start.value))
        for wish in self._wishes:
            sampler.enqueue(wish)
        return sampler

    @property
    def n_told(self) -> int:
        """Length of the told history."""
        return len(self._tells)

    def asked(self, number: int, params: Mapping[str, Scalar]) -> None:
        """A trial with these params exists now."""
        self._params[number] = dict(params)
        self._untold.add(number)

    def params(self, number: int) -> Params:
        """Params of a trial that exists."""
        return self._params[number]

    def wish(self, params: Params) -> None:
        """The user wants this configuration to be tried next."""
        self._wishes.append(params)
        self._sampler.enqueue(params)

    def tell(self, tell: Tell) -> None:
        """Add the next entry of the stored history."""
        assert tell.order == len(self._tells), (tell, len(self._tells))
        self._tells.append(tell)
        if tell.number in self._told:
            self._rebuild()
        else:
            self._told.add(tell.number)
            self._untold.discard(tell.number)
            self._sampler.tell(self._observation(tell))

    def _rebuild(self) -> None:
        self._sampler = self._new_sampler()
        for tell in effective_tells(self._tells):
            self._sampler.tell(self._observation(tell))

    def _observation(self, tell: Tell) -> Observation:
        value = None if tell.value is None else self._sign * tell.value
        return Observation(tell.number, self._params[tell.number], value)

    def pending(self, number: int) -> list[Params]:
        """Params of the trials below a number that were not told yet, by number."""
        return [self._params[n] for n in sorted(self._untold) if n < number]

    def suggest(self, number: int) -> Suggestion:
        """What the search tries next: a function of the job, its seed and the ordered history.

        Returns:
            The suggestion, its prediction in the metric's own sign.

        Raises:
            SpaceExhaustedError: Every configuration was tried and the job does not allow duplicates.
        """
        pending = self.pending(number)
        try:
            suggestion = self._sampler.suggest(number, pending)
        except SpaceExhaustedError:
            if not self._spec.search.allow_duplicates:
                raise
            suggestion = self._again(number)
        mean = None if suggestion.mean is None else self._sign * suggestion.mean
        return replace(suggestion, mean=mean)

    def _again(self, number: int) -> Suggestion:
        """A configuration that was tried already, drawn without looking at the history."""
        fresh = make_sampler("random", self._space, seed=self._spec.search.seed)
        params = fresh.ask(number, [])
        return Suggestion(
            params,
            "random",
            Phase.FALLBACK,
            note="Every configuration was tried; this one is run again, as allow_duplicates permits.",
        )
