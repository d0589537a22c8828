"""The attempt folder: names of its files, and atomic writes.

Standard library only, since the launcher loads this module. What each file is for is in `base`.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from typing import Any

from scriptune.regular_files import NotRegularFileError, is_absent, kind_of, open_folder, read_bounded

__all__ = [
    "ASIDE",
    "CLAIM",
    "COMMAND",
    "EXIT",
    "LIMITS",
    "LOG",
    "MARKER",
    "WORK",
    "PreallocatedFile",
    "attempt_folder",
    "draft_of",
    "read_command",
    "read_json",
    "take_claim",
    "write_json",
]

COMMAND = "command.json"
LOG = "output.log"
WORK = "work"
CLAIM = "claim"
EXIT = "exit.json"
LIMITS = "limits.json"

ASIDE = ".aside"
"""Added to the name of a folder that was found in an attempt's place and belongs to another command."""

MARKER = "SCRIPTUNE_ATTEMPT_KEY"
"""Environment variable with a unique value per attempt; identifies processes without a launcher."""

_RESERVED_BYTES = 8192  # two blocks; holds the numbers of exit.json and a message of the next length
_MESSAGE_BYTES = 7300
_MESSAGE_CHARS = 600  # a character beyond the 16-bit plane is written as two escapes of 6 bytes each
_MAX_JSON_BYTES = 16 * 1024 * 1024  # arguments and environment take 2 MiB at most, and up to six times that as JSON

_DRAFT_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def read_json(path: str, dir_fd: int | None = None) -> dict[str, Any] | None:
    """Read a JSON object; None if the file is absent or damaged (after a power failure it may be empty).

    Args:
        path: The file; a name in the folder ``dir_fd`` when that is given.
        dir_fd: The folder.

    Raises:
        NotRegularFileError: Something else has its name, as a program may have arranged.
        OSError: It cannot be read now, which says nothing about what is in it.
    """
    try:
        data = read_bounded(path, _MAX_JSON_BYTES, dir_fd)
    except OSError as err:
        if is_absent(err):
            return None
        raise
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_command(folder: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Read ``command.json`` of an attempt folder; None if it is absent, damaged, or not a regular file.

    Raises:
        OSError: It cannot be read now, which says nothing about what is in it.
    """
    try:
        return read_json(os.path.join(folder, COMMAND))
    except NotRegularFileError:
        return None


def write_json(path: str, value: dict[str, Any]) -> None:
    """Write a JSON object atomically, without flushing it to the disk.

    Raises:
        OSError: Nothing was written.
    """
    draft = f"{path}.{os.getpid()}"
    try:
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.rename(draft, path)
    except OSError:
        _unlink(draft)
        raise


def _unlink(path: str, dir_fd: int | None = None) -> None:
    with contextlib.suppress(OSError):  # a draft that no one reads does no harm
        os.unlink(path, dir_fd=dir_fd)


def attempt_folder(job_id: str, number: int, attempt: int) -> str:
    """The folder of an attempt, relative to the home."""
    return f"jobs/{job_id}/{number}/{attempt}"


def draft_of(name: str, pid: int) -> str:
    """The temporary name of a file while a process writes it."""
    return f"{name}.{pid}"


class PreallocatedFile:
    """A file written later on disk blocks reserved now, so that a full disk cannot prevent it.

    The blocks hold blanks, which JSON allows after an object but which are not part of it: what a reader finds
    in the draft is the last text that was noted there, or nothing.

    Args:
        path: Its final name; until `write`, it is called `draft_of` that and our pid.
        dir_fd: The folder in which it is a name. It may be moved elsewhere meanwhile.

    Raises:
        OSError: No room, or the folder cannot be written.
    """

    def __init__(self, path: str, dir_fd: int | None = None) -> None:
        self._path = path
        self._dir_fd = dir_fd
        self._draft = draft_of(path, os.getpid())
        self._length = 0
        self._fd = self._create(self._draft)
        try:
            # Written rather than fallocated: every file system can do it, and all but those that copy on
            # write will put the later bytes in the same place.
            _write_all(self._fd, b" " * _RESERVED_BYTES)
        except OSError:
            self.drop()
            raise

    def _create(self, draft: str) -> int:
        _unlink(draft, self._dir_fd)  # of a process that had our number before us
        return os.open(draft, _DRAFT_FLAGS, 0o666, dir_fd=self._dir_fd)

    def note(self, value: dict[str, Any], *, flush: bool = False) -> None:
        """Write the object into the draft, where it is found if this process dies before `write`.

        Args:
            value: As for `write`.
            flush: Whether it must survive a power failure.

        Raises:
            OSError: The disk failed.
        """
        text = _encode(value)
        # One call and one page: who kills us in between finds the old text or the new one.
        _write_all(self._fd, text.ljust(self._length))
        self._length = len(text)
        if flush:
            os.fdatasync(self._fd)

    def write(self, value: dict[str, Any]) -> None:
        """Write the object, flush it to the disk, and rename the draft to its final name.

        An existing file is replaced; a folder is set aside.

        Args:
            value: The object; a long ``message`` in it is cut, so that the text fits into the reserved blocks.

        Raises:
            OSError: The disk failed.
        """
        try:
            self.note(value)
            os.ftruncate(self._fd, self._length)
            os.fdatasync(self._fd)
            self._publish(self._draft)
            if not self._is_published():  # the program has put something else in the place of our draft
                os.close(self._fd)
                self._draft = f"{self._draft}.{os.urandom(8).hex()}"
                self._fd = self._create(self._draft)
                _write_all(self._fd, _encode(value))
                os.fdatasync(self._fd)
                self._publish(self._draft)
        finally:
            os.close(self._fd)

    @property
    def in_the_way(self) -> str:
        """What occupies the final name if it is not a regular file, as in "a folder"; else ""."""
        try:
            mode = os.stat(self._path, dir_fd=self._dir_fd, follow_symlinks=False).st_mode
        except OSError:
            return ""
        return "" if stat.S_ISREG(mode) else kind_of(mode)

    def _publish(self, draft: str) -> None:
        try:
            self._rename(draft, self._path)
        except IsADirectoryError:
            self._rename(self._path, f"{self._path}.found-{os.urandom(4).hex()}")
            self._rename(draft, self._path)
        except FileNotFoundError:
            pass  # the program has removed our draft; `write` sees it

    def _rename(self, old: str, new: str) -> None:
        os.rename(old, new, src_dir_fd=self._dir_fd, dst_dir_fd=self._dir_fd)

    def _is_published(self) -> bool:
        ours = os.fstat(self._fd)
        try:
            there = os.stat(self._path, dir_fd=self._dir_fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)

    def drop(self) -> None:
        """Release the preallocated disk blocks."""
        os.close(self._fd)
        _unlink(self._draft, self._dir_fd)


def _encode(value: dict[str, Any]) -> bytes:
    said = value.get("message", "")
    # Codes and parameters are cut where they are long, and lost when they do not fit all the same.
    short = (_cut(said, chars) for chars in (_MESSAGE_CHARS, _MESSAGE_CHARS // 3, _MESSAGE_CHARS // 12))
    message = next((one for one in short if len(json.dumps(one)) <= _MESSAGE_BYTES), "")
    return json.dumps({**value, "message": message}).encode("ascii")


def _cut(value: Any, chars: int) -> Any:
    """A JSON value with shorter strings."""
    if isinstance(value, dict):
        return {name: _cut(item, chars) for name, item in value.items()}
    if isinstance(value, list):
        return [_cut(item, chars) for item in value]
    return value[:chars] if isinstance(value, str) else value


def _write_all(fd: int, data: bytes) -> None:
    """Write at the start of the file, repeating partial writes of a disk that fills up."""
    done = 0
    while done < len(data):
        done += os.pwrite(fd, data[done:], done)


def take_claim(folder: str, value: dict[str, Any], dir_fd: int | None = None) -> bool:
    """Create the claim unless one exists; only the process that succeeds may run this launch spec.

    The text is written under another name first and then linked, so a claim is never seen half written.

    Args:
        folder: The attempt folder.
        value: What the claim says.
        dir_fd: The folder, where it is open already.

    Returns:
        False when another process has it.

    Raises:
        OSError: The folder cannot be written.
    """
    own_fd = open_folder(folder) if dir_fd is None else dir_fd
    draft = draft_of(CLAIM, os.getpid())
    try:
        try:
            _unlink(draft, own_fd)
            fd = os.open(draft, _DRAFT_FLAGS, 0o666, dir_fd=own_fd)
            with open(fd, "w", encoding="utf-8") as file:
                json.dump(value, file)
            os.link(draft, CLAIM, src_dir_fd=own_fd, dst_dir_fd=own_fd)
        except FileExistsError:
            return False
        finally:
            _unlink(draft, own_fd)
    finally:
        if dir_fd is None:
            os.close(own_fd)
    return True
