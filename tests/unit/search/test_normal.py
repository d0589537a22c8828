"""Against scipy.special, which the samplers do not import because it is slow to load."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from scriptune.search.normal import erfcx, log_ndtr, ndtr, ndtri


def test_erfcx_over_its_whole_range() -> None:
    x = np.concatenate([np.linspace(0.0, 30.0, 100_001), np.logspace(1, 300, 1000)])
    np.testing.assert_allclose(erfcx(x), special.erfcx(x), rtol=1e-14)


def test_the_distribution_function() -> None:
    z = np.linspace(-37.0, 37.0, 100_001)
    np.testing.assert_allclose(ndtr(z), special.ndtr(z), rtol=1e-12)
    assert ndtr(np.array([-np.inf, 0.0, np.inf, -50.0])).tolist() == [0.0, 0.5, 1.0, 0.0]


def test_its_logarithm_far_into_the_tail() -> None:
    z = np.concatenate([np.linspace(-37.0, 8.0, 50_001), -np.logspace(1, 140, 500)])
    np.testing.assert_allclose(log_ndtr(z), special.log_ndtr(z), rtol=1e-11)


def test_the_inverse_and_its_ends() -> None:
    p = np.concatenate(
        [np.linspace(1e-9, 1 - 1e-9, 50_001), np.logspace(-300, -1, 5001), 1 - np.logspace(-15, -1, 501)]
    )
    np.testing.assert_allclose(ndtri(p), special.ndtri(p), rtol=1e-13, atol=1e-16)
    assert ndtri(np.array([0.0, 0.5, 1.0])).tolist() == [-np.inf, 0.0, np.inf]


@pytest.mark.parametrize("function", [erfcx, ndtr, log_ndtr, ndtri])
def test_shapes_are_kept_and_arguments_untouched(function: object) -> None:
    x = np.full((2, 0, 3), 0.5)
    assert function(x).shape == (2, 0, 3)  # type: ignore[operator]  # each is a function of one array
    y = np.array([[0.25, 0.99]])
    function(y)  # type: ignore[operator]  # as above
    assert y.tolist() == [[0.25, 0.99]]
