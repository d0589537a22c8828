"""The attempt folder: names of its files, and writes that are whole or not there at all.

Standard library only, since the launcher loads this module. What each file is for stands in `base`.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

__all__ = [
    "ASIDE",
    "CLAIM",
    "COMMAND",
    "EXIT",
    "LOG",
    "MARKER",
    "WORK",
    "Reservation",
    "read_json",
    "take_claim",
    "write_json",
]

COMMAND = "command.json"
LOG = "output.log"
WORK = "work"
CLAIM = "claim"
EXIT = "exit.json"

ASIDE = ".aside"
"""Added to the name of a folder that was found in an attempt's place and belongs to another command."""

MARKER = "SCRIPTUNE_ATTEMPT_KEY"
"""Environment variable with a text of this attempt only; by it, processes without a launcher are found."""

_RESERVED_BYTES = 8192  # two blocks; holds the numbers of exit.json and a message of the next length
_MESSAGE_CHARS = 600  # a character beyond the 16-bit plane is written as two escapes of 6 bytes each


def read_json(path: str) -> dict[str, Any] | None:
    """Read a JSON object; None when the file is absent or damaged (after a power failure it may be empty)."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write_json(path: str, value: dict[str, Any]) -> None:
    """Write a JSON object so that a reader sees all of it or nothing. It is not flushed to the disk.

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


def _unlink(path: str) -> None:
    with contextlib.suppress(OSError):  # a draft that nobody reads does no harm
        os.unlink(path)


class Reservation:
    """A file that is written later, on blocks that are taken now: a full disk cannot lose it.

    Args:
        path: Its final name; until `write`, it has another one.

    Raises:
        OSError: No room, or the folder cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._draft = f"{path}.{os.getpid()}"
        self._fd = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            # Zeros rather than fallocate: every file system can do it, and all but those that copy on
            # write will put the later bytes in the same place.
            _write_all(self._fd, bytes(_RESERVED_BYTES))
        except OSError:
            self.drop()
            raise

    def write(self, value: dict[str, Any]) -> None:
        """Write the object, flush it to the disk, and give the file its name.

        Args:
            value: The object; a long ``message`` in it is cut, so that the text fits into the reserved blocks.

        Raises:
            OSError: The disk failed.
        """
        value = {**value, "message": str(value.get("message", ""))[:_MESSAGE_CHARS]}
        text = json.dumps(value).encode("ascii")
        try:
            _write_all(self._fd, text)
            os.ftruncate(self._fd, len(text))
            os.fdatasync(self._fd)
            os.rename(self._draft, self._path)
        finally:
            os.close(self._fd)

    def drop(self) -> None:
        """Give the blocks back."""
        os.close(self._fd)
        _unlink(self._draft)


def _write_all(fd: int, data: bytes) -> None:
    """Write at the start of the file; a disk that fills up midway takes less than it was given."""
    done = 0
    while done < len(data):
        done += os.pwrite(fd, data[done:], done)


def take_claim(folder: str, value: dict[str, Any]) -> bool:
    """Make the claim, unless there is one: whoever succeeds is the only one who may run this order.

    The text is written under another name first and then linked, so a claim is never seen half written.

    Returns:
        False when somebody else has it.

    Raises:
        OSError: The folder cannot be written.
    """
    path = os.path.join(folder, CLAIM)
    draft = f"{path}.{os.getpid()}"
    try:
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        _unlink(draft)
    return True
