"""Fixtures of all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from itertools import count, groupby, islice

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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the modules of tests/e2e to the workers of xdist, at the beginning of what each of them gets.

    Each gets a contiguous part of the tests, and one that is done takes over the second half of another's rest. So what
    is moved late should be short; and a browser or server of a module is started by one worker.
    """
    n_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if n_workers == 1:
        return
    e2e = [list(module) for path, module in groupby(items, lambda item: item.path) if path.parent.name == "e2e"]
    others = iter([item for item in items if item.path.parent.name != "e2e"])
    left, ordered = len(items), list[pytest.Item]()
    for worker in range(n_workers):
        size = left // (n_workers - worker)
        share = [item for module in e2e[worker::n_workers] for item in module]
        ordered += [*share, *islice(others, max(size - len(share), 0))]
        left -= size
    items[:] = [*ordered, *others]


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
