"""Routes of training jobs."""

from __future__ import annotations

import shutil
import time
import uuid
from functools import partial
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from scriptune.api.answers import JsonResponse
from scriptune.api.service import EngineDep, ServiceDep
from scriptune.core.job import JobState, SearchJob
from scriptune.engine.engine import Engine
from scriptune.errors import ConflictError
from scriptune.messages import Message
from scriptune.modelarts.algorithm_store import AlgorithmStore
from scriptune.modelarts.errors import ModelArtsError, refused
from scriptune.modelarts.job_answers import echo_of, job_answer
from scriptune.modelarts.job_lists import is_taken, list_jobs
from scriptune.modelarts.options import read_options
from scriptune.modelarts.requests import JobDep, ProjectPath, RawBody, labels_of, note_job, project_job, read_body
from scriptune.modelarts.route import ModelArtsRoute
from scriptune.modelarts.schemas import ActionBody, BatchDeleteBody, ChangeJobBody, JobSearchBody, TrainingJobBody
from scriptune.modelarts.translation import LABEL, translate

__all__ = ["router"]

router = APIRouter(route_class=ModelArtsRoute)

_STOPPABLE = (JobState.QUEUED, JobState.RUNNING)
_DELETE_WAITS_S = 30.0  # trials get 10 s to end on their own, and are killed then
_LOOK_AGAIN_S = 0.1


@router.post("/training-jobs")
def create_training_job(engine: EngineDep, project_id: ProjectPath, raw: RawBody) -> Response:
    """Create a job and put it into the queue."""
    body = read_body(TrainingJobBody, raw)
    store = AlgorithmStore(engine, project_id)
    algorithm = store.get(body.algorithm.id) if body.algorithm.id else None
    job_id, mine = str(uuid.uuid4()), labels_of(project_id)
    folder = engine.settings.jobs_folder / job_id
    try:
        made = translate(
            body,
            raw,
            algorithm,
            home=engine.settings.home,
            staging=folder / "modelarts",
            options=read_options(),
        )
        job = engine.submit(
            made.document,
            base_dir=Path(made.document["workdir"]),
            labels={**mine, LABEL: made.echo},
            job_id=job_id,
            unique_among=mine,
            is_plain=True,
        )
    except BaseException as err:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(err, ConflictError):
            name = body.metadata.name
            raise refused(2751, Message("modelarts.job_taken", name=name)) from err
        raise
    return JsonResponse(job_answer(job, engine.clock(), phase="Creating"), status_code=201)


@router.post("/training-job-searches")
def search_training_jobs(request: Request, engine: EngineDep, project_id: ProjectPath, raw: RawBody) -> Response:
    """A page of jobs."""
    body = read_body(JobSearchBody, raw)
    return JsonResponse(list_jobs(engine, project_id, body, partial(note_job, request)))


@router.get("/training-job-names")
def validate_training_job_name(engine: EngineDep, project_id: ProjectPath, job_name: str) -> Response:
    """Whether a job name is already used."""
    return JsonResponse({"is_duplicate": is_taken(engine, project_id, job_name)})


@router.post("/training-jobs/batch-delete")
def delete_training_jobs(service: ServiceDep, project_id: ProjectPath, raw: RawBody) -> Response:
    """Delete jobs, after checking that all of them exist."""
    body = read_body(BatchDeleteBody, raw)
    jobs = [project_job(service, project_id, job.metadata.id) for job in body.jobs]
    for job in jobs:  # all at once: waiting for a hundred, one after the other, would take an hour
        _ask_to_stop(service.engine, job)
    for job in jobs:
        _delete(service.engine, job)
    return JsonResponse({}, status_code=202)


@router.get("/training-jobs/{training_job_id}")
def show_training_job(engine: EngineDep, job: JobDep) -> Response:
    """One job."""
    return JsonResponse(job_answer(job, engine.clock()))


@router.put("/training-jobs/{training_job_id}")
def change_training_job(engine: EngineDep, job: JobDep, raw: RawBody) -> Response:
    """Change a job's description."""
    body = read_body(ChangeJobBody, raw)
    echo = dict(echo_of(job))
    echo["metadata"] = {**echo.get("metadata", {}), "description": body.description or ""}
    engine.relabel(job.id, {**job.labels, LABEL: echo})
    return JsonResponse(None)


@router.post("/training-jobs/{training_job_id}/actions")
def act_on_training_job(engine: EngineDep, job: JobDep, raw: RawBody) -> Response:
    """Stop a job and its running trials."""
    body = read_body(ActionBody, raw)
    if body.action_type != "terminate":
        raise refused(2812, Message("modelarts.bad_action", value=body.action_type[:60]))
    if job.state not in _STOPPABLE:
        raise _not_stoppable(job)
    try:
        stopped = engine.stop(job.id)
    except ConflictError as err:  # it ended in this instant
        raise _not_stoppable(job) from err
    return JsonResponse(job_answer(stopped, engine.clock(), phase="Terminating"), status_code=202)


def _not_stoppable(job: SearchJob) -> ModelArtsError:
    return refused(2796, Message("modelarts.job_not_stoppable", name=job.name, state=job.state))


@router.delete("/training-jobs/{training_job_id}")
def delete_training_job(engine: EngineDep, job: JobDep) -> Response:
    """Delete a job with its logs, stopping it first if it is running."""
    _delete(engine, job)
    return JsonResponse("", status_code=202)


def _delete(engine: Engine, job: SearchJob) -> None:
    deadline = time.monotonic() + _DELETE_WAITS_S
    while True:
        try:
            engine.delete(job.id)
            break
        except ConflictError as err:
            if time.monotonic() > deadline:
                raise refused(2796, Message("modelarts.job_stopping", name=job.name)) from err
        _ask_to_stop(engine, job)
        time.sleep(_LOOK_AGAIN_S)


def _ask_to_stop(engine: Engine, job: SearchJob) -> None:
    now = engine.job_by_id(job.id)
    if now.state in _STOPPABLE and not now.stop_requested:
        try:
            engine.stop(job.id)
        except ConflictError:
            return  # it has ended
