"""Hyperparameter tuning jobs of SageMaker: requests, answers, and the same as Kubernetes resources.

Source: the API reference of CreateHyperParameterTuningJob, as in the SageMaker SDK 3.20.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scriptune.jobfile.importers.draft import Draft, as_number, as_whole
from scriptune.messages import Message

__all__ = ["import_tuning_job", "is_tuning_job"]

_SAMPLERS = {"bayesian": "bayes", "random": "random", "grid": "grid"}
_STATE = ("CreationTime", "LastModifiedTime", "HyperParameterTuningEndTime", "HyperParameterTuningJobArn")
_TAKEN = (
    *("HyperParameterTuningJobName", "HyperParameterTuningJobConfig", "TrainingJobDefinition"),
    *("TrainingJobDefinitions", "WarmStartConfig", "HyperParameterTuningJobStatus", "FailureReason", "Tags"),
    *("TrainingJobStatusCounters", "ObjectiveStatusCounters", "BestTrainingJob", "OverallBestTrainingJob", "Region"),
    *_STATE,
)


def is_tuning_job(data: Mapping[str, Any]) -> bool:
    """Whether a document is a tuning job."""
    return "hyperparametertuningjobconfig" in _Keys(_request(data)).keys


def import_tuning_job(data: Mapping[str, Any]) -> Draft:
    """Turn a tuning job into a job file."""
    draft = Draft()
    request = _Keys(_request(data))
    config = request.part("HyperParameterTuningJobConfig")
    definitions = [_Keys(part) for part in request.list("TrainingJobDefinitions") if isinstance(part, Mapping)]
    definition = definitions[0] if definitions else request.part("TrainingJobDefinition")
    if len(definitions) > 1:
        draft.impossible("TrainingJobDefinitions", Message("import.first_of_several", n=len(definitions)))
    name = request.get("HyperParameterTuningJobName") or _Keys(data).part("metadata").get("name")
    if name:
        draft.document["name"] = str(name)
    _program(draft, definition)
    _ranges(draft, config, definition)
    _objective(draft, config, definition)
    _search(draft, config, request)
    draft.left_out("", {key: value for key, value in request.raw.items() if _plain(key) not in map(_plain, _TAKEN)})
    return draft


def _program(draft: Draft, definition: _Keys) -> None:
    algorithm = definition.part("AlgorithmSpecification")
    image = str(algorithm.get("TrainingImage") or algorithm.get("AlgorithmName") or "")
    draft.no_command("TrainingJobDefinition.AlgorithmSpecification", Message("import.image_command", image=image))
    fixed = definition.get("StaticHyperParameters")
    if isinstance(fixed, list):  # the form of Kubernetes resources
        pairs = {str(entry.get("name")): entry.get("value") for entry in fixed if isinstance(entry, Mapping)}
    else:
        pairs = dict(fixed) if isinstance(fixed, Mapping) else {}
    for name, text in pairs.items():
        number = as_number(text)
        value = text if number is None else number
        draft.add_fixed(name, value, f"TrainingJobDefinition.StaticHyperParameters.{name}", style="space")
    environment = definition.get("Environment")
    if isinstance(environment, Mapping) and environment:
        draft.section("run")["env"] = {str(key): str(value) for key, value in environment.items()}
        draft.taken("TrainingJobDefinition.Environment", Message("import.environment", n=len(environment)))
    limits = definition.part("StoppingCondition")
    seconds = as_whole(limits.get("MaxRuntimeInSeconds"))
    if seconds:
        draft.section("run")["trial_timeout"] = seconds
        draft.taken("TrainingJobDefinition.StoppingCondition", Message("import.trial_timeout", s=seconds))
    retries = as_whole(definition.part("RetryStrategy").get("MaximumRetryAttempts"))
    if retries:
        draft.section("run")["retries"] = retries
        draft.taken("TrainingJobDefinition.RetryStrategy", Message("import.retries", n=retries))
    known = (
        *("AlgorithmSpecification", "StaticHyperParameters", "Environment", "StoppingCondition", "RetryStrategy"),
        *("HyperParameterRanges", "TuningObjective", "DefinitionName", "RoleArn", "EnableNetworkIsolation"),
        "EnableInterContainerTrafficEncryption",
    )
    rest = {key: value for key, value in definition.raw.items() if _plain(key) not in map(_plain, known)}
    draft.left_out("TrainingJobDefinition", {key: value for key, value in rest.items() if value is not False})


def _ranges(draft: Draft, config: _Keys, definition: _Keys) -> None:
    for owner, place in (
        (config.part("ParameterRanges"), "HyperParameterTuningJobConfig.ParameterRanges"),
        (definition.part("HyperParameterRanges"), "TrainingJobDefinition.HyperParameterRanges"),
    ):
        for key, whole in (("ContinuousParameterRanges", False), ("IntegerParameterRanges", True)):
            for i, entry in enumerate(map(_Keys, owner.list(key))):
                _range(draft, entry, f"{place}.{key}[{i}]", whole=whole)
        for i, entry in enumerate(map(_Keys, owner.list("CategoricalParameterRanges"))):
            here = f"{place}.CategoricalParameterRanges[{i}]"
            draft.add_choice(str(entry.get("Name")), entry.list("Values"), here, style="space")
        for entry in map(_Keys, owner.list("AutoParameters")):
            here = f"{place}.AutoParameters"
            draft.impossible(here, Message("import.auto_range", name=str(entry.get("Name"))))


def _range(draft: Draft, entry: _Keys, place: str, *, whole: bool) -> None:
    name = str(entry.get("Name"))
    scale = str(entry.get("ScalingType") or "Auto")
    low, high = as_number(entry.get("MinValue")), as_number(entry.get("MaxValue"))
    log: bool | str = scale == "Logarithmic"
    note = ""
    if scale == "ReverseLogarithmic":
        log = "reverse"
    elif scale == "Auto" and low is not None and high is not None:
        # What the service chooses is not published; a range of three decades above zero is one to search by its log.
        log = low > 0 and high / low >= 1000
        note = Message("import.auto_scale", name=name) if log else ""
    draft.add_range(
        name, entry.get("MinValue"), entry.get("MaxValue"), place, whole=whole, log=log, note=note, style="space"
    )


def _objective(draft: Draft, config: _Keys, definition: _Keys) -> None:
    objective = config.part("HyperParameterTuningJobObjective")
    if not objective.raw:
        objective = definition.part("TuningObjective")
    place = "HyperParameterTuningJobConfig.HyperParameterTuningJobObjective"
    name = str(objective.get("MetricName") or "loss")
    criteria = config.part("TuningJobCompletionCriteria")
    goal = str(objective.get("Type") or objective.get("type_") or "Minimize")
    draft.set_goal(name, goal, place, criteria.get("TargetObjectiveMetricValue"))
    metrics = definition.part("AlgorithmSpecification").list("MetricDefinitions")
    for entry in map(_Keys, metrics):
        if entry.get("Name") == name and entry.get("Regex"):
            # The log of the service writes a tab as #011.
            draft.document["metrics"][name] = {"regex": str(entry.get("Regex")).replace("#011", r"\s")}
            draft.taken("MetricDefinitions", Message("import.metric", name=name))
    if name not in draft.document["metrics"]:
        draft.guess_metric(name, "MetricDefinitions")


def _search(draft: Draft, config: _Keys, request: _Keys) -> None:
    place = "HyperParameterTuningJobConfig"
    strategy = str(config.get("Strategy") or "Bayesian")
    draft.set_sampler(strategy, _SAMPLERS, f"{place}.Strategy")
    limits = config.part("ResourceLimits")
    trials = as_whole(limits.get("MaxNumberOfTrainingJobs"))
    if trials:
        draft.section("search")["trials"] = trials
        draft.taken(f"{place}.ResourceLimits", Message("import.budget", trials=trials))
    draft.section("run")["parallel"] = as_whole(limits.get("MaxParallelTrainingJobs")) or 1
    longest = as_whole(limits.get("MaxRuntimeInSeconds"))
    if longest:
        draft.section("run")["job_timeout"] = longest
    seed = as_whole(config.get("RandomSeed"))
    if seed is not None and seed >= 0:
        draft.section("search")["seed"] = seed
    hyperband = config.part("StrategyConfig").part("HyperbandStrategyConfig")
    if strategy == "Hyperband":
        draft.section("stopping")["rule"] = "asha"
        draft.approximated(f"{place}.Strategy", Message("import.hyperband"))
        steps = as_whole(hyperband.get("MaxResource"))
        if steps:
            draft.section("stopping")["max_step"] = steps
    elif config.get("TrainingJobEarlyStoppingType") == "Auto":
        draft.section("stopping")["rule"] = "median"
        draft.approximated(f"{place}.TrainingJobEarlyStoppingType", Message("import.median_stop"))
    patience = as_whole(
        config.part("TuningJobCompletionCriteria")
        .part("BestObjectiveNotImproving")
        .get("MaxNumberOfTrainingJobsNotImproving")
    )
    if patience:
        draft.section("search")["patience"] = patience
        draft.taken(f"{place}.TuningJobCompletionCriteria", Message("import.patience", n=patience))
    if request.part("WarmStartConfig").raw:
        draft.impossible("WarmStartConfig", Message("import.warm_start"))


def _request(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request inside a Kubernetes resource, or the document itself."""
    spec = data.get("spec")
    return spec if isinstance(spec, Mapping) else data


class _Keys:
    """A mapping whose keys are found whatever their case: PascalCase in the API, camelCase in Kubernetes."""

    def __init__(self, raw: Any) -> None:
        self.raw: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
        self.keys = {_plain(key): key for key in self.raw}

    def get(self, key: str) -> Any:
        return self.raw.get(self.keys.get(_plain(key), ""))

    def part(self, key: str) -> _Keys:
        return _Keys(self.get(key))

    def list(self, key: str) -> list[Any]:
        value = self.get(key)
        return value if isinstance(value, list) else []


def _plain(key: str) -> str:
    return str(key).lower()
