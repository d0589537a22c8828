"""What holds for every search space and every parameter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from scriptune.core.parameters import Categorical, Parameter
from scriptune.core.space import Params, SearchSpace, params_key
from strategies import parameters, spaces

LIMIT = 2000  # combinations, those that differ in inactive values only included


def enumerated_plainly(space: SearchSpace) -> Iterator[Params]:
    """Every combination of all values, without what is inactive in it, each once."""
    seen = set()
    domains = [[domain.nth(index) for index in range(domain.n_values or 0)] for domain in space.values()]
    for values in product(*domains):
        params = space.prune(dict(zip(space, values, strict=True)))
        if params_key(params) not in seen:
            seen.add(params_key(params))
            yield params


@given(space=spaces(max_parameters=4))
def test_a_finite_space_is_counted_and_enumerated_like_the_slow_plain_version(space: SearchSpace) -> None:
    if math.prod(domain.n_values or math.inf for domain in space.values()) > LIMIT:
        return
    found = list(space.enumerate())
    assert space.size() == len(found)
    assert sorted(map(repr, found)) == sorted(map(repr, enumerated_plainly(space)))
    assert all(space.contains(params) and space.validate(params) == params for params in found)


@given(parameter=parameters(), share=st.floats(-0.5, 1.5))
def test_the_nearest_value_of_a_number_is_legal_and_its_own_nearest(parameter: Parameter, share: float) -> None:
    if isinstance(parameter, Categorical):
        return
    nearest = parameter.round(parameter.low + share * (parameter.high - parameter.low))
    assert parameter.contains(nearest)
    assert parameter.round(nearest) == parameter.coerce(nearest) == nearest


@given(parameter=parameters(), share=st.floats(0.0, 1.0, exclude_max=True))
def test_every_value_that_is_counted_is_legal(parameter: Parameter, share: float) -> None:
    if parameter.n_values is None:
        return
    value = parameter.nth(int(share * parameter.n_values))
    assert parameter.contains(value)
    assert parameter.coerce(value) == value
    assert type(parameter.coerce(value)) is type(value)
