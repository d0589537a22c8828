"""One Gaussian process over configurations and the logarithm of the step, for searches in which trials stop early.

Notation:
    T       length of a training in steps
    u(t)    log(max(t, 1)) / log(T) of a rung, 1 of a final value: one more column, with the others' length-scale prior
    rows    (x, u): of every trial its newest value; then earlier rungs of the newest trials, up to 90 rows

So what a stopped trial had shown counts as what it is. Values are freed of the common curve first (`levels.offsets`),
then clipped and standardised. The hyperparameters move at every result, as in `ensemble`; all particles see the same
values.

Values at rungs have a noise of their own, rho, beyond that of final values: where the beginning of a curve says nothing
of its end, it grows, and the model learns from final values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scriptune.core.trial import Observation
from scriptune.search.encoding import Array, Encoding
from scriptune.search.gp.ensemble import TrainingSet
from scriptune.search.gp.inference import elliptical_slice
from scriptune.search.gp.kernels import Hyperparameters, Prior
from scriptune.search.gp.outputs import clip_outliers, impute_failures, rescaled, standardise
from scriptune.search.gp.regression import Pairs, log_likelihood
from scriptune.search.levels import FINAL, offsets

__all__ = ["JointEnsemble", "JointHyperparameters", "RungValues", "joint_distances", "training_rows"]

_CAP = 90  # rows; a suggestion stays below 35 ms
_PARTICLES = 8
_FIRST = 2  # trials before the chain starts
_BLOCK = 16
_SWEEPS_FRESH, _SWEEPS = 6, 2
_STREAM = 0x1E75  # third word of the seed of the particles' streams
_RUNG_NOISE_MEDIAN, _RUNG_NOISE_SD = 3e-3, 2.5  # of rho and of its logarithm: 95 % below 0.4, half of nothing known
_LAST_RUNG = 0.625  # of a training, when no one said how long one is: rungs lie in its first 70 %


@dataclass(frozen=True)
class RungValues:
    """What is known of a trial.

    Attributes:
        number: The trial.
        row: Its params, encoded, shape (d,).
        rungs: (step, value) by step; NaN for values that are not finite.
        final: The final value, NaN for a failure; None while it runs, and if it was stopped.
    """

    number: int
    row: Array
    rungs: tuple[tuple[float, float], ...]
    final: float | None

    @classmethod
    def of(cls, observation: Observation, row: Array) -> RungValues | None:
        """Of an observation with its encoded params; None if there is no value in it."""
        rungs = tuple((step, value if math.isfinite(value) else math.nan) for step, value in observation.rungs)
        value = observation.value
        final = (math.nan if value is None else value) if observation.is_final else None
        if final is None and not rungs:
            if value is None:
                return None
            rungs = ((1.0, value),)
        return cls(observation.number, row, rungs, final)

    def levels(self, T: float) -> list[tuple[float, float]]:
        """(step, value) of all levels, ascending; the final one has the step `FINAL`."""
        found = [(step, value) for step, value in self.rungs if step < T or self.final is None]
        return found if self.final is None else [*found, (FINAL, self.final)]


def training_rows(curves: Sequence[RungValues], max_step: int | None) -> TrainingSet:
    """Choose up to 90 rows of the curves and prepare their values.

    Args:
        curves: In the order of telling; those of running trials last.
        max_step: T, when known.

    Returns:
        The training set; ``chosen`` are positions in ``curves``, and ``levels`` is set. Its ``best`` are rows of finite
        values, of different trials.
    """
    T = _length(curves, max_step)
    scaled, factor = _rescaled([curve.levels(T) for curve in curves])
    off = offsets([{step: value for step, value in points if not math.isnan(value)} for points in scaled])
    rows = _chosen([[(step, value - off.get(step, 0.0)) for step, value in points] for points in scaled])
    chosen = np.array([i for i, _, _ in rows], dtype=np.intp)
    steps = np.array([step for _, step, _ in rows])
    y = np.array([value for _, _, value in rows])
    finite = ~np.isnan(y)
    values = clip_outliers(impute_failures(y) if finite.any() else np.zeros(len(y)))
    plain = standardise(values)
    ranked = np.argsort(values, kind="stable")
    best: dict[int, int] = {}
    for row in ranked[finite[ranked]]:
        best.setdefault(int(chosen[row]), int(row))
    return TrainingSet(
        chosen=chosen,
        X=np.array([curves[i].row for i in chosen]),
        y=np.tile(plain.v, (_PARTICLES, 1)),
        plain=replace(plain, center=plain.center * factor, scale=plain.scale * factor),
        best=np.array(list(best.values())[:5], dtype=np.intp),
        levels=np.where(np.isinf(steps), 1.0, np.log(np.clip(steps, 1.0, T)) / math.log(max(T, math.e))),
        is_final=np.array([curves[i].final is not None for i in chosen], dtype=np.bool_),
    )


def _length(curves: Sequence[RungValues], max_step: int | None) -> float:
    """T; guessed from the rungs while no one has said it."""
    if max_step is not None:
        return float(max_step)
    return max([2.0, *(step / _LAST_RUNG for curve in curves for step, _ in curve.rungs)])


def _rescaled(curves: list[list[tuple[float, float]]]) -> tuple[list[list[tuple[float, float]]], float]:
    """The curves with values whose squares neither overflow nor vanish, and the factor by which they are smaller."""
    flat, factor = rescaled(np.array([value for points in curves for _, value in points]))
    if factor == 1.0:
        return curves, 1.0
    values = iter(flat.tolist())
    return [[(step, next(values)) for step, _ in points] for points in curves], factor


def _chosen(curves: list[list[tuple[float, float]]]) -> list[tuple[int, float, float]]:
    """(position, step, value) of the rows that count: the newest of every trial, then earlier ones of the newest.

    Of more trials than rows: the best half by their newest value, and the latest half.
    """
    known = [i for i, points in enumerate(curves) if points]
    if len(known) > _CAP:
        by_value = sorted(known, key=lambda i: (math.isnan(curves[i][-1][1]), curves[i][-1][1], i))
        best = by_value[: _CAP // 2]
        latest = [i for i in known if i not in set(best)][-(_CAP - len(best)) :]
        known = sorted([*best, *latest])
    newest = [(i, *curves[i][-1]) for i in known]
    earlier = [(i, *point) for i in reversed(known) for point in curves[i][:-1]]
    return newest + earlier[: _CAP - len(newest)]


def joint_distances(distances: Array, levels_a: Array, levels_b: Array) -> Array:
    """Squared distances per column with that of the levels as the last one, shape (d + 1, n, m)."""
    difference = levels_a[:, None] - levels_b[None, :]
    return np.concatenate([distances, (difference * difference)[None]])


@dataclass(frozen=True)
class JointHyperparameters:
    """P sets of hyperparameters of the joint model.

    Attributes:
        plain: Those that all models have, with the level as last column.
        rho: ``(P,)`` noise variance of values at rungs beyond that of all values.
    """

    plain: Hyperparameters
    rho: Array

    @classmethod
    def of(cls, prior: Prior, Z: Array) -> JointHyperparameters:
        """From whitened vectors, shape (P, d + 4): rho is the last."""
        log_rho = np.log(_RUNG_NOISE_MEDIAN) + _RUNG_NOISE_SD * Z[:, -1]
        return cls(prior.unwhiten(Z[:, :-1]), np.exp(log_rho))

    def more_noise(self, levels: Array) -> Array:
        """rho where a row is a value at a rung, 0 where it is a final one, shape (P, n)."""
        return self.rho[:, None] * (levels < 1.0)


class JointEnsemble:
    """The hyperparameter particles of a search with rungs, as a function of the told curves.

    Args:
        encoding: Of the space.
        seed: Of the search.
    """

    def __init__(self, encoding: Encoding, seed: int) -> None:
        self.prior = Prior.for_encoding(encoding, with_step=True)
        self.told: list[RungValues] = []
        self._lengths: list[int | None] = []
        self._encoding = encoding
        self._seed = seed
        self._n = -1
        self._Z = np.empty((0, len(self.prior.mean) + 1))

    def tell(self, curve: RungValues, max_step: int | None) -> None:
        """Add what is known of a trial that has ended.

        Args:
            curve: Of the trial.
            max_step: T, if it is known now.
        """
        self.told.append(curve)
        self._lengths.append(max_step)

    def particles(self) -> JointHyperparameters:
        """The hyperparameters after all that was told."""
        n = len(self.told)
        start = _block_start(n)
        first = self._n + 1 if start <= self._n <= n else start
        for m in range(first, n + 1):
            self._Z = self._move(m, None if m == start else self._Z)
        self._n = n
        return JointHyperparameters.of(self.prior, self._Z)

    def medians(self) -> JointHyperparameters:
        """The medians of the prior, for each particle."""
        return JointHyperparameters.of(self.prior, np.zeros((_PARTICLES, len(self.prior.mean) + 1)))

    def _move(self, n: int, Z: Array | None) -> Array:
        """Move the particles Z by the likelihood of n told trials; None: from the prior, and further."""
        rng = np.random.default_rng([self._seed, n, _STREAM])
        n_sweeps = _SWEEPS if Z is not None else _SWEEPS_FRESH
        if Z is None:
            Z = rng.standard_normal((_PARTICLES, len(self.prior.mean) + 1))
        if n < _FIRST:
            return Z
        data = training_rows(self.told[:n], self._lengths[n - 1])
        assert data.levels is not None
        distances = self._encoding.column_distances(data.X, data.X, self._encoding.varying)
        pairs = Pairs.of(joint_distances(distances, data.levels, data.levels))
        levels = data.levels

        def likelihood(states: Array, which: npt.NDArray[np.intp]) -> Array:
            hyper = JointHyperparameters.of(self.prior, states)
            return log_likelihood(hyper.plain, pairs, data.y[which], hyper.more_noise(levels))

        return elliptical_slice(Z, likelihood, n_sweeps, rng)


def _block_start(n: int) -> int:
    """The number of told trials at which the chain that leads to n was last restarted."""
    if n <= _CAP:
        return min(n, _FIRST)
    return _CAP + 1 + (n - _CAP - 1) // _BLOCK * _BLOCK
