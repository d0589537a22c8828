"""Sweeps of Weights & Biases (YAML, or the same as JSON).

Source: wandb 0.28, the JSON schema of sweep configurations and ``wandb/wandb_agent.py`` for the command's macros.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from scriptune.jobfile.importers.draft import Draft, as_mapping, as_number, as_whole, number_text
from scriptune.messages import Message

__all__ = ["import_sweep", "is_sweep"]

_SAMPLERS = {"bayes": "bayes", "random": "random", "grid": "grid"}
_MACROS = {
    "${args}": "equals",
    "${args_no_equals}": "space",
    "${args_no_hyphens}": "hydra",
    "${args_append_hydra}": "hydra",
    "${args_override_hydra}": "hydra",
    "${args_no_boolean_flags}": "equals",
}
_DEFAULT_COMMAND = ["${env}", "${interpreter}", "${program}", "${args}"]
_LOG_E = {"log_uniform", "q_log_uniform"}  # ends are exponents of e
_LOG = {"log_uniform_values", "q_log_uniform_values"}
_REVERSE_LOG = {"inv_log_uniform", "inv_log_uniform_values"}
_NORMAL = {"normal", "q_normal", "log_normal", "q_log_normal"}
_SPREADS = 3.0  # a range of three standard deviations to each side has 99.7 % of a normal distribution
_TRIALS = 20  # a sweep without run_cap runs until it is stopped


def is_sweep(data: Mapping[str, Any]) -> bool:
    """Whether a document is a sweep."""
    parameters = data.get("parameters")
    return (
        isinstance(parameters, Mapping)
        and ("method" in data or "scheduler" in data)
        and ("program" in data or "command" in data or "job" in data or "metric" in data)
    )


def import_sweep(data: Mapping[str, Any]) -> Draft:
    """Turn a sweep into a job file."""
    draft = Draft()
    if data.get("name"):
        draft.document["name"] = str(data["name"])
        draft.taken("name", Message("import.name"))
    style, is_appended = _command(draft, data)
    names = _parameters(draft, as_mapping(data.get("parameters")), "parameters", "", style)
    if is_appended:
        draft.document["command"] = _with_arguments(draft.document["command"], names, style)
    _method(draft, data)
    _metric(draft, data)
    _stopping(draft, data)
    trials = as_whole(data.get("run_cap"))
    if trials is None:
        trials = _TRIALS
        draft.approximated("run_cap", Message("import.no_budget", trials=trials))
    else:
        draft.taken("run_cap", Message("import.budget", trials=trials))
    draft.section("search")["trials"] = trials
    known = ("name", "program", "command", "method", "metric", "metrics", "parameters", "early_terminate", "run_cap")
    draft.left_out("", data, (*known, "$schema"))
    return draft


def _command(draft: Draft, data: Mapping[str, Any]) -> tuple[str, bool]:
    """Set the command; returns the style of arguments, and whether they stand in its middle."""
    program = str(data.get("program", ""))
    words = [str(word) for word in data.get("command") or (_DEFAULT_COMMAND if program else [])]
    if isinstance(data.get("command"), str):
        words = str(data["command"]).split()
    if not words:
        draft.no_command("job" if "job" in data else "program", Message("import.job_elsewhere"))
        return "equals", False
    command: list[str] = []
    style = ""
    is_appended = False
    for word in words:
        if word == "${env}":
            continue
        if word == "${interpreter}":
            command.append("python")
        elif word in _MACROS:
            style = _MACROS[word]
            is_appended = word is not words[-1]
            command.append(word)
            if word == "${args_no_boolean_flags}":
                draft.approximated("command", Message("import.boolean_flags"))
        elif word.startswith(("${args_json", "${args_json_file")):
            draft.impossible("command", Message("import.json_arguments", macro=word))
        elif word.startswith("${envvar:"):
            draft.impossible("command", Message("import.variable_in_command", macro=word))
            command.append(word)
        else:
            command.append(word.replace("${program}", program))
    if not style:
        # The agent passes nothing then; but a program that gets nothing cannot be searched.
        draft.approximated("command", Message("import.no_arguments"))
    elif not is_appended:
        command = [word for word in command if word not in _MACROS]
    draft.document["command"] = command
    draft.taken("command" if "command" in data else "program", Message("import.command"))
    return style or "equals", is_appended


def _with_arguments(command: list[str], names: list[str], style: str) -> list[str]:
    """Put placeholders where the macro of the arguments stands."""
    written = {"equals": ["--{0}={{{0}}}"], "space": ["--{0}", "{{{0}}}"], "hydra": ["{0}={{{0}}}"]}[style]
    arguments = [word.format(name) for name in names for word in written]
    at = next(i for i, word in enumerate(command) if word in _MACROS)
    return [*command[:at], *arguments, *(word for word in command[at + 1 :] if word not in _MACROS)]


def _parameters(draft: Draft, parameters: Mapping[str, Any], place: str, prefix: str, style: str) -> list[str]:
    names: list[str] = []
    passing = {} if style == "equals" else {"style": style}
    for key, entry in parameters.items():
        name, here = f"{prefix}{key}", f"{place}.{key}"
        if not isinstance(entry, Mapping):
            draft.impossible(here, Message("import.not_scalar", name=name, value=repr(entry)[:80]))
            continue
        if isinstance(entry.get("parameters"), Mapping):
            draft.approximated(here, Message("import.nested", name=name))
            names += _parameters(draft, entry["parameters"], here, f"{name}.", style)
            continue
        own = _parameter(draft, name, entry, here, passing)
        if own is not None:
            names.append(own)
    return names


def _parameter(draft: Draft, name: str, entry: Mapping[str, Any], place: str, passing: Mapping[str, Any]) -> str | None:
    law = str(entry.get("distribution", ""))
    if "value" in entry or law == "constant":
        return draft.add_fixed(name, entry.get("value"), place, **passing)
    if "values" in entry:
        weighted = "probabilities" in entry
        note = Message("import.probabilities", name=name) if weighted else ""
        values = entry["values"] if isinstance(entry["values"], list) else []
        return draft.add_choice(name, values, place, note=note, **passing)
    if law in _NORMAL:
        return _normal(draft, name, entry, place, law, passing)
    if law in ("beta", "q_beta"):
        note = Message("import.law_as_range", name=name, law=law)
        return draft.add_range(name, 0.0, 1.0, place, step=entry.get("q"), note=note, **passing)
    low, high, step = entry.get("min"), entry.get("max"), entry.get("q") if law.startswith("q_") else None
    ends = as_number(low), as_number(high)
    if None in ends and law in _LOG_E | {"inv_log_uniform"}:
        ends = (0.0, 1.0)
        low, high = ends
    if law in _LOG_E and ends[0] is not None and ends[1] is not None:
        if max(abs(ends[0]), abs(ends[1])) > 700:
            draft.impossible(place, Message("import.bad_range", name=name, low=low, high=high))
            return None
        first, last = number_text(math.exp(ends[0])), number_text(math.exp(ends[1]))
        note = Message("import.exponents", name=name, low=low, high=high, first=first, last=last)
        return draft.add_range(name, first, last, place, log=True, step=step, note=note, **passing)
    if law in _REVERSE_LOG:
        note = Message("import.law_as_range", name=name, law=law)
        return draft.add_range(name, low, high, place, log=law == "inv_log_uniform_values", note=note, **passing)
    both_whole = isinstance(ends[0], int) and isinstance(ends[1], int)
    whole = law == "int_uniform" or (both_whole and not law)
    # Multiples of q: whole where the ends and q are.
    whole = whole or (law in ("q_uniform", *_LOG) and both_whole and isinstance(as_number(step), int))
    return draft.add_range(name, low, high, place, whole=whole, log=law in _LOG, step=step, **passing)


def _normal(
    draft: Draft, name: str, entry: Mapping[str, Any], place: str, law: str, passing: Mapping[str, Any]
) -> str | None:
    mu, sigma = as_number(entry.get("mu", 0)), as_number(entry.get("sigma", 1))
    if mu is None or sigma is None or sigma <= 0:
        draft.impossible(place, Message("import.bad_range", name=name, low=entry.get("mu"), high=entry.get("sigma")))
        return None
    low, high = mu - _SPREADS * sigma, mu + _SPREADS * sigma
    if law.endswith("log_normal"):
        low, high = number_text(math.exp(low)), number_text(math.exp(high))
    note = Message("import.normal_as_range", name=name, law=law)
    return draft.add_range(name, float(low), float(high), place, log=law.endswith("log_normal"), note=note, **passing)


def _method(draft: Draft, data: Mapping[str, Any]) -> None:
    method = str(data.get("method", "custom"))
    draft.set_sampler(method, _SAMPLERS, "method" if "method" in data else "scheduler")


def _metric(draft: Draft, data: Mapping[str, Any]) -> None:
    metrics = data.get("metrics") if isinstance(data.get("metrics"), list) else [data.get("metric")]
    found = [metric for metric in metrics or [] if isinstance(metric, Mapping) and metric.get("name")]
    if not found:
        draft.impossible("metric", Message("import.no_metric"))
        found = [{"name": "loss", "goal": "minimize"}]
    metric = found[0]
    name = str(metric["name"])
    draft.set_goal(name, metric.get("goal", "minimize"), "metric", metric.get("target"))
    draft.guess_metric(name, "metric.name")
    for other in found[1:]:
        draft.guess_metric(str(other["name"]), "metrics")
        draft.impossible("metrics", Message("import.one_objective", metric=str(other["name"])))
    draft.left_out("metric", metric, ("name", "goal", "target"))


def _stopping(draft: Draft, data: Mapping[str, Any]) -> None:
    stopping = as_mapping(data.get("early_terminate"))
    if not stopping:
        return
    draft.section("stopping")["rule"] = "asha"
    longest = as_whole(stopping.get("max_iter"))
    if longest:
        draft.section("stopping")["max_step"] = longest
    draft.approximated("early_terminate", Message("import.hyperband"))
