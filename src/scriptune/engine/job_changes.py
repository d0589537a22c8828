"""Change a job after it was submitted: its limits, also while it runs, its name and the user's remarks.

Everything is stored in one transaction with an event that says who changed what; the job's worker takes it over at its
next poll. The document says what holds now. What a suggestion depends on stays as it was submitted: the samplers see
the numbers of parallel trials and of trials of the submitted job file, so that `replay` derives the same.
An ordered search chooses each trial from those before the last ``parallel`` ones, so it may run fewer at once, which
changes none of its suggestions, but not more.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import Any

from scriptune.core.job import ENDED_JOB, SearchJob
from scriptune.core.job_changes import NO_LIMIT, JobChanges
from scriptune.engine.job_actions import extra_trials
from scriptune.errors import JobFileError
from scriptune.jobfile.checks import check_metric_files
from scriptune.jobfile.durations import format_duration
from scriptune.jobfile.problems import Problems, shown
from scriptune.jobfile.schema import JobSection, RunSection
from scriptune.jobfile.shape import check_shape
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.runtime.context import Context
from scriptune.runtime.policy.budget import budget_of

__all__ = ["change", "this_user"]

_SOURCE = "change"
_LIMITS = ("parallel", "trial_timeout", "job_timeout")  # keys of `run`
_MAX_NOTE_CHARS = 10_000
_MAX_TAGS, _MAX_TAG_CHARS = 50, 100


def change(context: Context, job: SearchJob, changes: JobChanges, by: str) -> SearchJob:
    """Store changes of a job; what is the same already is not logged as a change.

    Args:
        context: The installation.
        job: The job.
        changes: What to change.
        by: Who changes it.

    Raises:
        JobFileError: Nothing is to be changed, a value cannot be used, or makes no sense for this search now.
        ConflictError: It is a confirmation, whose trials are fixed.
    """
    given = _checked(changes)
    with context.storage.transaction(durable=True) as tx:
        job = tx.job(job.id)
        fields: dict[str, Any] = {}
        log: dict[str, tuple[Any, Any]] = {}
        run = {key: given[key] for key in _LIMITS if key in given and given[key] != job.document["run"].get(key)}
        if run:
            _check_limits(job, run)
            before = {key: job.document["run"].get(key) for key in run}
            log |= {key: (before[key], run[key]) for key in run}
            fields["document"] = {**job.document, "run": {**job.document["run"], **run}}
            fields["submitted_run"] = {**before, **job.submitted_run}
        if "trials" in given:
            # Trials that were stopped early have taken part of a training only: more of them than trainings may exist.
            in_trainings = budget_of(job, job_spec(job.document)) is not None
            least = 1 if in_trainings else max(tx.n_trials(job.id), 1)
            extra = extra_trials(job, given["trials"], at_least=least)
            if extra != job.extra_trials:
                log["trials"] = (job.n_trials, job.n_trials - job.extra_trials + extra)
                fields["extra_trials"] = extra
        for name in ("name", "note", "tags", "star"):
            if name in given and given[name] != getattr(job, name):
                fields[name] = given[name]
                log[name] = (getattr(job, name), given[name])
        if "name" in fields:
            fields["document"] = {**fields.get("document", job.document), "name": fields["name"]}
        if log:
            tx.update_job(job.id, **fields)
            tx.append_change(job.id, by, log)
    return context.storage.job(job.id)


def _checked(changes: JobChanges) -> dict[str, Any]:
    """The changes as the job file would hold them.

    Raises:
        JobFileError: There are none, or a value cannot be used.
    """
    given = changes.given
    if not given:
        raise JobFileError([Message("job_file.mistake", place=_SOURCE, problem=Message("change.nothing"))])
    problems = Problems(_SOURCE)
    limits = {key: given[key] for key in _LIMITS if key in given}
    without = {key for key, value in limits.items() if key != "parallel" and value == NO_LIMIT}
    section = check_shape(RunSection, {k: v for k, v in limits.items() if k not in without}, (), problems)
    given |= {key: None if key in without else getattr(section, key) for key in limits}
    if "name" in given:
        given["name"] = check_shape(JobSection, {"name": given["name"]}, (), problems).name
    if "note" in given and len(given["note"]) > _MAX_NOTE_CHARS:
        problems.add(("note",), Message("change.long_note", n=len(given["note"]), most=_MAX_NOTE_CHARS))
    if "tags" in given:
        given["tags"] = _tags(given["tags"], problems)
    problems.raise_if_any()
    return given


def _tags(tags: Any, problems: Problems) -> tuple[str, ...]:
    """The tags without blanks around them, each once."""
    clean = tuple(dict.fromkeys(tag.strip() for tag in tags))
    if len(clean) > _MAX_TAGS or not all(tag.isprintable() and 0 < len(tag) <= _MAX_TAG_CHARS for tag in clean):
        problems.add(
            ("tags",), Message("change.bad_tags", tags=shown(list(tags)), most=_MAX_TAGS, chars=_MAX_TAG_CHARS)
        )
    return clean


def _check_limits(job: SearchJob, run: Mapping[str, Any]) -> None:
    """Refuse limits that make no sense for a search.

    Raises:
        JobFileError: It is ordered and would run more trials at once, its trials share a metric file, or its time would
            be over.
    """
    parallel, limit = run.get("parallel", 0), run.get("job_timeout")
    if job.document["search"].get("ordered") and parallel > job.n_workers:
        problem = Message("change.ordered", parallel=parallel, most=job.n_workers)
        raise _refusal("parallel", problem, Message("change.ordered_hint", id=job.id[:8]))
    if "parallel" in run:
        shared = Problems(_SOURCE)
        check_metric_files(job_spec({**job.document, "run": {**job.document["run"], **run}}), shared)
        shared.raise_if_any()
    if limit is not None and job.active_s >= limit:
        spent = format_duration(round(job.active_s))
        problem = Message("change.time_is_over", limit=format_duration(limit), spent=spent)
        hint = None if job.state in ENDED_JOB else Message("change.stop_instead", id=job.id[:8])
        raise _refusal("job_timeout", problem, hint)


def _refusal(key: str, problem: Message, hint: Message | None) -> JobFileError:
    return JobFileError([Message("job_file.at_path", place=_SOURCE, path=key, problem=problem)], hint=hint)


def this_user() -> str:
    """Who runs this process, as ``ada@host``."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        name = str(os.getuid())
    return f"{name}@{os.uname().nodename}"
