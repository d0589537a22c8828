"""Usual search ranges of hyperparameters by name, used when the program's help gives none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["usual_domain"]

_COUNT: Mapping[str, Any] = {"type": "int"}


def _floats(low: float, high: float, *, log: bool = False) -> Mapping[str, Any]:
    return {"type": "float", "min": low, "max": high, **({"log": True} if log else {})}


def _integers(low: int, high: int, *, log: bool = False) -> Mapping[str, Any]:
    return {"type": "int", "min": low, "max": high, **({"log": True} if log else {})}


# The first that fits counts.
_USUAL: tuple[tuple[str, Mapping[str, Any]], ...] = (
    # Hardly ever searched, so without a range; but a number of epochs is a whole one.
    (r"^(n_|num_|max_|min_|warmup_|total_)?(epochs?|steps|iter(ation)?s?|seed|workers|threads|patience)$", _COUNT),
    (r"^(log|print|eval|val|save|report|checkpoint)_(interval|freq|frequency|every|steps)$", _COUNT),
    (r"^(lr|eta|learning_?rate|lr_init|learning_?rate_?init)$", _floats(1e-5, 0.1, log=True)),
    (
        r"weight_?decay|^wd$|^alpha$|^l[12]$|regulari[sz]ation|^lambda$|reg_(alpha|lambda)",
        _floats(1e-6, 0.1, log=True),
    ),
    (r"momentum|^beta_?1$", _floats(0.0, 0.99)),
    (r"dropout|drop_rate|label_smoothing", _floats(0.0, 0.5)),
    (r"subsample|colsample", _floats(0.5, 1.0)),
    (r"batch_?size|^batch$|^bs$", _integers(16, 256, log=True)),
    (r"hidden|units|width|embed|_dim$|^dim$|channels|filters|neurons", _integers(16, 512, log=True)),
    (r"layers|^depth$|blocks", _integers(1, 4)),
    (r"max_depth", _integers(2, 12)),
    (r"(n_)?estimators|num_(boost_)?rounds?|trees", _integers(50, 1000, log=True)),
    (r"num_leaves", _integers(8, 256, log=True)),
)


def usual_domain(name: str) -> Mapping[str, Any] | None:
    """The usual domain of a hyperparameter, as in a job file; without a range if only its type is usual.

    Args:
        name: In any spelling; of ``optimizer.lr``, the last part says what it is.
    """
    plain = name.rpartition(".")[2].lower().replace("-", "_")
    return next((domain for pattern, domain in _USUAL if re.search(pattern, plain)), None)
