"""Convert a complete document to a `JobSpec`, for new and stored jobs alike.

The keys of a section are the fields of its class in `core.job`; fields in seconds have ``_s`` behind the key, those in
bytes ``_bytes``. What is in a complete document was checked before, by `checked_job`. So neither files nor programs are
looked for, a job can be shown after its training script was moved, and showing a job imports nothing that checks
job files: pydantic alone takes longer than all else that ``scriptune best`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from scriptune.core.conditions import settle_conditions
from scriptune.core.job import (
    ExecutorSpec,
    JobSpec,
    MetricSpec,
    Objective,
    OnCut,
    ParameterSpec,
    RunSpec,
    SearchSpec,
    Start,
    StoppingSpec,
    Style,
)
from scriptune.core.parameters import Bool, Categorical, Float, Int, Parameter, Scalar
from scriptune.core.space import SearchSpace
from scriptune.errors import JobFileError
from scriptune.messages import Message

__all__ = ["document_key", "executor_spec", "job_spec"]

_Section = TypeVar("_Section")

_FIXED_TYPES = {"float": float, "int": int}  # JSON of some databases writes 1e22 as an integer


def job_spec(document: Mapping[str, Any]) -> JobSpec:
    """Convert a complete document to a `JobSpec`.

    Raises:
        JobFileError: It is not a complete job document.
    """
    try:
        return _job(document)
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise JobFileError([Message("job_file.bad_stored_job", kind=type(err).__name__, why=err)]) from err


def document_key(field: str) -> str:
    """The document key of a dataclass field."""
    return field.removesuffix("_s").removesuffix("_bytes").removesuffix("_")  # `from` is a word of Python


def _job(document: Mapping[str, Any]) -> JobSpec:
    parameters = _parameters(document["parameters"])
    command = document["command"]
    spec = JobSpec(
        name=document["name"],
        command=(command,) if document["shell"] else tuple(command),
        shell=document["shell"],
        workdir=Path(document["workdir"]),
        parameters=parameters,
        metrics={name: _section(MetricSpec, metric) for name, metric in document["metrics"].items()},
        objective=_section(Objective, document["objective"]),
        search=_section(SearchSpec, {**document["search"], "start_with": ()}),
        run=_section(RunSpec, {**document["run"], "executor": executor_spec(document["run"].get("executor", "local"))}),
        stopping=_stopping(document["stopping"]),
        files={name: Path(path) for name, path in document["files"].items()},
        constraints=tuple(document.get("constraints", ())),
        never_used=tuple(name for name in document["parameters"] if name not in parameters),
    )
    items = document["search"]["start_with"]
    return replace(spec, search=replace(spec.search, start_with=_starts(items, spec.space))) if items else spec


def _section(kind: Callable[..., _Section], section: Mapping[str, Any]) -> _Section:
    """Build the dataclass of a section; keys missing in older versions get the field's default."""
    return kind(**{field: _typed(section[key], hint) for field, key, hint in _fields(kind) if key in section})


@cache
def _fields(kind: Callable[..., Any]) -> tuple[tuple[str, str, Any], ...]:
    """The name, document key and type of each field; cached, since finding the types was most of the work."""
    return tuple((field, document_key(field), hint) for field, hint in get_type_hints(kind).items())


def executor_spec(value: str | Mapping[str, Mapping[str, Any]]) -> ExecutorSpec:
    """Convert the value of ``run.executor``: a name, or a mapping of it to its options."""
    if isinstance(value, str):
        return ExecutorSpec(value)
    ((name, options),) = value.items()
    return ExecutorSpec(name, dict(options))


def _stopping(section: Mapping[str, Any]) -> StoppingSpec:
    """The keys of the section that every rule has, and the options of its rule."""
    of_all = {field.name for field in fields(StoppingSpec)} - {"options"}
    known = {key: value for key, value in section.items() if key in of_all}
    options = {key: value for key, value in section.items() if key not in of_all}
    if "on_cut" in known:
        known["on_cut"] = OnCut(known["on_cut"])
    return StoppingSpec(**known, options=options)


def _typed(value: Any, hint: Any) -> Any:
    """Convert a JSON value to the field's type: 1800 becomes 1800.0 for floats, lists become tuples."""
    if value is None:
        return None
    if get_origin(hint) is tuple:
        return tuple(value)
    for kind in get_args(hint) or (hint,):  # `float | None` has two
        if kind is float or (isinstance(kind, type) and issubclass(kind, StrEnum)):
            return kind(value)
    return dict(value) if isinstance(value, Mapping) else value


def _starts(items: list[Mapping[str, Any]], space: SearchSpace) -> tuple[Start, ...]:
    return tuple(
        Start(space.validate(item["params"]), None if item.get("value") is None else float(item["value"]))
        for item in items
    )


def _parameters(entries: Mapping[str, Any]) -> dict[str, ParameterSpec]:
    conditions = {
        name: {parent: values if isinstance(values, list) else [values] for parent, values in entry["when"].items()}
        for name, entry in entries.items()
        if "when" in entry
    }
    parameters, _ = settle_conditions({name: _parameter(entry) for name, entry in entries.items()}, conditions)
    return parameters


def _parameter(entry: Mapping[str, Any]) -> ParameterSpec:
    passing: dict[str, Any] = {"flag": entry.get("flag"), "style": Style(entry.get("style", Style.EQUALS))}
    if "value" not in entry:
        return ParameterSpec(domain=_domain(entry), **passing)
    value: Scalar = entry["value"]
    convert = _FIXED_TYPES.get(entry["type"])
    return ParameterSpec(value=convert(value) if convert else value, **passing)


def _domain(entry: Mapping[str, Any]) -> Parameter:
    default = entry.get("default")
    match entry["type"]:
        case "float":
            low, high, log, step = _range(entry)
            return Float(low, high, log=log, step=step, default=default)
        case "int":
            low, high, log, step = _range(entry)
            return Int(low, high, log=log, step=1 if step is None else step, default=default)
        case "bool":
            return Bool(default=default)
    return Categorical(entry["values"], default=default, ordered=entry.get("ordered", False))


def _range(entry: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Bounds, scale and step of a range; integers or floats by the entry's type."""
    return entry["min"], entry["max"], entry.get("log", False), entry.get("step")
