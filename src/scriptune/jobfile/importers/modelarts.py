"""Algorithms and training jobs of ModelArts, in the JSON of its API.

Source: the API reference of "Creating an Algorithm" and "Creating a Training Job", v2.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from scriptune.jobfile.importers.draft import Draft, as_list, as_mapping, as_mappings, as_number, as_whole
from scriptune.messages import Message

__all__ = ["import_algorithm", "is_algorithm"]

_SAMPLERS = {"bayesoptsearch": "bayes", "tpesearch": "tpe", "annealsearch": "anneal", "randomsearch": "random"}
_SAMPLERS |= {"gridsearch": "grid", "smacsearch": "smac", "autosearch": "auto"}
_WHOLE, _FLOAT, _BOOL = "integer", "float", "boolean"


def is_algorithm(data: Mapping[str, Any]) -> bool:
    """Whether a document is an algorithm or a training job of ModelArts."""
    return bool(_search_of(data)) or ("job_config" in data and "metadata" in data)


def import_algorithm(data: Mapping[str, Any]) -> Draft:
    """Turn an algorithm, or a training job that searches, into a job file."""
    draft = Draft()
    name = as_mapping(data.get("metadata")).get("name")
    if name:
        draft.document["name"] = str(name)
        draft.taken("metadata.name", Message("import.name"))
    config = as_mapping(data.get("job_config")) or as_mapping(data.get("algorithm"))
    place = "job_config" if "job_config" in data else "algorithm"
    search = _search_of(data)
    _program(draft, config, place)
    searched = _ranges(draft, config, search)
    _fixed(draft, config, place, searched)
    _metrics(draft, search)
    _algorithm(draft, search)
    if search.get("skip_search_params"):
        draft.impossible("auto_search.skip_search_params", Message("import.skipped_points"))
    environment = as_mapping(config.get("environments"))
    if environment:
        draft.section("run")["env"] = {str(key): str(value) for key, value in environment.items()}
        draft.taken(f"{place}.environments", Message("import.environment", n=len(environment)))
    for key in ("inputs", "outputs"):
        for channel in as_mappings(config.get(key)):
            named = str(channel.get("name"))
            draft.impossible(f"{place}.{key}", Message("import.channel", name=named))
    known = ("code_dir", "boot_file", "command", "parameters", "inputs", "outputs", "environments", "policies", "name")
    draft.left_out(place, config, (*known, "parameters_customization", "id"))
    draft.left_out("", data, ("metadata", "job_config", "algorithm", "advanced_config", "kind"))
    return draft


def _search_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    advanced = as_mapping(data.get("advanced_config"))
    policies = as_mapping(as_mapping(data.get("algorithm")).get("policies"))
    return as_mapping(advanced.get("auto_search")) or as_mapping(policies.get("auto_search"))


def _program(draft: Draft, config: Mapping[str, Any], place: str) -> None:
    boot, command = str(config.get("boot_file") or ""), str(config.get("command") or "")
    if boot:
        folder = str(config.get("code_dir") or "")
        inside = boot.removeprefix(folder).lstrip("/") if folder else PurePosixPath(boot).name
        runner = [] if boot.endswith(".sh") else ["python"]
        draft.document["command"] = [*(runner or ["bash"]), inside or PurePosixPath(boot).name]
        draft.approximated(f"{place}.boot_file", Message("import.object_storage", path=folder or boot))
    elif command:
        draft.document["command"] = shlex.split(command)
        draft.taken(f"{place}.command", Message("import.command"))
    else:
        draft.no_command(place, Message("import.no_program"))


def _parameters(config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    entries = config.get("parameters")
    return {
        str(entry.get("name")): entry
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping)
    }


def _kind(entry: Mapping[str, Any]) -> str:
    return str(as_mapping(entry.get("constraint")).get("type", "")).lower()


def _ranges(draft: Draft, config: Mapping[str, Any], search: Mapping[str, Any]) -> set[str]:
    parameters = _parameters(config)
    searched = set()
    for i, entry in enumerate(as_mappings(search.get("search_params"))):
        name = str(entry.get("name"))
        known = parameters.get(name, {})
        place = f"auto_search.search_params[{i}]"
        searched.add(name)
        if entry.get("discrete_values"):
            values = [_typed(text, _kind(known)) for text in as_list(entry["discrete_values"])]
            draft.add_choice(name, values, place, default=_typed(known.get("value"), _kind(known)))
            continue
        points = as_whole(entry.get("discrete_points_num"))
        low, high = as_number(entry.get("lower_bound")), as_number(entry.get("upper_bound"))
        step = None
        if points is not None and points > 1 and low is not None and high is not None:
            step = (high - low) / (points - 1)
        whole = _kind(known) == _WHOLE
        draft.add_range(
            name,
            entry.get("lower_bound"),
            entry.get("upper_bound"),
            place,
            whole=whole and (step is None or float(step).is_integer()),
            step=step,
            default=known.get("value"),
        )
    return searched


def _typed(text: Any, kind: str) -> Any:
    if kind == _BOOL:
        return {"true": True, "false": False}.get(str(text).lower(), text)
    number = as_number(text) if kind in (_WHOLE, _FLOAT) else None
    if number is None:
        return text
    return float(number) if kind == _FLOAT else number


def _fixed(draft: Draft, config: Mapping[str, Any], place: str, searched: set[str]) -> None:
    for name, entry in _parameters(config).items():
        if name not in searched and entry.get("value") not in (None, ""):
            draft.add_fixed(name, _typed(entry["value"], _kind(entry)), f"{place}.parameters")


def _metrics(draft: Draft, search: Mapping[str, Any]) -> None:
    rewards = as_mappings(search.get("reward_attrs"))
    if not rewards:
        draft.impossible("auto_search.reward_attrs", Message("import.no_metric"))
        draft.set_goal("loss", "minimize", "auto_search.reward_attrs")
        draft.guess_metric("loss", "auto_search.reward_attrs")
        return
    for reward in rewards:
        name, regex = str(reward.get("name")), str(reward.get("regex") or "")
        if regex:
            draft.document["metrics"][name] = {"regex": regex}
            draft.taken("auto_search.reward_attrs", Message("import.metric", name=name))
        else:
            draft.guess_metric(name, "auto_search.reward_attrs")
    draft.set_goal(str(rewards[0].get("name")), str(rewards[0].get("mode", "max")), "auto_search.reward_attrs")


def _algorithm(draft: Draft, search: Mapping[str, Any]) -> None:
    configs = as_mappings(search.get("algo_configs"))
    if not configs:
        return
    draft.set_sampler(str(configs[0].get("name")), _SAMPLERS, "auto_search.algo_configs")
    options = {str(p.get("key")): p.get("value") for p in as_mappings(configs[0].get("params"))}
    trials = as_whole(options.pop("num_samples", None))
    if trials:
        draft.section("search")["trials"] = trials
        draft.taken("auto_search.algo_configs", Message("import.budget", trials=trials))
    draft.left_out("auto_search.algo_configs", options)
