"""The batched posterior and likelihood against a slow plain version."""

from __future__ import annotations

import numpy as np
import pytest

from scriptune.core.parameters import Categorical, Float
from scriptune.core.space import SearchSpace
from scriptune.search.encoding import Array, Encoding
from scriptune.search.gp.kernels import Hyperparameters, Prior
from scriptune.search.gp.regression import FAILED, Pairs, cholesky, fit, log_likelihood

SPACE = SearchSpace(
    {
        "a": Float(0.0, 1.0),
        "kind": Categorical(["x", "y", "z"]),
        "b": Float(1.0, 3.0, when={"kind": ("x", "y")}),
    }
)
N, P = 9, 3


def plain_kernel(encoding: Encoding, hyper: Hyperparameters, p: int, x: Array, y: Array) -> float:
    """k(x, x') of one particle and one pair of rows, as in the papers."""
    r2 = 0.0
    for column, w in zip(encoding.varying, hyper.w[p], strict=True):
        u, v = x[column], y[column]
        if np.isnan(u) and np.isnan(v):
            distance = 0.0
        elif np.isnan(u) or np.isnan(v):
            distance = 1.0
        elif encoding.is_category[column]:
            distance = float(u != v)
        elif encoding.is_conditional[column]:
            distance = (2 * np.sin(abs(u - v) / 2)) ** 2
        else:
            distance = (u - v) ** 2
        r2 += w * distance
    r = np.sqrt(r2)
    return float(hyper.s2[p] * (1 + np.sqrt(5) * r + 5 * r2 / 3) * np.exp(-np.sqrt(5) * r) + 1.0)


def plain_gram(encoding: Encoding, hyper: Hyperparameters, p: int, A: Array, B: Array) -> Array:
    return np.array([[plain_kernel(encoding, hyper, p, a, b) for b in B] for a in A])


@pytest.fixture
def problem() -> tuple[Encoding, Hyperparameters, Array, Array, Array]:
    encoding = Encoding(SPACE)
    rng = np.random.default_rng(3)
    prior = Prior.for_encoding(encoding)
    hyper = prior.unwhiten(rng.standard_normal((P, len(prior.mean))))
    return encoding, hyper, encoding.sample(N, rng), rng.standard_normal((P, N)), encoding.sample(6, rng)


def test_mean_and_variance_are_those_of_the_textbook(
    problem: tuple[Encoding, Hyperparameters, Array, Array, Array],
) -> None:
    encoding, hyper, X, y, candidates = problem
    posterior, ok = fit(hyper, encoding.column_distances(X, X, encoding.varying), y)
    mu, v = posterior.predict(encoding.column_distances(X, candidates, encoding.varying))
    assert ok.all()
    for p in range(P):
        K = plain_gram(encoding, hyper, p, X, X)
        noisy = np.linalg.inv(K + hyper.noise[p] * np.eye(N))
        k = plain_gram(encoding, hyper, p, X, candidates)
        np.testing.assert_allclose(mu[p], k.T @ noisy @ y[p], rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(v[p], hyper.s2[p] + 1.0 - np.sum(k * (noisy @ k), axis=0), rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(posterior.at_observed[p], K @ noisy @ y[p], rtol=1e-6, atol=1e-8)


def test_the_likelihood_is_that_of_a_multivariate_normal(
    problem: tuple[Encoding, Hyperparameters, Array, Array, Array],
) -> None:
    encoding, hyper, X, y, _ = problem
    ll = log_likelihood(hyper, Pairs.of(encoding.column_distances(X, X, encoding.varying)), y)
    for p in range(P):
        K = plain_gram(encoding, hyper, p, X, X) + hyper.noise[p] * np.eye(N)
        expected = -0.5 * y[p] @ np.linalg.solve(K, y[p]) - 0.5 * np.linalg.slogdet(K)[1]
        assert ll[p] == pytest.approx(expected, rel=1e-8)


def test_believing_in_pending_points_shrinks_the_variance_only(
    problem: tuple[Encoding, Hyperparameters, Array, Array, Array],
) -> None:
    encoding, hyper, X, y, candidates = problem
    pending = encoding.sample(2, np.random.default_rng(8))
    rows = np.concatenate([X, pending])
    without, _ = fit(hyper, encoding.column_distances(X, X, encoding.varying), y)
    believing, _ = fit(hyper, encoding.column_distances(rows, rows, encoding.varying), y)
    mu, v = without.predict(encoding.column_distances(X, candidates, encoding.varying))
    mu_believing, v_believing = believing.predict(encoding.column_distances(rows, candidates, encoding.varying))
    np.testing.assert_allclose(mu_believing, mu, rtol=1e-6, atol=1e-8)
    assert (v_believing <= v + 1e-9).all()
    # The belief is the posterior mean at the pending points, told as if it were a result.
    mu_pending, _ = without.predict(encoding.column_distances(X, pending, encoding.varying))
    np.testing.assert_allclose(believing.at_pending, mu_pending, rtol=1e-6, atol=1e-8)
    told, _ = fit(
        hyper, encoding.column_distances(rows, rows, encoding.varying), np.concatenate([y, mu_pending], axis=1)
    )
    mu_told, v_told = told.predict(encoding.column_distances(rows, candidates, encoding.varying))
    np.testing.assert_allclose(mu_told, mu, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(v_told, v_believing, rtol=1e-6, atol=1e-8)


def test_many_candidates_are_predicted_like_each_alone(
    problem: tuple[Encoding, Hyperparameters, Array, Array, Array],
) -> None:
    encoding, hyper, X, y, _ = problem
    candidates = encoding.sample(5000, np.random.default_rng(0))  # several chunks
    posterior, _ = fit(hyper, encoding.column_distances(X, X, encoding.varying), y)
    mu, v = posterior.predict(encoding.column_distances(X, candidates, encoding.varying))
    for i in (0, 17, 4999):
        mu_i, v_i = posterior.predict(encoding.column_distances(X, candidates[i : i + 1], encoding.varying))
        np.testing.assert_allclose(mu[:, i], mu_i[:, 0], rtol=1e-9)
        np.testing.assert_allclose(v[:, i], v_i[:, 0], rtol=1e-7, atol=1e-10)


def test_points_told_twice_and_no_columns_at_all_are_no_trouble() -> None:
    D = np.zeros((1, 4, 4))  # four times the same point
    hyper = Hyperparameters(np.ones((2, 1)), np.full(2, 1e-6), np.ones(2))
    posterior, ok = fit(hyper, D, np.tile([0.0, 1.0, 2.0, 3.0], (2, 1)))
    assert ok.all()
    np.testing.assert_allclose(posterior.at_observed, 1.5, atol=1e-5)
    none = Hyperparameters(np.ones((2, 0)), np.full(2, 1e-3), np.ones(2))
    mu, v = fit(none, np.zeros((0, 3, 3)), np.ones((2, 3)))[0].predict(np.zeros((0, 3, 5)))
    assert mu.shape == v.shape == (2, 5)


def test_an_indefinite_matrix_gets_jitter_and_a_hopeless_one_is_reported() -> None:
    nearly = np.array([[1.0, 1.0 + 1e-9], [1.0 + 1e-9, 1.0]])
    not_tunable = np.array([[1.0, 0.0], [50.0, 1.0]])
    broken = np.full((2, 2), np.nan)
    L, ok = cholesky(np.array([nearly, not_tunable, broken, np.eye(2)]))
    assert ok.tolist() == [True, False, False, True]
    np.testing.assert_allclose(L[0] @ L[0].T, nearly, atol=1e-5)
    np.testing.assert_array_equal(L[1], np.eye(2))


def test_hyperparameters_without_a_factor_have_the_lowest_likelihood() -> None:
    hyper = Hyperparameters(np.array([[1.0], [np.nan]]), np.full(2, 1e-3), np.ones(2))
    ll = log_likelihood(hyper, Pairs.of(np.ones((1, 3, 3)) - np.eye(3)), np.ones((2, 3)))
    assert np.isfinite(ll[0])
    assert ll[1] == FAILED


def test_noise_of_single_values_is_added_to_that_of_all() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.random((6, 2)), rng.standard_normal((3, 6))
    D = (X.T[:, :, None] - X.T[:, None, :]) ** 2
    w, s2 = np.full((3, 2), 4.0), np.ones(3)
    more = np.full((3, 6), 0.25)
    one, _ = fit(Hyperparameters(w, np.full(3, 0.3), s2), D, y)
    other, _ = fit(Hyperparameters(w, np.full(3, 0.05), s2), D, y, more)
    assert np.allclose(one.alpha, other.alpha)
    assert np.allclose(one.at_observed, other.at_observed)
    pairs = Pairs.of(D)
    assert np.allclose(
        log_likelihood(Hyperparameters(w, np.full(3, 0.3), s2), pairs, y),
        log_likelihood(Hyperparameters(w, np.full(3, 0.05), s2), pairs, y, more),
    )
