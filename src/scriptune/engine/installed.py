"""What a job file can name: samplers and stopping rules with their options, and the plug-ins of packages."""

from __future__ import annotations

from typing import Any

from scriptune.engine.views import SamplerRow, StoppingRuleRow
from scriptune.errors import MissingExtraError
from scriptune.executors.registry import EXECUTOR_REGISTRY
from scriptune.plugins.registry import PluginStatus, Registry
from scriptune.search.registry import SAMPLER_REGISTRY
from scriptune.search.stopping.registry import STOPPING_RULE_REGISTRY

__all__ = ["plugins", "samplers", "stopping_rules"]


def samplers() -> list[SamplerRow]:
    """The samplers that can be used, and their options."""
    rows = []
    for name, package in SAMPLER_REGISTRY.usable().items():
        try:
            options = SAMPLER_REGISTRY.options(name)
        except MissingExtraError:
            options = []
        rows.append(SamplerRow(name, SAMPLER_REGISTRY.description(name), options, package))
    return rows


def stopping_rules() -> list[StoppingRuleRow]:
    """The stopping rules that can be used, and their options."""
    rules = STOPPING_RULE_REGISTRY
    return [
        StoppingRuleRow(name, rules.description(name), rules.options(name), package)
        for name, package in rules.usable().items()
    ]


def plugins() -> list[PluginStatus]:
    """The plug-ins of installed packages, and whether they can be used."""
    registries: tuple[Registry[Any], ...] = (SAMPLER_REGISTRY, EXECUTOR_REGISTRY, STOPPING_RULE_REGISTRY)
    return [plugin for registry in registries for plugin in registry.plugins()]
