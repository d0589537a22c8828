"""Modules that are imported on first use.

Most commands only read the database. Checking job files (pydantic), reading logs (two regex engines) and
sampling (numpy) cost ten times as much to import as a list of jobs costs to show.

The standard library's LazyLoader is no help: in Python 3.11, two threads that use a module for the first time at
once see it half loaded.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["lazy_module"]


class _LazyModule(ModuleType):
    """A proxy that imports the module when an attribute is accessed."""

    def __getattr__(self, name: str) -> Any:  # Any: whatever the module holds
        # The import system's own locks make this safe; after the first time it is a look into a dictionary.
        return getattr(import_module(self.__name__), name)


def lazy_module(name: str) -> ModuleType:
    """A proxy for a module, imported when an attribute is first accessed."""
    return _LazyModule(name)
