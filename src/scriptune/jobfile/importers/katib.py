"""Experiments of Katib (``kubeflow.org/v1beta1``, kind Experiment).

Source: Katib 0.19, ``pkg/apis/controller/experiments/v1beta1/experiment_types.go`` and ``common_types.go``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from scriptune.jobfile.importers.draft import (
    Draft,
    as_list,
    as_mapping,
    as_mappings,
    as_number,
    as_whole,
    printed_value,
)
from scriptune.messages import Message

__all__ = ["import_katib", "is_katib"]

_SAMPLERS = {
    "random": "random",
    "grid": "grid",
    "tpe": "tpe",
    "multivariatetpe": "tpe",
    "bayesianoptimization": "bayes",
}
_REFERENCE = re.compile(r"\$\{trialParameters\.([^}]+)\}")
_META = re.compile(r"\$\{trialSpec\.([^}]+)\}")
_TRIALS = 20  # without maxTrialCount Katib never ends; here a search has a budget


def is_katib(data: Mapping[str, Any]) -> bool:
    """Whether a document is an experiment of Katib."""
    spec = data.get("spec")
    return data.get("kind") == "Experiment" or (
        isinstance(spec, Mapping) and "trialTemplate" in spec and "objective" in spec
    )


def import_katib(data: Mapping[str, Any]) -> Draft:
    """Turn an experiment into a job file."""
    draft = Draft()
    spec: Mapping[str, Any] = as_mapping(data.get("spec"))
    name = as_mapping(data.get("metadata")).get("name")
    if name:
        draft.document["name"] = str(name)
    names = _parameters(draft, spec)
    _objective(draft, spec)
    _algorithm(draft, spec)
    _budget(draft, spec)
    template = as_mapping(spec.get("trialTemplate"))
    _command(draft, template, names)
    _metrics(draft, spec)
    if spec.get("nasConfig"):
        draft.impossible("spec.nasConfig", Message("import.architecture_search"))
    known = [
        *("objective", "algorithm", "earlyStopping", "parallelTrialCount", "maxTrialCount", "maxFailedTrialCount"),
        *("parameters", "trialTemplate", "metricsCollectorSpec", "nasConfig", "resumePolicy"),
    ]
    draft.left_out("spec", spec, known)
    return draft


def _parameters(draft: Draft, spec: Mapping[str, Any]) -> dict[str, str]:
    """Add the parameters; returns their names here by their names there."""
    names = {}
    for i, parameter in enumerate(as_mappings(spec.get("parameters"))):
        name, kind = str(parameter.get("name", "")), parameter.get("parameterType", "")
        space = as_mapping(parameter.get("feasibleSpace"))
        place = f"spec.parameters[{i}]"
        if kind in ("double", "int"):
            law = str(space.get("distribution", "uniform"))
            own = draft.add_range(
                name,
                space.get("min"),
                space.get("max"),
                place,
                whole=kind == "int",
                log=law.lower().startswith("log"),
                step=space.get("step"),
                note=Message("import.normal_as_range", name=name, law=law) if "ormal" in law else "",
            )
        else:
            values = [_typed(text) if kind == "discrete" else text for text in as_list(space.get("list"))]
            own = draft.add_choice(name, values, place)
        if own is not None:
            names[name] = own
    return names


def _typed(text: Any) -> Any:
    number = as_number(text)
    return text if number is None else number


def _objective(draft: Draft, spec: Mapping[str, Any]) -> None:
    objective = as_mapping(spec.get("objective"))
    metric = str(objective.get("objectiveMetricName", "metric"))
    draft.set_goal(metric, objective.get("type", "minimize"), "spec.objective", objective.get("goal"))
    strategies = {s.get("name"): s.get("value") for s in as_mappings(objective.get("metricStrategies"))}
    if strategies.get(metric) == "latest":
        draft.section("objective")["reduce"] = "last"
    elif metric in strategies:
        best = {"maximize": "max", "minimize": "min"}[draft.section("objective")["goal"]]
        if strategies[metric] != best:
            draft.impossible("spec.objective.metricStrategies", Message("import.worst_value", metric=metric))


def _algorithm(draft: Draft, spec: Mapping[str, Any]) -> None:
    algorithm = as_mapping(spec.get("algorithm"))
    word = str(algorithm.get("algorithmName", ""))
    if not word:
        return
    place = "spec.algorithm"
    settings = {str(s.get("name")): s.get("value") for s in as_mappings(algorithm.get("algorithmSettings"))}
    draft.set_sampler(word, _SAMPLERS, place)
    if word == "hyperband":
        draft.section("stopping")["rule"] = "asha"
        draft.approximated(place, Message("import.hyperband"))
        settings = {name: value for name, value in settings.items() if name not in ("resource_name", "eta", "r_l")}
    seed = as_whole(settings.pop("random_state", None))
    if seed is not None and seed >= 0:
        draft.section("search")["seed"] = seed
    n_initial = as_whole(settings.pop("n_initial_points", None))
    if n_initial is not None:
        draft.impossible(f"{place}.n_initial_points", Message("import.own_first_points", n=n_initial))
    draft.left_out(place, settings)
    stopping = as_mapping(spec.get("earlyStopping"))
    if stopping.get("algorithmName") == "medianstop":
        draft.section("stopping")["rule"] = "median"
        draft.approximated("spec.earlyStopping", Message("import.median_stop"))
    elif stopping:
        draft.left_out("spec", {"earlyStopping": stopping})


def _budget(draft: Draft, spec: Mapping[str, Any]) -> None:
    trials = as_whole(spec.get("maxTrialCount"))
    if trials is None:
        trials = _TRIALS
        draft.approximated("spec.maxTrialCount", Message("import.no_budget", trials=trials))
    draft.section("search")["trials"] = trials
    draft.section("run")["parallel"] = as_whole(spec.get("parallelTrialCount")) or 3
    failed = as_whole(spec.get("maxFailedTrialCount"))
    if failed is not None:
        draft.section("run")["max_failed"] = max(failed, 1)
        draft.approximated("spec.maxFailedTrialCount", Message("import.failed_in_a_row", n=max(failed, 1)))


def _command(draft: Draft, template: Mapping[str, Any], names: Mapping[str, str]) -> None:
    place = "spec.trialTemplate"
    references = {str(p.get("name")): str(p.get("reference", "")) for p in as_mappings(template.get("trialParameters"))}
    container = _container(template.get("trialSpec"), str(template.get("primaryContainerName", "")))
    if container is None:
        draft.no_command(place, Message("import.template_elsewhere"))
        draft.left_out(place, template, ("trialParameters", "primaryContainerName", "retain", "trialSpec"))
        return
    words = [str(word) for word in [*as_list(container.get("command")), *as_list(container.get("args"))]]
    if not container.get("command"):
        words = ["./train", *words]
        draft.impossible(f"{place}.trialSpec", Message("import.image_command", image=str(container.get("image", ""))))
    else:
        draft.approximated(
            f"{place}.trialSpec", Message("import.container_command", image=str(container.get("image", "")))
        )

    def own(match: re.Match[str]) -> str:
        reference = references.get(match[1], match[1])
        if _META.fullmatch(reference):
            return "{trial}"
        return f"{{{names[reference]}}}" if reference in names else match[0]

    draft.document["command"] = [_REFERENCE.sub(own, word) for word in words]
    for entry in as_mappings(container.get("env")):
        if "value" in entry and entry.get("name"):
            draft.section("run").setdefault("env", {})[str(entry["name"])] = _REFERENCE.sub(own, str(entry["value"]))
        else:
            draft.impossible(f"{place}.trialSpec.env", Message("import.env_elsewhere", name=str(entry.get("name"))))
    gpus = as_whole(as_mapping(as_mapping(container.get("resources")).get("limits")).get("nvidia.com/gpu"))
    if gpus:
        draft.section("run")["gpus"] = gpus
        draft.taken(f"{place}.trialSpec.resources", Message("import.gpus", n=gpus))
    known = ("trialParameters", "primaryContainerName", "retain", "trialSpec", "primaryPodLabels")
    draft.left_out(place, template, known)


def _container(node: Any, name: str) -> Mapping[str, Any] | None:
    """The first container with a name, at any depth of a Kubernetes object; else the first one of all."""
    found = list(_containers(node))
    return next((container for container in found if container.get("name") == name), found[0] if found else None)


def _containers(node: Any) -> Sequence[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        own = as_mappings(node.get("containers"))
        return [*own, *(inner for value in node.values() for inner in _containers(value))]
    if isinstance(node, list):
        return [inner for value in node for inner in _containers(value)]
    return []


def _metrics(draft: Draft, spec: Mapping[str, Any]) -> None:
    objective = as_mapping(spec.get("objective"))
    names = [str(objective.get("objectiveMetricName", "metric"))]
    names += [str(name) for name in as_list(objective.get("additionalMetricNames"))]
    collector = as_mapping(spec.get("metricsCollectorSpec"))
    kind = str(as_mapping(collector.get("collector")).get("kind", "StdOut"))
    source = as_mapping(collector.get("source"))
    path = str(as_mapping(source.get("fileSystemPath")).get("path", ""))
    is_json = str(as_mapping(source.get("fileSystemPath")).get("format", "")).upper() == "JSON"
    place = "spec.metricsCollectorSpec"
    metrics = draft.document["metrics"]
    if kind == "TensorFlowEvent":
        folder = _inside(draft, path or "/var/log/katib/tfevent", place)
        metrics |= {name: {"tensorboard": folder, "tag": name} for name in names}
        return
    if kind == "File" and is_json:
        file = _inside(draft, path or "/var/log/katib/metrics.log", place)
        metrics |= {name: {"jsonl": file, "path": name} for name in names}
        return
    if kind not in ("StdOut", "File"):
        draft.impossible(f"{place}.collector", Message("import.collector", kind=kind))
    elif kind == "File":
        draft.impossible(f"{place}.source", Message("import.text_file", path=path))
    formats = [str(text) for text in as_list(as_mapping(source.get("filter")).get("metricsFormat"))]
    for name in names:
        made = [regex for text in formats if (regex := _with_name(text, name)) is not None]
        if made:
            metrics[name] = {"regex": made[0]}
            draft.taken(f"{place}.source.filter", Message("import.metric", name=name))
        elif formats:
            draft.guess_metric(name, f"{place}.source.filter")
        else:
            metrics[name] = {"regex": printed_value(name)}
            draft.taken(place, Message("import.metric", name=name))


def _inside(draft: Draft, path: str, place: str) -> str:
    """Move a file of the container into the trial's folder: there it is one file for each trial."""
    name = PurePosixPath(path).name
    command = draft.document["command"]
    if path in shlex.join(command):
        draft.document["command"] = [word.replace(path, f"{{trial_dir}}/{name}") for word in command]
        draft.approximated(place, Message("import.moved_file", path=path, name=name))
        return name
    parent = str(PurePosixPath(path).parent)
    if parent != "/" and parent in shlex.join(command):
        draft.document["command"] = [word.replace(parent, "{trial_dir}") for word in command]
        draft.approximated(place, Message("import.moved_file", path=parent, name="{trial_dir}"))
        return name
    draft.impossible(place, Message("import.file_not_named", path=path))
    return name


def _with_name(pattern: str, name: str) -> str | None:
    """A pattern of two groups, name and value, with the name filled in; None if it does not fit the name."""
    end = _group_end(pattern)
    if end is None:
        return None
    begin, close = end
    try:
        if re.fullmatch(pattern[begin + 1 : close], name) is None:
            return None
    except re.error:
        return None
    escaped = re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", name)
    return f"{pattern[:begin]}(?:{escaped}){pattern[close + 1 :]}"


def _group_end(pattern: str) -> tuple[int, int] | None:
    """Begin and end of the first capturing group."""
    begin, depth, in_class, i = -1, 0, False, 0
    while i < len(pattern):
        sign = pattern[i]
        if sign == "\\":
            i += 1
        elif in_class:
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        elif sign == "(":
            if begin < 0 and pattern[i + 1 : i + 2] != "?":
                begin, depth = i, 0
            depth += 1
        elif sign == ")":
            depth -= 1
            if begin >= 0 and depth == 0:
                return begin, i
        i += 1
    return None
