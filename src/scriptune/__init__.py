"""scriptune: hyperparameter search for training programs that no one changes.

Importing this package loads nothing heavy; each name loads its module on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scriptune.client import Client, Job, run
    from scriptune.core.decision import Decision
    from scriptune.core.first_points import FirstPoint
    from scriptune.core.parameters import Bool, Categorical, Float, Int
    from scriptune.core.space import SearchSpace
    from scriptune.core.trial import Observation, Suggestion
    from scriptune.errors import ScriptuneError
    from scriptune.search.first_points import first_points
    from scriptune.search.registry import make_sampler
    from scriptune.search.stopping.registry import make_stopping_rule

__version__ = "0.1.0"

_HOME = {
    "Bool": "scriptune.core.parameters",
    "Categorical": "scriptune.core.parameters",
    "Client": "scriptune.client",
    "Decision": "scriptune.core.decision",
    "FirstPoint": "scriptune.core.first_points",
    "Float": "scriptune.core.parameters",
    "Int": "scriptune.core.parameters",
    "Job": "scriptune.client",
    "Observation": "scriptune.core.trial",
    "ScriptuneError": "scriptune.errors",
    "SearchSpace": "scriptune.core.space",
    "Suggestion": "scriptune.core.trial",
    "first_points": "scriptune.search.first_points",
    "make_sampler": "scriptune.search.registry",
    "make_stopping_rule": "scriptune.search.stopping.registry",
    "run": "scriptune.client",
}

__all__ = [
    "Bool",
    "Categorical",
    "Client",
    "Decision",
    "FirstPoint",
    "Float",
    "Int",
    "Job",
    "Observation",
    "ScriptuneError",
    "SearchSpace",
    "Suggestion",
    "__version__",
    "first_points",
    "make_sampler",
    "make_stopping_rule",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scriptune' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
