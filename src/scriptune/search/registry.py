"""The registry of samplers by name. A sampler's module is imported when it is first used, so this one is cheap."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any

from scriptune.core.builtin_values import builtin_value
from scriptune.core.job import SEARCH_RULES
from scriptune.core.space import SearchSpace
from scriptune.errors import SamplerError
from scriptune.messages import Message, did_you_mean
from scriptune.search.base import BaseSampler
from scriptune.search.options import OptionInfo, option_table, parse_options

__all__ = [
    "SAMPLERS",
    "SamplerEntry",
    "check_options",
    "make_sampler",
    "sampler_class",
    "sampler_options",
]


@dataclass(frozen=True)
class SamplerEntry:
    """The import path and description of a sampler.

    Attributes:
        target: ``module:class``.
        code: Of the message that describes it.
    """

    target: str
    code: str

    @property
    def description(self) -> str:
        """One line for people."""
        return Message(self.code)


SAMPLERS: Mapping[str, SamplerEntry] = MappingProxyType(
    {
        "auto": SamplerEntry("scriptune.search.auto:AutoSampler", "sampler_description.auto"),
        "bayes": SamplerEntry(
            "scriptune.search.gp.sampler:GPSampler",
            "sampler_description.bayes",
        ),
        "tpe": SamplerEntry("scriptune.search.tpe.sampler:TPESampler", "sampler_description.tpe"),
        "anneal": SamplerEntry("scriptune.search.annealing:AnnealSampler", "sampler_description.anneal"),
        "smac": SamplerEntry(
            "scriptune.search.smac:SmacSampler",
            "sampler_description.smac",
        ),
        "random": SamplerEntry("scriptune.search.random_search:RandomSampler", "sampler_description.random"),
        "grid": SamplerEntry("scriptune.search.grid:GridSampler", "sampler_description.grid"),
    }
)
_MAX_SEED = 2**64


def sampler_class(name: str) -> type[BaseSampler]:
    """Import the class of a sampler.

    Raises:
        SamplerError: There is no sampler with that name.
        MissingExtraError: It needs an extra that is not installed.
    """
    if name not in SAMPLERS:
        raise SamplerError(
            Message("sampler.unknown", near=did_you_mean(str(name), SAMPLERS), known=list(SAMPLERS), name=name)
        )
    module, _, attribute = SAMPLERS[name].target.partition(":")
    cls: type[BaseSampler] = getattr(import_module(module), attribute)
    return cls


def sampler_options(name: str) -> list[OptionInfo]:
    """The options of a sampler: names, types, defaults, ranges, help.

    Raises:
        SamplerError: There is no sampler with that name.
    """
    return option_table(sampler_class(name).options_class)


def check_options(name: str, options: Mapping[str, Any]) -> None:
    """Validate a sampler's options without creating the sampler.

    Raises:
        SamplerError: Unknown sampler or option, or an illegal value; the message holds the option table.
    """
    parse_options(name, sampler_class(name).options_class, options)


def make_sampler(
    name: str,
    space: SearchSpace,
    seed: int | None = None,
    *,
    n_trials: int | None = None,
    n_workers: int | None = None,
    rules: int = SEARCH_RULES,
    **options: Any,
) -> BaseSampler:
    """Create a sampler by name.

    Args:
        name: A key of `SAMPLERS`.
        space: What to search.
        seed: Of all randomness, 0 to 2**64 - 1; drawn when None and kept in the sampler's ``seed``.
        n_trials: Budget of the search, when known.
        n_workers: Trials that run in parallel, when known.
        rules: Version of the rules to suggest by; a stored job has the one it was created under.
        **options: The sampler's own.

    Raises:
        SamplerError: Unknown sampler or option, illegal value, or an invalid seed.
    """
    cls = sampler_class(name)
    parsed: Any = parse_options(name, cls.options_class, options)
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
    return cls(space, seed, parsed, n_trials=n_trials, n_workers=n_workers, rules=rules)
