"""Transactions on connections of all kinds."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.core.trial import Trial, TrialState
from scriptune.errors import StorageUnavailableError
from scriptune.storage import connections
from scriptune.storage.connections import Database, Sqlite, sqlite_connection
from scriptune.testing.storage_contract.samples import LIMIT_S, add_job, new_job


class File(Sqlite):
    """A SQLite file that counts its connections."""

    def __init__(self, path: Path) -> None:
        sqlite3.connect(path).close()
        self.n_opened = 0

        def connect() -> sqlite3.Connection:
            self.n_opened += 1
            return sqlite_connection(path, 1.0)

        super().__init__("x", connect)


@pytest.fixture
def file(tmp_path: Path) -> File:
    path = tmp_path / "x.db"
    path.touch()
    return File(path)


def test_a_connection_is_used_again(file: File) -> None:
    for _ in range(3):
        with file.transaction() as connection:
            assert connection.value("SELECT :x + 1", {"x": 1}) == 2
    assert file.n_opened == 1
    file.close()


def test_transactions_that_overlap_have_connections_of_their_own(file: File) -> None:
    with file.transaction(writes=True) as writer, file.transaction() as reader:
        writer.execute("CREATE TABLE t (x)")
        assert reader.value("SELECT count(*) FROM sqlite_master") == 0
    assert file.n_opened == 2
    file.close()


def test_when_all_connections_are_in_use_the_next_waits_and_then_gives_up(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_WAIT_S", 0.01)
    Database.__init__(file, "x", file.connect, most=1)
    with file.transaction(), pytest.raises(StorageUnavailableError, match="All connections"), file.transaction():
        pass
    with file.transaction() as connection:
        assert connection.value("SELECT 1") == 1
    file.close()


def test_a_transaction_that_was_refused_gives_its_connection_back(file: File) -> None:
    for _ in range(30):  # more than there may be
        with pytest.raises(KeyError), file.transaction(writes=True):
            raise KeyError
    assert file.n_opened == 1
    file.close()


# in memory


def test_threads_take_turns_in_memory() -> None:
    storage = memory_storage()
    add_job(storage)
    start = threading.Barrier(4)

    def write(_: int) -> None:
        start.wait(LIMIT_S)
        for _ in range(25):
            with storage.transaction() as tx:
                tx.insert_trial("job-1", Trial(tx.n_trials("job-1"), {"x": 1.0}, TrialState.WAITING))
            assert storage.jobs().total == 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert storage.trials("job-1").total == 100
    assert [event.seq for event in storage.events("job-1")] == list(range(1, 102))


def test_a_look_inside_a_transaction_in_memory_sees_what_was_written() -> None:
    storage = memory_storage()
    with storage.transaction() as tx:
        tx.insert_job(new_job())
        assert storage.job("job-1").name == "digits"
    with pytest.raises(KeyError), storage.transaction() as tx:  # noqa: PT012 - all of it is undone
        tx.delete_job("job-1")
        assert storage.jobs().total == 0
        raise KeyError
    assert storage.jobs().total == 1


def test_a_second_transaction_inside_one_of_the_same_thread_is_a_mistake() -> None:
    storage = memory_storage()
    with pytest.raises(AssertionError, match="must not overlap"), storage.transaction():
        storage.put_item("kind", "key", {})
