"""The world in which the parts of a runner are tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory import memory_storage
from worlds import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An installation with a storage in memory."""
    return World(tmp_path, memory_storage())
