"""What only databases do: fail, fill up, stop, and live on after our death."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from postgres import PostgresServer
from scriptune.core.trial import Trial, TrialState
from scriptune.errors import StorageError, StorageUnavailableError
from scriptune.storage import sql_keys, sql_read
from scriptune.storage.base import Condition, Storage
from scriptune.storage.connections import Connection, Postgres, Sqlite, sqlite_connection
from scriptune.storage.opening import open_storage
from scriptune.storage.sql import SqlStorage
from scriptune.storage.sql_keys import Given
from scriptune.testing.storage_contract.samples import NOW, add_job, add_trials, new_job


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scriptune.db"


@pytest.fixture
def storage(path: Path) -> Iterator[Storage]:
    storage = open_storage(f"sqlite:///{path}", busy_s=0.05)
    yield storage
    storage.close()


def on_file(path: Path, set_up: Callable[[sqlite3.Connection], object] = lambda raw: None) -> SqlStorage:
    """A storage whose connections a test has set up."""

    def connect() -> sqlite3.Connection:
        raw = sqlite_connection(path, 1.0)
        set_up(raw)
        return raw

    return SqlStorage(Sqlite("x", connect))


def on_postgres(url: str) -> SqlStorage:
    return SqlStorage(Postgres("The database", url.replace("+psycopg", "")))


def add_trial(storage: Storage, job_id: str = "job-1") -> None:
    with storage.transaction() as tx:
        tx.insert_trial(job_id, Trial(tx.n_trials(job_id), {"x": 1.0}, TrialState.WAITING))


@pytest.mark.parametrize("sort", ["value", "-value", "number", "-state"])
def test_a_page_far_behind_is_found_by_numbers_and_is_the_same(
    storage: Storage, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Skipping 49,000 whole rows took ten times as long as skipping as many entries of an index.
    add_trials(storage, add_job(storage), [float(i % 7) for i in range(40)])
    near = storage.trials("job-1", offset=15, limit=10, sort=sort)
    monkeypatch.setattr(sql_read, "_FAR", 1)
    assert storage.trials("job-1", offset=15, limit=10, sort=sort) == near


def test_sqlite_writes_ahead_and_readers_do_not_wait(storage: Storage, path: Path) -> None:
    add_job(storage)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        other.execute("BEGIN IMMEDIATE")
        assert storage.jobs().total == 1
        assert storage.job("job-1").name == "digits"
        other.execute("ROLLBACK")


def test_a_database_locked_for_too_long_is_unavailable(storage: Storage, path: Path) -> None:
    add_job(storage)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailableError, match=r"scriptune\.db.*SCRIPTUNE_SQLITE_BUSY_S"):
            add_trial(storage)
        other.execute("ROLLBACK")
    add_trial(storage)
    assert storage.trials("job-1").total == 1


def test_a_write_waits_for_another_one_that_ends_in_time(path: Path) -> None:
    storage = open_storage(f"sqlite:///{path}", busy_s=30)
    add_job(storage)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ender = threading.Timer(0.1, lambda: other.execute("COMMIT"))
    ender.start()
    add_trial(storage)
    ender.join()
    other.close()
    storage.close()


def test_a_full_disk_is_unavailable_and_loses_nothing(path: Path) -> None:
    open_storage(f"sqlite:///{path}").close()
    pages = 1_000_000
    storage = on_file(path, lambda raw: raw.execute(f"PRAGMA max_page_count={pages}"))
    lease = add_job(storage)
    add_trials(storage, lease, [0.5])
    storage.close()  # the next connection has another limit
    pages = 1  # SQLite takes the present size instead
    with pytest.raises(StorageUnavailableError, match="disk is full"):  # noqa: PT012 - pages have room left
        for _ in range(1000):
            add_trial(storage)
    n_trials = storage.trials("job-1").total
    storage.close()
    pages = 1_000_000
    add_trial(storage)
    assert storage.trials("job-1").total == n_trials + 1
    assert [tell.seq for tell in storage.events("job-1")] == list(range(1, n_trials + 3))
    storage.close()


def test_a_file_that_became_read_only_is_unavailable(path: Path) -> None:
    open_storage(f"sqlite:///{path}").close()
    storage = on_file(path, lambda raw: raw.execute("PRAGMA query_only=1"))
    with pytest.raises(StorageUnavailableError, match="--home"):
        add_job(storage)
    storage.close()


def test_a_refused_value_is_the_callers_mistake_and_nothing_is_written(storage: Storage) -> None:
    lease = add_job(storage)
    with pytest.raises(ValueError, match="no time zone"), storage.transaction(lease) as tx:
        tx.update_job("job-1", message="x", started_at=NOW.replace(tzinfo=None))
    with pytest.raises(TypeError), storage.transaction(lease) as tx:
        tx.update_job("job-1", message="x", labels={"path": Path()})
    assert storage.job("job-1").message == ""


def test_other_failures_of_the_database_are_storage_errors(storage: Storage, path: Path) -> None:
    add_job(storage)
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE tells")
    with pytest.raises(StorageError, match="no such table: tells"):
        storage.tells("job-1")


WRITER = """
import sys
from scriptune.storage.opening import open_storage
from scriptune.core.trial import Trial, TrialState
storage = open_storage(sys.argv[1])
print("ready", flush=True)
while True:
    with storage.transaction() as tx:
        number = tx.n_trials("job-1")
        tx.insert_trial("job-1", Trial(number, {"x": 1.0}, TrialState.COMPLETED, value=float(number)))
        tx.append_tell("job-1", number, float(number))
    print(number, flush=True)
"""


def test_what_was_committed_survives_the_death_of_the_process(storage: Storage, path: Path) -> None:
    add_job(storage)
    n_before = 0
    for n_rounds in (1, 7, 20):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, f"sqlite:///{path}"], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        seen = [writer.stdout.readline() for _ in range(n_rounds + 1)]
        writer.send_signal(signal.SIGKILL)
        seen += writer.stdout.readlines()
        writer.wait(30)
        writer.stdout.close()
        told = storage.tells("job-1")
        # The line after the last commit may be missing, never the commit before a line.
        assert len(told) - n_before - (len(seen) - 1) in (0, 1)
        assert [tell.number for tell in told] == list(range(len(told)))
        assert len(storage.values("job-1")) == len(told)
        assert [event.seq for event in storage.events("job-1")] == list(range(1, 2 + len(told)))
        n_before = len(told)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_number_of_statements_does_not_grow_with_the_rows(path: Path) -> None:
    open_storage(f"sqlite:///{path}").close()
    executed: list[str] = []
    storage = on_file(path, lambda raw: raw.set_trace_callback(executed.append))

    def count() -> int:
        executed.clear()
        storage.jobs()
        storage.summary("job-0")
        storage.trials("job-0")
        storage.attempts("job-0")
        return len(executed)

    add_trials(storage, add_job(storage, "job-0"), [1.0])
    before = count()
    for i in range(1, 20):
        add_trials(storage, add_job(storage, f"job-{i}"), [1.0] * 20)
    assert count() == before
    storage.close()


def test_the_best_and_the_counts_are_read_from_indexes(
    path: Path, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_trials(storage, add_job(storage), [1.0])
    sql = on_file(path)
    plans: list[str] = []
    run = Connection._run

    def explain(connection: Connection, statement: str, given: Mapping[str, Any] | None) -> Any:
        if "trials" in statement:
            plans.extend(row[3] for row in connection.raw.execute(f"EXPLAIN QUERY PLAN {statement}", given))
        return run(connection, statement, given)

    monkeypatch.setattr(Connection, "_run", explain)
    sql.summary("job-1")
    sql.trials("job-1", limit=20)
    sql.trials("job-1", limit=20, sort="-value")
    sql.close()
    assert plans
    assert not [plan for plan in plans if plan.startswith("SCAN")]


# PostgreSQL


@pytest.mark.postgres
def test_a_postgres_server_that_comes_back_is_used_again() -> None:
    server = PostgresServer()
    try:
        storage = open_storage(server.new_url())
        lease = add_job(storage)
        server.stop()
        with pytest.raises(StorageUnavailableError, match="Is the server running"):
            add_trial(storage)
        with pytest.raises(StorageUnavailableError):
            storage.job("job-1")
        server.start()
        storage.renew(lease, now=NOW, ttl_s=60)
        with pytest.raises(StorageUnavailableError), storage.transaction(lease) as tx:  # noqa: PT012 - it stops inside
            tx.insert_trial("job-1", Trial(0, {"x": 1.0}, TrialState.WAITING))
            server.stop()
        server.start()
        assert storage.trials("job-1").total == 0
        add_trial(storage)
        assert storage.trials("job-1").total == 1
        storage.close()
    finally:
        server.close()


@pytest.mark.postgres
def test_a_deadlock_is_worth_another_try(postgres_url: str) -> None:
    storage = open_storage(postgres_url)
    for job_id in ("job-1", "job-2"):
        with storage.transaction() as tx:
            tx.insert_job(new_job(job_id))
    both = threading.Barrier(2)
    failures: list[BaseException] = []

    def lock(first: str, second: str) -> None:
        try:
            with storage.transaction() as tx:
                tx.update_job(first, message="x")
                both.wait(30)
                tx.update_job(second, message="x")
        except StorageUnavailableError as err:
            failures.append(err)

    threads = [threading.Thread(target=lock, args=pair) for pair in [("job-1", "job-2"), ("job-2", "job-1")]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(failures) == 1
    assert "Try again" in str(failures[0])
    storage.close()


@pytest.mark.postgres
def test_a_time_comes_back_in_utc_whatever_the_servers_zone(postgres_url: str) -> None:
    open_storage(postgres_url).close()
    storage = on_postgres(postgres_url.replace("options=", "options=-cTimeZone%3DAsia/Shanghai%20"))
    add_job(storage)
    assert str(storage.job("job-1").created_at) == str(NOW)
    storage.close()


# durability


def synchronous(storage: Storage, *, durable: bool) -> int:
    """How far SQLite writes the commit of a transaction: 1 is NORMAL, 2 is FULL."""
    assert isinstance(storage, SqlStorage)
    with storage.transaction(durable=durable) as tx:
        return int(tx._connection.value("PRAGMA synchronous"))


def test_a_durable_commit_of_sqlite_is_flushed_and_only_that_one(path: Path) -> None:
    # A power failure after it must not leave a folder of which the database knows nothing.
    storage = open_storage(f"sqlite:///{path}")
    add_job(storage)
    opened = on_file(path)
    levels = [synchronous(opened, durable=durable) for durable in (False, True, True, False, True)]
    opened.close()
    storage.close()
    assert levels == [1, 2, 2, 1, 2]


def test_a_failed_durable_transaction_leaves_the_next_one_cheap(path: Path) -> None:
    open_storage(f"sqlite:///{path}").close()
    storage = on_file(path)
    with pytest.raises(RuntimeError, match="on the way"), storage.transaction(durable=True):
        raise RuntimeError("on the way")
    assert synchronous(storage, durable=False) == 1
    storage.close()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("set_up", "durable", "level"), [("off", True, "on"), ("off", False, "off"), ("local", True, "local")]
)
def test_a_durable_commit_of_postgresql_waits_for_the_disk(
    postgres_url: str, set_up: str, durable: bool, level: str
) -> None:
    open_storage(postgres_url).close()
    storage = on_postgres(postgres_url.replace("options=", f"options=-csynchronous_commit%3D{set_up}%20"))
    for _ in range(2):
        with storage.transaction(durable=durable) as tx:
            assert tx._connection.value("SHOW synchronous_commit") == level
    storage.close()


def _with_a_large_job(path: Path) -> None:
    storage = open_storage(f"sqlite:///{path}")
    lease = add_job(storage, document={"objective": {"metric": "loss", "goal": "minimize"}, "note": "x" * 8_000_000})
    add_trials(storage, lease, [1.0])
    storage.close()


def _deleted(path: Path) -> int:
    storage = open_storage(f"sqlite:///{path}")
    with storage.transaction() as tx:
        tx.delete_job("job-1")
    storage.compact()
    assert storage.jobs().total == 0
    storage.close()
    return path.stat().st_size


def test_deleted_jobs_give_their_space_back(tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    _with_a_large_job(path)
    assert path.stat().st_size > 8_000_000
    assert _deleted(path) < 1_000_000


def test_a_file_that_was_made_before_gives_its_space_back_once_much_is_free(tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    open_storage(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA auto_vacuum=NONE")
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode=WAL")
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    _with_a_large_job(path)
    assert _deleted(path) < 1_000_000


def test_space_that_cannot_be_given_back_now_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    _with_a_large_job(path)
    storage = open_storage(f"sqlite:///{path}", busy_s=0.05)
    with storage.transaction() as tx:
        tx.delete_job("job-1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        storage.compact()
    storage.close()


def test_a_condition_went_through_all_params_of_a_trial_to_find_one() -> None:
    plain = sql_keys.condition(Condition("params.lr", "<", "1", 1.0), Given(), is_postgres=False)
    assert "json_extract" in plain
    assert "json_each" not in plain
    # No path can say this name.
    odd = sql_keys.condition(Condition('params.a"b', "<", "1", 1.0), Given(), is_postgres=False)
    assert "json_each" in odd
    assert "json_extract" not in odd
