"""Constraints for many rows, compared with those for one configuration."""

from __future__ import annotations

import numpy as np
import pytest

from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.search.constraint_arrays import ConstraintArrays
from scriptune.search.encoding import Encoding

PARAMETERS = {
    "n": Int(1, 64, log=True),
    "m": Int(1, 20_000),
    "x": Float(-1.0, 1.0),
    "s": Float(0.0, 1.0, step=0.05),
    "beta": Float(0.5, 0.999, log="reverse"),
    "opt": Categorical(["adam", "sgd", None]),
    "layers": Categorical([1, 2, 4, 8], ordered=True),
    "momentum": Float(0.0, 1.0, when={"opt": "sgd"}),
    "flag": Bool(),
}
TEXTS = [
    "n * layers <= 64",
    "n % 3 == 1",
    "m % 7 == n % 7",
    "x ** 2 + s ** 2 < 0.5",
    "1 / x > 2",
    "x == 0 or 1 / x > 2",
    "n == 1 or 1 / (n - 1) > 0.2",
    "not (n != 1 and 1 / (n - 1) > 0.2)",
    "not (1 < n < 20 / (n - 1))",
    "log(x) > -1",
    "not log(x) > -1",
    "x ** 0.5 < 0.9",
    "10 ** (1000 * x) > 0.5",
    "abs(x - s) <= 0.2",
    "min(x, s, beta - 0.5) > 0",
    "max(x, s) < 0.5 < beta",
    "opt == 'adam'",
    "opt != 'adam' and not flag",
    "opt in ('sgd',) or s <= 0.3",
    "momentum > 0.5",
    "momentum > 0.5 or flag",
    "flag + (n > 8) == 1",
    "-x < s and (flag or x > 0) and not (s > 0.9 and beta > 0.9)",
    "1 - beta < 0.01",
]


@pytest.mark.parametrize("text", TEXTS)
def test_many_rows_are_judged_as_each_of_them(text: str) -> None:
    space = SearchSpace(PARAMETERS, [text])
    encoding = Encoding(space)
    assert encoding.feasible is not None
    X = Encoding(SearchSpace(PARAMETERS)).sample(500, np.random.default_rng(0))
    expected = [space.violated(encoding.decode(row)) is None for row in X]
    assert encoding.feasible.holds(X).tolist() == expected
    assert 0 < sum(expected) < 500


@pytest.mark.parametrize("text", TEXTS)
def test_the_violation_is_zero_exactly_where_a_constraint_holds(text: str) -> None:
    space = SearchSpace(PARAMETERS, [text])
    encoding = Encoding(space)
    V = encoding.values(Encoding(SearchSpace(PARAMETERS)).sample(500, np.random.default_rng(0)))
    codes = {"adam": 2.0**1000, "sgd": 2.0**1000 + 2.0**960}
    arrays = ConstraintArrays(space.constraints, encoding.names, codes)
    violation = arrays.violation(V, 0)
    assert np.isfinite(violation).all()
    assert ((violation == 0.0) == arrays.holds(V, 0)).all()
    assert (violation >= 0.0).all()


def test_the_violation_grows_with_the_distance() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)}, ["x + y <= 0.5"])
    encoding = Encoding(space)
    arrays = ConstraintArrays(space.constraints, encoding.names, {})
    np.testing.assert_allclose(arrays.violation(np.array([[0.2, 0.3], [0.4, 0.4], [1.0, 1.0]]), 0), [0.0, 0.3, 1.5])


def test_values_are_those_that_params_have() -> None:
    space = SearchSpace(PARAMETERS, ["n > 0"])
    encoding = Encoding(space)
    X = encoding.sample(200, np.random.default_rng(0))
    V = encoding.values(X)
    for row, values in zip(X, V, strict=True):
        params = encoding.decode(row)
        for j, name in enumerate(encoding.names):
            value = params.get(name)
            if value is None:
                assert np.isnan(values[j])
            elif not isinstance(value, str):
                assert values[j] == pytest.approx(float(value), rel=1e-14)
