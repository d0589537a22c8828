"""Read-only queries on jobs for front ends, from the database and the attempt folders."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from scriptune.analysis.results import HistoryPoint
from scriptune.core.job import JobSpec, JobSummary, SearchJob
from scriptune.core.parameters import Categorical, Scalar
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import ENDED, Attempt, Trial, TrialState
from scriptune.engine.confirmed import confirmation
from scriptune.engine.views import (
    Best,
    JobDetail,
    LogChunk,
    StoppingSummary,
    TrialDetail,
    WrittenBest,
)
from scriptune.errors import (
    CommandError,
    ConflictError,
    NotFoundError,
    SettingsError,
    StorageUnavailableError,
)
from scriptune.executors.base import LaunchSpec
from scriptune.executors.command import build_launch_spec
from scriptune.executors.folder import LOG, WORK, attempt_folder, read_command
from scriptune.executors.handover import recorded_launch_spec
from scriptune.executors.shell_line import line_to_paste
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.metrics.excerpt import Chunk, read_chunk
from scriptune.regular_files import NotRegularFileError, read_bounded
from scriptune.runtime.lease import is_worked_on
from scriptune.runtime.log_limit import FreedPart, freed_part
from scriptune.settings import Settings
from scriptune.storage.base import Storage

__all__ = [
    "best",
    "history",
    "job_detail",
    "log_chunk",
    "log_path",
    "reading_log",
    "sample_launch_spec",
    "sample_params",
    "trial_detail",
    "write_best",
]

_RUN_AGAIN = "best"  # folder of the home for what a pasted command line writes
_SHORT_ID = 8
_MAX_CONFIG_BYTES = 1 << 20  # of a config file that is read back; one that the program has made longer is its own
_MAX_WARNINGS = 5
_MIDDLE_DIGITS = 15  # the middle of 1e-4 .. 1 is 0.01, not 0.010000000000000002
_N_LOOKED_AT = 50  # failed attempts whose warnings are shown: trials of one program fail alike


def sample_params(space: SearchSpace) -> Params:
    """Sample params for checks before a search: the defaults, or the middle or first value."""
    values: dict[str, Scalar] = {}
    for name, parameter in space.items():
        if parameter.default is not None:
            values[name] = parameter.default
        elif isinstance(parameter, Categorical):
            values[name] = parameter.choices[0]
        else:
            low, high = parameter.low, parameter.high
            # The product of both bounds could be too small or too large for a float.
            middle = math.sqrt(low) * math.sqrt(high) if parameter.log is True else low + (high - low) / 2
            if parameter.log == "reverse":
                middle = 1.0 - math.sqrt(1.0 - low) * math.sqrt(1.0 - high)
            values[name] = parameter.round(float(f"{middle:.{_MIDDLE_DIGITS}g}"))
    return space.prune(values)


def sample_launch_spec(settings: Settings, spec: JobSpec) -> LaunchSpec:
    """A sample launch spec of a job, to ask an executor whether it could run it."""
    folder = settings.home / attempt_folder("check", 0, 1)
    return build_launch_spec(spec, sample_params(spec.space), folder=folder, job_id="check", number=0)


def _order_again(home: Path, job: SearchJob, trial: Trial, trial_dir: Path) -> LaunchSpec | None:
    """The launch spec of a trial with another output folder; None if it is no longer known."""
    spec = job_spec(job.document)
    attempt = max(1, trial.n_attempts)
    folder = home / attempt_folder(job.id, trial.number, attempt)
    try:
        return build_launch_spec(
            spec,
            trial.params,
            folder=folder,
            job_id=job.id,
            number=trial.number,
            attempt=attempt,
            trial_dir=trial_dir,
            first_points=job.first_points,
        )
    except CommandError:
        # A template was moved or changed since. What the attempt was given is on record.
        try:
            handed_over = read_command(folder)
        except OSError:  # it may be readable at the next look
            handed_over = None
        if handed_over is None:
            return None
    files = {name: text for name in spec.files if (text := _recorded_text(folder / WORK / name)) is not None}
    return recorded_launch_spec(handed_over, folder, spec, trial_dir=trial_dir, files=files)


def _recorded_text(path: Path) -> str | None:
    """A config file given to an attempt; None if the program has replaced it by something else."""
    try:
        data = read_bounded(path, _MAX_CONFIG_BYTES + 1)
        return data.decode("utf-8") if len(data) <= _MAX_CONFIG_BYTES else None
    except (OSError, UnicodeDecodeError):
        return None


def _command_line(home: Path, job: SearchJob, trial: Trial) -> str:
    """A line to paste that reruns a trial's configuration without touching its files; "" if unknown."""
    trial_dir = home / _RUN_AGAIN / f"{job.id[:_SHORT_ID]}-{trial.number}"
    order = _order_again(home, job, trial, trial_dir)
    return "" if order is None else line_to_paste(order, trial_dir)


def write_best(home: Path, job: SearchJob, trial: Trial, folder: Path) -> WrittenBest:
    """Write a trial's config files into a folder.

    Raises:
        ConflictError: The job has no config files, or their templates are gone.
        SettingsError: A file of that name is there and says something else, or the folder cannot be written.
    """
    spec = job_spec(job.document)
    if not spec.files:
        raise ConflictError(
            Message("job.no_files", name=job.name),
            hint=Message("job.best_command", id=job.id[:_SHORT_ID]),
        )
    order = _order_again(home, job, trial, folder)
    if order is None or not order.files:
        templates = ", ".join(repr(str(path)) for path in spec.files.values())
        raise ConflictError(
            Message("job.templates_changed", templates=templates),
            hint=Message("job.restore_templates"),
        )
    for name, text in order.files.items():
        _check_free(folder / name, text)
    try:
        for name, text in order.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())
    except OSError as err:
        raise SettingsError(Message("file.cannot_write", folder=str(folder), why=err.strerror)) from err
    return WrittenBest([str(folder / name) for name in order.files], line_to_paste(order, folder, write_files=False))


def _check_free(path: Path, text: str) -> None:
    """Reject overwriting a file with other content: it may be a template, or the user's work."""
    try:
        if not path.exists() or path.read_bytes() == text.encode():
            return
    except OSError:
        pass
    raise SettingsError(Message("file.exists", path=str(path)), hint=Message("file.other_folder"))


def best(home: Path, job: SearchJob, trial: Trial) -> Best:
    """The best trial with all its parameters (searched and fixed) and its command line."""
    spec = job_spec(job.document)
    everything = dict({**spec.fixed, **trial.params}.items())
    in_order = {name: everything[name] for name in spec.parameters if name in everything}
    unit = job.units.get(job.metric)
    return Best(trial, in_order, _command_line(home, job, trial), unit.unit if unit else "")


def job_detail(home: Path, storage: Storage, summary: JobSummary, now: datetime) -> JobDetail:
    """A job with its failures by cause and the warnings of its logs."""
    job = summary.job
    failures = storage.failures(job.id)
    warnings: dict[str, None] = {}
    for attempt in storage.attempts(job.id, states=(TrialState.FAILED,), limit=_N_LOOKED_AT) if failures else ():
        warnings.update(dict.fromkeys(attempt.warnings))
    shown = (*job.notices, *tuple(warnings)[:_MAX_WARNINGS])
    return JobDetail(
        summary=summary,
        command_line=_command_line(home, job, summary.best) if summary.best else "",
        failures=failures,
        owner_alive=is_worked_on(job, now),
        warnings=shown,
        notices=tuple(warning for warning in shown if isinstance(warning, Message)),
        **storage.lost_logs(job.id)._asdict(),
        confirmation=confirmation(storage, job),
        stopping=_stopping(storage, job),
    )


def _stopping(storage: Storage, job: SearchJob) -> StoppingSummary | None:
    if job_spec(job.document).stopping.rule == "none":
        return None
    # Imported here because it needs the rules, which need numpy; most searches have none.
    from scriptune.engine.stopping_summary import stopping_summary

    return stopping_summary(storage, job)


def trial_detail(home: Path, storage: Storage, job: SearchJob, number: int) -> TrialDetail:
    """A trial with its attempts and the command line that ran it."""
    trial = storage.trial(job.id, number)
    attempts = storage.attempts(job.id, number)
    return TrialDetail(trial, attempts, _command_line(home, job, trial))


def _attempt(storage: Storage, job: SearchJob, number: int, attempt: int | None) -> Attempt:
    storage.trial(job.id, number)
    attempts = {a.attempt: a for a in storage.attempts(job.id, number)}
    wanted = attempt if attempt is not None else max(attempts, default=1)
    if wanted not in attempts:
        known = ", ".join(map(str, attempts)) or "none"
        raise NotFoundError(Message("trial.no_such_attempt", number=number, name=job.name, attempt=wanted, known=known))
    return attempts[wanted]


def log_path(settings: Settings, storage: Storage, job: SearchJob, number: int, attempt: int | None) -> Path:
    """The path of an attempt's log."""
    return settings.home / _attempt(storage, job, number, attempt).folder / LOG


@contextmanager
def reading_log(number: int) -> Iterator[None]:
    """Context manager that translates errors of reading a trial's log.

    Raises:
        NotFoundError: The program has put something else in its place.
        StorageUnavailableError: It cannot be read now.
    """
    try:
        yield
    except NotRegularFileError as err:
        raise NotFoundError(
            Message("trial.log_not_regular", number=number, kind=err.found),
            hint=Message("trial.leave_folder"),
        ) from err
    except OSError as err:
        raise StorageUnavailableError(Message("trial.log_not_now", number=number, why=err.strerror or err)) from err


def log_chunk(
    settings: Settings,
    storage: Storage,
    job: SearchJob,
    number: int,
    offset: int,
    limit: int,
    attempt: int | None,
    *,
    raw: bool = False,
) -> LogChunk:
    """A part of a log; empty if the log does not exist yet."""
    chosen = _attempt(storage, job, number, attempt)
    # Looked at before the file is read: a log that had ended then is read to its end now.
    ended = chosen.state in ENDED
    freed = None if chosen.pruned_at else freed_part(storage.trial(job.id, number).notices, chosen.attempt)
    with reading_log(number):
        chunk = _read_around(freed, settings.home / chosen.folder / LOG, offset, limit, raw=raw)
    return LogChunk(**vars(chunk), ended=ended, pruned_at=chosen.pruned_at)


def _read_around(freed: FreedPart | None, path: Path, offset: int, limit: int, *, raw: bool) -> Chunk:
    """Like `read_chunk`, with a single line in place of the freed part."""
    chunk = read_chunk(path, offset, limit, raw=raw)
    if freed is None or chunk.size_bytes < freed.end or not chunk.offset < freed.end:
        return chunk
    if chunk.offset < freed.start:
        left = freed.start - chunk.offset
        return chunk if chunk.next_offset <= freed.start else read_chunk(path, chunk.offset, min(limit, left), raw=raw)
    text = f"\n[scriptune freed bytes {freed.start} to {freed.end} of this log, which had outgrown max_log_bytes]\n"
    return Chunk(text, freed.start, freed.end, chunk.size_bytes)


def history(storage: Storage, job: SearchJob, points: int) -> list[HistoryPoint]:
    """Values and best so far by number, thinned without losing an improvement."""
    # Imported here: of all that is shown, this alone needs numpy.
    from scriptune.analysis.history import thinned_history

    return thinned_history(storage.values(job.id), job.goal, points)
