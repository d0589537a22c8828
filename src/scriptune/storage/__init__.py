"""Remembering: one protocol, in memory, on SQLite and on PostgreSQL."""
