"""Parse the ``parameters`` section: each entry becomes a domain or a fixed value.

Conditions between parameters are resolved in `conditions.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scriptune.core.job import Style
from scriptune.core.parameters import Bool, Categorical, Float, Int, Parameter, Scalar
from scriptune.errors import SpaceError
from scriptune.jobfile.problems import Path, Problems, shown
from scriptune.jobfile.schema import ParameterSection
from scriptune.jobfile.shape import check_shape
from scriptune.messages import Message

__all__ = ["Entry", "read_parameter", "read_parameters"]

_MAX_NAME_CHARS = 128
_MAX_PARAMETERS = 2000  # no sampler can search so many, and checks compare each with the others
_LOG_ADVISED = 1000.0  # three decades: on a linear scale, 99.9 % of such a range is its upper two
_RANGE_KEYS = ("min", "max", "log", "step", "default")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "float": _RANGE_KEYS,
    "int": _RANGE_KEYS,
    "categorical": ("values", "default", "ordered"),
    "bool": ("default",),
    "fixed": ("value",),
}
"""Kind of entry -> the keys that mean something in it, besides type, when, flag and style."""
_MEANT: Mapping[str, str] = {
    "float": "entry.float_keys",
    "int": "entry.int_keys",
    "categorical": "entry.choice_keys",
    "bool": "entry.bool_keys",
    "fixed": "entry.fixed_keys",
}

_EXPECTED = {"float": "expected.number", "int": "expected.integer", "bool": "expected.bool"}


@dataclass(frozen=True)
class Entry:
    """One parsed parameter, before conditions are resolved.

    Attributes:
        section: What the file says.
        domain: What to search; None when fixed or wrong.
        value: The fixed value; None when searched or wrong.
        document: The complete form without ``when``; empty when wrong.
    """

    section: ParameterSection
    domain: Parameter | None
    value: Scalar | None
    document: dict[str, Any]

    @property
    def style(self) -> Style:
        """How the value is passed to the program."""
        return Style(self.section.style or Style.EQUALS)


def read_parameters(raw: Mapping[str, Any], problems: Problems) -> dict[str, Entry]:
    """Parse all entries; invalid ones are included, without domain and value."""
    entries: dict[str, Entry] = {}
    if len(raw) > _MAX_PARAMETERS:
        problems.add(("parameters",), Message("job_file.too_many_entries", n=len(raw), most=_MAX_PARAMETERS))
        return entries
    for name, value in raw.items():
        _check_name(name, problems)
        entries[name] = read_parameter(value, ("parameters", name), problems)
    if entries and all(entry.value is not None for entry in entries.values()):
        problems.add(("parameters",), Message("entry.all_fixed"))
    return entries


def _check_name(name: str, problems: Problems) -> None:
    path: Path = ("parameters", name)
    if name.startswith("-") and name.strip("-"):
        problems.add(path, Message("entry.name_with_dash", name=name.lstrip("-")))
    elif not name.strip() or len(name) > _MAX_NAME_CHARS or not name.isprintable() or set(name) & set(" {}=,:\"'"):
        problems.add(
            path,
            Message("entry.bad_name", name=shown(name), most=_MAX_NAME_CHARS),
        )


def read_parameter(raw: object, path: Path, problems: Problems) -> Entry:
    """Parse one entry; adds errors with the path of the offending key."""
    section = check_shape(ParameterSection, {} if raw is None else raw, path, problems)
    if raw is not None and not isinstance(raw, Mapping):
        return Entry(section, None, None, {})
    given = {key for key in section.model_fields_set if getattr(section, key) is not None}
    kind = _kind(section, given)
    if kind is None:
        if problems.clean(*path):
            problems.add(path, Message("entry.says_nothing", example=ParameterSection.example))
        return Entry(section, None, None, {})
    for key in sorted(given - {"type", "when", "flag", "style"} - set(_KEYS[kind])):
        problems.add((*path, key), Message("entry.no_meaning", why=Message(_MEANT[kind])))
    if kind == "fixed":
        return _fixed(section, path, problems)
    build = {"float": _range, "int": _range, "categorical": _choice, "bool": _choice}[kind]
    domain = build(section, kind, path, problems)
    domain = _with_default(domain, section, path, problems)
    document = {} if domain is None else {"type": kind, **_domain_document(domain), **_passing(section)}
    return Entry(section, domain, None, document)


def _kind(section: ParameterSection, given: set[str]) -> str | None:
    if "value" in given:
        return "fixed"
    if section.type:
        return section.type
    if "values" in given:
        return "categorical"
    if not given & {"min", "max"}:
        return None
    numbers = [getattr(section, key) for key in ("min", "max", "step", "default") if key in given]
    return "int" if all(isinstance(number, int) for number in numbers) else "float"


def _range(section: ParameterSection, kind: str, path: Path, problems: Problems) -> Parameter | None:
    for key in ("min", "max"):
        if getattr(section, key) is None and problems.clean(*path, key) and section.values is None:
            problems.add((*path, key), Message("entry.no_bound", kind=kind))
    if section.min is None or section.max is None or not problems.clean(*path, "step"):
        return None
    domain: Float | Int
    try:
        if kind == "int":
            step = 1 if section.step is None else section.step
            domain = Int(section.min, section.max, log=section.log or False, step=step)  # type: ignore[arg-type]  # Int refuses fractions
        else:
            domain = Float(section.min, section.max, log=section.log or False, step=section.step)  # type: ignore[arg-type]  # checked
    except SpaceError as err:
        problems.add(path, err.message)
        return None
    if section.step is not None and section.step > domain.high - domain.low > 0:
        problems.add(
            (*path, "step"),
            Message("entry.step_too_large", step=section.step, low=domain.low, most=domain.high - domain.low),
        )
        return None
    _warn_about_range(domain, section, path, problems)
    return domain


def _warn_about_range(domain: Float | Int, section: ParameterSection, path: Path, problems: Problems) -> None:
    if domain.low == domain.high:
        problems.warn(path, Message("entry.single_value", value=domain.low))
        return
    if not domain.log and domain.low > 0 and domain.high / domain.low >= _LOG_ADVISED:
        problems.warn(
            path,
            Message("entry.wide_range", low=domain.low, high=domain.high),
        )
    if isinstance(domain, Int) and section.type is None and (domain.low, domain.high) == (0, 1):
        problems.warn(
            path,
            Message("entry.zero_and_one"),
        )
    n_values = domain.n_values
    if section.step is not None and n_values is not None and domain.nth(n_values - 1) != domain.high:
        problems.warn(
            (*path, "step"),
            Message("entry.step_misses_max", step=section.step, high=domain.high, largest=domain.nth(n_values - 1)),
        )


def _choice(section: ParameterSection, kind: str, path: Path, problems: Problems) -> Parameter | None:
    if kind == "bool":
        return Bool()
    if section.values is None:
        if problems.clean(*path, "values"):
            problems.add((*path, "values"), Message("entry.no_choices"))
        return None
    try:
        domain = Categorical(section.values, ordered=bool(section.ordered))
    except SpaceError as err:
        problems.add((*path, "values"), err.message)
        return None
    if domain.n_values == 1:
        problems.warn((*path, "values"), Message("entry.one_choice", value=domain.choices[0]))
    return domain


def _with_default(
    domain: Parameter | None, section: ParameterSection, path: Path, problems: Problems
) -> Parameter | None:
    if domain is None or section.default is None:
        return domain
    try:
        default: Any = domain.coerce(section.default)
    except SpaceError as err:
        problems.add((*path, "default"), err.message)
        return None
    return replace(domain, default=default)


def _domain_document(domain: Parameter) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if isinstance(domain, Categorical):
        if not isinstance(domain, Bool):
            document["values"] = list(domain.choices)
            if domain.ordered:
                document["ordered"] = True
    else:
        document |= {"min": domain.low, "max": domain.high}
        if domain.log:
            document["log"] = domain.log
        if domain.step is not None and (isinstance(domain, Float) or domain.step != 1):
            document["step"] = domain.step
    if domain.default is not None:
        document["default"] = domain.default
    return document


def _passing(section: ParameterSection) -> dict[str, Any]:
    document = {}
    if section.flag is not None:
        document["flag"] = section.flag
    if section.style not in (None, "equals"):
        document["style"] = section.style
    return document


def _fixed(section: ParameterSection, path: Path, problems: Problems) -> Entry:
    value = section.value
    assert value is not None
    kind = section.type or _kind_of(value)
    typed: Scalar | None = value
    if kind == "float":
        typed = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    elif kind == "int":
        whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)
        typed = int(value) if whole else None
    elif kind == "bool":
        typed = value if isinstance(value, bool) else None
    if typed is None:
        expected = Message(_EXPECTED[kind])
        problems.add((*path, "value"), Message("entry.wrong_type", value=shown(value), expected=expected, kind=kind))
        return Entry(section, None, None, {})
    document = {"type": _kind_of(typed), "value": typed, **_passing(section)}
    return Entry(section, None, typed, document)


def _kind_of(value: Scalar) -> str:
    """The type of a fixed value; strings count as a choice of one."""
    return {bool: "bool", int: "int", float: "float", str: "categorical"}[type(value)]
