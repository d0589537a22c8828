"""Every database keeps the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.storage.opening import open_storage
from scriptune.testing.storage_contract.samples import Opener
from scriptune.testing.storages import StorageContract


class TestMemory(StorageContract):
    @pytest.fixture
    def opener(self) -> Opener:
        storage = memory_storage()  # there is no opening it a second time
        return lambda: storage


class TestSqlite(StorageContract):
    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        return lambda: open_storage(f"sqlite:///{tmp_path}/odd ?name%20#.db")


@pytest.mark.postgres
class TestPostgres(StorageContract):
    @pytest.fixture
    def opener(self, postgres_url: str) -> Opener:
        return lambda: open_storage(postgres_url)
