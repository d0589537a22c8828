"""Annealing: neighbourhoods, ranks, options."""

from typing import Any

import numpy as np
import pytest

from scriptune.core.parameters import Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.core.trial import Observation, Phase
from scriptune.errors import SamplerError
from scriptune.search.annealing import AnnealSampler, predicted_ranks
from scriptune.search.registry import make_sampler

SPACE = SearchSpace({"x": Float(0, 1), "lr": Float(1e-4, 1, log=True), "c": Categorical(["a", "b", "c"])})


def told(space: SearchSpace, n: int, **options: Any) -> AnnealSampler:
    sampler = make_sampler("anneal", space, 1, **options)
    assert isinstance(sampler, AnnealSampler)
    for number in range(n):
        params = sampler.ask(number)
        sampler.tell(Observation(number, params, float(params["x"])))
    return sampler


def test_inverse_distance_ranks_agree_with_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    D2, rank = rng.random((5, 9)) + 1e-3, rng.random(9)
    for power in (1, 2, 4):
        slow = [
            sum(r / d2 ** (power / 2) for d2, r in zip(row, rank, strict=True))
            / sum(1 / d2 ** (power / 2) for d2 in row)
            for row in D2
        ]
        np.testing.assert_allclose(predicted_ranks(D2, rank, power), slow, rtol=1e-12)


def test_a_known_point_has_its_own_rank() -> None:
    D2 = np.array([[1e-12, 0.5, 0.5]])
    assert predicted_ranks(D2, np.array([0.25, 1.0, 1.0]), 4) == pytest.approx([0.25], abs=1e-9)


def test_neighbours_stay_in_a_window_shifted_into_the_range() -> None:
    sampler = told(SPACE, 1)
    base = np.tile([0.02, 0.5, 1.0], (4000, 1))
    X = sampler._neighbours(base, np.array([0.2, 0.2, 0.2]), np.random.default_rng(0))
    assert X[:, 0].min() >= 0.0
    assert 0.19 < X[:, 0].max() <= 0.2
    assert X[:, 1].min() >= 0.4
    assert X[:, 1].max() <= 0.6
    # Kept with probability 0.8, else any of the three.
    assert np.mean(X[:, 2] == 1.0) == pytest.approx(0.8 + 0.2 / 3, abs=0.02)


def test_the_neighbourhood_shrinks_with_the_trials_that_have_the_parameter() -> None:
    space = SearchSpace({"x": Float(0, 1), "c": Categorical(["a", "b"]), "m": Float(0, 1, when={"c": "a"})})
    sampler = make_sampler("anneal", space, 0, shrink_coef=0.5)
    assert isinstance(sampler, AnnealSampler)
    for number in range(10):
        sampler.tell(Observation(number, {"x": number / 10, "c": "b"}, 1.0))
    sampler.tell(Observation(10, {"x": 0.95, "c": "a", "m": 0.5}, None))  # failed: no temperature
    sampler.tell(Observation(11, {"x": 0.96, "c": "a", "m": 0.5}, 0.0))
    assert sampler._n_with.tolist() == [11.0, 11.0, 1.0]


def test_proposals_come_from_the_best_trials() -> None:
    sampler = told(SPACE, 60)
    best = sorted(float(o.params["x"]) for o in sampler.observations)[:10]
    width = 1 / (1 + 60 * 0.1)
    asked = [float(sampler.ask(60 + k)["x"]) for k in range(20)]
    assert max(asked) <= best[-1] + width


def test_a_larger_mean_rank_starts_from_worse_trials() -> None:
    near, far = (
        np.mean([int(told(SPACE, 30, avg_best_idx=b).suggest(100 + k).note.split("trial ")[1].split(",")[0]) == best
                 for k in range(20)])
        for b, best in [(1.0, _best(1.0)), (10.0, _best(10.0))]
    )  # fmt: skip
    assert near == 1.0
    assert far < 0.7


def _best(avg_best_idx: float) -> int:
    observations = told(SPACE, 30, avg_best_idx=avg_best_idx).observations
    return min(observations, key=lambda o: (o.value, o.number)).number


@pytest.mark.parametrize(
    "options", [{"avg_best_idx": 0.5}, {"shrink_coef": -0.1}, {"shrink_coef": 1e300}, {"avg_best_idx": "2"}]
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(SamplerError, match="shrink_coef"):
        make_sampler("anneal", SPACE, 0, **options)


def test_the_documented_defaults_are_in_force() -> None:
    sampler = told(SPACE, 0)
    assert (sampler.options.avg_best_idx, sampler.options.shrink_coef) == (2.0, 0.1)


def test_whole_numbers_without_new_neighbours_widen_the_window() -> None:
    space = SearchSpace({"x": Int(1, 40), "y": Int(1, 3)})
    sampler = make_sampler("anneal", space, 0, shrink_coef=100.0)
    phases = []
    for number in range(60):
        suggestion = sampler.suggest(number)
        phases.append(suggestion.phase)
        sampler.tell(Observation(number, suggestion.params, float(abs(suggestion.params["x"] - 20))))
    assert Phase.FALLBACK not in phases


def test_long_histories_are_screened_by_a_bounded_number_of_trials() -> None:
    sampler = told(SPACE, 0)
    rng = np.random.default_rng(0)
    for number in range(1500):
        params = {"x": float(rng.random()), "lr": float(10 ** -(4 * rng.random())), "c": "a"}
        sampler.tell(Observation(number, params, params["x"]))
    order = np.argsort(sampler._history.y, kind="stable")
    score = sampler._screen(sampler._history.X[order[:3]] + 1e-3, order, np.empty((0, 3)))
    assert score.shape == (3,)
    assert np.abs(score).max() < 0.1  # neighbours of the best have the best's rank
