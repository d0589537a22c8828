"""Experiments of NNI: ``config.yml`` in the forms of versions 1 to 3, and search spaces.

Source: NNI 3.0, ``nni/experiment/config`` and the page "Search Space"; names of version 1 from its migration guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from scriptune.jobfile.importers.draft import Draft, as_number, as_whole, number_text
from scriptune.messages import Message

__all__ = ["import_experiment", "is_experiment", "is_search_space"]

_SAMPLERS = {
    "tpe": "tpe",
    "tpetuner": "tpe",
    "random": "random",
    "randomtuner": "random",
    "gridsearch": "grid",
    "anneal": "anneal",
    "annealtuner": "anneal",
    "smac": "smac",
    "smactuner": "smac",
    "gp": "bayes",
    "gptuner": "bayes",
    "metis": "bayes",
    "metistuner": "bayes",
}
_LOG = {"loguniform", "qloguniform", "lognormal", "qlognormal"}
_SPREADS = 3.0
_TRIALS = 20
_EXPERIMENT_KEYS = {"trialcommand", "searchspacefile", "searchspace", "searchspacepath", "trialconcurrency"}


def is_search_space(data: Mapping[str, Any]) -> bool:
    """Whether a document is a search space alone."""
    return bool(data) and all(isinstance(entry, Mapping) and "_type" in entry for entry in data.values())


def is_experiment(data: Mapping[str, Any]) -> bool:
    """Whether a document is the configuration of an experiment."""
    return len(_EXPERIMENT_KEYS & {_plain(key) for key in data}) >= 2 or (
        "trial" in data and "tuner" in data and "trialConcurrency" in data
    )


def import_experiment(
    data: Mapping[str, Any], read_beside: Callable[[str], Mapping[str, Any] | None] | None = None
) -> Draft:
    """Turn an experiment, or a search space alone, into a job file.

    Args:
        data: The document.
        read_beside: Reads the search space's file; None if there is no folder.
    """
    draft = Draft()
    if is_search_space(data):
        _space(draft, data, "", {})
        draft.no_command("trialCommand", Message("import.space_alone"))
        draft.impossible("tuner", Message("import.no_metric"))
        draft.set_goal("metric", "maximize", "tuner")
        draft.guess_metric("metric", "tuner")
        return draft
    config = {_plain(key): value for key, value in data.items()}
    name = config.get("experimentname")
    if name:
        draft.document["name"] = str(name)
    space = config.get("searchspace")
    file = config.get("searchspacefile") or config.get("searchspacepath")
    if not isinstance(space, Mapping) and file:
        space = read_beside(str(file)) if read_beside is not None else None
        if space is None:
            draft.impossible("searchSpaceFile", Message("import.file_not_there", file=str(file)))
    _space(draft, space if isinstance(space, Mapping) else {}, "", {})
    _command(draft, config)
    _tuner(draft, config)
    _limits(draft, config)
    draft.impossible("trialCommand", Message("import.pulled_params"))
    known = {
        *("experimentname", "searchspace", "searchspacefile", "searchspacepath", "trialcommand", "trialcodedirectory"),
        *("trialgpunumber", "trialconcurrency", "maxtrialnumber", "maxtrialnum", "maxexperimentduration"),
        *("maxexecduration", "maxtrialduration", "tuner", "assessor", "advisor", "trial", "trainingservice"),
        *("authorname", "trainingserviceplatform", "useannotation", "debug", "loglevel"),
    }
    draft.left_out("", {key: value for key, value in data.items() if _plain(key) not in known})
    return draft


def _space(draft: Draft, space: Mapping[str, Any], prefix: str, when: Mapping[str, Any]) -> None:
    for key, entry in space.items():
        if key == "_name":
            continue
        name = f"{prefix}{key}"
        if not isinstance(entry, Mapping):
            draft.impossible(name, Message("import.not_scalar", name=name, value=repr(entry)[:80]))
            continue
        value = entry.get("_value")
        _dimension(draft, name, str(entry.get("_type")), value if isinstance(value, list) else [], when)


def _dimension(draft: Draft, name: str, kind: str, value: list[Any], when: Mapping[str, Any]) -> None:
    passing: dict[str, Any] = {"when": dict(when)} if when else {}
    if kind == "choice":
        _choice(draft, name, value, when, passing)
        return
    if kind == "randint" and len(value) >= 2:
        end = as_whole(value[1])
        excluded = Message("import.upper_end_excluded", name=name, high=value[1])
        last = None if end is None else end - 1
        draft.add_range(name, value[0], last, name, whole=True, note=excluded, **passing)
        return
    if "normal" in kind and len(value) >= 2:
        _normal(draft, name, kind, value, passing)
        return
    if kind.lstrip("q") in ("uniform", "loguniform") and len(value) >= 2:
        step = value[2] if kind.startswith("q") and len(value) > 2 else None
        note: str = ""
        low, high, q = as_number(value[0]), as_number(value[1]), as_number(step)
        if q is not None and low is not None and high is not None and q > 0:
            # Multiples of q, clipped: with a first value that is none, ours begin at the first multiple.
            first = _multiple(low, q)
            if first != low or _multiple(high, q) != high:
                note = Message("import.multiples", name=name, q=q)
                value = [first, value[1]]
        # Programs that take integers refuse 3.0; those that take numbers read 3.
        whole = step is not None and all(isinstance(number, int) for number in (low, high, q))
        draft.add_range(name, value[0], value[1], name, whole=whole, log=kind in _LOG, step=step, note=note, **passing)
        return
    draft.impossible(name, Message("import.unknown_kind", name=name, kind=kind))


def _multiple(value: float, q: float) -> float:
    n = -(-value // q)
    return number_text(n * q)


def _normal(draft: Draft, name: str, kind: str, value: list[Any], passing: Mapping[str, Any]) -> None:
    import math

    mu, sigma = as_number(value[0]), as_number(value[1])
    note = Message("import.normal_as_range", name=name, law=kind)
    if mu is None or sigma is None or sigma <= 0:
        draft.impossible(name, Message("import.bad_range", name=name, low=value[0], high=value[1]))
        return
    low, high = mu - _SPREADS * sigma, mu + _SPREADS * sigma
    if kind in _LOG:
        low, high = number_text(math.exp(low)), number_text(math.exp(high))
    draft.add_range(name, float(low), float(high), name, log=kind in _LOG, note=note, **passing)


def _choice(draft: Draft, name: str, options: list[Any], when: Mapping[str, Any], passing: Mapping[str, Any]) -> None:
    branches = [option for option in options if isinstance(option, Mapping)]
    if branches and all("_name" in branch for branch in branches) and len(branches) == len(options):
        own = draft.add_choice(name, [branch["_name"] for branch in branches], name, **passing)
        if own is None:
            return
        for branch in branches:
            # Children of different branches may share a name, so each has its branch in it.
            inner = {key: entry for key, entry in branch.items() if key != "_name"}
            if inner:
                _space(draft, inner, f"{name}.{branch['_name']}.", {**when, own: branch["_name"]})
        return
    if branches:
        draft.impossible(name, Message("import.choice_of_objects", name=name))
        return
    draft.add_choice(name, options, name, **passing)


def _command(draft: Draft, config: Mapping[str, Any]) -> None:
    trial = _part(config, "trial")
    command = config.get("trialcommand") or trial.get("command")
    if not command:
        draft.no_command("trialCommand", Message("import.no_program"))
        return
    text = str(command)
    draft.document["command"] = text
    if re.search(r"[|&;<>$`]", text):
        draft.document["shell"] = True
    folder = config.get("trialcodedirectory") or trial.get("codedir")
    if folder and str(folder) != ".":
        draft.document["workdir"] = str(folder)
    draft.taken("trialCommand", Message("import.command"))
    gpus = config.get("trialgpunumber", trial.get("gpunum"))
    if as_whole(gpus):
        service = _part(config, "trainingservice")
        shared = as_whole(service.get("maxtrialnumberpergpu")) or 1
        draft.section("run")["gpus"] = gpus if shared == 1 else number_text(1 / shared)
        draft.taken("trialGpuNumber", Message("import.gpus", n=draft.section("run")["gpus"]))


def _tuner(draft: Draft, config: Mapping[str, Any]) -> None:
    tuner = _part(config, "tuner") or _part(config, "advisor")
    arguments = _part(tuner, "classargs")
    word = str(tuner.get("name") or tuner.get("builtintunername") or tuner.get("classname") or "random")
    draft.set_sampler(word, _SAMPLERS, "tuner")
    goal = arguments.get("optimizemode")
    if goal is None:
        draft.approximated("tuner", Message("import.no_goal"))
    draft.set_goal("metric", str(goal or "maximize"), "tuner")
    draft.guess_metric("metric", "trialCommand")
    assessor = _part(config, "assessor")
    rule = str(assessor.get("name") or assessor.get("builtinassessorname") or "").lower()
    if rule:
        draft.section("stopping")["rule"] = "median"
        longest = as_whole(_part(assessor, "classargs").get("epochnum"))
        if longest:
            draft.section("stopping")["max_step"] = longest
        draft.approximated("assessor", Message("import.median_stop"))


def _limits(draft: Draft, config: Mapping[str, Any]) -> None:
    trials = as_whole(config.get("maxtrialnumber", config.get("maxtrialnum")))
    if trials is None:
        trials = _TRIALS
        draft.approximated("maxTrialNumber", Message("import.no_budget", trials=trials))
    else:
        draft.taken("maxTrialNumber", Message("import.budget", trials=trials))
    draft.section("search")["trials"] = trials
    draft.section("run")["parallel"] = as_whole(config.get("trialconcurrency")) or 1
    for key, names in (
        ("job_timeout", ("maxexperimentduration", "maxexecduration")),
        ("trial_timeout", ("maxtrialduration",)),
    ):
        value = next((config[name] for name in names if config.get(name)), None)
        if value is not None:
            draft.section("run")[key] = str(value)
            draft.taken(names[0], Message("import.time_limit", key=key, value=str(value)))
    service = _part(config, "trainingservice")
    if service.get("machinelist"):
        draft.impossible("trainingService.machineList", Message("import.machines"))
    elif str(service.get("platform", config.get("trainingserviceplatform", "local"))) != "local":
        draft.impossible("trainingService.platform", Message("import.platform", platform=str(service.get("platform"))))


def _part(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = mapping.get(key)
    return {_plain(name): entry for name, entry in value.items()} if isinstance(value, Mapping) else {}


def _plain(key: str) -> str:
    return str(key).replace("_", "").lower()
