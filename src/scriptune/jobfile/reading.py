"""Read and check job files: text or a document in, a `CheckedJob` out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scriptune.errors import JobFileError
from scriptune.jobfile.checked_job import CheckedJob, check_content
from scriptune.jobfile.flags import apply_flags, flag_place
from scriptune.jobfile.parser import parse_text
from scriptune.jobfile.problems import Problems
from scriptune.messages import Message

__all__ = ["check_document", "read_job_file"]

_PLAIN_STEMS = {"job", "scriptune", "search", "config"}  # such a file is better named after its folder
_MAX_BYTES = 10 * 1024 * 1024  # no job file is that large; a log or model passed by accident is


def read_job_file(path: str | Path, **flags: Any) -> CheckedJob:
    """Read and check a job file.

    Args:
        path: YAML or JSON; told apart by content.
        **flags: Values that replace the file's, by the names of `FLAGS`; None means not given.

    Raises:
        JobFileError: It cannot be read; or lists every error in it.
    """
    path = Path(path)
    changed = {name: value for name, value in flags.items() if value is not None}
    problems = Problems(str(path), flags=[flag_place(name) for name in changed])
    raw = parse_text(_text_of(path), problems)
    if raw is None:
        raise JobFileError([Message("job_file.empty", path=path)])
    name = path.absolute().parent.name if path.stem in _PLAIN_STEMS else path.stem
    return check_content(apply_flags(raw, changed), base_dir=path.absolute().parent, problems=problems, name=name)


def _text_of(path: Path) -> str:
    try:
        if path.is_dir():
            raise JobFileError([Message("job_file.is_folder", path=path, file=path / "job.yaml")])
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError as err:
        raise JobFileError([Message("job_file.not_found", path=path)]) from err
    except OSError as err:
        raise JobFileError([Message("job_file.unreadable", path=path, why=err.strerror)]) from err
    if len(content) > _MAX_BYTES:
        raise JobFileError([Message("job_file.too_large", path=path)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = content[: err.start].count(b"\n") + 1
        raise JobFileError(
            [Message("job_file.not_utf8", path=path, line=line, byte=f"{content[err.start]:#x}")]
        ) from err


def check_document(
    document: Mapping[str, Any] | CheckedJob, *, base_dir: Path | None = None, place: str = "job"
) -> CheckedJob:
    """Check a job file in JSON form, as received by the REST API.

    Args:
        document: Its content; what was checked already comes back as it is.
        base_dir: The base of relative paths; None: the current folder.
        place: What messages name in place of a file.

    Raises:
        JobFileError: Lists every error.
    """
    if isinstance(document, CheckedJob):
        return document
    return check_content(document, base_dir=base_dir or Path.cwd(), problems=Problems(place))
