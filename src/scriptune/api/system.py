"""Routes about the server itself: health, samplers, machine, its own documentation."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from scriptune import __version__
from scriptune.api import schemas
from scriptune.api.answers import JsonResponse, answer
from scriptune.api.docs_page import docs_page
from scriptune.api.service import CallerDep, EngineDep
from scriptune.engine.machine import look_at_machine
from scriptune.engine.serialise import to_json

__all__ = ["router"]

router = APIRouter(tags=["system"])


@router.get("/health", response_model=schemas.Health)
async def health() -> Response:
    """Whether the server is alive; needs no token."""
    return JsonResponse({"status": "ok", "version": __version__}, headers={"Cache-Control": "no-store"})


# Monitors ask like this, some of them only like this.
router.add_api_route("/health", health, methods=["HEAD"], include_in_schema=False)


@router.get("/samplers", response_model=list[schemas.SamplerRow])
def list_samplers(request: Request, engine: EngineDep) -> Response:
    """The samplers and their options, from the option classes themselves."""
    return answer(request, engine.samplers())


@router.get("/system", response_model=schemas.System)
def show_system(request: Request, engine: EngineDep, caller: CallerDep) -> Response:
    """The machine, the installation, and who the caller is."""
    machine = to_json(look_at_machine(engine.settings))
    who = {"kind": caller.kind, "role": caller.role, "project": caller.project}
    return answer(request, {"version": __version__, **machine, "who": who})


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
def show_docs(request: Request) -> HTMLResponse:
    """The routes for people; made on the server, so nothing is loaded from elsewhere."""
    return docs_page(request.app.openapi(), request.scope.get("root_path", ""))


@router.get("/openapi.json", include_in_schema=False)
def show_openapi(request: Request) -> Response:
    """The routes for programs."""
    return answer(request, request.app.openapi())
