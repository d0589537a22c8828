"""Sessions of browsers through the API: one each, listed, revoked, and gone with everything that they held open."""

from __future__ import annotations

from typing import Any

import pytest

from scriptune.api import events, hub
from scriptune.api.guard import cookie_name
from scriptune.engine.sessions import SessionStore
from scriptune.errors import StorageUnavailableError
from service import TOKEN, URL, V1, TestClient, cookie_of_a_browser, make_client
from worlds import World

OURS = {"origin": URL}


def open_link(browser: TestClient, name: str = "Firefox") -> None:
    answer = browser.get(f"/?token={TOKEN}", headers={"user-agent": name})
    assert answer.status_code == 303


def test_each_browser_gets_a_random_cookie(world: World) -> None:
    with make_client(world) as one, make_client(world) as other:
        open_link(one)
        open_link(other)
        cookies = {browser.cookies[cookie_name(TOKEN)] for browser in (one, other)}
    assert len(cookies) == 2


def test_a_cookie_is_good_for_the_next_server_too(world: World) -> None:
    with make_client(world, cookie=cookie_of_a_browser(world)) as browser:
        assert browser.get(f"{V1}/jobs").status_code == 200


def test_browsers_are_listed_and_one_is_signed_out(world: World, client: TestClient) -> None:
    with make_client(world) as one, make_client(world) as other:
        open_link(one, "Firefox")
        open_link(other, "Lynx")
        items = one.get(f"{V1}/sessions").json()["items"]
        assert [(item["browser"], item["is_current"]) for item in items] == [("Firefox", True), ("Lynx", False)]
        assert all(set(item) == {"id", "browser", "created_at", "expires_at", "is_current"} for item in items)
        assert one.delete(f"{V1}/sessions/{items[1]['id']}", headers=OURS).status_code == 204
        assert other.get(f"{V1}/jobs").status_code == 401
        assert one.get(f"{V1}/jobs").status_code == 200
    assert client.delete(f"{V1}/sessions/{items[1]['id']}").status_code == 404


def test_signing_out_ends_one_s_own_session_and_takes_the_cookie(world: World, client: TestClient) -> None:
    with make_client(world) as one, make_client(world) as other:
        open_link(one)
        open_link(other)
        cookie = one.cookies[cookie_name(TOKEN)]
        answer = one.delete(f"{V1}/sessions/current", headers=OURS)
        assert answer.status_code == 204
        assert cookie_name(TOKEN) not in one.cookies
        assert one.get(f"{V1}/jobs").status_code == 401
        assert other.get(f"{V1}/jobs").status_code == 200
        # Nor does who has kept a copy of it get in.
        stolen = {"cookie": f"{cookie_name(TOKEN)}={cookie}"}
        assert one.get(f"{V1}/jobs", headers=stolen).status_code == 401
    assert client.delete(f"{V1}/sessions/current").status_code == 404


def test_a_foreign_page_signs_nobody_out(world: World) -> None:
    with make_client(world) as browser:
        open_link(browser)
        assert browser.delete(f"{V1}/sessions", headers={"origin": "http://evil.example"}).status_code == 403
        assert browser.get(f"{V1}/jobs").status_code == 200


def test_all_browsers_are_signed_out_at_once(world: World, client: TestClient) -> None:
    with make_client(world) as one, make_client(world) as other:
        open_link(one)
        open_link(other)
        assert client.delete(f"{V1}/sessions").json() == {"revoked": 2}
        assert [browser.get(f"{V1}/jobs").status_code for browser in (one, other)] == [401, 401]
    assert client.get(f"{V1}/sessions").json() == {"items": []}


@pytest.mark.parametrize("path", ["/jobs/{id}/events", "/events"])
def test_a_stream_ends_when_its_session_is_revoked(world: World, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_LOOK_AT_CALLER_S", 0.0)
    monkeypatch.setattr(hub, "_HEARTBEAT_S", 0.01)
    job = world.submit()
    looks: list[bool] = []

    def look_and_revoke(self: SessionStore, session_id: str) -> bool:
        if len(looks) == 4:
            self.revoke(session_id)
        looks.append(knows(self, session_id))
        return looks[-1]

    knows = SessionStore.knows
    monkeypatch.setattr(SessionStore, "knows", look_and_revoke)
    with make_client(world, cookie=cookie_of_a_browser(world)) as browser:
        stream = browser.get(V1 + path.format(id=job.id))  # comes back when the stream has ended
    assert looks == [True] * 4 + [False]
    assert "event: gone" not in stream.text


def test_a_database_that_cannot_be_written_does_not_lock_the_owner_out(
    world: World, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise StorageUnavailableError("The disk is full.")

    monkeypatch.setattr(world.storage, "put_item", refuse)
    open_link(stranger)
    assert stranger.get(f"{V1}/jobs").status_code == 200
    assert len(stranger.get(f"{V1}/sessions").json()["items"]) == 1
    assert stranger.delete(f"{V1}/sessions/current", headers=OURS).status_code == 204
    assert stranger.get(f"{V1}/jobs").status_code == 401


def test_while_the_database_is_away_a_browser_is_told_so_and_not_signed_out(
    world: World, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = cookie_of_a_browser(world)

    def away(*_: Any) -> None:
        raise StorageUnavailableError("The database does not answer.")

    monkeypatch.setattr(world.storage, "get_item", away)
    answer = stranger.get(f"{V1}/jobs", headers={"cookie": cookie})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_unavailable")
