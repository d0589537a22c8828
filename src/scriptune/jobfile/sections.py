"""Parse the sections ``metrics``, ``objective``, ``search``, ``run``, ``files`` and ``stopping`` of a job file.

Each function adds every error it finds and returns the complete section, filled up with defaults where
something was wrong: the caller throws it away in that case.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scriptune.core.job import Goal, Objective, OnCut, OnTimeout, ParameterSpec, Reduction, SearchSpec
from scriptune.core.parameters import Scalar, same_value
from scriptune.core.space import Params, SearchSpace
from scriptune.errors import SpaceError
from scriptune.jobfile import checks
from scriptune.jobfile import problems as places
from scriptune.jobfile.problems import Problems, shown
from scriptune.jobfile.schema import (
    MetricSection,
    ObjectiveSection,
    RunSection,
    SearchSection,
    StoppingSection,
)
from scriptune.jobfile.shape import check_shape
from scriptune.messages import Message, did_you_mean

__all__ = [
    "absolute",
    "read_files",
    "read_metrics",
    "read_objective",
    "read_run",
    "read_search",
    "read_starts",
    "read_stopping",
]

_DEFAULT_TRIALS = SearchSpec().trials
_DEFAULT_LAST_K = Objective.last_k
_MAX_METRICS = 1000  # each is searched for in every line of every log


def read_metrics(raw: Mapping[str, Any] | None, problems: Problems) -> dict[str, dict[str, str]]:
    """The metrics with a regex or a file; `checks` checks the regexes and paths themselves."""
    if not raw:
        if problems.clean("metrics"):
            example = f"{{accuracy: {MetricSection.example}}}"
            problems.add(
                ("metrics",),
                Message("job_file.missing_metrics", example=example)
                if raw is None
                else Message("job_file.empty_metrics", example=example),
            )
        return {}
    metrics: dict[str, dict[str, str]] = {}
    if len(raw) > _MAX_METRICS:
        problems.add(("metrics",), Message("job_file.too_many_entries", n=len(raw), most=_MAX_METRICS))
        return metrics
    for name, value in raw.items():
        path = ("metrics", name)
        if not name.strip() or not name.isprintable():
            problems.add(path, Message("job_file.bad_metric_name", name=name))
        section = check_shape(MetricSection, {} if value is None else value, path, problems)
        if problems.clean(*path) and (entry := _metric(section, path, problems)) is not None:
            metrics[name] = entry
    return metrics


_METRIC_KEYS = {"csv": "column", "jsonl": "path", "json": "path", "tensorboard": "tag"}
"""What says where in a file of each kind a metric is."""


def _metric(section: MetricSection, path: tuple[str, ...], problems: Problems) -> dict[str, str] | None:
    """A metric in its complete form: the keys that are given."""
    given = {key: value for key, value in section.model_dump(by_alias=True).items() if value is not None}
    sources = [key for key in ("regex", *_METRIC_KEYS) if key in given]
    if not sources:
        example, file_example = MetricSection.example, MetricSection.file_example
        problems.add((*path, "regex"), Message("job_file.no_regex", example=example, file_example=file_example))
        return None
    if len(sources) > 1:
        problems.add((*path, sources[1]), Message("job_file.two_sources", first=sources[0], second=sources[1]))
        return None
    source = sources[0]
    key = _METRIC_KEYS.get(source)
    usable = {source, "unit", *([key] if key else []), *(["step"] if key and source != "tensorboard" else [])}
    for other in sorted(given.keys() - usable):
        problems.add((*path, other), Message("job_file.metric_key_unused", key=other, source=source))
    if key is not None and key not in given:
        problems.add((*path, key), Message("job_file.no_metric_key", key=key, source=source, path=given[source]))
        return None
    return {name: given[name] for name in (source, key, "step", "unit") if name in given}


def read_objective(raw: object, metrics: Sequence[str], problems: Problems) -> dict[str, Any]:
    """The objective in its complete form.

    Args:
        raw: The section.
        metrics: Names of all metrics of the file, wrong ones included.
        problems: Collects the errors.
    """
    section = check_shape(ObjectiveSection, raw, ("objective",), problems)
    if raw is None and problems.clean("objective"):
        problems.add(("objective",), Message("job_file.no_objective", example=ObjectiveSection.example))
    elif isinstance(raw, Mapping) and section.goal is None and problems.clean("objective", "goal"):
        problems.add(("objective", "goal"), Message("job_file.no_goal"))
    metric = _objective_metric(section.metric, metrics, problems) if isinstance(raw, Mapping) else ""
    reduction, last_k = _reduction(section, problems)
    target = None if section.target is None else float(section.target)
    goal = section.goal or Goal.MINIMIZE.value
    document = {"metric": metric, "goal": goal, "reduce": reduction.value, "target": target}
    return {**document, "last_k": last_k} if reduction is Reduction.MEAN_LAST_K else document


def _objective_metric(given: str | None, metrics: Sequence[str], problems: Problems) -> str:
    if given is None:
        if len(metrics) > 1 and problems.clean("objective", "metric"):
            problems.add(("objective", "metric"), Message("job_file.no_objective_metric", metrics=metrics))
        return metrics[0] if metrics else ""
    if metrics and given not in metrics:
        problems.add(
            ("objective", "metric"),
            Message("job_file.unknown_metric", metrics=metrics, near=did_you_mean(given, metrics), value=given),
        )
    return given


def _reduction(section: ObjectiveSection, problems: Problems) -> tuple[Reduction, int]:
    word = section.reduce or Reduction.BEST.value
    if not word.startswith("mean_last_"):
        if section.last_k is not None and problems.clean("objective", "reduce"):
            problems.add(("objective", "last_k"), Message("job_file.last_k_unused", word=word))
        return Reduction(word), _DEFAULT_LAST_K
    written = word.removeprefix("mean_last_")
    last_k = section.last_k or _DEFAULT_LAST_K
    if written != "k":
        if section.last_k not in (None, int(written)):
            problems.add(
                ("objective", "last_k"),
                Message("job_file.last_k_differs", word=word, written=written, value=section.last_k),
            )
        last_k = int(written)
    return Reduction.MEAN_LAST_K, last_k


def read_search(raw: object, problems: Problems) -> dict[str, Any]:
    """The sampler and the budget, without ``start_with``; see `read_starts`."""
    section = check_shape(SearchSection, raw, ("search",), problems)
    in_trainings = None if section.budget is None else math.ceil(section.budget)
    trials = section.trials or section.num_samples or in_trainings or _DEFAULT_TRIALS
    if section.budget is not None and (section.trials or section.num_samples):
        problems.add(
            ("search", "budget"), Message("job_file.trials_and_budget", budget=f"{section.budget:g}", trials=trials)
        )
    if section.trials and section.num_samples and section.trials != section.num_samples:
        problems.add(
            ("search", "num_samples"),
            Message("job_file.two_budgets", trials=section.trials, value=section.num_samples),
        )
    if section.min_gain and section.patience is None:
        problems.add(("search", "min_gain"), Message("job_file.needs_patience"))
    if section.patience is not None and section.patience >= trials:
        problems.warn(("search", "patience"), Message("job_file.long_patience", n=section.patience, trials=trials))
    return {
        "sampler": section.sampler,
        "trials": trials,
        "seed": section.seed,
        "options": dict(section.options or {}),
        "start_with": [],
        "allow_duplicates": section.allow_duplicates,
        "usual_values": section.usual_values,
        "ordered": section.ordered,
        "patience": section.patience,
        "min_gain": section.min_gain or 0,
        "after": section.after,
        "from": section.from_,
        **({} if section.budget is None else {"budget": float(section.budget)}),
    }


def read_starts(
    raw: object, space: SearchSpace, parameters: Mapping[str, ParameterSpec], problems: Problems
) -> list[dict[str, Any]]:
    """Parse ``start_with``: params completed by defaults, and known values.

    Args:
        raw: The section ``search``; errors in its shape are reported elsewhere.
        space: The searched parameters.
        parameters: All of them.
        problems: Collects the errors.
    """
    items = raw.get("start_with") if isinstance(raw, Mapping) else None
    if not isinstance(items, list):
        return []
    starts = []
    for i, item in enumerate(items):
        if isinstance(item, Mapping):
            start = _start(item, ("search", "start_with", i), space, parameters, problems)
            starts += [start] if start else []
    return starts


def _start(
    item: Mapping[str, Any],
    path: places.Path,
    space: SearchSpace,
    parameters: Mapping[str, ParameterSpec],
    problems: Problems,
) -> dict[str, Any] | None:
    params, value = item, None
    if isinstance(item.get("params"), Mapping):
        for key in sorted(item.keys() - {"params", "value"}):
            problems.add((*path, key), Message("job_file.unknown_start_key", key=key))
        params, value = item["params"], item.get("value")
        if value is not None and not _is_finite(value):
            problems.add((*path, "value"), Message("job_file.bad_start_value", value=shown(value)))
        path = (*path, "params")
    searched = _searched_params(params, path, space, parameters, problems)
    if not problems.clean(*path) or not problems.clean(*path[:3]):
        return None
    try:
        valid = {"params": dict(space.validate(_with_defaults(searched, space)))}
    except SpaceError as err:
        problems.add(path, err.message)
        return None
    return valid if value is None else {**valid, "value": float(value)}


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def _searched_params(
    params: Mapping[str, Any],
    path: places.Path,
    space: SearchSpace,
    parameters: Mapping[str, ParameterSpec],
    problems: Problems,
) -> dict[str, Scalar]:
    searched: dict[str, Scalar] = {}
    for name, value in params.items():
        here = (*path, name)
        if name in space:
            try:
                searched[name] = space[name].coerce(value)
            except SpaceError as err:
                problems.add(here, err.message)
        elif name not in parameters:
            problems.add(here, Message("space.unknown_name", name=name, near=did_you_mean(name, parameters)))
        elif not same_value(parameters[name].value, value):
            problems.add(
                here, Message("job_file.start_of_fixed", value=shown(value), name=name, fixed=parameters[name].value)
            )
    return searched


def _with_defaults(params: Mapping[str, Scalar], space: SearchSpace) -> Params:
    """Add the defaults of active parameters that are missing."""
    complete: Params = dict(params)
    for name in space.order:
        default = space[name].default
        if name not in complete and default is not None and space.is_active(name, complete):
            complete[name] = default
    return complete


def read_run(raw: object, problems: Problems) -> dict[str, Any]:
    """How trials are run."""
    section = check_shape(RunSection, raw, ("run",), problems)
    checks.check_executor(section.executor, problems)
    _warn_about_run(section, problems)
    return section.model_dump(mode="json")


def _warn_about_run(section: RunSection, problems: Problems) -> None:
    if section.max_failed is None:
        problems.warn(("run", "max_failed"), Message("job_file.never_stops"))
    if section.on_timeout == OnTimeout.KEEP and not section.trial_timeout:
        problems.warn(("run", "on_timeout"), Message("job_file.needs_trial_timeout"))
    if section.gpu_ids and not section.gpus:
        problems.warn(("run", "gpu_ids"), Message("job_file.needs_gpus"))
    if section.gpu_ids and section.gpus > len(section.gpu_ids):
        problems.add(
            ("run", "gpus"),
            Message("job_file.few_gpu_ids", value=section.gpus, n=len(section.gpu_ids)),
        )
    for key in ("trial_timeout", "idle_timeout"):
        limit = getattr(section, key)
        if limit and section.job_timeout and limit > section.job_timeout:
            problems.warn(
                ("run", key), Message("job_file.longer_than_job", limit=f"{limit:g}", most=f"{section.job_timeout:g}")
            )
    if section.trial_timeout and section.idle_timeout and section.idle_timeout > section.trial_timeout:
        problems.warn(("run", "idle_timeout"), Message("job_file.longer_than_trial"))


def absolute(path: str, base_dir: Path) -> Path:
    """Make a path of a job file absolute, without following links."""
    return Path(os.path.abspath(base_dir / Path(path).expanduser()))


def read_files(raw: Mapping[str, Any] | None, base_dir: Path, problems: Problems) -> dict[str, str]:
    """Rendered name -> template path; `checks.check_files` checks the templates."""
    files = {}
    for name, template in (raw or {}).items():
        path = ("files", name)
        if not name.strip() or Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name:
            problems.add(path, Message("job_file.bad_file_name", name=name))
        if not isinstance(template, str) or not template.strip() or "\0" in template:
            problems.add(path, Message("job_file.bad_template", value=shown(template)))
        else:
            files[name] = str(absolute(template, base_dir))
    return files


def read_stopping(raw: object, run: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The stopping rule; keys that not every rule has are its options.

    Args:
        raw: The section.
        run: The section ``run``, complete: where trials run decides whether they can be paused.
        problems: Collects the errors.
    """
    given = raw if isinstance(raw, Mapping) else {}
    of_all = {key: value for key, value in given.items() if key in StoppingSection.model_fields}
    section = check_shape(StoppingSection, of_all if given else raw, ("stopping",), problems)
    options = {key: value for key, value in given.items() if key not in of_all and value is not None}
    checks.check_stopping(section.rule, options, problems)
    if section.on_cut == OnCut.PAUSE:
        checks.check_pausing(run, problems, with_gpu=section.pause_gpu)
    return {"rule": section.rule} | section.model_dump(exclude_defaults=True) | options
