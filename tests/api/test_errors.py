"""One test that visits all errors: whatever goes wrong is answered in one shape, with a status that fits."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from scriptune import errors
from scriptune.api.failures import ForbiddenError, status_of
from scriptune.core.job import SearchJob
from scriptune.engine.engine import Engine
from scriptune.engine.serialise import error_from_json
from scriptune.errors import ScriptuneError
from scriptune.messages import Message
from service import TOKEN, V1, TestClient, make_client
from worlds import World

OURS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ScriptuneError)]
SERVER_FAULTS = {errors.StorageError, errors.StorageUnavailableError, errors.StorageCorruptError}


def make(kind: type[ScriptuneError]) -> ScriptuneError:
    if kind is errors.JobFileError:
        return errors.JobFileError(["job: a", "job: b"])
    return kind(Message("request.no_route", path="/x"), hint=Message("request.routes"))


def check_shape(body: dict[str, Any]) -> None:
    """The one shape: what message and hint are made of gives the same texts again."""
    assert set(body) == {"error"}
    error = body["error"]
    assert set(error) - {"problems"} == {"code", "message", "hint", "params"}
    assert isinstance(error["message"], str)
    assert "reason" in error["params"] or error["params"] == {}
    back = error_from_json(body)
    assert (back.message, back.hint) == (error["message"], error["hint"])
    assert isinstance(back.message, Message) == bool(error["params"])


@pytest.mark.parametrize("kind", [*OURS, ForbiddenError], ids=lambda kind: kind.__name__)
def test_every_exception_of_ours_is_answered_in_the_one_shape(
    idle_client: TestClient, monkeypatch: pytest.MonkeyPatch, kind: type[ScriptuneError]
) -> None:
    def fail(self: Engine, **_: Any) -> None:
        raise make(kind)

    monkeypatch.setattr(Engine, "jobs", fail)
    answer = idle_client.get(f"{V1}/jobs")
    body = answer.json()
    check_shape(body)
    assert answer.status_code == status_of(make(kind))
    assert (answer.status_code >= 500) == (kind in SERVER_FAULTS)
    if kind in OURS and kind is not ScriptuneError:
        assert type(error_from_json(body)) is kind


CASES: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "/api/v1/nothing", {}, 404, "not_found"),
    ("GET", "/api/v1/jobs/nothing", {}, 404, "not_found"),
    ("GET", "/api/v1/jobs/world/trials/99", {}, 404, "not_found"),
    ("GET", "/api/v1/jobs/world/trials/0/log?attempt=7", {}, 404, "not_found"),
    ("GET", "/api/v1/jobs/world/reports?metric=los", {}, 404, "not_found"),
    ("GET", "/api/v1/programs/nothing", {}, 404, "not_found"),
    ("DELETE", "/api/v1/keys/nothing", {}, 404, "not_found"),
    ("POST", "/api/v1/nothing", {}, 404, "not_found"),
    ("PATCH", "/api/v1/jobs", {}, 405, "method_not_allowed"),
    ("GET", "/api/v1/jobs/world/stop", {}, 405, "method_not_allowed"),
    ("GET", "/api/v1/patterns/test", {}, 405, "method_not_allowed"),
    ("POST", "/api/v1/jobs/world/stop", {}, 409, "conflict"),
    ("POST", "/api/v1/jobs/world/resume", {}, 409, "conflict"),
    ("POST", "/api/v1/jobs/world/retry", {}, 409, "conflict"),
    ("POST", "/api/v1/jobs/world/trials/0/stop", {}, 409, "conflict"),
    ("POST", "/api/v1/jobs", {"content": b"x" * 5_000_000}, 413, "too_large"),
    ("GET", "/api/v1/jobs?limit=ten", {}, 422, "invalid_request"),
    ("GET", "/api/v1/jobs?state=sleeping", {}, 422, "invalid_request"),
    ("GET", "/api/v1/jobs/world/trials/-1", {}, 422, "invalid_request"),
    ("GET", "/api/v1/jobs/world/trials?sort=color", {}, 404, "not_found"),
    ("GET", "/api/v1/jobs/world/marginals", {}, 422, "invalid_request"),
    ("GET", "/api/v1/jobs/world/marginals?parameter=z", {}, 422, "space"),
    ("GET", "/api/v1/jobs/world/surface?x=x&y=x", {}, 422, "space"),
    ("POST", "/api/v1/jobs/world/enqueue", {"json": {"params": {"x": 7.0}}}, 422, "space"),
    ("POST", "/api/v1/jobs/world/confirm", {"json": {"top": 0}}, 422, "invalid_request"),
    ("POST", "/api/v1/jobs/world/confirm", {"json": {"seed_flag": "a b"}}, 422, "job_file"),
    ("POST", "/api/v1/jobs", {"json": {}}, 422, "job_file"),
    ("POST", "/api/v1/jobs", {"json": {"command": "", "shell": True}}, 422, "job_file"),
    ("POST", "/api/v1/jobs", {"json": [1]}, 422, "invalid_request"),
    ("POST", "/api/v1/jobs", {"json": {"program": "none"}}, 404, "not_found"),
    ("POST", "/api/v1/jobs", {"json": {"labels": 3}}, 422, "job_file"),
    ("POST", "/api/v1/jobs", {"content": b"{"}, 422, "invalid_request"),
    ("POST", "/api/v1/jobs", {"content": b'{"name": "\\ud800"}'}, 422, None),
    ("POST", "/api/v1/jobs/world/stop", {"json": {"drian": True}}, 422, "invalid_request"),
    ("POST", "/api/v1/patterns/test", {"json": {"regex": "(", "text": "a"}}, 422, "metric_pattern"),
    ("POST", "/api/v1/patterns/suggest", {"json": {"text": "a", "examples": ["1"]}}, 422, "metric_pattern"),
    ("POST", "/api/v1/programs/inspect", {"json": {"command": "a 'b"}}, 422, "command"),
    ("GET", "/api/v1/jobs/world/events?after=later", {}, 422, "invalid_request"),
    ("GET", "/api/v1/jobs/%00", {}, 400, "invalid_request"),
]


@pytest.mark.parametrize(("method", "path", "request_", "status", "code"), CASES)
def test_mistakes_are_answered_with_what_happened(
    idle_client: TestClient,
    idle_done: SearchJob,
    method: str,
    path: str,
    request_: dict[str, Any],
    status: int,
    code: str | None,
) -> None:
    headers = {"content-type": "application/json"} if "content" in request_ else {}
    answer = idle_client.request(method, path, headers=headers, **request_)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    check_shape(answer.json())
    assert code is None or error["code"] == code
    assert len(error["message"]) > 10


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/jobs", "GET, POST"),
        ("POST", "/programs/trainer", "GET, PUT, DELETE"),
        ("GET", "/jobs/world/trials/0/stop", "POST"),
        ("OPTIONS", "/samplers", "GET"),
        ("POST", "/health", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_answered_with_the_right_ones(
    idle_client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = idle_client.request(method, V1 + path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_a_body_that_is_not_said_to_be_json_is_told_how(idle_client: TestClient) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = idle_client.post(f"{V1}/patterns/test", content=b'{"regex": "a", "text": "a"}', headers=form)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert "Content-Type: application/json" in answer.json()["error"]["message"]


def test_an_unexpected_error_tells_nothing_of_its_inside(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Engine, **_: Any) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(Engine, "jobs", fail)
    answer = client.get(f"{V1}/jobs")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "hunter2" not in answer.text


def test_a_database_that_is_away_says_when_to_come_back(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Engine, **_: Any) -> None:
        raise errors.StorageUnavailableError("The database does not answer.")

    monkeypatch.setattr(Engine, "jobs", fail)
    answer = client.get(f"{V1}/jobs")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_without_a_token_the_answer_says_where_it_is(world: World) -> None:
    with make_client(world) as client:
        answer = client.get(f"{V1}/jobs")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "token" in answer.json()["error"]["hint"]
    assert TOKEN not in answer.text
