"""The ASGI application: assembles routes and middleware."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Security
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from scriptune import __version__
from scriptune.api import analysis, events, imports, jobs, keys, patterns, programs, sessions, system, trials
from scriptune.api.console_files import console_router
from scriptune.api.failures import ErrorAnswer, add_handlers
from scriptune.api.guard import Guard
from scriptune.api.hub import EventHub
from scriptune.api.masking import ViewerMasking
from scriptune.api.metrics import metrics_router
from scriptune.api.service import ResponseCache, Service
from scriptune.engine.engine import Engine
from scriptune.runtime.worker import Worker
from scriptune.settings import Settings

__all__ = ["LOOPBACK_HOSTS", "create_app"]

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

_log = logging.getLogger(__name__)

_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
_GZIP_FROM_BYTES = 1000
_GZIP_LEVEL = 4  # a third of the time of 9, and answers that are a tenth larger
_WORKER_ENDS_S = 15.0  # a step of a job with a model of 1000 trials ends well within
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": text}
    for status, text in {
        400: "The request cannot be read.",
        401: "No valid token.",
        403: "The caller is not allowed to do this.",
        404: "No such thing.",
        409: "It conflicts with the current state.",
        413: "The body is too large.",
        422: "The request is wrong; a job file is answered with all its problems.",
        503: "The database does not answer now.",
    }.items()
}


def create_app(
    engine: Engine,
    settings: Settings,
    token: str,
    *,
    hosts: Collection[str] = (),
    any_address: bool = False,
    run_jobs: bool = True,
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """Create the server as an ASGI application.

    Args:
        engine: The installation.
        settings: Its settings.
        token: The server's token.
        hosts: Names beside those of loopback that requests may name in ``Host``.
        any_address: Accept every IP address there; for servers that listen beyond loopback.
        run_jobs: Run queued jobs in a thread of this process; off for a server that only shows.
        routers: Further routes of the same server, such as those of the ModelArts-compatible API.
    """
    store = engine.keys
    browsers = engine.sessions(token)
    hub = EventHub(
        lambda key, after, limit: engine.events("*" if key is None else key, after=after, limit=limit),
        engine.newest_events,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001  # FastAPI's signature
        stop = threading.Event()
        worker = threading.Thread(target=_work, args=(engine, settings, stop), name="worker", daemon=True)
        if run_jobs:
            worker.start()
        try:
            yield
        finally:
            hub.close()
            stop.set()
            engine.context.new_work.set()
            if run_jobs:
                worker.join(_WORKER_ENDS_S)

    app = FastAPI(
        title="scriptune",
        version=__version__,
        description="Hyperparameter search for training programs, without changing them.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        routes=list(_v1_routes()),
    )
    app.state.service = Service(engine, store, browsers, hub, ResponseCache())
    app.state.token = token
    app.state.settings = settings
    app.add_api_route("/health", system.health, methods=["GET", "HEAD"], include_in_schema=False)
    # Where people and tools look first.
    app.add_api_route("/docs", system.show_docs, include_in_schema=False)
    app.add_api_route("/openapi.json", system.show_openapi, include_in_schema=False)
    app.include_router(metrics_router(engine, hub))
    for router in routers:
        app.router.routes.extend(router.routes)  # as they are; including them would make them again
    app.include_router(console_router())
    add_handlers(app)
    app.add_middleware(ViewerMasking)
    app.add_middleware(GZipMiddleware, minimum_size=_GZIP_FROM_BYTES, compresslevel=_GZIP_LEVEL)
    app.add_middleware(
        Guard,
        token=token,
        keys=store,
        sessions=browsers,
        hosts=LOOPBACK_HOSTS | {h.lower() for h in hosts},
        any_address=any_address,
        root_path=settings.root_path,
    )
    return app


@cache
def _v1_routes() -> Sequence[BaseRoute]:
    """The routes of the API, which know nothing of an application: making them takes a quarter of a second."""
    # For the documentation: the guard has already checked the header.
    bearer = HTTPBearer(auto_error=False, description="The server's token, or ACCESS_KEY.SECRET_KEY of an access key.")
    v1 = APIRouter(prefix="/api/v1", responses=_ERRORS, dependencies=[Security(bearer)])
    for module in (jobs, trials, analysis, events, imports, programs, patterns, keys, sessions, system):
        v1.include_router(module.router)
    _answer_what_is_left(v1)
    return v1.routes


def _answer_what_is_left(router: APIRouter) -> None:
    """Reject requests that no route matches: the console's catch-all takes every GET, even where only POST is right."""
    routes = list(router.routes)

    @router.api_route("/{rest:path}", methods=list(_METHODS), include_in_schema=False)
    def refuse(request: Request) -> Response:
        """Raise "not found" or "method not allowed"."""
        scope = request.scope
        fitting = [m for m in _METHODS if any(r.matches({**scope, "method": m})[0] is Match.FULL for r in routes)]
        raise HTTPException(405, headers={"Allow": ", ".join(fitting)}) if fitting else HTTPException(404)


def _work(engine: Engine, settings: Settings, stop: threading.Event) -> None:
    """Run jobs until the server stops; the top of a thread, so errors are logged and work continues."""
    while not stop.is_set():
        try:
            Worker(engine.context, max_parallel=settings.max_parallel).serve(stop)
        except Exception:  # noqa: BLE001  # as above
            _log.exception("the worker failed and is restarted")
            stop.wait(1.0)
