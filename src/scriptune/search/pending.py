"""What is taken: told and pending configurations are never proposed again.

Pending trials are also information. What a model assumes about their results is the model's own affair
(Gaussian process: its own mean, per particle; Parzen estimators: that they are bad); what all share is here:
a canonical order, so that no answer depends on the order of ``pending``, and the search for a free row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.errors import SpaceExhaustedError
from scriptune.search.encoding import Array, Encoding

__all__ = ["Key", "any_free", "first_free", "in_canonical_order", "taken_keys"]

Key = tuple[tuple[str, str, object], ...]

# Batches of random rows tried before a space is called exhausted: 4 x 256 draws miss one free value in a
# hundred with probability 3e-5, and every finite space up to _ENUMERATE_UP_TO is searched completely anyway.
_BATCHES, _BATCH = 4, 256
_ENUMERATE_UP_TO = 100_000


def in_canonical_order(pending: Sequence[Params]) -> list[Params]:
    """Pending params sorted by their text; equal sets give equal lists."""
    return sorted(pending, key=lambda params: repr(params_key(params)))


def taken_keys(told: Iterable[Key], pending: Iterable[Params]) -> set[Key]:
    """Keys (`params_key`) of everything that may not be proposed again."""
    return {*told, *(params_key(params) for params in pending)}


def first_free(encoding: Encoding, rows: Array, taken: set[Key]) -> tuple[int, Params] | None:
    """Index and params of the first row, in the order given, that is not taken; None when all are."""
    for i, row in enumerate(rows):
        params = encoding.decode(row)
        if params_key(params) not in taken:
            return i, params
    return None


def any_free(encoding: Encoding, taken: set[Key], rng: np.random.Generator) -> Params:
    """A random configuration that is not taken.

    Raises:
        SpaceExhaustedError: None was found. On finite spaces of up to 100,000 configurations none exists.
    """
    for _ in range(_BATCHES):
        found = first_free(encoding, encoding.sample(_BATCH, rng), taken)
        if found is not None:
            return found[1]
    return _last_free(encoding.space, taken, rng)


def _last_free(space: SearchSpace, taken: set[Key], rng: np.random.Generator) -> Params:
    size = space.size(limit=_ENUMERATE_UP_TO)
    if size is not None:
        free = [params for params in space.enumerate() if params_key(params) not in taken]
        if free:
            return free[int(rng.integers(len(free)))]
    raise SpaceExhaustedError(
        f"All {size if size is not None else len(taken)} configurations of the search space that could be found were "
        f"proposed already ({len(taken)} told or pending).",
        hint="Lower the number of trials, or widen a range, refine a step or add a value.",
    )
