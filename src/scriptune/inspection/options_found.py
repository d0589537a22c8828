"""A hyperparameter detected in a program's command or help, with a suggested range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from scriptune.core.parameters import Scalar
from scriptune.inspection.usual_ranges import usual_domain

__all__ = ["ProgramOption", "kind_of", "name_of", "with_suggestion"]

_SPREAD = 10.0  # a proposed range reaches so many times below and above the default
_INT_SPREAD = 4
_LOG_FROM = 100.0  # the ratio of a range's ends from which a logarithmic scale is proposed


@dataclass(frozen=True)
class ProgramOption:
    """A parameter detected in a command or in a program's help.

    Attributes:
        name: As a job file would call it.
        flag: As the program calls it.
        type: ``float``, ``int``, ``categorical``, ``bool`` or ``text``.
        default: The program's own; None when unknown.
        choices: Of a categorical.
        help: The program's own words.
        given: Its value in the command, when it is there.
        low: The least value that the program allows, when it says so.
        high: The greatest value that the program allows, when it says so.
        style: How a value reaches the program, as in a job file; "" for ``--name=value``.
        suggestion: A domain to begin with, as in a job file; None for texts.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("usual",)

    name: str
    flag: str
    type: str
    default: Scalar | None = None
    choices: tuple[Scalar, ...] = ()
    help: str = ""
    given: Scalar | None = None
    low: float | None = None
    high: float | None = None
    style: str = ""
    suggestion: Mapping[str, Any] | None = None

    @property
    def usual(self) -> Mapping[str, Any] | None:
        """The usual search range of parameters with this name, as in a job file; only a type if no range is usual."""
        return usual_domain(self.name)


def name_of(flag: str) -> str:
    """The job-file name of a flag: ``learning_rate`` for ``--learning-rate``."""
    return flag.lstrip("-").replace("-", "_")


def kind_of(value: object) -> str:
    """The parameter type of a plain value."""
    for kind, name in ((bool, "bool"), (int, "int"), (float, "float")):
        if isinstance(value, kind):
            return name
    return "text"


def with_suggestion(found: ProgramOption) -> ProgramOption:
    """The option with a suggested domain, which the user can change."""
    domain = _domain(found)
    if domain is None:
        return replace(found, suggestion=None)
    reach: dict[str, Any] = {}
    if found.style:
        reach["style"] = found.style
    if found.style != "hydra" and found.flag != f"--{found.name}":
        reach["flag"] = found.flag
    return replace(found, suggestion={**domain, **reach})


def _domain(found: ProgramOption) -> dict[str, Any] | None:
    value = found.given if found.given is not None else found.default
    if found.type == "categorical":
        domain: dict[str, Any] = {"type": "categorical", "values": list(found.choices)}
        return {**domain, **({"default": value} if value in found.choices else {})}
    if found.type == "bool":
        return {"type": "bool", **({"default": value} if isinstance(value, bool) else {})}
    if found.type not in ("float", "int"):
        return None
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    ends = _ends(found, number)
    if ends is None:
        return None
    low, high = ends
    default = {} if number is None or not low <= number <= high else {"default": number}
    # Around a value every scale is thinkable; between the program's own limits the usual one is, unless they are far.
    is_own = found.low is not None and found.high is not None
    log = low > 0 and (high / low >= _LOG_FROM or not is_own)
    if found.type == "int":
        return {"type": "int", "min": int(low), "max": int(high), **({"log": True} if log else {}), **default}
    default = {key: float(one) for key, one in default.items()}
    return {"type": "float", "min": float(low), "max": float(high), **({"log": True} if log else {}), **default}


def _ends(found: ProgramOption, value: float | None) -> tuple[float, float] | None:
    """The program's own limits, completed by a range around the value where it has none."""
    if found.low is not None and found.high is not None:
        low, high = found.low, found.high
    elif value is None or (found.type == "int" and value <= 0):
        return None
    elif found.type == "int":
        low, high = max(1, int(value) // _INT_SPREAD), int(value) * _INT_SPREAD
    elif value > 0:
        # Decimal text keeps 1e-4 from becoming 9.999999999999999e-05.
        low, high = (float(f"{value * factor:.6g}") for factor in (1 / _SPREAD, _SPREAD))
    else:
        low, high = min(0.0, float(value)), 1.0
    low = low if found.low is None else max(low, found.low)
    high = high if found.high is None else min(high, found.high)
    return (low, high) if low < high else None
