"""Where a metric file is: below the trial's own folder, or outside of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from scriptune.regular_files import open_beneath, open_folder, open_regular

__all__ = ["Beside", "FilePlace"]

_MAX_FOLDERS = 256  # below a folder of event files; a program may make any number
_MAX_FILES = 1024


class Beside(NamedTuple):
    """A regular file in the same folder."""

    name: str
    inode: int
    mtime_ns: int


@dataclass(frozen=True)
class FilePlace:
    """A file or folder that a program writes. What the program put there is opened without following its links.

    Attributes:
        root: The trial's own folder; None when the path is outside of it.
        path: Below ``root``, or absolute.
    """

    root: Path | None
    path: str

    def open(self, inner: str = "") -> int:
        """Open the file, or one inside of the folder, and return its descriptor.

        Raises:
            NotRegularFileError: Something else has its name.
            OSError: It is not there, or cannot be opened now.
        """
        path = os.path.join(self.path, inner) if inner else self.path
        return open_regular(path) if self.root is None else open_beneath(self.root, path)

    def open_beside(self, name: str) -> int:
        """Open another file in the folder of the file.

        Raises:
            NotRegularFileError: Something else has its name.
            OSError: It is not there, or cannot be opened now.
        """
        return FilePlace(self.root, os.path.join(os.path.dirname(self.path), name)).open()

    def beside(self) -> list[Beside]:
        """The regular files in the folder of the file; none if that cannot be read.

        Of a folder with very many files, the first ones.
        """
        folder = os.path.dirname(self.path)
        try:
            fd = open_folder(folder) if self.root is None else open_beneath(self.root, folder, is_folder=True)
        except OSError:
            return []
        found = []
        try:
            with closing(os.scandir(fd)) as entries:
                for entry in islice(entries, _MAX_FILES):
                    with suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        if stat.S_ISREG(status.st_mode):
                            found.append(Beside(entry.name, status.st_ino, status.st_mtime_ns))
        finally:
            os.close(fd)
        return found

    def files_below(self, mark: str) -> list[str]:
        """The files whose names contain a mark, below the folder, by their paths from it; ``[""]`` for a file.

        Raises:
            NotRegularFileError: A link or a device has the name of the folder.
            OSError: It is not there, or cannot be read now.
        """
        try:
            fd = open_folder(self.path) if self.root is None else open_beneath(self.root, self.path, is_folder=True)
        except NotADirectoryError:
            os.close(self.open())
            return [""]
        try:
            return sorted(_walk(fd, mark))
        finally:
            os.close(fd)


def _walk(fd: int, mark: str) -> Iterator[str]:
    n_files = 0
    folders = [""]
    for _ in range(_MAX_FOLDERS):
        if not folders:
            return
        folder = folders.pop(0)
        try:
            inner_fd = _open_inner(folder, fd)
        except OSError:  # removed or replaced meanwhile
            continue
        try:
            with closing(os.scandir(inner_fd)) as entries:
                for entry in entries:
                    if not entry.name.isprintable():  # or not text at all; no program names event files so
                        continue
                    path = os.path.join(folder, entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    elif mark in entry.name and entry.is_file(follow_symlinks=False):
                        n_files += 1
                        if n_files > _MAX_FILES:
                            return
                        yield path
        finally:
            os.close(inner_fd)


def _open_inner(folder: str, fd: int) -> int:
    # One name at a time, so that no link is followed on the way.
    inner_fd = os.dup(fd)
    for name in folder.split(os.sep) if folder else ["."]:
        outer_fd = inner_fd
        try:
            inner_fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=outer_fd)
        finally:
            os.close(outer_fd)
    return inner_fd
