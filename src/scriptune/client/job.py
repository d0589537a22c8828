"""A job as a Python object: read it, wait for it, act on it."""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from scriptune.analysis.results import Calibration, Confirmation, HistoryPoint, Importance
from scriptune.client.trial_list import TrialList, html_table
from scriptune.core.builtin_values import builtin_document, builtin_value
from scriptune.core.job import ENDED_JOB, JobState, JobSummary
from scriptune.core.job_changes import JobChanges
from scriptune.core.trial import ENDED, Cause, TrialState
from scriptune.engine.verbs import Verbs
from scriptune.engine.views import (
    Best,
    JobDetail,
    ReparseReport,
    ReplayReport,
    TrialDetail,
)
from scriptune.errors import RemoteError, StorageUnavailableError
from scriptune.messages import counted

__all__ = ["Job", "Progress", "Work"]

_LOOK_EVERY_S = 0.5
_PATIENCE_S = 120.0  # a server that is started again, and an upgrade of its database, take less
_PROGRESS_EVERY_S = 0.5
_LOG_BYTES = 256 * 1024
_HTML_ROWS = 10  # trials that a notebook shows with a job

Progress: TypeAlias = bool | Callable[[JobSummary], None]
Work: TypeAlias = Callable[[str, Callable[[], None]], bool]


class Job:
    """One search job. Its properties are read again at each use.

    Args:
        verbs: The engine or the server that has it.
        job_id: Its id.
        work: Runs a job in this process to its end and returns True, or False at once when another process
            works on it; None where a server runs the jobs.
    """

    def __init__(self, verbs: Verbs, job_id: str, work: Work | None = None) -> None:
        self._verbs = verbs
        self._work = work
        self.id = job_id

    # --- looking --------------------------------------------------------------------------------------------

    @property
    def summary(self) -> JobSummary:
        """The job with its counts of trials and its best trial."""
        return self._verbs.job(self.id)

    @property
    def name(self) -> str:
        """The name of the job."""
        return self.summary.job.name

    @property
    def state(self) -> JobState:
        """The state of the job."""
        return self.summary.job.state

    @property
    def message(self) -> str:
        """Why the job ended."""
        return self.summary.job.message

    @property
    def document(self) -> Mapping[str, Any]:
        """The complete job file in JSON form, including the seed."""
        return self.summary.job.document

    @property
    def best(self) -> Best | None:
        """The best trial: ``best.params`` (searched and fixed), ``best.value``, ``best.trial``, ``best.command_line``.

        None while no trial has a value.
        """
        return self._verbs.best(self.id)

    @property
    def detail(self) -> JobDetail:
        """The job with its failures by cause."""
        return self._verbs.show(self.id)

    def trials(
        self, *, states: Sequence[TrialState | str] = (), where: Sequence[str] = (), sort: str = "number"
    ) -> TrialList:
        """All trials.

        Args:
            states: Only those in these states.
            where: Only those with all of this, such as ``params.lr<0.01`` or ``metrics.loss>=0.5``.
            sort: A field of a trial, ``params.NAME`` or ``metrics.NAME``; ``-`` reverses the order.

        Raises:
            NotFoundError: Nothing can be sorted or filtered by that.
        """
        wanted = [TrialState(state) for state in states]
        return TrialList(self._verbs.trials(self.id, states=wanted, where=where, sort=sort).items)

    def trial(self, number: int) -> TrialDetail:
        """One trial with its attempts and its command line.

        Raises:
            NotFoundError: No such trial.
        """
        return self._verbs.trial(self.id, builtin_value(number))

    def log(self, number: int, *, attempt: int | None = None) -> str:
        """All that a trial has printed so far."""
        texts, offset = [], 0
        number, attempt = builtin_value(number), builtin_value(attempt)
        while True:
            chunk = self._verbs.log(self.id, number, offset=offset, limit=_LOG_BYTES, attempt=attempt)
            texts.append(chunk.text)
            if chunk.next_offset >= chunk.size_bytes or chunk.next_offset == offset:
                return "".join(texts)
            offset = chunk.next_offset

    def history(self) -> list[HistoryPoint]:
        """Value and best so far by trial number."""
        return self._verbs.history(self.id)

    def calibration(self) -> Calibration:
        """How often results fell into the bands of their predictions."""
        return self._verbs.calibration(self.id)

    def confirmation(self) -> Confirmation | None:
        """What the confirmations of the search found so far; None if there are none."""
        return self._verbs.show(self.id).confirmation

    def importance(self) -> list[Importance]:
        """The importance of each searched parameter; [] with fewer than two finished trials."""
        return self._verbs.importance(self.id)

    def replay(self) -> ReplayReport:
        """Recompute all suggestions from the record, and compare them."""
        return self._verbs.replay(self.id)

    # --- acting ---------------------------------------------------------------------------------------------

    def wait(self, *, progress: Progress = True, timeout_s: float | None = None) -> Job:
        """Wait until the job has ended, and return it; ``job.state`` says how.

        A job of this process that no one works on is run here meanwhile. An interrupt leaves it: its trials run
        on, and a further ``wait()`` continues with them. A server that goes away is waited for, two minutes at most.

        Args:
            progress: True writes a line to stderr and keeps it up to date; or a function that is called with a
                `JobSummary` now and then.
            timeout_s: Give up after so many seconds; not for a job that is run here.

        Raises:
            TimeoutError: The time is over.
            RemoteError: The server did not answer at all, or not for two minutes.
        """
        report = _Reporter(progress)

        def on_step() -> None:
            if report.is_due:
                report(self.summary)

        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        summary = self.summary
        try:
            while summary.job.state not in ENDED_JOB:
                report(summary)
                if self._work is None or not self._work(self.id, on_step):
                    if deadline is not None and time.monotonic() > deadline:
                        raise TimeoutError(
                            f"Job {summary.job.name!r} is still {summary.job.state} after {timeout_s:g} s."
                        )
                    time.sleep(_LOOK_EVERY_S)
                summary = self._next_summary(deadline)
            report(summary, last=True)
        finally:
            report.close()
        return self

    def _next_summary(self, deadline: float | None) -> JobSummary:
        """The current state of the job, tolerating a server that is unreachable for a while."""
        away_since = time.monotonic()
        while True:
            try:
                return self.summary
            except (RemoteError, StorageUnavailableError):
                now = time.monotonic()
                if now - away_since > _PATIENCE_S or (deadline is not None and now > deadline):
                    raise
                time.sleep(_LOOK_EVERY_S)

    def stop(self, number: int | None = None, *, drain: bool = False) -> Job:
        """Ask the job, or one of its trials, to stop; returns at once.

        Args:
            number: Only this trial; the values it has printed count.
            drain: Start no more trials, but let running ones finish.

        Raises:
            ConflictError: It has ended already.
        """
        self._verbs.stop(self.id, builtin_value(number), drain=drain)
        return self

    def change(
        self,
        *,
        parallel: int | None = None,
        trials: str | int | None = None,
        job_timeout: str | float | None = None,
        trial_timeout: str | float | None = None,
        name: str | None = None,
        note: str | None = None,
        tags: Sequence[str] | None = None,
        star: bool | None = None,
    ) -> Job:
        """Change the job's limits, also while it runs, or its name, note, tags or star; None leaves a thing as it is.

        Args:
            parallel: Number of parallel trials; with fewer, those that run end on their own.
            trials: ``"+10"`` for ten more, a number for a new total.
            job_timeout: Time limit of the search: seconds or ``"8h"``; ``"none"`` for no limit.
            trial_timeout: Time limit of a trial, of running ones too.
            name, note, tags, star: The user's own.

        Raises:
            JobFileError: Nothing is to be changed, or a value makes no sense for the search now.
        """
        changes = JobChanges(
            builtin_value(parallel),
            builtin_value(trials),
            builtin_value(job_timeout),
            builtin_value(trial_timeout),
            name,
            note,
            tags,
            star,
        )
        self._verbs.change(self.id, changes)
        return self

    def resume(self, *, trials: str | int | None = None) -> Job:
        """Put an interrupted or ended job back into the queue; `wait` then runs it or waits for it.

        Args:
            trials: ``"+10"`` for ten more, a number for a new total.

        Raises:
            ConflictError: A live process works on it, or there is nothing to resume.
        """
        self._verbs.resume(self.id, trials=builtin_value(trials))
        return self

    def retry(self, number: int | None = None, *, causes: Sequence[Cause | str] = ()) -> list[int]:
        """Put failed trials back into the queue, each as a further attempt; returns their numbers.

        Raises:
            ConflictError: The trial has not failed, or nothing has.
        """
        return self._verbs.retry(self.id, builtin_value(number), causes=[Cause(cause) for cause in causes])

    def enqueue(self, params: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Job:
        """Queue configurations as the next ones that the job tries, now or when it is resumed; all of them, or none.

        Args:
            params: One, or a list. The sampler chooses the values that are missing in one.

        Raises:
            SpaceError: The params do not belong to the job's space.
        """
        self._verbs.enqueue(self.id, builtin_document({"params": params})["params"])
        return self

    def confirm(
        self, *, top: int = 3, repeats: int = 2, seed_flag: str | None = None, parallel: int | None = None
    ) -> Job:
        """Run the best configurations again, in a job of their own, which `wait` of the returned job runs or waits for.

        Args:
            top: How many configurations.
            repeats: How often each.
            seed_flag: The parameter or flag that gives each run another seed; None: the program draws its own.
            parallel: Runs at the same time; None: as many as trials of the search.

        Raises:
            ConflictError: No trial has a value, or a confirmation is running.
        """
        job = self._verbs.confirm(
            self.id,
            top=builtin_value(top),
            repeats=builtin_value(repeats),
            seed_flag=seed_flag,
            parallel=builtin_value(parallel),
        )
        return Job(self._verbs, job.id, self._work)

    def reparse(
        self,
        *,
        regexes: Mapping[str, str] | None = None,
        reduce: str | None = None,
        name: str | None = None,
        goal: str | None = None,
        dry_run: bool = False,
        confirmed: bool = False,
    ) -> ReparseReport:
        """Recompute all values from the kept logs with other settings, without running anything.

        Args:
            regexes: Metric -> another regex.
            reduce: Another reduction.
            name: New name of the objective metric.
            goal: ``minimize`` or ``maximize``.
            dry_run: Return what would change, and change nothing.
            confirmed: Change it even if no log has the metric.

        Raises:
            ConflictError: A live process works on the job, or nothing would be captured and that is not confirmed.
        """
        return self._verbs.reparse(
            self.id, regexes=regexes, reduce=reduce, name=name, goal=goal, dry_run=dry_run, confirmed=confirmed
        )

    def undo_reparse(self) -> ReparseReport:
        """Undo the last re-parse.

        Raises:
            ConflictError: There is none to undo, or a live process works on the job.
        """
        return self._verbs.undo_reparse(self.id)

    def delete(self) -> None:
        """Delete the job and its files.

        Raises:
            ConflictError: A live process works on it.
        """
        self._verbs.delete(self.id)

    def __repr__(self) -> str:
        return f"Job({self.id!r})"

    def _repr_html_(self) -> str:
        summary = self.summary
        job, best = summary.job, summary.best
        value = f"{job.metric} {best.value:.6g} in trial {best.number}" if best and best.value is not None else "none"
        rows = [
            ("state", f"{job.state} {job.message}".strip()),
            ("trials", _counts(summary)),
            ("goal", f"{job.goal} {job.metric}"),
            ("best", value),
        ]
        cells = "".join(f"<tr><th>{label}</th><td>{html.escape(text)}</td></tr>" for label, text in rows)
        sort = "-value" if job.goal.sign < 0 else "value"
        top = self._verbs.trials(self.id, limit=_HTML_ROWS, sort=sort).items
        return f"<b>{html.escape(job.name)}</b> <code>{job.id}</code><table>{cells}</table>{html_table(top)}"


class _Reporter:
    """Reports a job's progress at a limited rate."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._next = 0.0
        self._open = False

    @property
    def is_due(self) -> bool:
        """Whether enough time has passed since the last report."""
        return bool(self._progress) and time.monotonic() >= self._next

    def __call__(self, summary: JobSummary, *, last: bool = False) -> None:
        if not self._progress or not (last or self.is_due):
            return
        self._next = time.monotonic() + _PROGRESS_EVERY_S
        if callable(self._progress):
            self._progress(summary)
        elif sys.stderr.isatty() or last:
            best = summary.best
            value = f", best {summary.job.metric} {best.value:.6g}" if best and best.value is not None else ""
            sys.stderr.write("\r\x1b[K" if sys.stderr.isatty() else "")
            sys.stderr.write(f"{summary.job.name}: {_counts(summary)}{value}")
            sys.stderr.flush()
            self._open = True

    def close(self) -> None:
        """Finish the progress line."""
        if self._open:
            sys.stderr.write("\n")


def _counts(summary: JobSummary) -> str:
    n_ended = sum(summary.counts[state] for state in ENDED)
    others = [
        f"{summary.counts[state]} {state}" for state in (TrialState.RUNNING, TrialState.FAILED) if summary.counts[state]
    ]
    return ", ".join([f"{n_ended} of {counted(summary.job.n_trials, 'trial')}", *others])
