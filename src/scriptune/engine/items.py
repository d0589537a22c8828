"""JSON values that a front end stores for itself; no verb reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scriptune.storage.base import Storage

__all__ = ["Items"]


class Items:
    """The stored JSON values of one kind.

    Args:
        storage: Holds them.
        kind: Theirs alone.
    """

    def __init__(self, storage: Storage, kind: str) -> None:
        self._storage = storage
        self._kind = kind

    def all(self) -> list[Mapping[str, Any]]:
        """All items, oldest first."""
        return [item for _, item in self._storage.items(self._kind).items]

    def put(self, key: str, item: Mapping[str, Any], *, expect_absent: bool = False) -> None:
        """Store an item.

        Raises:
            ConflictError: There is one of that key, which was not expected.
        """
        self._storage.put_item(self._kind, key, item, expect_absent=expect_absent)

    def delete(self, key: str) -> None:
        """Delete an item.

        Raises:
            NotFoundError: There is none.
        """
        self._storage.delete_item(self._kind, key)
