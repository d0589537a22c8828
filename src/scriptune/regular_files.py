"""Open files that an untrusted program may have replaced: regular files only, never through a link, never blocking.

A program owns its attempt folder. In the place of its log it can put a link to a secret of the server, a named pipe
that no one writes to, or a device without an end. Anyone who reads there opens the folder first, the file relative to
it, and checks what was opened.

Standard library only, and only what costs nothing to load: the launcher uses it, once per attempt.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from scriptune.messages import Message

__all__ = [
    "NotRegularFileError",
    "is_absent",
    "kind_of",
    "open_beneath",
    "open_folder",
    "open_regular",
    "opened",
    "read_bounded",
]

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_BLOCK_BYTES = 1 << 20

_KINDS = {
    stat.S_IFREG: "file.regular",
    stat.S_IFDIR: "file.folder",
    stat.S_IFLNK: "file.link",
    stat.S_IFIFO: "file.pipe",
    stat.S_IFSOCK: "file.socket",
    stat.S_IFCHR: "file.device",
    stat.S_IFBLK: "file.device",
}


class NotRegularFileError(OSError):
    """The path is not a regular file.

    Attributes:
        found: What it is, as in "a symbolic link".
    """

    def __init__(self, path: str | os.PathLike[str], found: str) -> None:
        self.found = Message(found)
        name = os.path.basename(os.fspath(path))
        super().__init__(errno.EINVAL, Message("file.not_regular", name=name, found=self.found))
        self.filename = os.fspath(path)


def kind_of(mode: int) -> str:
    """The message code that names the type of a file, from its ``st_mode``."""
    return _KINDS.get(stat.S_IFMT(mode), "file.unknown")


def is_absent(err: OSError) -> bool:
    """Whether an error means that the file does not exist; any other error may be temporary."""
    return err.errno in (errno.ENOENT, errno.ENOTDIR)


def open_folder(path: str | os.PathLike[str]) -> int:
    """Open a folder that is not itself a symbolic link; links in its parent path are followed.

    Raises:
        NotRegularFileError: It is a link.
        OSError: There is not a folder, or it cannot be opened now.
    """
    try:
        return os.open(path, _FOLDER_FLAGS)
    except OSError as err:
        if err.errno in (errno.ELOOP, errno.ENOTDIR) and os.path.islink(path):
            raise NotRegularFileError(path, "file.link") from err
        raise


def open_regular(path: str | os.PathLike[str], dir_fd: int | None = None, *, write: bool = False) -> int:
    """Open a regular file and return its descriptor.

    Args:
        path: The file. Its folder is opened first, see `open_folder`.
        dir_fd: The folder, where it is open already; ``path`` is then a name in it.
        write: For writing too.

    Raises:
        NotRegularFileError: Something else has its name.
        OSError: There is no file (see `is_absent`), or it cannot be opened now.
    """
    if dir_fd is not None:
        return _open_at(os.fspath(path), dir_fd, write)
    folder, name = os.path.split(os.fspath(path))
    dir_fd = open_folder(folder or ".")
    try:
        return _open_at(name, dir_fd, write)
    finally:
        os.close(dir_fd)


def open_beneath(folder: str | os.PathLike[str], path: str, *, is_folder: bool = False) -> int:
    """Open a regular file, or a folder, below a folder; no link on the way to it is followed.

    Args:
        folder: Where the path begins; not a link itself.
        path: Relative, without ``..``.
        is_folder: Open a folder.

    Raises:
        NotRegularFileError: A link or something else has its name, or that of a folder on the way.
        OSError: It is not there (see `is_absent`), or cannot be opened now.
    """
    dir_fd = open_folder(folder)
    try:
        names = [name for name in path.split(os.sep) if name not in ("", os.curdir)]
        last = None if is_folder or not names else names.pop()
        for name in names:
            inner = _open_folder_at(name, dir_fd)
            os.close(dir_fd)
            dir_fd = inner
        if last is not None:
            return _open_at(last, dir_fd, write=False)
        fd, dir_fd = dir_fd, -1
        return fd
    finally:
        if dir_fd >= 0:
            os.close(dir_fd)


def _open_folder_at(name: str, dir_fd: int) -> int:
    try:
        return os.open(name, _FOLDER_FLAGS, dir_fd=dir_fd)
    except OSError as err:
        if err.errno in (errno.ELOOP, errno.ENOTDIR):
            mode = os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                raise NotRegularFileError(name, kind_of(mode)) from err
        raise


def _open_at(name: str, dir_fd: int, write: bool) -> int:
    # Before it is opened, since opening a device can set something in motion; and after it, since it may be another.
    _check(name, os.stat(name, dir_fd=dir_fd, follow_symlinks=False))
    fd = os.open(name, _FILE_FLAGS | (os.O_RDWR if write else os.O_RDONLY), dir_fd=dir_fd)
    try:
        _check(name, os.fstat(fd))
    except OSError:
        os.close(fd)
        raise
    return fd


def _check(name: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularFileError(name, kind_of(status.st_mode))


@contextmanager
def opened(path: str | os.PathLike[str], dir_fd: int | None = None) -> Iterator[int]:
    """Context manager around `open_regular` that closes the descriptor."""
    fd = open_regular(path, dir_fd)
    try:
        yield fd
    finally:
        os.close(fd)


def read_bounded(path: str | os.PathLike[str], limit: int, dir_fd: int | None = None) -> bytes:
    """Read up to ``limit`` bytes of a regular file.

    Raises:
        OSError: As `open_regular`.
    """
    with opened(path, dir_fd) as fd:
        parts = []
        while limit > 0 and (data := os.read(fd, min(limit, _BLOCK_BYTES))):
            parts.append(data)
            limit -= len(data)
    return b"".join(parts)
