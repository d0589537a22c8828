"""Analysis routes: best trial, history, importance, and the data of the plots."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from scriptune.analysis.results import Calibration, HistoryPoint, Importance, Marginal, Surface
from scriptune.api.answer_models import answer_model
from scriptune.api.answers import answer, etag_of, not_modified
from scriptune.api.paging import OffsetQuery, TrialSort
from scriptune.api.service import EngineDep, JobDep, ServiceDep, cached_response, events_version, tells_version
from scriptune.engine.curves import Curve
from scriptune.engine.views import Best

__all__ = ["router"]

router = APIRouter(prefix="/jobs/{job_id}", tags=["analysis"])

_MAX_CURVE_POINTS = 400_000  # in one answer

_NameQuery = Annotated[str, Query(max_length=500, description="Name of a searched parameter.")]


@router.get("/best", response_model=answer_model(Best | None))
def show_best(request: Request, job: JobDep, engine: EngineDep) -> Response:
    """The best trial and how to run it again; null while no trial has a value."""
    return answer(request, engine.best(job.id), job=job)


@router.get("/history", response_model=answer_model(list[HistoryPoint]))
async def show_history(
    request: Request,
    job: JobDep,
    service: ServiceDep,
    points: Annotated[
        int, Query(ge=2, le=100_000, description="Approximate number; every improvement is kept.")
    ] = 2000,
) -> Response:
    """Values and best so far by trial number."""
    key = ("history", job.id, points)
    return await cached_response(
        request, service, key, events_version(job), lambda: service.engine.history(job.id, points=points)
    )


@router.get("/calibration", response_model=answer_model(Calibration))
async def show_calibration(request: Request, job: JobDep, service: ServiceDep) -> Response:
    """How often results fell into the 50 % and 90 % bands of their predictions."""
    key = ("calibration", job.id)
    return await cached_response(request, service, key, tells_version(job), lambda: service.engine.calibration(job.id))


@router.get("/importance", response_model=answer_model(list[Importance]))
async def show_importance(request: Request, job: JobDep, service: ServiceDep) -> Response:
    """The importance of each searched parameter; empty with fewer than two finished trials."""
    key = ("importance", job.id)
    return await cached_response(request, service, key, tells_version(job), lambda: service.engine.importance(job.id))


@router.get("/marginals", response_model=answer_model(Marginal))
async def show_marginal(request: Request, job: JobDep, service: ServiceDep, parameter: _NameQuery) -> Response:
    """The effect of one parameter on the metric, averaged over the others."""
    key = ("marginal", job.id, parameter)
    return await cached_response(
        request, service, key, tells_version(job), lambda: service.engine.marginal(job.id, parameter)
    )


@router.get("/surface", response_model=answer_model(Surface))
async def show_surface(request: Request, job: JobDep, service: ServiceDep, x: _NameQuery, y: _NameQuery) -> Response:
    """The effect of two parameters together, averaged over the others, as a heat map."""
    key = ("surface", job.id, x, y)
    return await cached_response(
        request, service, key, tells_version(job), lambda: service.engine.surface(job.id, x, y)
    )


@router.get("/reports", response_model=answer_model(list[Curve]))
def show_curves(
    request: Request,
    job: JobDep,
    service: ServiceDep,
    metric: Annotated[str | None, Query(max_length=200, description="Default: the objective metric.")] = None,
    points: Annotated[int, Query(ge=2, le=10_000, description="Per curve, at most.")] = 200,
    offset: OffsetQuery = 0,
    limit: Annotated[int, Query(ge=1, le=500, description="Curves at most.")] = 200,
    sort: TrialSort = "number",
    spread: Annotated[
        bool,
        Query(
            description="Of more trials than `limit`: the best, others evenly over all ranks, and the latest ones "
            "without a value."
        ),
    ] = False,
) -> Response:
    """Learning curves of a page of trials, thinned; trials that reported nothing are left out."""
    points = min(points, max(2, _MAX_CURVE_POINTS // limit))
    key = ("curves", job.id, events_version(job), metric, points, offset, limit, sort, spread)
    etag = etag_of(*key)
    return not_modified(request, etag) or answer(
        request,
        service.engine.curves(
            job.id,
            metric=metric,
            points=points,
            offset=offset,
            limit=limit,
            sort=sort,
            spread=spread,
        ),
        etag=etag,
    )
