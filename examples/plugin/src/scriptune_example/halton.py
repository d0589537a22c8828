"""HaltonSampler: points that cover the space evenly, however many there will be (Halton 1960).

b_j     the j-th prime, base of dimension j
phi_b   radical inverse: the digits of a number in base b, mirrored at the point
u_j     shift of dimension j, drawn once from the seed (Cranley & Patterson 1976)

point n of the sequence has the coordinates (phi_b_j(n) + u_j) mod 1
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scriptune.core.trial import Phase, Suggestion
from scriptune.plugins.options import option
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Encoding
from scriptune.search.free import any_free, first_free
from scriptune.search.pending import Pending, taken_keys

__all__ = ["HaltonOptions", "HaltonSampler"]


@dataclass(frozen=True)
class HaltonOptions:
    """Options of `halton`."""

    skip: int = option(20, "Points left out at the start, which large bases place along a line.", low=0, high=10**6)


class HaltonSampler(BaseSampler):
    """Evenly spread configurations: a Halton sequence, shifted by the seed."""

    name = "halton"
    options_class = HaltonOptions
    by_number = True  # results change nothing

    def prepare(self) -> None:
        """Choose a base and a shift for each dimension."""
        self._encoding = Encoding(self.space)
        self._bases = _primes(self._encoding.d)
        self._shift = np.random.default_rng(self.seed).random(self._encoding.d)

    def propose(self, number: int, pending: Pending) -> Suggestion:
        """Propose the trial's point of the sequence, or a random one if that configuration was tried."""
        n = self.options.skip + 1 + number
        point = (np.array([_radical_inverse(n, base) for base in self._bases]) + self._shift) % 1.0
        taken = taken_keys(self.told_keys, pending)
        found = first_free(self._encoding, self._encoding.from_uniform(point[None]), taken)
        if found is not None:
            return Suggestion(found[1], self.name, Phase.INITIAL, note=f"Point {n} of a Halton sequence.")
        params = any_free(self._encoding, taken, np.random.default_rng([self.seed, number]))
        note = f"Random configuration: point {n} of the sequence has been tried."
        return Suggestion(params, self.name, Phase.FALLBACK, note=note)


def _primes(n: int) -> list[int]:
    """The first n primes."""
    found: list[int] = []
    candidate = 2
    while len(found) < n:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def _radical_inverse(n: int, base: int) -> float:
    """The digits of n in a base, mirrored at the point; in [0, 1)."""
    result, weight = 0.0, 1.0
    while n > 0:
        n, digit = divmod(n, base)
        weight /= base
        result += digit * weight
    return result
