"""search/levels.py: what a value at a rung says of the final one."""

from __future__ import annotations

import math

from scriptune.core.trial import Observation
from scriptune.search.levels import FINAL, curve_of, estimate, offsets, told_rungs


def observation(number: int, value: float | None, *rungs: tuple[float, float], is_final: bool = True) -> Observation:
    return Observation(number, {"x": 0.5}, value, rungs, is_final)


def test_a_curve_has_finite_values_and_ends_with_the_final_one() -> None:
    assert curve_of(observation(0, 0.2, (4, 0.5), (8, math.nan))) == {4: 0.5, FINAL: 0.2}
    assert curve_of(observation(0, 0.5, (4, 0.5), is_final=False)) == {4: 0.5}
    assert curve_of(observation(0, None, (4, 0.5))) == {4: 0.5}


def test_offsets_are_medians_of_moves_added_up_from_the_end() -> None:
    curves = [{4: 1.0, 8: 0.7, FINAL: 0.5}, {4: 1.2, 8: 0.8, FINAL: 0.6}, {4: 2.0, 8: 1.0}]
    off = offsets(curves)
    assert off[FINAL] == 0.0
    assert math.isclose(off[8], 0.2)
    assert math.isclose(off[4], 0.6)
    assert offsets([{4: 3.0}]) == {4: 0.0, FINAL: 0.0}


def test_a_stopped_trial_is_worth_its_newest_value_without_what_others_gained_after_it() -> None:
    curves = [{4: 1.0, FINAL: 0.5}, {4: 1.2}]
    stopped = observation(1, 1.3, (4, 1.2), is_final=False)
    assert estimate(stopped, offsets(curves)) == 0.7
    assert estimate(observation(1, 1.3, is_final=False), offsets(curves)) == 1.3


def test_values_of_any_size_do_no_harm() -> None:
    curves = [{4: 1e308, FINAL: -1e308}, {4: 1e308}]
    assert offsets(curves)[4] == 0.0
    assert estimate(observation(1, 5.0, (4, -1e308), is_final=False), offsets(curves)) == -1e308


def test_of_many_rungs_about_every_doubling_is_told() -> None:
    assert told_rungs((4, 8, 16, 32)) == (4, 8, 16, 32)
    assert told_rungs(()) == ()
    assert told_rungs(tuple(range(1, 52))) == (4, 8, 16, 32)
    assert len(told_rungs(tuple(range(1, 1001)))) == 4
