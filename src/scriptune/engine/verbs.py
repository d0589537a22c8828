"""The verbs: the interface shared by an engine in this process and a remote server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scriptune.analysis.results import Calibration, HistoryPoint, Importance
from scriptune.core.job import JobState, JobSummary, SearchJob
from scriptune.core.job_changes import JobChanges
from scriptune.core.trial import Cause, Report, Trial, TrialState
from scriptune.engine.views import (
    Best,
    CheckReport,
    JobDetail,
    LogChunk,
    ReparseReport,
    ReplayReport,
    SamplerRow,
    StoppingRuleRow,
    TrialDetail,
)
from scriptune.storage.base import Page

if TYPE_CHECKING:
    from scriptune.engine.nodes import ExecutorNodes

__all__ = ["Verbs"]


class Verbs(ABC):
    """The operations on the jobs of an installation.

    ``ref`` names a job: an id, a name, the beginning of an id, or None for the newest. Where a name and the beginning
    of another job's id are the same, methods that change something refuse. What the methods say here holds for an
    `Engine` and for a `Remote`; where no job, trial or attempt is found, all of them raise `NotFoundError`.
    """

    @abstractmethod
    def submit(self, document: Mapping[str, Any], *, base_dir: Path, hold: bool = False) -> SearchJob:
        """Check a job file in JSON form and store it as a queued job.

        Args:
            document: The job file's content.
            base_dir: The base of relative paths in it.
            hold: Keep the job's lease for a worker of this process, so that no server takes it.

        Raises:
            JobFileError: Lists every error.
        """

    @abstractmethod
    def check(
        self,
        document: Mapping[str, Any],
        *,
        base_dir: Path,
        log: Path | None = None,
        run: bool = True,
        twice: bool | None = None,
    ) -> CheckReport:
        """Check a job before it is submitted: everything that can be known without spending budget.

        Args:
            document: The job file's content.
            base_dir: The base of relative paths in it.
            log: Read this log instead of running the program.
            run: Whether to run the program, with the parameters of the first trial, when no log is given.
            twice: Whether to run it again with parameters far from these, to see whether it notices them; None: when
                a run is short.

        Raises:
            JobFileError: Lists every error.
        """

    @abstractmethod
    def jobs(
        self,
        *,
        text: str = "",
        states: Sequence[JobState] = (),
        offset: int = 0,
        limit: int = 50,
        sort: str = "-created_at",
    ) -> Page[JobSummary]:
        """List jobs with counts and best trial, a page at a time.

        Args:
            text: Only those with it in their name, or as the beginning of their id.
            states: Only those in these states.
            offset, limit: Which of them.
            sort: ``created_at``, ``name`` or ``state``; ``-`` reverses the order.
        """

    @abstractmethod
    def job(self, ref: str | None = None) -> JobSummary:
        """One job with counts and best trial.

        Args:
            ref: The job.

        Raises:
            NotFoundError: Nothing fits.
        """

    @abstractmethod
    def show(self, ref: str | None = None) -> JobDetail:
        """One job with its failures by cause, the best command line and what confirmations found; see `job`."""

    @abstractmethod
    def trials(
        self,
        ref: str | None = None,
        *,
        states: Sequence[TrialState] = (),
        where: Sequence[str] = (),
        numbers: Sequence[int] = (),
        offset: int = 0,
        limit: int | None = None,
        sort: str = "number",
    ) -> Page[Trial]:
        """List the trials of a job.

        Args:
            ref: The job.
            states: One of these.
            where: All of these conditions, such as ``params.lr<0.01`` or ``metrics.loss>=0.5``.
            numbers: One of these.
            offset, limit: Which of them.
            sort: A field, ``params.NAME`` or ``metrics.NAME``; ``-`` reverses the order. Trials without it come last
                either way, equal ones by number.

        Raises:
            NotFoundError: No such job; nothing can be sorted or filtered by that.
        """

    @abstractmethod
    def trial(self, ref: str | None, number: int) -> TrialDetail:
        """One trial with its attempts.

        Raises:
            NotFoundError: No such job or trial.
        """

    @abstractmethod
    def best(self, ref: str | None = None) -> Best | None:
        """The best trial and how to run it again; None while no trial has a value."""

    @abstractmethod
    def reports(
        self,
        ref: str | None,
        number: int,
        *,
        attempt: int | None = None,
        metric: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> Page[Report]:
        """Captured values of a trial in the order they were printed."""

    @abstractmethod
    def log(
        self,
        ref: str | None,
        number: int,
        *,
        offset: int = 0,
        limit: int = 65536,
        attempt: int | None = None,
        raw: bool = False,
    ) -> LogChunk:
        """A part of a trial's log; a negative offset counts from the end; raw, with the escapes of a terminal.

        Raises:
            NotFoundError: No such job, trial or attempt.
        """

    @abstractmethod
    def history(self, ref: str | None = None, *, points: int = 2000) -> list[HistoryPoint]:
        """Values and best so far by trial number, thinned to about ``points`` without losing an improvement."""

    @abstractmethod
    def calibration(self, ref: str | None = None) -> Calibration:
        """How often results fell into the bands of their predictions, over the latest 1,000 completed trials."""

    @abstractmethod
    def importance(self, ref: str | None = None) -> list[Importance]:
        """The importance of each searched parameter; [] with fewer than two finished trials."""

    @abstractmethod
    def samplers(self) -> list[SamplerRow]:
        """The samplers and their options."""

    @abstractmethod
    def stopping_rules(self) -> list[StoppingRuleRow]:
        """The stopping rules and their options."""

    @abstractmethod
    def nodes(self, name: str | None = None) -> list[ExecutorNodes]:
        """The executors in use with their machines and free slots, and why trials wait; only for the owner.

        Args:
            name: Only this executor.

        Raises:
            ExecutorError: There is no such executor.
        """

    @abstractmethod
    def replay(self, ref: str | None = None) -> ReplayReport:
        """Recompute every suggestion from the record, and compare every ended trial with its command and log."""

    @abstractmethod
    def stop(self, ref: str | None, number: int | None = None, *, drain: bool = False) -> SearchJob:
        """Ask a job, or one of its trials, to stop; returns at once.

        Args:
            ref: The job.
            number: Only this trial: it is ended and counts with what it has printed (early stopped).
            drain: Start no more trials, but let running ones finish.

        Raises:
            ConflictError: It has ended already.
        """

    @abstractmethod
    def change(self, ref: str | None, changes: JobChanges) -> SearchJob:
        """Change the limits of a job, also while it runs, its name, note, tags or star; logged with who did it.

        Args:
            ref: The job.
            changes: What to change. The worker of a running job takes it over within a second; what it suggests does
                not depend on it.

        Raises:
            JobFileError: Nothing is to be changed, or a value makes no sense: fewer trials than have started.
        """

    @abstractmethod
    def resume(self, ref: str | None = None, *, trials: str | int | None = None, hold: bool = False) -> SearchJob:
        """Put an interrupted or ended job back into the queue.

        Args:
            ref: The job.
            trials: ``"+10"`` for ten more, a number for a new total.
            hold: Keep its lease for a worker of this process.

        Raises:
            ConflictError: A live process works on it, or there is nothing to resume.
        """

    @abstractmethod
    def retry(
        self, ref: str | None, number: int | None = None, *, causes: Sequence[Cause] = (), hold: bool = False
    ) -> list[int]:
        """Run failed trials again, each as a further attempt; returns their numbers.

        Args:
            ref: The job.
            number: Only this trial; None: all failed ones.
            causes: Only those that failed for one of these causes.
            hold: Keep the job's lease for a worker of this process.

        Raises:
            ConflictError: The trial has not failed, or nothing has.
        """

    @abstractmethod
    def enqueue(self, ref: str | None, params: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Queue configurations as the next ones that a running or resumed job tries; all of them, or none.

        Args:
            ref: The job.
            params: One, or several. The sampler chooses the values that are missing in one, when its turn comes.

        Raises:
            SpaceError: The params do not belong to the job's space.
        """

    @abstractmethod
    def confirm(
        self,
        ref: str | None = None,
        *,
        top: int = 3,
        repeats: int = 2,
        seed_flag: str | None = None,
        parallel: int | None = None,
        hold: bool = False,
    ) -> SearchJob:
        """Run the best configurations of a search again, in a job of their own; returns it at once.

        Args:
            ref: The search; it may still run.
            top: How many configurations.
            repeats: How often each.
            seed_flag: The parameter or flag that gives each run another seed; None: the program draws its own.
            parallel: Runs at the same time; None: as many as trials of the search.
            hold: Keep its lease for a worker of this process; a confirmation that was interrupted is continued then.

        Raises:
            ConflictError: The search has no trial with a value, or a confirmation of it is running.
            JobFileError: A number is not positive, or the program cannot be given such a seed.
        """

    @abstractmethod
    def reparse(
        self,
        ref: str | None = None,
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
            ref: The job.
            regexes: Metric -> another regex.
            reduce: Another reduction.
            name: New name of the objective metric.
            goal: ``minimize`` or ``maximize``; what was suggested before is derived under the old goal by `replay`.
            dry_run: Return what would change, and change nothing.
            confirmed: Change it even if no log has the metric.

        Raises:
            ConflictError: A live process works on the job, or nothing would be captured and that is not confirmed.
            JobFileError: The regex, reduction, name or goal cannot be used.
        """

    @abstractmethod
    def undo_reparse(self, ref: str | None = None) -> ReparseReport:
        """Restore the values, regexes, name and goal that the last re-parse replaced.

        Raises:
            ConflictError: There is none to undo, or a live process works on the job.
        """

    @abstractmethod
    def delete(self, ref: str) -> SearchJob:
        """Delete a job and its files.

        Raises:
            ConflictError: A live process works on it.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the database."""
