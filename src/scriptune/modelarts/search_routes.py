"""Routes of searches: trials, early stop, sensitivity, YAML templates."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from scriptune.analysis.results import Importance
from scriptune.api.answers import JsonResponse
from scriptune.api.service import EngineDep, Service, ServiceDep, tells_version
from scriptune.core.job import SearchJob
from scriptune.core.trial import Trial
from scriptune.engine.engine import Engine
from scriptune.engine.serialise import from_json
from scriptune.errors import ConflictError
from scriptune.messages import Message
from scriptune.modelarts.errors import refused
from scriptune.modelarts.job_answers import echo_of
from scriptune.modelarts.options import read_options
from scriptune.modelarts.requests import JobDep, ProjectPath
from scriptune.modelarts.route import ModelArtsRoute
from scriptune.modelarts.sensitivity import draw_sensitivity, sensitivity_table
from scriptune.modelarts.tables import trial_reports_table, trials_table
from scriptune.modelarts.templates import template_content, template_listing
from scriptune.modelarts.trial_ids import trial_number

__all__ = ["router"]

router = APIRouter(route_class=ModelArtsRoute)

_DEFAULT_PAGE = 50
_MAX_PAGE = 1000


# These two come first: "autosearch" is where other routes have a job's id.
@router.get("/training-jobs/autosearch/yaml-templates")
def list_yaml_templates(project_id: ProjectPath) -> Response:  # noqa: ARG001  # FastAPI checks it
    """The names of the templates."""
    return JsonResponse({"yaml_templates": template_listing()})


@router.get("/training-jobs/autosearch/yaml-templates/{algorithm_type}/{algorithm_name}")
def show_yaml_template(project_id: ProjectPath, algorithm_type: str, algorithm_name: str) -> Response:  # noqa: ARG001
    """One template."""
    return JsonResponse(template_content(algorithm_type, algorithm_name))


@router.get("/training-jobs/{training_job_id}/autosearch-trials")
def list_trials(
    engine: EngineDep,
    job: JobDep,
    limit: Annotated[int, Query(ge=1, le=_MAX_PAGE)] = _DEFAULT_PAGE,
    offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """A page of trials by number; ``offset`` counts trials."""
    page = engine.trials(job.id, offset=offset, limit=limit)
    as_text = read_options().config_as_text
    return JsonResponse(
        {
            "total": page.total,
            "count": len(page.items),
            "limit": limit,
            "offset": offset,
            "group_by": "",
            "items": trials_table(engine, job, page.items, config_as_text=as_text),
        }
    )


@router.get("/training-jobs/{training_job_id}/autosearch-trials/{trial_id}")
def show_trial(engine: EngineDep, job: JobDep, trial_id: str) -> Response:
    """The reports of one trial."""
    trial = _trial(engine, job, trial_id)
    as_text = read_options().config_as_text
    return JsonResponse(trial_reports_table(engine, job, trial, config_as_text=as_text))


@router.post("/training-jobs/{training_job_id}/autosearch-trial-earlystop/{trial_id}")
def stop_trial_early(engine: EngineDep, job: JobDep, trial_id: str) -> Response:
    """Stop a trial early; it counts with what it has printed."""
    trial = _trial(engine, job, trial_id)
    try:
        engine.stop(job.id, trial.number)
    except ConflictError as err:
        raise refused(2788, Message("modelarts.trial_not_stoppable", trial=trial_id, state=trial.state)) from err
    return JsonResponse({"earlystop_trial": trial_id})


def _trial(engine: Engine, job: SearchJob, trial_id: str) -> Trial:
    number = trial_number(job.id, trial_id, engine.trials(job.id, limit=1).total)
    return engine.trial(job.id, number).trial


@router.get("/training-jobs/{training_job_id}/autosearch-parameter-analysis")
async def show_sensitivity(service: ServiceDep, job: JobDep) -> Response:
    """The importance of each hyperparameter."""
    return JsonResponse(sensitivity_table(await _importance(service, job)))


@router.get("/training-jobs/{training_job_id}/autosearch-parameter-analysis/{parameter_name}")
async def show_sensitivity_picture(service: ServiceDep, job: JobDep, parameter_name: str) -> Response:
    """Plot the effect of one hyperparameter and return the picture's path."""
    rows = await _importance(service, job)
    output = echo_of(job).get("output")
    path = await run_in_threadpool(draw_sensitivity, service.engine, job, rows, parameter_name, output, read_options())
    return JsonResponse({"file_path": path})


async def _importance(service: Service, job: SearchJob) -> list[Importance]:
    key = ("importance", job.id)  # remembered for both front ends
    body = await service.cache.body(key, tells_version(job), lambda: service.engine.importance(job.id))
    rows: list[Importance] = from_json(list[Importance], json.loads(body))
    return rows
