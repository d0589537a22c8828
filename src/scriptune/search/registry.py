"""Samplers by name. A sampler's module is imported when it is first used, so this one is cheap."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from scriptune.core.builtin_values import builtin_value
from scriptune.core.first_points import FirstPoint
from scriptune.core.job import SEARCH_RULES
from scriptune.core.space import SearchSpace
from scriptune.errors import SamplerError
from scriptune.messages import Message
from scriptune.plugins.registry import BuiltIn, Registry
from scriptune.search.base import BaseSampler

__all__ = ["SAMPLERS", "SAMPLER_REGISTRY", "make_sampler"]


SAMPLERS: Mapping[str, BuiltIn] = MappingProxyType(
    {
        "auto": BuiltIn("scriptune.search.auto:AutoSampler", "sampler_description.auto"),
        "bayes": BuiltIn(
            "scriptune.search.gp.sampler:GPSampler",
            "sampler_description.bayes",
        ),
        "tpe": BuiltIn("scriptune.search.tpe.sampler:TPESampler", "sampler_description.tpe"),
        "anneal": BuiltIn("scriptune.search.annealing:AnnealSampler", "sampler_description.anneal"),
        "smac": BuiltIn(
            "scriptune.search.smac:SmacSampler",
            "sampler_description.smac",
        ),
        "random": BuiltIn("scriptune.search.random_search:RandomSampler", "sampler_description.random"),
        "grid": BuiltIn("scriptune.search.grid:GridSampler", "sampler_description.grid"),
    }
)
_MAX_SEED = 2**64


def _expected(name: str, found: object) -> str:
    """What a plug-in has to be, unless it is that."""
    if not (isinstance(found, type) and issubclass(found, BaseSampler)):
        return Message("plugin.subclass_of", name="scriptune.search.base.BaseSampler")
    return "" if getattr(found, "name", None) == name else Message("plugin.named", name=name)


SAMPLER_REGISTRY: Registry[BaseSampler] = Registry("sampler", SAMPLERS, SamplerError, _expected)
"""The samplers of scriptune, and those of installed packages."""


def make_sampler(
    name: str,
    space: SearchSpace,
    seed: int | None = None,
    *,
    n_trials: int | None = None,
    n_workers: int | None = None,
    rules: int = SEARCH_RULES,
    first: Sequence[FirstPoint | Mapping[str, Any]] | None = None,
    **options: Any,
) -> BaseSampler:
    """Create a sampler by name.

    Args:
        name: A key of `SAMPLERS`, or the name of a plug-in.
        space: What to search.
        seed: Of all randomness, 0 to 2**64 - 1; drawn when None and kept in the sampler's ``seed``.
        n_trials: Budget of the search, when known.
        n_workers: Trials that run in parallel, when known.
        rules: Version of the rules to suggest by; a stored job has the one it was created under.
        first: Configurations to try first, in order. None: `first_points` of the space, for samplers that learn (not
            ``random`` and ``grid``); empty: none, only the user's defaults or the centre.
        **options: The sampler's own.

    Raises:
        SamplerError: Unknown sampler or option, illegal value, or an invalid seed.
        SpaceError: A first point does not belong to the space.
    """
    cls = SAMPLER_REGISTRY.find(name)
    parsed = SAMPLER_REGISTRY.parse(name, options)
    if not isinstance(space, SearchSpace):
        raise SamplerError(Message("sampler.not_a_space", space=space))
    seed, n_trials, n_workers = builtin_value(seed), builtin_value(n_trials), builtin_value(n_workers)
    if seed is None:
        seed = secrets.randbits(32)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < _MAX_SEED:
        raise SamplerError(Message("sampler.bad_seed", seed=seed))
    for label, count in (("n_trials", n_trials), ("n_workers", n_workers)):
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
            raise SamplerError(Message("sampler.bad_count", what=label, value=count))
    points = _first_points(cls, space, seed, first)
    known: dict[str, Any] = {"first": points} if points else {}
    return cls(space, seed, parsed, n_trials=n_trials, n_workers=n_workers, rules=rules, **known)


def _first_points(
    cls: type[BaseSampler], space: SearchSpace, seed: int, given: Sequence[FirstPoint | Mapping[str, Any]] | None
) -> Sequence[FirstPoint]:
    if given is None:
        # Imported here: `import scriptune` loads this module, and must not load numpy with it.
        from scriptune.search.first_points import first_points

        return first_points(space, seed=seed) if cls.uses_first_points else ()
    points = [point if isinstance(point, FirstPoint) else FirstPoint(dict(point)) for point in given]
    note = Message("note.first_point")
    return [replace(point, params=space.validate(point.params), note=point.note or note) for point in points]
