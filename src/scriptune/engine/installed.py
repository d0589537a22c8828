"""What a job file can name: samplers and stopping rules with their options, and the plug-ins of packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scriptune.engine.views import SamplerRow, StoppingRuleRow
from scriptune.errors import MissingExtraError
from scriptune.executors.registry import EXECUTOR_REGISTRY
from scriptune.plugins.options import OptionInfo
from scriptune.plugins.registry import PluginStatus, Registry
from scriptune.search.registry import SAMPLER_REGISTRY
from scriptune.search.stopping.registry import STOPPING_RULE_REGISTRY

__all__ = ["plugins", "samplers", "stopping_rules"]


def samplers() -> list[SamplerRow]:
    """The samplers that can be used, and their options."""
    return [SamplerRow(*about) for about in _usable(SAMPLER_REGISTRY)]


def stopping_rules() -> list[StoppingRuleRow]:
    """The stopping rules that can be used, and their options."""
    return [StoppingRuleRow(*about) for about in _usable(STOPPING_RULE_REGISTRY)]


def _usable(registry: Registry[Any]) -> Iterator[tuple[str, str, Sequence[OptionInfo], str]]:
    """Name, description, options and package of each; without options where they need an extra to be known."""
    for name, package in registry.usable().items():
        try:
            options = registry.options(name)
        except MissingExtraError:
            options = []
        yield name, registry.description(name), options, package


def plugins() -> list[PluginStatus]:
    """The plug-ins of installed packages, and whether they can be used."""
    registries: tuple[Registry[Any], ...] = (SAMPLER_REGISTRY, EXECUTOR_REGISTRY, STOPPING_RULE_REGISTRY)
    return [plugin for registry in registries for plugin in registry.plugins()]
