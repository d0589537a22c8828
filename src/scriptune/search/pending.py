"""Pending params, and the configurations that must not be proposed again: those that were told, and those.

Pending trials are also information. What a model assumes about their results is the model's own affair
(Gaussian process: its own mean, per particle; Parzen estimators: that they are bad); what all share is here:
their keys, and a canonical order, so that no answer depends on the order in which they are given. Both are kept while
trials come and go, since a search may have thousands of them.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, KeysView, Sequence
from dataclasses import dataclass
from typing import overload

from scriptune.core.parameters import Scalar
from scriptune.core.space import Params, params_key

__all__ = ["Key", "Pending", "TakenKeys", "taken_keys"]

Key = tuple[tuple[str, str, Scalar], ...]


class Pending(Sequence[Params]):
    """Params that were asked and not yet told, in the order of their trials, with their keys.

    `ToldHistory` keeps one and changes it trial by trial: a sampler must not hold on to it. `of` makes one from any
    other sequence, whose params have no trial numbers.
    """

    def __init__(self) -> None:
        self._params: dict[int, Params] = {}
        self._keys: dict[int, Key] = {}
        self._n_by_key: Counter[Key] = Counter()  # one configuration may be running twice
        self._canonical: list[tuple[str, int]] = []  # string form of the key, trial number; sorted
        self._has_numbers = True

    @classmethod
    def of(cls, pending: Sequence[Params]) -> Pending:
        """The same params as `Pending`; one is returned as it is."""
        if isinstance(pending, Pending):
            return pending
        made = cls()
        made._params = dict(enumerate(pending))
        made._keys = {index: params_key(params) for index, params in made._params.items()}
        made._n_by_key = Counter(made._keys.values())
        made._canonical = sorted((repr(key), index) for index, key in made._keys.items())
        made._has_numbers = False
        return made

    def add(self, number: int, params: Params) -> None:
        """Add the params of a trial, which is not here yet."""
        key = params_key(params)
        is_last = not self._params or number > next(reversed(self._params))
        self._params[number], self._keys[number] = params, key
        if not is_last:
            self._params = dict(sorted(self._params.items()))
        self._n_by_key[key] += 1
        insort(self._canonical, (repr(key), number))

    def discard(self, number: int) -> None:
        """Remove a trial if it is here."""
        if number not in self._params:
            return
        del self._params[number]
        key = self._keys.pop(number)
        self._n_by_key[key] -= 1
        if not self._n_by_key[key]:
            del self._n_by_key[key]
        del self._canonical[bisect_left(self._canonical, (repr(key), number))]

    def below(self, number: int) -> Pending:
        """The trials below a number; itself if that is all of them."""
        if not self._params or next(reversed(self._params)) < number:
            return self
        some = Pending()
        for other, params in self._params.items():
            if other < number:
                some.add(other, params)
        return some

    @property
    def keys(self) -> KeysView[Key]:
        """The keys (`params_key`) of the params."""
        return self._n_by_key.keys()

    def in_canonical_order(self) -> list[tuple[str, Params]]:
        """The params with the string form of their keys, sorted by it; equal sets give equal lists."""
        return [(text, self._params[number]) for text, number in self._canonical]

    def numbers_in_canonical_order(self) -> list[int] | None:
        """The trial numbers of `in_canonical_order`; None if they are not known."""
        return [number for _, number in self._canonical] if self._has_numbers else None

    @overload
    def __getitem__(self, index: int) -> Params: ...
    @overload
    def __getitem__(self, index: slice) -> list[Params]: ...
    def __getitem__(self, index: int | slice) -> Params | list[Params]:
        return list(self._params.values())[index]

    def __iter__(self) -> Iterator[Params]:
        return iter(self._params.values())

    def __len__(self) -> int:
        return len(self._params)

    def __eq__(self, other: object) -> bool:
        """As a list of params: equal to any sequence of the same ones."""
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __repr__(self) -> str:
        return f"Pending({list(self)!r})"


@dataclass(frozen=True)
class TakenKeys(Collection[Key]):
    """The keys of all configurations that must not be proposed again, without a copy of them.

    Attributes:
        told: Of the told history.
        pending: Of the pending trials.
    """

    told: Collection[Key]
    pending: Collection[Key]

    def __contains__(self, key: object) -> bool:
        return key in self.told or key in self.pending

    def __iter__(self) -> Iterator[Key]:
        yield from self.told
        yield from (key for key in self.pending if key not in self.told)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def taken_keys(told: Iterable[Key], pending: Sequence[Params]) -> TakenKeys:
    """The keys (`params_key`) of all configurations that must not be proposed again."""
    return TakenKeys(told if isinstance(told, (set, frozenset)) else set(told), Pending.of(pending).keys)
