"""Limit the size of a log: the middle of one that is too long is freed once its reports are stored.

The file keeps its length, so that every offset stays valid: the file system gives the blocks back and shows zeros in
their place (a hole). Beginning and end are kept, a quarter of the limit each. Which part was freed is stored with the
trial, as a notice that is stored before anything is freed.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from scriptune.messages import Message
from scriptune.regular_files import open_regular
from scriptune.storage.base import LOG_FREED

__all__ = ["FreedPart", "free", "freed_notices", "freed_part", "is_able", "part_to_free"]

_log = logging.getLogger(__name__)

_LEAST_KEPT_BYTES = 256 * 1024  # at either end: of the end, messages quote lines
_BLOCK_BYTES = 4096  # the file system frees whole blocks, and these are the most common ones
_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # linux/falloc.h
_UNABLE = (errno.EOPNOTSUPP, errno.ENOSYS, errno.ENODEV)
_unable: list[str] = []  # why this file system cannot, once that is known


@dataclass(frozen=True)
class FreedPart:
    """A part of a log that no longer exists.

    Attributes:
        start, end: Bytes of the log.
    """

    start: int
    end: int


def part_to_free(limit: int, read_offset: int, freed: FreedPart | None) -> FreedPart | None:
    """The part to free of a log, including what was freed before; None while it is within the limit.

    Args:
        limit: Bytes; 0 means no limit.
        read_offset: How far it was read; nothing behind that is freed.
        freed: What it has lost before.
    """
    kept = read_offset - (freed.end - freed.start if freed else 0)
    if not limit or kept <= limit:
        return None
    quarter = max(limit // 4, _LEAST_KEPT_BYTES)
    start = freed.start if freed else -(-quarter // _BLOCK_BYTES) * _BLOCK_BYTES
    end = (read_offset - quarter) // _BLOCK_BYTES * _BLOCK_BYTES
    return FreedPart(start, end) if end > (freed.end if freed else start) else None


def freed_part(notices: Sequence[Message], attempt: int) -> FreedPart | None:
    """The freed part of an attempt's log, from the notices of its trial."""
    for notice in notices:
        if notice.code == LOG_FREED and notice.params["attempt"] == attempt:
            return FreedPart(notice.params["start"], notice.params["end"])
    return None


def freed_notices(notices: Sequence[Message], attempt: int, freed: FreedPart | None) -> tuple[Message, ...]:
    """The notices of a trial, updated with the freed part of an attempt's log."""
    others = tuple(n for n in notices if n.code != LOG_FREED or n.params["attempt"] != attempt)
    if freed is None:
        return others
    return (*others, Message("notice.log_freed", attempt=attempt, start=freed.start, end=freed.end))


def is_able() -> bool:
    """Whether the file system supports freeing parts of a file, as far as known."""
    return not _unable


def free(log: Path, part: FreedPart) -> bool:
    """Free the disk blocks of a part; False if the file system cannot, which is logged once.

    Raises:
        OSError: It cannot be done now, or the log is not a regular file.
    """
    from ctypes import get_errno  # here, since commands that read logs need no C library

    fd = open_regular(log, write=True)
    try:
        length = min(part.end, os.fstat(fd).st_size) - part.start
        if length > 0 and _fallocate()(fd, _PUNCH_HOLE | _KEEP_SIZE, part.start, length) != 0:
            number = get_errno()
            if number not in _UNABLE:
                raise OSError(number, os.strerror(number), str(log))
            _say_unable(os.strerror(number))
            return False
    finally:
        os.close(fd)
    return True


@cache
def _fallocate() -> Callable[[int, int, int, int], int]:
    from ctypes import CDLL, c_int, c_int64

    libc = CDLL(None, use_errno=True)
    function = libc.fallocate64 if hasattr(libc, "fallocate64") else libc.fallocate  # musl has one only, of 64 bits
    function.argtypes = (c_int, c_int, c_int64, c_int64)
    return cast("Callable[[int, int, int, int], int]", function)


def _say_unable(why: str) -> None:
    _unable.append(why)
    _log.warning("the file system of the logs cannot free a part of a file (%s): 'max_log_bytes' has no effect", why)
