"""Choose the first points of a search from what is known before it: defaults, usual values, an earlier search.

    D   per parameter its default (the user's, else the program's own), else its usual value, else the centre of its
        range; a category that nothing is known of is drawn at random
    U   per parameter its usual value, else D's

Trial 0 is D. Trial 1 is U where it differs enough from D; else, and where there are no defaults, the centre. The best
configuration of an earlier search comes between the two. Where no name is known, D alone is left: the plain design.
What follows is spread over the space (`initial`). How much that is worth: docs/algorithms/README.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

import numpy as np

from scriptune.core.builtin_values import builtin_value
from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.parameters import Categorical, Int, Parameter, Scalar, same_value
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.errors import SpaceError
from scriptune.messages import Message, sentences
from scriptune.search.encoding import Encoding
from scriptune.search.initial import default_params
from scriptune.search.pending import Key
from scriptune.search.usual import UsualValue, usual

__all__ = ["exact_value", "first_points", "is_null", "legal_value"]

_MOVABLE = frozenset({Origin.USUAL, Origin.CENTRE, Origin.RANDOM})  # what no one has chosen
_N_DRAWN = 256  # rows that satisfy the constraints, the first of which that does so to the last digit is taken
_STREAM = 0xF157
_ENOUGH = 0.1  # of an encoded range: points that differ by less in everything teach the same

_KINDS = {
    "boosting": "program_kind.boosting",
    "diffusion": "program_kind.diffusion",
    "fine_tuning": "program_kind.fine_tuning",
    "forest": "program_kind.forest",
    "linear": "program_kind.linear",
    "network": "program_kind.network",
    "reinforcement": "program_kind.reinforcement",
    "svm": "program_kind.svm",
    "word_vectors": "program_kind.word_vectors",
}


def first_points(
    space: SearchSpace,
    defaults: Mapping[str, object] | None = None,
    *,
    origins: Mapping[str, Origin] | None = None,
    seed: int = 0,
    usual_values: bool = True,
    earlier: Mapping[str, object] | None = None,
    earlier_note: str = "",
) -> list[FirstPoint]:
    """The first points of a search, in the order in which they are tried. At least one; no program is started.

    Args:
        space: What to search; a parameter's own ``default`` comes before all else.
        defaults: Defaults by name, such as the program's own. Values are converted; one that is not in the parameter's
            range is left out, and so is a name that the space does not have.
        origins: Where each of them comes from; the user, where nothing is said.
        seed: Draws the categories that nothing is known of.
        usual_values: Whether names mean anything.
        earlier: The best params of an earlier search: taken where names agree, at the nearer end of a range that they
            lie outside of.
        earlier_note: What is said of them.

    With constraints, a point that violates one is moved: what a person or the program chose stays where it can.
    """
    known = _Known.of(space, defaults or {}, origins or {}, seed, usual(space) if usual_values else {})
    first = known.point(known.values, known.origin)
    points = [replace(first, note=known.moved_note(first, known.values, known.note_of(first)))]
    if earlier is not None:
        taken = {
            name: value
            for name in space
            if (value := _nearest(space[name], earlier.get(name))) is not None or is_null(space[name], earlier, name)
        }
        origin = {**known.origin, **dict.fromkeys(taken, Origin.EARLIER)}
        values = {**known.values, **taken}
        best = known.point(values, origin)
        points.append(replace(best, note=known.moved_note(best, values, earlier_note)))
    if known.usual:
        points.append(known.second(first))
    distinct: dict[Key, FirstPoint] = {}
    for point in points:
        distinct.setdefault(params_key(point.params), point)
    return list(distinct.values())


@dataclass(frozen=True)
class _Known:
    """What is known of every parameter of a space, inactive ones included.

    Attributes:
        space: The space.
        centre: Of every range; a random choice for categories.
        values: D.
        origin: Where D's values come from.
        usual: The usual values.
        seed: Of the search.
    """

    space: SearchSpace
    centre: Params
    values: Params
    origin: Mapping[str, Origin]
    usual: Mapping[str, UsualValue]
    seed: int

    @classmethod
    def of(
        cls,
        space: SearchSpace,
        defaults: Mapping[str, object],
        origins: Mapping[str, Origin],
        seed: int,
        usual_values: Mapping[str, UsualValue],
    ) -> _Known:
        unconditional = SearchSpace({name: replace(space[name], when={}, default=None) for name in space})
        centre = default_params(Encoding(unconditional), seed)
        values, origin = dict(centre), {}
        for name, parameter in space.items():
            given = parameter.default if parameter.default is not None else legal_value(parameter, defaults.get(name))
            if given is not None:
                values[name] = given
                origin[name] = Origin.YOURS if parameter.default is not None else origins.get(name, Origin.YOURS)
            elif name in usual_values:
                values[name], origin[name] = usual_values[name].value, Origin.USUAL
            else:
                origin[name] = _middle(parameter)
        return cls(space, centre, values, origin, usual_values, seed)

    def point(self, values: Params, origin: Mapping[str, Origin]) -> FirstPoint:
        """The active ones of these values; where they violate a constraint, others that are near."""
        params = self.space.prune(values)
        if self.space.violated(params) is not None:
            moved = self._moved(values, {name for name in values if origin[name] not in _MOVABLE})
            origin = {
                name: origin[name] if same_value(values[name], value) else _middle(self.space[name])
                for name, value in moved.items()
            }
            params = moved
        return FirstPoint(params, {name: origin[name] for name in params})

    def _moved(self, values: Params, held: Set[str]) -> Params:
        """Params near some values that satisfy the constraints, with the held values where that is possible."""
        encoding = Encoding(self.space)
        feasible = encoding.feasible
        assert feasible is not None, "only constraints are violated"
        rng = np.random.default_rng([self.seed, _STREAM])
        row = encoding.encode_many([values])[0]
        is_held = np.array([name in held for name in encoding.names])
        rows = [
            near for one in (is_held, ~np.ones_like(is_held)) if (near := feasible.nearest(row, one, rng)) is not None
        ]
        rows += list(encoding.sample(_N_DRAWN, rng))
        for near in rows:
            decoded = encoding.decode(near)
            # Encoding and decoding may change a last digit of what was to stay.
            exact = {
                name: values[name] if near[j] == row[j] else decoded[name]
                for j, name in enumerate(encoding.names)
                if name in decoded
            }
            for params in (exact, decoded):
                if self.space.contains(params):
                    return params
        return self.space.prune(values)  # nothing satisfies them, which the search says

    def moved_note(self, point: FirstPoint, values: Params, note: str) -> str:
        """A note, and that constraints moved the point if they did."""
        is_moved = params_key(point.params) != params_key(self.space.prune(values))
        return sentences(note, Message("note.moved")) if is_moved else note

    def second(self, first: FirstPoint) -> FirstPoint:
        """U if it differs enough from D and D holds a default; else the centre."""
        usual_values = {name: value.value for name, value in self.usual.items()}
        origin = {**self.origin, **dict.fromkeys(usual_values, Origin.USUAL)}
        values = {**self.values, **usual_values}
        point = self.point(values, origin)
        if first.has_defaults and _differ(self.space, point.params, first.params):
            return replace(point, note=self.moved_note(point, values, self._usual_note(point)))
        middle = self.point(self.centre, {name: _middle(self.space[name]) for name in self.space})
        return replace(middle, note=self.moved_note(middle, self.centre, Message("note.centre")))

    def note_of(self, first: FirstPoint) -> Message:
        """What is said of D."""
        origins = set(first.origin.values())
        if not first.has_defaults:
            return self._usual_note(first) if Origin.USUAL in origins else Message("note.centre")
        are_yours = Origin.YOURS in origins
        if Origin.USUAL in origins:
            values = _listed(first)
            if are_yours:
                return Message("note.defaults_and_usual", values=values)
            return Message("note.program_defaults_and_usual", values=values)
        if origins.isdisjoint({Origin.CENTRE, Origin.RANDOM}):
            return Message("note.defaults" if are_yours else "note.program_defaults")
        return Message("note.some_defaults" if are_yours else "note.some_program_defaults")

    def _usual_note(self, point: FirstPoint) -> Message:
        kind = next(value.kind for value in self.usual.values())
        return Message("note.usual_values", kind=Message(_KINDS.get(kind, "program_kind.any")), values=_listed(point))


def _middle(parameter: Parameter) -> Origin:
    return Origin.RANDOM if isinstance(parameter, Categorical) else Origin.CENTRE


def _listed(point: FirstPoint) -> str:
    """The usual values of a point, as ``lr 0.02, momentum 0.9``."""
    return ", ".join(f"{name} {point.params[name]}" for name, origin in point.origin.items() if origin is Origin.USUAL)


def _differ(space: SearchSpace, some: Params, others: Params) -> bool:
    """Whether two configurations differ enough to be tried both."""
    encoding = Encoding(space)
    A, B = encoding.encode(some), encoding.encode(others)
    apart = np.where(encoding.is_category, A != B, np.abs(A - B) > _ENOUGH)
    return bool((apart | (np.isnan(A) != np.isnan(B)))[~(np.isnan(A) & np.isnan(B))].any())


def legal_value(parameter: Parameter, value: object) -> Scalar | None:
    """A value of any origin, such as ``"0.1"``, as a legal one; None if it is not one in the parameter's range.

    A number between two steps becomes the nearest one.
    """
    value = builtin_value(value)
    if isinstance(parameter, Categorical):
        try:
            return parameter.coerce(value)
        except SpaceError:
            by_text = {_text(choice): choice for choice in reversed(parameter.choices)}
            return by_text.get(value.strip().lower()) if isinstance(value, str) else None
    number = _number(value)
    if number is None or not parameter.low <= number <= parameter.high:
        return None
    if isinstance(parameter, Int) and number != int(number):
        return None
    return parameter.round(number)


def _text(choice: Scalar) -> str:
    return "null" if choice is None else str(choice).lower()


def is_null(parameter: Parameter, known: Mapping[str, object], name: str) -> bool:
    """Whether what is known of a parameter is that it is null, as one of its choices: not that nothing is known."""
    return isinstance(parameter, Categorical) and parameter.has_null and name in known and known[name] is None


def exact_value(parameter: Parameter, value: object) -> Scalar | None:
    """Like `legal_value`, but None for a number that would have to be changed, as to the nearest step."""
    legal = legal_value(parameter, value)
    if legal is None or isinstance(legal, (bool, str)):
        return legal
    return legal if float(str(value)) == float(legal) else None


def _nearest(parameter: Parameter, value: object) -> Scalar | None:
    """Like `legal_value`, but the nearer end for a number outside the range."""
    if isinstance(parameter, Categorical):
        return legal_value(parameter, value)
    number = _number(builtin_value(value))
    return None if number is None else parameter.round(number)


def _number(value: object) -> float | None:
    """A finite number, or a string that is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
