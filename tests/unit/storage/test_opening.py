"""Opening databases of every kind and in every condition."""

from __future__ import annotations

import builtins
import multiprocessing
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from postgres import PASSWORD, PostgresServer
from scriptune.errors import (
    MissingExtraError,
    NotFoundError,
    SettingsError,
    StorageCorruptError,
    StorageError,
    StorageUnavailableError,
)
from scriptune.storage.opening import open_storage, shown_url, sqlite_path
from scriptune.storage.sqlite_files import read_only
from scriptune.testing.storage_contract.samples import NOW, add_job, add_trials, new_job


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def closed_database(folder: Path, n_trials: int = 50) -> Path:
    path = folder / "scriptune.db"
    storage = open_storage(f"sqlite:///{path}")
    add_trials(storage, add_job(storage), [float(i) for i in range(n_trials)])
    storage.close()
    return path


def test_a_new_file_is_made_with_its_folders_and_found_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a/b/scriptune.db"
    storage = open_storage(url)
    add_job(storage)
    storage.close()
    again = open_storage(url, create=False)
    assert again.job("job-1").name == "digits"
    again.close()


def test_a_new_home_is_not_open_to_the_other_users_of_the_machine(tmp_path: Path) -> None:
    # The database was readable for everybody, and environment variables of jobs with it.
    open_storage(f"sqlite:///{tmp_path / 'home' / 'scriptune.db'}").close()
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    shared = tmp_path / "shared"
    shared.mkdir(0o770)
    shared.chmod(0o770)
    open_storage(f"sqlite:///{shared / 'scriptune.db'}").close()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o770


def test_without_create_a_missing_database_stays_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no database '.*scriptune\.db'"):
        open_storage(f"sqlite:///{tmp_path}/home/scriptune.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    path.touch()
    open_storage(f"sqlite:///{path}").close()
    open_storage(f"sqlite:///{path}", create=False).close()


def test_memory_is_always_new() -> None:
    first, second = open_storage("memory:"), open_storage("memory:")
    add_job(first)
    assert second.jobs().total == 0


@pytest.mark.parametrize("url", ["mysql://me:secret@host/db", "sqlite:///:memory:", "scriptune.db", ""])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="Unknown type of database") as caught:
        open_storage(url)
    assert "secret" not in str(caught.value)


def test_a_url_is_shown_without_its_password() -> None:
    assert shown_url("postgresql://me:a?b@c:d@host:5/db?password=x") == "postgresql://me@host:5/db"
    assert shown_url("postgresql://host/db") == "postgresql://host/db"
    assert sqlite_path("postgresql://host/db") is None
    assert sqlite_path("sqlite:///x.db") == Path.cwd() / "x.db"


def test_many_that_open_a_new_file_at_once_all_succeed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/scriptune.db"
    with ThreadPoolExecutor(4) as pool:
        for storage in pool.map(lambda _: open_storage(url), range(4)):
            assert storage.jobs().total == 0
            storage.close()


# files that are not ours, or not whole


def _other_bytes(path: Path) -> None:
    path.write_bytes(b"epoch,loss\n1,0.5\n")


def _other_tables(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.commit()
    connection.close()


def _other_migrations(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE alembic_version (version_num)")
    connection.execute("INSERT INTO alembic_version VALUES ('1a2b3c4d5e6f')")
    connection.commit()
    connection.close()


def _no_revision(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE alembic_version (version_num)")
    connection.commit()
    connection.close()


def _overwritten_start(path: Path) -> None:
    closed_database(path.parent)
    with path.open("r+b") as file:
        file.write(b"\0" * 512)


def _overwritten_tables(path: Path) -> None:
    closed_database(path.parent)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2000)


def _cut_off(path: Path) -> None:
    closed_database(path.parent)
    os.truncate(path, path.stat().st_size // 2)


def _cut_off_header(path: Path) -> None:
    closed_database(path.parent)
    os.truncate(path, 50)


@pytest.mark.parametrize(
    "spoil",
    [
        _other_bytes,
        _other_tables,
        _other_migrations,
        _no_revision,
        _overwritten_start,
        _overwritten_tables,
        _cut_off,
        _cut_off_header,
    ],
)
def test_a_foreign_or_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / "scriptune.db"
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(StorageCorruptError, match=r"'.*scriptune\.db'.*left unchanged"):
        open_storage(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_damage_in_the_middle_is_found_before_the_first_write(tmp_path: Path) -> None:
    path = closed_database(tmp_path, n_trials=300)
    with path.open("r+b") as file:
        file.seek(-16384, os.SEEK_END)  # rows of trials and events
        file.write(b"\xa5" * 16384)
    before = path.read_bytes()
    storage = open_storage(f"sqlite:///{path}")
    for _ in range(2):
        with pytest.raises(StorageCorruptError, match="left unchanged"):
            storage.claim("job-1", "you", now=NOW, ttl_s=1)
    storage.close()
    assert path.read_bytes() == before


def test_a_database_of_a_newer_scriptune_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = closed_database(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = files(tmp_path)
    with pytest.raises(StorageError, match=r"'9999' of a newer scriptune; this one supports up to '\d{4}'") as caught:
        open_storage(f"sqlite:///{path}")
    assert not isinstance(caught.value, StorageCorruptError)
    assert "Upgrade" in str(caught.value)
    assert files(tmp_path)["scriptune.db"] == before["scriptune.db"]


# homes that cannot be used


def test_a_home_below_a_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailableError, match=r"file/home.*--home"):
        open_storage(f"sqlite:///{tmp_path}/file/home/scriptune.db")


def test_a_folder_in_place_of_the_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailableError, match="--home"):
        open_storage(f"sqlite:///{tmp_path}")


_NOBODY = 65534


def _expect_refusal_as_nobody(home: Path) -> None:
    if os.geteuid() == 0:  # root may write everywhere
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    assert not os.access(home, os.W_OK)
    with pytest.raises(StorageUnavailableError, match="--home"):
        open_storage(f"sqlite:///{home}/scriptune.db")


def test_a_home_without_the_right_to_write_is_refused() -> None:
    # Not in tmp_path, into which nobody but its owner can look.
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o555)
        child = multiprocessing.get_context("fork").Process(target=_expect_refusal_as_nobody, args=(Path(home),))
        child.start()
        child.join(60)
        assert child.exitcode == 0


# what it costs


def test_a_database_that_is_there_needs_no_sqlalchemy(tmp_path: Path) -> None:
    path = closed_database(tmp_path)
    code = (
        "import sys; from scriptune.storage.opening import open_storage\n"
        f"storage = open_storage('sqlite:///{path}')\n"
        "assert storage.jobs().items[0].best.number == 0\n"
        "assert storage.trials('job-1', sort='-params.x').total == 50\n"
        "with storage.transaction() as tx: tx.append_tell('job-1', 3, 3.0)\n"
        "storage.close()\n"
        "assert not {'sqlalchemy', 'alembic', 'psycopg'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_file_that_vanished_is_unavailable_and_not_created_again(tmp_path: Path) -> None:
    path = closed_database(tmp_path)
    storage = open_storage(f"sqlite:///{path}")
    path.unlink()
    with pytest.raises(StorageUnavailableError, match="--home"):
        storage.jobs()
    storage.close()
    assert not path.exists()


@pytest.mark.parametrize("url", ["sqlite://", "memory:", "memory://"])
def test_a_database_in_memory_is_empty_each_time(url: str) -> None:
    storage = open_storage(url)
    add_job(storage)
    assert repr(storage) == "SqlStorage('memory:')"
    assert open_storage(url).jobs().total == 0


# PostgreSQL


@pytest.mark.postgres
def test_a_postgres_database_is_made_once_by_many(postgres_url: str) -> None:
    with pytest.raises(NotFoundError, match="no scriptune tables"):
        open_storage(postgres_url, create=False)
    with ThreadPoolExecutor(4) as pool:
        for storage in pool.map(lambda _: open_storage(postgres_url), range(4)):
            assert storage.jobs().total == 0
            storage.close()
    for scheme in ("postgresql", "postgres"):
        open_storage(postgres_url.replace("postgresql+psycopg", scheme), create=False).close()


@pytest.mark.postgres
def test_a_postgres_password_is_never_shown(postgres_server: PostgresServer, postgres_url: str) -> None:
    storage = open_storage(postgres_url)
    texts = [repr(storage)]
    storage.close()
    for wrong in (
        postgres_server.url.replace("hush", "wrong"),
        postgres_server.url.replace("/postgres", "/nowhere"),
        postgres_server.url.replace("tester", "nobody"),
    ):
        with pytest.raises(SettingsError, match="refuses the connection") as caught:
            open_storage(wrong)
        texts.append(str(caught.value))
    with pytest.raises(StorageUnavailableError, match="does not answer") as unavailable:
        open_storage(postgres_server.url.replace(str(postgres_server.port), "1"))
    texts.append(str(unavailable.value))
    for text in texts:
        assert "127.0.0.1" in text
        for secret in (PASSWORD, "hush", "wrong%2F", "%2540"):
            assert secret not in text


@pytest.mark.postgres
def test_a_postgres_database_of_others_is_refused(postgres_url: str, postgres_server: PostgresServer) -> None:
    schema = postgres_url.rpartition("%3D")[2]
    with postgres_server.connect() as connection:
        connection.execute(f"CREATE TABLE {schema}.jobs (title text)".encode())
    with pytest.raises(StorageCorruptError, match="another program's tables with the same names: jobs"):
        open_storage(postgres_url)
    with postgres_server.connect() as connection:
        connection.execute(f"CREATE TABLE {schema}.alembic_version (version_num text)".encode())
        connection.execute(f"INSERT INTO {schema}.alembic_version VALUES ('9999')".encode())
    with pytest.raises(StorageError, match="newer scriptune"):
        open_storage(postgres_url)


def test_postgres_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def import_all_but_psycopg(name: str, *args: object, **options: object) -> object:
        level = args[3] if len(args) > 3 else options.get("level", 0)
        if name.startswith("psycopg") and level == 0:
            raise ImportError("No module named 'psycopg'")
        return real_import(name, *args, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(builtins, "__import__", import_all_but_psycopg)
    with pytest.raises(MissingExtraError, match=r"scriptune\[postgres\]"):
        open_storage("postgresql+psycopg://me:secret@127.0.0.1/db")


@pytest.mark.postgres
def test_a_postgres_url_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="is not a URL") as caught:
        open_storage("postgresql+psycopg://me:secret@host:port/db")
    assert "secret" not in str(caught.value)


def test_a_new_job_is_the_same_in_a_reopened_file(tmp_path: Path) -> None:
    path = closed_database(tmp_path)
    storage = open_storage(f"sqlite:///{path}")
    job = storage.job("job-1")
    assert (job.document, job.created_at) == (new_job().document, NOW)
    storage.close()


def test_a_database_whose_creation_was_cut_off_is_created_again(tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    with closing(sqlite3.connect(tmp_path / "begun.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version=1")
        connection.execute("PRAGMA cache_size=2")  # pages go to the file before the transaction ends
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE jobs (id TEXT)")
        connection.executemany("INSERT INTO jobs VALUES (?)", [("x" * 1000,)] * 100)
        for ending in ("", "-journal"):
            shutil.copy(tmp_path / f"begun.db{ending}", f"{path}{ending}")
    with pytest.raises(sqlite3.OperationalError, match="readonly"), closing(read_only(path, 1.0)) as connection:
        connection.execute("SELECT * FROM sqlite_master").fetchall()
    storage = open_storage(f"sqlite:///{path}", busy_s=1.0, create=True)
    assert storage.jobs().total == 0
    storage.close()
