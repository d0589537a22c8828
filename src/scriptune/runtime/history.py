"""The told history of a job, and the sampler rebuilt from it.

What a sampler was told, and in which order, is stored (`Tell`), so that the sampler can be built again at any
time and each suggestion derived again. A later entry for the same trial (after ``retry`` or ``reparse``)
replaces the earlier one; the sampler is then built again, since samplers are told each trial once.

In an ordered search (`SearchSpec.ordered`) with W parallel trials, the sampler that suggests trial n was told the
results of trials 0 .. n - W and no others, in the order of their numbers; the W - 1 trials after them are pending,
even if they have ended. What is stored is the same: results in the order in which they came.

The sign is flipped here and nowhere else: metrics keep the user's goal, samplers minimise. When a re-parse reverses
the goal, the sampler is built again from the same history under the other sign.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from scriptune.core.first_points import FirstPoint
from scriptune.core.job import SEARCH_RULES, Goal, JobSpec, SearchJob
from scriptune.core.parameters import Scalar
from scriptune.core.space import Params, params_key
from scriptune.core.trial import Observation, Phase, Suggestion, Tell, Trial
from scriptune.errors import SamplerError, SpaceExhaustedError
from scriptune.messages import Message
from scriptune.search.base import BaseSampler
from scriptune.search.completion import complete
from scriptune.search.grid import is_listed
from scriptune.search.pending import Key, Pending
from scriptune.search.registry import make_sampler

__all__ = ["ToldHistory", "effective_tells", "enqueued_kind", "is_divided"]

_Values: TypeAlias = Callable[[int], tuple[tuple[float, float], ...]]


def _no_values(number: int) -> tuple[tuple[float, float], ...]:  # noqa: ARG001 - a `_Values`
    return ()


def effective_tells(tells: Sequence[Tell]) -> list[Tell]:
    """The tells that count: the last one of each trial, in order."""
    last = {tell.number: tell.order for tell in tells}
    return [tell for tell in tells if last[tell.number] == tell.order]


def enqueued_kind(job_id: str) -> str:
    """The item kind under which a job's enqueued params are stored, in order."""
    return f"enqueued/{job_id}"


def is_divided(spec: JobSpec) -> bool:
    """Whether a search proposes only points of a grid, so that other values exist between them."""
    return spec.search.sampler == "grid" and not all(is_listed(parameter) for parameter in spec.space.values())


class ToldHistory:
    """A job's sampler together with the history it was told.

    Args:
        spec: The job.
        earlier_goals: As in `SearchJob`: suggestions from before a re-parse changed the goal are reproduced under
            the earlier goal.
        rules: As in `SearchJob`, of the samplers.
        first_points: As in `SearchJob`.
        n_workers: The number of parallel trials that the sampler assumes, and the window of an ordered search; None:
            ``run.parallel``. It stays when ``change`` lets more or fewer run.
    """

    def __init__(
        self,
        spec: JobSpec,
        earlier_goals: Sequence[tuple[int, Goal]] = (),
        rules: int = SEARCH_RULES,
        first_points: Sequence[FirstPoint] = (),
        n_workers: int | None = None,
    ) -> None:
        self._spec = spec
        self._n_workers = spec.run.parallel if n_workers is None else n_workers
        self._space = spec.space
        self._earlier_goals = earlier_goals
        self._rules = rules
        self._first_points = first_points
        self._sign = self._sign_for(0)
        self._params: dict[int, Params] = {}
        self._tells: list[Tell] = []
        self._told: set[int] = set()
        self._latest: dict[int, Tell] = {}  # in an ordered search, by trial
        self._n_settled = 0  # all trials below are told
        self._n_passed_on = 0  # in an ordered search: trials below have been passed on to the sampler
        self._pending = Pending()
        # What the user asked for, in order, until a trial takes it. A configuration may be asked for again on purpose.
        self._enqueued: list[Params] = [dict(start.params) for start in spec.search.start_with if start.value is None]
        self._granted: Counter[Key] = Counter()
        self._sampler = self._new_sampler()

    @classmethod
    def of(cls, job: SearchJob, spec: JobSpec) -> ToldHistory:
        """The history of a stored job before its first trial."""
        # A confirmation has the search's first point only to pass it as the search did, see `make_plan`.
        first_points = job.first_points if job.confirms is None else ()
        return cls(spec, job.earlier_goals, job.search_rules, first_points, job.n_workers)

    def _new_sampler(self) -> BaseSampler:
        """Create the sampler before the first trial, told the given results of ``start_with``."""
        search = self._spec.search
        sampler = make_sampler(
            search.sampler,
            self._space,
            seed=search.seed,
            n_trials=search.trials,
            n_workers=self._n_workers,
            rules=self._rules,
            first=self._first_points,
            **search.options,
        )
        sampler.max_step = self._spec.stopping.max_step
        for i, start in enumerate(search.start_with):
            if start.value is not None:
                sampler.tell(Observation(-1 - i, dict(start.params), self._sign * start.value))
        return sampler

    def _sign_for(self, number: int) -> float:
        """The sign of the goal under which a trial was suggested."""
        goals = (goal for until, goal in self._earlier_goals if number < until)
        return next(goals, self._spec.objective.goal).sign

    def may_suggest(self, number: int) -> bool:
        """Whether the results that a trial is chosen from are known; always, unless the search is ordered."""
        return not self._spec.search.ordered or self._n_settled >= self._window_start(number)

    @property
    def n_settled(self) -> int:
        """The first trial whose result is not known."""
        return self._n_settled

    def _window_start(self, number: int) -> int:
        """The first trial of an ordered search whose result plays no part for a trial."""
        return max(number - self._n_workers + 1, 0)

    @property
    def n_told(self) -> int:
        """Number of results in the told history."""
        return len(self._tells)

    @property
    def lengths(self) -> list[float]:
        """How long the attempts of the told trials were, in steps."""
        return [length for tell in effective_tells(self._tells) for length in tell.lengths]

    def recorded(self, trial: Trial) -> None:
        """Register a stored trial; see `asked`."""
        suggestion = trial.suggestion
        if suggestion is None:
            self.asked(trial.number, trial.params)
        else:
            self.asked(trial.number, trial.params, suggestion.phase, suggestion.fixed)

    def asked(
        self, number: int, params: Mapping[str, Scalar], phase: Phase | None = None, fixed: Params | None = None
    ) -> None:
        """Register a new trial; one of phase `Phase.ENQUEUED` consumes enqueued params.

        Without a phase, as when `suggest` was just followed, it takes one that fits.

        Args:
            number: The trial.
            params: Its params.
            phase: Of its suggestion.
            fixed: As in `Suggestion`.
        """
        self._params[number] = dict(params)
        self._pending.add(number, self._params[number])
        if phase is Phase.ENQUEUED or (phase is None and params_key(params) in map(params_key, self._enqueued)):
            self._granted[params_key(params if fixed is None else fixed)] += 1
            self._drop_granted()

    def _drop_granted(self) -> None:
        """Remove the enqueued params that trials have consumed: for each trial the first equal ones."""
        left = []
        for params in self._enqueued:
            key = params_key(params)
            if self._granted[key]:
                self._granted[key] -= 1
            else:
                left.append(params)
        self._enqueued = left

    def params(self, number: int) -> Params:
        """The params of an existing trial."""
        return self._params[number]

    def enqueue(self, params: Params) -> None:
        """Queue a configuration, or part of one, to be tried next, even if it was tried before.

        They are read again after a restart, in their order: trials that exist already have taken the first of them.
        """
        self._enqueued.append(params)
        self._drop_granted()

    def tell(self, tell: Tell) -> None:
        """Append the next entry of the stored history."""
        assert tell.order == len(self._tells), (tell, len(self._tells))
        self._tells.append(tell)
        is_repeated = tell.number in self._told
        self._told.add(tell.number)
        while self._n_settled in self._told:
            self._n_settled += 1
        if self._spec.search.ordered:
            self._latest[tell.number] = tell
            if tell.number < self._n_passed_on:
                self._rebuild()
        elif is_repeated:
            self._rebuild()
        else:
            self._pending.discard(tell.number)
            self._pass(tell)

    def _pass(self, tell: Tell) -> None:
        """Tell the sampler a result; the first final one with a length says how long a training is."""
        if self._sampler.max_step is None and tell.is_final and tell.value is not None and tell.lengths:
            self._sampler.max_step = max(1, round(tell.lengths[-1]))
        self._sampler.tell(self._observation(tell))

    def _rebuild(self) -> None:
        self._sampler = self._new_sampler()
        if self._spec.search.ordered:  # `derive` passes on what counts
            self._n_passed_on = 0
            self._pending = Pending()
            for number, params in self._params.items():
                self._pending.add(number, params)
            return
        for tell in effective_tells(self._tells):
            self._pass(tell)

    def _pass_on(self, until: int) -> None:
        """Tell the sampler of an ordered search the results of the trials below a number, and no others."""
        if until < self._n_passed_on:
            self._rebuild()
        for number in range(self._n_passed_on, until):
            if number in self._latest:  # else it was stopped with its search, and still is to run
                self._pending.discard(number)
                self._pass(self._latest[number])
        self._n_passed_on = until

    def _observation(self, tell: Tell) -> Observation:
        value = None if tell.value is None else self._sign * tell.value
        rungs = tuple((step, self._sign * reached) for step, reached in tell.rungs)
        return Observation(tell.number, self._params[tell.number], value, rungs, tell.is_final)

    def _partial(self, pending: Pending, values: _Values) -> list[Observation]:
        """The pending trials that have reached a rung."""
        found = ((number, values(number)) for number in sorted(pending.numbers_in_canonical_order() or ()))
        return [
            Observation(number, self._params[number], rungs[-1][1], rungs, is_final=False)
            for number, rungs in found
            if rungs
        ]

    def pending(self, number: int) -> Pending:
        """The trials below a number that the sampler was not told yet."""
        return self._pending.below(number)

    def suggest(self, number: int, values: _Values = _no_values) -> Suggestion:
        """Suggest the next trial: a function of the job, its seed and the ordered history.

        Args:
            number: The trial.
            values: (step, value) at the rungs that a running trial has reached, to be minimised, by its number.

        Returns:
            The suggestion, its prediction in the metric's own sign.

        Raises:
            SpaceExhaustedError: Every configuration was tried and the job does not allow duplicates.
        """
        while self._enqueued:
            params = dict(self._enqueued[0])
            if self._space.contains(params):
                note = Message("suggestion.enqueued")
                return Suggestion(params, self._spec.search.sampler, Phase.ENQUEUED, note=note)
            try:
                return self.complete(number, params)
            except SpaceExhaustedError:
                del self._enqueued[0]  # what cannot be had must not end the search
        return self.derive(number, values)

    def complete(self, number: int, fixed: Params) -> Suggestion:
        """Suggest a trial of which the user has fixed some params: the same kind of function as `suggest`.

        Raises:
            SpaceExhaustedError: No configuration with these was found that satisfies the constraints.
        """
        self._bring_up_to(number)
        suggestion = complete(self._sampler, number, self.pending(number), fixed)
        self._check_legal(number, suggestion)
        return suggestion

    def derive(self, number: int, values: _Values = _no_values) -> Suggestion:
        """Like `suggest`, but ignoring enqueued params."""
        self._bring_up_to(number)
        pending = self.pending(number)
        try:
            # In an ordered search nothing may depend on how far others are.
            partial = [] if self._spec.search.ordered else self._partial(pending, values)
            suggestion = self._sampler.suggest(number, pending, partial)
        except SpaceExhaustedError:
            if not self._spec.search.allow_duplicates:
                raise
            suggestion = self._again(number)
        self._check_legal(number, suggestion)
        mean = None if suggestion.mean is None else self._sign * suggestion.mean
        return replace(suggestion, mean=mean)

    def _bring_up_to(self, number: int) -> None:
        """Tell the sampler what a trial is chosen from, under the goal that it is chosen for."""
        if self._sign_for(number) != self._sign:
            self._sign = -self._sign
            self._rebuild()
        if self._spec.search.ordered:
            self._pass_on(self._window_start(number))

    def _check_legal(self, number: int, suggestion: Suggestion) -> None:
        if not self._space.contains(suggestion.params):  # a sampler of another package may have mistakes
            raise SamplerError(
                Message("sampler.illegal_params", sampler=suggestion.sampler, number=number, params=suggestion.params)
            )

    def _again(self, number: int) -> Suggestion:
        """A configuration that was already tried, drawn independently of the history."""
        fresh = make_sampler("random", self._space, seed=self._spec.search.seed)
        params = fresh.ask(number, [])
        return Suggestion(
            params,
            "random",
            Phase.FALLBACK,
            note=Message("suggestion.repeated"),
        )
