"""Routes of stored programs."""

from __future__ import annotations

from pathlib import Path as FolderPath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from scriptune.api import requests as bodies
from scriptune.api.answer_models import answer_model
from scriptune.api.answers import answer, hides_env, masked_document, refuse_masks
from scriptune.api.events import MAX_STREAMS, STREAM_HEADERS, CountedStream
from scriptune.api.inline_executors import refuse_inline_executor
from scriptune.api.inspection_stream import inspection_events
from scriptune.api.masking import note_document
from scriptune.api.paging import LimitQuery, OffsetQuery
from scriptune.api.service import Caller, CallerDep, EngineDep, ServiceDep
from scriptune.core.program import Program
from scriptune.engine.keys import PROJECT_LABEL
from scriptune.engine.programs import ProgramStore
from scriptune.engine.serialise import to_json
from scriptune.inspection.inspect import Inspection
from scriptune.storage.base import Page

__all__ = ["router"]

router = APIRouter(prefix="/programs", tags=["programs"])

_INSPECTION_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "object", "description": "Server-sent events."}}}}
}

_VersionQuery = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Default: the newest.")]


def _store(engine: EngineDep) -> ProgramStore:
    return engine.programs


_StoreDep = Annotated[ProgramStore, Depends(_store)]


def _program(
    store: _StoreDep,
    caller: CallerDep,
    program_id: Annotated[str, Path(max_length=200, description="An id or a name.")],
) -> Program:
    return store.get(program_id, project=caller.project)


_ProgramDep = Annotated[Program, Depends(_program)]


def _fields(body: bodies.ProgramBody, caller: Caller) -> dict[str, object]:
    fields = body.model_dump()
    refuse_masks(fields)
    refuse_inline_executor(fields)
    if caller.project is not None:
        fields["labels"] = {**fields["labels"], PROJECT_LABEL: caller.project}
    return fields


def _shown(request: Request, program: Program) -> dict[str, object]:
    document = to_json(program)
    note_document(request, document)
    return masked_document(document, hide_env=hides_env(request))


@router.get("", response_model=answer_model(Page[Program]))
def list_programs(
    request: Request,
    store: _StoreDep,
    caller: CallerDep,
    text: Annotated[str, Query(max_length=200, description="A part of the name.")] = "",
    offset: OffsetQuery = 0,
    limit: LimitQuery = 50,
) -> Response:
    """The latest versions of stored programs, a page at a time."""
    page = store.page(text=text, project=caller.project, offset=offset, limit=limit)
    return answer(request, Page([_shown(request, program) for program in page.items], page.total, page.offset))


@router.post("", response_model=answer_model(Program), status_code=201)
def create_program(request: Request, body: bodies.ProgramBody, store: _StoreDep, caller: CallerDep) -> Response:
    """Store a program."""
    program = store.create(_fields(body, caller), base_dir=FolderPath.cwd())
    response = answer(request, _shown(request, program), status=201)
    response.headers["Location"] = str(request.url_for("show_program", program_id=program.id).path)
    return response


@router.post("/inspect", response_model=answer_model(Inspection), responses=_INSPECTION_STREAM)
def inspect_command(
    request: Request, body: bodies.InspectBody, engine: EngineDep, service: ServiceDep, caller: CallerDep
) -> Response:
    """Detect the parameters of a command, from its arguments, its parser or help, and its files; run it if asked to."""
    if not body.run:
        return answer(request, engine.inspect(body.command, workdir=body.workdir, run_help=body.run_help))
    service.turns.open_stream(caller.identity, MAX_STREAMS)
    return CountedStream(
        inspection_events(engine, body.command, body.workdir, body.limit_s),
        media_type="text/event-stream",
        headers=STREAM_HEADERS,
        on_end=lambda: service.turns.close_stream(caller.identity),
    )


@router.get("/{program_id}", response_model=answer_model(Program))
def show_program(request: Request, program: _ProgramDep, store: _StoreDep, version: _VersionQuery = None) -> Response:
    """One program."""
    return answer(request, _shown(request, store.get(program.id, version)))


@router.get("/{program_id}/versions", response_model=answer_model(list[Program]))
def list_versions(request: Request, program: _ProgramDep, store: _StoreDep) -> Response:
    """All versions of a program, newest first."""
    return answer(request, [_shown(request, version) for version in store.versions(program)])


@router.put("/{program_id}", response_model=answer_model(Program))
def change_program(
    request: Request, body: bodies.ProgramBody, program: _ProgramDep, store: _StoreDep, caller: CallerDep
) -> Response:
    """Store the next version of a program; jobs created from earlier ones are unchanged."""
    return answer(request, _shown(request, store.change(program, _fields(body, caller), base_dir=FolderPath.cwd())))


@router.delete("/{program_id}", status_code=204)
def delete_program(program: _ProgramDep, store: _StoreDep) -> Response:
    """Delete a program and all of its versions; jobs created from it are kept."""
    store.delete(program)
    return Response(status_code=204)
