from __future__ import annotations

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.search.gp.acquisition import (
    log_expected_improvement,
    log_h,
    log_probability_of_improvement,
    mixture,
    upper_confidence,
)


def exact_h(z: float) -> float:
    """log(phi(z) + z Phi(z)) for z < 0 with 120 digits, from the convergent series of Phi."""
    getcontext().prec = 400
    x = Decimal(z)
    phi = (-(x * x) / 2).exp() / (
        2 * Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
    ).sqrt()
    total, term, k = Decimal(0), x, 0
    while abs(term) > Decimal(10) ** -390 or k < 5:
        total += term
        k += 1
        term = term * x * x / (2 * k + 1)
    cdf = Decimal("0.5") + phi * total
    return float((phi + x * cdf).ln())


@pytest.mark.parametrize("z", [-0.5, -0.999999, -1.0, -1.000001, -3.0, -8.0])
def test_log_h_agrees_with_a_calculation_of_four_hundred_digits(z: float) -> None:
    # pi above has 63 digits, enough down to z = -8 where Phi is 1e-15.
    assert log_h(np.array([z]))[0] == pytest.approx(exact_h(z), rel=1e-9)


@given(z=st.floats(-1e100, 1e6))
def test_log_h_is_finite_and_below_the_direct_formula_nowhere(z: float) -> None:
    value = float(log_h(np.array([z]))[0])
    assert math.isfinite(value)
    if z > 1.0:  # the gain is at least z
        assert value >= math.log(z) - 1e-12


def test_log_h_grows_with_z_also_across_its_branches() -> None:
    z = np.linspace(-30.0, 3.0, 20_001)
    # The asymptotic branch is 0.5 % above the exact value where it begins.
    assert (np.diff(log_h(z)) > -0.006).all()
    assert (np.diff(log_h(z))[np.abs(z[:-1] + 25.0) > 0.01] > 0).all()


def test_expected_improvement_agrees_with_monte_carlo() -> None:
    rng = np.random.default_rng(0)
    mu, v = np.array([[0.2, -0.3, 1.0], [0.0, 0.5, -1.0]]), np.array([[0.5, 0.01, 2.0], [1.0, 0.3, 0.2]])
    best = np.array([0.1, -0.4])
    draws = mu[:, :, None] + np.sqrt(v)[:, :, None] * rng.standard_normal((2, 3, 400_000))
    gains = np.maximum(best[:, None, None] - draws, 0.0)
    ei = gains.mean(axis=2).mean(axis=0)
    error = gains.std(axis=2).max(axis=0) / math.sqrt(400_000)
    assert (np.abs(np.exp(log_expected_improvement(mu, v, best)) - ei) < 5 * error).all()
    wins = (draws < best[:, None, None]).mean(axis=2).mean(axis=0)
    np.testing.assert_allclose(np.exp(log_probability_of_improvement(mu, v, best)), wins, atol=0.004)


@given(
    mu=st.floats(-1e3, 1e3),
    s=st.floats(1e-6, 1e3),
    best=st.floats(-1e3, 1e3),
)
def test_ei_is_never_below_the_certain_gain(mu: float, s: float, best: float) -> None:
    log_ei = log_expected_improvement(np.array([[mu]]), np.array([[s * s]]), np.array([best]))[0]
    if best > mu:
        assert log_ei >= math.log(best - mu) - 1e-9
    assert math.isfinite(log_ei)


def test_the_mixture_has_the_moments_of_its_draws() -> None:
    rng = np.random.default_rng(2)
    mu, v = np.array([[0.0], [2.0], [-1.0]]), np.array([[1.0], [0.25], [4.0]])
    draws = (mu + np.sqrt(v) * rng.standard_normal((3, 200_000))).ravel()
    mean, variance = mixture(mu, v)
    assert mean[0] == pytest.approx(draws.mean(), abs=0.01)
    assert variance[0] == pytest.approx(draws.var(), rel=0.01)
    assert upper_confidence(mu, v, 2.0)[0] == pytest.approx(2.0 * math.sqrt(variance[0]) - mean[0])
