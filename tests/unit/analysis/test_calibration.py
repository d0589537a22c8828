from __future__ import annotations

import math
import random

import pytest

from scriptune.analysis.calibration import calibration
from scriptune.analysis.results import Calibration


def test_results_inside_the_bands_are_counted() -> None:
    predictions = [(0.0, 1.0, 0.5), (0.0, 1.0, -0.7), (0.0, 1.0, 1.6), (10.0, 2.0, 14.0)]
    assert calibration(predictions) == Calibration(4, 0.25, 0.75)


def test_trials_without_prediction_or_result_are_left_out() -> None:
    none = [(None, 1.0, 0.5), (0.0, None, 0.5), (0.0, 1.0, None), (math.nan, 1.0, 0.0), (0.0, math.inf, 0.0)]
    assert calibration(none) == Calibration(0, None, None)
    assert calibration([*none, (1.0, 0.0, 1.0)]) == Calibration(1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("factor", "low", "high"), [(1.0, (0.47, 0.53), (0.88, 0.92)), (0.5, (0.23, 0.3), (0.55, 0.62))]
)
def test_a_model_that_is_right_is_inside_as_often_as_it_says(
    factor: float, low: tuple[float, float], high: tuple[float, float]
) -> None:
    rng = random.Random(0)
    held = calibration((0.0, factor, rng.gauss(0.0, 1.0)) for _ in range(4000))
    assert held.within_50 is not None
    assert held.within_90 is not None
    assert low[0] < held.within_50 < low[1]
    assert high[0] < held.within_90 < high[1]


@pytest.mark.parametrize(
    ("n_50", "n_90", "n", "code"),
    [
        # Right bands hold 0 of 5 inside 50 % with probability 0.031, 0 of 6 with 0.016.
        (0, 4, 5, "right"),
        (0, 5, 6, "narrow"),
        (2, 2, 5, "narrow"),
        (3, 3, 5, "right"),
        (5, 5, 5, "right"),
        (6, 6, 6, "wide"),
        (15, 29, 30, "right"),
        (15, 22, 30, "narrow"),
        (15, 23, 30, "right"),
        (22, 30, 30, "wide"),
        (253, 355, 408, "wide"),
        (500, 900, 1000, "right"),
    ],
)
def test_bands_are_called_wrong_where_chance_does_not_explain_what_they_held(
    n_50: int, n_90: int, n: int, code: str
) -> None:
    results = [0.0] * n_50 + [1.0] * (n_90 - n_50) + [9.0] * (n - n_90)
    note = calibration((0.0, 1.0, result) for result in results).note
    assert note is not None
    assert (note.code, note.params) == (f"calibration.{code}", {"n": n})


def test_of_fewer_than_five_results_nothing_is_said() -> None:
    assert calibration((0.0, 1.0, 9.0) for _ in range(4)).note is None
