"""Hypothesis strategies that tests of several floors share: spaces, params, histories."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hypothesis import strategies as st

from scriptune.core.parameters import Bool, Categorical, Float, Int, Parameter, Scalar
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation

__all__ = ["awkward_values", "histories", "parameters", "params_of", "spaces"]

# Values that broke other tools: failures, infinities, overflow in squares, outliers, rounding, ties.
awkward_values = st.one_of(
    st.none(),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, 1e300, -1e300, 1e12, 1e-17, 1.0 + 1e-15, 5e-324]),
    st.floats(-10.0, 10.0),
)


@st.composite
def _floats(draw: st.DrawFn, when: Mapping[str, object]) -> Float:
    log = draw(st.sampled_from([False, True, "reverse"]))
    if log == "reverse":
        low = draw(st.sampled_from([0.0, 0.5, 0.9]))
        high = draw(st.sampled_from([0.95, 0.9999, 1.0 - 1e-12]))
        return Float(low, high, log=log, step=draw(st.sampled_from([None, 0.05, 0.01])), when=when)
    low = draw(st.floats(1e-6, 1e3) if log else st.floats(-1e3, 1e3))
    high = low + draw(st.sampled_from([0.0, 1e-9, 0.7, 1.0, 1e4]))
    step = draw(st.one_of(st.none(), st.sampled_from([0.05, 0.25, 1.0]))) if high - low > 0.1 else None
    return Float(low, high, log=log, step=step, when=when)


@st.composite
def _ints(draw: st.DrawFn, when: Mapping[str, object]) -> Int:
    log = draw(st.booleans())
    low = draw(st.integers(1, 50) if log else st.integers(-50, 50))
    high = low + draw(st.sampled_from([0, 1, 3, 30, 10_000]))
    return Int(low, high, log=log, step=draw(st.sampled_from([1, 1, 2, 7])), when=when)


@st.composite
def _categories(draw: st.DrawFn, when: Mapping[str, object]) -> Categorical:
    choices = draw(
        st.lists(
            st.one_of(
                st.sampled_from(["a", "b", "c", "", "1"]), st.integers(-2, 3), st.booleans(), st.just(1.0), st.none()
            ),
            min_size=1,
            max_size=5,
            unique_by=lambda choice: (type(choice), choice),
        )
    )
    return Categorical(choices, ordered=draw(st.booleans()), when=when)


def parameters(when: Mapping[str, object] | None = None) -> st.SearchStrategy[Parameter]:
    """Any parameter, single-valued ones included."""
    condition = when or {}
    return st.one_of(_floats(condition), _ints(condition), _categories(condition), st.just(Bool(when=condition)))


def _some_values(draw: st.DrawFn, parameter: Parameter) -> list[Scalar]:
    """Values of a finite parameter to hang a condition on."""
    assert parameter.n_values is not None
    last = parameter.n_values - 1
    indices = draw(st.lists(st.integers(0, last), min_size=1, max_size=min(3, last + 1), unique=True))
    return [parameter.nth(index) for index in indices]


@st.composite
def spaces(draw: st.DrawFn, *, max_parameters: int = 6, conditional: bool = True) -> SearchSpace:
    """Spaces of 1 to ``max_parameters`` parameters; later ones may depend on earlier finite ones."""
    chosen: dict[str, Parameter] = {}
    for k in range(draw(st.integers(1, max_parameters))):
        parents = [name for name, p in chosen.items() if p.n_values is not None and p.n_values <= 50]
        when: dict[str, list[Scalar]] = {}
        if conditional and parents and draw(st.booleans()):
            for parent in draw(st.lists(st.sampled_from(parents), min_size=1, max_size=2, unique=True)):
                when[parent] = _some_values(draw, chosen[parent])
        chosen[f"p{k}"] = draw(parameters(when))
    return SearchSpace(chosen)


def _value(parameter: Parameter) -> st.SearchStrategy[Scalar]:
    if isinstance(parameter, Categorical):
        return st.sampled_from(list(parameter.choices))
    if parameter.n_values is not None:
        return st.integers(0, parameter.n_values - 1).map(parameter.nth)
    return st.floats(parameter.low, parameter.high).map(parameter.round)


@st.composite
def params_of(draw: st.DrawFn, space: SearchSpace) -> Params:
    """Legal params of a space."""
    values: Params = {}
    for name in space.order:
        if space.is_active(name, values):
            values[name] = draw(_value(space[name]))
    return {name: values[name] for name in space if name in values}


@st.composite
def histories(draw: st.DrawFn, space: SearchSpace, *, max_size: int = 12) -> list[Observation]:
    """Observations numbered from 0, configurations possibly repeated, values awkward."""
    n = draw(st.integers(0, max_size))
    return [Observation(number, draw(params_of(space)), draw(awkward_values)) for number in range(n)]
