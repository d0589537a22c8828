"""The told history and the sampler that it implies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scriptune.core.job import Goal, JobSpec, MetricSpec, Objective, ParameterSpec, RunSpec, SearchSpec, Start
from scriptune.core.parameters import Categorical, Float, Int
from scriptune.core.trial import Phase, Suggestion, Tell
from scriptune.errors import SamplerError
from scriptune.runtime.history import ToldHistory, effective_tells, is_divided
from scriptune.search.random_search import RandomSampler


def spec(goal: Goal = Goal.MINIMIZE, **search: object) -> JobSpec:
    return JobSpec(
        name="job",
        command=("true",),
        shell=False,
        workdir=Path("."),
        parameters={"x": ParameterSpec(Float(0.0, 1.0))},
        metrics={"m": MetricSpec("m=(.*)")},
        objective=Objective("m", goal),
        search=SearchSpec(**{"sampler": "bayes", "trials": 20, "seed": 3, **search}),  # type: ignore[arg-type]  # plain keywords
    )


def told(history: ToldHistory, values: list[float | None]) -> ToldHistory:
    for number, value in enumerate(values):
        history.asked(number, history.suggest(number).params)
        history.tell(Tell(number, number, value))
    return history


def test_a_history_suggests_by_the_rules_of_its_job() -> None:
    layers = replace(spec(sampler="grid", trials=2), parameters={"x": ParameterSpec(Int(1, 20))})
    assert told(ToldHistory(layers), [0.1]).suggest(1).params == {"x": 2}
    assert told(ToldHistory(layers, rules=1), [0.1]).suggest(1).params == {"x": 20}


def test_later_entries_of_a_trial_replace_earlier_ones() -> None:
    tells = [Tell(0, 0, None), Tell(1, 1, 2.0), Tell(2, 0, 5.0)]
    assert effective_tells(tells) == tells[1:]


def test_maximising_a_metric_is_minimising_its_negative() -> None:
    values = [0.3, 0.9, 0.4, 0.7, 0.2]
    up = told(ToldHistory(spec(Goal.MAXIMIZE)), list(values))
    down = told(ToldHistory(spec(Goal.MINIMIZE)), [-v for v in values])
    suggestion, mirrored = up.suggest(5), down.suggest(5)
    assert suggestion.params == mirrored.params
    assert suggestion.phase is Phase.MODEL
    assert suggestion.mean is not None
    assert mirrored.mean is not None
    assert suggestion.mean == -mirrored.mean


def test_the_expected_result_of_a_suggestion_lies_among_the_results_it_was_learnt_from() -> None:
    values: list[float | None] = [103.0, 109.0, 104.0, 107.0, 102.0]
    for goal in Goal:
        mean = told(ToldHistory(spec(goal)), list(values)).suggest(5).mean
        assert mean is not None
        assert 90 < mean < 120


def test_pending_trials_are_those_that_were_asked_and_not_told() -> None:
    history = ToldHistory(spec())
    for number in range(3):
        history.asked(number, {"x": number / 10})
    history.tell(Tell(0, 1, 1.0))
    assert history.pending(3) == [{"x": 0.0}, {"x": 0.2}]
    assert history.pending(2) == [{"x": 0.0}]


def test_a_history_with_a_replaced_entry_suggests_what_one_without_it_would() -> None:
    corrected = told(ToldHistory(spec()), [None, 0.5, 0.25])
    corrected.tell(Tell(3, 0, 0.125))
    params = [history_params(corrected, n) for n in range(3)]
    straight = ToldHistory(spec())
    for number, x in enumerate(params):
        straight.asked(number, {"x": x})
    for order, (number, value) in enumerate([(1, 0.5), (2, 0.25), (0, 0.125)]):
        straight.tell(Tell(order, number, value))
    assert corrected.suggest(3).params == straight.suggest(3).params


def history_params(history: ToldHistory, number: int) -> float:
    return float(history.params(number)["x"])


def test_known_results_inform_the_sampler_and_enqueued_params_come_first() -> None:
    starts = (Start({"x": 0.5}), Start({"x": 0.25}, 0.1), Start({"x": 0.75}, 0.2), Start({"x": 0.1}, 0.3))
    history = ToldHistory(spec(start_with=starts))
    first = history.suggest(0)
    assert (first.params, first.phase) == ({"x": 0.5}, Phase.ENQUEUED)
    history.asked(0, first.params)
    assert history.suggest(1).phase is Phase.MODEL


def test_a_configuration_that_was_tried_before_is_run_again_when_it_is_asked_for() -> None:
    """It was dropped without a word."""
    history = told(ToldHistory(spec()), [0.5, 0.25])
    again = history.params(0)
    history.enqueue(dict(again))
    history.enqueue(dict(again))
    for number in (2, 3):
        suggestion = history.suggest(number)
        assert (suggestion.params, suggestion.phase) == (again, Phase.ENQUEUED)
        history.asked(number, suggestion.params, suggestion.phase)
    assert history.suggest(4).phase is not Phase.ENQUEUED


def test_enqueued_params_that_trials_have_taken_are_not_run_again_after_a_restart() -> None:
    history = ToldHistory(spec(start_with=(Start({"x": 0.5}),)))
    for number in range(3):  # two of them are repeats
        history.asked(number, {"x": 0.5}, Phase.ENQUEUED)
    history.enqueue({"x": 0.5})
    history.enqueue({"x": 0.5})
    history.enqueue({"x": 0.125})
    assert history.suggest(3).params == {"x": 0.125}


def test_a_point_that_the_sampler_chose_itself_takes_no_enqueued_params() -> None:
    history = ToldHistory(spec())
    history.asked(0, {"x": 0.5}, Phase.INITIAL)
    history.enqueue({"x": 0.5})
    assert history.suggest(1).phase is Phase.ENQUEUED


def test_a_point_that_the_sampler_chose_itself_leaves_the_enqueued_params_that_are_the_same() -> None:
    history = ToldHistory(spec())
    history.enqueue({"x": 0.5})
    history.asked(0, {"x": 0.5}, Phase.INITIAL)
    assert (history.suggest(1).params, history.suggest(1).phase) == ({"x": 0.5}, Phase.ENQUEUED)


def test_pending_trials_are_in_the_order_of_their_numbers() -> None:
    history = ToldHistory(spec())
    for number in (2, 0, 1):
        history.asked(number, {"x": number / 10})
    assert history.pending(9) == [{"x": 0.0}, {"x": 0.1}, {"x": 0.2}]


def test_a_trial_that_is_told_again_is_told_once_to_the_sampler() -> None:
    history = told(ToldHistory(spec()), [0.5, 0.25])
    history.tell(Tell(2, 0, 0.75))
    assert history.n_told == 3
    assert history.pending(9) == []
    fresh = ToldHistory(spec())
    for number in range(2):
        fresh.asked(number, history.params(number))
    for order, (number, value) in enumerate([(1, 0.25), (0, 0.75)]):
        fresh.tell(Tell(order, number, value))
    assert history.suggest(2) == fresh.suggest(2)


def test_only_a_grid_over_a_range_leaves_out_what_is_between_its_points() -> None:
    listed = {"x": ParameterSpec(Categorical(("a", "b")))}
    assert is_divided(spec(sampler="grid"))
    assert not is_divided(spec(sampler="random"))
    assert not is_divided(replace(spec(sampler="grid"), parameters=listed))
    assert is_divided(replace(spec(sampler="grid"), parameters={**listed, "y": ParameterSpec(Float(0.0, 1.0))}))


def test_until_the_goal_was_changed_suggestions_follow_the_goal_of_then() -> None:
    values: list[float | None] = [0.3, 0.9, 0.4, 0.7, 0.2, 0.6]
    before = told(ToldHistory(spec(Goal.MAXIMIZE)), values)
    points = [before.params(number) for number in range(6)]
    turned = ToldHistory(spec(), [(6, Goal.MAXIMIZE)])
    after = ToldHistory(spec())
    for number, params in enumerate(points):
        assert turned.derive(number).params == params
        for history in (turned, after):
            history.asked(number, params)
            history.tell(Tell(number, number, values[number]))
    assert turned.derive(6) == after.derive(6)


def test_a_configuration_enqueued_twice_is_two_trials() -> None:
    history = ToldHistory(spec())
    for _ in range(2):
        history.enqueue({"x": 0.5})
    history.enqueue({"x": 0.25})
    asked = []
    for number in range(3):
        suggestion = history.suggest(number)
        asked.append((suggestion.phase, suggestion.params["x"]))
        history.asked(number, suggestion.params, suggestion.phase)
    assert asked == [(Phase.ENQUEUED, 0.5), (Phase.ENQUEUED, 0.5), (Phase.ENQUEUED, 0.25)]
    assert history.suggest(3).phase is not Phase.ENQUEUED


def test_params_that_are_not_in_the_space_are_refused_whoever_proposed_them(monkeypatch: pytest.MonkeyPatch) -> None:
    history = ToldHistory(spec(sampler="random"))
    beyond = Suggestion({"x": 1.5}, "random", Phase.INITIAL, note="Beyond.")
    monkeypatch.setattr(RandomSampler, "propose", lambda *_: beyond)
    with pytest.raises(SamplerError, match=r"Sampler .random. proposed .* for trial 0, which is not in"):
        history.suggest(0)


# --- ordered searches --------------------------------------------------------------------------------------


def ordered(parallel: int = 3) -> JobSpec:
    return replace(spec(sampler="tpe", ordered=True), run=RunSpec(parallel=parallel))


def test_an_ordered_history_waits_for_the_results_that_count() -> None:
    history = ToldHistory(ordered())
    for number in range(4):
        history.asked(number, {"x": number / 10})
    assert [n for n in range(6) if history.may_suggest(n)] == [0, 1, 2]
    for order, number in enumerate((1, 3, 0)):
        history.tell(Tell(order, number, float(number)))
    assert [n for n in range(6) if history.may_suggest(n)] == [0, 1, 2, 3, 4]


def test_what_ended_first_and_what_ended_too_early_plays_no_part_in_an_ordered_history() -> None:
    asked = []
    for ends in ([0, 1, 2], [2, 1, 0], [0]):  # trial 3 is chosen from trial 0
        history = ToldHistory(ordered())
        for number in range(3):
            history.asked(number, {"x": number / 10})
        for order, number in enumerate(ends):
            history.tell(Tell(order, number, float(number)))
        asked.append(history.suggest(3))
    assert asked[0] == asked[1] == asked[2]


def test_pending_trials_of_an_ordered_history_are_those_after_the_results_that_count() -> None:
    history = ToldHistory(ordered())
    for number in range(4):
        history.asked(number, {"x": number / 10})
    for order, number in enumerate((3, 1, 0)):
        history.tell(Tell(order, number, 1.0))
    history.suggest(4)
    assert history.pending(4) == [{"x": 0.2}, {"x": 0.3}]


def test_a_replaced_result_counts_from_then_on_in_an_ordered_history() -> None:
    corrected, straight = ToldHistory(ordered(1)), ToldHistory(ordered(1))
    for number in range(3):
        corrected.asked(number, {"x": number / 10})
        straight.asked(number, {"x": number / 10})
    for order, (number, value) in enumerate([(0, None), (1, 0.5), (2, 0.25)]):
        corrected.tell(Tell(order, number, value))
    corrected.suggest(3)
    corrected.tell(Tell(3, 0, 0.125))
    for order, (number, value) in enumerate([(1, 0.5), (2, 0.25), (0, 0.125)]):
        straight.tell(Tell(order, number, value))
    assert corrected.suggest(3) == straight.suggest(3)
