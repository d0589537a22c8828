from __future__ import annotations

import math

import numpy as np
import pytest

from scriptune.core.parameters import Categorical, Float, Int
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation, Phase
from scriptune.errors import SamplerError
from scriptune.search.encoding import Array
from scriptune.search.gp import sampler as module
from scriptune.search.gp.acquisition import log_expected_improvement, upper_confidence
from scriptune.search.gp.ensemble import Ensemble
from scriptune.search.gp.sampler import GPOptions, GPSampler
from scriptune.search.registry import make_sampler

SPACE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


def value(params: Params) -> float:
    return (float(params["x"]) - 0.3) ** 2 + (float(params["y"]) - 0.6) ** 2


def told(n: int, **options: object) -> GPSampler:
    sampler = GPSampler(SPACE, 5, GPOptions(**options))  # type: ignore[arg-type]  # options are checked by the registry
    for number in range(n):
        params = sampler.ask(number)
        sampler.tell(Observation(number, params, value(params)))
    return sampler


def quadratic(d: int) -> tuple[SearchSpace, object, float]:
    rng = np.random.default_rng(d)
    centre, weights = rng.uniform(0.1, 0.9, d), rng.exponential(size=d) ** 2

    def evaluate(params: Params) -> float:
        x = np.array([float(params[f"x{j}"]) for j in range(d)])
        return float(weights @ (x - centre) ** 2 + 0.02 * np.sin(20.0 * x).sum() + 0.02 * d)

    return SearchSpace({f"x{j}": Float(0.0, 1.0) for j in range(d)}), evaluate, 0.0


@pytest.mark.slow
@pytest.mark.parametrize(("d", "bound"), [(3, 0.05), (6, 0.15), (10, 0.6)])
def test_fifty_trials_end_near_the_optimum_of_rippled_quadratics_in_every_seed(d: int, bound: float) -> None:
    space, evaluate, lower_bound = quadratic(d)
    for seed in range(5):
        sampler = make_sampler("bayes", space, seed)
        values = []
        for number in range(50):
            params = sampler.ask(number)
            values.append(evaluate(params))  # type: ignore[operator]  # a function
            sampler.tell(Observation(number, params, values[-1]))
        assert min(values) - lower_bound < bound


def test_a_short_search_ends_near_the_optimum() -> None:
    assert min(o.value or 0.0 for o in told(15).observations) < 0.005


def test_first_comes_the_centre_then_two_points_then_the_model() -> None:
    sampler = told(4)
    fresh = GPSampler(SPACE, 5)
    phases = []
    for observation in sampler.observations:
        phases.append(fresh.suggest(observation.number).phase)
        fresh.tell(observation)
    assert phases == [Phase.DEFAULT, Phase.INITIAL, Phase.INITIAL, Phase.MODEL]
    assert sampler.observations[0].params == {"x": 0.5, "y": 0.5}


def test_defaults_come_first_even_when_results_are_known() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0, default=0.9)})
    sampler = GPSampler(space, 0)
    for k in range(3):
        sampler.tell(Observation(-1 - k, {"x": 0.1 * k}, float(k)))
    sampler.enqueue({"x": 0.55})
    assert sampler.suggest(0).phase is Phase.ENQUEUED
    sampler.tell(Observation(0, {"x": 0.55}, 1.5))
    first = sampler.suggest(1)
    assert (first.params, first.phase) == ({"x": 0.9}, Phase.DEFAULT)
    sampler.tell(Observation(1, first.params, 0.0))
    assert sampler.suggest(2).phase is Phase.MODEL


def test_predictions_are_in_the_units_told_and_come_true() -> None:
    sampler = told(20)
    suggestion = sampler.suggest(20)
    assert suggestion.mean is not None
    assert suggestion.std is not None
    assert abs(value(suggestion.params) - suggestion.mean) < 4 * suggestion.std + 1e-3
    assert "Nearest: trial" in suggestion.note


@pytest.mark.parametrize("kind", ["auto", "ei", "ucb", "poi"])
def test_every_acquisition_function_finds_the_valley(kind: str) -> None:
    assert min(o.value or 0.0 for o in told(16, kind=kind).observations) < 0.03


def test_even_and_odd_trials_take_turns_by_their_number_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[object] = set()

    def improvement(mu: Array, v: Array, best: Array) -> Array:
        used.add("log EI")
        return log_expected_improvement(mu, v, best)

    def confidence(mu: Array, v: Array, kappa: float) -> Array:
        used.add(kappa)
        return upper_confidence(mu, v, kappa)

    monkeypatch.setattr(module, "log_expected_improvement", improvement)
    monkeypatch.setattr(module, "upper_confidence", confidence)
    sampler = told(8)
    for number, expected in ((8, "log EI"), (9, 2.0), (8, "log EI"), (41, 2.0)):
        used.clear()
        sampler.suggest(number)
        assert used == {expected}


def test_a_larger_kappa_looks_where_less_is_known() -> None:
    stds = []
    for kappa in (0.1, 10.0):
        sampler = GPSampler(SPACE, 5, GPOptions(kind="ucb", kappa=kappa))
        for observation in told(8).observations:
            sampler.tell(observation)
        stds.append(sampler.suggest(8).std or 0.0)
    assert stds[0] < stds[1]


def test_a_larger_xi_asks_for_more_than_a_sure_small_gain() -> None:
    stds = []
    for xi in (0.0, 5.0):
        sampler = GPSampler(SPACE, 5, GPOptions(kind="poi", xi=xi))
        for observation in told(8).observations:
            sampler.tell(observation)
        stds.append(sampler.suggest(8).std or 0.0)
    assert stds[0] < stds[1]


@pytest.mark.parametrize("kind", ["ei", "poi"])
def test_an_absurd_xi_asks_for_the_most_uncertain(kind: str) -> None:
    # 1e300 in units of a metric near 1 overflowed.
    suggestion = told(8, kind=kind, xi=1e300).suggest(8)
    assert suggestion.phase is Phase.MODEL
    assert math.isfinite(suggestion.std or 0.0)


def test_all_free_configurations_of_a_small_space_are_scored() -> None:
    space = SearchSpace({"k": Int(0, 40), "c": Categorical(["a", "b", "c"])})
    sampler = GPSampler(space, 0)
    for number in range(25):
        params = sampler.ask(number)
        sampler.tell(Observation(number, params, abs(float(params["k"]) - 33) + (params["c"] != "b")))
    assert min(o.value or 0.0 for o in sampler.observations) == 0.0


def test_a_model_that_fails_leaves_a_random_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = told(6)

    def nonsense(self: Ensemble) -> object:
        hyper = self.prior.unwhiten(np.full((12, len(self.prior.mean)), np.nan))
        monkeypatch.setattr(self.prior.__class__, "unwhiten", lambda _self, _Z: hyper)
        return hyper

    monkeypatch.setattr(module.Ensemble, "particles", nonsense)
    suggestion = sampler.suggest(6)
    assert suggestion.phase is Phase.FALLBACK
    assert SPACE.contains(suggestion.params)


def test_particles_that_fail_give_way_to_the_medians_of_the_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = told(6)
    monkeypatch.setattr(
        module.Ensemble, "particles", lambda self: self.prior.unwhiten(np.full((12, len(self.prior.mean)), np.nan))
    )
    assert sampler.suggest(6).phase is Phase.MODEL


def test_a_thousand_results_are_no_obstacle() -> None:
    sampler = GPSampler(SPACE, 0)
    rng = np.random.default_rng(0)
    for number in range(1000):
        params: Params = {"x": float(rng.random()), "y": float(rng.random())}
        sampler.tell(Observation(number, params, value(params)))
    suggestion = sampler.suggest(1000)
    assert value(suggestion.params) < 0.05
    assert math.isfinite(suggestion.std or 0.0)


@pytest.mark.parametrize("options", [{"kind": "pi"}, {"kappa": -1.0}, {"kappa": 1e7}, {"xi": "much"}, {"kapa": 1.0}])
def test_wrong_options_are_refused_with_the_table(options: dict[str, object]) -> None:
    with pytest.raises(SamplerError, match="Options of 'bayes'"):
        make_sampler("bayes", SPACE, 0, **options)


def test_the_nearest_known_point_is_not_called_a_trial_when_it_was_given() -> None:
    """Notes said "Nearest: trial -1"."""
    sampler = make_sampler("bayes", SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)}), 0)
    for k in range(8):
        x, y = (k * 0.37) % 1, (k * 0.61) % 1
        sampler.tell(Observation(-1 - k, {"x": x, "y": y}, (x - 0.4) ** 2 + y))
    suggestion = sampler.suggest(0)
    assert "Nearest: a known result" in suggestion.note


def waiting(n: int) -> list[Params]:
    rng = np.random.default_rng(1)
    return [{"x": float(x), "y": float(y)} for x, y in rng.random((n, 2))]


def test_a_crowd_of_pending_trials_is_a_set_and_none_of_them_is_proposed_again() -> None:
    sampler, crowd = told(8), waiting(160)
    suggestion = sampler.suggest(200, crowd)
    assert suggestion.phase is Phase.MODEL
    assert sampler.suggest(200, crowd[::-1]) == suggestion
    assert suggestion.params not in crowd
    # Even if the pending trial is what the model wants and is not among those that it was conditioned on.
    assert sampler.suggest(200, [*crowd, suggestion.params]).params not in [*crowd, suggestion.params]


def test_a_model_is_conditioned_on_a_hundred_pending_trials_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def build(*args: Array) -> object:
        sizes.append(len(args[-1]))
        return original(*args)

    original = module._Model.build
    monkeypatch.setattr(module._Model, "build", build)
    new, old = told(8), GPSampler(SPACE, 5, rules=1)
    for observation in new.observations:
        old.tell(observation)
    sizes.clear()
    for n in (100, 101):
        asked = [sampler.suggest(200, waiting(n)).params for sampler in (new, old)]
        assert (asked[0] == asked[1]) is (n == 100)
    assert sizes == [100, 100, 100, 101]


def test_a_crowd_costs_the_same_whatever_was_told_since_the_last_suggestion() -> None:
    """The particles are drawn in one step, and are those of a resumed search."""
    history = told(9).observations
    steadily, late = GPSampler(SPACE, 5), GPSampler(SPACE, 5)
    for observation in history:
        steadily.tell(observation)
        steadily.suggest(300, waiting(120))
        late.tell(observation)
    assert steadily.suggest(300, waiting(120)) == late.suggest(300, waiting(120))
