"""A hyperparameter detected in a program's command or help, with a suggested range."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from scriptune.core.parameters import Scalar
from scriptune.inspection.usual_ranges import is_searched, range_around, usual_domain, usual_range
from scriptune.search.usual import kinds_of_program

__all__ = ["ProgramOption", "kind_of", "name_of", "with_suggestion", "with_suggestions"]

_SPREAD = 10.0  # a proposed range reaches so many times below and above the default
_INT_SPREAD = 4
_SHARE = re.compile(
    r"\b(fraction|frac|ratio|(?<!learning )rate|probability|prob|share|proportion|pct|momentum|flip|eps|smoothing)\b",
    re.IGNORECASE,
)
_COMPUTED = re.compile(r"\bcomputed\b", re.IGNORECASE)  # by the program, from other options
_NEAR_1 = 0.9  # from there, what counts of a decay or a discount is how far it is from 1
_LEAST_SHARE = 0.01  # below, "rate" is one that is searched on a log scale
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
        found_in: ``command``, ``parser``, ``help``, ``source``, or the name of a file.
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
    found_in: str = ""

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


def with_suggestions(found: Iterable[ProgramOption]) -> list[ProgramOption]:
    """The options with suggested domains; what a name means depends on the other names."""
    options = list(found)
    kinds = kinds_of_program(option.name for option in options)
    return [with_suggestion(option, kinds) for option in options]


def with_suggestion(found: ProgramOption, kinds: Sequence[str] = ("any",)) -> ProgramOption:
    """The option with a suggested domain, which the user can change.

    Args:
        found: The option.
        kinds: Of the program, as `kinds_of_program` tells them.
    """
    domain = _domain(found, kinds)
    if domain is None:
        return replace(found, suggestion=None)
    reach: dict[str, Any] = {}
    if found.style:
        reach["style"] = found.style
    if found.style != "hydra" and found.flag != f"--{found.name}":
        reach["flag"] = found.flag
    return replace(found, suggestion={**domain, **reach})


def _domain(found: ProgramOption, kinds: Sequence[str]) -> dict[str, Any] | None:
    value = found.given if found.given is not None else found.default
    if found.type == "categorical":
        domain: dict[str, Any] = {"type": "categorical", "values": list(found.choices)}
        return {**domain, **({"default": value} if value in found.choices else {})}
    if found.type == "bool":
        return {"type": "bool", **({"default": value} if isinstance(value, bool) else {})}
    if not is_searched(found.name) or (value == 0 and _COMPUTED.search(found.help)):
        return None
    if found.type not in ("float", "int"):
        # The help of many programs has neither types nor defaults; then the name is all there is.
        return None if value is not None else _by_name(found, None, kinds)
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    domain = _within_limits(found) or _by_name(found, number, kinds) or _around(found, number) or {}
    if not domain:
        return None
    if number is not None and domain["min"] <= number <= domain["max"]:
        domain["default"] = number if found.type == "int" else float(number)
    return domain


def _within_limits(found: ProgramOption) -> dict[str, Any] | None:
    """Between the program's own limits, when it states both."""
    if found.low is None or found.high is None or not found.low < found.high:
        return None
    return _as_domain(found, found.low, found.high, log=found.low > 0 and found.high / found.low >= _LOG_FROM)


def _by_name(found: ProgramOption, value: float | None, kinds: Sequence[str]) -> dict[str, Any] | None:
    """The usual range of the name, within the limit that the program states."""
    entry = usual_range(found.name, kinds)
    if entry is None or (found.type == "int" and entry.high is not None and entry.high <= 1.0):
        return None  # a share elsewhere, of a program that counts
    is_integer = found.type == "int" or (found.type != "float" and isinstance(entry.value, int))
    domain = range_around(entry, value, is_integer=is_integer)
    low = domain["min"] if found.low is None else max(domain["min"], found.low)
    high = domain["max"] if found.high is None else min(domain["max"], found.high)
    return {**domain, "min": type(domain["min"])(low), "max": type(domain["max"])(high)} if low < high else None


def _around(found: ProgramOption, value: float | None) -> dict[str, Any] | None:
    """Around the default, when nothing is known about the name."""
    ends = _ends(found, value)
    if ends is None:
        return None
    near_1 = found.type == "float" and value is not None and _NEAR_1 <= value < 1 and ends[1] < 1
    return _as_domain(found, *ends, log="reverse" if near_1 else ends[0] > 0)


def _as_domain(found: ProgramOption, low: float, high: float, *, log: bool | str) -> dict[str, Any]:
    scale = {"log": log} if log else {}
    if found.type == "int":
        return {"type": "int", "min": int(low), "max": int(high), **scale}
    return {"type": "float", "min": float(low), "max": float(high), **scale}


def _ends(found: ProgramOption, value: float | None) -> tuple[float, float] | None:
    """A range around the value, within the limit that the program states."""
    if value is None or (found.type == "int" and value <= 0):
        return None
    if (
        found.type == "float"
        and _LEAST_SHARE <= value <= 1
        and _SHARE.search(f"{found.name.replace('_', ' ')} {found.help}")
    ):
        low, high = 0.0, 1.0
    elif found.type == "int":
        low, high = max(1, int(value) // _INT_SPREAD), int(value) * _INT_SPREAD
    elif _NEAR_1 <= value < 1:
        low, high = (float(f"{1 - (1 - value) * factor:.12g}") for factor in (_SPREAD, 1 / _SPREAD))
    elif value > 0:
        # Decimal text keeps 1e-4 from becoming 9.999999999999999e-05.
        low, high = (float(f"{value * factor:.6g}") for factor in (1 / _SPREAD, _SPREAD))
        # What is below 1 may be a share, of which 1 is the most; a wider range is quickly written.
        high = min(high, 1.0) if value < 1 else high
    else:
        low, high = min(0.0, float(value)), 1.0
    low = low if found.low is None else max(low, found.low)
    high = high if found.high is None else min(high, found.high)
    return (low, high) if low < high else None
