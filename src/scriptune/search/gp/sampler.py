"""GPSampler: Bayesian optimisation with an ensemble of Gaussian processes.

    1. First points: defaults or centre, then a Latin hypercube (`initial`).
    2. Values are standardised; with ``kind: auto`` every second particle sees half-rank values (`outputs`).
    3. Hyperparameters: an ensemble by elliptical slice sampling (`ensemble`, `inference`).
    4. Pending points are believed to yield the posterior mean (`regression.fit`).
    5. An acquisition function averaged over the ensemble (`acquisition`), maximised (`maximise`).

With ``kind: auto`` trials with an even number maximise log EI, those with an odd number 2 sqrt(V) - M: the
alternation depends on the trial's number alone, so that a resumed search continues as it would have.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from scriptune.core.space import Params, params_key
from scriptune.core.trial import Observation, Phase, Suggestion
from scriptune.messages import Message, sentences
from scriptune.plugins.options import option
from scriptune.search.base import BaseSampler
from scriptune.search.completion import RESTRICTED_KAPPA
from scriptune.search.encoding import Array, Encoding, History, PendingRows
from scriptune.search.free import any_free, first_free
from scriptune.search.gp.acquisition import (
    log_expected_improvement,
    log_probability_of_improvement,
    mixture,
    upper_confidence,
)
from scriptune.search.gp.crowd import MAX_PENDING, chosen_pending
from scriptune.search.gp.ensemble import Ensemble, TrainingSet
from scriptune.search.gp.joint import JointEnsemble, JointHyperparameters, RungValues, joint_distances, training_rows
from scriptune.search.gp.kernels import Hyperparameters, Prior
from scriptune.search.gp.maximise import Score, maximise
from scriptune.search.gp.regression import Posterior, fit
from scriptune.search.initial import InitialDesign
from scriptune.search.normal import ndtr
from scriptune.search.pending import Key, Pending, TakenKeys, taken_keys

__all__ = ["GPOptions", "GPSampler", "ModelFailedError"]

_AUTO_KAPPA = 2.0  # of the odd trials under `auto` (docs/algorithms/bayes.md)
_XI_LIMIT = 1e6  # standard deviations of the values; larger improvements rank candidates alike, and overflow
_SCORE_ALL = 2000  # free configurations of a finite space up to which all are scored
_ENUMERATE = 4000  # configurations, taken ones included, that are listed for that


@dataclass(frozen=True)
class GPOptions:
    """Options of `bayes`."""

    kind: str = option(
        "auto",
        "sampler_option.bayes_kind",
        choices=("auto", "ucb", "ei", "poi"),
        source="ModelArts bayes_opt_search; Ament et al. 2023",
    )
    kappa: float = option(
        2.5,
        "sampler_option.bayes_kappa",
        low=0.0,
        high=1e6,
        source="ModelArts bayes_opt_search; Srinivas et al. 2010",
    )
    xi: float = option(
        0.0,
        "sampler_option.bayes_xi",
        low=0.0,
        source="ModelArts bayes_opt_search; Jones et al. 1998",
    )


class ModelFailedError(ArithmeticError):
    """The model gave no finite posterior; the caller must fall back to something simpler."""


class GPSampler(BaseSampler):
    """Bayesian optimisation with a GP ensemble; a suggestion takes milliseconds, however long the history."""

    name: ClassVar[str] = "bayes"
    options_class: ClassVar[type] = GPOptions
    brings_defaults: ClassVar[bool] = True
    uses_first_points: ClassVar[bool] = True
    learns_steps: ClassVar[bool] = True

    def prepare(self) -> None:
        """Create the initial design, the models and an empty history."""
        self._encoding = Encoding(self.space)
        self._history = History(self._encoding)
        self._pending = PendingRows(self._encoding)
        self._design = InitialDesign(self._encoding, self.seed, self.n_workers, self.rules, self.first)
        self._ensemble = Ensemble(self._encoding, self._history, self.seed, two_views=self.options.kind == "auto")
        self._joint = JointEnsemble(self._encoding, self.seed)
        self._has_steps = False
        self._n_known = 0
        self._listed: tuple[list[Key], Array] | None = None

    def learn(self, observation: Observation) -> None:
        """Append to the history."""
        self._history.append(observation.params, observation.value)
        curve = RungValues.of(observation, self._history.X[-1].copy())
        if curve is not None:
            self._joint.tell(curve, self.max_step)
        self._has_steps = self._has_steps or bool(observation.rungs) or not observation.is_final
        self._n_known += observation.number < 0

    def propose(self, number: int, pending: Pending) -> Suggestion:
        """Propose like `propose_with`, without values of running trials."""
        return self.propose_with(number, pending, ())

    def propose_with(self, number: int, pending: Pending, partial: Sequence[Observation]) -> Suggestion:
        """Propose from the initial design, then from the model; at random if the model fails."""
        try:
            return self.propose_or_fail(number, pending, partial)
        except ModelFailedError:
            taken = taken_keys(self.told_keys, pending)
            params = any_free(self._encoding, taken, np.random.default_rng([self.seed, number]))
            return Suggestion(params, self.name, Phase.FALLBACK, note=Message("note.model_failed"))

    def propose_or_fail(self, number: int, pending: Pending, partial: Sequence[Observation] = ()) -> Suggestion:
        """Like `propose_with`, but raise an error if the model fails, for callers with a better fallback.

        Raises:
            ModelFailedError: The model gave no finite posterior.
            SpaceExhaustedError: Everything is told or pending.
        """
        taken = taken_keys(self.told_keys, pending)
        if self.is_starting(number, len(pending)) or self._design.awaits_defaults(taken):
            return self._design.suggest(self.name, number, len(pending), taken)
        return self._propose_by_model(number, pending, taken, partial)

    def measure(self, number: int, pending: Pending) -> Score | None:
        if self.is_starting(number, len(pending)):
            return None
        try:
            rows = self._pending.of(pending)
            model = self._joint_model(rows, ()) if self._has_steps else self._model(rows, pending)
        except ModelFailedError:
            return None

        def low_bound(rows: Array) -> Array:
            mean, variance = mixture(*model.predict(rows))
            return np.asarray(RESTRICTED_KAPPA * np.sqrt(variance) - mean)

        return low_bound

    def is_starting(self, number: int, n_pending: int) -> bool:
        """Whether trial ``number`` belongs to the initial design because there are too few results for a model.

        Results known beforehand replace as many first points.
        """
        return self._history.n_finite == 0 or number + self._n_known < self._design.n_points(n_pending)

    # --- the model --------------------------------------------------------------------------------------

    def _propose_by_model(
        self, number: int, pending: Pending, taken: TakenKeys, partial: Sequence[Observation]
    ) -> Suggestion:
        """The maximiser of the acquisition function among free configurations."""
        rng = np.random.default_rng([self.seed, number])
        X_pending = self._pending.of(pending)
        known = [one for one in partial if one.rungs]
        model = self._joint_model(X_pending, known) if self._has_steps or known else self._model(X_pending, pending)
        data = model.data

        def score(rows: Array) -> Array:
            return self._acquisition(model, number, *model.predict(rows))

        free = self._free_rows(taken)
        if free is not None:
            scores = score(free)
            order = np.argsort(-scores, kind="stable")
            rows, scores = free[order], scores[order]
        else:
            keys = self._history.keys.union(self._encoding.keys(X_pending))
            rows, scores = maximise(score, self._encoding, data.X[data.best], rng, keys)
        found = first_free(self._encoding, rows, taken)
        if found is None:
            return Suggestion(
                any_free(self._encoding, taken, rng), self.name, Phase.FALLBACK, note=Message("note.random")
            )
        index, params = found
        return self._explain(model, params, rows[index], float(scores[index]))

    def _model(self, X_pending: Array, pending: Pending) -> _Model:
        """The model of all results and of the pending rows that count.

        Raises:
            ModelFailedError: It gives no finite posterior.
        """
        if self.rules < 2 or len(X_pending) <= MAX_PENDING:
            data, hyper = self._ensemble.data(), self._ensemble.particles()
        else:
            data, hyper = self._ensemble.from_prior()
            distances = self._encoding.column_distances(X_pending, data.X[data.best[:1]], self._encoding.varying)
            from_incumbent = hyper.w.mean(axis=0) @ distances[:, :, 0]
            X_pending = X_pending[chosen_pending(from_incumbent, pending.numbers_in_canonical_order())]
        return _Model.build(self._encoding, data, hyper, self._ensemble.prior, X_pending)

    def _joint_model(self, X_pending: Array, partial: Sequence[Observation]) -> _Model:
        """The model of all values at rungs and final values, and of the pending rows that have no value yet.

        Raises:
            ModelFailedError: It gives no finite posterior.
        """
        ordered = sorted(partial, key=lambda one: one.number)
        rows = self._encoding.encode_many([one.params for one in ordered])
        running = [RungValues.of(replace(one, is_final=False), row) for one, row in zip(ordered, rows, strict=True)]
        curves = [*self._joint.told, *(curve for curve in running if curve is not None)]
        data, hyper = training_rows(curves, self.max_step), self._joint.particles()
        with_value = set(self._encoding.keys(np.array([curve.row for curve in curves])))
        is_blank = [key not in with_value for key in self._encoding.keys(X_pending)]
        blank = X_pending[np.array(is_blank, dtype=np.bool_)]
        if len(blank) > MAX_PENDING:
            distances = self._encoding.column_distances(blank, data.X[data.best[:1]], self._encoding.varying)
            blank = blank[chosen_pending(hyper.plain.w.mean(axis=0)[:-1] @ distances[:, :, 0], None)]
        numbers = [curves[i].number for i in data.chosen]
        return _Model.build_joint(self._encoding, data, hyper, self._joint.medians(), blank, numbers)

    def _acquisition(self, model: _Model, number: int, mu: Array, v: Array) -> Array:
        """The acquisition function that trial ``number`` maximises, shape (C,)."""
        kind = self.options.kind
        if kind == "auto":
            kind = "ei" if number % 2 == 0 else "ucb"
            kappa, xi = _AUTO_KAPPA, 0.0
        else:
            kappa = self.options.kappa
            xi = min(self.options.xi / max(model.data.plain.scale, sys.float_info.min), _XI_LIMIT)
        if kind == "ucb":
            return upper_confidence(mu, v, kappa)
        best = model.incumbents - xi
        return log_expected_improvement(mu, v, best) if kind == "ei" else log_probability_of_improvement(mu, v, best)

    def _free_rows(self, taken: TakenKeys) -> Array | None:
        """All rows of a small finite space that are not taken, (m, d) with 0 < m <= 2000; None otherwise."""
        if self._listed is None:
            small = self._encoding.is_finite and self.space.size(limit=_ENUMERATE) is not None
            listed = list(self.space.enumerate()) if small else []
            self._listed = [params_key(params) for params in listed], self._encoding.encode_many(listed)
        keys, rows = self._listed
        free = [i for i, key in enumerate(keys) if key not in taken]
        return rows[free] if 0 < len(free) <= _SCORE_ALL else None

    def _explain(self, model: _Model, params: Params, row: Array, acquisition: float) -> Suggestion:
        """Attach the prediction in told units, and a sentence that is true for either goal."""
        mu, v = model.predict(row[None])
        # Who sees plain values.
        plain = slice(None, None, 2) if self.options.kind == "auto" and model.numbers is None else slice(None)
        mean, variance = mixture(mu[plain], v[plain])
        view = model.data.plain
        chance = float(np.mean(ndtr((model.incumbents[plain] - mu[plain, 0]) / np.sqrt(v[plain, 0]))))
        nearest, names = model.nearest(row)
        note: str = Message("note.chance", percent=round(100 * chance))
        if names:
            trial = self.observations[nearest].number if model.numbers is None else model.numbers[nearest]
            if trial >= 0:
                note = sentences(note, Message("note.nearest_trial", number=trial, names=list(names)))
            else:  # a result that was known before the search is not a trial that anybody could look up
                note = sentences(note, Message("note.nearest_result", names=list(names)))
        mean_told, std_told = view.center + view.scale * float(mean[0]), view.scale * math.sqrt(float(variance[0]))
        finite = math.isfinite(mean_told) and math.isfinite(std_told)
        return Suggestion(
            params,
            self.name,
            Phase.MODEL,
            mean=mean_told if finite else None,
            std=std_told if finite else None,
            acquisition=acquisition if math.isfinite(acquisition) else None,
            note=note,
        )


@dataclass(frozen=True)
class _Model:
    """A posterior with the rows it was conditioned on."""

    encoding: Encoding
    data: TrainingSet
    rows: Array
    hyper: Hyperparameters
    posterior: Posterior
    incumbents: Array
    levels: Array | None = None  # of the rows, in a joint model
    numbers: Sequence[int] | None = None  # the trials of the observed rows, in a joint model

    @classmethod
    def build(
        cls,
        encoding: Encoding,
        data: TrainingSet,
        hyper: Hyperparameters,
        prior: Prior,
        X_pending: Array,
    ) -> _Model:
        """Condition the particles on results and pending rows; falls back to the prior medians if a particle fails.

        Raises:
            ModelFailedError: The prior medians fail too.
        """
        rows = np.concatenate([data.X, X_pending])
        distances = encoding.column_distances(rows, rows, encoding.varying)
        posterior, ok = fit(hyper, distances, data.y)
        if not ok.all():
            hyper = prior.unwhiten(np.zeros((len(data.y), len(prior.mean))))
            posterior, ok = fit(hyper, distances, data.y)
        # best_p: the smallest posterior mean at the observed points and, in its own belief, the pending ones.
        believed = np.concatenate([posterior.at_observed, posterior.at_pending], axis=1)
        if not (ok.all() and np.isfinite(believed).all()):
            raise ModelFailedError
        return cls(encoding, data, rows, hyper, posterior, believed.min(axis=1))

    @classmethod
    def build_joint(
        cls,
        encoding: Encoding,
        data: TrainingSet,
        hyper: JointHyperparameters,
        medians: JointHyperparameters,
        X_pending: Array,
        numbers: Sequence[int],
    ) -> _Model:
        """The same over configurations and steps: best_p is the smallest posterior mean at the end of a training.

        Raises:
            ModelFailedError: The prior medians fail too.
        """
        assert data.levels is not None
        assert data.is_final is not None
        rows = np.concatenate([data.X, X_pending])
        levels = np.concatenate([data.levels, np.ones(len(X_pending))])
        distances = joint_distances(encoding.column_distances(rows, rows, encoding.varying), levels, levels)
        posterior, ok = fit(hyper.plain, distances, data.y, hyper.more_noise(levels))
        if not ok.all():
            hyper = medians
            posterior, ok = fit(hyper.plain, distances, data.y, hyper.more_noise(levels))
        at_end = data.X[data.is_final] if data.is_final.any() else data.X
        D = joint_distances(encoding.column_distances(rows, at_end, encoding.varying), levels, np.ones(len(at_end)))
        believed = np.concatenate([posterior.predict(D)[0], posterior.at_pending], axis=1)
        if not (ok.all() and np.isfinite(believed).all()):
            raise ModelFailedError
        return cls(encoding, data, rows, hyper.plain, posterior, believed.min(axis=1), levels, numbers)

    def predict(self, candidates: Array) -> tuple[Array, Array]:
        """Mean and variance per particle, each (P, C); at the end of a training in a joint model."""
        distances = self.encoding.column_distances(self.rows, candidates, self.encoding.varying)
        if self.levels is not None:
            distances = joint_distances(distances, self.levels, np.ones(len(candidates)))
        return self.posterior.predict(distances)

    def nearest(self, row: Array) -> tuple[int, list[str]]:
        """Index of the most similar observation in the history, and up to two columns that differ most.

        In a joint model the index is that of a row.
        """
        distances = self.encoding.column_distances(self.data.X, row[None], self.encoding.varying)[:, :, 0]
        weighted = self.hyper.w.mean(axis=0)[: len(distances), None] * distances
        i = int(np.argmin(weighted.sum(axis=0)))
        top = np.argsort(-weighted[:, i], kind="stable")[:2]
        names = [self.encoding.names[self.encoding.varying[j]] for j in top if weighted[j, i] > 0.0]
        return i if self.numbers is not None else int(self.data.chosen[i]), names
