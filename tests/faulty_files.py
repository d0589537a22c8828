"""Let file accesses of the engine fail, one by one or all of them, with any error that the system may give.

An access is known by its site: the function, and the line of the package that called for it. A run without faults
tells which sites there are.
"""

from __future__ import annotations

import builtins
import io
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Site = tuple[str, str, int]

_OS_CALLS = (
    *("open", "stat", "lstat", "fstat", "read", "pread", "pwrite", "listdir", "scandir", "mkdir", "rename", "link"),
    *("unlink", "readlink", "pidfd_open", "ftruncate", "fdatasync"),
)
_WATCHED = ("scriptune.executors.", "scriptune.engine.", "scriptune.metrics.", "scriptune.regular_files")


@dataclass
class Faults:
    """What fails.

    Attributes:
        number: The errno; 0: nothing fails.
        times: How often each access fails before it works.
        only: The site that fails; None: all of them.
        seen: How often each site was reached.
    """

    number: int = 0
    times: int = 1
    only: Site | None = None
    seen: Counter[Site] = field(default_factory=Counter)

    def meet(self, call: str) -> None:
        """Called for each access of this thread; raises when its turn has come."""
        site = _site(call)
        if site is None:
            return
        self.seen[site] += 1
        if self.number and self.only in (None, site) and self.seen[site] <= self.times:
            raise OSError(self.number, os.strerror(self.number))


def _site(call: str) -> Site | None:
    frame = sys._getframe(3)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name == "subprocess":
            return None  # half a start of a process is the standard library's affair
        if name.startswith("scriptune."):
            return (call, name, frame.f_lineno) if name.startswith(_WATCHED) else None
        frame = frame.f_back  # type: ignore[assignment]  # pathlib, contextlib and the like are passed over
    return None


@contextmanager
def failing(faults: Faults) -> Iterator[Faults]:
    """Let the accesses of this thread fail inside the block."""
    thread = threading.get_ident()
    originals: list[tuple[Any, str, Callable[..., Any]]] = [(os, name, getattr(os, name)) for name in _OS_CALLS]
    originals += [(builtins, "open", builtins.open), (io, "open", io.open)]

    def wrapped(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def access(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == thread:
                faults.meet(name)
            return original(*args, **kwargs)

        return access

    for owner, name, original in originals:
        setattr(owner, name, wrapped(name, original))
    try:
        yield faults
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)
