"""Rights of an ordinary user, for tests that the superuser runs in a container."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VERSION_3 = 0x20080522
_OVERRIDES = (1 << 1) | (1 << 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, data: ctypes.Array[ctypes.c_uint32]) -> None:
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    if getattr(_libc, name)(header, data) != 0:
        raise OSError(ctypes.get_errno(), f"{name} failed")


@contextmanager
def ordinary_rights() -> Iterator[None]:
    """Let file modes hold for the calling thread, also when it is the superuser's."""
    if os.geteuid() != 0:
        yield
        return
    before = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, and the upper halves of the three
    _call("capget", before)
    less = (ctypes.c_uint32 * 6)(*before)
    less[0] &= ~_OVERRIDES
    _call("capset", less)
    try:
        yield
    finally:
        _call("capset", before)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """A folder in which nothing can be written, nor in the folders below it, nor in their files."""
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in reversed(paths):
        path.chmod(modes[path] & ~0o222)
    try:
        with ordinary_rights():
            yield
    finally:
        for path in paths:
            path.chmod(modes[path])
