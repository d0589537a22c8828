"""Answers: JSON from the engine's serialiser, with secrets masked and ETags for polling clients."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scriptune.api.masking import note_document
from scriptune.core.job import MASK, JobSummary, SearchJob
from scriptune.core.secrets import Secrets
from scriptune.engine.serialise import dumps, to_json
from scriptune.engine.views import Best, CheckReport, JobDetail, TrialDetail
from scriptune.errors import JobFileError
from scriptune.messages import Message
from scriptune.storage.base import Page

__all__ = [
    "JsonResponse",
    "answer",
    "body_answer",
    "etag_of",
    "hides_env",
    "masked_document",
    "not_modified",
    "plain_answer",
    "refuse_masks",
]

_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, Accept-Encoding"}


class JsonResponse(Response):
    """A response with JSON in UTF-8, from the engine's values and plain data."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Serialise the content to the bytes of a JSON body."""
        return dumps(content, compact=True).encode()


def answer(
    request: Request, value: Any, *, status: int = 200, etag: str | None = None, job: SearchJob | None = None
) -> Response:
    """Create a response with one of the engine's values.

    Args:
        request: The request; when its ``If-None-Match`` names the answer, 304 is sent instead.
        value: Dataclasses, lists, numbers.
        status: HTTP status.
        etag: ETag, when the caller knows it; else it is made from the bytes of the answer to a GET.
        job: Whose command line the value shows.
    """
    hide_env = hides_env(request)
    for document in _documents(value):
        note_document(request, document)
    shown = _without_secrets(value, hide_env)
    if job is not None and isinstance(shown, (JobDetail, TrialDetail, Best)):
        shown = _detail(shown, Secrets(job.document, hide_env=hide_env))
    response = JsonResponse(shown, status_code=status, headers=_PRIVATE)
    if request.method == "GET" and status == 200:
        etag = etag or etag_of(bytes(response.body))
        if _matches(request, etag):
            return Response(status_code=304, headers={**_PRIVATE, "ETag": etag})
        response.headers["ETag"] = etag
    return response


def plain_answer(content: Any, etag: str) -> Response:
    """Create a response with large plain data that contains no secrets; masking would take long."""
    return JsonResponse(content, headers={**_PRIVATE, "ETag": etag})


def body_answer(body: bytes, etag: str) -> Response:
    """Create a response with JSON that was serialised before."""
    return Response(body, media_type=JsonResponse.media_type, headers={**_PRIVATE, "ETag": etag})


def etag_of(*parts: object) -> str:
    """A weak ETag: equal parts give equal ETags, in every process."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return f'W/"{digest.hexdigest()}"'


def not_modified(request: Request, etag: str) -> Response | None:
    """A 304 response if the caller already has the answer with this ETag, to save computing it."""
    if _matches(request, etag):
        return Response(status_code=304, headers={**_PRIVATE, "ETag": etag})
    return None


def _matches(request: Request, etag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return etag in (part.strip() for part in given.split(","))


# --- secrets -----------------------------------------------------------------------------------------------


def hides_env(request: Request) -> bool:
    """Whether environment variables are hidden from the caller, which is true of viewers."""
    caller = getattr(request.state, "caller", None)
    return caller is not None and bool(caller.is_viewer)


def masked_document(document: Mapping[str, Any], *, hide_env: bool = False) -> dict[str, Any]:
    """A job file or program with its secrets masked.

    Args:
        document: In JSON form.
        hide_env: Without all values of environment variables.
    """
    return Secrets(document, hide_env=hide_env).document()


def refuse_masks(document: Mapping[str, Any]) -> None:
    """Reject a document that contains the mask of an earlier answer in place of a secret.

    Raises:
        JobFileError: Lists every such place.
    """
    masked = list(_masks(document, ""))
    if masked:
        problem = Message("job_file.masked_value", mask=MASK)
        raise JobFileError([Message("job_file.mistake", place=f"job: {place}", problem=problem) for place in masked])


def _masks(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, str) and MASK in value:
        yield place
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _masks(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _masks(inner, f"{place}[{number}]")


def _documents(value: Any) -> Iterator[Mapping[str, Any]]:
    """The job files of the jobs in one of the engine's values."""
    if isinstance(value, SearchJob):
        yield value.document
    elif isinstance(value, JobSummary):
        yield value.job.document
    elif isinstance(value, Page):
        for item in value.items:
            yield from _documents(item)


def _detail(value: JobDetail | TrialDetail | Best, secrets: Secrets) -> Any:
    """The JSON of a value that shows params and a command line, masked."""
    shown = to_json(value)
    shown["command_line"] = secrets.text(value.command_line)
    for holder in (shown, shown.get("trial"), (shown.get("summary") or {}).get("best")):
        if isinstance(holder, dict) and isinstance(holder.get("params"), dict):
            holder["params"] = secrets.params(holder["params"])
    return secrets.known(shown)


def _without_secrets(value: Any, hide_env: bool) -> Any:
    if isinstance(value, SearchJob):
        secrets = Secrets(value.document, hide_env=hide_env)
        points = tuple(replace(point, params=secrets.params(point.params)) for point in value.first_points)
        return replace(value, document=masked_document(value.document, hide_env=hide_env), first_points=points)
    if isinstance(value, JobSummary):
        return replace(value, job=_without_secrets(value.job, hide_env))
    if isinstance(value, JobDetail):
        return replace(value, summary=_without_secrets(value.summary, hide_env))
    if isinstance(value, CheckReport):
        secrets = Secrets(value.document, hide_env=hide_env)
        return replace(value, document=secrets.document(), command_line=secrets.text(value.command_line))
    if isinstance(value, Page):
        return replace(value, items=[_without_secrets(item, hide_env) for item in value.items])
    return value
