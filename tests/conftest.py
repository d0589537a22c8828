"""Fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running server, started for the first test that asks."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """URL of a PostgreSQL schema that is empty and this test's own."""
    return postgres_server.new_url()
