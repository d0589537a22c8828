"""Random search: the baseline, and the fallback of all other samplers.

``kind: sobol`` takes point number k of a scrambled Sobol sequence, which covers the space more evenly than
independent draws; ``kind: plain`` draws independently. Results are ignored (Bergstra & Bengio 2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scriptune.core.trial import Phase, Suggestion
from scriptune.messages import Message
from scriptune.plugins.options import option
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Array, Encoding
from scriptune.search.free import any_free, first_free
from scriptune.search.initial import default_params, untried_defaults
from scriptune.search.pending import Pending, taken_keys
from scriptune.search.sobol import MAX_DIMENSIONS, ScrambledSobol

__all__ = ["RandomOptions", "RandomSampler"]

_BLOCK = 256  # points of the sequence that are looked at together
_RARE = 0.002  # share of points that satisfy the constraints below which the sequence is left
_STREAM = 0x50B0  # third word of the scramble's seed


@dataclass(frozen=True)
class RandomOptions:
    """Options of random search."""

    kind: str = option(
        "sobol",
        "sampler_option.random_kind",
        choices=("sobol", "plain"),
        source="Joe & Kuo 2008; Bergstra & Bengio 2012",
    )


class RandomSampler(BaseSampler):
    """Draws uniform configurations that depend on seed and trial number only. The user's defaults come first."""

    name: ClassVar[str] = "random"
    options_class: ClassVar[type] = RandomOptions
    by_number: ClassVar[bool] = True
    brings_defaults: ClassVar[bool] = True

    def prepare(self) -> None:
        """Create the scrambled Sobol sequence."""
        self._encoding = Encoding(self.space)
        self._defaults = default_params(self._encoding, self.seed)
        scramble = np.random.default_rng([self.seed, 1, _STREAM])
        self._sobol = ScrambledSobol(min(self._encoding.d, MAX_DIMENSIONS), scramble)
        self._found: list[Array] = []  # the first points of the sequence that satisfy the constraints
        self._n_scanned = 0

    def propose(self, number: int, pending: Pending) -> Suggestion:
        """Propose point ``number`` of the sequence, or a random free one if that is taken."""
        taken = taken_keys(self.told_keys, pending)
        defaults = untried_defaults(self.name, self.space, self._defaults, taken) if number == 0 else None
        if defaults is not None:
            return defaults
        rng = np.random.default_rng([self.seed, number])
        found = first_free(self._encoding, self._rows(number, rng), taken)
        params = found[1] if found is not None else any_free(self._encoding, taken, rng)
        return Suggestion(params, self.name, Phase.INITIAL, note=Message("note.independent_random"))

    def _rows(self, number: int, rng: np.random.Generator) -> Array:
        """The row of a trial, shape (1, d); none if no row satisfies the constraints."""
        feasible, sobol = self._encoding.feasible, self.options.kind == "sobol"
        if feasible is None:
            return self._encoding.from_uniform(self._uniform(number, rng)[None])
        # Point number k of those of the sequence that satisfy the constraints, unless they are rare.
        while sobol and self._encoding.d <= MAX_DIMENSIONS and len(self._found) <= number:
            if self._n_scanned >= _BLOCK + number / _RARE:
                return self._encoding.sample(1, rng)
            block = self._encoding.from_uniform(self._sobol.points(self._n_scanned, _BLOCK))
            self._found += list(block[feasible.holds(block)])
            self._n_scanned += _BLOCK
        return self._found[number][None] if len(self._found) > number else self._encoding.sample(1, rng)

    def _uniform(self, number: int, rng: np.random.Generator) -> Array:
        """A point of the unit cube, shape (d,)."""
        point = rng.random(self._encoding.d)
        if self.options.kind == "sobol":
            covered = self._sobol.point(number)
            point[: len(covered)] = covered
        return point
