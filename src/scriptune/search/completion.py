"""Complete params of which the user has fixed some: the sampler chooses the others.

The space is restricted to the configurations that contain the fixed values, and the best of it by the sampler's own
measure is searched for:

    1. First points and the user's defaults, as long as the sampler has no opinion: with the fixed values in them.
    2. Else 256 uniform configurations and 64 neighbours of the best results, with the fixed values in them; then three
       rounds of 64 neighbours of the best four so far, on a scale that shrinks by 0.4 a round.
    3. Of these the one with the highest score that was not tried and does not run. Without an opinion, a random one.

A sampler without a measure (`random`, `grid`, plug-ins) gets a random one. That every such configuration was tried is
no reason to refuse what the user asks for: the best of them is then run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from scriptune.core.parameters import Scalar
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Phase, Suggestion
from scriptune.errors import SpaceExhaustedError
from scriptune.messages import Message
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Array, Encoding
from scriptune.search.gp.maximise import Score, mutants
from scriptune.search.pending import Pending, taken_keys

__all__ = ["RESTRICTED_KAPPA", "complete"]

RESTRICTED_KAPPA = 1.0
"""Standard deviations below the mean that a model judges by.

An improvement on the best of the whole space, or the ratio of two densities, is no measure where the user has fixed a
poor value: only what is least known would promise it. So samplers say here what they think good, and explore less."""

_N_UNIFORM, _N_NEIGHBOURS = 256, 64
_N_BEST, _KEEP = 5, 4
_BATCHES = 16  # of uniform rows that are drawn where constraints rule most of them out
_ROUNDS, _SCALE, _SHRINK = 3, 0.2, 0.4
_STREAM = 0xF17  # third word of the seed: no trial's own stream [seed, number] is this one


def complete(sampler: BaseSampler, number: int, pending: Sequence[Params], fixed: Mapping[str, Scalar]) -> Suggestion:
    """Suggest params that contain the fixed ones, as a function of what the sampler was told and of what is pending.

    Args:
        sampler: Chooses the others.
        number: The trial.
        pending: Trials without a result.
        fixed: Legal values of some parameters; each is active by the others or by a choice of the rest.

    Raises:
        SpaceExhaustedError: No configuration that was found contains them, because of constraints.
    """
    pending = Pending.of(pending)
    encoding = Encoding(sampler.space)
    restricted = _Restricted(encoding, fixed, np.random.default_rng([sampler.seed, number, _STREAM]))
    taken = taken_keys(sampler.told_keys, pending)
    score = sampler.measure(number, pending)
    again: Params | None = None
    for params in [*_known(sampler, restricted, score), *restricted.ranked(score, _best_rows(sampler, encoding))]:
        if params_key(params) not in taken:
            return _suggestion(sampler, params, fixed, score)
        again = again or params
    if again is None:
        raise SpaceExhaustedError(Message("sampler.nothing_with", fixed=dict(fixed), n=_BATCHES * _N_UNIFORM))
    return _suggestion(sampler, again, fixed, score)


def _suggestion(sampler: BaseSampler, params: Params, fixed: Mapping[str, Scalar], score: Score | None) -> Suggestion:
    names = list(fixed)
    by_model = Message("suggestion.completed", names=names)
    note = by_model if score else Message("suggestion.completed_plainly", names=names)
    return Suggestion(params, sampler.name, Phase.ENQUEUED, note=note, fixed=dict(fixed))


def _known(sampler: BaseSampler, restricted: _Restricted, score: Score | None) -> Iterator[Params]:
    """What the sampler would try first, with the fixed values, while it has no opinion of its own."""
    if score is not None:
        return
    defaults: Params = {name: one.default for name, one in sampler.space.items() if one.default is not None}
    known_params = [*(point.params for point in sampler.first), *([defaults] if defaults else [])]
    for known in known_params:
        if (params := restricted.containing(known)) is not None:
            yield params


def _best_rows(sampler: BaseSampler, encoding: Encoding) -> Array:
    """Rows of the best results, shape (m, d)."""
    valued = [one for one in sampler.observations if one.value is not None]
    best = sorted(valued, key=lambda one: (one.value, one.number))[:_N_BEST]
    return encoding.encode_many([one.params for one in best])


class _Restricted:
    """The configurations of a space that contain fixed values.

    Args:
        encoding: Of the space.
        fixed: The values.
        rng: Source of randomness.
    """

    def __init__(self, encoding: Encoding, fixed: Mapping[str, Scalar], rng: np.random.Generator) -> None:
        self._encoding = encoding
        self._space: SearchSpace = encoding.space
        self._fixed = dict(fixed)
        self._rng = rng
        self._columns = [encoding.names.index(name) for name in fixed]
        self._values = np.array([encoding.encode_value(name, value) for name, value in fixed.items()])

    def ranked(self, score: Score | None, best: Array) -> Iterator[Params]:
        """Configurations by falling score; in the order of drawing without one."""
        rows = self._drawn()
        if score is None or not len(rows):
            yield from self._decoded(rows)
            return
        if len(best):
            rows = np.concatenate([rows, self._near(best, _N_NEIGHBOURS, _SCALE)])
        scores = self._scores(score, rows)
        for k in range(_ROUNDS):
            top = rows[np.argsort(-scores, kind="stable")[:_KEEP]]
            new = self._near(top, _N_NEIGHBOURS, _SCALE * _SHRINK**k)
            rows, scores = np.concatenate([rows, new]), np.concatenate([scores, self._scores(score, new)])
        yield from self._decoded(rows[np.argsort(-scores, kind="stable")])

    def containing(self, known: Mapping[str, Scalar]) -> Params | None:
        """Known params with the fixed values in them; None if that is no configuration."""
        params = self._space.prune({**known, **self._fixed})
        return self._whole(params) if self._space.contains(params) else None

    def _drawn(self) -> Array:
        """Uniform rows with the fixed values; with constraints those that satisfy them, however rare."""
        rows = self._pinned(self._encoding.sample(_N_UNIFORM, self._rng))
        if self._encoding.feasible is None:
            return rows
        # A draw from the feasible set may not be feasible any more with the fixed values in it; one of the box may.
        kept = [rows[self._encoding.feasible.holds(rows)]]
        for _ in range(_BATCHES):
            if sum(map(len, kept)) >= _N_UNIFORM:
                break
            rows = self._pinned(self._encoding.from_uniform(self._rng.random((_N_UNIFORM, self._encoding.d))))
            kept.append(rows[self._encoding.feasible.holds(rows)])
        if not any(map(len, kept)):
            row = self._encoding.fill_from(rows[:1], rows[:1])[0]
            held = np.isin(np.arange(self._encoding.d), self._columns)
            kept.append(self._encoding.feasible.completions(row, held, _N_UNIFORM, self._rng))
        return np.concatenate(kept)

    def _scores(self, score: Score, rows: Array) -> Array:
        scores = score(rows)
        bad = np.isnan(scores)
        if self._encoding.feasible is not None:
            bad |= ~self._encoding.feasible.holds(rows)
        return np.where(bad, -np.inf, scores)

    def _near(self, parents: Array, n: int, scale: float) -> Array:
        parents = self._pinned(parents[np.arange(n) % len(parents)])
        return self._pinned(mutants(self._encoding, parents, np.full(n, scale), self._rng))

    def _pinned(self, rows: Array) -> Array:
        """Rows with the fixed values, and with a value for every parameter that these activate."""
        rows = self._encoding.fill(rows, self._rng)
        rows[:, self._columns] = self._values
        return self._encoding.snap(rows)

    def _decoded(self, rows: Sequence[Array] | Array) -> Iterator[Params]:
        """The configurations of rows that contain all fixed values, digit for digit."""
        for row in rows:
            decoded = self._encoding.decode(np.asarray(row))
            params = {name: self._fixed.get(name, value) for name, value in decoded.items()}
            if self._space.contains(params) and (whole := self._whole(params)) is not None:
                yield whole

    def _whole(self, params: Params) -> Params | None:
        """The params if all fixed values are in them: one is not where the rest makes it inactive."""
        return params if self._fixed.keys() <= params.keys() else None
