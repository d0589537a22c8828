"""The short form of a domain, as command lines and questions have it: ``1e-05..0.1:log``, ``adam,sgd``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scriptune.core.parameters import Scalar
from scriptune.jobfile.parser import plain_scalar

__all__ = ["domain_text"]


def domain_text(domain: Mapping[str, Any]) -> str:
    """A domain as `shorthand.parse_parameter` reads it after ``NAME=``; how values are passed is left out."""
    kind = domain.get("type")
    if kind == "bool":
        return "true,false"
    if kind == "categorical":
        choices = ",".join(_choice_text(value) for value in domain["values"] if value is not None)
        return choices + (":null" if None in domain["values"] else "")
    if "value" in domain:
        return _choice_text(domain["value"])
    ends = [repr(float(domain[end]) if kind == "float" else domain[end]) for end in ("min", "max")]
    step = f":step={domain['step']!r}" if domain.get("step") is not None else ""
    log = domain.get("log")
    return "..".join(ends) + step + (":log" if log is True else f":log={log}" if log else "")


def _choice_text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    is_word = re.fullmatch(r"[\w./+-]+", value) is not None and ".." not in value
    return value if is_word and isinstance(plain_scalar(value), str) else repr(value)
