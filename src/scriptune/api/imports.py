"""The route that turns job descriptions of other tools into job files."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from scriptune.api import requests as bodies
from scriptune.api.answer_models import answer_model
from scriptune.api.answers import answer
from scriptune.engine.imports import ImportedJob, import_job

__all__ = ["router"]

router = APIRouter(tags=["jobs"])


@router.post("/import", response_model=answer_model(ImportedJob))
def import_description(request: Request, body: bodies.ImportBody) -> Response:
    """A job description of another tool as a job file, with what was taken over, approximated or not possible."""
    imported = import_job(
        body.text,
        file=body.file,
        format=body.format,
        operation=body.operation,
        command=body.command,
        metrics=body.metrics,
        read_beside=body.beside.get,
    )
    return answer(request, imported)
