from __future__ import annotations

from dataclasses import replace

import pytest

from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation, Phase
from scriptune.errors import SpaceError
from scriptune.search.first_points import exact_value, first_points, legal_value
from scriptune.search.registry import make_sampler
from scriptune.testing.samplers import SPACES, run

NETWORK = SearchSpace(
    {
        "lr": Float(1e-5, 1e-1, log=True),
        "momentum": Float(0.5, 0.99),
        "dropout": Float(0.0, 0.5),
        "temper": Float(0.0, 1.0),
    }
)
USUAL = {"lr": 0.02, "momentum": 0.9, "dropout": 0.2, "temper": 0.5}
CENTRE = {"lr": 0.001, "momentum": 0.745, "dropout": 0.25, "temper": 0.5}
LEARNERS = ["auto", "bayes", "tpe", "anneal", "smac"]


def params_of(points: list[FirstPoint]) -> list[Params]:
    return [point.params for point in points]


def asked(sampler_name: str, n: int = 3, space: SearchSpace = NETWORK, **arguments: object) -> list[Params]:
    sampler = make_sampler(sampler_name, space, 1, **arguments)  # type: ignore[arg-type]  # passed on
    return [observation.params for observation in run(sampler, n)]


def test_without_defaults_usual_values_come_first_and_then_the_centre() -> None:
    first, second = first_points(NETWORK)
    assert (first.params, second.params) == (USUAL, CENTRE)
    assert first.origin == {**dict.fromkeys(("lr", "momentum", "dropout"), Origin.USUAL), "temper": Origin.CENTRE}
    assert set(second.origin.values()) == {Origin.CENTRE}
    assert "a neural network: lr 0.02, momentum 0.9, dropout 0.2." in first.note
    assert second.note == "The centre of the search space."


def test_defaults_come_first_then_usual_values_where_they_differ_enough() -> None:
    first, second = first_points(NETWORK, {"lr": "1e-4", "temper": 0.2, "dropout": 0.7, "unknown": 1})
    assert first.params == {"lr": 1e-4, "momentum": 0.9, "dropout": 0.2, "temper": 0.2}
    assert first.origin["lr"] is Origin.YOURS
    assert first.note == "Your defaults, and usual values for what you left open: momentum 0.9, dropout 0.2."
    assert second.params == {**USUAL, "temper": 0.2}
    assert second.origin == {**dict.fromkeys(("lr", "momentum", "dropout"), Origin.USUAL), "temper": Origin.YOURS}


def test_a_default_of_the_space_comes_before_one_that_the_program_has() -> None:
    space = SearchSpace({**NETWORK, "lr": Float(1e-5, 1e-1, log=True, default=1e-4)})
    (first, _) = first_points(space, {"lr": 1e-2, "temper": 0.3}, origins=dict.fromkeys(space, Origin.HELP))
    assert (first.params["lr"], first.params["temper"]) == (1e-4, 0.3)
    assert (first.origin["lr"], first.origin["temper"]) == (Origin.YOURS, Origin.HELP)


def test_defaults_that_are_about_the_usual_values_are_followed_by_the_centre() -> None:
    near = {"lr": 0.03, "momentum": 0.9, "dropout": 0.2, "temper": 0.5}
    assert params_of(first_points(NETWORK, near)) == [near, CENTRE]


def test_defaults_of_a_program_with_unknown_names_are_the_one_first_point() -> None:
    space = SearchSpace({"a": Float(0.0, 1.0), "b": Int(1, 9)})
    (first,) = first_points(space, {"a": 0.25, "b": 4.0}, origins={"a": Origin.HELP, "b": Origin.TEMPLATE})
    assert (first.params, first.note) == ({"a": 0.25, "b": 4}, "The program's own defaults.")
    (first,) = first_points(space, {"b": 4}, origins={"b": Origin.HELP})
    assert first.note.startswith("The program's own defaults where it has any")


def test_the_best_of_an_earlier_search_comes_between_and_keeps_to_the_ranges() -> None:
    earlier = {"lr": 5.0, "dropout": 0.33, "unknown": 3}
    points = first_points(NETWORK, earlier=earlier, earlier_note="Best of job 'a'.")
    assert params_of(points) == [USUAL, {**USUAL, "lr": 0.1, "dropout": 0.33}, CENTRE]
    assert points[1].origin["dropout"] is Origin.EARLIER
    assert points[1].note == "Best of job 'a'."
    assert params_of(first_points(NETWORK, earlier=USUAL)) == [USUAL, CENTRE]
    one = first_points(SPACES["one_float"], earlier={"x": 1.5})
    assert params_of(one) == [{"x": 0.5}, {"x": 1.5}]


def test_without_usual_values_names_mean_nothing() -> None:
    assert params_of(first_points(NETWORK, usual_values=False)) == [CENTRE]
    assert params_of(first_points(NETWORK, {"lr": 1e-4}, usual_values=False)) == [{**CENTRE, "lr": 1e-4}]


def test_points_of_conditional_spaces_have_the_parameters_that_are_active() -> None:
    for point in first_points(SPACES["conditional"], {"optimizer": "sgd", "nesterov": "False"}):
        assert SPACES["conditional"].contains(point.params)
        assert point.origin.keys() == point.params.keys()
    points = first_points(SPACES["conditional"], {"optimizer": "sgd", "nesterov": "False"})
    assert points[0].params["nesterov"] is False
    assert "damping" in points[0].params


@pytest.mark.parametrize(
    ("parameter", "value", "legal"),
    [
        (Float(0.0, 1.0), "0.5", 0.5),
        (Float(0.0, 1.0), 1, 1.0),
        (Float(0.0, 1.0), 1.5, None),
        (Float(0.0, 1.0), "nan", None),
        (Float(0.0, 1.0), True, None),
        (Float(0.0, 1.0, step=0.25), 0.3, 0.25),
        (Int(1, 9), "4", 4),
        (Int(1, 9), 4.5, None),
        (Categorical(["a", "b"]), "A", "a"),
        (Categorical([32, 64]), "64", 64),
        (Categorical([32, 64]), 100, None),
        (Bool(), "true", True),
        (Bool(), None, None),
    ],
)
def test_values_of_any_origin_are_converted_or_left_out(parameter: Float, value: object, legal: object) -> None:
    found = legal_value(parameter, value)
    assert (found, type(found)) == (legal, type(legal))


@pytest.mark.parametrize(
    ("parameter", "value", "exact"),
    [
        (Float(0.0, 1.0, step=0.25), "0.25", 0.25),
        (Float(0.0, 1.0, step=0.25), 0.3, None),
        (Int(0, 9, step=2), 4.0, 4),
        (Int(0, 9, step=2), "3", None),
        (Categorical([32, 64]), "64", 64),
        (Categorical(["a", "b"]), "A", "a"),
        (Bool(), "true", True),
        (Int(1, 9), 10, None),
    ],
)
def test_an_exact_value_is_not_moved_to_a_step(parameter: Float, value: object, exact: object) -> None:
    found = exact_value(parameter, value)
    assert (found, type(found)) == (exact, type(exact))


# --- in a sampler ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LEARNERS)
def test_samplers_that_learn_try_them_first(name: str) -> None:
    assert asked(name)[:2] == [USUAL, CENTRE]
    assert asked(name, first=())[0] == CENTRE
    given = [{**USUAL, "lr": 0.05}, {**USUAL, "lr": 0.005}, {**USUAL, "dropout": 0.5}]
    assert asked(name, 4, first=given)[:3] == given


@pytest.mark.parametrize("name", ["random", "grid"])
def test_random_and_grid_search_do_not(name: str) -> None:
    assert asked(name) == asked(name, first=())


@pytest.mark.parametrize("name", ["random", "grid"])
def test_they_try_what_is_given_all_the_same(name: str) -> None:
    assert asked(name, first=[USUAL, CENTRE])[:2] == [USUAL, CENTRE]


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("has_default", [True, False])
def test_unknown_names_give_the_plain_design_bit_for_bit(name: str, has_default: bool) -> None:
    space = SearchSpace(
        {
            "p1": Float(1e-5, 1e-1, log=True, default=1e-3 if has_default else None),
            "p2": Int(1, 512, log=True),
            "p3": Categorical(["a", "b", "c"]),
            "p4": Float(0.0, 1.0, when={"p3": ("a",)}),
        }
    )
    for workers in (1, 3):
        plain = run(make_sampler(name, space, 5, first=()), 9, workers=workers)
        assert run(make_sampler(name, space, 5), 9, workers=workers) == plain
    assert make_sampler(name, space, 5).suggest(0) == make_sampler(name, space, 5, first=()).suggest(0)


@pytest.mark.parametrize("name", LEARNERS)
def test_workers_that_ask_at_once_get_them_in_turn_and_then_spread_points(name: str) -> None:
    sampler = make_sampler(name, NETWORK, 1, n_workers=6)
    pending: list[Params] = []
    suggestions = []
    for number in range(6):
        suggestions.append(sampler.suggest(number, pending))
        pending.append(suggestions[-1].params)
    assert pending[:2] == [USUAL, CENTRE]
    assert [s.phase for s in suggestions] == [Phase.DEFAULT, Phase.DEFAULT, *[Phase.INITIAL] * 4]
    assert len({params["temper"] for params in pending[1:]}) == 5


def test_known_results_and_enqueued_params_take_the_place_of_spread_points() -> None:
    sampler = make_sampler("bayes", NETWORK, 1)
    sampler.tell(Observation(-1, {**USUAL, "lr": 0.03}, 0.5))
    sampler.enqueue({**USUAL, "lr": 0.04})
    asked = []
    for number in range(4):
        asked.append(sampler.suggest(number))
        sampler.tell(Observation(number, asked[-1].params, 0.4))
    assert [s.phase for s in asked] == [Phase.ENQUEUED, Phase.DEFAULT, Phase.MODEL, Phase.MODEL]
    assert asked[1].params == USUAL


def test_defaults_are_tried_although_many_results_are_known() -> None:
    sampler = make_sampler("bayes", NETWORK, 1, first=first_points(NETWORK, {"lr": 1e-4}))
    for k in range(9):
        sampler.tell(Observation(-1 - k, {**USUAL, "temper": k / 10}, k / 10))
    assert sampler.ask(0) == {**USUAL, "lr": 1e-4}
    sampler.tell(Observation(0, {**USUAL, "lr": 1e-4}, 0.5))
    assert sampler.suggest(1).phase is Phase.MODEL


def test_every_branch_is_covered_as_without_them() -> None:
    sampler = make_sampler("auto", SPACES["conditional"], 2)
    told = [sampler.suggest(0)]
    while told[-1].phase is not Phase.MODEL:
        sampler.tell(Observation(len(told) - 1, told[-1].params, 0.5 + len(told)))
        told.append(sampler.suggest(len(told)))
    seen = {name for suggestion in told[:-1] for name in suggestion.params}
    assert seen == set(SPACES["conditional"])


def test_a_first_point_outside_the_space_is_refused() -> None:
    with pytest.raises(SpaceError):
        make_sampler("auto", NETWORK, first=[{**USUAL, "lr": 5.0}])


def test_the_notes_of_first_points_become_those_of_suggestions() -> None:
    (first, second) = first_points(NETWORK)
    sampler = make_sampler("tpe", NETWORK, 1, first=[replace(first, note="Said."), {**CENTRE}])
    assert sampler.suggest(0).note == "Said."
    assert sampler.suggest(1, [first.params]).note == "A configuration to try first."
    assert second.params == CENTRE
