"""Modules that are imported when they are first used.

Most commands only look at the database. Checking job files (pydantic), reading logs (two regex engines) and
sampling (numpy, scipy) cost ten times as much to import as a list of jobs costs to show.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

__all__ = ["late_module"]


def late_module(name: str) -> ModuleType:
    """The module of a full name; its code runs when an attribute is first asked for."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.loader is not None, name
    loader = importlib.util.LazyLoader(spec.loader)
    spec.loader = loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    package, _, short = name.rpartition(".")
    setattr(sys.modules[package], short, module)  # as the import statement does
    return module
