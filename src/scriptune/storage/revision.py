"""Which schema this version of scriptune reads and writes."""

from __future__ import annotations

from scriptune.errors import StorageCorruptError, StorageError

__all__ = ["SCHEMA", "is_older"]

SCHEMA = "0002"
"""Revision of `tables`; four digits, so that newer ones compare greater as text."""


def is_older(found: str, place: str) -> bool:
    """Whether a schema must be migrated.

    Raises:
        StorageError: It is of a newer scriptune.
        StorageCorruptError: It is none of ours.
    """
    if len(found) != len(SCHEMA) or not found.isdecimal():
        raise StorageCorruptError(
            f"{place} has the schema {found!r}, which is not one of scriptune's. It was left unchanged.",
            hint="Choose another one with --database.",
        )
    if found > SCHEMA:
        raise StorageError(
            f"{place} has the schema {found!r} of a newer scriptune; this one supports up to {SCHEMA!r}.",
            hint="Upgrade scriptune; the database was left unchanged.",
        )
    return found < SCHEMA
