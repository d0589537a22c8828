"""client/remote.py: requests out, our dataclasses and exceptions in."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from scriptune import errors
from scriptune.analysis.results import Calibration
from scriptune.client import job as waiting
from scriptune.client.job import Job
from scriptune.client.remote import Remote
from scriptune.core.job import Goal, JobState, JobSummary, SearchJob
from scriptune.core.job_changes import JobChanges
from scriptune.core.trial import Cause, Trial, TrialState
from scriptune.engine.serialise import ERROR_CODES, error_to_json, to_json
from scriptune.engine.views import Best, CheckReport, JobDetail, LogChunk, ReparseReport
from scriptune.storage.base import Page

AT = datetime(2026, 1, 2, tzinfo=UTC)
JOB = SearchJob(
    id="3f2a9c1e-0000-0000-0000-000000000000",
    name="digits",
    document={"search": {"trials": 20}, "objective": {"metric": "loss", "goal": "minimize"}},
    state=JobState.RUNNING,
    created_at=AT,
)
TRIALS = [Trial(n, {"lr": 0.1}, TrialState.COMPLETED, value=float(n)) for n in range(1200)]
SUMMARY = JobSummary(JOB, dict.fromkeys(TrialState, 0), TRIALS[0])

Handler = Callable[[httpx.Request], httpx.Response]
REPORT = ReparseReport(
    n_trials=3,
    changed=[(1, 0.5, None)],
    n_without_log=1,
    n_captured={"loss": 2},
    n_lost=1,
    n_pruned=1,
    pruned_at=datetime(2030, 1, 1, tzinfo=UTC),
    metric="loss",
    goal=Goal.MINIMIZE,
    best=(0, 0.25),
    state=JobState.COMPLETED,
    message="",
    is_preview=False,
)


def _remote(handler: Handler) -> Remote:
    http = httpx.Client(base_url="http://here/api/v1", transport=httpx.MockTransport(handler))
    return Remote("http://here", http=http)


class Server:
    """Answers from a table of ``"METHOD /path"``, and remembers what it was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers[f"{request.method} {request.url.path.removeprefix('/api/v1')}"]
        if callable(answer):
            answer = answer(request)
        return httpx.Response(204) if answer is None else httpx.Response(200, json=to_json(answer))


def test_every_verb_asks_its_route_and_gives_the_engine_s_types() -> None:
    path = f"/jobs/{JOB.id}"
    server = Server(
        {
            "GET /jobs": Page([SUMMARY], 1, 0),
            f"GET {path}": JobDetail(SUMMARY, "python", {"exit_code": (1, "x")}, owner_alive=True),
            f"GET {path}/best": Best(TRIALS[0], {"lr": 0.1}, "python"),
            f"GET {path}/trials/3/log": LogChunk("text", 0, 4, 4, ended=True),
            f"GET {path}/history": [],
            f"GET {path}/calibration": Calibration(0, None, None),
            f"GET {path}/importance": [],
            "GET /samplers": [],
            "GET /stopping-rules": [],
            f"POST {path}/stop": JOB,
            f"POST {path}/trials/3/stop": JOB,
            f"POST {path}/resume": JOB,
            f"POST {path}/retry": {"numbers": [3, 4]},
            f"POST {path}/confirm": JOB,
            f"POST {path}/reparse": REPORT,
            f"POST {path}/reparse/undo": REPORT,
            f"PATCH {path}": JOB,
            f"DELETE {path}": None,
        }
    )
    remote = _remote(server)
    assert remote.job(JOB.id) == remote.job(None) == SUMMARY
    assert remote.best(JOB.id) == Best(TRIALS[0], {"lr": 0.1}, "python")
    assert remote.log(JOB.id, 3).text == "text"
    assert remote.calibration(JOB.id) == Calibration(0, None, None)
    assert remote.history(JOB.id) == remote.importance(JOB.id) == remote.samplers() == remote.stopping_rules() == []
    assert remote.stop(JOB.id, drain=True) == remote.stop(JOB.id, 3) == remote.resume(JOB.id, trials="+10") == JOB
    assert remote.retry(JOB.id, causes=[Cause.TIMEOUT]) == [3, 4]
    assert remote.confirm(JOB.id, top=5, seed_flag="--seed") == JOB
    assert remote.reparse(JOB.id, reduce="last") == REPORT
    assert remote.undo_reparse(JOB.id) == REPORT
    assert remote.change(JOB.id, JobChanges(parallel=4, tags=("a",))) == JOB
    assert remote.delete(JOB.id) == JOB
    bodies = {r.url.path.rpartition("/")[2]: json.loads(r.content) for r in server.asked if r.content}
    assert bodies["stop"] == {"drain": True}
    assert bodies[JOB.id] == {"parallel": 4, "tags": ["a"]}
    assert bodies["resume"] == {"trials": "+10"}
    assert bodies["retry"] == {"number": None, "causes": ["timeout"]}
    assert bodies["confirm"] == {"top": 5, "repeats": 2, "seed_flag": "--seed", "parallel": None}
    assert bodies["reparse"] == {"regexes": {}, "reduce": "last", "name": None, "goal": None, "confirmed": False}


def test_all_trials_are_gathered_from_pages() -> None:
    def page(request: httpx.Request) -> Page[Trial]:
        offset, limit = int(request.url.params["offset"]), int(request.url.params["limit"])
        return Page(TRIALS[offset : offset + limit], len(TRIALS), offset)

    server = Server({"GET /jobs/x/trials": page})
    remote = _remote(server)
    where = ["params.lr<0.01", "value>=0"]
    assert remote.trials("x", states=[TrialState.COMPLETED], where=where, sort="-value").items == TRIALS
    assert server.asked[0].url.params.multi_items() == [
        ("offset", "0"),
        ("limit", "500"),
        ("state", "completed"),
        ("where", "params.lr<0.01"),
        ("where", "value>=0"),
        ("sort", "-value"),
    ]
    assert [trial.number for trial in remote.trials("x", offset=7, limit=3).items] == [7, 8, 9]


def test_a_submitted_document_has_absolute_paths(tmp_path: Path) -> None:
    server = Server({"POST /jobs": JOB})
    _remote(server).submit({"command": "x", "files": {"a": "a.tmpl"}, "workdir": "sub"}, base_dir=tmp_path)
    assert json.loads(server.asked[0].content) == {
        "command": "x",
        "files": {"a": str(tmp_path / "a.tmpl")},
        "workdir": str(tmp_path / "sub"),
    }


def test_a_reference_cannot_leave_its_place_in_the_path() -> None:
    server = Server({})
    with pytest.raises(KeyError):
        _remote(server).job("..keys?x=1#y")
    assert server.asked[0].url.raw_path == b"/api/v1/jobs/..keys%3Fx%3D1%23y"


@pytest.mark.parametrize("name", ["resnet/18", "..", "../keys"])
def test_a_job_whose_name_is_no_part_of_a_path_is_found_too(name: str) -> None:
    other = replace(SUMMARY, job=replace(JOB, id="other", name=f"{name} 2"))
    mine = replace(SUMMARY, job=replace(JOB, name=name))
    detail = JobDetail(mine, "", {}, True)
    server = Server({"GET /jobs": Page([other, mine], 2, 0), f"GET /jobs/{JOB.id}": detail})
    assert _remote(server).job(name) == mine
    assert server.asked[0].url.params["text"] == name
    with pytest.raises(errors.NotFoundError, match="no job 'a/b'"):
        _remote(server).job("a/b")


@pytest.mark.parametrize("kind", ERROR_CODES.values(), ids=ERROR_CODES)
def test_the_server_s_exception_is_raised_here(kind: type[errors.ScriptuneError]) -> None:
    error = errors.JobFileError(["a", "b"]) if kind is errors.JobFileError else kind("What.", hint="Do.")
    remote = _remote(lambda _: httpx.Response(400, json=error_to_json(error)))
    with pytest.raises(kind) as caught:
        remote.job("x")
    assert str(caught.value) == str(error)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(200, text="<html>a login page"), "without JSON: '<html>a login page'"),
        (httpx.Response(502, text="bad gateway"), "answered 502"),
        (httpx.Response(404, json={"detail": "Not Found"}), "answered 404"),
        (httpx.Response(200, json={"other": 1}), "Are client and server the same version"),
    ],
)
def test_an_answer_that_is_not_ours_is_a_remote_error(answer: httpx.Response, words: str) -> None:
    with pytest.raises(errors.RemoteError, match="answer") as caught:
        _remote(lambda _: answer).show("x")
    assert words in str(caught.value)


def test_a_list_where_an_object_came_is_a_remote_error() -> None:
    with pytest.raises(errors.RemoteError, match="expected a list"):
        _remote(lambda _: httpx.Response(200, json={})).samplers()


def test_a_server_that_is_not_there_is_a_remote_error_with_advice() -> None:
    with pytest.raises(errors.RemoteError, match="scriptune serve"):
        Remote("http://127.0.0.1:9").job("x")


def test_without_jobs_there_is_no_latest_one() -> None:
    with pytest.raises(errors.NotFoundError):
        _remote(Server({"GET /jobs": Page([], 0, 0)})).job(None)


def test_a_job_of_a_server_is_waited_for_and_not_run_here() -> None:
    states = iter([JobState.QUEUED, JobState.RUNNING, JobState.COMPLETED])

    def detail(_: httpx.Request) -> Any:
        job = to_json(JOB) | {"state": next(states)}
        return {"summary": {**to_json(SUMMARY), "job": job}, "command_line": "", "failures": {}, "owner_alive": True}

    seen: list[JobSummary] = []
    Job(_remote(Server({"GET /jobs/x": detail})), "x").wait(progress=seen.append)
    assert seen[-1].job.state is JobState.COMPLETED


def test_waiting_outlives_a_server_that_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # A search takes days; the first poll that met a server being upgraded ended the wait for it.
    monkeypatch.setattr(waiting, "_LOOK_EVERY_S", 0.001)
    answers = iter([JobState.RUNNING, None, 503, 502, JobState.RUNNING, None, JobState.COMPLETED])

    def handler(request: httpx.Request) -> httpx.Response:
        match next(answers):
            case None:
                raise httpx.ConnectError("refused", request=request)
            case 503:
                return httpx.Response(503, json=error_to_json(errors.StorageUnavailableError("away")))
            case 502:
                return httpx.Response(502, text="bad gateway")
            case state:
                summary = {**to_json(SUMMARY), "job": to_json(JOB) | {"state": state}}
                shown = {"summary": summary, "command_line": "", "failures": {}, "owner_alive": True}
                return httpx.Response(200, json=shown)

    assert Job(_remote(handler), "x").wait(progress=False).id == "x"


@pytest.mark.parametrize("patience_s", [0.0, 60.0])
def test_waiting_ends_when_the_server_was_never_there_or_is_away_for_long(
    patience_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_PATIENCE_S", patience_s)
    monkeypatch.setattr(waiting, "_LOOK_EVERY_S", 0.001)
    n_asked = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal n_asked
        n_asked += 1
        if n_asked == 1 and not patience_s:
            shown = {"summary": to_json(SUMMARY), "command_line": "", "failures": {}, "owner_alive": True}
            return httpx.Response(200, json=shown)
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(errors.RemoteError):
        Job(_remote(handler), "x").wait(progress=False)
    assert n_asked < 10


def test_a_check_sends_the_log_and_absolute_paths(tmp_path: Path) -> None:
    report = CheckReport({}, [], 1, None, "python", captures=[], ok=True)
    server = Server({"POST /jobs/check": report, f"POST /jobs/{JOB.id}/enqueue": JOB})
    remote = _remote(server)
    (tmp_path / "a.log").write_bytes(b"loss=1 \xff\n")
    document = {"command": "python train.py", "files": {"config": "c.yaml"}}
    assert remote.check(document, base_dir=tmp_path, log=tmp_path / "a.log", run=False) == report
    sent = json.loads(server.asked[-1].content)
    assert sent["document"]["workdir"] == str(tmp_path)
    assert sent["document"]["files"] == {"config": str(tmp_path / "c.yaml")}
    assert (sent["log"], sent["run"]) == ("loss=1 \ufffd\n", False)
    with pytest.raises(errors.NotFoundError, match=r"none\.log"):
        remote.check(document, base_dir=tmp_path, log=tmp_path / "none.log")
    remote.enqueue(JOB.id, {"lr": 0.1})
    assert json.loads(server.asked[-1].content) == {"params": {"lr": 0.1}}


def test_a_name_with_a_slash_is_looked_up_by_the_rule_of_all_others() -> None:
    twin = replace(SUMMARY, job=replace(JOB, id="77b0aaaa-1", name="vision/digits"))
    newer = replace(SUMMARY, job=replace(JOB, name="vision/digits"))
    other = replace(SUMMARY, job=replace(JOB, id="88b0", name="Vision/Digits"))
    detail = JobDetail(newer, "", {}, owner_alive=False)
    server = Server(
        {"GET /jobs": Page([other, newer, twin], 3, 0), f"GET /jobs/{JOB.id}": detail, f"POST /jobs/{JOB.id}/stop": JOB}
    )
    remote = _remote(server)
    assert remote.stop("vision/digits") == JOB
    with pytest.raises(errors.ConflictError, match="2 jobs are named"):
        remote.delete("vision/digits")
    assert {request.method for request in server.asked} == {"GET", "POST"}
    for ref in ("vision/digit", ""):
        with pytest.raises(errors.NotFoundError, match="no job"):
            remote.show(ref)


def test_a_remote_survives_pickling() -> None:
    again = pickle.loads(pickle.dumps(Remote("http://127.0.0.1:1", "secret")))
    assert (again._url, again._http.headers["Authorization"]) == ("http://127.0.0.1:1", "Bearer secret")
