"""Extensions in ``metadata.annotations``: job-file settings for which ModelArts has no field.

A key is ``scriptune.`` and one of the names below; annotations of other names are kept and echoed, never read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from scriptune.messages import Message, did_you_mean
from scriptune.modelarts.errors import refused

__all__ = ["ANNOTATIONS", "PREFIX", "apply_annotations"]

PREFIX = "scriptune."

ANNOTATIONS: Mapping[str, tuple[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "parallel": ("run", int),
        "trial_timeout": ("run", str),
        "job_timeout": ("run", str),
        "idle_timeout": ("run", str),
        "grace": ("run", str),
        "retries": ("run", int),
        "max_failed": ("run", int),
        "cpus": ("run", int),
        "gpus": ("run", float),
        "reduce": ("objective", str),
        "last_k": ("objective", int),
        "target": ("objective", float),
        "patience": ("search", int),
        "min_gain": ("search", float),
        "stopping": ("stopping", str),
    }
)
"""Name -> the section of the job file that it belongs to, and its type. ``stopping`` is the rule of early stopping."""


def apply_annotations(annotations: Mapping[str, str] | None, document: dict[str, Any]) -> None:
    """Apply scriptune's annotations to a job file.

    Raises:
        ModelArtsError: An unknown name, or a value of the wrong type (2788).
    """
    for key, text in (annotations or {}).items():
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX)
        if name not in ANNOTATIONS:
            raise refused(
                2788,
                Message(
                    "modelarts.no_annotation",
                    key=key,
                    near=did_you_mean(name, ANNOTATIONS),
                    known=[PREFIX + known for known in ANNOTATIONS],
                ),
            )
        section, convert = ANNOTATIONS[name]
        try:
            value = convert(text)
        except ValueError as err:
            kind = Message("expected.integer" if convert is int else "expected.number")
            raise refused(2788, Message("modelarts.bad_annotation", key=key, text=text, kind=kind)) from err
        document.setdefault(section, {})["rule" if section == "stopping" else name] = value
