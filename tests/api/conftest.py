"""A server in this process, over a world in which programs are Python functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.core.job import SearchJob
from service import TOKEN, TestClient, make_client
from worlds import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


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


# For tests whose requests only read, or are all refused: making an application takes half a second.


@pytest.fixture(scope="module")
def idle_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("idle"), memory_storage())


@pytest.fixture(scope="module")
def idle_done(idle_world: World) -> SearchJob:
    """A finished job of six trials, which stays."""
    return idle_world.run(idle_world.submit())


@pytest.fixture(scope="module")
def idle_stranger(idle_world: World) -> Iterator[TestClient]:
    """Somebody whose requests bring whatever credentials they have."""
    with make_client(idle_world) as client:
        yield client


@pytest.fixture(scope="module")
def idle_client(idle_world: World) -> Iterator[TestClient]:
    """The owner of the token."""
    with make_client(idle_world, authorization=f"Bearer {TOKEN}") as client:
        yield client
