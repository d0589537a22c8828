"""Build an engine from settings; the only place that chooses concrete classes."""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from dataclasses import replace

from scriptune.engine.engine import Engine
from scriptune.engine.file_home import files_home
from scriptune.executors.registry import executor_for
from scriptune.settings import Settings
from scriptune.storage.opening import open_storage

__all__ = ["build_engine", "empty_engine"]


def build_engine(settings: Settings, *, create: bool = True, read_only: bool = False) -> Engine:
    """Open the storage and build the engine; its home is the one that contains the files of the jobs.

    Args:
        settings: Where things are.
        create: Make a database that is not there; otherwise that is an error.
        read_only: Write nothing, for verbs that only look: a home that cannot be written can be read so.

    Raises:
        NotFoundError: There is no database, and ``create`` is false.
        SettingsError: The files of the database's jobs cannot be reached.
        StorageUnavailableError: The database does not answer, or the home cannot be written to.
        StorageCorruptError: The file is not a scriptune database.
    """
    storage = open_storage(settings.database, busy_s=settings.sqlite_busy_s, create=create, read_only=read_only)
    try:
        home = files_home(storage, settings, read_only=read_only)
    except BaseException:
        storage.close()
        raise
    return Engine(replace(settings, home=home), storage, executor_for)


def empty_engine(settings: Settings) -> Engine:
    """An engine for a home that does not exist: it has no jobs and creates no files."""
    return Engine(settings, open_storage("sqlite://"), executor_for)


def _reduce(engine: Engine) -> tuple[Callable[[Settings], Engine], tuple[Settings]]:
    """Pickle support: the other process opens the home again.

    Raises:
        TypeError: The jobs are in the memory of this process.
    """
    if engine.settings.database.startswith("memory:"):
        raise TypeError("Jobs in the memory of a process cannot be pickled; use a home (Client(home=...)).")
    return build_engine, (engine.settings,)


copyreg.pickle(Engine, _reduce)
