"""The schema revision of this version of scriptune."""

from __future__ import annotations

from scriptune.errors import StorageCorruptError, StorageError
from scriptune.messages import Message

__all__ = ["SCHEMA", "is_older"]

SCHEMA = "0002"
"""Revision of `tables`; four digits, so that newer ones compare greater as text."""


def is_older(found: str, place: str) -> bool:
    """Whether a schema must be migrated.

    Raises:
        StorageError: It is of a newer scriptune.
        StorageCorruptError: It is not a scriptune database.
    """
    if len(found) != len(SCHEMA) or not found.isdecimal():
        raise StorageCorruptError(
            Message("storage.foreign_schema", place=place, schema=found),
            hint=Message("storage.other_database"),
        )
    if found > SCHEMA:
        raise StorageError(
            Message("storage.newer_schema", place=place, schema=found, newest=SCHEMA),
            hint=Message("storage.upgrade"),
        )
    return found < SCHEMA
