from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Observation
from scriptune.errors import SpaceExhaustedError
from scriptune.search import grid
from scriptune.search.grid import GridSampler, grid_space, is_listed
from scriptune.search.registry import make_sampler
from strategies import spaces


def visit(space: SearchSpace, **kw: object) -> list[dict[str, object]]:
    sampler = make_sampler("grid", space, 0, **kw)  # type: ignore[arg-type]  # options of any type
    points: list[dict[str, object]] = []
    while True:
        try:
            params = sampler.ask(len(points))
        except SpaceExhaustedError:
            return points
        points.append(dict(params))
        sampler.tell(Observation(len(points) - 1, params, 0.0))


def test_the_last_parameter_varies_fastest_and_the_ends_are_included() -> None:
    space = SearchSpace({"c": Categorical(["b", "a"]), "lr": Float(0.01, 1.0, log=True)})
    points = visit(space, resolution=3)
    assert [point["c"] for point in points] == ["b", "b", "b", "a", "a", "a"]
    assert [point["lr"] for point in points[:3]] == [0.01, pytest.approx(0.1), 1.0]


def test_finite_parameters_keep_every_value_and_only_continuous_ones_are_divided() -> None:
    grid = grid_space(SearchSpace({"k": Int(1, 3), "n": Int(0, 40), "b": Bool(), "x": Float(0.0, 1.0)}), 5)
    assert list(grid["k"].choices) == [1, 2, 3]  # type: ignore[union-attr]  # a grid's parameters are categorical
    assert list(grid["n"].choices) == list(range(41))  # type: ignore[union-attr]  # as above
    assert list(grid["x"].choices) == [0.0, 0.25, 0.5, 0.75, 1.0]  # type: ignore[union-attr]  # as above
    assert grid.size() == 3 * 41 * 2 * 5


def test_a_job_of_0_1_0_keeps_its_grid() -> None:
    """Its integers were divided like real numbers; the list is what 0.1.0 proposed."""
    lr, width, opt = Float(1e-4, 1e-1, log=True), Int(8, 512, log=True), Categorical(["adam", "sgd"])
    space = SearchSpace({"layers": Int(1, 20), "width": width, "lr": lr, "opt": opt})
    points = visit(space, n_trials=24, rules=1)
    grid = itertools.product((1, 20), (8, 512), (1e-4, 1e-1), ("adam", "sgd"))
    assert [tuple(point.values()) for point in points] == list(grid)


def test_a_stepped_float_keeps_its_middle_and_both_ends() -> None:
    """0.0 .. 1.0 in steps of 0.1 had lost 0.5."""
    points = visit(SearchSpace({"x": Float(0.0, 1.0, step=0.1)}), n_trials=100)
    assert [point["x"] for point in points] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


@given(spaces(), st.integers(1, 200))
@settings(max_examples=50)
def test_no_value_of_a_finite_parameter_is_left_out_whatever_the_budget(space: SearchSpace, n_trials: int) -> None:
    sampler = make_sampler("grid", space, 0, n_trials=n_trials)
    assert isinstance(sampler, GridSampler)
    for name, parameter in space.items():
        if is_listed(parameter):
            n = parameter.n_values or 0
            assert {repr(sampler.grid[name].nth(i)) for i in range(n)} == {repr(parameter.nth(i)) for i in range(n)}


def test_a_parameter_of_too_many_values_to_list_is_divided() -> None:
    space = SearchSpace({"n": Int(0, 10**9)})
    assert [point["n"] for point in visit(space, n_trials=3)] == [0, 500_000_000, 10**9]


def test_a_single_continuous_value_is_the_middle_one() -> None:
    assert visit(SearchSpace({"x": Float(0.0, 1.0), "k": Int(4, 5)}), resolution=1) == [
        {"x": 0.5, "k": 4},
        {"x": 0.5, "k": 5},
    ]


def plan(space: SearchSpace, n_trials: int) -> tuple[int | None, Params | None]:
    sampler = make_sampler("grid", space, 0, n_trials=n_trials)
    assert isinstance(sampler, GridSampler)
    found = sampler.plan(n_trials)
    return found.n_points, found.last


def test_the_plan_names_the_last_point_that_the_budget_reaches() -> None:
    assert plan(SearchSpace({"n": Int(0, 40)}), 100) == (41, None)
    assert plan(SearchSpace({"n": Int(0, 40)}), 41) == (41, None)
    assert plan(SearchSpace({"n": Int(0, 40)}), 10) == (41, {"n": 9})
    assert plan(SearchSpace({"n": Int(0, 40, default=7)}), 40) == (41, {"n": 39})
    assert plan(SearchSpace({"x": Float(0.0, 1.0, default=0.3), "n": Int(0, 40)}), 10) == (83, {"x": 0.0, "n": 8})
    assert plan(SearchSpace({f"n{i}": Int(0, 999) for i in range(9)}), 1) == (None, {f"n{i}": 0 for i in range(9)})


def test_values_that_conditions_name_are_on_the_grid() -> None:
    space = SearchSpace({"layers": Int(1, 100), "width": Float(0.0, 1.0, when={"layers": (7,)})})
    points = visit(space, resolution=2)
    assert points == [
        *({"layers": n} for n in range(1, 7)),
        {"layers": 7, "width": 0.0},
        {"layers": 7, "width": 1.0},
        *({"layers": n} for n in range(8, 101)),
    ]


@pytest.mark.parametrize(("n_trials", "expected"), [(None, 25), (100, 100), (90, 81), (20, 16), (3, 4)])
def test_the_resolution_fits_the_budget(n_trials: int | None, expected: int) -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})
    assert len(visit(space, n_trials=n_trials)) == expected


def test_defaults_come_first_and_the_grid_leaves_room_for_them() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0, default=0.3), "y": Float(0.0, 1.0)})
    points = visit(space, n_trials=16)
    assert points[0] == {"x": 0.3, "y": 0.5}
    assert len(points) == 1 + 9


def test_the_end_of_the_grid_says_how_to_go_on() -> None:
    sampler = make_sampler("grid", SearchSpace({"b": Bool()}), 0)
    with pytest.raises(
        SpaceExhaustedError,
        match=r"Every point of the grid has been proposed \(2 in all\).*Raise the sampler's option 'resolution'",
    ):
        sampler.ask(2, [{"b": True}, {"b": False}])


def test_a_long_grid_does_not_start_over_for_every_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of an ask grew with the number of trials."""
    sampler = make_sampler("grid", SearchSpace({"a": Int(0, 99), "b": Int(0, 99)}), 0, resolution=100)
    for number in range(300):
        sampler.tell(Observation(number, sampler.ask(number), 1.0))
    looked_at: list[Params] = []

    def counting(params: Params) -> object:
        looked_at.append(params)
        return params_key(params)

    monkeypatch.setattr(grid, "params_key", counting)
    assert sampler.ask(300) == {"a": 3, "b": 0}
    assert len(looked_at) <= 1


def test_a_point_that_was_pending_and_never_told_is_proposed_again() -> None:
    sampler = make_sampler("grid", SearchSpace({"a": Int(0, 3)}), 0)
    asked = [sampler.ask(0), sampler.ask(1, [{"a": 0}]), sampler.ask(2, [{"a": 0}, {"a": 1}])]
    assert asked == [{"a": 0}, {"a": 1}, {"a": 2}]
    sampler.tell(Observation(1, {"a": 1}, 1.0))
    assert sampler.ask(3, [{"a": 2}]) == {"a": 0}
    sampler.tell(Observation(0, {"a": 0}, 1.0))
    assert sampler.ask(4) == {"a": 2}
