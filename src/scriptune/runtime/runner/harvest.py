"""Follow running trials: read their logs, and detect their ends."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from scriptune.executors.handover import holds_another
from scriptune.messages import Message
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.runner.finish import finish
from scriptune.runtime.runner.reports import limit_log, save_reports
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.runtime.runner.stop import cancel

__all__ = ["harvest"]

_log = logging.getLogger(__name__)

_READ_BYTES = 4 * 1024 * 1024  # per trial and step: a 2 GB log must not keep the other trials waiting
_LOOK_AT_ALL_EVERY_S = 30.0  # in case an executor has missed something
_LOOK_AT_FILES_EVERY_S = 1.0  # metric files, of which executors know nothing
_PATIENCE_S = 900.0  # with the log of a program that has ended; an attack or a network that is away passes earlier
_PATIENCE_STOPPING_S = 10.0  # where the user waits for the end


def harvest(job: RunningJob, now: datetime, news: Collection[Path] | None = None) -> bool:
    """Check running attempts: those with news, and all of them at first and every half minute.

    Args:
        job: Their job.
        now: The time.
        news: As `Executor.wait` returned them, of other jobs too; None: check all.

    Returns:
        Whether a trial ended, or more of a log can be read at once.
    """
    changed = False
    job.file_notice = ""
    for run in _with_news(job, now, news):
        try:
            changed |= _look(job, run, now)
        except OSError as err:
            # No descriptor is left, or a network file system is away: that says nothing about the trial.
            changed |= _look_later(job, run, err, now)
        else:
            run.unreadable_since = None
    return changed


def _with_news(job: RunningJob, now: datetime, news: Collection[Path] | None) -> list[RunningAttempt]:
    if _is_due(job.looked_at, now, _LOOK_AT_ALL_EVERY_S):
        news = None
    if news is None:
        job.looked_at = now
        job.again.clear()
        return list(job.running.values())
    numbers = {job.numbers[folder] for folder in news if folder in job.numbers} | job.again
    job.again.clear()
    if job.has_metric_files and _is_due(job.files_looked_at, now, _LOOK_AT_FILES_EVERY_S):
        job.files_looked_at = now
        numbers |= job.running.keys()
    return [job.running[number] for number in sorted(numbers)]


def _is_due(last: datetime | None, now: datetime, every_s: float) -> bool:
    return last is None or not 0 <= (now - last).total_seconds() < every_s


def _look(job: RunningJob, run: RunningAttempt, now: datetime) -> bool:
    """Check one attempt; returns whether anything changed.

    Raises:
        OSError: Its files cannot be looked at now. Nothing is lost.
    """
    if run.is_recovered:
        _recognise(job, run)
    if run.exit is None:
        _look_for_the_end(job, run)
    batch = run.read(_READ_BYTES, now)
    limit_log(job, run, now)
    if run.exit is not None and batch.at_end:
        finish(job, run, run.verdict(job.spec.objective.metric, keep_value=run.stop != "job"), now)
        return True
    save_reports(job, run, now)
    if batch.error is not None:
        raise batch.error
    if not batch.at_end or run.unsaved or (run.stop and not run.is_asked):
        job.again.add(run.number)
    return not batch.at_end


def _recognise(job: RunningJob, run: RunningAttempt) -> None:
    """Verify that the folder of a recovered attempt is the submitted one; otherwise mark it as lost.

    Raises:
        OSError: This cannot be determined now.
    """
    if holds_another(run.handle):
        _log.warning(
            "trial %d of job %s: the folder of attempt %d is missing, damaged or another command's",
            run.number,
            job.id,
            run.attempt,
        )
        job.executor.cancel(run.handle)  # what runs there is not followed any more
        run.lose(Message("attempt.not_its_folder"))
    run.is_recovered = False


def _look_for_the_end(job: RunningJob, run: RunningAttempt) -> None:
    """Check whether an attempt has ended, before its log is read, so that the log is then complete.

    Raises:
        OSError: This cannot be determined now.
    """
    if run.stop and not run.is_asked:
        cancel(job, run, run.stop)
    run.exit = job.executor.poll(run.handle)
    if run.log_is_cut():
        _log.warning("trial %d of job %s: its log is shorter than it was at the end", run.number, job.id)
        run.lose(Message("attempt.log_is_cut"))
    if run.is_read_too_far():
        run.go_back(job.storage.reports(job.id, run.number, attempt=run.attempt).items)


def _look_later(job: RunningJob, run: RunningAttempt, err: OSError, now: datetime) -> bool:
    """Record that an attempt was unreadable; give its log up after too long."""
    job.note_unreadable(run, err)
    job.again.add(run.number)
    run.unreadable_since = run.unreadable_since or now
    stopping = run.stop or job.record.stop_requested == "now"
    patience_s = _PATIENCE_STOPPING_S if stopping else _PATIENCE_S
    if run.exit is None or (now - run.unreadable_since).total_seconds() < patience_s:
        return False
    text = Message("attempt.log_unreadable", why=err.strerror or err)
    run.warnings += (text,)
    keep_value = run.stop != "job"
    finish(job, run, run.verdict(job.spec.objective.metric, keep_value=keep_value, unreadable=text), now)
    return True
