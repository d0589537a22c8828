"""Attacks on the server, with what comes back. Running jobs means running commands: every hole is remote code."""

from __future__ import annotations

import hashlib
import hmac
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scriptune.api import events, failed_attempts, hub
from scriptune.api.guard import MAX_BODY_BYTES, cookie_name, load_token
from scriptune.core.job import MASK, SearchJob
from scriptune.core.secrets import is_secret
from scriptune.engine.keys import KeyStore, Role
from scriptune.engine.views import ReplayReport
from scriptune.errors import SettingsError
from service import TOKEN, URL, V1, TestClient, cookie_of_a_browser, make_client
from worlds import World

CONSTANT = hmac.new(TOKEN.encode(), b"console cookie", hashlib.sha256).hexdigest()  # what all browsers had once


# --- who asks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer "},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": f"Bearer {TOKEN}".swapcase()},
        {"authorization": "Bearer NOKEY.nosecret"},
        {"authorization": "Bearer \xe4\xf6"},
        {"cookie": f"{cookie_name(TOKEN)}={TOKEN}"},
        {"cookie": f"{cookie_name(TOKEN)}="},
        {"cookie": f"{cookie_name(TOKEN)}={CONSTANT}"},
        {"cookie": f"{cookie_name(TOKEN)}=0123456789abcdef.secret"},
        {"cookie": f"{cookie_name(TOKEN)}={'.' * 100}"},
        {"x-forwarded-user": "admin"},
    ],
)
@pytest.mark.parametrize("path", [f"{V1}/jobs", f"{V1}/openapi.json", "/metrics", "/", "/assets/x.js", "/nothing"])
def test_nothing_is_answered_without_a_valid_token(
    idle_stranger: TestClient, headers: dict[str, str], path: str
) -> None:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    assert idle_stranger.get(path, headers=encoded).status_code == 401


def test_a_wrong_token_is_not_saved_by_a_right_cookie(idle_world: World, idle_stranger: TestClient) -> None:
    cookie = cookie_of_a_browser(idle_world)
    assert idle_stranger.get(f"{V1}/jobs", headers={"cookie": cookie}).status_code == 200
    headers = {"cookie": cookie, "authorization": "Bearer wrong"}
    assert idle_stranger.get(f"{V1}/jobs", headers=headers).status_code == 401


def test_no_route_of_the_api_forgets_to_ask(world: World, stranger: TestClient) -> None:
    for path, operations in stranger.app.openapi()["paths"].items():  # type: ignore[attr-defined]  # any ASGI application
        for method in operations:
            status = stranger.request(method, path.replace("{number}", "0")).status_code
            assert status == (200 if path == f"{V1}/health" else 401), (method, path)


def test_the_token_in_a_link_becomes_a_cookie_that_scripts_cannot_read(stranger: TestClient) -> None:
    answer = stranger.get(f"/jobs/3?tab=plots&token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs/3?tab=plots")
    cookie = answer.headers["set-cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert stranger.get(f"{V1}/jobs").status_code == 200


@pytest.mark.parametrize("path", [f"{V1}/jobs", "/metrics"])
def test_a_token_in_the_address_of_the_api_counts_nothing(stranger: TestClient, path: str) -> None:
    assert stranger.get(f"{path}?token={TOKEN}").status_code == 401


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "///evil.example"])
def test_a_link_does_not_lead_to_another_host(stranger: TestClient, path: str) -> None:
    answer = stranger.get(f"{URL}{path}?token={TOKEN}")
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith("/")
    assert location[1:2] not in ("/", "\\")


def test_headers_cannot_be_injected_through_the_address(stranger: TestClient) -> None:
    answer = stranger.get(f"/a%0d%0aSet-Cookie:%20evil=1?token={TOKEN}&b=%0d%0aX-Evil:%201")
    assert "evil" not in str(answer.cookies)
    assert "x-evil" not in answer.headers
    assert answer.status_code == 303


# --- from where --------------------------------------------------------------------------------------------


FOREIGN_HOSTS = ["evil.example:8265", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.7", "", "[", "a b"]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_name_that_was_rebound_to_this_machine_is_refused(idle_client: TestClient, host: str) -> None:
    for path in (f"{V1}/jobs", f"{V1}/health", "/", "/v2/p/algorithms"):
        answer = idle_client.get(path, headers={"host": host})
        assert (answer.status_code, answer.json()["error"]["code"]) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:8265", "127.0.0.2"])
def test_names_of_loopback_are_ours(idle_client: TestClient, host: str) -> None:
    assert idle_client.get(f"{V1}/jobs", headers={"host": host}).status_code == 200


FOREIGN: list[dict[str, str]] = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:9999"},
    {"origin": f"{URL}.evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_a_foreign_page_changes_nothing_with_the_console_s_cookie(
    idle_stranger: TestClient,
    idle_world: World,
    idle_done: SearchJob,
    headers: dict[str, str],
    method: str,
) -> None:
    answer = idle_stranger.request(
        method, f"{V1}/jobs/{idle_done.id}", headers={"cookie": cookie_of_a_browser(idle_world), **headers}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_origin")
    assert idle_world.storage.jobs().total == 1


@pytest.mark.parametrize("headers", [{"origin": URL}, {"sec-fetch-site": "same-origin"}])
def test_the_console_itself_may_change_something(world: World, done: SearchJob, headers: dict[str, str]) -> None:
    with make_client(world, cookie=cookie_of_a_browser(world)) as browser:
        assert browser.delete(f"{V1}/jobs/{done.id}", headers=headers).status_code == 204


def test_a_foreign_page_is_given_no_right_to_read(client: TestClient) -> None:
    answer = client.get(f"{V1}/jobs", headers={"origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    answer = client.options(f"{V1}/jobs", headers={"origin": "http://evil.example"})
    assert answer.status_code == 405


# --- sizes and paths ---------------------------------------------------------------------------------------


def test_a_body_that_hides_its_size_is_cut_off(client: TestClient) -> None:
    def endless() -> Any:
        for _ in range(MAX_BODY_BYTES // 65536 + 2):
            yield b" " * 65536

    answer = client.post(f"{V1}/jobs", content=endless(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"command": 1e999}',
        b'{"search": {"trials": ' + b"9" * 5000 + b"}}",
        b'{"command": ["\\u0000"]}',
        b'{"command": "\\ud800"}',
        b'{"name": "a", "name": "b"}',
        b"\xff\xfe",
        b"NaN",
    ],
)
def test_poisoned_bodies_are_refused(idle_client: TestClient, idle_world: World, body: bytes) -> None:
    before = idle_world.storage.jobs().total
    answer = idle_client.post(f"{V1}/jobs", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert "error" in answer.json()
    assert idle_world.storage.jobs().total == before


TRAVERSALS = [
    "../../token",
    "..%2f..%2ftoken",
    "%2e%2e/%2e%2e/token",
    "....//token",
    "/etc/passwd",
    "..\\token",
    "%252e%252e/token",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_folders_that_are_served(
    idle_client: TestClient, idle_done: SearchJob, idle_world: World, path: str
) -> None:
    (idle_world.home / "token").write_text("secret-of-the-home")
    for prefix in ("/", "/assets/", f"{V1}/jobs/{idle_done.id}/trials/0/log/", f"{V1}/jobs/"):
        answer = idle_client.get(prefix + path)
        assert "secret-of-the-home" not in answer.text
        assert "root:" not in answer.text


def test_the_attempt_of_a_log_is_a_number_and_never_a_path(client: TestClient, done: SearchJob) -> None:
    for attempt in ("../1", "1/../../..", "-1"):
        answer = client.get(f"{V1}/jobs/{done.id}/trials/0/log", params={"attempt": attempt})
        assert answer.status_code == 422


def test_a_log_with_html_is_never_shown_as_a_page(client: TestClient, done: SearchJob) -> None:
    answer = client.get(f"{V1}/jobs/{done.id}/trials/0/log/file")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_every_answer_carries_the_headers_that_browsers_obey(client: TestClient, stranger: TestClient) -> None:
    for answer in (client.get(f"{V1}/jobs"), client.get("/"), stranger.get("/"), stranger.get(f"{V1}/jobs")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


# --- keys --------------------------------------------------------------------------------------------------


def key_client(world: World, project: str, role: Role) -> TestClient:
    key = KeyStore(world.storage, world.home).create(project, role)
    return make_client(world, authorization=f"Bearer {key.access_key}.{key.secret_key}")


def test_a_viewer_looks_and_changes_nothing(world: World) -> None:
    job = world.engine.submit(world.document(), base_dir=world.home, labels={"project": "p"})
    with key_client(world, "p", Role.VIEWER) as viewer:
        assert viewer.get(f"{V1}/jobs/{job.id}").status_code == 200
        assert viewer.post(f"{V1}/patterns/test", json={"regex": "a", "text": "a"}).status_code == 200
        for method, path in [
            ("POST", "/jobs"),
            ("POST", "/jobs/check"),
            ("POST", "/programs/inspect"),
            ("POST", f"/jobs/{job.id}/stop"),
            ("DELETE", f"/jobs/{job.id}"),
            ("POST", "/patterns/test/../../jobs"),
        ]:
            assert viewer.request(method, V1 + path, json={}).status_code == 403
    assert world.storage.job(job.id).stop_requested == ""


def test_a_key_sees_its_own_project_only(world: World) -> None:
    mine = world.engine.submit(world.document(name="mine"), base_dir=world.home, labels={"project": "p"})
    other = world.engine.submit(world.document(name="other"), base_dir=world.home, labels={"project": "q"})
    with key_client(world, "p", Role.OPERATOR) as operator:
        page = operator.get(f"{V1}/jobs").json()
        assert [item["job"]["name"] for item in page["items"]] == ["mine"]
        assert page["total"] == 1
        for path in ("", "/trials", "/events", "/history", "/document"):
            assert operator.get(f"{V1}/jobs/{other.id}{path}").status_code == 404
        assert operator.delete(f"{V1}/jobs/{other.id}").status_code == 404
        made = operator.post(f"{V1}/jobs", json=world.document(labels={"project": "q"})).json()
        assert made["labels"]["project"] == "p"
        assert operator.delete(f"{V1}/jobs/{mine.id}").status_code == 204


def test_a_key_is_not_told_the_names_of_other_projects_jobs_and_finds_its_own(world: World) -> None:
    # "Did you mean" knew all jobs, and a newer job of another project hid one's own of the same name.
    mine, theirs = (
        world.engine.submit(world.document(name="digits"), base_dir=world.home, labels={"project": project})
        for project in ("p", "q")
    )
    secret = world.engine.submit(world.document(name="merger"), base_dir=world.home, labels={"project": "q"})
    key = KeyStore(world.storage, world.home).create("p", Role.VIEWER)
    with make_client(world, authorization=f"Bearer {key.access_key}.{key.secret_key}") as client:
        for ref in ("digits", mine.id, mine.id[:12]):
            assert client.get(f"{V1}/jobs/{ref}").json()["summary"]["job"]["id"] == mine.id
        for ref in ("mergen", "merger", theirs.id, theirs.id[:12], secret.id[:-1] + "x"):
            answer = client.get(f"{V1}/jobs/{ref}")
            assert answer.status_code == 404
            assert "mean" not in answer.text


def test_a_key_is_not_told_how_much_other_projects_work(world: World) -> None:
    world.engine.submit(world.document(), base_dir=world.home, labels={"project": "p"})
    world.engine.submit(world.document(), base_dir=world.home, labels={"project": "q"})
    key = KeyStore(world.storage, world.home).create("p", Role.VIEWER)
    with make_client(world, authorization=f"Bearer {key.access_key}.{key.secret_key}") as client:
        text = client.get("/metrics").text
    assert 'scriptune_jobs{state="queued"} 1.0' in text
    assert "process_" not in text


def test_a_viewer_who_asks_for_many_replays_gets_one_after_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each took a core and a thread for minutes; forty at once, and nobody else was answered.
    job = world.engine.submit(world.document(), base_dir=world.home, labels={"project": "p"})
    key = KeyStore(world.storage, world.home).create("p", Role.VIEWER)
    turn, n_replays = threading.Lock(), 50

    def replay(ref: str) -> ReplayReport:
        assert turn.acquire(blocking=False), "two replays at once"
        time.sleep(0.01)
        turn.release()
        return real(ref)

    real = world.engine.replay
    monkeypatch.setattr(world.engine, "replay", replay)
    with (
        make_client(world, authorization=f"Bearer {key.access_key}.{key.secret_key}") as client,
        ThreadPoolExecutor(n_replays) as pool,
    ):
        asked = [pool.submit(client.post, f"{V1}/jobs/{job.id}/replay") for _ in range(n_replays)]
        assert client.get(f"{V1}/jobs/{job.id}").status_code == 200
        assert {one.result().status_code for one in asked} == {200}


def test_a_key_does_not_manage_keys_and_sessions(world: World) -> None:
    with key_client(world, "p", Role.OPERATOR) as operator:
        for method, path in [
            ("GET", "/keys"),
            ("POST", "/keys"),
            ("DELETE", "/keys/x"),
            ("GET", "/sessions"),
            ("DELETE", "/sessions"),
            ("DELETE", "/sessions/current"),
        ]:
            assert operator.request(method, V1 + path, json={}).status_code == 403


def test_a_revoked_key_is_refused_at_once(world: World) -> None:
    store = KeyStore(world.storage, world.home)
    key = store.create("p")
    with make_client(world, authorization=f"Bearer {key.access_key}.{key.secret_key}") as client:
        assert client.get(f"{V1}/jobs").status_code == 200
        store.revoke(key.access_key)
        assert client.get(f"{V1}/jobs").status_code == 401


@pytest.mark.parametrize("path", ["/jobs/{id}/events", "/events"])
def test_a_stream_ends_when_its_key_is_revoked(world: World, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_LOOK_AT_CALLER_S", 0.0)
    monkeypatch.setattr(hub, "_HEARTBEAT_S", 0.01)
    job = world.engine.submit(world.document(), base_dir=world.home, labels={"project": "p"})
    store = KeyStore(world.storage, world.home)
    key = store.create("p")
    looks: list[bool] = []

    def look_and_revoke(self: KeyStore, access_key: str) -> bool:
        if len(looks) == 4:
            store.revoke(access_key)
        looks.append(knows(self, access_key))
        return looks[-1]

    knows = KeyStore.knows
    monkeypatch.setattr(KeyStore, "knows", look_and_revoke)
    with make_client(world, authorization=f"Bearer {key.access_key}.{key.secret_key}") as client:
        stream = client.get(V1 + path.format(id=job.id))  # comes back when the stream has ended
    assert looks == [True] * 4 + [False]
    assert stream.text.count(": nothing new") == 3
    assert "event: job" in stream.text
    assert "event: gone" not in stream.text


# --- secrets -----------------------------------------------------------------------------------------------


def test_secrets_of_the_environment_are_in_no_answer(client: TestClient, world: World) -> None:
    env = {"WANDB_API_KEY": "hunter2", "DB_PASSWORD": "hunter2", "MY_TOKEN": "hunter 2", "OMP_NUM_THREADS": "1"}
    env |= {"PGPASS_URL": "postgres://ada:hunter2@db/x", "DB_PASS": "hunter2", "MYSQL_PWD": "hunter2"}
    made = client.post(f"{V1}/jobs", json=world.document(run={"env": env}))
    assert made.json()["document"]["run"]["env"]["OMP_NUM_THREADS"] == "1"
    job = world.run(world.storage.job(made.json()["id"]))
    paths = ["", "/best", "/document", "/document.yaml", "/trials", "/trials/0", "/history"]
    texts = [
        made.text,
        client.get(f"{V1}/jobs").text,
        client.post(f"{V1}/jobs/{job.id}/resume", json={"trials": "+1"}).text,
    ]
    texts += [client.get(f"{V1}/jobs/{job.id}{path}").text for path in paths]
    texts.append(client.post(f"{V1}/jobs/check", json={"document": world.document(run={"env": env})}).text)
    for text in texts:
        assert "hunter" not in text
    assert MASK in texts[0]
    assert world.storage.job(job.id).document["run"]["env"] == env


def test_a_viewer_sees_no_secret_of_a_job_and_no_value_of_its_environment(world: World) -> None:
    document = world.document(
        run={"env": {"JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2ln", "PLACE": "hunter1"}}
    )
    document["command"] = [*document["command"], "--password=hunter2222", "--dsn=host=db password=hunter3333"]
    document["parameters"] = {**document["parameters"], "api_key": {"value": "hunter4444"}}
    job = world.run(world.engine.submit(document, base_dir=world.home, labels={"project": "p"}))
    key = KeyStore(world.storage, world.home).create("p", Role.VIEWER)
    paths = ["", "/best", "/document", "/document.yaml", "/trials", "/trials/0", "/history", "/trials/columns"]
    with make_client(world, authorization=f"Bearer {key.access_key}.{key.secret_key}") as viewer:
        texts = [viewer.get(f"{V1}/jobs").text, *(viewer.get(f"{V1}/jobs/{job.id}{path}").text for path in paths)]
    for text in texts:
        assert "hunter" not in text
        assert "eyJhbGci" not in text
    assert texts[3].count(MASK) >= 5


def test_a_mask_in_a_command_is_not_taken_for_a_password(client: TestClient, world: World) -> None:
    document = world.document()
    answer = client.post(f"{V1}/jobs", json={**document, "command": [*document["command"], f"--password={MASK}"]})
    assert answer.status_code == 422
    assert "command[1]: got '********', which responses show" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("name", "value"), [("PWD", "/tmp"), ("N_PASSES", "3"), ("PATH", "/a:/b@c"), ("URL", "http://a:1/@")]
)
def test_what_is_no_secret_is_shown(name: str, value: str) -> None:
    assert not is_secret(name, value)


def test_a_mask_is_not_taken_for_a_secret(client: TestClient, world: World) -> None:
    answer = client.post(f"{V1}/jobs", json=world.document(run={"env": {"MY_TOKEN": MASK}}))
    assert answer.status_code == 422
    assert "MY_TOKEN" in answer.json()["error"]["message"]


def test_failed_attempts_are_in_the_log_and_lock_nobody_out(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failed_attempts, "_MOST_S", 0.001)
    with make_client(world) as stranger:
        for _ in range(30):
            headers = {"authorization": "Bearer wrong-and-never-in-the-log"}
            assert stranger.get(f"{V1}/jobs", headers=headers).status_code == 401
        # The owner comes from the same address.
        assert stranger.get(f"{V1}/jobs", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert stranger.get("/?token=wrong-and-never-in-the-log").status_code == 401
        assert stranger.get(f"{V1}/jobs").status_code == 401  # no attempt
    said = [record.getMessage() for record in caplog.records if record.name == "scriptune.api.failed_attempts"]
    assert said == ["testclient was refused: a wrong token."] * 30 + [
        "testclient was refused: the link has a wrong token."
    ]
    assert "never-in-the-log" not in caplog.text


def test_the_token_is_made_once_and_readable_for_its_owner_alone(world: World) -> None:
    token = load_token(world.settings)
    path = world.home / "token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert load_token(world.settings) == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(token) >= 40


def test_a_token_that_is_too_short_is_refused(world: World) -> None:
    (world.home / "token").write_text("1234\n")
    with pytest.raises(SettingsError, match="expected a token of 16 or more"):
        load_token(world.settings)


def test_the_secret_of_a_key_is_in_a_private_file_and_not_in_the_database(world: World, tmp_path: Path) -> None:
    store = KeyStore(world.storage, world.home)
    key = store.create("p")
    assert stat.S_IMODE((world.home / "keys.json").stat().st_mode) == 0o600
    assert key.secret_key not in str(world.storage.get_item("access_key", key.access_key))
    assert key.secret_key not in repr(key)
    assert store.find(key.access_key) == key
