"""Routes of trials: pages of them, their reports and their logs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from scriptune.api.answer_models import answer_model
from scriptune.api.answers import answer, etag_of, not_modified, plain_answer
from scriptune.api.paging import AttemptQuery, LimitQuery, NumberPath, NumbersQuery, OffsetQuery, TrialSort, TrialWhere
from scriptune.api.service import CallerDep, EngineDep, JobDep, ServiceDep, events_version
from scriptune.core.job import SearchJob
from scriptune.core.trial import Report, Trial, TrialState
from scriptune.engine.captures import LogMatches, captures_in_log, search_log
from scriptune.engine.columns import TrialColumns, columns_version
from scriptune.engine.engine import Engine
from scriptune.engine.queries import reading_log
from scriptune.engine.views import LogChunk, TrialDetail
from scriptune.errors import NotFoundError
from scriptune.messages import Message
from scriptune.metrics.suggest import TextCapture
from scriptune.regular_files import is_absent, open_regular
from scriptune.storage.base import Page

__all__ = ["LogCaptures", "router"]

router = APIRouter(prefix="/jobs/{job_id}/trials", tags=["trials"])

_MAX_LOG_BYTES = 1 << 20
_PIECE_BYTES = 256 * 1024
_MAX_OFFSET = 2**53
_MAX_FOUND = 1000


@dataclass(frozen=True)
class LogCaptures:
    """The first captures in a trial's log, including rejected ones.

    Attributes:
        items: In the order of the log.
    """

    items: list[TextCapture]


@router.get("", response_model=answer_model(Page[Trial]))
def list_trials(
    request: Request,
    job: JobDep,
    engine: EngineDep,
    state: Annotated[list[TrialState], Query(description="Only these; may be repeated.")] = [],  # noqa: B006  # FastAPI copies it
    where: TrialWhere = [],  # noqa: B006  # as above
    number: NumbersQuery = [],  # noqa: B006  # as above
    offset: OffsetQuery = 0,
    limit: LimitQuery = 50,
    sort: TrialSort = "number",
) -> Response:
    """Trials of a job, a page at a time."""
    page = engine.trials(job.id, states=state, where=where, numbers=number, offset=offset, limit=limit, sort=sort)
    return answer(request, page)


@router.get("/columns", response_model=answer_model(TrialColumns))
def list_columns(
    request: Request,
    job: JobDep,
    engine: EngineDep,
    since: Annotated[
        str | None,
        Query(max_length=100, description="`version` of an earlier answer: only trials that have changed since."),
    ] = None,
) -> Response:
    """All trials as columns, for charts; later only those that have changed."""
    etag = etag_of(job.id, columns_version(job), since)
    return not_modified(request, etag) or plain_answer(vars(engine.columns(job.id, since)), etag)


@router.get("/{number}", response_model=answer_model(TrialDetail))
def show_trial(request: Request, job: JobDep, number: NumberPath, engine: EngineDep) -> Response:
    """One trial with its attempts and the command line that ran it."""
    return answer(request, engine.trial(job.id, number), job=job)


@router.post("/{number}/stop", response_model=answer_model(SearchJob))
def stop_trial(request: Request, job: JobDep, number: NumberPath, engine: EngineDep) -> Response:
    """Ask a running trial to stop; it counts with what it has printed."""
    return answer(request, engine.stop(job.id, number))


@router.get("/{number}/reports", response_model=answer_model(Page[Report]))
def list_reports(
    request: Request,
    job: JobDep,
    number: NumberPath,
    engine: EngineDep,
    attempt: AttemptQuery = None,
    metric: Annotated[str | None, Query(description="Only this metric.")] = None,
    offset: OffsetQuery = 0,
    limit: LimitQuery = 500,
) -> Response:
    """Captured values of a trial in the order they were printed."""
    etag = etag_of(job.id, events_version(job), request.url.path, request.url.query)
    return not_modified(request, etag) or answer(
        request,
        engine.reports(job.id, number, attempt=attempt, metric=metric, offset=offset, limit=limit),
        etag=etag,
    )


@router.get("/{number}/log", response_model=answer_model(LogChunk))
def read_log(
    request: Request,
    job: JobDep,
    number: NumberPath,
    engine: EngineDep,
    offset: Annotated[int, Query(ge=-_MAX_OFFSET, le=_MAX_OFFSET, description="In bytes; negative: from the end.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_MAX_LOG_BYTES, description="Bytes to read at most.")] = 65536,
    attempt: AttemptQuery = None,
    raw: Annotated[bool, Query(description="With the carriage returns and escapes of a terminal.")] = False,
) -> Response:
    """A part of a trial's log; continue from `next_offset`."""
    return answer(request, engine.log(job.id, number, offset=offset, limit=limit, attempt=attempt, raw=raw))


@router.get("/{number}/log/search", response_model=answer_model(LogMatches))
async def search_in_log(
    request: Request,
    job: JobDep,
    number: NumberPath,
    engine: EngineDep,
    service: ServiceDep,
    caller: CallerDep,
    text: Annotated[str, Query(min_length=1, max_length=1000, description="Case does not matter.")],
    offset: Annotated[int, Query(ge=0, le=_MAX_OFFSET, description="In bytes, the start of a line.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_MAX_FOUND, description="Lines to find at most.")] = 100,
    line_no: Annotated[
        int | None, Query(ge=1, le=_MAX_OFFSET, description="Of the line at `offset`; counted when it is not given.")
    ] = None,
    attempt: AttemptQuery = None,
) -> Response:
    """Lines of a trial's log that contain a string."""
    with reading_log(number):
        found = await service.turns.work(
            request,
            caller.identity,
            lambda: search_log(engine.log_path(job.id, number, attempt), text, offset, limit, line_no),
            is_viewer=caller.is_viewer,
        )
    return answer(request, found)


@router.get("/{number}/log/file", response_class=StreamingResponse)
def download_log(job: JobDep, number: NumberPath, engine: EngineDep, attempt: AttemptQuery = None) -> Response:
    """The whole log, byte for byte."""
    path = engine.log_path(job.id, number, attempt)
    with reading_log(number):
        try:
            file = os.fdopen(open_regular(path), "rb")
        except OSError as err:
            if is_absent(err):
                raise NotFoundError(_no_log(engine, job, number, attempt)) from err
            raise
    size = os.fstat(file.fileno()).st_size
    headers = {"Content-Disposition": f'attachment; filename="trial-{number}.log"', "Content-Length": str(size)}
    # Never as a page: a log may hold HTML with a script. Not by its path: another file may have the name by then.
    return StreamingResponse(_pieces(file, size), media_type="application/octet-stream", headers=headers)


def _no_log(engine: Engine, job: SearchJob, number: int, attempt: int | None) -> str:
    """Why there is no log."""
    pruned_at = engine.log(job.id, number, attempt=attempt).pruned_at
    if pruned_at is not None:
        return Message("trial.log_pruned", number=number, name=job.name, at=f"{pruned_at:%Y-%m-%d %H:%M}")
    return Message("trial.no_log", number=number, name=job.name)


def _pieces(file: BinaryIO, left: int) -> Iterator[bytes]:
    """Read an open file, which may be growing, up to a number of bytes, and close it at the end."""
    with file:
        while left > 0:
            # A log that was emptied meanwhile is filled up: the answer must be as long as it was said to be.
            piece = file.read(min(left, _PIECE_BYTES)) or bytes(min(left, _PIECE_BYTES))
            left -= len(piece)
            yield piece


@router.get("/{number}/captures", response_model=answer_model(LogCaptures))
async def list_captures(
    request: Request,
    job: JobDep,
    number: NumberPath,
    engine: EngineDep,
    service: ServiceDep,
    caller: CallerDep,
    limit: Annotated[int, Query(ge=1, le=_MAX_FOUND, description="Captures to find at most.")] = 200,
    attempt: AttemptQuery = None,
) -> Response:
    """The captures of the job's regexes in a trial's log, with their lines, including rejected ones."""
    items = await service.turns.work(
        request,
        caller.identity,
        lambda: captures_in_log(engine, job, number, attempt, limit),
        is_viewer=caller.is_viewer,
    )
    return answer(request, LogCaptures(items))
