"""Read a SQLite file without writing anything beside it.

A home may lie on a read-only file system, on a full disk, or belong to another user. SQLite itself wants more than
the right to read: a database with a write-ahead log needs its ``-shm`` file, which a reader makes when it is not
there. So the ways are tried in this order:

    mode=ro       a reader beside writers: works where ``-shm`` is there, or its folder can be written
    immutable=1   without ``-wal``: everything is in the file itself, and no one is writing
    a copy        with ``-wal`` and no ``-shm``: both are copied into a temporary folder and read there

A database of an older schema that cannot be migrated where it is, is migrated in such a copy.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from scriptune.errors import StorageUnavailableError
from scriptune.messages import Message
from scriptune.storage.sqlite_files import sqlite_failure

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

__all__ = ["ReadOnlyFile", "can_be_written"]

_COPIES = 5  # times that a copy is begun again because a writer was at work
_DENIED = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_AUTH")


def can_be_written(path: Path) -> bool:
    """Whether this process can write a database file and its folder, where SQLite puts its journals."""
    effective = os.access in os.supports_effective_ids
    return all(os.access(part, os.W_OK, effective_ids=effective) for part in (path, path.parent))


class ReadOnlyFile:
    """Opens a SQLite file for reading in the first way that works.

    Args:
        path: The file.
        busy_s: How long to wait for another process.
    """

    def __init__(self, path: Path, busy_s: float) -> None:
        self.path = path
        self._busy_s = busy_s
        self._folder: TemporaryDirectory[str] | None = None
        self._uri = ""

    def connect(self) -> sqlite3.Connection:
        """Open a read-only connection; usable from any thread, but by one at a time.

        Raises:
            StorageError: The file cannot be read in any way.
        """
        if not self._uri:
            self._find_a_way()
        return self._open()

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True, timeout=self._busy_s, isolation_level=None, check_same_thread=False)

    def copy(self) -> Path:
        """Switch to a temporary copy, which the caller may change; returns its path.

        Raises:
            StorageUnavailableError: No copy can be made.
        """

        target = self._temporary() / self.path.name
        try:
            with closing(self.connect()) as source, closing(sqlite3.connect(target)) as other:
                source.backup(other)
        except sqlite3.Error as err:
            raise self._no_copy(err) from err
        self._uri = f"{target.as_uri()}?mode=ro"
        return target

    def close(self) -> None:
        """Delete the temporary copy, if there is one."""
        if self._folder is not None:
            self._folder.cleanup()

    def _find_a_way(self) -> None:
        self._uri = f"{self.path.as_uri()}?mode=ro"
        try:
            self._try()
        except sqlite3.Error as err:
            if not str(getattr(err, "sqlite_errorname", "")).startswith(_DENIED):
                raise sqlite_failure(err, str(self.path)) from err
            self._read_otherwise(err)

    def _try(self) -> None:
        with closing(self._open()) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def _read_otherwise(self, first: sqlite3.Error) -> None:
        wal = Path(f"{self.path}-wal")
        try:
            if wal.exists() and wal.stat().st_size > 0:
                self._copy_with(wal)
            else:
                self._uri = f"{self.path.as_uri()}?mode=ro&immutable=1"
            self._try()
        except sqlite3.Error as err:
            raise sqlite_failure(err, str(self.path)) from first
        except OSError as err:
            raise self._no_copy(err) from first

    def _copy_with(self, wal: Path) -> None:
        """Copy the file and its write-ahead log, again if they changed meanwhile, so that both are consistent."""
        from shutil import copyfile  # here, as in _temporary: hardly any command needs a copy

        target = self._temporary() / self.path.name
        for _ in range(_COPIES):
            before = _marks(self.path, wal)
            copyfile(self.path, target)
            copyfile(wal, f"{target}-wal")
            if _marks(self.path, wal) == before:
                break
        self._uri = f"{target.as_uri()}?mode=ro"

    def _temporary(self) -> Path:
        from tempfile import TemporaryDirectory

        self._folder = self._folder or TemporaryDirectory(prefix="scriptune-read-")
        return Path(self._folder.name)

    def _no_copy(self, err: Exception) -> StorageUnavailableError:
        return StorageUnavailableError(
            Message("storage.no_copy", place=str(self.path), why=err),
            hint=Message("storage.copy_needs_room"),
        )


def _marks(*paths: Path) -> list[tuple[int, int]]:
    return [(stat.st_mtime_ns, stat.st_size) for stat in map(os.stat, paths)]
