"""Answers: JSON written by the engine's own serialiser, secrets masked, and ETags for those who poll."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scriptune.core.job import MASK, JobSummary, SearchJob
from scriptune.engine.serialise import dumps
from scriptune.engine.views import Best, CheckReport, JobDetail, TrialDetail
from scriptune.errors import JobFileError
from scriptune.storage.base import Page

__all__ = [
    "JsonResponse",
    "answer",
    "body_answer",
    "is_secret",
    "masked_document",
    "not_modified",
    "plain_answer",
    "refuse_masks",
    "tag_of",
]

# TOKENIZERS_PARALLELISM and its like are no secrets, and a user wants to see them.
_SECRET_NAME = re.compile(
    r"TOKEN(?!IZ)|SECRET|PASSW|PASSPHRASE|(^|_)(PASS|PAT)(_|$)|_PWD(_|$)|CREDENTIAL|KEY|AUTH|COOKIE|WEBHOOK",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"://[^/?#\s@]*:[^/?#\s@]+@")  # an address with a password, whatever its variable is called
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, Accept-Encoding"}


class JsonResponse(Response):
    """JSON in UTF-8 from the engine's values and plain data."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of the body."""
        return dumps(content, compact=True).encode()


def answer(
    request: Request, value: Any, *, status: int = 200, tag: str | None = None, job: SearchJob | None = None
) -> Response:
    """Answer with one of the engine's values.

    Args:
        request: What is answered; when its ``If-None-Match`` names the answer, 304 is sent instead.
        value: Dataclasses, lists, numbers.
        status: Of HTTP.
        tag: ETag, when the caller knows it; else it is made from the bytes of the answer to a GET.
        job: Whose command line the value shows.
    """
    shown = _without_secrets(value)
    if job is not None and isinstance(shown, (JobDetail, TrialDetail, Best)):
        shown = replace(shown, command_line=_masked_line(shown.command_line, job.document))
    response = JsonResponse(shown, status_code=status, headers=_PRIVATE)
    if request.method == "GET" and status == 200:
        tag = tag or tag_of(bytes(response.body))
        if _matches(request, tag):
            return Response(status_code=304, headers={**_PRIVATE, "ETag": tag})
        response.headers["ETag"] = tag
    return response


def plain_answer(content: Any, tag: str) -> Response:
    """Answer with large plain data that hold no secrets, as they are: looking at every number of them takes long."""
    return JsonResponse(content, headers={**_PRIVATE, "ETag": tag})


def body_answer(body: bytes, tag: str) -> Response:
    """Answer with JSON that was written before."""
    return Response(body, media_type=JsonResponse.media_type, headers={**_PRIVATE, "ETag": tag})


def tag_of(*parts: object) -> str:
    """A weak ETag: equal parts give equal tags, in every process."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return f'W/"{digest.hexdigest()}"'


def not_modified(request: Request, tag: str) -> Response | None:
    """304 when the caller has the answer of this tag already; spares the work of making it."""
    if _matches(request, tag):
        return Response(status_code=304, headers={**_PRIVATE, "ETag": tag})
    return None


def _matches(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return tag in (part.strip() for part in given.split(","))


# --- secrets -----------------------------------------------------------------------------------------------


def is_secret(name: str, value: object) -> bool:
    """Whether an environment variable probably holds a secret."""
    return _SECRET_NAME.search(name) is not None or _SECRET_VALUE.search(str(value)) is not None


def _env(document: Mapping[str, Any]) -> Mapping[str, Any]:
    run = document.get("run")
    env = run.get("env") if isinstance(run, Mapping) else None
    return env if isinstance(env, Mapping) else {}


def masked_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """A job file or program without the values of environment variables that look secret."""
    env = _env(document)
    if not any(is_secret(name, value) for name, value in env.items()):
        return dict(document)
    shown = {name: MASK if is_secret(name, value) else value for name, value in env.items()}
    return {**document, "run": {**document["run"], "env": shown}}


def refuse_masks(document: Mapping[str, Any]) -> None:
    """Refuse a document whose secrets are the mask of an earlier answer.

    Raises:
        JobFileError: With every such variable.
    """
    masked = [name for name, value in _env(document).items() if value == MASK]
    if masked:
        raise JobFileError(
            [f"job: run.env.{name}: got the mask {MASK!r} of an answer, expected the value itself." for name in masked]
        )


def _masked_line(line: str, document: Mapping[str, Any]) -> str:
    for name, value in _env(document).items():
        if is_secret(name, value):
            line = line.replace(f"{name}={shlex.quote(str(value))}", f"{name}={MASK}")
    return line


def _without_secrets(value: Any) -> Any:
    if isinstance(value, SearchJob):
        return replace(value, document=masked_document(value.document))
    if isinstance(value, JobSummary):
        return replace(value, job=_without_secrets(value.job))
    if isinstance(value, JobDetail):
        return replace(value, summary=_without_secrets(value.summary))
    if isinstance(value, CheckReport):
        line = _masked_line(value.command_line, value.document)
        return replace(value, document=masked_document(value.document), command_line=line)
    if isinstance(value, Page):
        return replace(value, items=[_without_secrets(item) for item in value.items])
    return value
