"""The parts of `scriptune.testing.executors.ExecutorContract`, one per promise."""
