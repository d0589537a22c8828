"""Contract tests and test functions, published for authors of samplers, storages and executors."""
