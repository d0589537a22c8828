"""The verbs that a client needs; an engine in this process has them, and so has a server at the other end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from scriptune.analysis.results import HistoryPoint, Importance
from scriptune.core.job import JobState, JobSummary, SearchJob
from scriptune.core.trial import Cause, Report, Trial, TrialState
from scriptune.engine.views import (
    Best,
    CheckReport,
    JobDetail,
    LogChunk,
    ReparseReport,
    ReplayReport,
    SamplerRow,
    TrialDetail,
)
from scriptune.storage.base import Page

__all__ = ["Verbs"]


class Verbs(Protocol):
    """The part of `scriptune.engine.engine.Engine` that works over HTTP as well; its docstrings hold."""

    def submit(self, document: Mapping[str, Any], *, base_dir: Path, hold: bool = False) -> SearchJob:
        """Check a job file in JSON form and queue it."""
        ...

    def check(
        self,
        document: Mapping[str, Any],
        *,
        base_dir: Path,
        log: Path | None = None,
        run: bool = True,
        twice: bool | None = None,
    ) -> CheckReport:
        """Everything that can be known before spending budget."""
        ...

    def jobs(
        self,
        *,
        text: str = "",
        states: Sequence[JobState] = (),
        offset: int = 0,
        limit: int = 50,
        sort: str = "-created_at",
    ) -> Page[JobSummary]:
        """Jobs with counts and best trial."""
        ...

    def job(self, ref: str | None = None) -> JobSummary:
        """One job with counts and best trial."""
        ...

    def show(self, ref: str | None = None) -> JobDetail:
        """One job with failures by cause."""
        ...

    def trials(
        self,
        ref: str | None = None,
        *,
        states: Sequence[TrialState] = (),
        where: Sequence[str] = (),
        offset: int = 0,
        limit: int | None = None,
        sort: str = "number",
    ) -> Page[Trial]:
        """Trials of a job."""
        ...

    def trial(self, ref: str | None, number: int) -> TrialDetail:
        """One trial with its attempts."""
        ...

    def best(self, ref: str | None = None) -> Best | None:
        """The best trial."""
        ...

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
        """Captured values of a trial."""
        ...

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
        """A part of a trial's log."""
        ...

    def history(self, ref: str | None = None, *, points: int = 2000) -> list[HistoryPoint]:
        """Values and best so far by trial number."""
        ...

    def importance(self, ref: str | None = None) -> list[Importance]:
        """How much each parameter mattered."""
        ...

    def samplers(self) -> list[SamplerRow]:
        """The samplers and their options."""
        ...

    def replay(self, ref: str | None = None) -> ReplayReport:
        """Derive every suggestion again."""
        ...

    def stop(self, ref: str | None, number: int | None = None, *, drain: bool = False) -> SearchJob:
        """Ask a job or trial to stop."""
        ...

    def resume(self, ref: str | None = None, *, trials: str | int | None = None, hold: bool = False) -> SearchJob:
        """Put a job back into the queue."""
        ...

    def retry(
        self, ref: str | None, number: int | None = None, *, causes: Sequence[Cause] = (), hold: bool = False
    ) -> list[int]:
        """Run failed trials again."""
        ...

    def enqueue(self, ref: str | None, params: Mapping[str, Any]) -> None:
        """Queue a configuration that is tried next."""
        ...

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
        """Compute every value again from the kept logs."""
        ...

    def undo_reparse(self, ref: str | None = None) -> ReparseReport:
        """Bring back what the last re-parse replaced."""
        ...

    def delete(self, ref: str) -> SearchJob:
        """Forget a job."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
