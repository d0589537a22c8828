"""The complete document of a stored job -> `JobSpec`.

A document in the database was checked when it was stored (by `jobfile`) and has every key. So neither files nor
programs are looked for, a job can be shown after its training script was moved, and looking at a job costs no
import of what checks job files: pydantic alone takes longer than all else that ``scriptune best`` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scriptune.core.conditions import settle_conditions
from scriptune.core.job import (
    Goal,
    JobSpec,
    MetricSpec,
    Objective,
    OnTimeout,
    ParameterSpec,
    Reduction,
    RunSpec,
    SearchSpec,
    Start,
    Style,
)
from scriptune.core.parameters import Bool, Categorical, Float, Int, Parameter, Scalar
from scriptune.core.space import SearchSpace
from scriptune.errors import JobFileError

__all__ = ["load_stored"]

_FIXED_TYPES = {"float": float, "int": int}  # JSON of some databases writes 1e22 as a whole number


def load_stored(document: Mapping[str, Any]) -> JobSpec:
    """Type a complete document from the database.

    Raises:
        JobFileError: It is no complete document of ours.
    """
    try:
        return _job(document)
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise JobFileError(
            [f"stored job: it cannot be understood ({type(err).__name__}: {err}); was it changed by hand?"]
        ) from err


def _job(document: Mapping[str, Any]) -> JobSpec:
    parameters = _parameters(document["parameters"])
    command = document["command"]
    return JobSpec(
        name=document["name"],
        command=(command,) if document["shell"] else tuple(command),
        shell=document["shell"],
        workdir=Path(document["workdir"]),
        parameters=parameters,
        metrics={name: MetricSpec(metric["regex"], metric.get("unit")) for name, metric in document["metrics"].items()},
        objective=_objective(document["objective"]),
        search=_search(document["search"], parameters),
        run=_run(document["run"]),
        files={name: Path(path) for name, path in document["files"].items()},
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
    return Categorical(entry["values"], default=default)


def _range(entry: Mapping[str, Any]) -> tuple[Any, Any, bool, Any]:
    """Bounds, scale and step; whole numbers or not, as the entry's type says."""
    return entry["min"], entry["max"], entry.get("log", False), entry.get("step")


def _objective(section: Mapping[str, Any]) -> Objective:
    return Objective(
        metric=section["metric"],
        goal=Goal(section["goal"]),
        reduction=Reduction(section["reduce"]),
        last_k=section.get("last_k", Objective.last_k),
        target=_float_or_none(section["target"]),
    )


def _search(section: Mapping[str, Any], parameters: Mapping[str, ParameterSpec]) -> SearchSpec:
    space = SearchSpace({name: spec.domain for name, spec in parameters.items() if spec.domain is not None})
    return SearchSpec(
        sampler=section["sampler"],
        trials=section["trials"],
        seed=section["seed"],
        options=dict(section["options"]),
        start_with=tuple(
            Start(space.validate(start["params"]), _float_or_none(start.get("value")))
            for start in section["start_with"]
        ),
        allow_duplicates=section["allow_duplicates"],
    )


def _run(section: Mapping[str, Any]) -> RunSpec:
    return RunSpec(
        parallel=section["parallel"],
        trial_timeout_s=_float_or_none(section["trial_timeout"]),
        job_timeout_s=_float_or_none(section["job_timeout"]),
        idle_timeout_s=_float_or_none(section["idle_timeout"]),
        grace_s=float(section["grace"]),
        retries=section["retries"],
        max_failed=section["max_failed"],
        env=dict(section["env"]),
        cpus=section["cpus"],
        gpus=float(section["gpus"]),
        gpu_ids=tuple(section["gpu_ids"]),
        executor=section["executor"],
        on_timeout=OnTimeout(section.get("on_timeout", OnTimeout.FAIL)),  # absent in jobs of version 0.1
    )


def _float_or_none(number: float | None) -> float | None:
    """A number that may be absent; JSON writes 1800.0 as 1800."""
    return None if number is None else float(number)
