"""Browser sessions: each browser exchanges the server's token for its own session, which can be revoked.

The cookie holds ``ID.SECRET``, both random. The database holds the ID and a hash of the secret that is keyed with the
token: neither a copy of the database nor an old cookie is worth anything once the token is another one.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scriptune.engine.browsers import browser_name
from scriptune.errors import NotFoundError, ScriptuneError
from scriptune.storage.base import Storage

__all__ = ["SESSION_LASTS", "TOKEN_FILE", "SessionRow", "SessionStore", "read_token"]

SESSION_LASTS = timedelta(days=90)
"""A browser that comes back within this time needs no link."""

TOKEN_FILE = "token"
"""Holds the server's token; in the home."""

_log = logging.getLogger(__name__)

_KIND = "session"
_ID_BYTES = 8
_SECRET_BYTES = 32
_MAX_SESSIONS = 500  # the oldest ends when there is one more: scripts open the link too, and never come back
_MAX_BROWSER_CHARS = 200
_MAX_COOKIE_CHARS = 200
_RECALL_S = 5.0  # a page sends dozens of requests at once; a session revoked by another process ends so much later


@dataclass(frozen=True)
class SessionRow:
    """A session without its secret.

    Attributes:
        id: Names it.
        browser: The browser and its system, as ``Firefox 128, Linux``; from its ``User-Agent``.
        created_at: When the link was opened.
        expires_at: When it ends unless it is revoked before.
    """

    id: str
    browser: str
    created_at: datetime
    expires_at: datetime


def read_token(home: Path) -> str | None:
    """The server's token; None if it does not exist or is unreadable."""
    try:
        return (home / TOKEN_FILE).read_text("utf-8").strip() or None
    except (OSError, ValueError):
        return None


class SessionStore:
    """The browser sessions of an installation. Thread-safe.

    Args:
        storage: Holds the rows.
        token: The server's token; None when it is not known, and sessions are only listed and revoked.
        clock: Gives the aware UTC time.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self,
        storage: Storage,
        token: str | None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage = storage
        self._token = token
        self._clock = clock
        self._monotonic = monotonic
        self._unsaved: dict[str, Mapping[str, Any]] = {}  # sessions that the database did not take
        self._recent: dict[str, tuple[float, Mapping[str, Any]]] = {}  # id -> when it was read, and its row

    # --- for a browser ---------------------------------------------------------------------------------------

    def create(self, browser: str = "", *, replaces: str = "") -> str:
        """Create a session and return its cookie.

        A database that cannot be written (a full disk, a read-only home) does not lock the owner out: the session then
        lives as long as this process.

        Args:
            browser: What the browser calls itself.
            replaces: The cookie that it has already; that session ends.

        Returns:
            What its cookie holds.
        """
        session_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        row = {
            "hash": self._hash(secret),
            "key": self._key_id(),
            "browser": browser[:_MAX_BROWSER_CHARS],
            "created_at": self._clock().isoformat(),
        }
        try:
            self._forget_old()
            if (old := self.check(replaces)) is not None:
                self.revoke(old)
            self._storage.put_item(_KIND, session_id, row, expect_absent=True)
        except ScriptuneError as err:  # read-only, full, away: each has another class
            _log.warning("A session of a browser could not be saved, and ends with this server: %s", err)
            while len(self._unsaved) >= _MAX_SESSIONS:
                del self._unsaved[next(iter(self._unsaved))]
            self._unsaved[session_id] = row
        return f"{session_id}.{secret}"

    def recall(self, cookie: str) -> str | None:
        """Like `check`, but only from the cache of sessions read from the database recently."""
        session_id, secret = _parts(cookie)
        read_at, row = self._recent.get(session_id, (0.0, None))
        if row is None or self._monotonic() - read_at > _RECALL_S:
            return None
        return session_id if self._proves(secret, row) else None

    def check(self, cookie: str) -> str | None:
        """Verify a cookie and return its session's id; None if it is invalid or the session has ended.

        Raises:
            StorageUnavailableError: The database does not answer now.
        """
        session_id, secret = _parts(cookie)
        row = self._find(session_id)
        if row is None or not self._proves(secret, row):
            return None
        self._recent[session_id] = self._monotonic(), row
        return session_id

    def knows(self, session_id: str) -> bool:
        """Whether a session exists and was neither revoked nor expired."""
        row = self._find(session_id)
        return row is not None and self._is_valid(row)

    # --- for the owner ---------------------------------------------------------------------------------------

    def rows(self) -> list[SessionRow]:
        """All sessions, oldest first."""
        rows = []
        for session_id, item in [*self._storage.items(_KIND).items, *list(self._unsaved.items())]:
            if self._is_valid(item):
                created_at = datetime.fromisoformat(str(item["created_at"]))
                name = browser_name(str(item["browser"]))
                rows.append(SessionRow(session_id, name, created_at, created_at + SESSION_LASTS))
        return sorted(rows, key=lambda row: (row.created_at, row.id))

    def revoke(self, session_id: str) -> None:
        """End a session; its browser must open the link again.

        Raises:
            NotFoundError: No such session.
        """
        self._recent.pop(session_id, None)
        if self._unsaved.pop(session_id, None) is None:
            self._storage.delete_item(_KIND, session_id)

    def revoke_all(self) -> int:
        """End all sessions and return their number."""
        rows = self.rows()
        for row in rows:
            with suppress(NotFoundError):  # another process was faster
                self.revoke(row.id)
        return len(rows)

    def _forget_old(self) -> None:
        kept = {row.id for row in self.rows()[-_MAX_SESSIONS + 1 :]}
        for session_id, _ in self._storage.items(_KIND).items:
            if session_id not in kept:
                with suppress(NotFoundError):
                    self.revoke(session_id)

    # --- rows ------------------------------------------------------------------------------------------------

    def _find(self, session_id: str) -> Mapping[str, Any] | None:
        if not session_id:
            return None
        if (unsaved := self._unsaved.get(session_id)) is not None:
            return unsaved
        try:
            return self._storage.get_item(_KIND, session_id)
        except NotFoundError:
            self._recent.pop(session_id, None)
            return None

    def _proves(self, secret: str, row: Mapping[str, Any]) -> bool:
        return hmac.compare_digest(self._hash(secret), str(row["hash"])) and self._is_valid(row)

    def _is_valid(self, row: Mapping[str, Any]) -> bool:
        is_of_our_token = self._token is None or row["key"] == self._key_id()
        return is_of_our_token and self._clock() < datetime.fromisoformat(str(row["created_at"])) + SESSION_LASTS

    def _hash(self, secret: str) -> str:
        return self._keyed(b"session:" + secret.encode("utf-8", "replace"))

    def _key_id(self) -> str:
        """The id of the current token, stored with a row so that rows of older tokens are not listed."""
        return self._keyed(b"key of sessions")[:16]

    def _keyed(self, text: bytes) -> str:
        assert self._token is not None, "only who knows the token begins and checks sessions"
        return hmac.new(self._token.encode(), text, hashlib.sha256).hexdigest()


def _parts(cookie: str) -> tuple[str, str]:
    """The id and the secret in a cookie; two empty strings if it is malformed."""
    session_id, _, secret = cookie.partition(".")
    is_ours = len(cookie) <= _MAX_COOKIE_CHARS and len(session_id) == 2 * _ID_BYTES and session_id.isascii()
    return (session_id, secret) if is_ours and session_id.isalnum() and secret else ("", "")
