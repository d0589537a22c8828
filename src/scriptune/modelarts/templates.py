"""YAML templates of searches: ModelArts' three, and scriptune's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from scriptune.messages import Message, did_you_mean
from scriptune.modelarts.errors import refused

__all__ = ["template_content", "template_listing"]

_TYPE, _TYPE_ZH = "hpo", "超参优化"

_HEAD = """\
general:
  instance_per_trial: 1
  gpu_per_instance: 0
  cpu_per_instance: 1

search_space:
"""
_CONTINUOUS = """\
  - params:
      - type: continuous_param
        name: lr
        start: 0.001
        stop: 0.1
"""
_DISCRETE = """\
  - params:
      - type: discrete_param
        name: batch_size
        values: [16, 32, 64]
"""
_TAIL = """\

search_algorithm:
  type: {algorithm}
  max_concurrent: 4
  reward_attr: accuracy
  mode: max
  num_samples: {num_samples}
{options}
scheduler:
  type: FIFOScheduler
"""

_TEMPLATES: Mapping[str, tuple[str, int, Mapping[str, Any]]] = MappingProxyType(
    {
        "Anneal": ("anneal_search", 20, {"avg_best_idx": 2.0, "shrink_coef": 0.1}),
        "Auto": ("auto_search", 20, {}),
        "Bayes": ("bayes_opt_search", 20, {"kind": "ucb", "kappa": 2.5, "xi": 0.0}),
        "GridSearch": ("grid_search", 20, {"resolution": 5}),
        "RandomSearch": ("random_search", 20, {}),
        "SMAC": ("smac_search", 20, {}),
        "TPE": ("tpe_search", 20, {"n_initial_points": 20, "gamma": 0.25}),
    }
)


def template_listing() -> list[dict[str, Any]]:
    """The ``yaml_templates`` of the answer. Those for architecture search and compression have no counterpart here."""
    return [{"algorithm_type_en": _TYPE, "algorithm_type_zh": _TYPE_ZH, "algorithm_names": list(_TEMPLATES)}]


def template_content(algorithm_type: str, name: str) -> dict[str, str]:
    """The file name and text of a template.

    Raises:
        ModelArtsError: The template does not exist (2788).
    """
    if algorithm_type != _TYPE or name not in _TEMPLATES:
        raise refused(
            2788,
            Message(
                "modelarts.no_template",
                type=algorithm_type[:40],
                name=name[:40],
                near=did_you_mean(name, _TEMPLATES),
                known=[f"{_TYPE}/{known}" for known in _TEMPLATES],
            ),
        )
    algorithm, num_samples, options = _TEMPLATES[name]
    lines = "".join(f"  {key}: {value}\n" for key, value in options.items())
    tail = _TAIL.format(algorithm=algorithm, num_samples=num_samples, options=lines)
    return {"file_name": f"{name}.yaml", "content": _HEAD + _CONTINUOUS + _DISCRETE + tail}
