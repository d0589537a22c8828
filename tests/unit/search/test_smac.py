"""The random-forest sampler."""

import builtins
from typing import Any

import numpy as np
import pytest

from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.core.trial import Observation, Phase
from scriptune.errors import MissingExtraError
from scriptune.search.encoding import Encoding
from scriptune.search.normal import ndtr
from scriptune.search.registry import make_sampler
from scriptune.search.smac import ForestModel, LogScale, log_expected_improvement, one_exchange

SPACE = SearchSpace(
    {
        "kind": Categorical(["linear", "forest", "net"]),
        "c": Float(1e-3, 1e3, log=True, when={"kind": "linear"}),
        "trees": Int(10, 500, when={"kind": "forest"}),
        "dropout": Float(0, 0.5, when={"kind": "net"}),
        "scale": Bool(),
    }
)


def value(params: dict[str, Any]) -> float:
    if params["kind"] != "net":
        return 1.0 + params["scale"]
    return abs(params["dropout"] - 0.3) + 0.1 * params["scale"]


@pytest.mark.parametrize(("mu", "s"), [(0.0, 1.0), (1.0, 0.5), (-2.0, 0.3), (3.0, 1.5)])
def test_expected_improvement_agrees_with_monte_carlo(mu: float, s: float) -> None:
    t_best = 0.4
    draws = np.exp(np.random.default_rng(0).normal(mu, s, 2_000_000))
    sampled = np.maximum(np.exp(t_best) - draws, 0).mean()
    computed = np.exp(log_expected_improvement(np.array([mu]), np.array([s]), t_best) + t_best)
    assert computed == pytest.approx([sampled], rel=0.02)


def test_expected_improvement_of_a_sure_loss_is_finite_and_least() -> None:
    scores = log_expected_improvement(np.array([1e3, 5.0, -5.0]), np.array([0.0, 0.0, 0.0]), 0.0)
    assert np.isfinite(scores).all()
    assert scores[2] == pytest.approx(np.log(1 - np.exp(-5.0)))
    assert scores[0] < scores[1] < scores[2]


@pytest.mark.parametrize(("v", "s"), [(-0.5, 1.0), (-8.0, 2.0), (-30.0, 0.5), (-40.0, 1e-3), (-1e3, 50.0)])
def test_expected_improvement_is_exact_where_it_is_tiny(v: float, s: float) -> None:
    # EI = int_0^inf (1 - exp(-s u)) phi(v - u) du, with phi(v) taken out: the difference of two Phi was 0 here.
    edges = np.linspace(0.0, 40.0 / (1.0 - v), 200_001)
    u = 0.5 * (edges[1:] + edges[:-1])
    integral = np.sum(-np.expm1(-s * u) * np.exp(v * u - 0.5 * u**2)) * (edges[1] - edges[0])
    expected = np.log(integral) - 0.5 * v**2 - 0.5 * np.log(2.0 * np.pi)
    computed = log_expected_improvement(np.array([-v * s]), np.array([s]), 0.0)
    assert computed == pytest.approx([expected], rel=1e-9, abs=1e-7)


def test_expected_improvement_does_not_overflow_where_the_forest_is_unsure() -> None:
    scores = log_expected_improvement(np.array([0.0, 700.0, -700.0]), np.array([1e3, 300.0, 1e3]), 0.0)
    assert np.exp(scores) == pytest.approx(ndtr(np.array([0.0, -7.0 / 3.0, 0.7])), rel=0.01)


@pytest.mark.parametrize("factor", [1.0, 1e300, 1e-300])
def test_the_log_scale_returns_to_the_values(factor: float) -> None:
    y = np.array([3.0, 1.0, 2.0, 5.0]) * factor
    scale = LogScale(y)
    t = scale.apply(y)
    assert np.argsort(t).tolist() == np.argsort(y).tolist()
    assert [scale.restore(float(v), 0.0)[0] for v in t] == pytest.approx(y.tolist())


def test_failures_are_worse_than_the_worst() -> None:
    y = np.array([1.0, np.nan, 4.0])
    t = LogScale(y).apply(y)
    assert t[1] > t[2] > t[0]


def test_the_moments_on_the_metric_s_scale_are_those_of_a_log_normal() -> None:
    scale = LogScale(np.array([1.0, 2.0, 4.0]))
    mean, std = scale.restore(0.3, 0.4)
    draws = np.exp(np.random.default_rng(0).normal(0.3, 0.4, 1_000_000))
    shift = scale.restore(0.0, 0.0)[0]
    unit = (scale.restore(np.log(2.0), 0.0)[0] - shift) / 1.0
    assert mean == pytest.approx(shift + unit * (draws.mean() - 1.0), rel=1e-2)
    assert std == pytest.approx(unit * draws.std(), rel=1e-2)


def test_the_forest_tells_branches_apart_and_is_unsure_away_from_the_data() -> None:
    encoding = Encoding(SPACE)
    X = encoding.sample(200, np.random.default_rng(0))
    t = np.array([value(encoding.decode(row)) for row in X])
    mu, s = ForestModel(encoding, X, t, np.random.default_rng(1)).predict(X)
    assert np.corrcoef(mu, t)[0, 1] > 0.98
    assert (s >= 0).all()
    assert s.max() > 3 * np.median(s)


def test_one_exchange_changes_one_parameter_and_what_it_switches() -> None:
    encoding = Encoding(SPACE)
    X = encoding.sample(6, np.random.default_rng(2))
    origin, rows = one_exchange(encoding, X, np.random.default_rng(3))
    np.testing.assert_array_equal(encoding.snap(rows), rows)
    for i, row in zip(origin, rows, strict=True):
        old, new = encoding.decode(X[i]), encoding.decode(row)
        changed = {name for name in SPACE if old.get(name) != new.get(name)}
        assert len(changed - {"c", "trees", "dropout"}) <= 1
        if "kind" not in changed:
            assert len(changed) <= 1
    assert {"linear", "forest", "net"} == {encoding.decode(row)["kind"] for row in rows}


def test_a_category_of_many_choices_gets_few_columns_and_neighbours() -> None:
    # With a column and a neighbour for each of 10,000 choices a suggestion took a minute and gigabytes.
    space = SearchSpace({"c": Categorical(range(10_000)), "x": Float(0.0, 1.0), "on": Bool(when={"c": [7, 8]})})
    encoding = Encoding(space)
    X = encoding.sample(50, np.random.default_rng(0))
    X[:3, 0] = 0.0, 7.0, 9999.0
    features = ForestModel(encoding, X, X[:, 1], np.random.default_rng(1))._features(X)
    assert features.shape == (50, 1 + 14 + 2)
    assert len(np.unique(features[:, 1:15], axis=0)) == len(np.unique(X[:, 0]))
    origin, rows = one_exchange(encoding, X[:2], np.random.default_rng(2))
    assert len(rows) <= 2 * (64 + 4 + 1)
    assert len(np.unique(rows[origin == 0, 0])) == 64 + 1


def test_it_finds_the_good_branch() -> None:
    sampler = make_sampler("smac", SPACE, 0, n_trials=30)
    for number in range(30):
        params = sampler.ask(number)
        sampler.tell(Observation(number, params, value(params)))
    assert min(o.value for o in sampler.observations if o.value is not None) < 0.05
    assert sum(o.params["kind"] == "net" for o in sampler.observations[10:]) >= 12


def test_predictions_are_in_the_units_told() -> None:
    sampler = make_sampler("smac", SPACE, 0)
    for number in range(25):
        params = sampler.ask(number)
        sampler.tell(Observation(number, params, 1000.0 + value(params)))
    suggestion = next(s for s in (sampler.suggest(25 + k) for k in range(9)) if s.mean is not None)
    assert suggestion.phase is Phase.MODEL
    assert 999.0 < suggestion.mean < 1002.0
    assert suggestion.std is not None
    assert 0 < suggestion.std < 5


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"scriptune\[smac\]"):
        make_sampler("smac", SPACE, 0)


def test_moments_that_no_float_can_hold_are_left_out() -> None:
    scale = LogScale(np.array([1e300, 1e12]))
    assert scale.restore(-620.0, 166.0) == (None, None)


def test_the_variance_of_equal_rows_with_two_results_is_split_over_trees_and_leaves() -> None:
    # A tree whose bootstrap drew a share p of ones has mean p and leaf variance p (1 - p); over the trees that adds up
    # to mu (1 - mu), whatever was drawn.
    encoding = Encoding(SearchSpace({"x": Float(0, 1)}))
    X = np.full((6, 1), 0.25)
    model = ForestModel(encoding, X, np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0]), np.random.default_rng(0))
    mu, s = model.predict(X[:1])
    assert 0.1 < mu[0] < 0.6
    assert s[0] ** 2 == pytest.approx(mu[0] * (1.0 - mu[0]), rel=1e-9)
