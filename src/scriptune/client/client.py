"""The client, and the shortcut `run`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from scriptune.client.job import Job, Progress, Work
from scriptune.client.remote import Remote
from scriptune.core.builtin_values import builtin_document
from scriptune.core.job import JobState, SearchJob
from scriptune.engine.build import build_engine
from scriptune.engine.engine import Engine
from scriptune.engine.programs import job_from_program
from scriptune.engine.verbs import Verbs
from scriptune.engine.views import CheckReport, SamplerRow, StoppingRuleRow
from scriptune.errors import ConflictError, JobFileError, ScriptuneError, SettingsError, StorageUnavailableError
from scriptune.jobfile import CheckedJob, apply_flags, check_document, read_job_file
from scriptune.jobfile.parser import parse_text
from scriptune.jobfile.problems import Problems
from scriptune.messages import Message
from scriptune.runtime.worker import Worker
from scriptune.settings import Settings, load_settings
from scriptune.storage.opening import shown_url, sqlite_path

if TYPE_CHECKING:
    from scriptune.engine.nodes import ExecutorNodes

__all__ = ["Client", "JobFile", "run"]

_PAGE = 200

JobFile: TypeAlias = str | os.PathLike[str] | Mapping[str, Any]


class Client:
    """The verbs of the command line as methods, in this process or over HTTP.

    Args:
        url: Of a server, like ``http://127.0.0.1:8265``; None: this process opens the home itself.
        token: What ``scriptune serve`` printed; else ``SCRIPTUNE_TOKEN``. Only with a url.
        home: Folder of the installation; else as on the command line. Only without a url.
        database: Database of the installation; else as on the command line. Only without a url.

    Raises:
        SettingsError: Arguments that exclude each other.
        MissingExtraError: A url, and httpx is not installed.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        home: str | os.PathLike[str] | None = None,
        database: str | None = None,
    ) -> None:
        self._verbs: Verbs
        self._work: Work | None = None
        self._engine: Engine | None = None
        if url is None:
            if token is not None:
                raise SettingsError(Message("client.token_without_url"))
            engine = _engine(load_settings(None if home is None else Path(home), database=database))
            self._verbs, self._work, self._engine = engine, _LocalWork(engine), engine
            home, url = engine.settings.home, engine.settings.database
            own = sqlite_path(url) == home / "scriptune.db"
            self._place = f"home={str(home)!r}" + ("" if own else f", database={shown_url(url)!r}")
            return
        if home is not None or database is not None:
            raise SettingsError(Message("client.url_and_home"))
        self._verbs = Remote(url, token or os.environ.get("SCRIPTUNE_TOKEN"))
        self._place = f"url={shown_url(url)!r}"

    def submit(self, job: JobFile, **flags: Any) -> Job:
        """Queue a job. A server runs it; without one, ``job.wait()`` does, in this process.

        Args:
            job: Path of a job file, or its content; relative paths in it are relative to the file, or to the
                present folder. Or ``{"program": NAME, ...}``: a stored program and what differs from it.
            **flags: Values that replace the file's, like those of `scriptune run`: ``trials=50``, ``seed=1``,
                ``parallel=4``, ``sampler="tpe"``, ``options={...}``, ``env={...}``, ``name="..."``.

        Raises:
            JobFileError: Lists every error.
        """
        return self._job(self._submitted(job, flags).id)

    def run(self, job: JobFile, *, progress: Progress = True, **flags: Any) -> Job:
        """Submit a job and wait for its end.

        Raises:
            JobFileError: Lists every error.
        """
        # Held, so that no server of the same home takes it between submitting and waiting.
        submitted = self._submitted(job, flags, hold=self._work is not None)
        return self._job(submitted.id).wait(progress=progress)

    def check(
        self,
        job: JobFile,
        *,
        log: str | os.PathLike[str] | None = None,
        run: bool = True,
        twice: bool | None = None,
        **flags: Any,
    ) -> CheckReport:
        """Check a job before it is submitted, like ``scriptune check``.

        Args:
            job: Path of a job file, or its content.
            log: Read this log instead of running the program.
            run: Whether to run the program, with the parameters of the first trial, when no log is given.
            twice: Whether to run it again with parameters far from these; None: when a run is short.
            **flags: As of `submit`.

        Raises:
            JobFileError: Lists every error.
        """
        log_path = None if log is None else Path(log)
        if self._engine is None:
            content, base_dir = self._content(job, flags)
            return self._verbs.check(content, base_dir=base_dir, log=log_path, run=run, twice=twice)
        checked, _ = self._checked(self._engine, job, flags)
        return self._engine.check(checked, log=log_path, run=run, twice=twice)

    def job(self, ref: str | None = None) -> Job:
        """Look up a job by id, name, or an id's first four or more characters; None is the latest job.

        Raises:
            NotFoundError: Nothing fits.
        """
        return self._job(self._verbs.job(ref).job.id)

    def jobs(self, *, text: str = "", states: Sequence[JobState | str] = ()) -> list[Job]:
        """All jobs, newest first.

        Args:
            text: Only those with it in their name, or as the beginning of their id.
            states: Only those in these states.
        """
        wanted = [JobState(state) for state in states]
        found: list[Job] = []
        while True:
            page = self._verbs.jobs(text=text, states=wanted, offset=len(found), limit=_PAGE)
            found += [self._job(summary.job.id) for summary in page.items]
            if not page.items or len(found) >= page.total:
                return found

    def samplers(self) -> list[SamplerRow]:
        """The samplers and their options."""
        return self._verbs.samplers()

    def nodes(self, name: str | None = None) -> list[ExecutorNodes]:
        """The executors in use with their machines and free slots, and why trials wait.

        Args:
            name: Only this executor.

        Raises:
            ExecutorError: There is no such executor.
        """
        return self._verbs.nodes(name)

    def stopping_rules(self) -> list[StoppingRuleRow]:
        """The stopping rules and their options."""
        return self._verbs.stopping_rules()

    def close(self) -> None:
        """Close the connection or the database."""
        self._verbs.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """The URL or home, without token and password."""
        return f"Client({self._place})"

    def _job(self, job_id: str) -> Job:
        return Job(self._verbs, job_id, self._work)

    def _submitted(self, job: JobFile, flags: Mapping[str, Any], *, hold: bool = False) -> SearchJob:
        """A queued job."""
        if self._engine is None:
            content, base_dir = self._content(job, flags)
            return self._verbs.submit(content, base_dir=base_dir)
        checked, labels = self._checked(self._engine, job, flags)
        return self._engine.submit(checked, hold=hold, labels=labels)

    def _content(self, job: JobFile, flags: Mapping[str, Any]) -> tuple[Mapping[str, Any], Path]:
        """The unchecked content of a job file, and the base of its relative paths."""
        flags = builtin_document(flags)
        if isinstance(job, Mapping):
            return apply_flags(builtin_document(job), flags), Path.cwd()
        return apply_flags(_read(Path(job)), flags), Path(job).absolute().parent

    def _checked(self, engine: Engine, job: JobFile, flags: Mapping[str, Any]) -> tuple[CheckedJob, dict[str, Any]]:
        """Check a job in this process, and return its labels; expands a stored program as a server would."""
        if not isinstance(job, Mapping):
            return read_job_file(Path(job), **builtin_document(flags)), {}
        content, base_dir = self._content(job, flags)
        if "program" not in content:
            return check_document(content, base_dir=base_dir), {}
        checked, program = job_from_program(engine.programs, content)
        return checked, {"program": program.id, "program_version": program.version}


def _engine(settings: Settings) -> Engine:
    """The engine of a home; read-only if the home cannot be written."""
    try:
        return build_engine(settings)
    except StorageUnavailableError:
        try:
            return build_engine(settings, create=False, read_only=True)
        except ScriptuneError:
            pass
        raise


def _read(path: Path) -> dict[str, Any]:
    """The unchecked content of a job file, with a name derived from the file."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise JobFileError([Message("job_file.cannot_read", path=path, why=err)]) from err
    problems = Problems(str(path))
    raw = parse_text(text, problems)
    problems.raise_if_any()
    if not isinstance(raw, Mapping):
        raise JobFileError([Message("job_file.file_not_mapping", path=path, raw=raw)])
    return {"name": path.stem, **raw}


class _LocalWork:
    """Runs jobs in this process, each in at most one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running: set[str] = set()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[_LocalWork], tuple[Engine]]:
        return _LocalWork, (self._engine,)

    def __call__(self, job_id: str, on_step: Callable[[], None]) -> bool:
        engine = self._engine
        is_ours = engine.job(job_id).job.lease_owner == engine.owner
        with self._lock:
            if job_id in self._running or (not is_ours and engine.show(job_id).owner_alive):
                return False
            self._running.add(job_id)
        try:
            Worker(engine.context).run_job(job_id, on_step=on_step)
        except ConflictError:
            return False  # another process was quicker
        finally:
            self._running.discard(job_id)
        return True


def run(
    job: JobFile,
    *,
    home: str | os.PathLike[str] | None = None,
    database: str | None = None,
    progress: Progress = True,
    **flags: Any,
) -> Job:
    """Run a search in this process to its end, like ``scriptune run``.

    Args:
        job: Path of a job file, or its content.
        home: Folder of the installation; else as on the command line.
        database: Database of the installation; else as on the command line.
        progress: Whether to show it on stderr, or a function that is called with a `JobSummary` now and then.
        **flags: Values that replace the file's: ``trials=50``, ``seed=1``, ``parallel=4``, ...

    Returns:
        The job; see ``job.state``, ``job.best`` and ``job.trials()``.

    Raises:
        JobFileError: Lists every error.
    """
    # Not closed here: the job that is returned continues reading from it.
    return Client(home=home, database=database).run(job, progress=progress, **flags)
