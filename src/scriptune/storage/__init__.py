"""Storage: a protocol, and its implementation on SQLite and PostgreSQL."""
