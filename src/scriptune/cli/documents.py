"""Build a job file in JSON form from command-line arguments: a file, or a program with flags."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from scriptune.core.job import SearchJob
from scriptune.errors import ScriptuneError
from scriptune.jobfile import CheckedJob, check_document, from_command_line, read_job_file
from scriptune.jobfile.parser import plain_scalar
from scriptune.jobfile.shorthand import parse_metric
from scriptune.messages import Message

__all__ = ["edited_file", "edited_regexes", "file_labels", "named_values", "read_document", "regexes_of"]

# Flags that take NAME=VALUE; the others that may be repeated make a list.
_PAIRS = ("options", "env", "stopping_options")

# Labels of a job that was started by a job file.
_FILE_LABEL, _DIGEST_LABEL = "job_file", "job_file_digest"


def read_document(
    file: Path | None,
    program: Sequence[str],
    params: Sequence[str],
    metrics: Sequence[str | tuple[str, str]],
    flags: Mapping[str, Any],
) -> CheckedJob:
    """Read and check the job described by a command line.

    Args:
        file: A job file, or None.
        program: What followed ``--``.
        params, metrics: What followed each ``-p`` and ``-m``.
        flags: Flags by the names of `scriptune.jobfile.FLAGS`; ``options`` and ``env`` as ``NAME=VALUE``; in place of
            ``stopping`` the name of a rule, ``max_step``, and ``stopping_options``.

    Raises:
        JobFileError: An error in the file, or in the short form of a parameter or metric.
        click.UsageError: Arguments contradict each other.
    """
    flags = {name: value for name, value in flags.items() if name in _PAIRS or value != ()}
    options = _typed_values(flags.pop("options"), "--option")
    env = dict(named_values(flags.pop("env"), "--env"))
    stopping = {"rule": flags.pop("stopping", None), "max_step": flags.pop("max_step", None)}
    stopping = {key: value for key, value in stopping.items() if value is not None}
    stopping |= _typed_values(flags.pop("stopping_options", ()), "--stopping-option")
    flags |= {"options": options or None, "env": env or None, "stopping": stopping or None}
    if file is None:
        if not program:
            raise click.UsageError(Message("cli.nothing_to_run"))
        goal = flags.pop("goal")
        document = from_command_line(params, metrics, goal, program, **flags)
        return check_document(document, place=Message("job_file.command_line"))
    if program:
        raise click.UsageError(Message("cli.file_and_program", file=str(file), program=program[0]))
    if params or metrics:
        raise click.UsageError(Message("cli.options_of_file"))
    return read_job_file(file, **flags)


def _typed_values(given: Sequence[str], flag: str) -> dict[str, Any]:
    return {name: plain_scalar(text) for name, text in named_values(given, flag)}


def named_values(given: Sequence[str], flag: str) -> list[tuple[str, str]]:
    """Parse ``["a=1"]`` to ``[("a", "1")]``.

    Raises:
        click.UsageError: A text without a name and ``=``.
    """
    pairs = []
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(Message("cli.not_name_value", flag=flag, text=text))
        pairs.append((name, value))
    return pairs


def regexes_of(job: SearchJob, texts: Sequence[str | tuple[str, str]]) -> dict[str, str]:
    """Parse ``[METRIC=]REGEX`` arguments and pairs by metric; a regex without a name is the objective's.

    Raises:
        click.UsageError: A text that is empty, or the name of a pair is a regex.
    """
    regexes = {}
    for text in texts:
        if not isinstance(text, str):
            name, regex = text
            if name not in job.document["metrics"] and (not name.strip() or "(" in name):
                raise click.UsageError(Message("cli.not_a_metric_name", name=name, metric=job.metric))
            regexes[name] = regex
            continue
        try:
            name, section = parse_metric(text)
        except ValueError as err:
            why = err.message if isinstance(err, ScriptuneError) else err
            raise click.UsageError(Message("cli.bad_regex", text=text, why=why)) from err
        unnamed = section["regex"] == text
        regexes[job.metric if unnamed else name] = section["regex"]
    return regexes


def file_labels(file: Path | None) -> dict[str, str]:
    """Labels that record the job file a job was started from; {} without a file."""
    return {} if file is None else {_FILE_LABEL: str(file.absolute()), _DIGEST_LABEL: _digest(file)}


def edited_file(job: SearchJob) -> str | None:
    """The path of the job file if it was edited since the job was started."""
    path, digest = job.labels.get(_FILE_LABEL), job.labels.get(_DIGEST_LABEL)
    return path if path and digest and _digest(Path(path)) not in ("", digest) else None


def edited_regexes(job: SearchJob, path: str) -> dict[str, str]:
    """The metric regexes that differ in the current job file, by metric; {} if the file is invalid."""
    try:
        metrics = read_job_file(Path(path)).document["metrics"]
    except (OSError, ScriptuneError):
        return {}
    known = job.document["metrics"]
    return {
        name: metric["regex"]
        for name, metric in metrics.items()
        if name in known and metric.get("regex") not in (None, known[name].get("regex"))
    }


def _digest(file: Path) -> str:
    """A digest of a file's content; "" if it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    except OSError:
        return ""
