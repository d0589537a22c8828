"""Parzen estimators against a slow plain version, sums and their own samples."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from scriptune.core.parameters import Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.search.encoding import Encoding
from scriptune.search.tpe.parzen import Columns, ParzenEstimator, bandwidths

MIXED = SearchSpace({"x": Float(0, 1), "c": Categorical(["a", "b", "c"]), "n": Int(1, 9), "one": Int(3, 3)})
CONDITIONAL = SearchSpace(
    {"c": Categorical(["a", "b"]), "x": Float(0, 1, when={"c": "a"}), "k": Categorical([1, 2, 3], when={"c": "b"})}
)
MANY_CHOICES = SearchSpace(
    {"c": Categorical(range(30)), "x": Float(0, 1), "k": Categorical(range(17), when={"c": list(range(20))})}
)


def estimator(space: SearchSpace, n: int, *, weighted: bool = False) -> tuple[Encoding, np.ndarray, ParzenEstimator]:
    encoding = Encoding(space)
    MU = encoding.sample(n, np.random.default_rng(n))
    weights = np.linspace(0.5, 1.5, n) if weighted else None
    return encoding, MU, ParzenEstimator(Columns(encoding), MU, weights)


def plain_density(encoding: Encoding, MU: np.ndarray, weights: np.ndarray, x: np.ndarray) -> float:
    """The formula of the module's docstring, one number at a time."""
    n = (~np.isnan(MU)).sum(axis=0)
    total = 0.0
    for mu, w in [*zip(MU, weights, strict=True), (np.full(encoding.d, np.nan), 1.0)]:
        product = 1.0
        for j in encoding.varying:
            if np.isnan(x[j]):
                continue
            if encoding.is_category[j]:
                k, b = encoding.n_choices[j], 1.0 / (n[j] + 1.0)
                product *= 1.0 / k if np.isnan(mu[j]) else ((x[j] == mu[j]) + b) / (1.0 + k * b)
                continue
            sigma = 0.3 * (n[j] + 1.0) ** (-1.0 / (len(encoding.varying) + 4.0))
            sigma = min(max(sigma, 0.03, 1.0 / min(100, 2 + n[j]), encoding.spacing[j] / 2), 1.0)
            centre, scale = (0.5, 1.0) if np.isnan(mu[j]) else (mu[j], sigma)
            low, high = encoding.draw_low[j], encoding.draw_high[j]
            mass = 0.5 * (
                math.erf((high - centre) / scale / math.sqrt(2)) - math.erf((low - centre) / scale / math.sqrt(2))
            )
            z = (x[j] - centre) / scale
            product *= math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) / scale / mass
        total += w * product
    return total / (weights.sum() + 1.0)


@pytest.mark.parametrize("space", [MIXED, CONDITIONAL, MANY_CHOICES], ids=["mixed", "conditional", "many choices"])
@pytest.mark.parametrize("n", [0, 1, 12])
def test_the_density_is_that_of_the_slow_plain_version(space: SearchSpace, n: int) -> None:
    encoding, MU, p = estimator(space, n, weighted=True)
    X = encoding.sample(30, np.random.default_rng(99))
    slow = [plain_density(encoding, MU, np.linspace(0.5, 1.5, n), x) for x in X]
    np.testing.assert_allclose(np.exp(p.log_density(X)), slow, rtol=1e-10)


def conditional_grid(n: int) -> Iterator[tuple[np.ndarray, float]]:
    """Rows that cover the conditional space, each with its volume."""
    for u in (np.arange(n) + 0.5) / n:
        yield np.array([0.0, u, np.nan]), 1.0 / n
    for k in range(3):
        yield np.array([1.0, np.nan, float(k)]), 1.0


def test_the_density_sums_to_one_over_a_conditional_space() -> None:
    _, _, p = estimator(CONDITIONAL, 7, weighted=True)
    rows, volumes = zip(*conditional_grid(2000), strict=True)
    assert np.exp(p.log_density(np.array(rows))) @ np.array(volumes) == pytest.approx(1.0, abs=1e-6)


def test_samples_follow_the_density() -> None:
    encoding, _, p = estimator(CONDITIONAL, 5)
    X = p.sample(200_000, np.random.default_rng(0))
    rows, volumes = zip(*conditional_grid(20), strict=True)
    expected = np.exp(p.log_density(np.array(rows))) * np.array(volumes)
    cells = np.concatenate(
        [np.histogram(X[X[:, 0] == 0, 1], 20, (0, 1))[0], np.bincount(X[X[:, 0] == 1, 2].astype(int))]
    )
    # Three standard errors of a share of 1/20, and the curvature inside a cell.
    np.testing.assert_allclose(cells / len(X), expected, atol=0.0025)
    assert encoding.active(X).tolist() == (~np.isnan(X)).tolist()


def test_samples_are_legal_rows() -> None:
    encoding, _, p = estimator(MIXED, 6)
    X = p.sample(500, np.random.default_rng(0))
    np.testing.assert_array_equal(encoding.snap(X), X)
    assert all(MIXED.contains(encoding.decode(row)) for row in X[:50])


def test_samples_gather_where_the_weights_are() -> None:
    encoding = Encoding(SearchSpace({"x": Float(0, 1)}))
    p = ParzenEstimator(Columns(encoding), np.array([[0.1], [0.9]]), np.array([50.0, 1.0]))
    assert np.mean(p.sample(1000, np.random.default_rng(0)) < 0.5) > 0.8


def test_without_observations_the_prior_remains() -> None:
    _, _, p = estimator(CONDITIONAL, 0)
    assert np.exp(p.log_density(np.array([[1.0, np.nan, 2.0]]))) == pytest.approx([0.5 / 3])


def test_bandwidths_shrink_with_observations_and_never_below_half_a_step() -> None:
    sigma = bandwidths(np.array([0.0, 10.0, 1e6]), 1, np.zeros(3))
    assert sigma[0] == pytest.approx(0.5)  # the magic clip of an empty group
    assert sigma[0] > sigma[1] > sigma[2] == pytest.approx(0.03)
    assert bandwidths(np.array([1e6]), 1, np.array([0.5])) == pytest.approx([0.25])
