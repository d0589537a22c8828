"""Routes about the server itself: health, samplers, stopping rules, machine, API documentation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from scriptune import __version__
from scriptune.api.answer_models import answer_model
from scriptune.api.answers import JsonResponse, answer
from scriptune.api.docs_page import docs_page
from scriptune.api.service import AdminDep, CallerDep, EngineDep, ServiceDep, cached_response
from scriptune.engine.machine import Machine, look_at_machine
from scriptune.engine.nodes import ExecutorNodes
from scriptune.engine.views import SamplerRow, StoppingRuleRow
from scriptune.inspection.usual_rows import UsualRow, usual_rows
from scriptune.jobfile.defaults import JobFileDefaults, job_file_defaults
from scriptune.plugins.registry import PluginStatus

__all__ = ["Health", "System", "Whoami", "router"]

router = APIRouter(tags=["system"])

_NODES_S = 2.0  # an answer makes executors, which may have to connect to other machines
_MAX_NAMES = 1000  # that are asked for at once


@dataclass(frozen=True)
class Health:
    """Health status of the server.

    Attributes:
        status: `ok`.
        version: Of scriptune.
    """

    status: str
    version: str


@dataclass(frozen=True)
class Whoami:
    """The caller, as the server has authenticated it.

    Attributes:
        kind: `token`, `cookie` or `key`.
        role: `admin`, `operator` or `viewer`.
        project: The only project it sees; None: everything.
    """

    kind: str
    role: str
    project: str | None


@dataclass(frozen=True)
class System(Machine):
    """The machine and the installation.

    Attributes:
        version: Of scriptune.
        plugins: Of installed packages, and whether they can be used.
        who: The caller.
    """

    version: str
    plugins: list[PluginStatus]
    who: Whoami


@router.get("/health", response_model=answer_model(Health))
async def health() -> Response:
    """Whether the server is alive; needs no token."""
    return JsonResponse(Health("ok", __version__), headers={"Cache-Control": "no-store"})


# Monitors ask like this, some of them only like this.
router.add_api_route("/health", health, methods=["HEAD"], include_in_schema=False)


@router.get("/samplers", response_model=answer_model(list[SamplerRow]))
def list_samplers(request: Request, engine: EngineDep) -> Response:
    """The samplers and their options."""
    return answer(request, engine.samplers())


@router.get("/stopping-rules", response_model=answer_model(list[StoppingRuleRow]))
def list_stopping_rules(request: Request, engine: EngineDep) -> Response:
    """The stopping rules and their options."""
    return answer(request, engine.stopping_rules())


@router.get("/nodes", response_model=answer_model(list[ExecutorNodes]))
async def list_nodes(
    request: Request,
    service: ServiceDep,
    _: AdminDep,
    name: Annotated[str | None, Query(max_length=200, description="Only this executor.")] = None,
) -> Response:
    """The executors in use with their machines and free slots, and why trials wait; at most two seconds old."""
    version = f"{time.monotonic() // _NODES_S:.0f}"
    return await cached_response(request, service, ("nodes", name), version, lambda: service.engine.nodes(name))


@router.get("/usual-values", response_model=answer_model(list[UsualRow]))
def list_usual_values(
    request: Request,
    name: Annotated[
        list[str], Query(max_length=_MAX_NAMES, description="A hyperparameter; may be repeated. Default: all.")
    ] = [],  # noqa: B006  # read only
) -> Response:
    """Usual values and ranges of hyperparameters; those of one program together, as ``?name=lr&name=momentum``."""
    return answer(request, usual_rows(name))


@router.get("/defaults", response_model=answer_model(JobFileDefaults))
def show_defaults(request: Request) -> Response:
    """The default values of a job file."""
    return answer(request, job_file_defaults())


@router.get("/system", response_model=answer_model(System))
def show_system(request: Request, engine: EngineDep, caller: CallerDep) -> Response:
    """The machine, the installation, and who the caller is."""
    machine = vars(look_at_machine(engine.settings))
    who = Whoami(caller.kind, caller.role, caller.project)
    return answer(request, System(**machine, version=__version__, plugins=engine.plugins(), who=who))


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
def show_docs(request: Request) -> HTMLResponse:
    """The API documentation as a page, generated on the server without external content."""
    return docs_page(request.app.openapi(), request.scope.get("root_path", ""))


@router.get("/openapi.json", include_in_schema=False)
def show_openapi(request: Request) -> Response:
    """The OpenAPI document."""
    return answer(request, request.app.openapi())
