"""Reading databases that cannot be written, or may not be."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from permissions import unwritable
from scriptune.errors import NotFoundError, StorageCorruptError, StorageUnavailableError
from scriptune.storage.base import Storage
from scriptune.storage.opening import open_storage
from scriptune.storage.revision import SCHEMA
from scriptune.testing.storage_contract.samples import add_job, add_trials

OLDEST = Path(__file__).resolve().parents[2] / "data" / "schemas" / "0001.db"


def closed(path: Path) -> None:
    """A database that every process has closed: there is no log beside it."""
    storage = open_storage(f"sqlite:///{path}")
    add_trials(storage, add_job(storage), [3.0, 1.0, 2.0])
    storage.close()
    assert not Path(f"{path}-wal").exists()


def _crashed(path: Path, *, with_index: bool) -> None:
    """A database whose writer died: its newest commits are in the log alone."""
    storage = open_storage(f"sqlite:///{path.with_name('live.db')}")
    add_trials(storage, add_job(storage), [3.0, 1.0, 2.0])
    for end in ("", "-wal", "-shm") if with_index else ("", "-wal"):
        shutil.copyfile(f"{path.with_name('live.db')}{end}", f"{path}{end}")
    storage.close()
    path.with_name("live.db").unlink()
    assert Path(f"{path}-wal").stat().st_size > 0


def crashed(path: Path) -> None:
    _crashed(path, with_index=True)


def crashed_without_index(path: Path) -> None:
    _crashed(path, with_index=False)


CONDITIONS: list[Callable[[Path], None]] = [closed, crashed, crashed_without_index]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def read(path: Path) -> Storage:
    return open_storage(f"sqlite:///{path}", create=False, read_only=True)


@pytest.mark.parametrize("make", CONDITIONS)
def test_a_home_that_could_not_be_written_could_not_be_read(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "home" / "scriptune.db"
    path.parent.mkdir()
    make(path)
    before = files(path.parent)
    with unwritable(path.parent):
        storage = read(path)
        assert [summary.counts for summary in storage.jobs().items] == [storage.summary("job-1").counts]
        assert [trial.value for trial in storage.trials("job-1").items] == [3.0, 1.0, 2.0]
        storage.close()
    assert files(path.parent) == before


@pytest.mark.parametrize("make", CONDITIONS)
def test_a_home_that_can_be_written_is_read_without_a_write(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    make(path)
    before = path.read_bytes()
    storage = read(path)
    assert storage.summary("job-1").best is not None
    with pytest.raises(StorageUnavailableError, match="opened read-only"), storage.transaction():
        pass
    for _ in range(2):
        with pytest.raises(StorageUnavailableError, match="opened read-only"):
            storage.put_item("a", "b", {})
    storage.close()
    assert path.read_bytes() == before


def test_what_a_running_search_writes_is_seen_by_a_reader_that_may_not_write(tmp_path: Path) -> None:
    path = tmp_path / "home" / "scriptune.db"
    path.parent.mkdir()
    writer = open_storage(f"sqlite:///{path}")
    lease = add_job(writer)
    with unwritable(path.parent):
        reader = read(path)
        assert reader.trials("job-1").total == 0
        add_trials(writer, lease, [1.0])
        assert reader.trials("job-1").total == 1
    reader.close()
    writer.close()


def test_an_older_home_that_cannot_be_written_is_read_from_a_migrated_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    path = tmp_path / "home" / "scriptune.db"
    path.parent.mkdir()
    shutil.copyfile(OLDEST, path)
    _pretend_to_be_older(path)
    before = files(path.parent)
    with unwritable(path.parent):
        storage = read(path)
        assert storage.jobs().total > 0
        assert storage.trials(storage.find_job(None).id).total > 0
        storage.close()
    assert files(path.parent) == before
    assert list(copies.iterdir()) == []


def _pretend_to_be_older(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() < (SCHEMA,)


def test_an_older_home_that_can_be_written_is_migrated_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    shutil.copyfile(OLDEST, path)
    storage = read(path)
    assert storage.jobs().total > 0
    storage.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (SCHEMA,)


@pytest.mark.parametrize("content", [None, b""])
def test_nothing_to_read_is_no_database(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotFoundError, match="There is no database"):
        read(path)


def test_another_program_s_file_is_told_in_a_home_that_cannot_be_written_too(tmp_path: Path) -> None:
    path = tmp_path / "home" / "scriptune.db"
    path.parent.mkdir()
    path.write_bytes(b"epoch,loss\n1,0.5\n")
    with unwritable(path.parent), pytest.raises(StorageCorruptError, match="does not start like a SQLite file"):
        read(path)


def test_without_room_for_a_copy_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "home" / "scriptune.db"
    path.parent.mkdir()
    crashed_without_index(path)
    monkeypatch.setattr("tempfile.tempdir", str(path.parent))
    with unwritable(path.parent), pytest.raises(StorageUnavailableError, match="the copy cannot be created") as caught:
        read(path)
    assert "TMPDIR" in (caught.value.hint or "")
