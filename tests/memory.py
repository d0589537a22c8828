"""The storage of tests that need no file: SQLite in memory, 0.3 ms to make."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scriptune.storage import events, schema
from scriptune.storage.connections import SqliteMemory
from scriptune.storage.sql import SqlStorage

__all__ = ["memory_storage"]


def memory_storage(clock: Callable[[], datetime] = events.utc_now) -> SqlStorage:
    """An empty storage that ends with the test."""
    return SqlStorage(SqliteMemory(schema.sqlite_script()), clock=clock)
