from __future__ import annotations

import logging
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.engine.file_home import files_home
from scriptune.errors import SettingsError
from scriptune.settings import Settings
from scriptune.storage.base import Storage

SHARED = "postgresql://user:secret@db/scriptune"


@pytest.fixture
def storage() -> Storage:
    return memory_storage()


def shared(home: Path) -> Settings:
    return Settings(home, SHARED)


def test_a_home_with_its_own_database_asks_nobody(storage: Storage, tmp_path: Path) -> None:
    for database in (f"sqlite:///{tmp_path}/scriptune.db", "memory:"):
        assert files_home(storage, Settings(tmp_path, database)) == tmp_path
    assert list(tmp_path.iterdir()) == []
    assert storage.items("installation").total == 0


def test_the_first_home_of_a_database_is_everybody_s(
    storage: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    assert files_home(storage, shared(first)) == first
    assert files_home(storage, shared(first)) == first
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        assert files_home(storage, shared(second)) == first
    assert str(first) in caplog.text


def test_homes_that_come_at_once_agree(storage: Storage, tmp_path: Path) -> None:
    homes = [tmp_path / str(i) for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        agreed = set(pool.map(lambda home: files_home(storage, shared(home)), homes))
    assert len(agreed) == 1


def test_processes_of_one_home_that_come_at_once_agree(storage: Storage, tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda _: files_home(storage, shared(tmp_path / "a")), range(6))) == {tmp_path / "a"}


def test_a_home_that_was_moved_is_known_again(storage: Storage, tmp_path: Path) -> None:
    files_home(storage, shared(tmp_path / "a"))
    (tmp_path / "a").rename(tmp_path / "moved")
    assert files_home(storage, shared(tmp_path / "moved")) == tmp_path / "moved"
    assert files_home(storage, shared(tmp_path / "other")) == tmp_path / "moved"


def test_a_home_that_is_out_of_reach_is_refused_with_what_to_do(storage: Storage, tmp_path: Path) -> None:
    files_home(storage, shared(tmp_path / "a"))
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(SettingsError) as refused:
        files_home(storage, shared(tmp_path / "b"))
    message = refused.value.message
    assert repr(str(tmp_path / "a")) in message
    assert socket.gethostname() in message
    assert "secret" not in message
    # What the hint says works.
    assert refused.value.hint is not None
    wanted = refused.value.hint.partition("write ")[2].partition(" ")[0]
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "installation").write_text(wanted)
    assert files_home(storage, shared(tmp_path / "b")) == tmp_path / "b"


def test_a_home_of_the_same_path_on_another_machine_is_another_home(storage: Storage, tmp_path: Path) -> None:
    files_home(storage, shared(tmp_path / "a"))
    shutil.rmtree(tmp_path / "a")
    row = dict(storage.get_item("installation", "home"))
    storage.put_item("installation", "home", {**row, "host": "elsewhere"})
    with pytest.raises(SettingsError, match="elsewhere"):
        files_home(storage, shared(tmp_path / "a"))
    storage.put_item("installation", "home", row)
    assert files_home(storage, shared(tmp_path / "a")) == tmp_path / "a"
