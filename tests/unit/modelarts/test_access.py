from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.types import Message

from memory import memory_storage
from scriptune.engine.keys import AccessKey, KeyStore
from scriptune.modelarts.signature import CLOCK_WINDOW, Signed, canonical_request, sign
from service import TestClient, make_client
from worlds import World

PATH = "/v2/proj0/training-job-searches"
BODY = b'{"limit": 5}'
NAMES = ("content-type", "host", "x-sdk-date")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


@pytest.fixture
def key(world: World) -> AccessKey:
    return KeyStore(world.storage, world.settings.home).create("proj0")


def _headers(
    world: World, key: AccessKey, *, age: timedelta = timedelta(), secret: str | None = None
) -> dict[str, str]:
    date = (world.clock() - age).strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": "application/json", "host": "127.0.0.1:8265", "x-sdk-date": date}
    canonical = canonical_request(Signed("POST", PATH, "", headers, BODY), NAMES)
    signature = sign(canonical, secret or key.secret_key, date)
    value = f"SDK-HMAC-SHA256 Access={key.access_key}, SignedHeaders={';'.join(NAMES)}, Signature={signature}"
    return {**headers, "authorization": value}


def _post(client: TestClient, headers: dict[str, str], *, path: str = PATH, body: bytes = BODY) -> tuple[int, str]:
    answer = client.post(path, content=body, headers=headers)
    return answer.status_code, answer.json().get("error_code", "")


def test_a_signed_request_is_answered(world: World, key: AccessKey) -> None:
    assert _post(make_client(world), _headers(world, key)) == (200, "")


@pytest.mark.parametrize("direction", [1, -1], ids=["replayed", "from the future"])
def test_a_request_is_refused_after_fifteen_minutes(world: World, key: AccessKey, direction: int) -> None:
    client = make_client(world)
    assert _post(client, _headers(world, key, age=direction * (CLOCK_WINDOW - timedelta(minutes=1)))) == (200, "")
    late = _headers(world, key, age=direction * (CLOCK_WINDOW + timedelta(minutes=1)))
    assert _post(client, late) == (401, "APIG.0301")


@pytest.mark.parametrize(
    "attack",
    [
        lambda world, key: {"headers": _headers(world, key, secret="guessed")},
        lambda world, key: {"headers": _headers(world, key), "body": b'{"limit": 50}'},
        lambda world, key: {"headers": _headers(world, key), "path": PATH + "?a=1"},
        lambda world, key: {"headers": {**_headers(world, key), "x-sdk-date": "20300101T000100Z"}},
        lambda world, key: {"headers": {**_headers(world, key), "authorization": "SDK-HMAC-SM3 Access=a"}},
        lambda world, key: {"headers": {**_headers(world, key), "authorization": f"Bearer {key.secret_key}"}},
    ],
    ids=["secret", "body", "query", "date", "algorithm", "bearer"],
)
def test_what_the_key_did_not_sign_is_refused(
    world: World, key: AccessKey, attack: Callable[[World, AccessKey], dict[str, object]]
) -> None:
    assert _post(make_client(world), **attack(world, key)) == (401, "APIG.0301")  # type: ignore[arg-type]  # built above


def test_a_revoked_key_signs_nothing_any_more(world: World, key: AccessKey) -> None:
    headers = _headers(world, key)
    KeyStore(world.storage, world.settings.home).revoke(key.access_key)
    assert _post(make_client(world), headers) == (401, "APIG.0301")


def test_a_key_whose_project_is_another_is_refused(world: World) -> None:
    stranger = KeyStore(world.storage, world.settings.home).create("proj1")
    assert _post(make_client(world), _headers(world, stranger)) == (404, "ModelArts.2786")


@pytest.mark.parametrize("claim", ["nothing", "an unknown key", "an old signature", "a wrong token"])
def test_the_body_of_a_stranger_is_not_read(world: World, key: AccessKey, claim: str) -> None:
    # Whoever sent many bodies of 4 MB at once, none of them to its end, filled the memory without any key.
    headers = {
        "nothing": {"host": "127.0.0.1:8265"},
        "an unknown key": _headers(world, replace(key, access_key="A" * 20)),
        "an old signature": _headers(world, key, age=CLOCK_WINDOW * 2),
        "a wrong token": {"host": "127.0.0.1:8265", "x-auth-token": "a.b"},
    }[claim]
    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8265),
        "scheme": "http",
    }
    statuses: list[int] = []

    async def receive() -> Message:
        raise AssertionError("the body is read")

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])

    asyncio.run(make_client(world).app(scope, receive, send))
    assert statuses == [403 if claim == "a wrong token" else 401]
