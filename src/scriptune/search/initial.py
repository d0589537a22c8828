"""The initial design of a search: first points, then a Latin hypercube.

The first points are given (`first_points`); without any there is one: the user's defaults where given, else the centre
of the encoded cube with random categories. The rows after them are the best of 20 Latin hypercubes: the one whose
points lie farthest (largest smallest distance) from each other and from the first points. In conditional spaces every
parameter is active in some row.

A *design* is a pure function of space, seed and size. `InitialDesign` answers which row trial number k gets,
also when the number of workers is not known beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.job import SEARCH_RULES
from scriptune.core.parameters import Float
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Phase, Suggestion
from scriptune.messages import Message
from scriptune.search.encoding import Array, Encoding, History
from scriptune.search.free import any_free
from scriptune.search.pending import TakenKeys

__all__ = [
    "InitialDesign",
    "default_params",
    "default_row",
    "latin_hypercube",
    "quarter_of_budget",
    "untried_defaults",
]

_CANDIDATES = 20  # Latin hypercubes to choose from
_MIN_POINTS = 3  # equal to five; eight cost 0.04 regret at 10 trials (table S)
_LEAST_FIRST, _MOST_FIRST = 4, 8  # of `quarter_of_budget`; with a small budget more of them is plain random search
_MAX_BRANCH_POINTS = 8  # so many points at most are spent on covering branches with one worker
_UNKNOWN_WORKERS_BLOCK = 7  # rows after the first when trials overlap but no one said how many
_MAX_HYPERCUBE = 100  # rows of one hypercube; its distances cost the square of that, twenty times
_MAX_HYPERCUBE_1 = 256  # under the rules of 0.1.0: a quarter of a second for the first of them with 20 parameters
_MAX_HYPERCUBES = 64  # anyone who is still without a result then has a broken program; random rows cost nothing
_DISTANT = 8  # hypercubes before it from which one keeps its distance; more would only cost time
_DRAWN_TO_COVER = 256  # rows that satisfy the constraints, one of which may have a parameter that no row has
_ROWS_TRIED = 8  # more taken rows in a sequence than that mean a small space: draw at random
_CENTRE_DIGITS = 12  # of the 17 that a float has: the exponential of a mean logarithm is exact to about 15
_STREAM = 0x1A71  # third word of the seed: no trial's own stream [seed, number] is this one


class InitialDesign:
    """The initial design: encoded rows for the first trials of a search.

    Args:
        encoding: Of the space.
        seed: Of the search.
        n_workers: Trials that run in parallel; None when unknown, then inferred from what is pending.
        rules: As of a sampler.
        first: The first points, in order; none: the user's defaults or the centre.
    """

    def __init__(
        self,
        encoding: Encoding,
        seed: int,
        n_workers: int | None = None,
        rules: int = SEARCH_RULES,
        first: Sequence[FirstPoint] = (),
    ) -> None:
        self._encoding = encoding
        self._seed = seed
        self._n_workers = n_workers
        self._max_hypercube = _MAX_HYPERCUBE if rules > 1 else _MAX_HYPERCUBE_1
        plain = _plain_first_point(encoding, seed)
        self._first = list(first) or [plain]
        self._rows = encoding.encode_many([point.params for point in self._first])
        for row, point in zip(self._rows, self._first, strict=True):
            if point.params == plain.params:
                row[:] = default_row(encoding, seed)  # which the digits of params miss by a rounding
        # The centre belongs to trial 0 alone; what is known is tried, whatever the trial's number.
        self._are_known = len(self._first) > 1 or self._first[0].params != plain.params or plain.has_defaults
        self._n_branch_points = min(len(self._first) + _branches(encoding), _MAX_BRANCH_POINTS)
        self._hypercubes: dict[tuple[int, int], Array] = {}

    def n_points(self, n_pending: int) -> int:
        """The size of the initial design: at least 3, one per worker, enough for every branch."""
        return max(_MIN_POINTS, self._n_branch_points, self._n_workers or 1, n_pending + 1)

    def row(self, number: int, n_pending: int) -> Array:
        """The design row of trial ``number``, shape (d,); defined for every number from 0.

        Args:
            number: Trial number, not negative.
            n_pending: Trials running now; used when ``n_workers`` is unknown. Anyone who asks for trial 1 while
                trial 0 runs has at least two workers, and gets points of a larger hypercube.
        """
        n_first = len(self._first)
        if number < n_first:
            return np.asarray(self._rows[number])
        # One row alone would be the corner that is farthest from the first points.
        size = max(_MIN_POINTS - 1, self._n_branch_points - n_first)
        if self._n_workers is None and n_pending > 0:
            size = max(size, _UNKNOWN_WORKERS_BLOCK)
        elif self._n_workers is not None:
            size = max(size, self._n_workers - n_first)
        size = min(size, self._max_hypercube)
        # Numbers past the first hypercube get rows of further ones, each far from the rows before it.
        place, index = divmod(number - n_first, size)
        if place >= _MAX_HYPERCUBES:
            return np.asarray(self._encoding.sample(1, np.random.default_rng([self._seed, number, _STREAM]))[0])
        return np.asarray(self._hypercube(size, place)[index])

    def params(self, number: int, n_pending: int) -> Params:
        """The params of trial ``number``: the decoded row, or a first point exactly as given."""
        if number < len(self._first):
            return dict(self._first[number].params)
        return self._encoding.decode(self.row(number, n_pending))

    def suggest(self, sampler: str, number: int, n_pending: int, taken: TakenKeys) -> Suggestion:
        """Suggest the next first point that is untried, else design row ``number`` or the next one that is not taken.

        Args:
            sampler: Name of the sampler that asks.
            number: As in `row`.
            n_pending: As in `row`.
            taken: Keys of the told and pending params.

        Raises:
            SpaceExhaustedError: Everything is taken.
        """
        if number == 0 or self._are_known:
            for point in self._first:
                if params_key(point.params) not in taken:
                    return Suggestion(dict(point.params), sampler, Phase.DEFAULT, note=point.note)
        # A known result or enqueued params may hold the planned row already; then a later one steps in.
        for k in range(number, number + _ROWS_TRIED):
            params = self.params(k, n_pending)
            if params_key(params) not in taken and self._encoding.space.violated(params) is None:
                return Suggestion(params, sampler, Phase.INITIAL, note=Message("note.initial_design"))
        rng = np.random.default_rng([self._seed, number])
        note = Message("note.initial_design_used_up")
        return Suggestion(any_free(self._encoding, taken, rng), sampler, Phase.INITIAL, note=note)

    def opening(
        self, sampler: str, number: int, history: History, n_pending: int, taken: TakenKeys, n_initial: int
    ) -> Suggestion | None:
        """Suggest a point of the initial design, or None once there are enough results for a model.

        The initial design ends when ``n_initial`` trials are told or pending, one of them has a value, and the user's
        defaults were tried.

        Args:
            sampler, number, n_pending, taken: As in `suggest`.
            history: What was told.
            n_initial: Trials before the model.

        Raises:
            SpaceExhaustedError: Everything is taken.
        """
        if len(history) + n_pending >= n_initial and history.n_finite and not self.awaits_defaults(taken):
            return None
        return self.suggest(sampler, number, n_pending, taken)

    def awaits_defaults(self, taken: TakenKeys) -> bool:
        """Whether the user gave defaults that are neither told nor pending; they are proposed first."""
        return self._first[0].has_defaults and params_key(self._first[0].params) not in taken

    def _hypercube(self, size: int, place: int) -> Array:
        """Hypercube number ``place`` (from 0) in a sequence of equal-sized hypercubes, shape (size, d)."""
        if (size, place) not in self._hypercubes:
            before = [self._rows]
            before += [self._hypercube(size, earlier) for earlier in range(max(0, place - _DISTANT), place)]
            rng = np.random.default_rng([self._seed, place + 1, _STREAM, size])
            rows = _best_hypercube(self._encoding, size, np.concatenate(before), rng)
            self._hypercubes[size, place] = _cover(self._encoding, rows, rng)
        return self._hypercubes[size, place]


def quarter_of_budget(n_trials: int | None) -> int:
    """The initial trials of a model that needs more than a Gaussian process: a quarter of the budget, 4 to 8."""
    return _MOST_FIRST if n_trials is None else max(_LEAST_FIRST, min(_MOST_FIRST, n_trials // 4))


def _plain_first_point(encoding: Encoding, seed: int) -> FirstPoint:
    """The user's defaults, else the centre."""
    params = default_params(encoding, seed)
    if not encoding.space.has_defaults:
        return FirstPoint(params, note=Message("note.centre"))
    return FirstPoint(params, dict.fromkeys(params, Origin.YOURS), _note_of_defaults(encoding.space, params))


def untried_defaults(sampler: str, space: SearchSpace, defaults: Params, taken: TakenKeys) -> Suggestion | None:
    """Suggest the user's defaults; None if there are none, or they are told or pending.

    Args:
        sampler: Name of the sampler that asks.
        space: The space.
        defaults: `default_params` of it.
        taken: Keys of the told and pending params.
    """
    if not space.has_defaults or params_key(defaults) in taken:
        return None
    return Suggestion(dict(defaults), sampler, Phase.DEFAULT, note=_note_of_defaults(space, defaults))


def _note_of_defaults(space: SearchSpace, defaults: Params) -> Message:
    has_all = all(space[name].default is not None for name in defaults)
    return Message("note.defaults") if has_all else Message("note.some_defaults")


def default_row(encoding: Encoding, seed: int) -> Array:
    """Encode the user's defaults, with the centre or a random category for parameters without one. Shape (d,).

    Where that violates a constraint, it is the nearest row that does not, with the user's defaults as they are.
    """
    rng = np.random.default_rng([seed, 0, _STREAM])
    categories = encoding.sample_complete(1, rng)
    row = np.where(encoding.is_category, categories, 0.5)
    for j, name in enumerate(encoding.names):
        default = encoding.space[name].default
        if default is not None:
            row[0, j] = encoding.encode_value(name, default)
    if encoding.feasible is not None:
        held = np.array([encoding.space[name].default is not None for name in encoding.names])
        near = encoding.feasible.nearest(row[0], held, rng)
        if near is not None:
            return near
    return np.asarray(encoding.snap(row)[0])


def default_params(encoding: Encoding, seed: int) -> Params:
    """Decode `default_row` to params in the form in which a person would write them.

    The user's defaults digit for digit, which encoding and decoding would not give; the centre of 1e-4 .. 1 as 0.01
    and not as 0.010000000000000004.
    """
    params = encoding.decode(default_row(encoding, seed))
    for name, value in params.items():
        parameter = encoding.space[name]
        if parameter.default is not None:
            params[name] = parameter.default
        elif isinstance(parameter, Float):
            params[name] = parameter.round(float(f"{value:.{_CENTRE_DIGITS}g}"))
    return params if encoding.feasible is None else _satisfying(encoding, params, seed)


def _satisfying(encoding: Encoding, params: Params, seed: int) -> Params:
    """These params if they satisfy the constraints, else them unrounded, else random ones with the defaults."""
    space = encoding.space
    if space.violated(params) is None:
        return params
    defaults = {name: one.default for name, one in space.items() if one.default is not None}
    rows = [default_row(encoding, seed), *encoding.sample(_DRAWN_TO_COVER, np.random.default_rng([seed, 1, _STREAM]))]
    near = (space.prune({**encoding.decode(row), **keep}) for keep in (defaults, {}) for row in rows)
    complete = (one for one in near if all(name in one for name in space if space.is_active(name, one)))
    return next((one for one in complete if space.violated(one) is None), params)


def latin_hypercube(n: int, d: int, rng: np.random.Generator) -> Array:
    """n points of the unit cube, one in each of n slices of every dimension, shape (n, d)."""
    slices = rng.permuted(np.tile(np.arange(n)[:, None], (1, d)), axis=0)
    return np.asarray((slices + rng.random((n, d))) / n)


def _best_hypercube(encoding: Encoding, n: int, before: Array, rng: np.random.Generator) -> Array:
    """The best of 20 Latin hypercubes: largest minimum distance between its points and to the rows before it."""
    best, best_distance = None, -1.0
    for _ in range(_CANDIDATES):
        rows = encoding.from_uniform(latin_hypercube(n, encoding.d, rng))
        if encoding.feasible is not None:
            # The slices that are left of a hypercube, and draws in place of the others.
            bad = ~encoding.feasible.holds(rows)
            drawn = encoding.sample(int(bad.sum()), rng)
            rows[np.flatnonzero(bad)[: len(drawn)]] = drawn
        among = encoding.distances(rows, rows) + np.where(np.eye(n, dtype=bool), np.inf, 0.0)
        distance = float(among.min())
        if distance > best_distance:  # else it cannot win, and the rows before it can be many
            distance = min(distance, float(encoding.distances(rows, before).min()))
        if distance > best_distance:
            best, best_distance = rows, distance
    assert best is not None
    return best


def _branches(encoding: Encoding) -> int:
    """An upper bound on the rows needed to make every conditional parameter active once."""
    needed = {
        (parent, value)
        for name in encoding.names
        for parent, values in encoding.space.conditions[name].items()
        for value in values[:1]
    }
    return len(needed)


def _cover(encoding: Encoding, rows: Array, rng: np.random.Generator) -> Array:
    """Change rows so that every conditional parameter is active in at least one of them."""
    rows = rows.copy()
    fixed: set[int] = set()
    for j in np.flatnonzero(encoding.is_conditional):
        holders = np.flatnonzero(~np.isnan(rows[:, j]))
        if holders.size:
            fixed.add(int(holders[0]))
            continue
        open_rows = [i for i in range(len(rows)) if i not in fixed]
        if not open_rows:
            break  # more branches than rows: the model finds the others
        changed = encoding.fill(rows[open_rows[:1]], rng)
        _switch_on(encoding, changed[0], encoding.names[j])
        active = encoding.snap(changed)[0]
        if encoding.feasible is not None and not encoding.feasible.holds(active[None])[0]:
            drawn = encoding.sample(_DRAWN_TO_COVER, rng)
            drawn = drawn[~np.isnan(drawn[:, j])]
            if not len(drawn):
                continue
            active = drawn[0]
        rows[open_rows[0]] = active
        fixed.add(open_rows[0])
    return rows


def _switch_on(encoding: Encoding, row: Array, name: str) -> None:
    """Change the parents of a parameter in a row, in place, so that it becomes active."""
    for parent, values in encoding.space.conditions[name].items():
        row[encoding.names.index(parent)] = encoding.encode_value(parent, values[0])
        _switch_on(encoding, row, parent)
