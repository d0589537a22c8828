"""Answers about training jobs: states, times, and the parts of the request that are echoed.

queued Pending   running Running   stopping Terminating   completed Completed   failed Failed   stopped Terminated
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from scriptune.core.job import JobState, SearchJob
from scriptune.modelarts.translation import LABEL

__all__ = ["PHASES", "TASK", "echo_of", "job_answer", "milliseconds"]

TASK = "worker-0"
"""The only task of a job; routes of logs and metrics take its name."""

PHASES: Mapping[JobState, str] = MappingProxyType(
    {
        JobState.QUEUED: "Pending",
        JobState.RUNNING: "Running",
        JobState.STOPPING: "Terminating",
        JobState.COMPLETED: "Completed",
        JobState.FAILED: "Failed",
        JobState.STOPPED: "Terminated",
    }
)

_SECONDARY = {"Pending": "Queuing"}


def milliseconds(at: datetime | None) -> int:
    """A time in milliseconds since 1970; 0 if absent, since the client fails on an empty string."""
    return 0 if at is None else int(at.timestamp() * 1000)


def echo_of(job: SearchJob) -> Mapping[str, Any]:
    """The request that created a job; empty parts if it was not created by this API."""
    echo: Mapping[str, Any] = job.labels.get(LABEL) or {}
    return echo


def job_answer(job: SearchJob, now: datetime, *, phase: str | None = None) -> dict[str, Any]:
    """The documented answer about a job.

    Args:
        job: The job.
        now: For the duration of one that runs.
        phase: Overrides the job's own phase.
    """
    echo = echo_of(job)
    metadata = echo.get("metadata", {})
    return {
        "kind": echo.get("kind", "job"),
        "metadata": {
            "id": job.id,
            "name": job.name,
            "description": metadata.get("description", ""),
            "create_time": milliseconds(job.created_at),
            "workspace_id": metadata.get("workspace_id", "0"),
            "ai_project": "default-ai-project",
            "user_name": "",
            "annotations": metadata.get("annotations", {}),
        },
        "status": _status(job, now, phase or PHASES[job.state]),
        "algorithm": dict(echo.get("algorithm", {})),
        "spec": _spec(echo.get("spec", {})),
    }


def _status(job: SearchJob, now: datetime, phase: str) -> dict[str, Any]:
    started, ended = milliseconds(job.started_at), milliseconds(job.finished_at)
    until = ended or (milliseconds(now) if started else 0)
    exit_codes = {JobState.COMPLETED: 0, JobState.FAILED: 1}
    return {
        "phase": phase,
        "secondary_phase": _SECONDARY.get(phase, phase),
        "duration": max(0, until - started) if started else 0,
        "start_time": started,
        "node_count_metrics": [[started, 1]] if started else None,
        "tasks": [TASK],
        "task_statuses": [{"task": TASK, "exit_code": exit_codes[job.state], "message": job.message}]
        if job.state in exit_codes
        else [],
    }


def _spec(sent: Mapping[str, Any]) -> dict[str, Any]:
    resource = {"policy": "regular", "flavor_id": "", "flavor_name": "", "node_count": 1}
    return {**sent, "resource": {**resource, **(sent.get("resource") or {})}, "log_export_path": _path_of(sent)}


def _path_of(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    path: Mapping[str, Any] = sent.get("log_export_path") or {}
    return path
