"""Routes that follow a job: logs, metrics, events, stages, tasks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from scriptune.api.answers import JsonResponse
from scriptune.api.service import EngineDep
from scriptune.core.job import Event, SearchJob
from scriptune.engine.engine import Engine
from scriptune.modelarts.job_answers import PHASES, TASK, milliseconds
from scriptune.modelarts.job_logs import log_preview, trials_of_task
from scriptune.modelarts.requests import JobDep
from scriptune.modelarts.route import ModelArtsRoute

__all__ = ["router"]

router = APIRouter(route_class=ModelArtsRoute, prefix="/training-jobs/{training_job_id}")

_LINES = 50
_MAX_LINES = 1000
_PAGE = 50
_BATCH = 1000
_Order = Literal["asc", "desc"]


@router.get("/tasks/{task_id}/logs/preview")
def preview_log(engine: EngineDep, job: JobDep, task_id: str) -> Response:
    """The end of the log, at most 5 MB."""
    preview = log_preview(engine, job, task_id)
    sizes = {"current_size": preview.current_size, "full_size": preview.full_size}
    return JsonResponse({"content": preview.content, **sizes})


@router.get("/logs/{task_id}")
def show_log_lines(
    engine: EngineDep,
    job: JobDep,
    task_id: str,
    base_line: str = "",
    lines: Annotated[int, Query(ge=1, le=_MAX_LINES)] = _LINES,
    order: _Order = "desc",
) -> Response:
    """Lines before (``desc``) or after (``asc``) a line of the preview; the last ones without ``base_line``."""
    everything = log_preview(engine, job, task_id).content.splitlines()
    base = int(base_line) if base_line.isdigit() else (len(everything) if order == "desc" else -1)
    first, last = (max(0, base - lines), base) if order == "desc" else (base + 1, base + 1 + lines)
    shown = everything[first:last]
    place = {"start_line": str(first), "end_line": str(first + max(0, len(shown) - 1))}
    return JsonResponse({**place, "lines": len(shown), "content": "\n".join(shown)})


@router.get("/metrics/{task_id}")
def show_metrics(engine: EngineDep, job: JobDep, task_id: str) -> Response:
    """The metric values of the trials in order: each trial's final or current value."""
    trials = trials_of_task(engine, job, task_id)
    found = [
        {"metric": name, "value": [t.metrics[name] for t in trials if math.isfinite(t.metrics.get(name, math.nan))]}
        for name in job.document["metrics"]
    ]
    return JsonResponse({"metrics": found})


@router.get("/events")
def list_events(
    engine: EngineDep,
    job: JobDep,
    offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
    order: _Order = "desc",
    start_time: str = "",
    end_time: str = "",
    level: str = "",
    pattern: str = "",
) -> Response:
    """State changes of the job and its trials; ``pattern`` is a substring of the message."""
    rows = [_event_row(event) for event in _events(engine, job) if _is_within(event.at, start_time, end_time)]
    rows = [row for row in rows if level.lower() in ("", row["level"].lower()) and pattern in row["message"]]
    if order == "desc":
        rows.reverse()
    return JsonResponse(
        {
            "total": len(rows),
            "limit": limit,
            "offset": offset,
            "order": order,
            "start_time": start_time,
            "end_time": end_time,
            "events": rows[offset : offset + limit],
        }
    )


def _events(engine: Engine, job: SearchJob) -> Iterator[Event]:
    after = 0
    while batch := engine.events(job.id, after=after, limit=_BATCH):
        yield from (event for event in batch if event.kind != "reports")
        after = batch[-1].seq


def _event_row(event: Event) -> dict[str, str]:
    state = str(event.data.get("state", ""))
    what = "The training job" if event.number is None else f"Trial {event.number}"
    why = event.data.get("message") or event.data.get("cause")
    return {
        "time": event.at.isoformat(timespec="milliseconds"),
        "level": "Error" if state == "failed" else "Info",
        "message": f"{what} is {state}{f': {why}' if why else ''}",
        "source": "scriptune",
    }


def _is_within(at: datetime, start: str, end: str) -> bool:
    """Whether a time is within bounds in milliseconds since 1970; invalid bounds are ignored."""
    ms = milliseconds(at)
    return (not start.isdigit() or ms >= int(start)) and (not end.isdigit() or ms <= int(end))


@router.get("/stages")
def list_stages(job: JobDep) -> Response:
    """The only stage of a job: its run."""
    stage = {
        "name": "Running",
        "status": PHASES[job.state],
        "start_time": milliseconds(job.started_at),
        "end_time": milliseconds(job.finished_at),
    }
    records: list[dict[str, Any]] = [{"record_order": 0, "stages": [stage]}] if job.started_at else []
    return JsonResponse({"total_count": len(records), "running_records": records})


@router.get("/tasks")
def list_tasks(job: JobDep) -> Response:  # noqa: ARG001  # it must be there
    """The only task of a job."""
    return JsonResponse([{"task": TASK, "ip": "127.0.0.1", "host_ip": "127.0.0.1", "schedule_count": 0}])
