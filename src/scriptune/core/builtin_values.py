"""Convert values of other libraries (NumPy, pandas, pathlib) to built-in types.

People build spaces and job files with what they calculate with: NumPy scalars and arrays, ``range``, ``pathlib.Path``,
fractions, pandas columns. All of these say what they are through `numbers`, ``os.PathLike``, ``collections.abc`` or
the methods ``item`` and ``tolist``, so none of the libraries is imported here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

__all__ = ["builtin_document", "builtin_list", "builtin_value"]

_BUILTIN = (bool, int, float, str)
_BYTES = (bytes, bytearray, memoryview)  # sequences of integers to Python, and hardly meant so


def builtin_value(value: Any) -> Any:
    """Convert a scalar to the built-in ``bool``, ``int``, ``float`` or ``str`` that it represents.

    Any other value is returned unchanged, so that validation can quote what was given.
    """
    if value is None or type(value) in _BUILTIN:
        return value
    if isinstance(value, str):
        return str.__str__(value)  # of an enumeration's member, its text and not its name
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        return path if isinstance(path, str) else value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, (Real, Decimal)):
        return float(value)
    # NumPy's booleans are not numbers, and a result of a tensor library is an array of no dimension.
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        item = value.item()
        found = item if type(item) is type(value) else builtin_value(item)
        return found if type(found) in _BUILTIN else value
    return value


def builtin_list(value: Any) -> list[Any] | None:
    """Convert a list, tuple, range or array to a list of built-in values; None for anything that is not a sequence.

    Strings, bytes and sets do not count as sequences; their order differs from one process to the next.
    """
    if isinstance(value, (str, *_BYTES)):
        return None
    if isinstance(value, Sequence):
        return [builtin_value(item) for item in value]
    if getattr(value, "ndim", 0) and hasattr(value, "tolist"):
        return [builtin_value(item) for item in value.tolist()]
    return None


def builtin_document(value: Any) -> Any:
    """Convert a job file built in Python to built-in values at every depth; mappings become dicts, sequences lists."""
    if isinstance(value, Mapping):
        return {builtin_value(key): builtin_document(item) for key, item in value.items()}
    items = builtin_list(value)
    return builtin_value(value) if items is None else [builtin_document(item) for item in items]
