"""Stopping rules by name."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from scriptune.core.builtin_values import builtin_value
from scriptune.errors import StoppingRuleError
from scriptune.messages import Message
from scriptune.plugins.registry import BuiltIn, Registry, class_like
from scriptune.search.stopping.base import StoppingRule

__all__ = ["STOPPING_RULES", "STOPPING_RULE_REGISTRY", "make_stopping_rule"]

STOPPING_RULES: Mapping[str, BuiltIn] = MappingProxyType(
    {
        "none": BuiltIn("scriptune.search.stopping.none:NoStopping", "stopping_description.none"),
        "median": BuiltIn("scriptune.search.stopping.median:MedianRule", "stopping_description.median"),
        "asha": BuiltIn("scriptune.search.stopping.asha:AshaRule", "stopping_description.asha"),
        "model": BuiltIn("scriptune.search.stopping.model:ModelRule", "stopping_description.model"),
    }
)


STOPPING_RULE_REGISTRY: Registry[StoppingRule] = Registry(
    "stopping_rule", STOPPING_RULES, StoppingRuleError, class_like(StoppingRule)
)
"""The stopping rules of scriptune, and those of installed packages."""


def make_stopping_rule(
    name: str, *, max_step: int | None = None, seed: int | None = None, **options: Any
) -> StoppingRule:
    """Create a stopping rule by name.

    Args:
        name: A key of `STOPPING_RULES`, or the name of a plug-in.
        max_step: Length of a training in steps; None: the rule learns it from the first completed trial.
        seed: Of all randomness; drawn when None.
        **options: The rule's own.

    Raises:
        StoppingRuleError: Unknown rule or option, or an illegal value.
    """
    make: Any = STOPPING_RULE_REGISTRY.find(name)  # the protocol says nothing of constructors
    parsed = STOPPING_RULE_REGISTRY.parse(name, options)
    max_step, seed = builtin_value(max_step), builtin_value(seed)
    if max_step is not None and (isinstance(max_step, bool) or not isinstance(max_step, int) or max_step < 1):
        raise StoppingRuleError(Message("stopping.bad_max_step", value=max_step))
    rule: StoppingRule = make(parsed, max_step=max_step, seed=secrets.randbits(32) if seed is None else seed)
    return rule
