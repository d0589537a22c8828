"""Access keys: credentials other than the server's token, each for a project and a role.

A key's row in the database holds a hash of its secret, which is enough to check a secret that is presented. The
signatures of the ModelArts-compatible API can only be verified with the secret itself, so it is kept as well:
in ``keys.json`` in the home, mode 0600, never in the database. Servers on one database share one home (homes.py), and
so this file; a key whose secret is missing there, after a restore for example, still works as a bearer token.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from scriptune.engine.private_files import write_private
from scriptune.errors import NotFoundError, SettingsError
from scriptune.messages import Message
from scriptune.storage.base import Storage

__all__ = ["PROJECT_LABEL", "AccessKey", "KeyRow", "KeyStore", "Role"]

PROJECT_LABEL = "project"
"""The label of a job or program that says which project it belongs to."""

_PROJECT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KIND = "access_key"
_FILE = "keys.json"
_ACCESS_BYTES = 10  # 20 characters, as long as the access keys of clouds
_SECRET_BYTES = 30  # 240 bits: no need for a slow hash
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Role(StrEnum):
    """The permissions of a caller."""

    VIEWER = "viewer"  # look
    OPERATOR = "operator"  # run programs, which is everything that the server's user can do
    ADMIN = "admin"  # the owner of the token: manage keys too


@dataclass(frozen=True)
class KeyRow:
    """An access key without its secret.

    Attributes:
        access_key: Its id, which is not secret.
        project: The project whose jobs it sees.
        role: `operator` may change things, `viewer` is read only.
        name: For people.
        created_at: When, in aware UTC.
    """

    access_key: str
    project: str
    role: Role
    name: str
    created_at: datetime


@dataclass(frozen=True)
class AccessKey:
    """An access key with its secret; the secret is never in ``repr``."""

    access_key: str
    secret_key: str
    project: str
    role: Role

    def __repr__(self) -> str:
        return f"AccessKey({self.access_key!r}, project={self.project!r}, role={self.role!r})"


class KeyStore:
    """The access keys of an installation.

    Args:
        storage: Holds the rows.
        home: Holds the secrets.
        clock: Gives the aware UTC time.
    """

    def __init__(
        self, storage: Storage, home: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._storage = storage
        self._path = home / _FILE
        self._clock = clock

    def create(self, project: str, role: Role = Role.OPERATOR, name: str = "") -> AccessKey:
        """Create a key; its secret is shown only now.

        Raises:
            SettingsError: The role is none of a key, or the project's name is none.
        """
        if not _PROJECT.fullmatch(project):
            raise SettingsError(Message("key.bad_project", project=project[:80]))
        if role is Role.ADMIN:
            raise SettingsError(Message("key.admin_role"))
        access_key = "".join(secrets.choice(_ALPHABET) for _ in range(2 * _ACCESS_BYTES))
        key = AccessKey(access_key, secrets.token_urlsafe(_SECRET_BYTES), project, role)
        with self._secrets() as known:
            known[access_key] = key.secret_key
        row = {
            "hash": _hash(key.secret_key),
            "project": project,
            "role": str(role),
            "name": name,
            "created_at": self._clock().isoformat(),
        }
        self._storage.put_item(_KIND, access_key, row, expect_absent=True)
        return key

    def rows(self) -> list[KeyRow]:
        """All keys, the oldest first."""
        return [
            KeyRow(
                access_key,
                str(item["project"]),
                Role(item["role"]),
                str(item["name"]),
                datetime.fromisoformat(item["created_at"]),
            )
            for access_key, item in self._storage.items(_KIND).items
        ]

    def revoke(self, access_key: str) -> None:
        """Revoke a key; requests with it are rejected from now on.

        Raises:
            NotFoundError: No such key.
        """
        self._storage.delete_item(_KIND, access_key)
        with self._secrets() as known:
            known.pop(access_key, None)

    def find(self, access_key: str) -> AccessKey:
        """Look up a key with its secret, to verify a signature.

        Raises:
            NotFoundError: No such key, or its secret is not in this home.
        """
        item = self._storage.get_item(_KIND, access_key)
        secret = self._read().get(access_key)
        if secret is None or not hmac.compare_digest(_hash(secret), item["hash"]):
            raise NotFoundError(
                Message("key.no_secret", key=access_key, path=str(self._path)),
                hint=Message("key.copy_file"),
            )
        return AccessKey(access_key, secret, str(item["project"]), Role(item["role"]))

    def check(self, access_key: str, secret_key: str) -> AccessKey:
        """Verify a key and its secret.

        Raises:
            NotFoundError: No such key, or another secret.
        """
        item = self._storage.get_item(_KIND, access_key)
        if not hmac.compare_digest(_hash(secret_key), item["hash"]):
            raise NotFoundError(Message("key.wrong_secret", key=access_key))
        return AccessKey(access_key, secret_key, str(item["project"]), Role(item["role"]))

    def knows(self, access_key: str) -> bool:
        """Whether a key exists and was not revoked."""
        try:
            self._storage.get_item(_KIND, access_key)
        except NotFoundError:
            return False
        return True

    @contextmanager
    def _secrets(self) -> Iterator[dict[str, str]]:
        """Context manager to change the secrets; writes them at the end, under a lock."""
        self._path.parent.mkdir(0o700, parents=True, exist_ok=True)
        lock = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self._read()
            yield known
            write_private(self._path, json.dumps(known, indent=1))
        finally:
            os.close(lock)

    def _read(self) -> dict[str, str]:
        try:
            known: dict[str, str] = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as err:
            raise SettingsError(Message("key.cannot_read", path=self._path, why=err)) from err
        return known


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
