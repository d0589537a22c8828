"""Routes of search jobs: list, submit, show, and act on them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from scriptune.api import requests as bodies
from scriptune.api.answer_models import answer_model
from scriptune.api.answers import answer, hides_env, masked_document, refuse_masks
from scriptune.api.inline_executors import refuse_inline_executor
from scriptune.api.paging import JobSort, LimitQuery, OffsetQuery
from scriptune.api.service import Caller, CallerDep, EngineDep, JobDep, ReadJobDep, ServiceDep
from scriptune.core.job import JobState, JobSummary, SearchJob
from scriptune.engine.engine import Engine
from scriptune.engine.keys import PROJECT_LABEL
from scriptune.engine.programs import job_from_program
from scriptune.engine.views import CheckReport, JobDetail, ReparseReport, ReplayReport
from scriptune.errors import JobFileError
from scriptune.jobfile import CheckedJob, check_document, dump_job_file
from scriptune.messages import Message
from scriptune.storage.base import Page

__all__ = ["RetriedTrials", "router"]

router = APIRouter(prefix="/jobs", tags=["jobs"])

# What the server itself notes there, and relies on: which program a job is of, and what a ModelArts client sent.
_OUR_LABELS = frozenset({"program", "program_version", "face", "modelarts"})


@dataclass(frozen=True)
class RetriedTrials:
    """The trials that get another attempt.

    Attributes:
        numbers: Their numbers.
    """

    numbers: list[int]


@router.get("", response_model=answer_model(Page[JobSummary]))
def list_jobs(
    request: Request,
    engine: EngineDep,
    caller: CallerDep,
    text: Annotated[str, Query(max_length=200, description="A part of the name or the beginning of the id.")] = "",
    state: Annotated[list[JobState], Query(description="Only these; may be repeated.")] = [],  # noqa: B006  # FastAPI copies it
    offset: OffsetQuery = 0,
    limit: LimitQuery = 50,
    sort: JobSort = "-created_at",
) -> Response:
    """Jobs with counts and best trial, a page at a time."""
    labels = {} if caller.project is None else {PROJECT_LABEL: caller.project}
    page = engine.jobs(text=text, states=state, labels=labels, offset=offset, limit=limit, sort=sort)
    return answer(request, page)


@router.post("", response_model=answer_model(SearchJob), status_code=201)
def submit_job(request: Request, body: bodies.JobBody, engine: EngineDep, caller: CallerDep) -> Response:
    """Check a job and put it into the queue."""
    checked, labels = _job_of(body, engine, caller)
    job = engine.submit(checked, labels=labels)
    response = answer(request, job, status=201)
    response.headers["Location"] = str(request.url_for("show_job", job_id=job.id).path)
    return response


@router.post("/check", response_model=answer_model(CheckReport))
def check_job(request: Request, body: bodies.CheckBody, engine: EngineDep, caller: CallerDep) -> Response:
    """Everything that can be known about a job before it is submitted; an invalid job is answered with all errors."""
    checked, _ = _job_of(body.document, engine, caller)
    if body.log is None:
        return answer(request, engine.check(checked, run=body.run, twice=body.twice))
    with tempfile.TemporaryDirectory(prefix="scriptune-check-") as folder:
        log = Path(folder) / "output.log"
        log.write_text(body.log, "utf-8")
        return answer(request, engine.check(checked, log=log))


def _mistake(key: str, problem: Message) -> Message:
    return Message("job_file.mistake", place=f"job: {key}", problem=problem)


def _job_of(body: bodies.JobBody, engine: Engine, caller: Caller) -> tuple[CheckedJob, dict[str, Any]]:
    """The job in a request body, and its labels."""
    given: dict[str, Any] = dict(body.model_extra or {})
    labels = given.pop("labels", None) or {}
    if not isinstance(labels, dict) or not all(isinstance(text, str) for text in labels.values()):
        raise JobFileError([_mistake("labels", Message("job_file.bad_labels", labels=labels))])
    if taken := sorted(_OUR_LABELS & set(labels)):
        raise JobFileError([_mistake(f"labels.{name}", Message("job_file.reserved_label")) for name in taken])
    if caller.project is not None:
        labels = {**labels, PROJECT_LABEL: caller.project}
    if "program_id" in given:
        given.setdefault("program", given.pop("program_id"))
    if "program" in given:
        overrides = given.pop("overrides", None) or {}
        if not isinstance(overrides, dict):
            raise JobFileError([_mistake("overrides", Message("job_file.bad_overrides", overrides=overrides))])
        given = {**overrides, **given}
    refuse_masks(given)
    refuse_inline_executor(given)
    if "program" in given:
        job, program = job_from_program(engine.programs, given, project=caller.project)
        return job, {**labels, "program": program.id, "program_version": program.version}
    return check_document(given), labels


@router.get("/{job_id}", response_model=answer_model(JobDetail))
def show_job(request: Request, job: JobDep, engine: EngineDep) -> Response:
    """One job with counts, best trial and failures by cause."""
    return answer(request, engine.show(job.id), job=job)


@router.patch("/{job_id}", response_model=answer_model(SearchJob))
def change_job(
    request: Request, job: JobDep, engine: EngineDep, caller: CallerDep, body: bodies.ChangeBody
) -> Response:
    """Change the limits of a job, also while it runs, its name, note, tags or star."""
    return answer(request, engine.change(job.id, body.changes, by=caller.name))


@router.delete("/{job_id}", status_code=204)
def delete_job(job: JobDep, engine: EngineDep) -> Response:
    """Delete a job and its files."""
    engine.delete(job.id)
    return Response(status_code=204)


@router.get("/{job_id}/document", response_model=dict[str, Any])
def show_document(request: Request, job: JobDep) -> Response:
    """The job file in JSON form."""
    return answer(request, masked_document(job.document, hide_env=hides_env(request)))


@router.get(
    "/{job_id}/document.yaml",
    response_class=Response,
    responses={200: {"content": {"application/yaml": {"schema": {"type": "object"}}}}},
)
def show_document_as_yaml(request: Request, job: JobDep) -> Response:
    """The job file as YAML."""
    text = dump_job_file(masked_document(job.document, hide_env=hides_env(request)))
    return Response(text, media_type="application/yaml", headers={"Cache-Control": "private, no-cache"})


@router.post("/{job_id}/stop", response_model=answer_model(SearchJob))
def stop_job(request: Request, job: JobDep, engine: EngineDep, body: bodies.StopBody | None = None) -> Response:
    """Ask a job to stop; it can be resumed."""
    return answer(request, engine.stop(job.id, drain=body.drain if body else False))


@router.post("/{job_id}/resume", response_model=answer_model(SearchJob))
def resume_job(request: Request, job: JobDep, engine: EngineDep, body: bodies.ResumeBody | None = None) -> Response:
    """Continue an interrupted or ended job, or extend one."""
    return answer(request, engine.resume(job.id, trials=body.trials if body else None))


@router.post("/{job_id}/retry", response_model=answer_model(RetriedTrials))
def retry_trials(request: Request, job: JobDep, engine: EngineDep, body: bodies.RetryBody | None = None) -> Response:
    """Run failed trials again, each as a further attempt."""
    body = body or bodies.RetryBody()
    return answer(request, RetriedTrials(engine.retry(job.id, body.number, causes=body.causes)))


@router.post("/{job_id}/enqueue", response_model=answer_model(SearchJob), status_code=202)
def enqueue_params(request: Request, job: JobDep, engine: EngineDep, body: bodies.EnqueueBody) -> Response:
    """Queue configurations as the next ones that a running or resumed job tries; all of them, or none."""
    engine.enqueue(job.id, body.params)
    return answer(request, engine.job(job.id).job, status=202)


@router.post("/{job_id}/confirm", response_model=answer_model(SearchJob), status_code=201)
def confirm_best(request: Request, job: JobDep, engine: EngineDep, body: bodies.ConfirmBody | None = None) -> Response:
    """Run the best configurations of a search again, in a job of their own."""
    body = body or bodies.ConfirmBody()
    confirming = engine.confirm(
        job.id, top=body.top, repeats=body.repeats, seed_flag=body.seed_flag, parallel=body.parallel
    )
    response = answer(request, confirming, status=201)
    response.headers["Location"] = str(request.url_for("show_job", job_id=confirming.id).path)
    return response


@router.post("/{job_id}/reparse", response_model=answer_model(ReparseReport))
def reparse_logs(
    request: Request,
    job: JobDep,
    engine: EngineDep,
    body: bodies.ReparseBody | None = None,
    dry_run: Annotated[bool, Query(description="Return what would change, and change nothing.")] = False,
) -> Response:
    """Recompute all values from the kept logs, without running anything."""
    body = body or bodies.ReparseBody()
    regexes = body.regexes if body.regex is None else {job.metric: body.regex, **body.regexes}
    report = engine.reparse(
        job.id,
        regexes=regexes,
        reduce=body.reduce,
        name=body.name,
        goal=body.goal,
        dry_run=dry_run,
        confirmed=body.confirmed,
    )
    return answer(request, report)


@router.post("/{job_id}/reparse/undo", response_model=answer_model(ReparseReport))
def undo_reparse(request: Request, job: JobDep, engine: EngineDep) -> Response:
    """Undo the last re-parse."""
    return answer(request, engine.undo_reparse(job.id))


@router.post("/{job_id}/replay", response_model=answer_model(ReplayReport))
async def replay_suggestions(request: Request, job: ReadJobDep, service: ServiceDep, caller: CallerDep) -> Response:
    """Recompute every suggestion from the record and return the first difference.

    It takes about as long as the suggestions took; for a viewer's key there is a limit.
    """
    async with service.replaying:
        report = await service.turns.work(
            request,
            caller.identity,
            lambda: service.engine.replay(job.id),
            is_viewer=caller.is_viewer,
            may_last=True,
        )
    return answer(request, report)
