"""Read and write the records in an attempt folder: who launched the attempt and how it ended.

A program may write into its own attempt folder, so everything that is read here may be damaged, or may be something
other than a regular file.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scriptune.core.trial import ExitReason, ExitStatus
from scriptune.executors.folder import CLAIM, EXIT, PreallocatedFile, draft_of, read_json
from scriptune.messages import message_from_json, message_to_json, sentences
from scriptune.regular_files import NotRegularFileError, is_absent, open_folder

__all__ = [
    "drop_draft",
    "end_document",
    "exit_status",
    "is_taken",
    "last_change",
    "noted_end",
    "own_exit",
    "read_claim",
    "read_exit",
    "whole_number",
    "write_exit",
]


def read_exit(folder: Path) -> ExitStatus | None:
    """Read ``exit.json`` of an attempt folder; None if it is absent or damaged.

    Raises:
        NotRegularFileError: Something else has its name.
        OSError: It cannot be read now, which says nothing about whether the attempt has ended.
    """
    data = read_json(str(folder / EXIT))
    if data is None:
        return None
    try:
        return exit_status(data)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def own_exit(folder: Path) -> ExitStatus | None:
    """Like `read_exit` for an attempt whose launcher is gone; counts only what the launcher itself has published.

    Something that only has the name of ``exit.json`` is nothing. Nor is a file beside the draft of a launcher: it was
    killed before it could give the draft that name, so the program has written the file.
    """
    try:
        status = read_exit(folder)
    except NotRegularFileError:
        return None
    if status is None or is_taken(folder / draft_of(EXIT, whole_number(read_claim(folder).get("pid")))):
        return None
    return status


def drop_draft(folder: Path) -> None:
    """Remove the draft of a launcher that is gone: an ``exit.json`` that it did not write counts all the same."""
    draft = folder / draft_of(EXIT, whole_number(read_claim(folder).get("pid")))
    if draft.is_dir():
        draft.rename(draft.with_name(f"{draft.name}.found-{secrets.token_hex(4)}"))  # the program has put it there
    else:
        draft.unlink(missing_ok=True)


def read_claim(folder: Path) -> Mapping[str, Any]:
    """Read the claim; empty if it is absent, damaged, or not a regular file."""
    try:
        return read_json(str(folder / CLAIM)) or {}
    except NotRegularFileError:
        return {}


def noted_end(folder: Path, pid: int) -> dict[str, Any] | None:
    """What a lost launcher had recorded when its program ended; None if the program had not ended."""
    try:
        document = read_json(str(folder / draft_of(EXIT, pid)))
        if document is not None:
            exit_status(document)
    except (NotRegularFileError, KeyError, TypeError, ValueError, OverflowError):
        return None
    return document


def exit_status(document: Mapping[str, Any]) -> ExitStatus:
    """Parse an exit document.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: No launcher wrote it.
    """
    return ExitStatus(
        reason=ExitReason(document["reason"]),
        exit_code=_optional_int(document["exit_code"]),
        signal=_optional_int(document["signal"]),
        started_at=_time(document["started_at"]),
        finished_at=_time(document["finished_at"]),
        wall_s=_optional_float(document["wall_s"]),
        cpu_s=_optional_float(document["cpu_s"]),
        peak_memory_bytes=_optional_int(document["peak_memory_bytes"]),
        message=_message(document["message"]),
        oom=bool(document["oom"]),
        log_size=_optional_int(document.get("log_size")),  # absent in folders of version 0.1
    )


def _message(data: Any) -> str:
    """What was said of an end: a launcher's messages, one of the executor's, or a string of version 0.1."""
    return sentences(*map(message_from_json, data)) if isinstance(data, list) else message_from_json(data)


def _optional_int(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError(f"{value!r} is not an integer")
    return value


def _optional_float(value: Any) -> float | None:
    return None if value is None else float(value)


def whole_number(value: Any) -> int:
    """Read an integer from a file that a program may have changed; 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def is_taken(path: Path) -> bool:
    """Whether a path exists, as a file of any type.

    Raises:
        OSError: This cannot be determined now.
    """
    try:
        os.lstat(path)
    except OSError as err:
        if is_absent(err):
            return False
        raise
    return True


def last_change(log: Path) -> float | None:
    """When a log was last modified, which is close to its beginning or end; None if there is no log."""
    try:
        return os.lstat(log).st_ctime
    except OSError:
        return None


def end_document(reason: ExitReason, message: str, started_at: float | None = None) -> dict[str, Any]:
    """The exit document of an attempt whose program was not observed."""
    return {
        "reason": reason.value,
        "exit_code": None,
        "signal": None,
        "started_at": started_at,
        "finished_at": time.time(),
        "wall_s": None,
        "cpu_s": None,
        "peak_memory_bytes": None,
        "message": message_to_json(message),
        "oom": False,
        "log_size": None,
    }


def write_exit(folder: Path, document: dict[str, Any]) -> None:
    """Write ``exit.json`` on behalf of a launcher that is gone.

    Raises:
        OSError: The disk is full, or the folder cannot be written.
    """
    folder_fd = open_folder(folder)
    try:
        PreallocatedFile(EXIT, folder_fd).write(document)
    finally:
        os.close(folder_fd)
