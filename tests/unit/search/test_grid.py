from __future__ import annotations

import pytest

from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Observation
from scriptune.errors import SpaceExhaustedError
from scriptune.search import grid
from scriptune.search.grid import grid_space
from scriptune.search.registry import make_sampler


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


def test_few_values_are_listed_completely_and_many_thinned_out() -> None:
    grid = grid_space(SearchSpace({"k": Int(1, 3), "n": Int(0, 100), "b": Bool()}), 5)
    assert list(grid["k"].choices) == [1, 2, 3]  # type: ignore[union-attr]  # a grid's parameters are categorical
    assert list(grid["n"].choices) == [0, 25, 50, 75, 100]  # type: ignore[union-attr]  # as above
    assert grid.size() == 3 * 5 * 2


def test_one_value_is_the_middle_one() -> None:
    assert visit(SearchSpace({"x": Float(0.0, 1.0), "k": Int(0, 10)}), resolution=1) == [{"x": 0.5, "k": 5}]


def test_values_that_conditions_name_are_on_the_grid() -> None:
    space = SearchSpace({"layers": Int(1, 100), "width": Float(0.0, 1.0, when={"layers": (7,)})})
    points = visit(space, resolution=2)
    assert points == [{"layers": 1}, {"layers": 7, "width": 0.0}, {"layers": 7, "width": 1.0}, {"layers": 100}]


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
        match=r"Every point of the grid was proposed \(2 in all\).*Raise the sampler's option 'resolution'",
    ):
        sampler.ask(2, [{"b": True}, {"b": False}])


def test_a_long_grid_does_not_begin_anew_for_every_trial(monkeypatch: pytest.MonkeyPatch) -> None:
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
