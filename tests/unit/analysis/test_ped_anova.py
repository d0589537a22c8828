"""PED-ANOVA."""

import numpy as np
import pytest

from scriptune.analysis.ped_anova import pearson_divergence, ped_shares
from scriptune.core.parameters import Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.search.encoding import Encoding

SPACE = SearchSpace(
    {"a": Float(0, 1), "noise": Float(0, 1), "c": Categorical(["x", "y", "z"]), "one": Int(3, 3), "n": Int(1, 5)}
)


def test_the_divergence_of_a_distribution_from_itself_is_zero() -> None:
    p = np.array([0.2, 0.3, 0.5])
    assert pearson_divergence(p, p) == 0.0


def test_the_divergence_is_the_mean_squared_excess_of_the_ratio() -> None:
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    draws = np.random.default_rng(0).choice(2, size=100_000, p=q)
    assert pearson_divergence(p, q) == pytest.approx(np.mean((p[draws] / q[draws] - 1) ** 2), rel=0.02)


def test_what_makes_a_trial_good_takes_the_share() -> None:
    encoding = Encoding(SPACE)
    X = encoding.sample(2000, np.random.default_rng(0))
    y = 3 * X[:, 0] + (X[:, 2] != 1)
    shares = ped_shares(encoding, X, y)
    assert shares.sum() == pytest.approx(1.0)
    assert min(shares[0], shares[2]) > 0.3
    assert shares[[1, 3, 4]].max() < 0.02


def test_a_parameter_that_only_separates_bad_from_very_bad_matters_little_here() -> None:
    encoding = Encoding(SearchSpace({"late": Float(0, 1), "early": Float(0, 1)}))
    X = encoding.sample(3000, np.random.default_rng(0))
    y = np.where(X[:, 1] > 0.5, 100.0 + 100.0 * X[:, 1], X[:, 0])  # "early" has nearly all the variance
    late, early = ped_shares(encoding, X, y)
    assert late > early


def test_equal_values_say_nothing() -> None:
    encoding = Encoding(SPACE)
    X = encoding.sample(10, np.random.default_rng(0))
    assert ped_shares(encoding, X, np.ones(10)).tolist() == [0.0] * 5


@pytest.mark.parametrize("n", [2, 3, 7])
def test_few_trials_have_an_answer(n: int) -> None:
    encoding = Encoding(SPACE)
    X = encoding.sample(n, np.random.default_rng(0))
    shares = ped_shares(encoding, X, np.arange(float(n)))
    assert np.isfinite(shares).all()
    assert shares.sum() == pytest.approx(1.0)


def test_a_parameter_that_had_one_value_in_all_trials_tells_nothing_apart() -> None:
    """It had the largest share: the uniform density weighed more among the few best than among all."""
    encoding = Encoding(SPACE)
    X = encoding.sample(12, np.random.default_rng(0))
    X[:, 2] = 1.0
    X[:, 4] = X[0, 4]
    shares = ped_shares(encoding, X, X[:, 0])
    assert shares[[2, 4]] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert shares[0] > shares[1]


def test_samples_of_equal_proportions_have_no_divergence_whatever_their_size() -> None:
    encoding = Encoding(SearchSpace({"c": Categorical(["x", "y"]), "a": Float(0, 1)}))
    best = np.array([[0.0, 0.1], [1.0, 0.2]])
    rest = np.array([[0.0, 0.8], [1.0, 0.9]] * 4)
    shares = ped_shares(encoding, np.concatenate([best, rest]), np.repeat([0.0, 1.0], [2, 8]))
    assert shares == pytest.approx([0.0, 1.0], abs=1e-12)


def test_a_conditional_parameter_counts_by_the_share_of_the_best_that_have_it() -> None:
    """Against the formula, with counts put in by hand."""
    encoding = Encoding(
        SearchSpace({"c": Categorical(["on", "off"]), "k": Categorical(["p", "q"], when={"c": "on"})}),
    )
    off = [1.0, np.nan]
    best = [[0.0, 0.0]] * 3 + [[0.0, 1.0]] + [off] * 1  # 4 of 5 are on, 3 of 4 have p
    rest = [[0.0, 0.0]] * 5 + [[0.0, 1.0]] * 11 + [off] * 29
    shares = ped_shares(encoding, np.array(best + rest), np.repeat([0.0, 1.0], [5, 45]))

    def divergence(p: float, q: float, n_best: int) -> float:
        u = 1.0 / (n_best + 1)  # the share of the uniform density
        p, q = (1 - u) * p + u / 2, (1 - u) * q + u / 2
        return (p - q) ** 2 / q + (p - q) ** 2 / (1 - q)

    c, k = divergence(4 / 5, 20 / 50, 5), divergence(3 / 4, 8 / 20, 4) * 4 / 5
    assert shares == pytest.approx([c / (c + k), k / (c + k)], rel=1e-12)
