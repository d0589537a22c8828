"""Check the content of a job file: find all errors, and fill in the defaults."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scriptune.core.job import JobSpec, ParameterSpec
from scriptune.core.space import SearchSpace
from scriptune.errors import SpaceError
from scriptune.executors.command import MAX_WORD_CHARS, MAX_WORDS
from scriptune.jobfile import checks, sections
from scriptune.jobfile.conditions import read_conditions, resolve
from scriptune.jobfile.constraints import constrained_space, read_constraints
from scriptune.jobfile.parameters import Entry, read_parameters
from scriptune.jobfile.problems import Problems, shown
from scriptune.jobfile.program_names import program_name
from scriptune.jobfile.schema import JobSection
from scriptune.jobfile.shape import check_shape
from scriptune.jobfile.spec import job_spec
from scriptune.jobfile.start_file import read_start_file
from scriptune.messages import Message

__all__ = ["CheckedJob", "check_content"]

_SHELL_PARTS = re.compile(r"[;&|\n]+")
_PREPARING = frozenset(
    {"echo", "cd", "export", "set", "source", ".", "mkdir", "true", ":", "module", "ulimit", "conda"}
)

_LARGEST_COUNTED_SPACE = 10**9


@dataclass(frozen=True)
class CheckedJob:
    """A job file that has passed all checks.

    Attributes:
        document: The complete job file in JSON form: every default filled in, paths absolute, durations in
            seconds. Checking it again gives the same document.
        spec: The same, typed.
        source: Where it came from, for messages.
        warnings: Legal but probably unintended settings, each with its place.
    """

    document: dict[str, Any]
    spec: JobSpec
    source: str
    warnings: tuple[str, ...] = ()


def check_content(raw: object, *, base_dir: Path, problems: Problems, name: str = "") -> CheckedJob:
    """Check the content of a job file, complete it with defaults, and convert it to a `JobSpec`.

    Args:
        raw: The content: plain dicts, lists and scalars.
        base_dir: What relative paths are relative to.
        problems: Collects the errors; may contain some already.
        name: The job's name when it has none; "" makes one from the command.

    Raises:
        JobFileError: Lists every error.
    """
    if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
        problems.add((), Message("job_file.not_a_mapping", example=JobSection.example, value=shown(raw)))
        problems.raise_if_any()
    assert isinstance(raw, Mapping)
    job = check_shape(JobSection, raw, (), problems)
    command = _read_command(job, problems)
    workdir = sections.absolute(job.workdir or ".", base_dir)
    files = sections.read_files(job.files, base_dir, problems)
    metrics = sections.read_metrics(job.metrics, problems)
    objective = sections.read_objective(job.objective, list(job.metrics or {}), problems)
    search = sections.read_search(job.search, problems)
    run = sections.read_run(job.run, problems)
    stopping = sections.read_stopping(job.stopping, run, problems)
    searched, parameters = _read_parameters(job, problems)
    if searched:
        read_constraints(job.constraints or [], searched, parameters, problems)
    if searched:
        search["start_with"] = _read_starts(job, searched, parameters, objective["metric"], base_dir, problems)
        search["from"] = search["from"] or _results_from(job)
    checks.check_metrics(metrics, problems)
    checks.check_sampler(search["sampler"], search["options"], problems)
    checks.check_files(files, problems)
    if checks.check_workdir(workdir, problems) and command and not job.shell:
        checks.check_program(command, workdir, run, problems)
    document = {
        "name": job.name or name or _name_from(command, shell=job.shell),
        "command": command[0] if job.shell and command else list(command),
        "shell": job.shell,
        "workdir": str(workdir),
        "parameters": parameters,
        "constraints": job.constraints or [],
        "metrics": metrics,
        "objective": objective,
        "search": search,
        "run": run,
        "files": files,
        "stopping": stopping,
    }
    if not command or not searched:
        problems.raise_if_any()
    spec = job_spec(document)
    checks.check_metric_files(spec, problems)
    if problems.clean("files"):
        checks.check_reach(spec, [name for name in parameters if name not in searched], problems)
    problems.raise_if_any()
    _warn(spec, problems)
    return CheckedJob(document, spec, problems.source, problems.warnings)


def _read_command(job: JobSection, problems: Problems) -> tuple[str, ...]:
    if job.command is None:
        if problems.clean("command"):
            problems.add(("command",), Message("job_file.no_command"))
        return ()
    longest = max(map(len, job.command), default=0) if isinstance(job.command, list) else len(job.command)
    if longest > MAX_WORD_CHARS:
        problems.add(
            ("command",),
            Message("job_file.word_too_long", n=longest, most=MAX_WORD_CHARS),
        )
        return ()
    if job.shell:
        if isinstance(job.command, list):
            problems.add(("command",), Message("job_file.shell_list", value=shown(job.command)))
            return ()
        return (job.command,)
    if isinstance(job.command, list):
        if not job.command[0]:
            problems.add(("command",), Message("job_file.empty_program", value=shown(job.command)))
        return _few_words(job.command, problems)
    try:
        return _few_words(shlex.split(job.command), problems)
    except ValueError as err:
        problems.add(
            ("command",),
            Message("job_file.unsplittable", value=shown(job.command), why=str(err).lower()),
        )
        return ()


def _few_words(words: Sequence[str], problems: Problems) -> tuple[str, ...]:
    if len(words) > MAX_WORDS:
        problems.add(
            ("command",),
            Message("job_file.too_many_words", n=len(words), most=MAX_WORDS),
        )
        return ()
    return tuple(words)


def _read_parameters(job: JobSection, problems: Problems) -> tuple[dict[str, ParameterSpec], dict[str, Any]]:
    """The usable parameters, and all of them in complete form; empty if one of them is invalid."""
    if not job.parameters:
        if problems.clean("parameters"):
            example = "{learning_rate: {type: float, min: 1e-5, max: 1e-1, log: true}}"
            problems.add(
                ("parameters",),
                Message("job_file.missing_parameters", example=example)
                if job.parameters is None
                else Message("job_file.empty_parameters", example=example),
            )
        return {}, {}
    entries: dict[str, Entry] = read_parameters(job.parameters, problems)
    conditions = read_conditions(entries, problems)
    if not problems.clean("parameters"):
        return {}, {}
    specs, documents = resolve(entries, conditions, problems)
    try:
        SearchSpace({name: spec.domain for name, spec in specs.items() if spec.domain is not None})
    except SpaceError as err:
        problems.add(("parameters",), err.message)
        return {}, {}
    return specs, documents


def _read_starts(
    job: JobSection,
    parameters: Mapping[str, ParameterSpec],
    all_names: Iterable[str],
    metric: str,
    base_dir: Path,
    problems: Problems,
) -> list[dict[str, Any]]:
    texts = job.constraints or [] if problems.clean("constraints") else []
    space = constrained_space(parameters, all_names, texts)
    given = job.search.get("start_with") if isinstance(job.search, Mapping) else None
    if isinstance(given, str):
        return read_start_file(sections.absolute(given, base_dir), space, parameters, metric, problems)
    return sections.read_starts(job.search, space, parameters, problems)


def _results_from(job: JobSection) -> str | None:
    """The job that ``start_with: {job: JOB}`` names: the same as ``from``."""
    given = job.search.get("start_with") if isinstance(job.search, Mapping) else None
    found = given.get("job") if isinstance(given, Mapping) else None
    return found if isinstance(found, str) else None


def _name_from(command: tuple[str, ...], *, shell: bool) -> str:
    """``train`` from ``python train.py``: the script of an interpreter, else the program."""
    if not shell or not command:
        return program_name(command) or "job"
    parts = [part.split() for part in _SHELL_PARTS.split(command[0]) if part.strip()]
    parts = [part for part in parts if part[0] not in _PREPARING] or parts[:1]
    return next(filter(None, map(program_name, parts)), "job")


def _warn(spec: JobSpec, problems: Problems) -> None:
    checks.warn_of_repeated_flags(spec, problems)
    # Fewer trials on the command line than the file's parallel: a short try of it, with nothing to put right.
    is_short_try = problems.is_flag(("search", "trials")) and not problems.is_flag(("run", "parallel"))
    if spec.run.parallel > spec.search.trials and not is_short_try:
        problems.warn(
            ("run", "parallel"), Message("job_file.too_parallel", parallel=spec.run.parallel, trials=spec.search.trials)
        )
    if spec.search.ordered and spec.stopping.rule != "none" and spec.run.parallel > 1:
        problems.warn(("search", "ordered"), Message("job_file.ordered_stopping"))
    space = spec.space
    size = None if space.is_conditional else space.size(_LARGEST_COUNTED_SPACE)
    if size is not None and size < spec.search.trials and not spec.search.allow_duplicates:
        problems.warn(
            ("search", "trials"),
            Message("job_file.few_combinations", trials=spec.search.trials, size=size),
        )
