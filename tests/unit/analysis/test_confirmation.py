"""analysis/confirmation.py: mean, spread and chance to be the best."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scriptune.analysis.confirmation import chances_to_be_best, mean_of, std_of


def student(t: float, nu: int, n: int = 200_000) -> float:
    """Distribution function of Student's t, by the midpoint rule over a slow plain formula."""
    factor = math.gamma((nu + 1) / 2) / math.sqrt(nu * math.pi) / math.gamma(nu / 2)
    x = (np.arange(n) + 0.5) / n * abs(t)
    inside = float(np.sum(factor * (1 + x**2 / nu) ** (-(nu + 1) / 2)) * abs(t) / n)
    return 0.5 + math.copysign(inside, t)


@pytest.mark.parametrize(
    "groups",
    [([1.0, 2.0], [2.0]), ([1.0, 1.4], [1.5, 1.7]), ([0.5, 0.6, 0.4, 0.55], [0.6, 0.7]), ([3.0] * 40 + [4.0], [2.9])],
)
def test_of_two_configurations_the_chance_is_that_of_student_s_t(groups: tuple[list[float], list[float]]) -> None:
    first, second = groups
    nu = len(first) + len(second) - 2
    squares = sum(float(np.sum((np.array(values) - np.mean(values)) ** 2)) for values in groups)
    error = math.sqrt(squares / nu * (1 / len(first) + 1 / len(second)))
    chances = chances_to_be_best(groups)
    assert chances is not None
    # The sums leave out less than a thousandth of the tails.
    assert chances[0] == pytest.approx(student((mean_of(second) - mean_of(first)) / error, nu), abs=1e-3)


def test_the_chances_of_three_configurations_are_those_of_draws_from_the_posterior() -> None:
    groups = [[0.30, 0.34], [0.33, 0.35], [0.29, 0.40]]
    rng = np.random.default_rng(0)
    nu, n = 3, 400_000
    squares = sum(float(np.sum((np.array(values) - np.mean(values)) ** 2)) for values in groups)
    sigma = np.sqrt(squares / rng.chisquare(nu, n))
    drawn = np.array([np.mean(v) + sigma / math.sqrt(len(v)) * rng.standard_normal(n) for v in groups])
    shares = np.bincount(drawn.argmin(axis=0), minlength=3) / n
    assert chances_to_be_best(groups) == pytest.approx(shares, abs=0.003)  # four standard errors of the draws


def test_configurations_with_equal_means_and_runs_have_equal_chances() -> None:
    assert chances_to_be_best([[1.0, 2.0], [2.0, 1.0], [1.5, 1.5], [1.2, 1.8]]) == pytest.approx([0.25] * 4)


def test_a_clear_lead_is_nearly_certain() -> None:
    chances = chances_to_be_best([[1.0, 1.001, 0.999], [2.0, 2.001, 1.999]])
    assert chances == pytest.approx([1.0, 0.0], abs=1e-3)


@pytest.mark.parametrize("groups", [[], [[1.0, 2.0]], [[1.0], [2.0]], [[1.0, 1.0], [2.0, 2.0]]])
def test_without_a_spread_nothing_is_said(groups: list[list[float]]) -> None:
    assert chances_to_be_best(groups) is None


def test_the_spread_is_that_of_a_sample() -> None:
    assert std_of([1.0]) is None
    assert std_of([1.0, 3.0]) == pytest.approx(math.sqrt(2.0))
    assert mean_of([0.1] * 10) == 0.1
