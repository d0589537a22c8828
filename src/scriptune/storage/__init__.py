"""Storing: one protocol, and one implementation on SQLite and PostgreSQL."""
