"""AnnealSampler: small steps around good trials, smaller as trials accumulate.

Hyperopt's annealing (Bergstra, Yamins & Cox 2013) with a start that fills the space and a screen:

    n           trials with a value;  T_j of them have column j
    h_j         relative width of the neighbourhood in column j, 1 / (1 + T_j shrink_coef): its temperature
    r_i         rank of told trial i scaled to [0, 1], 0 the best, failures 1
    D(x, i)     distance to trial i: Euclidean over numeric columns in [0, 1], 1 per differing category

    1. Pick a base among the sorted trials: its rank is geometric with mean avg_best_idx, counted from 1.
    2. Draw each numeric column uniformly from a window of width h_j around the base, shifted into the
       range; keep each category with probability 1 - h_j, else draw it again.
    3. Do so 16 times; predict each proposal's rank from all trials by inverse-distance weights,
       sum_i r_i D^-p / sum_i D^-p with p = min(d, 4), subtract 0.5 / sqrt(d) times the distance to
       the nearest told or pending trial, and take the smallest (an addition of scriptune; 0.08 better at 20 trials).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scriptune.core.trial import Observation, Phase, Suggestion
from scriptune.messages import Message
from scriptune.plugins.options import option
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Array, Encoding, History, PendingRows
from scriptune.search.free import any_free, first_free
from scriptune.search.gp.maximise import Score
from scriptune.search.initial import InitialDesign
from scriptune.search.pending import Pending, taken_keys

__all__ = ["AnnealOptions", "AnnealSampler", "predicted_ranks"]

_N_INITIAL = 6  # centre and five more; with 5 and 20 trials 0.01 worse (40 seeds), 8 are no better
_N_PROPOSALS = 16  # 64 are no better (docs/algorithms/anneal.md)
_BONUS = 0.5  # without it 0.005 worse: it keeps proposals apart from what is known
_MAX_POWER = 4
_MAX_BEST, _MAX_LATEST = 200, 200  # trials screened against: the neighbours of a proposal are good or recent
_D2_MIN = 1e-12  # squared distance to a told trial; 0 would divide by zero
_MAX_REDRAWS = 10  # of neighbours that violate a constraint
_MAX_WIDENINGS = 8  # times that h is widened when integers or categories leave no new neighbour
_WIDENING = 4.0


@dataclass(frozen=True)
class AnnealOptions:
    """Options of `anneal`."""

    avg_best_idx: float = option(
        2.0,
        "sampler_option.anneal_avg_best_idx",
        low=1.0,
        high=1e6,
        source="Hyperopt anneal; ModelArts anneal_search",
    )
    shrink_coef: float = option(
        0.1,
        "sampler_option.anneal_shrink_coef",
        low=0.0,
        high=1e6,
        source="Hyperopt anneal; ModelArts anneal_search",
    )


class AnnealSampler(BaseSampler):
    """Annealing around the best trials, screened by distance-weighted ranks."""

    name = "anneal"
    options_class = AnnealOptions
    brings_defaults = True
    uses_first_points = True
    options: AnnealOptions

    def prepare(self) -> None:
        """Create the initial design and an empty history."""
        self._encoding = Encoding(self.space)
        self._history = History(self._encoding)
        self._pending = PendingRows(self._encoding)
        self._n_with = np.zeros(self._encoding.d)  # T_j
        self._design = InitialDesign(
            self._encoding, self.seed, max(_N_INITIAL, self.n_workers or 1), self.rules, self.first
        )

    def learn(self, observation: Observation) -> None:
        """Append to the history and lower the temperatures."""
        self._history.append(observation.params, observation.value)
        if observation.value is not None:
            self._n_with += ~np.isnan(self._history.X[-1])

    def propose(self, number: int, pending: Pending) -> Suggestion:
        """Propose from the initial design, then screened neighbours of good trials."""
        taken = taken_keys(self.told_keys, pending)
        opening = self._design.opening(self.name, number, self._history, len(pending), taken, _N_INITIAL)
        if opening is not None:
            return opening
        rng = np.random.default_rng([self.seed, number])
        order = np.argsort(self._history.y, kind="stable")  # NaN last
        width = 1.0 / (1.0 + self._n_with * self.options.shrink_coef)
        waiting = self._pending.of(pending)
        for _ in range(_MAX_WIDENINGS):
            rank = np.minimum(rng.geometric(1.0 / self.options.avg_best_idx, _N_PROPOSALS), self._history.n_finite) - 1
            X = self._feasible_neighbours(self._history.X[order[rank]], width, rng)
            score = self._screen(X, order, waiting)
            by_score = np.argsort(score, kind="stable")
            found = first_free(self._encoding, X[by_score], taken)
            if found is not None:
                chosen = by_score[found[0]]
                base = self.observations[order[rank[chosen]]].number
                note = _note(base, int(rank[chosen]), float(width.mean()))
                return Suggestion(found[1], self.name, Phase.MODEL, acquisition=float(score[chosen]), note=note)
            width = np.minimum(_WIDENING * width, 1.0)
        note = Message("note.neighbours_tried")
        return Suggestion(any_free(self._encoding, taken, rng), self.name, Phase.FALLBACK, note=note)

    def measure(self, number: int, pending: Pending) -> Score | None:  # noqa: ARG002  # the same for every number
        if not self._history.n_finite or len(self._history) + len(pending) < _N_INITIAL:
            return None
        order, waiting = np.argsort(self._history.y, kind="stable"), self._pending.of(pending)
        return lambda rows: -self._screen(rows, order, waiting, bonus=0.0)

    def _neighbours(self, base: Array, width: Array, rng: np.random.Generator) -> Array:
        """Step 2: one neighbour per row of ``base``, shape (m, d). Columns missing in the base are redrawn."""
        encoding = self._encoding
        redrawn = encoding.draw_low + rng.random(base.shape) * (encoding.draw_high - encoding.draw_low)
        step = rng.random(base.shape)
        span = width * (encoding.draw_high - encoding.draw_low)
        start = np.clip(base - span / 2, encoding.draw_low, encoding.draw_high - span)
        category = np.where(step < 1.0 - width, base, redrawn)
        moved = np.where(encoding.is_category, category, start + step * span)
        return encoding.snap(np.where(np.isnan(base), redrawn, moved))

    def _feasible_neighbours(self, base: Array, width: Array, rng: np.random.Generator) -> Array:
        """Neighbours that satisfy the constraints: drawn until they do, and what is left by steps from the base."""
        X = self._neighbours(base, width, rng)
        feasible = self._encoding.feasible
        if feasible is None:
            return X
        for _ in range(_MAX_REDRAWS):
            bad = np.flatnonzero(~feasible.holds(X))
            if not bad.size:
                return X
            X[bad] = self._neighbours(base[bad], width, rng)
        bad = np.flatnonzero(~feasible.holds(X))
        X[bad] = feasible.wander(base[bad], width, rng)
        return X

    def _screen(self, X: Array, order: npt.NDArray[np.intp], waiting: Array, bonus: float = _BONUS) -> Array:
        """Step 3: predicted rank minus the bonus for distance, shape (m,)."""
        y = self._history.y
        n = len(y)
        rows = order
        if n > _MAX_BEST + _MAX_LATEST:
            latest = np.arange(n - _MAX_LATEST, n)
            rows = np.unique(np.concatenate([order[:_MAX_BEST], latest]))
        # Equal values get equal ranks, so that a plateau says nothing about its own inside.
        rank = np.searchsorted(y[order[: self._history.n_finite]], y[rows]) / max(n - 1, 1)
        rank[np.isnan(y[rows])] = 1.0
        columns = self._encoding.varying
        d = max(len(columns), 1)
        told = np.concatenate([self._history.X[rows], waiting])
        D2 = np.maximum(self._encoding.column_distances(X, told, columns).sum(axis=0), _D2_MIN)
        reward = bonus * np.sqrt(D2.min(axis=1) / d)
        score: Array = predicted_ranks(D2[:, : len(rows)], rank, min(d, _MAX_POWER)) - reward
        return score


def predicted_ranks(D2: Array, rank: Array, power: float) -> Array:
    """Inverse-distance weighted mean of ranks.

    Args:
        D2: Squared distances, shape (m, n), above 0.
        rank: Shape (n,).
        power: Exponent of the distance.

    Returns:
        Shape (m,), between the smallest and the largest rank.
    """
    # Relative to the nearest: D^-p itself overflows. At p = 4 numpy squares, which is ten times as fast as a power.
    weights = (D2.min(axis=1, keepdims=True) / D2) ** (power / 2)
    result: Array = (weights @ rank) / weights.sum(axis=1)
    return result


def _note(base: int, rank: int, width: float) -> str:
    place = Message("note.the_best") if rank == 0 else Message("note.rank_of_best", rank=rank + 1)
    origin = Message("note.trial", number=base) if base >= 0 else Message("note.known_result")
    share = f"{width:.0%}" if width >= 0.01 else f"{width:.1g}"
    return Message("note.neighbour", origin=origin, place=place, share=share)
