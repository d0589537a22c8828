"""From settings to a ready engine: the only place that names concrete classes."""

from __future__ import annotations

from scriptune.engine.engine import Engine
from scriptune.executors.base import Executor
from scriptune.settings import Settings
from scriptune.storage.opening import open_storage

__all__ = ["build_engine"]


def build_engine(settings: Settings) -> Engine:
    """Open the storage (made when absent) and put the engine together.

    Raises:
        StorageUnavailableError: The database does not answer, or the home cannot be written to.
        StorageCorruptError: The file is no database of ours.
    """
    return Engine(settings, open_storage(settings.database, busy_s=settings.sqlite_busy_s), _make_executor)


def _make_executor() -> Executor:
    # Imported here: most commands only look, and starting programs needs modules that looking does not.
    from scriptune.executors.local import LocalExecutor

    return LocalExecutor()
