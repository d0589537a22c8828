"""Find configurations that are not taken: in rows that a sampler would like, or anywhere in the space."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from scriptune.core.parameters import Scalar
from scriptune.core.space import Params, params_key
from scriptune.errors import SpaceExhaustedError
from scriptune.messages import Message
from scriptune.search.encoding import Array, Encoding
from scriptune.search.pending import Key

__all__ = ["any_free", "first_free"]

# Batches of random rows tried before the tree of values is walked: 4 x 256 draws miss one free value in a hundred
# with probability 3e-5.
_BATCHES, _BATCH = 4, 256
_MAX_STEPS = 300_000  # values looked at for configurations that satisfy the constraints: some seconds
_FURTHER_BATCHES = 40  # of a space with constraints, whose free part cannot be walked
_REPEATED_DRAWS = 64  # of a continuous parameter, after which it holds too few floats to find a further one


def first_free(encoding: Encoding, rows: Array, taken: Collection[Key]) -> tuple[int, Params] | None:
    """The index and params of the first row that is not taken and violates no constraint; None if there is none."""
    for i, row in enumerate(rows):
        params = encoding.decode(row)
        if params_key(params) not in taken and encoding.space.violated(params) is None:
            return i, params
    return None


def any_free(encoding: Encoding, taken: Collection[Key], rng: np.random.Generator) -> Params:
    """Draw a random configuration that is not taken.

    Raises:
        SpaceExhaustedError: All are taken, or none satisfies the constraints.
    """
    if encoding.feasible is not None and encoding.feasible.is_empty and not encoding.is_finite:
        raise SpaceExhaustedError(Message("sampler.none_feasible"), hint=Message("sampler.widen_constraints"))
    for _ in range(_BATCHES):
        found = first_free(encoding, encoding.sample(_BATCH, rng), taken)
        if found is not None:
            return found[1]
    # What is left may be rare: the one branch in 10,000 that has a continuous parameter, or the last free value.
    # The leaves of the walk differ, so that this takes one more than are taken at most, regardless of the space's size.
    n_found = 0
    for params in _walk(encoding, 0, {}, rng) if encoding.feasible is None else _feasible_walk(encoding, rng):
        if params_key(params) not in taken:
            return params
        n_found += 1
    raise SpaceExhaustedError(
        Message("sampler.space_exhausted", n=n_found, n_taken=len(taken))
        if encoding.is_finite
        else Message("sampler.found_exhausted", n=n_found, n_taken=len(taken)),
        hint=Message("sampler.widen_space"),
    )


def _walk(encoding: Encoding, position: int, chosen: Params, rng: np.random.Generator) -> Iterator[Params]:
    """Enumerate the configurations that extend the choices for the first ``position`` names of the order, each once."""
    space = encoding.space
    if position == len(space.order):
        yield {name: chosen[name] for name in space if name in chosen}
        return
    name = space.order[position]
    if not space.is_active(name, chosen):
        yield from _walk(encoding, position + 1, chosen, rng)
        return
    for value in _values(encoding, name, rng):
        yield from _walk(encoding, position + 1, {**chosen, name: value}, rng)


def _feasible_walk(encoding: Encoding, rng: np.random.Generator) -> Iterator[Params]:
    """Every configuration of a finite space that satisfies the constraints; further random ones of another space."""
    if encoding.is_finite:
        yield from encoding.space.enumerate(_MAX_STEPS)
        return
    seen: set[Key] = set()
    for _ in range(_FURTHER_BATCHES):
        for row in encoding.sample(_BATCH, rng):
            params = encoding.decode(row)
            if params_key(params) not in seen and encoding.space.violated(params) is None:
                seen.add(params_key(params))
                yield params


def _values(encoding: Encoding, name: str, rng: np.random.Generator) -> Iterator[Scalar]:
    """The values of a parameter once each, starting at a random one; for a continuous one an endless random stream."""
    parameter = encoding.space[name]
    if parameter.n_values is not None:
        first = int(rng.integers(parameter.n_values))
        yield from (parameter.nth((first + k) % parameter.n_values) for k in range(parameter.n_values))
        return
    seen: set[Scalar] = set()
    repeated = 0
    while repeated < _REPEATED_DRAWS:
        value = encoding.decode_value(name, float(rng.random()))
        if value in seen:
            repeated += 1
            continue
        repeated = 0
        seen.add(value)
        yield value
