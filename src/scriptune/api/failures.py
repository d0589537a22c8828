"""Convert exceptions to error answers: one shape, and one table of statuses."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from scriptune import errors
from scriptune.api.answers import JsonResponse
from scriptune.api.turns import TooManyRequestsError
from scriptune.engine.serialise import error_body, error_to_json
from scriptune.errors import ScriptuneError
from scriptune.messages import Message, lines

__all__ = ["STATUSES", "ErrorAnswer", "ErrorBody", "ForbiddenError", "add_handlers", "error_response", "status_of"]

_log = logging.getLogger(__name__)


class ForbiddenError(errors.PermissionDeniedError):
    """The caller is authenticated but lacks the permission."""


STATUSES: Mapping[type[ScriptuneError], int] = {
    ForbiddenError: 403,
    errors.PermissionDeniedError: 401,
    errors.NotFoundError: 404,
    errors.UnknownTrialError: 404,
    errors.ConflictError: 409,
    errors.LeaseLostError: 409,
    errors.ReplayError: 409,
    TooManyRequestsError: 429,
    errors.StorageUnavailableError: 503,
    errors.StorageError: 500,
    ScriptuneError: 422,
}
"""Class of exception -> status of HTTP; the nearest base class counts. All others are errors in the request."""


class ErrorBody(BaseModel):
    """An error of the API: code, message, hint and params."""

    code: str = Field(description="For programs: job_file, not_found, conflict, permission_denied, ...")
    message: str = Field(description="What happened and what was expected.")
    hint: str | None = Field(description="What to do next, when that is a sentence of its own.")
    params: dict[str, Any] = Field(
        description="What message and hint are made of, for programs and other languages: `reason` is the code of the "
        "message, `hint` the code, params and text of the hint, and the others are the message's own params. Empty for "
        "an error that has no code of its own."
    )
    problems: list[str] | None = Field(
        default=None, description="Every problem of a job file; each begins with its place. Only with code job_file."
    )


class ErrorAnswer(BaseModel):
    """The JSON body of every error."""

    error: ErrorBody = Field(
        description="What happened, for people and as data.",
        examples=[{"code": "not_found", "message": "There is no job 'digits'.", "hint": "Known: 'digits-mlp'."}],
    )


_HTTP_CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    422: "invalid_request",
}
_MAX_QUOTED = 200  # characters of an offending value that come back
_RETRY_AFTER_S = "2"


def status_of(error: ScriptuneError) -> int:
    """The HTTP status for one of scriptune's exceptions."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def error_response(
    status: int, code: str, message: str, *, hint: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A response with an error body."""
    body = {"error": error_body(code, message, hint)}
    return JsonResponse(body, status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


def add_handlers(app: FastAPI) -> None:
    """Install handlers that answer every exception in the same shape."""
    app.add_exception_handler(ScriptuneError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, ScriptuneError)
    status = status_of(error)
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    elif status in (429, 503):
        headers["Retry-After"] = _RETRY_AFTER_S
    if status >= 500:
        _log.error("%s %s: %s", request.method, request.url.path, error)
    return JsonResponse(error_to_json(error), status_code=status, headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:  # noqa: ARG001  # Starlette's signature
    assert isinstance(error, RequestValidationError)
    sentences = [_sentence(found) for found in error.errors()]
    return error_response(422, "invalid_request", lines(dict.fromkeys(sentences)))


def _sentence(found: Mapping[str, Any]) -> str:
    """A validation error as a sentence: ``query.limit: got 'ten', input should be a valid integer.``"""
    place = ".".join(str(part) for part in found["loc"])
    if found["type"] == "missing":
        return Message("request.missing_value", place=place)
    if found["type"] == "json_invalid":
        return Message("request.not_json", why=found.get("ctx", {}).get("error", found["msg"]))
    if isinstance(found.get("input"), bytes):
        # What curl -d sends when it is not told otherwise.
        return Message("request.json_not_declared")
    quoted = repr(found.get("input"))
    quoted = quoted[:_MAX_QUOTED] + "..." if len(quoted) > _MAX_QUOTED else quoted
    problem = str(found["msg"])
    return Message("request.bad_value", place=place, value=quoted, problem=problem[:1].lower() + problem[1:])


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, "http")
    message: str = error.detail
    if error.status_code == 404:
        message = Message("request.no_route", path=request.url.path[:_MAX_QUOTED])
    elif error.status_code == 405:
        message = Message("request.wrong_method", method=request.method[:20], path=request.url.path[:_MAX_QUOTED])
    elif message == HTTPStatus(error.status_code).phrase:
        message = Message("request.refused", problem=message)
    hint = Message("request.routes") if error.status_code in (404, 405) else None
    return error_response(error.status_code, code, message, hint=hint, headers=error.headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    if isinstance(error, ClientDisconnect):
        # No one is there to read this, and it is not a bug of scriptune.
        return error_response(400, "invalid_request", Message("request.broken_off"))
    if isinstance(error, UnicodeEncodeError):
        # JSON can write half of a surrogate pair ("\ud800"), which no database and no file takes.
        return error_response(422, "invalid_request", Message("request.half_surrogate"))
    _log.error("%s %s failed unexpectedly", request.method, request.url.path, exc_info=error)
    return error_response(500, "internal", Message("server.mistake"), hint=Message("server.see_log"))
