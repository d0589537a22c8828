"""Which schema this version of scriptune reads and writes."""

__all__ = ["SCHEMA"]

SCHEMA = "0002"
"""Revision of `tables`; four digits, so that newer ones compare greater as text."""
