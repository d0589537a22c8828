"""Experiments of Determined AI.

Source: Determined 0.38, the reference of experiment configurations.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from scriptune.jobfile.importers.draft import Draft, as_number, as_whole, number_text
from scriptune.messages import Message

__all__ = ["import_experiment", "is_experiment"]

_SAMPLERS = {"random": "random", "grid": "grid", "adaptiveasha": "auto", "asynchalving": "auto"}
_TRIALS = 20


def is_experiment(data: Mapping[str, Any]) -> bool:
    """Whether a document is an experiment of Determined."""
    return isinstance(data.get("searcher"), Mapping) and isinstance(data.get("hyperparameters"), Mapping)


def import_experiment(data: Mapping[str, Any]) -> Draft:
    """Turn an experiment into a job file."""
    draft = Draft()
    if data.get("name"):
        draft.document["name"] = str(data["name"])
    entry = data.get("entrypoint")
    if isinstance(entry, list):
        draft.document["command"] = [str(word) for word in entry]
    elif entry and ":" not in str(entry).split()[0]:
        draft.document["command"] = shlex.split(str(entry))
    else:
        draft.no_command("entrypoint", Message("import.no_program"))
    if "command" in draft.document and draft.document["command"] != ["./train"]:
        draft.taken("entrypoint", Message("import.command"))
        draft.impossible("entrypoint", Message("import.pulled_params"))
    _parameters(draft, data["hyperparameters"], "hyperparameters", "")
    _searcher(draft, data["searcher"])
    resources = data.get("resources")
    gpus = as_whole(resources.get("slots_per_trial")) if isinstance(resources, Mapping) else None
    if gpus:
        draft.section("run")["gpus"] = gpus
        draft.taken("resources.slots_per_trial", Message("import.gpus", n=gpus))
    retries = as_whole(data.get("max_restarts"))
    if retries:
        draft.section("run")["retries"] = retries
        draft.taken("max_restarts", Message("import.retries", n=retries))
    environment = data.get("environment")
    variables = environment.get("environment_variables") if isinstance(environment, Mapping) else None
    for pair in variables if isinstance(variables, list) else []:
        name, _, value = str(pair).partition("=")
        draft.section("run").setdefault("env", {})[name] = value
    known = ("name", "entrypoint", "hyperparameters", "searcher", "resources", "max_restarts", "environment")
    draft.left_out("", data, known)
    return draft


def _parameters(draft: Draft, space: Mapping[str, Any], place: str, prefix: str) -> None:
    for key, entry in space.items():
        name, here = f"{prefix}{key}", f"{place}.{key}"
        if not isinstance(entry, Mapping):
            if entry is not None:
                draft.add_fixed(name, entry, here)
        elif "type" not in entry:
            _parameters(draft, entry, here, f"{name}.")
        else:
            _dimension(draft, name, entry, here)


def _dimension(draft: Draft, name: str, entry: Mapping[str, Any], place: str) -> None:
    kind = str(entry["type"])
    low, high = as_number(entry.get("minval")), as_number(entry.get("maxval"))
    if kind == "const":
        draft.add_fixed(name, entry.get("val"), place)
    elif kind == "categorical":
        values = entry.get("vals")
        draft.add_choice(name, values if isinstance(values, list) else [], place)
    elif kind == "log" and low is not None and high is not None:
        base = as_number(entry.get("base", 10)) or 10
        if max(abs(low), abs(high)) > 300 or base <= 1:
            draft.impossible(place, Message("import.bad_range", name=name, low=low, high=high))
            return
        first, last = number_text(float(base) ** low), number_text(float(base) ** high)
        note = Message("import.exponents_of", name=name, base=base, low=low, high=high, first=first, last=last)
        draft.add_range(name, first, last, place, log=True, note=note)
    elif kind in ("int", "double"):
        count = as_whole(entry.get("count"))
        step = None
        if count is not None and count > 1 and low is not None and high is not None:
            step = (high - low) / (count - 1)
        whole = kind == "int" and (step is None or float(step).is_integer())
        draft.add_range(name, low, high, place, whole=whole, step=step)
    else:
        draft.impossible(place, Message("import.unknown_kind", name=name, kind=kind))


def _searcher(draft: Draft, searcher: Mapping[str, Any]) -> None:
    word = str(searcher.get("name", "random"))
    draft.set_sampler(word, _SAMPLERS, "searcher.name")
    if word in ("adaptive_asha", "async_halving"):
        draft.section("stopping")["rule"] = "asha"
        draft.approximated("searcher.name", Message("import.hyperband"))
    metric = str(searcher.get("metric", "loss"))
    goal = "minimize" if searcher.get("smaller_is_better", True) else "maximize"
    draft.set_goal(metric, goal, "searcher.metric")
    draft.guess_metric(metric, "searcher.metric")
    trials = as_whole(searcher.get("max_trials"))
    if trials:
        draft.taken("searcher.max_trials", Message("import.budget", trials=trials))
    else:
        draft.approximated("searcher.max_trials", Message("import.no_budget", trials=_TRIALS))
    draft.section("search")["trials"] = trials or _TRIALS
    draft.section("run")["parallel"] = as_whole(searcher.get("max_concurrent_trials")) or 1
    known = (
        "name",
        "metric",
        "smaller_is_better",
        "max_trials",
        "max_concurrent_trials",
        "divisor",
        "max_rungs",
        "mode",
    )
    draft.left_out("searcher", searcher, known)
