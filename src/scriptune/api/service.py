"""What the routes share: the engine, the keys, the events, who asks, and which job is meant."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Request

from scriptune.api.answers import tag_of
from scriptune.api.failures import ForbiddenError
from scriptune.api.hub import EventHub
from scriptune.core.job import SearchJob
from scriptune.engine.engine import Engine
from scriptune.engine.keys import PROJECT_LABEL, KeyStore, Role
from scriptune.errors import NotFoundError

__all__ = [
    "AdminDep",
    "Caller",
    "CallerDep",
    "EngineDep",
    "JobDep",
    "Memory",
    "Service",
    "ServiceDep",
    "events_version",
    "service_of",
    "tells_version",
    "visible_job",
]

T = TypeVar("T")

_N_REMEMBERED = 128


@dataclass(frozen=True)
class Caller:
    """Who sent a request.

    Attributes:
        kind: ``token``, ``cookie`` or ``key``.
        role: What it may do.
        project: The only project it sees; None: everything.
    """

    kind: str
    role: Role
    project: str | None = None


class Memory:
    """Remembers answers that take long to compute: few, and of each its newest version."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, tuple[str, Any]] = OrderedDict()
        self._lock = threading.Lock()
        # One computation at a time: importance keeps a core busy, and pollers must go on being answered.
        self._computing = threading.Lock()

    def get(self, key: Hashable, version: str, compute: Callable[[], T]) -> T:
        """The value of a key, computed when this version of it is not remembered."""
        with self._lock:
            if key in self._values and self._values[key][0] == version:
                self._values.move_to_end(key)
                found: T = self._values[key][1]
                return found
        with self._computing:
            with self._lock:
                if key in self._values and self._values[key][0] == version:
                    again: T = self._values[key][1]
                    return again
            value = compute()
            with self._lock:
                self._values[key] = (version, value)
                self._values.move_to_end(key)
                while len(self._values) > _N_REMEMBERED:
                    self._values.popitem(last=False)
            return value


@dataclass
class Service:
    """What every route can reach through ``request.app.state.service``."""

    engine: Engine
    keys: KeyStore
    hub: EventHub
    memory: Memory


def tells_version(job: SearchJob) -> str:
    """Changes whenever the results of ended trials do: by new ones, or by reparse, which changes the document."""
    return f"{job.n_told}:{tag_of(job.document['metrics'], job.document['objective'])}"


def events_version(job: SearchJob) -> str:
    """Changes whenever trials, their values or their reports do."""
    return f"{job.last_event}:{tells_version(job)}"


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
        raise ForbiddenError("Access keys cannot manage access keys; use the server's own token.")
    return caller


def visible_job(ref: str, engine: Engine, caller: Caller) -> SearchJob:
    """The job of an id, prefix or name, when the caller may see it.

    Raises:
        NotFoundError: Nothing fits, or it belongs to another project.
    """
    job = engine.storage.find_job(ref)
    if caller.project is not None and job.labels.get(PROJECT_LABEL) != caller.project:
        raise NotFoundError(f"There is no job {ref!r} in the project {caller.project!r}.")
    return job


ServiceDep = Annotated[Service, Depends(_service)]
EngineDep = Annotated[Engine, Depends(_engine)]
CallerDep = Annotated[Caller, Depends(_caller)]
AdminDep = Annotated[Caller, Depends(_admin)]


def _job(
    engine: EngineDep,
    caller: CallerDep,
    job_id: Annotated[str, Path(max_length=200, description="An id, the beginning of one, or a name.")],
) -> SearchJob:
    return visible_job(job_id, engine, caller)


JobDep = Annotated[SearchJob, Depends(_job)]
