"""Fails as scripts do."""

raise ValueError("expected 784 columns, got 783")
