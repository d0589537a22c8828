"""Random search spaces with constraints: any mix of parameters, and constraints that one known configuration satisfies.

    space, anchor = random_space(random.Random(1))

The feasible sets range from nearly everything to slivers of a millionth of the space around ``anchor``.
"""

from __future__ import annotations

import math
import random

from scriptune.core.parameters import Bool, Categorical, Float, Int, Parameter, Scalar
from scriptune.core.space import Params, SearchSpace

__all__ = ["random_space"]

_WORDS = ["adam", "sgd", "rmsprop", "lion"]


def random_space(rng: random.Random) -> tuple[SearchSpace, Params]:
    """A space of two to six parameters with one to three constraints, and a configuration that satisfies them."""
    parameters: dict[str, Parameter] = {}
    for k in range(rng.randint(2, 6)):
        parents = [name for name, one in parameters.items() if isinstance(one, Categorical)]
        when: dict[str, list[Scalar]] = {}
        if parents and rng.random() < 0.2:
            parent = parameters[rng.choice(parents)]
            name = next(name for name, one in parameters.items() if one is parent)
            when = {name: [parent.nth(rng.randrange(parent.n_values or 1))]}
        parameters[f"p{k}"] = _parameter(rng, when)
    plain = SearchSpace(parameters)
    anchor = _draw(rng, plain)
    texts = [_constraint(rng, plain, anchor) for _ in range(rng.randint(1, 3))]
    return SearchSpace(parameters, texts), anchor


def _parameter(rng: random.Random, when: dict[str, list[Scalar]]) -> Parameter:
    kind = rng.randrange(7)
    if kind == 0:
        return Float(1e-5, 10.0 ** rng.uniform(-3, 1), log=True, when=when)
    if kind == 1:
        return Float(-rng.random(), 0.5 + 5 * rng.random(), step=rng.choice([None, 0.05]), when=when)
    if kind == 2:
        return Float(0.5, rng.choice([0.99, 0.9999]), log="reverse", when=when)
    if kind == 3:
        return Int(1, rng.choice([4, 64, 4096]), log=rng.random() < 0.5, when=when)
    if kind == 4:
        return Bool(when=when)
    if kind == 5:
        return Categorical(rng.sample([*_WORDS, None], rng.randint(2, 4)), when=when)
    return Categorical([1, 2, 4, 8, 16], ordered=rng.random() < 0.7, when=when)


def _draw(rng: random.Random, space: SearchSpace) -> Params:
    values: Params = {}
    for name in space.order:
        parameter = space[name]
        if space.is_active(name, values):
            n_values = parameter.n_values
            values[name] = (
                parameter.nth(rng.randrange(n_values))
                if n_values is not None
                else parameter.round(rng.uniform(parameter.low, parameter.high))  # type: ignore[union-attr]
            )
    return values


def _constraint(rng: random.Random, space: SearchSpace, anchor: Params) -> str:
    """A constraint that the anchor satisfies; the numbers in it are just beyond the anchor's, or far."""
    numeric = [name for name, value in anchor.items() if type(value) in (int, float) and _is_number(space[name])]
    others = [name for name in anchor if name not in numeric and anchor[name] is not None]
    if others and (not numeric or rng.random() < 0.25):
        name = rng.choice(others)
        literal = f"'{anchor[name]}'" if isinstance(anchor[name], str) else str(anchor[name]).lower()
        if not numeric:
            return f"{name} == {literal}"
        limit = _above(rng, float(anchor[other := rng.choice(numeric)] or 0))
        return rng.choice([f"{name} != {literal} or {other} <= {limit}", f"{name} == {literal} and {other} <= {limit}"])
    if not numeric:
        return f"{next(iter(anchor))} == {next(iter(anchor))}"
    a, b = rng.choice(numeric), rng.choice(numeric)
    x, y = float(anchor[a] or 0), float(anchor[b] or 0)
    slack = 10.0 ** rng.uniform(-6, 0)
    forms = [
        f"{a} + {b} <= {_above(rng, x + y)}",
        f"{a} * {b} <= {_above(rng, x * y)}",
        f"abs({a} - {b} - {x - y!r}) <= {slack!r}",
        f"({a} - {x!r}) ** 2 + ({b} - {y!r}) ** 2 <= {slack!r}",
        f"max({a}, {b}) <= {_above(rng, max(x, y))} and min({a}, {b}) >= {min(x, y) - slack!r}",
        f"not ({a} > {_above(rng, x)})",
        f"{a} / ({b} + 10) <= {_above(rng, x / (y + 10))}",
    ]
    if x > 0 and y > 0:
        forms.append(f"log({a}) + log({b}) >= {math.log(x * y) - slack!r}")
    if isinstance(anchor[a], int):
        forms.append(f"{a} % 3 == {int(x) % 3}")
    return rng.choice(forms)


def _is_number(parameter: Parameter) -> bool:
    return not isinstance(parameter, Categorical) or all(type(choice) is int for choice in parameter.choices)


def _above(rng: random.Random, value: float) -> str:
    return repr(value + 10.0 ** rng.uniform(-6, 0.5))
