"""The verbs over HTTP: calls REST API v1, and returns scriptune's dataclasses and exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from scriptune.analysis.results import Calibration, HistoryPoint, Importance
from scriptune.core.job import JobState, JobSummary, SearchJob
from scriptune.core.job_changes import JobChanges
from scriptune.core.trial import Cause, Report, Trial, TrialState
from scriptune.engine.serialise import error_from_json, from_json
from scriptune.engine.verbs import Verbs
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
from scriptune.errors import MissingExtraError, NotFoundError, RemoteError, SettingsError
from scriptune.messages import Message
from scriptune.storage.base import JobUse, Page
from scriptune.storage.errors import choose_job, no_job

if TYPE_CHECKING:
    import httpx

    from scriptune.engine.nodes import ExecutorNodes

__all__ = ["Remote"]

T = TypeVar("T")

_PREFIX = "/api/v1"
_TIMEOUT_S = 60.0  # importance and replay of a long search take a while
_PAGE = 500  # trials and reports are asked for in pages of so many
_MAX_QUOTED = 200  # characters of an answer that is not JSON


class Remote(Verbs):
    """The verbs of a server.

    Args:
        url: Its address, with a path when it sits behind a proxy.
        token: Its token; None for a server that asks for none.
        http: Sends the requests in place of a connection, for tests; its base is ``url`` with ``/api/v1``.

    Raises:
        SettingsError: The URL is invalid.
        MissingExtraError: httpx is not installed.
    """

    def __init__(self, url: str, token: str | None = None, *, http: httpx.Client | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise SettingsError(Message("client.bad_url", url=url))
        try:
            import httpx
        except ImportError as err:
            raise MissingExtraError(Message("client.needs_httpx"), hint=Message("client.install_server")) from err
        self._url = url.rstrip("/")
        self._token = token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        base = self._url + _PREFIX
        self._http = http or httpx.Client(base_url=base, headers=headers, timeout=_TIMEOUT_S, follow_redirects=True)

    def __reduce__(self) -> tuple[type[Remote], tuple[str, str | None]]:
        """Pickle support: the other process connects again. The pickle contains the token."""
        return Remote, (self._url, self._token)

    def _call(self, method: str, path: str, *, body: Any = None, **query: Any) -> Any:
        """Send one request; returns its JSON or raises the server's exception.

        Raises:
            RemoteError: No answer, or one that no scriptune server sends.
            ScriptuneError: What the server raised.
        """
        import httpx

        given = {name: value for name, value in query.items() if value is not None and value != []}
        try:
            answer = self._http.request(method, path, params=given, json=body)
        except httpx.HTTPError as err:
            raise RemoteError(
                Message("client.no_answer", url=self._url, why=err or type(err).__name__),
                hint=Message("client.is_server_running"),
            ) from err
        if answer.status_code == httpx.codes.NO_CONTENT:
            return None
        try:
            data = answer.json()
        except ValueError as err:
            raise RemoteError(
                Message(
                    "client.not_json",
                    url=self._url,
                    prefix=_PREFIX,
                    path=path,
                    status=answer.status_code,
                    text=answer.text[:_MAX_QUOTED],
                )
            ) from err
        if answer.is_success:
            return data
        if isinstance(data, Mapping) and isinstance(data.get("error"), Mapping):
            raise error_from_json(data)
        raise RemoteError(
            Message(
                "client.unknown_answer", url=self._url, prefix=_PREFIX, path=path, status=answer.status_code, data=data
            )
        )

    def _id(self, ref: str | None, use: JobUse = JobUse.READ) -> str:
        """The path segment of a job; None is resolved to the latest job."""
        if ref is None:
            page = self.jobs(limit=1)
            if not page.items:
                raise NotFoundError(Message("client.no_jobs"))
            return page.items[0].job.id
        if not ref or "/" in ref or ref in (".", ".."):
            # Servers decode a path before they split it, so no spelling of such a name is one part of it.
            page = self._page(JobSummary, "/jobs", 0, None, text=ref or None, sort="-created_at")
            job_id = choose_job(ref, [(one.job.id, one.job.name) for one in page.items], use)
            if job_id is None:
                raise no_job(ref)
            return job_id
        return quote(ref, safe="")

    def _path(self, ref: str | None, *rest: object) -> str:
        return "/".join(["/jobs", self._id(ref), *map(str, rest)])

    def _page(self, kind: type[T], path: str, offset: int, limit: int | None, **query: Any) -> Page[T]:
        """A page of a list; without a limit, all pages combined."""
        items: list[T] = []
        while True:
            size = _PAGE if limit is None else min(limit - len(items), _PAGE)
            data = self._call("GET", path, offset=offset + len(items), limit=size, **query)
            items += [from_json(kind, item) for item in data["items"]]
            done = not data["items"] or offset + len(items) >= data["total"]
            if done or (limit is not None and len(items) >= limit):
                return Page(items, data["total"], offset)

    # --- the verbs, in the order of the engine --------------------------------------------------------------

    def submit(self, document: Mapping[str, Any], *, base_dir: Path, hold: bool = False) -> SearchJob:  # noqa: ARG002  # a server needs no holding
        return from_json(SearchJob, self._call("POST", "/jobs", body=_with_absolute_paths(document, base_dir)))

    def check(
        self,
        document: Mapping[str, Any],
        *,
        base_dir: Path,
        log: Path | None = None,
        run: bool = True,
        twice: bool | None = None,
    ) -> CheckReport:
        try:
            text = None if log is None else log.read_text("utf-8", "replace")
        except OSError as err:
            raise NotFoundError(Message("client.cannot_read_log", log=str(log), why=err.strerror)) from err
        body = {"document": _with_absolute_paths(document, base_dir), "log": text, "run": run, "twice": twice}
        return from_json(CheckReport, self._call("POST", "/jobs/check", body=body))

    def jobs(
        self,
        *,
        text: str = "",
        states: Sequence[JobState] = (),
        offset: int = 0,
        limit: int = 50,
        sort: str = "-created_at",
    ) -> Page[JobSummary]:
        wanted = [str(state) for state in states]
        return self._page(JobSummary, "/jobs", offset, limit, text=text or None, state=wanted, sort=sort)

    def job(self, ref: str | None = None) -> JobSummary:
        return self.show(ref).summary

    def show(self, ref: str | None = None) -> JobDetail:
        return from_json(JobDetail, self._call("GET", self._path(ref)))

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
        chosen = {"state": [str(state) for state in states], "where": list(where), "number": list(numbers)}
        return self._page(Trial, self._path(ref, "trials"), offset, limit, **chosen, sort=sort)

    def trial(self, ref: str | None, number: int) -> TrialDetail:
        return from_json(TrialDetail, self._call("GET", self._path(ref, "trials", number)))

    def best(self, ref: str | None = None) -> Best | None:
        data = self._call("GET", self._path(ref, "best"))
        return None if data is None else from_json(Best, data)

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
        path = self._path(ref, "trials", number, "reports")
        return self._page(Report, path, offset, limit, attempt=attempt, metric=metric)

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
        path = self._path(ref, "trials", number, "log")
        more = {"raw": True} if raw else {}
        return from_json(LogChunk, self._call("GET", path, offset=offset, limit=limit, attempt=attempt, **more))

    def history(self, ref: str | None = None, *, points: int = 2000) -> list[HistoryPoint]:
        return _list(HistoryPoint, self._call("GET", self._path(ref, "history"), points=points))

    def calibration(self, ref: str | None = None) -> Calibration:
        return from_json(Calibration, self._call("GET", self._path(ref, "calibration")))

    def importance(self, ref: str | None = None) -> list[Importance]:
        return _list(Importance, self._call("GET", self._path(ref, "importance")))

    def samplers(self) -> list[SamplerRow]:
        return _list(SamplerRow, self._call("GET", "/samplers"))

    def stopping_rules(self) -> list[StoppingRuleRow]:
        return _list(StoppingRuleRow, self._call("GET", "/stopping-rules"))

    def nodes(self, name: str | None = None) -> list[ExecutorNodes]:
        from scriptune.engine import nodes  # what it imports, only the owner of machines needs

        return _list(nodes.ExecutorNodes, self._call("GET", "/nodes", name=name))

    def replay(self, ref: str | None = None) -> ReplayReport:
        return from_json(ReplayReport, self._call("POST", self._path(ref, "replay")))

    def stop(self, ref: str | None, number: int | None = None, *, drain: bool = False) -> SearchJob:
        if number is None:
            return from_json(SearchJob, self._call("POST", self._path(ref, "stop"), body={"drain": drain}))
        self._call("POST", self._path(ref, "trials", number, "stop"))
        return self.job(ref).job

    def change(self, ref: str | None, changes: JobChanges) -> SearchJob:
        given = changes.given
        body = given | ({"tags": list(given["tags"])} if "tags" in given else {})
        return from_json(SearchJob, self._call("PATCH", self._path(ref), body=body))

    def resume(self, ref: str | None = None, *, trials: str | int | None = None, hold: bool = False) -> SearchJob:  # noqa: ARG002  # a server needs no holding
        body = {} if trials is None else {"trials": str(trials)}
        return from_json(SearchJob, self._call("POST", self._path(ref, "resume"), body=body))

    def retry(
        self,
        ref: str | None,
        number: int | None = None,
        *,
        causes: Sequence[Cause] = (),
        hold: bool = False,  # noqa: ARG002  # a server needs no holding
    ) -> list[int]:
        body = {"number": number, "causes": [str(cause) for cause in causes]}
        numbers: list[int] = self._call("POST", self._path(ref, "retry"), body=body)["numbers"]
        return numbers

    def enqueue(self, ref: str | None, params: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        given = dict(params) if isinstance(params, Mapping) else [dict(one) for one in params]
        self._call("POST", self._path(ref, "enqueue"), body={"params": given})

    def confirm(
        self,
        ref: str | None = None,
        *,
        top: int = 3,
        repeats: int = 2,
        seed_flag: str | None = None,
        parallel: int | None = None,
        hold: bool = False,  # noqa: ARG002  # a server needs no holding
    ) -> SearchJob:
        body = {"top": top, "repeats": repeats, "seed_flag": seed_flag, "parallel": parallel}
        return from_json(SearchJob, self._call("POST", self._path(ref, "confirm"), body=body))

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
        body = {"regexes": dict(regexes or {}), "reduce": reduce, "name": name, "goal": goal, "confirmed": confirmed}
        path = self._path(ref, "reparse")
        return from_json(ReparseReport, self._call("POST", path, body=body, dry_run=dry_run or None))

    def undo_reparse(self, ref: str | None = None) -> ReparseReport:
        return from_json(ReparseReport, self._call("POST", self._path(ref, "reparse", "undo")))

    def delete(self, ref: str) -> SearchJob:
        job = self.job(ref).job
        # By what the user wrote, so that the server refuses what fits several jobs.
        self._call("DELETE", f"/jobs/{self._id(ref, JobUse.DELETE)}")
        return job

    def close(self) -> None:
        self._http.close()


def _with_absolute_paths(document: Mapping[str, Any], base_dir: Path) -> dict[str, Any]:
    """Make the paths of a job file absolute, as the server does not know their base. Stored programs are unchanged."""
    if "program" in document:
        return dict(document)
    workdir = str(base_dir / str(document.get("workdir") or "."))
    files = {name: str(base_dir / str(path)) for name, path in (document.get("files") or {}).items()}
    search = document.get("search")
    start = search.get("start_with") if isinstance(search, Mapping) else None
    if isinstance(search, Mapping) and isinstance(start, str):  # a file
        document = {**document, "search": {**search, "start_with": str(base_dir / start)}}
    return {**document, "workdir": workdir, **({"files": files} if files else {})}


def _list(kind: type[T], data: Any) -> list[T]:
    if not isinstance(data, list):
        raise RemoteError(Message("client.not_a_list", data=data))
    return [from_json(kind, item) for item in data]
