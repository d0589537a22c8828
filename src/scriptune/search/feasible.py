"""The feasible set: the configurations of a space that satisfy its constraints, and how to draw from them.

Notation:
    W       a point of the unit cube, which `Encoding.from_uniform` maps to a row: uniform W are uniform configurations
    v(W)    violation: 0 on the feasible set F, else how far away it is
    share   volume of F in the unit cube
    t_k     thresholds of the violation, falling to 0;  F_k = {W: v(W) <= t_k}

Where F is not rare, rows are drawn from the whole space until enough are in it: they are exactly uniform on F. Where
it is rare, *subset simulation* (Au & Beck 2001) walks towards it: a population on F_k is thinned out to its best fifth,
which defines F_k+1, and spread over F_k+1 again by Metropolis steps that leave the uniform distribution as it is. The
product of the thinnings estimates the share down to 1e-20. What is drawn then are further steps from members of the
last population. Small finite spaces are listed instead.

Everything is a function of space, and of the generator that is passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scriptune.core.parameters import Scalar
from scriptune.core.space import SearchSpace
from scriptune.search.constraint_arrays import ConstraintArrays

__all__ = ["FeasibleSet", "Rows"]

_Array = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

_N_TRIED = 4096  # uniform rows that decide whether F is rare
_NOT_RARE = 0.01  # share above which rows are drawn from the whole space: a hundred for one
_MAX_LISTED = 4000  # configurations of a finite space that are listed
_POPULATION = 512
_KEPT = 0.2  # of the population at each level; 0.1 to 0.3 are equally good (Zuev et al. 2012)
_STEPS, _LAST_STEPS, _DRAW_STEPS = 12, 18, 9  # Metropolis steps per level, on F, and of a draw
_WANDER_STEPS = 45
_MULTIPLES = (1.0, 0.5, 0.1)  # of a difference of two points
_NUDGE = 1e-5  # beside it, so that a population on a few points spreads
_MAX_LEVELS = 60
_MAX_STALLED = 6  # levels without a smaller violation, after which F counts as empty
_SCALES = (-3.5, -0.5)  # exponents of ten of a step's size
_N_NEAR = 128  # draws, of which the nearest to a row are moved towards it
_N_MOVED = 16
_HALVINGS = 25  # of the way back to a feasible row; 3e-8 of it
_SHORT_OF_BORDER = 1.0 - 1e-9  # so that params, with their own rounding, are not behind it
_BATCHES = 40  # of rejected draws, before the rest is drawn by steps
_STREAM = 0xFEA5


class Rows(Protocol):
    """What is needed of the encoding of a space, see `Encoding`."""

    space: SearchSpace
    d: int
    is_category: _Bools
    is_finite: bool
    n_values: _Array
    draw_low: _Array
    draw_high: _Array

    def values(self, X: _Array) -> _Array:
        """See `Encoding.values`."""
        ...

    def from_uniform(self, W: _Array) -> _Array:
        """See `Encoding.from_uniform`."""
        ...

    def snap(self, X: _Array) -> _Array:
        """See `Encoding.snap`."""
        ...

    def fill_from(self, X: _Array, others: _Array) -> _Array:
        """See `Encoding.fill_from`."""
        ...

    def distances(self, A: _Array, B: _Array) -> _Array:
        """See `Encoding.distances`."""
        ...

    def encode_many(self, many: Sequence[Mapping[str, Scalar]]) -> _Array:
        """See `Encoding.encode_many`."""
        ...


class FeasibleSet:
    """The feasible set of one encoded space with constraints.

    Args:
        encoding: Of the space.
        arrays: Its constraints.
    """

    def __init__(self, encoding: Rows, arrays: ConstraintArrays) -> None:
        self._encoding = encoding
        self._arrays = arrays

    # --- what is in it ----------------------------------------------------------------------------------

    def holds(self, X: _Array) -> _Bools:
        """Which rows satisfy every constraint, shape (n,)."""
        V = self._encoding.values(X)
        satisfied = np.ones(len(X), dtype=bool)
        for which in range(len(self._arrays)):
            satisfied &= self._arrays.holds(V, which)
        return satisfied

    def shares(self) -> list[float]:
        """The share of uniform rows that satisfy each constraint alone, of `_N_TRIED`."""
        V = self._encoding.values(self._tried[1])
        return [float(self._arrays.holds(V, which).mean()) for which in range(len(self._arrays))]

    @cached_property
    def share(self) -> float:
        """The estimated share of the space; 0 if no feasible row was found."""
        if self._is_common:
            return float(self._tried[2].mean())
        if self._listed is not None:
            size = float(np.prod(self._encoding.n_values))
            return len(self._listed) / max(size, 1.0)
        return self._population[1]

    @property
    def is_empty(self) -> bool:
        """Whether no feasible row was found."""
        return self.share == 0.0

    @cached_property
    def is_everything(self) -> bool:
        """Whether all that was drawn satisfies the constraints, corners of the space included."""
        if not self._tried[2].all():
            return False
        # Most constraints are violated at a corner if anywhere.
        corners = np.random.default_rng([_STREAM, 2]).integers(2, size=(_N_TRIED, self._encoding.d))
        X = np.concatenate(
            [self._tried[1], self._encoding.from_uniform(np.minimum(corners, 1.0 - 1e-12).astype(np.float64))]
        )
        V = self._encoding.values(X)
        applies = np.zeros(len(X), dtype=bool)
        for which in range(len(self._arrays)):
            applies |= self._arrays.applies(V, which)
        # Of a constraint that hardly ever applies there is nothing to say.
        return bool(self.holds(X).all() and applies.sum() > _N_TRIED / 100)

    # --- draws ------------------------------------------------------------------------------------------

    def sample(self, n: int, rng: np.random.Generator) -> _Array:
        """Draw n feasible rows, uniformly; none if the feasible set is empty."""
        if self._is_common:
            return self._rejected(n, rng)
        if self._listed is not None:
            rows = self._listed
            return rows[rng.integers(len(rows), size=n)] if len(rows) else rows
        W = self._population[0]
        if not len(W):
            return np.empty((0, self._encoding.d))
        start = W[rng.integers(len(W), size=n)]
        return self._encoding.from_uniform(self._moved(start, W, 0.0, _DRAW_STEPS, rng))

    def completions(self, row: _Array, held: _Bools, n: int, rng: np.random.Generator) -> _Array:
        """Draw n feasible rows that agree with a row, without NaN, in the held columns; none if there are none."""
        W, _ = self._simulate(self._uniform_of(row), held, rng)
        if not len(W):
            return np.empty((0, self._encoding.d))
        return self._encoding.from_uniform(W[rng.permutation(len(W))[:n]])

    def nearest(self, row: _Array, held: _Bools, rng: np.random.Generator) -> _Array | None:
        """A feasible row near a row: one that agrees in the held columns, where there is one; None if F is empty.

        Args:
            row: Without NaN, shape (d,).
            held: Columns to keep, shape (d,).
            rng: Of the search for it.
        """
        snapped = self._encoding.snap(row[None])
        if self.holds(snapped)[0]:
            return np.asarray(snapped[0])
        candidates = self.completions(row, held, _N_NEAR, rng) if held.any() else self.sample(_N_NEAR, rng)
        if not len(candidates):
            candidates = self.sample(_N_NEAR, rng)
        if not len(candidates):
            return None
        distances = self._encoding.distances(candidates, snapped)[:, 0]
        closest = candidates[np.argsort(distances, kind="stable")[:_N_MOVED]]
        moved = self.pull_back(closest, np.repeat(row[None], len(closest), axis=0), np.ones(len(closest)))
        return np.asarray(moved[np.argmin(self._encoding.distances(moved, snapped)[:, 0])])

    def wander(self, X: _Array, width: _Array, rng: np.random.Generator) -> _Array:
        """Draw a feasible row near each of some, at most ``width / 2`` away in each numeric column, shape (m, d).

        Uniform there, as far as a limited number of steps leads: also where the set is so narrow that few straight
        lines from a row stay in it.

        Args:
            X: Feasible rows, shape (m, d).
            width: In u, shape (d,).
            rng: Of the steps.
        """
        encoding = self._encoding
        start = self._uniform_of(encoding.fill_from(X, encoding.from_uniform(rng.random(X.shape))))
        half = 0.5 * width / (encoding.draw_high - encoding.draw_low)
        low = np.where(encoding.is_category, 0.0, np.maximum(start - half, 0.0))
        high = np.where(encoding.is_category, 1.0, np.minimum(start + half, 1.0))
        others = self._tried[0][self._tried[2]] if self._is_common or self._listed is not None else self._population[0]
        return encoding.from_uniform(self._moved(start, others, 0.0, _WANDER_STEPS, rng, window=(low, high)))

    def pull_back(self, parents: _Array, rows: _Array, places: _Array) -> _Array:
        """Replace infeasible rows by ones on the way to them from feasible parents, shape (m, d).

        Numeric columns move in a straight line; categories are those of the row if that leaves anything of the way,
        else the parent's.

        Args:
            parents: Feasible rows, shape (m, d).
            rows: Shape (m, d); feasible ones stay.
            places: How far to go, from the parent (0) to the border (1); shape (m,).
        """
        encoding = self._encoding
        bad = np.flatnonzero(~self.holds(encoding.snap(encoding.fill_from(rows, parents))))
        result = encoding.snap(encoding.fill_from(rows, parents))
        if not len(bad):
            return result
        start = encoding.fill_from(parents[bad], rows[bad])
        end = encoding.fill_from(rows[bad], parents[bad])
        for keeps_categories in (True, False):
            if not keeps_categories:
                end = np.where(encoding.is_category, start, end)
            origin = np.where(encoding.is_category, end, start)
            far = self._border(origin, end) * places[bad] * _SHORT_OF_BORDER
            moved = encoding.snap(origin + far[:, None] * (end - origin))
            good = self.holds(moved)
            result[bad[good]] = moved[good]
            bad, start, end = bad[~good], start[~good], end[~good]
            if not len(bad):
                return result
        result[bad] = parents[bad]
        return result

    def _border(self, start: _Array, end: _Array) -> _Array:
        """The part of the way from start to end that is feasible, by halving, shape (m,)."""
        low, high = np.zeros(len(start)), np.ones(len(start))
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            inside = self.holds(self._encoding.snap(start + middle[:, None] * (end - start)))
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        return low

    # --- how they are found -----------------------------------------------------------------------------

    @cached_property
    def _tried(self) -> tuple[_Array, _Array, _Bools]:
        """Uniform points, their rows, and which of them are feasible."""
        W = np.random.default_rng([_STREAM]).random((_N_TRIED, self._encoding.d))
        X = self._encoding.from_uniform(W)
        return W, X, self.holds(X)

    @cached_property
    def _is_common(self) -> bool:
        return float(self._tried[2].mean()) >= _NOT_RARE

    @cached_property
    def _listed(self) -> _Array | None:
        """All feasible rows of a small finite space; None of another."""
        if not self._encoding.is_finite or float(np.prod(self._encoding.n_values)) > _MAX_LISTED:
            return None
        return self._encoding.encode_many(list(self._encoding.space.enumerate()))

    @cached_property
    def _population(self) -> tuple[_Array, float]:
        """Uniform points of F, and the estimated share; none and 0 if none was found."""
        free = np.zeros(self._encoding.d, dtype=bool)
        return self._simulate(np.full(self._encoding.d, 0.5), free, np.random.default_rng([_STREAM, 1]))

    def _rejected(self, n: int, rng: np.random.Generator) -> _Array:
        """Draw uniform rows until n of them are feasible."""
        found: list[_Array] = []
        missing = n
        for _ in range(_BATCHES):
            X = self._encoding.from_uniform(rng.random((int(1.2 * missing / self.share) + 8, self._encoding.d)))
            found.append(X[self.holds(X)][:missing])
            missing -= len(found[-1])
            if not missing:
                break
        known = self._tried[1][self._tried[2]]
        return np.concatenate([*found, known[rng.integers(len(known), size=missing)]])

    def _uniform_of(self, row: _Array) -> _Array:
        """A point of the unit cube that is mapped to a row, which has no NaN."""
        encoding = self._encoding
        inside = np.where(encoding.is_category, np.floor(row) + 0.5, row)
        return np.asarray((inside - encoding.draw_low) / (encoding.draw_high - encoding.draw_low))

    def _violation(self, W: _Array) -> _Array:
        """v(W): the sum over the constraints, each in its own unit, shape (n,)."""
        return self._violation_of(self._encoding.from_uniform(W))

    def _violation_of(self, X: _Array) -> _Array:
        V = self._encoding.values(X)
        parts = [self._arrays.violation(V, which) / unit for which, unit in enumerate(self._units)]
        return np.asarray(np.sum(parts, axis=0))

    @cached_property
    def _units(self) -> _Array:
        """The median violation of each constraint by uniform rows that violate it."""
        V = self._encoding.values(self._tried[1])
        units = []
        for which in range(len(self._arrays)):
            far = self._arrays.violation(V, which)
            units.append(float(np.median(far[far > 0.0])) if (far > 0.0).any() else 1.0)
        return np.array(units)

    def _simulate(self, point: _Array, held: _Bools, rng: np.random.Generator) -> tuple[_Array, float]:
        """Subset simulation: points of F that agree with ``point`` in the held columns, and their share."""
        W = np.where(held, point, rng.random((_POPULATION, self._encoding.d)))
        far = self._violation(W)
        share, threshold, n_stalled = 1.0, np.inf, 0
        for _ in range(_MAX_LEVELS):
            lower = float(np.quantile(far, _KEPT))
            # Where many are equal, as of conditions on categories, only what is better than all of them.
            kept = far <= lower if lower < threshold else far < threshold
            if kept.any():
                share *= float(kept.mean())
                threshold, n_stalled = float(far[kept].max()), 0
                W = W[kept][rng.integers(int(kept.sum()), size=_POPULATION)]
            else:
                n_stalled += 1
                if n_stalled > _MAX_STALLED:
                    break
            W = self._moved(W, None, threshold, _STEPS if threshold > 0.0 else _LAST_STEPS, rng, held)
            far = self._violation(W)
            if threshold <= 0.0:
                return W, share
        return np.empty((0, self._encoding.d)), 0.0

    def _moved(
        self,
        W: _Array,
        others: _Array | None,
        threshold: float,
        n_steps: int,
        rng: np.random.Generator,
        held: _Bools | None = None,
        window: tuple[_Array, _Array] | None = None,
    ) -> _Array:
        """Metropolis steps that leave the uniform distribution on v(W) <= threshold as it is.

        In turn they are normal in some columns, of a size between 0.0003 and 0.3; add a multiple of the difference of
        two other points (ter Braak 2006), which follows narrow and slanted sets; and draw one or two columns again.
        """
        n, d = W.shape
        free = np.ones(d, dtype=bool) if held is None else ~held
        columns = np.flatnonzero(free)
        if not len(columns):
            return W
        W = W.copy()
        for step in range(n_steps):
            target = W.copy()
            if step % 3 == 0:
                some = rng.random((n, d)) < rng.choice([0.3, 1.0], size=(n, 1))
                target += some * 10.0 ** rng.uniform(*_SCALES, size=(n, 1)) * rng.standard_normal((n, d))
            elif step % 3 == 1:
                # Points of one half move by differences of the other, which stays: all at once would drift.
                moving = np.arange(n) % 2 == (step // 3) % 2 if others is None else np.ones(n, dtype=bool)
                known = W[~moving] if others is None else others
                pair = known[rng.integers(len(known), size=(2, n))]
                change = (pair[0] - pair[1]) * rng.choice(_MULTIPLES, size=(n, 1))
                change += _NUDGE * rng.standard_normal((n, d))
                target += np.where(moving[:, None] & ~self._encoding.is_category, change, 0.0)
                # A reflected difference would have no way back.
                outside = ((target < 0.0) | (target > 1.0)).any(axis=1)
                target[outside] = W[outside]
            else:
                for _ in range(2):
                    column = columns[rng.integers(len(columns), size=n)]
                    drawn = rng.random(n)
                    if window is not None:
                        low, high = (end[np.arange(n), column] for end in window)
                        drawn = low + drawn * (high - low)
                    target[np.arange(n), column] = drawn
            target = np.abs(np.where(free, target, W)) % 2.0  # reflected at both ends
            target = np.where(target > 1.0, 2.0 - target, target)
            if window is not None:
                outside = ((target < window[0]) | (target > window[1])).any(axis=1)
                target[outside] = W[outside]
            rows = self._encoding.from_uniform(target)
            accepted = self._violation_of(rows) <= threshold if threshold > 0.0 else self.holds(rows)
            W[accepted] = target[accepted]
        return W
