"""The parts of `scriptune.testing.storages.StorageContract`, one per promise."""
