"""Notice which attempts have printed something or ended, for `LocalExecutor.wait`."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from scriptune.executors.folder import LOG

__all__ = ["News"]


@dataclass
class _Followed:
    folder: Path
    log: str
    printed: tuple[int, int] | None = None  # size and time of the last change of the log, when last checked
    has_ended: bool = False
    is_told: bool = False  # whether the end was named


class News:
    """The attempts that are followed and what is known of them. Not thread-safe.

    Args:
        holds: `Pidfds.holds`, by attempt folder.
    """

    def __init__(self, holds: Callable[[str, Collection[int]], bool]) -> None:
        self._holds = holds
        self._followed: dict[str, _Followed] = {}

    def follow(self, folder: Path) -> None:
        """Follow an attempt; what it has printed so far is news."""
        self._followed[str(folder)] = _Followed(folder, os.path.join(folder, LOG))

    def forget(self, key: str) -> None:
        """Stop following an attempt."""
        self._followed.pop(key, None)

    def since_last(self, ended: Collection[int], *, again: bool) -> frozenset[Path]:
        """The folders of attempts that printed something or ended since the last call.

        Args:
            ended: Pidfds of launchers that have just ended.
            again: Whether ends that were named before are named again, since no one has asked for them.
        """
        found = []
        for key, one in self._followed.items():
            one.has_ended = one.has_ended or not self._holds(key, ended)
            is_end = one.has_ended and (again or not one.is_told)
            one.is_told |= one.has_ended
            printed = _printed(one.log)
            if is_end or printed != one.printed:
                one.printed = printed
                found.append(one.folder)
        return frozenset(found)


def _printed(log: str) -> tuple[int, int] | None:
    try:
        status = os.stat(log, follow_symlinks=False)
    except OSError:  # not there yet, or away; the reader says what is wrong
        return None
    return status.st_size, status.st_mtime_ns
