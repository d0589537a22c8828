from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from scriptune.core.parameters import Categorical, Float
from scriptune.core.space import SearchSpace
from scriptune.search.encoding import Encoding
from scriptune.search.gp.kernels import MEAN_VARIANCE, Hyperparameters, Prior, gram, matern52
from strategies import spaces


def test_matern52_agrees_with_the_textbook_formula_and_is_one_at_zero() -> None:
    r = np.linspace(0.0, 8.0, 50)
    textbook = (1.0 + np.sqrt(5.0) * r + 5.0 * r**2 / 3.0) * np.exp(-np.sqrt(5.0) * r)
    np.testing.assert_allclose(matern52(r**2), textbook, rtol=1e-12)
    assert matern52(np.zeros(1))[0] == 1.0


def test_matern52_is_the_limit_of_its_spectral_density() -> None:
    # Independent of the closed form: a stationary kernel is the expectation of cos(w r) over its spectrum, which for
    # nu = 5/2 in one dimension is Student's t with 5 degrees of freedom.
    frequencies = np.random.default_rng(0).standard_t(5, size=400_000)
    for r in (0.3, 1.0, 2.5):
        # Monte Carlo error 1 / sqrt(800,000) = 0.0011; four of them.
        assert matern52(np.array([r**2]))[0] == pytest.approx(np.cos(frequencies * r).mean(), abs=0.0045)


def test_buffers_change_nothing_but_the_place_of_the_result() -> None:
    hyper = Hyperparameters(np.array([[1.0, 2.0]]), np.array([0.1]), np.array([1.5]))
    D = np.random.default_rng(1).random((2, 7))
    out, work = np.empty((1, 7)), np.empty((1, 7))
    expected = gram(hyper, D)
    assert gram(hyper, D, out=out, work=work) is out
    np.testing.assert_array_equal(out, expected)


@settings(max_examples=40)
@given(space=spaces())
def test_gram_matrices_of_any_space_are_positive_semidefinite(space: SearchSpace) -> None:
    encoding = Encoding(space)
    rng = np.random.default_rng(0)
    X = encoding.sample(25, rng)
    prior = Prior.for_encoding(encoding)
    hyper = prior.unwhiten(rng.standard_normal((4, len(prior.mean))))
    distances = encoding.column_distances(X, X, encoding.varying)
    K = gram(hyper, distances.reshape(len(distances), 625)).reshape(4, 25, 25)
    np.testing.assert_allclose(K, K.transpose(0, 2, 1), rtol=1e-12)
    # Eigenvalues of a 25 x 25 matrix of entries near 2 carry rounding errors of about 1e-14.
    assert np.linalg.eigvalsh(K).min() > -1e-12 * K.max() * 25


def test_prior_medians_scale_with_the_square_root_of_the_dimension() -> None:
    space = SearchSpace(
        {"x": Float(0, 1), "one": Float(2, 2), "c": Categorical(["a", "b"]), "y": Float(0, 1), "z": Float(0, 1)}
    )
    prior = Prior.for_encoding(Encoding(space))
    hyper = prior.unwhiten(np.zeros((1, 6)))
    np.testing.assert_allclose(hyper.w[0] ** -0.5, [1.2, 1.8, 1.2, 1.2])  # 0.6 or 0.9 times sqrt(4); "one" is dropped
    assert hyper.noise[0] == pytest.approx(1e-3 + 1e-6)
    assert hyper.s2[0] == pytest.approx(1.0)
    assert MEAN_VARIANCE == 1.0
