"""The contract of storages as tests. Needs pytest.

    from scriptune.testing.storages import StorageContract

    class TestMine(StorageContract):
        @pytest.fixture
        def opener(self, tmp_path):
            return lambda: MyStorage(tmp_path)

Every call of an opener opens the same, at first empty, data; what it opens is closed by the tests.
"""

from __future__ import annotations

from scriptune.testing.storage_contract.looking import LookingContract
from scriptune.testing.storage_contract.ordering import OrderContract
from scriptune.testing.storage_contract.owning import LeaseContract
from scriptune.testing.storage_contract.remembering import RememberingContract
from scriptune.testing.storage_contract.sharing import SharingContract
from scriptune.testing.storage_contract.sorting import SortingContract
from scriptune.testing.storage_contract.transacting import TransactionContract

__all__ = ["StorageContract"]


class StorageContract(
    RememberingContract,
    TransactionContract,
    LeaseContract,
    OrderContract,
    LookingContract,
    SortingContract,
    SharingContract,
):
    """What every storage promises. A subclass gives the fixture ``opener``."""
