from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.engine import sessions
from scriptune.engine.sessions import SESSION_LASTS, SessionStore, read_token
from scriptune.errors import NotFoundError, ScriptuneError, SettingsError, StorageUnavailableError
from scriptune.storage import schema
from scriptune.storage.base import Storage
from scriptune.storage.connections import SqliteMemory
from scriptune.storage.sql import SqlStorage

TOKEN = "a-token-for-tests-only-0123456789"


class Hands:
    """Two clocks that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.s = 0.0


class BrokenStorage(SqlStorage):
    """Cannot be written, and perhaps not be read."""

    def __init__(self, error: ScriptuneError, *, is_readable: bool) -> None:
        super().__init__(SqliteMemory(schema.sqlite_script()))
        self.error = error
        self.is_readable = is_readable

    def put_item(self, *_: Any, **__: Any) -> None:
        raise self.error

    def delete_item(self, *_: Any) -> None:
        raise self.error

    def get_item(self, kind: str, key: str) -> Any:
        if not self.is_readable:
            raise self.error
        return super().get_item(kind, key)

    def items(self, kind: str, **limits: Any) -> Any:
        if not self.is_readable:
            raise self.error
        return super().items(kind, **limits)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def make(hands: Hands) -> Callable[..., SessionStore]:
    storage = memory_storage()

    def store(token: str | None = TOKEN, over: Storage = storage) -> SessionStore:
        return SessionStore(over, token, clock=lambda: hands.now, monotonic=lambda: hands.s)

    return store


def test_every_browser_has_a_session_of_its_own_that_survives_a_restart(make: Callable[..., SessionStore]) -> None:
    cookies = {make().create("Firefox") for _ in range(20)}
    assert len(cookies) == 20
    restarted = make()
    assert {restarted.check(cookie) for cookie in cookies} == {cookie.split(".")[0] for cookie in cookies}


def test_the_database_holds_nothing_that_a_cookie_could_be_made_of(make: Callable[..., SessionStore]) -> None:
    store = make()
    session_id, secret = store.create("Firefox").split(".")
    row = store._storage.get_item("session", session_id)
    assert secret not in str(row)
    for guess in (row["hash"], row["key"], TOKEN, ""):
        assert store.check(f"{session_id}.{guess}") is None


def test_another_token_ends_all_sessions(make: Callable[..., SessionStore]) -> None:
    cookie = make().create()
    rotated = make("another-token-0123456789")
    assert rotated.check(cookie) is None
    assert rotated.recall(cookie) is None
    assert not rotated.knows(cookie.split(".")[0])
    assert rotated.rows() == []
    rotated.create()
    assert make().rows() == [], "rows of an older token are swept out"


def test_a_session_expires(make: Callable[..., SessionStore], hands: Hands) -> None:
    store = make()
    cookie = store.create()
    [row] = store.rows()
    hands.now = row.expires_at - timedelta(seconds=1)
    assert store.check(cookie) == row.id
    hands.now += timedelta(seconds=1)
    assert hands.now == row.created_at + SESSION_LASTS
    assert store.check(cookie) is None
    assert store.recall(cookie) is None
    assert not store.knows(row.id)
    assert store.rows() == []


def test_a_revoked_session_ends_alone_and_at_once(make: Callable[..., SessionStore]) -> None:
    store = make()
    cookie, other = store.create(), store.create()
    assert store.check(cookie) and store.recall(cookie)  # noqa: PT018  # both are remembered now
    store.revoke(cookie.split(".")[0])
    assert store.recall(cookie) is None
    assert store.check(cookie) is None
    assert store.check(other) == other.split(".")[0]
    with pytest.raises(NotFoundError):
        store.revoke(cookie.split(".")[0])


def test_a_session_that_another_process_revoked_ends_within_seconds(
    make: Callable[..., SessionStore], hands: Hands
) -> None:
    server, terminal = make(), make(None)
    cookie = server.create()
    assert server.check(cookie)
    assert terminal.revoke_all() == 1
    assert server.recall(cookie), "it is not looked up for every request"
    hands.s += sessions._RECALL_S + 0.001
    assert server.recall(cookie) is None
    assert server.check(cookie) is None


def test_who_opens_the_link_again_has_one_session(make: Callable[..., SessionStore]) -> None:
    store = make()
    first = store.create("Firefox")
    second = store.create("Firefox", replaces=first)
    assert [row.id for row in store.rows()] == [second.split(".")[0]]
    assert store.check(first) is None


def test_sessions_do_not_pile_up(
    make: Callable[..., SessionStore], monkeypatch: pytest.MonkeyPatch, hands: Hands
) -> None:
    monkeypatch.setattr(sessions, "_MAX_SESSIONS", 3)
    store = make()
    cookies = []
    for _ in range(5):
        cookies.append(store.create("x" * 100_000))
        hands.now += timedelta(seconds=1)
    assert [store.check(cookie) is not None for cookie in cookies] == [False, False, True, True, True]
    assert all(len(row.browser) <= 200 for row in store.rows())


@pytest.mark.parametrize(
    "cookie", ["", ".", "a.b", "." * 300, "0123456789abcdef", "0123456789abcdef.", "é" * 16 + ".x"]
)
def test_what_is_not_a_cookie_of_ours_proves_nothing(make: Callable[..., SessionStore], cookie: str) -> None:
    store = make()
    store.create()
    assert store.check(cookie) is None
    assert store.recall(cookie) is None


@pytest.mark.parametrize("is_readable", [True, False])
@pytest.mark.parametrize("error", [StorageUnavailableError("The disk is full."), SettingsError("It is read-only.")])
def test_a_database_that_cannot_be_written_locks_nobody_out(
    make: Callable[..., SessionStore], caplog: pytest.LogCaptureFixture, is_readable: bool, error: ScriptuneError
) -> None:
    store = make(over=BrokenStorage(error, is_readable=is_readable))
    with caplog.at_level(logging.WARNING):
        cookie = store.create("Firefox")
    assert "could not be saved" in caplog.text
    session_id = store.check(cookie)
    assert session_id == cookie.split(".")[0]
    assert store.knows(session_id)
    if is_readable:
        assert [row.browser for row in store.rows()] == ["Firefox"]
    store.revoke(session_id)
    if is_readable:
        assert store.check(cookie) is None


def test_a_token_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_token(tmp_path) is None
    (tmp_path / "token").write_bytes(b"\xff")
    assert read_token(tmp_path) is None
    (tmp_path / "token").write_text(TOKEN + "\n")
    assert read_token(tmp_path) == TOKEN
