"""The ModelArts-compatible API: all routes under ``/v2/{project_id}``, and a catch-all."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.routing import Match

from scriptune.messages import Message
from scriptune.modelarts import algorithm_routes, following_routes, job_routes, machine_routes, search_routes
from scriptune.modelarts.errors import refused
from scriptune.modelarts.route import ModelArtsRoute

__all__ = ["router"]

_ALL_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]

# Not in the OpenAPI page, which describes our own API: this one is described by its vendor.
router = APIRouter(prefix="/v2/{project_id}", route_class=ModelArtsRoute, include_in_schema=False)
for _module in (algorithm_routes, search_routes, job_routes, following_routes, machine_routes):
    router.include_router(_module.router)


@router.api_route("/{rest:path}", methods=_ALL_METHODS)
def answer_what_is_left(request: Request, rest: str) -> Response:
    """Raise "not found" or "method not allowed"."""
    for route in router.routes:
        if route.matches(request.scope)[0] is Match.PARTIAL:
            raise refused(2803, Message("request.wrong_method", method=request.method, path=request.url.path[:200]))
    raise refused(2836, Message("request.no_route", path=rest[:200]), hint=Message("modelarts.routes"))
