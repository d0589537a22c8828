"""Dependencies shared by the routes: the request's project, engine, job and body."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

from fastapi import Body, Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from scriptune.api.masking import note_document
from scriptune.api.service import Service, ServiceDep
from scriptune.core.job import SearchJob
from scriptune.engine.keys import PROJECT_LABEL
from scriptune.errors import NotFoundError
from scriptune.messages import Message
from scriptune.modelarts.algorithm_store import AlgorithmStore
from scriptune.modelarts.errors import job_not_found, refused
from scriptune.modelarts.translation import LABEL

__all__ = [
    "FACE",
    "AlgorithmStoreDep",
    "JobDep",
    "ProjectPath",
    "RawBody",
    "labels_of",
    "note_job",
    "project_job",
    "read_body",
]

FACE = {"face": "modelarts"}
"""The label by which the database finds the jobs of this front end."""

_M = TypeVar("_M", bound=BaseModel)

ProjectPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
RawBody = Annotated[dict[str, Any], Body()]


def labels_of(project: str) -> dict[str, str]:
    """The labels of all jobs that were created here for a project."""
    return {PROJECT_LABEL: project, **FACE}


def project_job(service: Service, project: str, job_id: str) -> SearchJob:
    """Look up a job of a project that was created here.

    Raises:
        ModelArtsError: There is none (2775).
    """
    try:
        job = service.engine.job_by_id(job_id)
    except NotFoundError as err:
        raise job_not_found(job_id) from err
    if job.labels.get(PROJECT_LABEL) != project or LABEL not in job.labels:
        raise job_not_found(job_id)
    return job


def read_body(model: type[_M], raw: dict[str, Any]) -> _M:
    """Parse a body to its model.

    Raises:
        RequestValidationError: It does not fit the model.
        ModelArtsError: It contains values that cannot be stored: NaN, a NUL character (2788).
    """
    try:
        text = json.dumps(raw, allow_nan=False)
    except ValueError as err:
        raise refused(2788, Message("modelarts.non_finite_body")) from err
    if "\\u0000" in text:
        raise refused(2788, Message("modelarts.zero_byte"))
    try:
        return model.model_validate(raw)
    except ValidationError as err:
        raise RequestValidationError(err.errors(include_url=False, include_context=False)) from err


def note_job(request: Request, job: SearchJob) -> None:
    """Register that the answer shows parts of a job and of the request that created it."""
    note_document(request, job.document)
    note_document(request, job.labels[LABEL])


def _job(request: Request, service: ServiceDep, project_id: ProjectPath, training_job_id: str) -> SearchJob:
    job = project_job(service, project_id, training_job_id)
    note_job(request, job)
    return job


def _algorithms(service: ServiceDep, project_id: ProjectPath) -> AlgorithmStore:
    return AlgorithmStore(service.engine, project_id)


JobDep = Annotated[SearchJob, Depends(_job)]
AlgorithmStoreDep = Annotated[AlgorithmStore, Depends(_algorithms)]
