from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.engine.keys import KeyStore, Role
from scriptune.errors import NotFoundError, SettingsError


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(memory_storage(), tmp_path)


def test_a_key_is_found_with_its_secret_project_and_role(store: KeyStore) -> None:
    key = store.create("vision", Role.VIEWER, "dashboard")
    assert store.find(key.access_key) == key
    assert [(row.project, row.role, row.name) for row in store.rows()] == [("vision", Role.VIEWER, "dashboard")]


def test_a_wrong_secret_is_no_key(store: KeyStore) -> None:
    key = store.create("p")
    assert store.check(key.access_key, key.secret_key) == key
    for secret in ("", key.secret_key + "x", "\ud800"):
        with pytest.raises(NotFoundError):
            store.check(key.access_key, secret)


def test_a_revoked_key_leaves_nothing_behind(store: KeyStore, tmp_path: Path) -> None:
    key = store.create("p")
    store.revoke(key.access_key)
    with pytest.raises(NotFoundError):
        store.find(key.access_key)
    assert json.loads((tmp_path / "keys.json").read_text()) == {}
    assert store.rows() == []


def test_keys_made_at_the_same_time_are_all_kept(store: KeyStore, tmp_path: Path) -> None:
    threads = [threading.Thread(target=store.create, args=("p",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = store.rows()
    assert len(rows) == 8
    assert all(store.find(row.access_key).secret_key for row in rows)
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_a_secret_that_was_exchanged_in_the_file_is_not_used(store: KeyStore, tmp_path: Path) -> None:
    key = store.create("p")
    (tmp_path / "keys.json").write_text(json.dumps({key.access_key: "mine"}))
    with pytest.raises(NotFoundError, match=r"is missing from .*keys\.json"):
        store.find(key.access_key)


def test_nobody_makes_an_administrator(store: KeyStore) -> None:
    with pytest.raises(SettingsError, match="expected 'viewer' or 'operator'"):
        store.create("p", Role.ADMIN)


@pytest.mark.parametrize("project", ["", "a b", "a/b", "p\n", "../p", "x" * 65])
def test_a_project_that_no_address_could_name_is_refused(store: KeyStore, project: str) -> None:
    with pytest.raises(SettingsError, match="expected 1 to 64 letters"):
        store.create(project)
    assert store.rows() == []
