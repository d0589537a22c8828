"""Fixtures of all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from itertools import count

import pytest
from hypothesis import settings

from postgres import PostgresServer

_NUMBERS = count()

# Examples have no deadline: the machine may be busy. In continuous integration they are the same every time, so that a
# change is judged by what it changed.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among the tests: they stay, and the search took half of the time of collecting them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def postgres_server() -> Generator[PostgresServer]:
    """A running server, started for the first test that asks."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """URL of a PostgreSQL schema that is empty and this test's own."""
    return postgres_server.new_url()


@pytest.fixture(autouse=True)
def own_device_locks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks on devices of this test alone: tests in parallel use devices of the same names."""
    monkeypatch.setenv("SCRIPTUNE_RUNTIME_DIR", str(tmp_path_factory.getbasetemp() / f"locks-{next(_NUMBERS)}"))
