"""The data model: frozen dataclasses without I/O. Standard library only."""
