"""Sources of metrics: the log."""
