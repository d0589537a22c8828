from __future__ import annotations

import numpy as np
import pytest

from scriptune.core.parameters import Bool, Float, Int, Parameter
from scriptune.core.space import SearchSpace, params_key
from scriptune.errors import SpaceExhaustedError
from scriptune.search.encoding import Encoding
from scriptune.search.free import any_free, first_free
from scriptune.search.pending import taken_keys

FINITE = Encoding(SearchSpace({"a": Int(0, 9999), "b": Bool()}))


def test_the_first_free_row_is_found() -> None:
    rows = FINITE.encode_many([{"a": 1, "b": True}, {"a": 2, "b": True}])
    taken = taken_keys([params_key({"a": 1, "b": True})], [{"a": 5, "b": False}])
    assert first_free(FINITE, rows, taken) == (1, {"a": 2, "b": True})
    assert first_free(FINITE, rows[:1], taken) is None


def test_the_last_free_configuration_of_twenty_thousand_is_found_and_then_none() -> None:
    every = [params_key(params) for params in FINITE.space.enumerate()]
    last = every.pop(12_345)
    assert params_key(any_free(FINITE, set(every), np.random.default_rng(0))) == last
    with pytest.raises(SpaceExhaustedError, match=r"has been proposed \(20000 in all, .*Lower the number of trials"):
        any_free(FINITE, {*every, last}, np.random.default_rng(0))


def test_a_continuous_range_of_a_few_floats_runs_out_with_an_honest_message() -> None:
    encoding = Encoding(SearchSpace({"x": Float(1.0, float(np.nextafter(1.0, 2.0)))}))
    taken = {params_key({"x": 1.0}), params_key({"x": float(np.nextafter(1.0, 2.0))})}
    with pytest.raises(SpaceExhaustedError, match=r"that could be found has been proposed \(2 in all"):
        any_free(encoding, taken, np.random.default_rng(0))


@pytest.mark.parametrize("rare", [Float(0.0, 1.0, when={"c13": True}), Int(1, 10**6, when={"c13": True})])
def test_a_branch_that_one_draw_in_ten_thousand_meets_is_no_exhausted_space(rare: Parameter) -> None:
    """Random search and annealing ended here after a dozen trials, with all but a dozen values untried."""
    chain: dict[str, Parameter] = {f"c{k}": Bool(when={f"c{k - 1}": True} if k else {}) for k in range(14)}
    encoding = Encoding(SearchSpace({**chain, "rare": rare}))
    taken = {params_key({f"c{k}": k < n for k in range(n + 1)}) for n in range(14)}
    for seed in range(3):
        for _ in range(5):
            params = any_free(encoding, taken, np.random.default_rng(seed))
            assert encoding.space.contains(params)
            assert params["c13"] is True
            taken.add(params_key(params))
