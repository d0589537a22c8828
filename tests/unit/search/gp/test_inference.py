from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from scriptune.search.encoding import Array
from scriptune.search.gp.inference import elliptical_slice


def test_the_chain_has_the_posterior_of_a_gaussian_likelihood() -> None:
    # Prior N(0, I), likelihood N(data | z, 0.25): the posterior is N(0.8 data, 0.2), coordinate by coordinate.
    data = np.array([1.5, -0.5])

    def log_likelihood(Z: Array, _which: npt.NDArray[np.intp]) -> Array:
        return -0.5 * np.sum((Z - data) ** 2, axis=1) / 0.25

    rng = np.random.default_rng(0)
    Z = elliptical_slice(rng.standard_normal((2000, 2)), log_likelihood, 25, rng)
    # 2000 independent chains: standard error of a mean sqrt(0.2 / 2000) = 0.01, of a variance 0.0063; four of them.
    np.testing.assert_allclose(Z.mean(axis=0), 0.8 * data, atol=0.04)
    np.testing.assert_allclose(Z.var(axis=0), 0.2, atol=0.026)
    assert np.cov(Z.T)[0, 1] == pytest.approx(0.0, abs=0.02)


def test_particles_with_likelihoods_of_their_own_do_not_mix() -> None:
    centres = np.array([[3.0], [-3.0]])

    def log_likelihood(Z: Array, which: npt.NDArray[np.intp]) -> Array:
        return -0.5 * np.sum((Z - centres[which]) ** 2, axis=1) / 0.01

    rng = np.random.default_rng(1)
    Z = np.array([elliptical_slice(rng.standard_normal((2, 1)), log_likelihood, 20, rng)[:, 0] for _ in range(30)])
    assert (Z[:, 0] > 2.0).all()
    assert (Z[:, 1] < -2.0).all()


def test_where_nothing_is_accepted_particles_stay_and_the_input_is_untouched() -> None:
    start = np.random.default_rng(0).standard_normal((3, 2))
    before = start.copy()
    calls = []

    def impossible(Z: Array, which: npt.NDArray[np.intp]) -> Array:
        calls.append(len(which))
        return np.where((before[which] == Z).all(axis=1), 0.0, -np.inf)

    Z = elliptical_slice(start, impossible, 2, np.random.default_rng(1))
    np.testing.assert_array_equal(Z, before)
    np.testing.assert_array_equal(start, before)
    assert len(calls) == 1 + 2 * 12


def test_no_sweep_changes_nothing() -> None:
    Z = np.ones((2, 2))
    np.testing.assert_array_equal(elliptical_slice(Z, lambda Z, _: np.zeros(len(Z)), 0, np.random.default_rng(0)), Z)
