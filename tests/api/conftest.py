"""A server in this process, over a world in which programs are Python functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scriptune.core.job import SearchJob
from scriptune.storage.memory import MemoryStorage
from service import TOKEN, TestClient, make_client
from worlds import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, MemoryStorage())


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    """The owner of the token."""
    with make_client(world, authorization=f"Bearer {TOKEN}") as client:
        yield client


@pytest.fixture
def stranger(world: World) -> Iterator[TestClient]:
    """Somebody without a token."""
    with make_client(world) as client:
        yield client


@pytest.fixture
def done(world: World) -> SearchJob:
    """A finished job of six trials."""
    return world.run(world.submit())
