"""The requested changes of a re-parse, and the job file with these changes applied."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scriptune.core.job import SearchJob
from scriptune.errors import ConflictError, JobFileError, NotFoundError
from scriptune.jobfile.problems import Problems
from scriptune.jobfile.sections import read_objective
from scriptune.messages import Message, did_you_mean
from scriptune.metrics.pattern import compile_pattern

__all__ = ["ReparseChanges", "changed_document", "name_now"]

_MAX_NAME_CHARS = 200  # as in job files


@dataclass(frozen=True)
class ReparseChanges:
    """The requested changes of a re-parse.

    Attributes:
        regexes: Metric, by its old or its new name -> regex; under "" that of the objective.
        reduce: Another reduction.
        name: Another name of the objective's metric.
        goal: Another goal.
    """

    regexes: Mapping[str, str] = field(default_factory=dict)
    reduce: str | None = None
    name: str | None = None
    goal: str | None = None


def changed_document(job: SearchJob, changes: ReparseChanges) -> dict[str, Any]:
    """The job file of a job with the changes applied.

    Raises:
        ConflictError: The new name is that of another metric.
        NotFoundError: A regex is given for a metric that the job does not have.
        MetricPatternError: A regex cannot be used.
        JobFileError: The reduction, the goal or the name cannot be used.
    """
    document = copy.deepcopy(dict(job.document))
    if changes.name is not None and changes.name != job.metric:
        _check_name(job, changes.name)
        document["metrics"] = {
            changes.name if name == job.metric else name: metric for name, metric in document["metrics"].items()
        }
        document["objective"]["metric"] = changes.name
    for name, regex in changes.regexes.items():
        metric = name_now(name, job, changes)
        if metric not in document["metrics"]:
            raise NotFoundError(
                Message("job.no_metric", name=job.name, metric=metric, near=did_you_mean(metric, document["metrics"]))
            )
        compile_pattern(metric, regex)
        # A metric of a file is read from the log then.
        unit = {key: value for key, value in document["metrics"][metric].items() if key == "unit"}
        document["metrics"][metric] = {"regex": regex, **unit}
    objective = dict(document["objective"])
    if changes.reduce is not None:
        objective["reduce"] = changes.reduce
        if changes.reduce != "mean_last_k":
            objective.pop("last_k", None)
    if changes.goal is not None:
        objective["goal"] = changes.goal
    if objective != document["objective"]:
        document["objective"] = _objective(objective, list(document["metrics"]))
    return document


def name_now(name: str, job: SearchJob, changes: ReparseChanges) -> str:
    """The new name of a metric that is given by its old name, its new name or ""."""
    return (changes.name or job.metric) if name in ("", job.metric) else name


def _check_name(job: SearchJob, name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > _MAX_NAME_CHARS:
        problem = Message("reparse.bad_name", name=name, most=_MAX_NAME_CHARS)
        raise JobFileError([Message("job_file.mistake", place="reparse: name", problem=problem)])
    if name in job.document["metrics"]:
        raise ConflictError(
            Message("reparse.name_taken", name=job.name, metric=name), hint=Message("reparse.choose_name")
        )


def _objective(section: dict[str, Any], metrics: list[str]) -> dict[str, Any]:
    """The changed objective section in complete form."""
    problems = Problems("reparse")
    complete = read_objective(section, metrics, problems)
    problems.raise_if_any()
    return complete
