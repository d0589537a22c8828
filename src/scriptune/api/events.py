"""Routes of live events: server-sent events of one job, and of all jobs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from scriptune.api.answer_models import answer_model
from scriptune.api.masking import note_document
from scriptune.api.service import Caller, CallerDep, JobDep, Service, ServiceDep
from scriptune.core.job import Event
from scriptune.engine.keys import PROJECT_LABEL
from scriptune.engine.serialise import dumps
from scriptune.errors import NotFoundError, StorageError

__all__ = ["MAX_STREAMS", "STREAM_HEADERS", "CountedStream", "router"]

router = APIRouter(tags=["events"])

_LOOK_AT_CALLER_S = 5.0  # a stream lives for days, and its key or session may be revoked meanwhile
MAX_STREAMS = 64
"""Open streams of one caller: each tab of a browser has one or two, and each holds a connection."""
_RETRY_MS = 1000  # how long a browser waits before it connects again
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Of a stream; the latter tells nginx to pass events on at once."""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A stream. `id` is the event's number, `event` its kind (`job`, `notices`, `trial`, `reports`; "
        "`gone` when the job was deleted), `data` an `Event`. A comment is sent when nothing happens for a while.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}

_AfterQuery = Annotated[
    str, Query(pattern=r"^(now|\d{1,15})$", description="Begin after this event; `now`: with what happens from now on.")
]
_LastEventId = Annotated[
    str | None,
    Header(pattern=r"^\d{0,15}$", description="Begin after this event; browsers send it when they connect again."),
]


@router.get(
    "/jobs/{job_id}/events", response_class=StreamingResponse, responses=_STREAM, response_model=answer_model(Event)
)
async def job_events(
    request: Request,
    job: JobDep,
    service: ServiceDep,
    caller: CallerDep,
    after: _AfterQuery = "0",
    last_event_id: _LastEventId = None,
) -> StreamingResponse:
    """Events of a job, from its beginning or after an event, without gaps or repetitions."""
    begin = int(last_event_id) if last_event_id else job.last_event if after == "now" else int(after)
    return _stream(request, service, caller, job.id, begin)


@router.get("/events", response_class=StreamingResponse, responses=_STREAM, response_model=answer_model(Event))
async def all_events(
    request: Request,
    service: ServiceDep,
    caller: CallerDep,
    after: _AfterQuery = "0",
    last_event_id: _LastEventId = None,
) -> StreamingResponse:
    """Events about creation, changes and ends of all jobs; their numbers count over all jobs."""
    if last_event_id:
        begin = int(last_event_id)
    elif after == "now":
        begin = (await run_in_threadpool(service.engine.newest_events, ()))[None]
    else:
        begin = int(after)
    return _stream(request, service, caller, None, begin)


def _project_filter(request: Request, service: Service, caller: Caller) -> Callable[[Event], bool] | None:
    """A predicate for events of jobs that the caller may see; None for callers who see everything."""
    if caller.project is None:
        return None
    projects: dict[str, object] = {}

    def is_visible(event: Event) -> bool:
        if event.job_id not in projects:
            try:
                job = service.engine.job_by_id(event.job_id)
            except NotFoundError:
                return False
            projects[event.job_id] = job.labels.get(PROJECT_LABEL)
            if projects[event.job_id] == caller.project:
                note_document(request, job.document)
        return projects[event.job_id] == caller.project

    return is_visible


def _stream(request: Request, service: Service, caller: Caller, key: str | None, after: int) -> StreamingResponse:
    is_visible = _project_filter(request, service, caller) if key is None else None
    service.turns.open_stream(caller.identity, MAX_STREAMS)

    async def text() -> AsyncIterator[str]:
        yield f"retry: {_RETRY_MS}\n\n"
        looked = time.monotonic()
        async for batch in service.hub.listen(key, after):
            if time.monotonic() - looked >= _LOOK_AT_CALLER_S:
                with contextlib.suppress(StorageError):  # the database is away for a while; the hub says so
                    if not await asyncio.to_thread(service.knows, caller):
                        return
                looked = time.monotonic()
            if is_visible is not None and batch:
                seen = await asyncio.to_thread(lambda events: [e for e in events if is_visible(e)], batch)
                batch = seen
            yield _text_of(batch)
        if not service.hub.is_closed:
            yield "event: gone\ndata: {}\n\n"

    return CountedStream(
        text(),
        media_type="text/event-stream",
        headers=STREAM_HEADERS,
        on_end=lambda: service.turns.close_stream(caller.identity),
    )


class CountedStream(StreamingResponse):
    """A stream that reports its end, even if the caller disconnects before it begins."""

    def __init__(self, *args: Any, on_end: Callable[[], None], **kwargs: Any) -> None:  # Any: the response's own
        super().__init__(*args, **kwargs)
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._on_end()


def _text_of(events: Sequence[Event]) -> str:
    if not events:
        return ": nothing new\n\n"
    return "".join(f"id: {event.seq}\nevent: {event.kind}\ndata: {dumps(event, compact=True)}\n\n" for event in events)
