"""Operations of a Guild file (``guild.yml``).

Source: Guild AI 0.9, the reference of Guild files and ``guild/flag_util.py`` for the forms of values.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from scriptune.jobfile.importers.draft import Draft, as_mapping, as_number, as_whole, number_text, printed_value
from scriptune.messages import Message

__all__ = ["import_guild_file", "is_guild_file"]

_SAMPLERS = {"random": "random", "gp": "bayes", "forest": "smac", "gbrt": "auto", "bayesian": "bayes", "tpe": "tpe"}
_SEARCH = re.compile(r"(?P<law>uniform|loguniform|range|linspace|logspace|)\[(?P<inside>[^\[\]]*:[^\[\]]*)\]")
_BOOLS = {"yes": True, "no": False, "on": True, "off": False, "true": True, "false": False}
_TRIALS = 20
_KEY = r"[^ \t:]+"
_VALUE = r"[0-9.eE+\-]+"
_STEP = r"[0-9]+"


def is_guild_file(data: Any) -> bool:
    """Whether a document is a Guild file: operations by name, or a list of models."""
    return bool(_operations(data))


def import_guild_file(data: Any, operation: str = "") -> Draft:
    """Turn one operation into a job file.

    Args:
        data: The document.
        operation: Its name, or ``model:name``; "": the first one with flags.

    Raises:
        KeyError: There is no such operation; the argument names those that are there.
    """
    operations = _operations(data)
    if operation:
        by_name = {**{name.rpartition(":")[2]: name for name in reversed(operations)}, **{n: n for n in operations}}
        if operation not in by_name:
            raise KeyError(sorted(operations))
        name = by_name[operation]
    else:
        runnable = {n: o for n, o in operations.items() if "steps" not in o}
        name = next((n for n, o in runnable.items() if as_mapping(o.get("flags"))), next(iter(runnable or operations)))
    found = operations[name]
    draft = Draft()
    draft.document["name"] = name.rpartition(":")[2]
    draft.taken(name, Message("import.operation", name=name))
    for other in operations:
        if other != name:
            draft.impossible(other, Message("import.other_operation", name=other))
    dest = str(found.get("flags-dest", "args"))
    flags = _flags(draft, found, name, data)
    _command(draft, found, name, dest, flags)
    _metrics(draft, found, name)
    _budget(draft, found, name)
    _environment(draft, found, name)
    known = (
        *("main", "exec", "flags", "flags-dest", "flags-import", "description", "output-scalars", "objective"),
        *("default-max-trials", "optimizer", "optimizers", "env", "name", "compare", "label", "tags", "steps"),
    )
    draft.left_out(name, found, known)
    return draft


def _operations(data: Any) -> dict[str, Mapping[str, Any]]:
    """The operations by ``model:name``, or by name where the file has no models."""
    if isinstance(data, Mapping):
        entries = {str(key): value for key, value in data.items()}
        is_file = entries and all(isinstance(v, Mapping) for v in entries.values())
        known = {"main", "exec", "notebook", "flags", "flags-import", "steps", "flags-dest", "output-scalars"}
        if is_file and any(known & value.keys() for value in entries.values()):
            return {name: value for name, value in entries.items() if not name.startswith("_")}
        return {}
    if not isinstance(data, list):
        return {}
    configs = {
        str(entry.get("config") or entry.get("model")): entry
        for entry in data
        if isinstance(entry, Mapping) and ("config" in entry or "model" in entry)
    }
    found: dict[str, Mapping[str, Any]] = {}
    for entry in data:
        if not isinstance(entry, Mapping) or "config" in entry:
            continue
        bases = entry.get("extends", [])
        merged: Mapping[str, Any] = {}
        for base in [bases] if isinstance(bases, str) else bases:
            merged = _merge(merged, configs.get(str(base), {}))
        merged = _merge(merged, entry)
        params = as_mapping(merged.get("params"))
        model = str(entry.get("model") or "")
        for name, operation in as_mapping(merged.get("operations")).items():
            if isinstance(operation, Mapping):
                found[f"{model}:{name}" if model else str(name)] = _resolved(operation, params)
    return found


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Mapping[str, Any]:
    """Two mappings as one. A flag's default alone keeps what the base says of the flag."""
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(known, value)
        elif isinstance(known, Mapping) and "default" in known:
            merged[key] = {**known, "default": value}
        else:
            merged[key] = value
    return merged


def _resolved(value: Any, params: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return re.sub(r"\{\{(\w+)\}\}", lambda match: str(params.get(match[1], match[0])), value)
    if isinstance(value, Mapping):
        return {key: _resolved(inner, params) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, params) for inner in value]
    return value


def _flags(draft: Draft, operation: Mapping[str, Any], place: str, data: Any) -> dict[str, str]:
    """Add the flags as parameters; returns their names here."""
    flags = dict(as_mapping(operation.get("flags")))
    include = flags.pop("$include", None)
    shared = data if isinstance(data, list) else []
    for entry in shared:
        if isinstance(entry, Mapping) and include is not None and entry.get("config") == include:
            flags = {**as_mapping(entry.get("flags")), **flags}
    names: dict[str, str] = {}
    for name, entry in flags.items():
        here = f"{place}.flags.{name}"
        spec = entry if isinstance(entry, Mapping) else {"default": entry}
        if spec.get("arg-skip") in (True, "yes"):
            draft.impossible(here, Message("import.skipped_flag", name=name))
            continue
        own = _flag(draft, str(name), spec, here)
        if own is not None:
            names[str(name)] = own
    imported = operation.get("flags-import")
    if imported not in (None, "no", "off", False, []) and not flags:
        draft.impossible(f"{place}.flags-import", Message("import.flags_in_program"))
    return names


def _flag(draft: Draft, name: str, spec: Mapping[str, Any], place: str) -> str | None:
    passing: dict[str, Any] = {"style": "space"}
    if spec.get("arg-name"):
        passing["flag"] = f"--{spec['arg-name']}"
    if spec.get("arg-switch") is not None:
        passing["style"] = "switch"
    if spec.get("env-name"):
        passing |= {"style": "env", "flag": str(spec["env-name"])}
    default = _scalar(spec.get("default"))
    kind = str(spec.get("type", ""))
    if passing["style"] == "switch" or kind == "boolean":
        return draft.add_parameter(
            name, {"type": "bool", **({"default": default} if isinstance(default, bool) else {})}, place, **passing
        )
    choices = spec.get("choices")
    if isinstance(choices, list) and choices:
        values = [_scalar(c.get("value") if isinstance(c, Mapping) else c) for c in choices]
        return draft.add_choice(name, values, place, default=default, **passing)
    if spec.get("min") is not None and spec.get("max") is not None:
        log = "log" in str(spec.get("distribution", ""))
        ends = as_number(spec["min"]), as_number(spec["max"])
        whole = kind == "int" or (kind != "float" and all(isinstance(e, int) for e in (*ends, as_number(default))))
        return draft.add_range(name, spec["min"], spec["max"], place, whole=whole, log=log, default=default, **passing)
    if isinstance(spec.get("default"), list):
        return draft.add_choice(name, [_scalar(value) for value in spec["default"]], place, **passing)
    if isinstance(default, str) and (found := _SEARCH.fullmatch(default.strip())) is not None:
        return _search(draft, name, found["law"], found["inside"], place, passing)
    if default is None:
        draft.impossible(place, Message("import.no_range", name=name))
        return None
    own = draft.add_parameter(name, {"value": default}, place, **passing)
    draft.unranged[own] = default
    draft.approximated(place, Message("import.default_only", name=name, value=default))
    return own


def _search(draft: Draft, name: str, law: str, inside: str, place: str, passing: Mapping[str, Any]) -> str | None:
    parts = [as_number(part) for part in inside.split(":")]
    if len(parts) < 2 or parts[0] is None or parts[1] is None:
        draft.impossible(place, Message("import.bad_range", name=name, low=inside, high=""))
        return None
    low, high = parts[0], parts[1]
    third = parts[2] if len(parts) > 2 else None
    if law == "range":
        step = third or 1
        n = int((high - low) / step + 1e-9) + 1
        if n < 1 or n > 10_000:
            draft.impossible(place, Message("import.bad_range", name=name, low=low, high=high))
            return None
        return draft.add_choice(name, [_clean(low + i * step) for i in range(n)], place, **passing)
    if law in ("linspace", "logspace"):
        n = int(third or 5)
        if not 2 <= n <= 10_000:
            draft.impossible(place, Message("import.bad_range", name=name, low=low, high=high))
            return None
        points = [low + i * (high - low) / (n - 1) for i in range(n)]
        values = [number_text(10.0**point) for point in points] if law == "logspace" else [_clean(p) for p in points]
        return draft.add_choice(name, values, place, **passing)
    whole = isinstance(low, int) and isinstance(high, int) and not law
    return draft.add_range(name, low, high, place, whole=whole, log=law == "loguniform", default=third, **passing)


def _clean(value: float) -> float:
    return value if isinstance(value, int) else number_text(value)


def _scalar(value: Any) -> Any:
    """A value as Guild reads it: its files are YAML 1.1, where ``yes`` and ``no`` are booleans."""
    return _BOOLS.get(value, value) if isinstance(value, str) else value


def _command(draft: Draft, operation: Mapping[str, Any], name: str, dest: str, flags: Mapping[str, str]) -> None:
    if operation.get("steps"):
        draft.no_command(f"{name}.steps", Message("import.pipeline"))
        return
    text = operation.get("exec")
    if text:
        _exec(draft, str(text), f"{name}.exec", flags)
        return
    if operation.get("notebook"):
        draft.no_command(f"{name}.notebook", Message("import.notebook", file=str(operation["notebook"])))
        return
    main = str(operation.get("main") or name.rpartition(":")[2])
    module, *arguments = shlex.split(main) or [name]
    file = [f"{module.replace('.', '/')}.py"] if "/" not in module else [f"{module}.py"]
    draft.document["command"] = ["python", *file, *_with_flags(arguments, flags)]
    draft.taken(f"{name}.main", Message("import.command"))
    if dest not in ("args", "") and not dest.startswith("args"):
        draft.impossible(f"{name}.flags-dest", Message("import.flags_not_arguments", dest=dest))


def _exec(draft: Draft, text: str, place: str, flags: Mapping[str, str]) -> None:
    words = [word for word in shlex.split(text) if word != "${flag_args}"]
    placed = {match for word in words for match in re.findall(r"\$\{([^}]+)\}", word)}
    draft.document["command"] = _with_flags(words, flags)
    for flag, own in flags.items():
        if flag in placed:
            for key in ("style", "flag"):
                if draft.document["parameters"][own].get("style") != "env":
                    draft.document["parameters"][own].pop(key, None)
    draft.taken(place, Message("import.command"))


def _with_flags(words: Sequence[str], flags: Mapping[str, str]) -> list[str]:
    def own(match: re.Match[str]) -> str:
        return f"{{{flags[match[1]]}}}" if match[1] in flags else match[0]

    return [re.sub(r"\$\{([^}]+)\}", own, word) for word in words]


def _metrics(draft: Draft, operation: Mapping[str, Any], place: str) -> None:
    objective = operation.get("objective")
    metric, goal = "loss", "minimize"
    if isinstance(objective, Mapping) and objective:
        word, metric = next(iter(objective.items()))
        goal = str(word)
    elif isinstance(objective, str) and objective:
        goal = "maximize" if objective.startswith("-") else "minimize"
        metric = objective.lstrip("-")
    else:
        draft.approximated(f"{place}.objective", Message("import.no_objective"))
    metric = str(metric).rpartition("#")[2]
    draft.set_goal(metric, goal, f"{place}.objective")
    here = f"{place}.output-scalars"
    scalars = operation.get("output-scalars")
    if scalars in (False, "no", "off"):
        draft.impossible(here, Message("import.event_files"))
    step, found = "", {}
    for name, pattern in _patterns(scalars):
        if name == "step":
            step = pattern
        elif name and (name not in found):
            found[name] = pattern
    if step:
        draft.impossible(here, Message("import.step_on_other_line"))
    for name, pattern in found.items():
        draft.document["metrics"][name] = {"regex": pattern}
        draft.taken(here, Message("import.metric", name=name))
    if metric not in draft.document["metrics"]:
        if scalars in (None, "", [], {}) and "#" not in str(metric):
            draft.document["metrics"][metric] = {"regex": printed_value(metric)}
            draft.taken(here, Message("import.metric", name=metric))  # Guild's own way: `key: value`
        else:
            draft.guess_metric(metric, here)


def _patterns(scalars: Any) -> list[tuple[str, str]]:
    """Metric names with their regexes; each named group of a pattern is a metric."""
    if isinstance(scalars, Mapping):
        return [(str(name), _expanded(str(pattern))) for name, pattern in scalars.items()]
    items = scalars if isinstance(scalars, list) else [scalars] if isinstance(scalars, str) else []
    found: list[tuple[str, str]] = []
    for item in items:
        if isinstance(item, Mapping):
            found += [(str(name), _expanded(str(pattern))) for name, pattern in item.items()]
            continue
        pattern = _expanded(str(item))
        for name in re.findall(r"\(\?P<(\w+)>", pattern):
            if name not in ("step", "_key", "_val"):
                found.append((name, _only_group(pattern, name)))
    return found


def _expanded(pattern: str) -> str:
    return pattern.replace(r"\key", _KEY).replace(r"\value", _VALUE).replace(r"\step", _STEP)


def _only_group(pattern: str, name: str) -> str:
    """A pattern whose group ``value`` is one of its named groups; a group ``step`` stays, the others only match."""

    def renamed(match: re.Match[str]) -> str:
        if match[1] == name:
            return "(?P<value>"
        return match[0] if match[1] == "step" else "(?:"

    return re.sub(r"\(\?P<(\w+)>", renamed, pattern)


def _budget(draft: Draft, operation: Mapping[str, Any], place: str) -> None:
    trials = as_whole(operation.get("default-max-trials"))
    if trials is None:
        draft.approximated(f"{place}.default-max-trials", Message("import.no_budget", trials=_TRIALS))
        trials = _TRIALS
    draft.section("search")["trials"] = trials
    optimizers = operation.get("optimizers") or operation.get("optimizer")
    if isinstance(optimizers, Mapping) and optimizers:
        word = next(
            (str(n) for n, o in optimizers.items() if isinstance(o, Mapping) and o.get("default") in (True, "yes")),
            str(next(iter(optimizers))),
        )
        draft.set_sampler(word, _SAMPLERS, f"{place}.optimizers")
    elif isinstance(optimizers, str):
        draft.set_sampler(optimizers, _SAMPLERS, f"{place}.optimizer")


def _environment(draft: Draft, operation: Mapping[str, Any], place: str) -> None:
    environment = as_mapping(operation.get("env"))
    if environment:
        draft.section("run")["env"] = {str(key): str(value) for key, value in environment.items()}
        draft.taken(f"{place}.env", Message("import.environment", n=len(environment)))
