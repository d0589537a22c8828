"""Errors of the compatible API: ModelArts' codes and statuses, in ModelArts' format."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from scriptune import errors
from scriptune.api.answers import JsonResponse
from scriptune.errors import ScriptuneError
from scriptune.messages import Message, lines

__all__ = ["ModelArtsError", "algorithm_not_found", "error_answer", "error_body", "job_not_found", "refused"]

_log = logging.getLogger(__name__)

_MAX_QUOTED = 200  # characters of an offending value that come back

_STATUSES: Mapping[str, int] = {
    "APIG.0301": 401,
    "ModelArts.2776": 404,
    "ModelArts.2784": 403,
    "ModelArts.2786": 404,
    "ModelArts.2796": 409,
    "ModelArts.2803": 405,
    "ModelArts.2836": 404,
    "ModelArts.2950": 500,
}
"""Code -> status where it is not 400."""

_CODES: Mapping[type[ScriptuneError], str] = {
    errors.PermissionDeniedError: "APIG.0301",
    errors.JobFileError: "ModelArts.2826",
    errors.SpaceError: "ModelArts.2826",
    errors.SamplerError: "ModelArts.2826",
    errors.MetricPatternError: "ModelArts.2826",
    errors.StorageError: "ModelArts.2950",
    ScriptuneError: "ModelArts.2788",
}
"""Class of exception -> code; the nearest base class counts."""


class ModelArtsError(ScriptuneError):
    """An error with a ModelArts code.

    Attributes:
        code: Like ``ModelArts.2755``.
    """

    def __init__(self, code: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code

    @property
    def status(self) -> int:
        """The HTTP status; 400 for most errors, including "not found"."""
        return _STATUSES.get(self.code, 400)


def refused(number: int, message: str, *, hint: str | None = None) -> ModelArtsError:
    """Create the error ``ModelArts.<number>``."""
    return ModelArtsError(f"ModelArts.{number}", message, hint=hint)


def algorithm_not_found(algorithm_id: str) -> ModelArtsError:
    """The error for an algorithm that does not exist in the project."""
    return refused(2755, Message("modelarts.algorithm_not_found", id=algorithm_id[:_MAX_QUOTED]))


def job_not_found(job_id: str) -> ModelArtsError:
    """The error for a training job that does not exist in the project."""
    return refused(2775, Message("modelarts.job_not_found", id=job_id[:_MAX_QUOTED]))


def error_body(error: ModelArtsError) -> dict[str, Any]:
    """The documented error body, always with all three fields: otherwise the client does not recognise it."""
    return {"error_msg": error.message, "error_code": error.code, "error_solution": error.hint or ""}


def error_answer(error: Exception) -> Response:
    """Convert any exception to an answer."""
    found = _as_ours(error)
    if found.status >= 500:
        _log.error("a request failed unexpectedly", exc_info=error)
    return JsonResponse(error_body(found), status_code=found.status, headers={"Cache-Control": "no-store"})


def _as_ours(error: Exception) -> ModelArtsError:
    if isinstance(error, ModelArtsError):
        return error
    if isinstance(error, RequestValidationError):
        return _as_invalid(error)
    if isinstance(error, ScriptuneError):
        code = next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)
        return ModelArtsError(code, error.message, hint=error.hint)
    if isinstance(error, HTTPException):
        if error.status_code == 400:  # nested too deep, or a number that is too long
            return refused(2787, Message("modelarts.not_json"))
        return refused(2816 if error.status_code == 413 else 2788, error.detail)
    if isinstance(error, UnicodeEncodeError):
        # JSON can write half of a surrogate pair ("\ud800"), which no database and no file takes.
        return refused(2788, Message("request.half_surrogate"))
    return refused(2950, Message("modelarts.internal"), hint=Message("server.see_log"))


def _as_invalid(error: RequestValidationError) -> ModelArtsError:
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return refused(2787, Message("modelarts.not_json"))
    sentences: list[str] = []
    for problem in problems:
        place = ".".join(str(part) for part in problem["loc"])
        quoted, text = repr(problem.get("input"))[:_MAX_QUOTED], str(problem["msg"])
        sentences.append(Message("request.bad_value", place=place, value=quoted, problem=text[:1].lower() + text[1:]))
    code = 2764 if all(problem["loc"][:1] == ("query",) for problem in problems) else 2788
    return refused(code, lines(sentences))
