"""The contract of storages as tests. Needs pytest.

    from scriptune.testing.storages import StorageContract

    class TestMine(StorageContract):
        @pytest.fixture
        def opener(self, tmp_path):
            return lambda: MyStorage(tmp_path)

Every call of an opener opens the same, at first empty, data; what it opens is closed by the tests.
"""

from __future__ import annotations

from scriptune.testing.storage_contract.concurrency import ConcurrencyContract
from scriptune.testing.storage_contract.leases import LeaseContract
from scriptune.testing.storage_contract.order import OrderContract
from scriptune.testing.storage_contract.persistence import PersistenceContract
from scriptune.testing.storage_contract.queries import QueryContract
from scriptune.testing.storage_contract.sort_keys import SortKeyContract
from scriptune.testing.storage_contract.transactions import TransactionContract

__all__ = ["StorageContract"]


class StorageContract(
    PersistenceContract,
    TransactionContract,
    LeaseContract,
    OrderContract,
    QueryContract,
    SortKeyContract,
    ConcurrencyContract,
):
    """The contract of storages. A subclass provides the fixture ``opener``."""
