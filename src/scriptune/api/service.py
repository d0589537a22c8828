"""The state shared by all routes: engine, keys, events; and the dependencies that resolve caller and job."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from starlette.responses import Response

from scriptune.api.answers import body_answer, etag_of, not_modified
from scriptune.api.failures import ForbiddenError
from scriptune.api.hub import EventHub
from scriptune.api.masking import note_document
from scriptune.api.turns import Turns
from scriptune.core.job import SearchJob
from scriptune.engine.engine import Engine
from scriptune.engine.keys import PROJECT_LABEL, KeyStore, Role
from scriptune.engine.serialise import dumps
from scriptune.engine.sessions import SessionStore
from scriptune.errors import NotFoundError
from scriptune.messages import Message
from scriptune.storage.base import JobUse

__all__ = [
    "AdminDep",
    "Caller",
    "CallerDep",
    "EngineDep",
    "JobDep",
    "ReadJobDep",
    "ResponseCache",
    "Service",
    "ServiceDep",
    "cached_response",
    "events_version",
    "service_of",
    "tells_version",
    "visible_job",
]

_REMEMBERED_BYTES = 8 << 20  # some hundred histories of 2,000 points


@dataclass(frozen=True)
class Caller:
    """The authenticated sender of a request.

    Attributes:
        kind: ``token``, ``cookie`` or ``key``.
        role: What it may do.
        project: The only project it sees; None: everything.
        access_key: The key's name; None for the token and the cookie.
        session_id: The browser's session; None for the others.
    """

    kind: str
    role: Role
    project: str | None = None
    access_key: str | None = None
    session_id: str | None = None

    @property
    def is_viewer(self) -> bool:
        """Whether it has read-only access."""
        return self.role is Role.VIEWER

    @property
    def name(self) -> str:
        """The caller as it is named to others: a key by its name, a token or a browser only as such."""
        return f"key {self.access_key}" if self.access_key else self.kind

    @property
    def identity(self) -> str:
        """A string that is equal for all requests of a caller."""
        return self.access_key or self.session_id or self.kind


class ResponseCache:
    """A size-limited cache of expensive answers, with the newest version of each.

    Belongs to one event loop. Computing is done in threads, one at a time for each kind of answer (the first part of
    its key): a history does not wait for an importance, which takes seconds in a large job. Who waits for another's
    turn holds no thread meanwhile, since all other requests need those.
    """

    def __init__(self, max_bytes: int = _REMEMBERED_BYTES) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._bodies: OrderedDict[tuple[object, ...], tuple[str, bytes]] = OrderedDict()
        self._turns: dict[object, asyncio.Lock] = {}

    async def body(self, key: tuple[object, ...], version: str, compute: Callable[[], Any]) -> bytes:
        """The JSON of a value, computed unless this version of the key is cached."""
        found = self._find(key, version)
        if found is not None:
            return found
        async with self._turns.setdefault(key[0], asyncio.Lock()):
            found = self._find(key, version)
            if found is None:
                found = await asyncio.to_thread(lambda: dumps(compute(), compact=True).encode())
                self._keep(key, version, found)
        return found

    def _find(self, key: tuple[object, ...], version: str) -> bytes | None:
        known, body = self._bodies.get(key, ("", b""))
        if known != version:
            return None
        self._bodies.move_to_end(key)
        return body

    def _keep(self, key: tuple[object, ...], version: str, body: bytes) -> None:
        _, before = self._bodies.pop(key, ("", b""))
        self._bodies[key] = (version, body)
        self._n_bytes += len(body) - len(before)
        while self._n_bytes > self._max_bytes:
            _, (_, oldest) = self._bodies.popitem(last=False)
            self._n_bytes -= len(oldest)


@dataclass
class Service:
    """The objects that routes reach through ``request.app.state.service``.

    Attributes:
        engine, keys, sessions, hub, memory: See their classes.
        turns: Long work, one piece at a time for each caller.
        replaying: Held by the one request that replays; the others wait without a thread.
    """

    engine: Engine
    keys: KeyStore
    sessions: SessionStore
    hub: EventHub
    cache: ResponseCache
    turns: Turns = field(default_factory=Turns)
    replaying: asyncio.Lock = field(default_factory=asyncio.Lock)

    def knows(self, caller: Caller) -> bool:
        """Whether a caller's key or session is still valid."""
        if caller.session_id is not None:
            return self.sessions.knows(caller.session_id)
        return caller.access_key is None or self.keys.knows(caller.access_key)


def tells_version(job: SearchJob) -> str:
    """A version that changes with the results of ended trials, including by reparse, which changes the document."""
    return f"{job.n_told}:{etag_of(job.document['metrics'], job.document['objective'])}"


def events_version(job: SearchJob) -> str:
    """A version that changes with trials, their values and their reports."""
    return f"{job.last_event}:{tells_version(job)}"


async def cached_response(
    request: Request, service: Service, key: tuple[object, ...], version: str, compute: Callable[[], Any]
) -> Response:
    """Answer with a value without secrets that is computed once per version; 304 if the caller has it."""
    etag = etag_of(*key, version)
    return not_modified(request, etag) or body_answer(await service.cache.body(key, version, compute), etag)


def service_of(request: Request) -> Service:
    """The service of a request's application."""
    service: Service = request.app.state.service
    return service


# What does not wait for anything is a coroutine here: FastAPI sends every other dependency to a thread.


async def _service(request: Request) -> Service:
    return service_of(request)


async def _engine(request: Request) -> Engine:
    return service_of(request).engine


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _admin(request: Request) -> Caller:
    caller = await _caller(request)
    if caller.role is not Role.ADMIN:
        raise ForbiddenError(Message("key.cannot_manage"))
    return caller


def visible_job(ref: str, engine: Engine, caller: Caller, use: JobUse = JobUse.READ) -> SearchJob:
    """Look up a job among those that the caller may see.

    Looked for among the project's own jobs: one of the same name elsewhere must not hide it, and "did you mean" must
    not name another project's.

    Raises:
        NotFoundError: No job matches, or it belongs to another project.
        ConflictError: Several jobs fit, and none goes before the others for this use.
    """
    if caller.project is None:
        return engine.find_job(ref, use)
    try:
        return engine.find_job(ref, use, labels={PROJECT_LABEL: caller.project})
    except NotFoundError as err:
        raise NotFoundError(Message("job.not_in_project", ref=ref, project=caller.project)) from err


ServiceDep = Annotated[Service, Depends(_service)]
EngineDep = Annotated[Engine, Depends(_engine)]
CallerDep = Annotated[Caller, Depends(_caller)]
AdminDep = Annotated[Caller, Depends(_admin)]


_JobPath = Annotated[str, Path(max_length=200, description="An id, a name, or the beginning of an id.")]


def _job(request: Request, engine: EngineDep, caller: CallerDep, job_id: _JobPath) -> SearchJob:
    """The job of a route; if the reference is ambiguous, requests that change something are rejected."""
    uses = {"GET": JobUse.READ, "HEAD": JobUse.READ, "DELETE": JobUse.DELETE}
    use = uses.get(request.method, JobUse.CHANGE)
    return _noted(request, visible_job(job_id, engine, caller, use))


def _read_job(request: Request, engine: EngineDep, caller: CallerDep, job_id: _JobPath) -> SearchJob:
    return _noted(request, visible_job(job_id, engine, caller))


def _noted(request: Request, job: SearchJob) -> SearchJob:
    note_document(request, job.document)
    return job


JobDep = Annotated[SearchJob, Depends(_job)]

ReadJobDep = Annotated[SearchJob, Depends(_read_job)]
"""The job of a route that changes nothing, though it is a POST."""
