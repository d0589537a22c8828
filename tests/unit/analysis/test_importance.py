"""Importance of parameters against known decompositions of the variance."""

import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scriptune.analysis.importance as module
from scriptune.analysis.forest import Array, Boxes, grow_forest
from scriptune.analysis.importance import importance, marginal, surface
from scriptune.analysis.results import Importance
from scriptune.core.job import Goal
from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import Params, SearchSpace
from scriptune.errors import ConflictError, SpaceError
from scriptune.search.encoding import Encoding

SPACE = SearchSpace(
    {
        "a": Float(0, 1),
        "lr": Float(1e-4, 1, log=True),
        "c": Categorical(["x", "y", "z"]),
        "n": Int(1, 10),
        "noise": Float(0, 1),
    }
)
CONDITIONAL = SearchSpace(
    {
        "optimizer": Categorical(["sgd", "adam"]),
        "momentum": Float(0, 1, when={"optimizer": "sgd"}),
        "x": Float(0, 1),
        "layers": Int(1, 4),
        "width": Float(0, 1, when={"layers": [2, 3]}),
    }
)


def draw(space: SearchSpace, n: int, seed: int = 0) -> list[Params]:
    encoding = Encoding(space)
    return [encoding.decode(row) for row in encoding.sample(n, np.random.default_rng(seed))]


def plain(params: Params) -> float:
    return 3 * params["a"] + 0.5 * math.log10(params["lr"]) + (params["c"] == "y")


def conditional(params: Params) -> float:
    branch = 0.5 + 2 * params["momentum"] if params["optimizer"] == "sgd" else 0.0
    return branch + params["x"] + params.get("width", 0.0)


def by_name(found: list[Importance]) -> dict[str, Importance]:
    return {item.name: item for item in found}


def ped_of(item: Importance) -> float:
    assert item.good is not None
    return item.good


def test_shares_of_an_additive_function_are_those_of_its_variance() -> None:
    # Variances: 9/12 of a uniform of slope 3, 4/12 of slope 0.5 * 4 decades, 2/9 of one category in three.
    exact = {"a": 9 / 12, "lr": 4 / 12, "c": 2 / 9, "n": 0.0, "noise": 0.0}
    params = draw(SPACE, 700)
    found = importance(SPACE, params, [plain(p) for p in params])
    assert [item.name for item in found][:3] == ["a", "lr", "c"]
    for name, item in by_name(found).items():
        assert item.mean == pytest.approx(exact[name] / sum(exact.values()), abs=0.04)
        assert item.std < 0.03


def test_a_pure_interaction_is_credited_to_no_parameter_alone() -> None:
    space = SearchSpace({"a": Float(0, 1), "b": Float(0, 1)})
    params = draw(space, 700)
    found = importance(space, params, [(p["a"] - 0.5) * (p["b"] - 0.5) for p in params])
    assert max(item.mean for item in found) < 0.05


def test_conditional_parameters_share_what_they_explain_where_they_exist() -> None:
    params = draw(CONDITIONAL, 1000)
    values = [conditional(p) for p in params]
    # Var of E[f | x_j] over the configurations that have x_j, times their share.
    exact = {"momentum": 0.5 * 4 / 12, "optimizer": 1.5**2 / 4, "x": 1 / 12, "width": 0.5 / 12, "layers": 0.5**2 / 4}
    found = by_name(importance(CONDITIONAL, params, values))
    for name, variance in exact.items():
        assert found[name].mean == pytest.approx(variance / np.var(values), abs=0.03), name


def test_the_goal_turns_the_view_on_good_results_and_not_the_variance() -> None:
    params = draw(CONDITIONAL, 200)
    values = [conditional(p) for p in params]
    low = by_name(importance(CONDITIONAL, params, values, goal=Goal.MINIMIZE))
    high = by_name(importance(CONDITIONAL, params, values, goal=Goal.MAXIMIZE))
    assert ped_of(high["momentum"]) > 0.1 > ped_of(low["momentum"])  # the low end is Adam's, which has no momentum
    assert high["x"].mean == pytest.approx(low["x"].mean, abs=0.05)


def test_two_trials_are_enough_and_their_std_says_how_little_they_know() -> None:
    params = draw(SPACE, 2)
    found = importance(SPACE, params, [1.0, 2.0])
    assert len(found) == len(SPACE)
    assert any(item.std > 0.2 for item in found)
    assert all(item.mean < 0.4 for item in found)


@pytest.mark.parametrize("values", [[1.0], [1.0, None], [math.nan, 2.0, math.inf], []])
def test_fewer_than_two_values_are_refused_with_their_number(values: list[float | None]) -> None:
    with pytest.raises(ConflictError, match=f"has {sum(v in (1.0, 2.0) for v in values)}"):
        importance(SPACE, draw(SPACE, len(values)), values)


def test_failures_are_left_out() -> None:
    params = draw(SPACE, 40)
    values: list[float | None] = [plain(p) for p in params]
    kept = importance(SPACE, params[:30], values[:30])
    assert importance(SPACE, params, [*values[:30], *[None, math.nan, math.inf, -math.inf, None] * 2]) == kept


def test_the_same_seed_gives_the_same_answer() -> None:
    params = draw(SPACE, 30)
    values = [plain(p) for p in params]
    assert importance(SPACE, params, values, seed=3) == importance(SPACE, params, values, seed=3)
    assert importance(SPACE, params, values, seed=3) != importance(SPACE, params, values, seed=4)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_the_unit_of_the_metric_does_not_matter(scale: float) -> None:
    params = draw(SPACE, 40)
    values = [plain(p) for p in params]
    usual = by_name(importance(SPACE, params, values))
    for name, item in by_name(importance(SPACE, params, [v * scale for v in values])).items():
        assert item.mean == pytest.approx(usual[name].mean, abs=1e-3)  # ties break otherwise


def test_one_diverged_trial_is_not_the_whole_variance() -> None:
    params = draw(SPACE, 200)
    values = [plain(p) for p in params]
    values[7] = 1e12
    assert importance(SPACE, params, values)[0].name == "a"


def test_histories_above_the_limit_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TRIALS", 300)
    params = draw(SPACE, 2000)
    found = by_name(importance(SPACE, params, [plain(p) for p in params]))
    assert found["a"].mean == pytest.approx(0.574, abs=0.08)
    assert found["a"].std > 0.01  # that of 300 trials, not of 2000


def test_the_marginal_is_the_mean_effect_in_the_metric_s_own_sign_and_units() -> None:
    params = draw(SPACE, 600)
    curve = marginal(SPACE, params, [plain(p) for p in params], "c", goal=Goal.MAXIMIZE)
    assert curve.values == ["x", "y", "z"]
    assert curve.mean == pytest.approx([0.5, 1.5, 0.5], abs=0.1)
    assert max(curve.std) < 0.1


def test_the_marginal_of_a_conditional_parameter_is_over_the_trials_that_have_it() -> None:
    params = draw(CONDITIONAL, 700)
    curve = marginal(CONDITIONAL, params, [conditional(p) for p in params], "momentum", n_points=5)
    assert curve.values == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert curve.mean == pytest.approx([1.25, 1.75, 2.25, 2.75, 3.25], abs=0.15)


def test_the_surface_shows_an_interaction_that_no_curve_shows() -> None:
    space = SearchSpace({"x": Float(0, 1), "c": Categorical(["up", "down"])})
    params = draw(space, 400)
    values = [float(p["x"]) if p["c"] == "up" else 1.0 - float(p["x"]) for p in params]
    found = surface(space, params, values, "x", "c", goal=Goal.MAXIMIZE, n_points=5)
    assert (found.x_values, found.y_values) == ([0.0, 0.25, 0.5, 0.75, 1.0], ["up", "down"])
    assert found.mean[0] == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0], abs=0.05)
    assert found.mean[1] == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0], abs=0.05)


def test_the_surface_is_empty_where_two_values_never_occur_together() -> None:
    params = draw(CONDITIONAL, 200)
    found = surface(CONDITIONAL, params, [conditional(p) for p in params], "optimizer", "momentum", n_points=3)
    missing = np.isnan(found.mean)
    assert missing[:, found.x_values.index("adam")].all()
    assert not missing[:, found.x_values.index("sgd")].any()


def test_a_surface_of_one_parameter_is_refused() -> None:
    with pytest.raises(SpaceError, match="x and y are both 'a', expected two different parameters"):
        surface(SPACE, draw(SPACE, 3), [1.0, 2.0, 3.0], "a", "a")


def test_every_value_of_a_small_parameter_is_on_its_curve_and_few_of_a_large_one() -> None:
    space = SearchSpace({"n": Int(1, 7), "units": Int(1, 512, log=True)})
    params = draw(space, 50)
    values = [float(p["n"]) for p in params]
    assert marginal(space, params, values, "n").values == [1, 2, 3, 4, 5, 6, 7]
    units = marginal(space, params, values, "units").values
    assert units == sorted(set(units))
    assert (units[0], units[-1]) == (1, 512)
    assert len(units) <= 40


def test_curves_and_maps_of_the_largest_floats_stay_numbers() -> None:
    space = SearchSpace({"x": Float(0, 1), "c": Categorical(["a", "b"])})
    params, values = draw(space, 6), [1.7e308, -1.7e308, 1.7e308, -1.7e308, 1e300, 0.0]
    curve = marginal(space, params, values, "x")
    assert np.isfinite([*curve.mean, *curve.std]).all()
    assert np.isfinite(surface(space, params, values, "x", "c").mean).all()


def test_a_category_of_thousands_of_choices_has_its_curve_at_once() -> None:
    # Each choice was looked for among all, for every tree: a minute for 10,000.
    space = SearchSpace({"c": Categorical(range(3000)), "x": Float(0, 1)})
    params = draw(space, 20)
    curve = marginal(space, params, [float(p["c"] >= 1500) for p in params], "c")
    assert len(curve.values) == len(curve.mean) == 3000
    seen = {p["c"]: float(p["c"] >= 1500) for p in params}
    error = [abs(curve.mean[c] - value) for c, value in seen.items()]
    assert np.mean(error) < np.mean([abs(0.5 - value) for value in seen.values()])


def test_an_unknown_parameter_is_refused_with_the_closest_name() -> None:
    with pytest.raises(SpaceError, match="Did you mean 'noise'"):
        marginal(SPACE, draw(SPACE, 3), [1.0, 2.0, 3.0], "nois")


@given(
    values=st.lists(st.one_of(st.none(), st.floats(allow_nan=True)), min_size=2, max_size=12),
    seed=st.integers(0, 100),
)
@settings(max_examples=15)
def test_whatever_the_values_the_shares_are_numbers_between_zero_and_one(values: list[float | None], seed: int) -> None:
    space = SearchSpace(
        {"flag": Bool(), "x": Float(0, 1, when={"flag": True}), "k": Int(2, 2), "c": Categorical(["a", "b"])}
    )
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if len(finite) < 2:
        return
    for item in importance(space, draw(space, len(values), seed), values):
        assert 0 <= item.mean <= 1
        assert 0 <= item.std <= 1
        assert item.good is None or 0 <= item.good <= 1 + 1e-12


def test_of_a_parameter_that_never_varied_nothing_is_known() -> None:
    """It read "0 % ± 0 %, good 0 %", which says that it does not matter."""
    params: list[Params] = [
        {"optimizer": "sgd", "momentum": 0.5, "x": 0.1, "layers": 1},
        {"optimizer": "adam", "x": 0.1, "layers": 4},
    ]
    found = by_name(importance(CONDITIONAL, params, [0.2, 0.4]))
    assert {name for name, item in found.items() if item.good is None} == {"momentum", "x", "width"}
    single = SearchSpace({"one": Float(2, 2), "a": Float(0, 1)})  # what can have one value only matters not at all
    assert importance(single, [{"one": 2.0, "a": 0.1}, {"one": 2.0, "a": 0.9}], [1.0, 2.0])[1].good == 0.0


@pytest.mark.parametrize(("n_parameters", "n_choices", "n_trials"), [(100, 0, 2000), (2000, 0, 500), (3, 3000, 2000)])
def test_many_parameters_or_choices_took_minutes(
    monkeypatch: pytest.MonkeyPatch, n_parameters: int, n_choices: int, n_trials: int
) -> None:
    work = []

    def grow(X: Array, y: Array, n_categories: Array, *, n_trees: int, rng: np.random.Generator) -> Iterable[Boxes]:
        work.append(n_trees * X.size * (1 + n_choices / 4))
        return grow_forest(X, y, n_categories, n_trees=1, rng=rng)

    monkeypatch.setattr(module, "grow_forest", grow)
    choice = Categorical(list(range(n_choices))) if n_choices else Float(0.0, 1.0)
    space = SearchSpace({f"p{number}": choice for number in range(n_parameters)})
    params = draw(space, n_trials)
    values = [float(one["p0"]) for one in params]
    assert len(importance(space, params, values)) == n_parameters
    assert len(marginal(space, params, values, "p0").mean) > 1
    assert work
    assert max(work) <= 1_300_000


def test_more_choices_than_could_ever_be_told_apart_are_refused() -> None:
    space = SearchSpace({"a": Categorical(list(range(100_000)))})
    params: list[Params] = [{"a": number} for number in range(100)]
    with pytest.raises(ConflictError, match="1 parameters with 100,000 choices would take minutes"):
        importance(space, params, [float(number) for number in range(100)])
