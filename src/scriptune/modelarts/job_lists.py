"""The list of training jobs, with the documented filters, order and pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scriptune.core.job import JobState, SearchJob
from scriptune.engine.engine import Engine
from scriptune.messages import Message, did_you_mean
from scriptune.modelarts.errors import refused
from scriptune.modelarts.job_answers import PHASES, echo_of, job_answer, milliseconds
from scriptune.modelarts.requests import labels_of
from scriptune.modelarts.schemas import JobFilterBody, JobSearchBody

__all__ = ["is_taken", "list_jobs"]

_SORTS = {"create_time": "created_at", "name": "name", "phase": "state"}
_OPERATORS = ("between", "like", "in", "not")
_PAGE = 500
_FIELDS: Mapping[str, Callable[[SearchJob], str]] = {
    "name": lambda job: job.name,
    "create_time": lambda job: str(milliseconds(job.created_at)),
    "phase": lambda job: PHASES[job.state],
    "algorithm_name": lambda job: str(echo_of(job).get("algorithm", {}).get("name") or ""),
    "kind": lambda job: str(echo_of(job).get("kind", "job")),
    "user_id": lambda job: "",  # noqa: ARG005 - keys have no users
    "runtime_type": lambda job: "",  # noqa: ARG005
}


def list_jobs(engine: Engine, project: str, search: JobSearchBody, note: Callable[[SearchJob], None]) -> dict[str, Any]:
    """A page of jobs as documented; ``offset`` counts pages here.

    Args:
        engine: The installation.
        project: The owner of the jobs.
        search: The query.
        note: Called with each job of the page.

    Raises:
        ModelArtsError: An unknown key (2807), operator (2808), value (2809) or order (2790).
    """
    sort_by, order = search.sort_by or "create_time", search.order or "desc"
    if sort_by not in _SORTS:
        raise refused(
            2790,
            Message(
                "modelarts.bad_job_sort",
                value=sort_by[:60],
                near=did_you_mean(sort_by, _SORTS),
                known=list(_SORTS),
            ),
        )
    sort = ("-" if order == "desc" else "") + _SORTS[sort_by]
    filters = [found for found in search.filters or () if _is_meant(found)]
    states, rest = _states(filters)
    first = search.offset * search.limit
    labels = labels_of(project)
    if rest:
        fitting = [
            job for job in _all(engine, labels, states=states, sort=sort) if all(_fits(job, one) for one in rest)
        ]
        count, jobs = len(fitting), fitting[first : first + search.limit]
    else:
        page = engine.jobs(labels=labels, states=states, offset=first, limit=search.limit, sort=sort)
        count, jobs = page.total, [summary.job for summary in page.items]
    for job in jobs:
        note(job)
    now = engine.clock()
    return {
        "total": engine.jobs(labels=labels, limit=1).total,
        "count": count,
        "limit": search.limit,
        "offset": search.offset,
        "sort_by": sort_by,
        "order": order,
        "group_by": search.group_by or "",
        "workspace_id": search.workspace_id or "0",
        "ai_project": "default-ai-project",
        "items": [job_answer(job, now) for job in jobs],
    }


def is_taken(engine: Engine, project: str, name: str) -> bool:
    """Whether the name is used by a job of the project."""
    return any(job.name == name for job in _all(engine, labels_of(project), text=name))


def _all(
    engine: Engine,
    labels: Mapping[str, str],
    *,
    text: str = "",
    states: Sequence[JobState] = (),
    sort: str = "-created_at",
) -> list[SearchJob]:
    jobs: list[SearchJob] = []
    while True:
        page = engine.jobs(text=text, labels=labels, states=states, offset=len(jobs), limit=_PAGE, sort=sort)
        jobs += [summary.job for summary in page.items]
        if not page.items or len(jobs) >= page.total:
            return jobs


def _is_meant(found: JobFilterBody) -> bool:
    """Whether a filter has values; empty ones are ignored, but their keys and operators are still checked."""
    if found.key not in _FIELDS:
        raise refused(
            2807, Message("modelarts.bad_filter_key", key=found.key[:60], near=did_you_mean(found.key, _FIELDS))
        )
    if found.operator not in _OPERATORS:
        raise refused(
            2808, Message("modelarts.bad_filter_operator", operator=found.operator[:60], known=list(_OPERATORS))
        )
    values = [value for value in found.value or () if value]
    if found.operator == "between" and values:
        _bounds(found.key, values)
    return bool(values)


def _states(filters: Sequence[JobFilterBody]) -> tuple[list[JobState], list[JobFilterBody]]:
    """Split filters: one on phases goes to the database; the rest is evaluated here."""
    for found in filters:
        if found.key == "phase" and found.operator == "in":
            wanted = set(found.value or ())
            # A queued job is Creating to its creator and Pending later.
            states = [
                s for s, phase in PHASES.items() if phase in wanted or (s is JobState.QUEUED and "Creating" in wanted)
            ]
            if states:
                return states, [other for other in filters if other is not found]
    return [], list(filters)


def _fits(job: SearchJob, found: JobFilterBody) -> bool:
    text = _FIELDS[found.key](job)
    values = [value for value in found.value or () if value]
    match found.operator:
        case "like":
            return any(value.strip("%").lower() in text.lower() for value in values)
        case "in":
            return text in values
        case "not":
            return text not in values
        case _:
            return _is_between(found.key, text, values)


def _is_between(key: str, text: str, values: Sequence[str]) -> bool:
    low, high = _bounds(key, values)
    return text.isdigit() and low <= int(text) <= high


def _bounds(key: str, values: Sequence[str]) -> tuple[int, int]:
    try:
        low, high = (int(value) for value in values)
    except ValueError as err:
        raise refused(2809, Message("modelarts.bad_between", key=key, values=list(values))) from err
    return low, high
