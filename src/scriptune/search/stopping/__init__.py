"""Stopping rules: which trials are not worth their remaining steps."""
