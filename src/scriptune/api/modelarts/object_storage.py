"""The object storage: s3fs, when it is installed, and uploads.

Kept apart from the rest of this API: a trial with remote outputs imports it, and is to start quickly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scriptune.errors import MissingExtraError

__all__ = ["file_system", "upload"]


def file_system() -> Any:  # Any: s3fs has no types
    """A client of the object storage that the environment names.

    Raises:
        MissingExtraError: s3fs is not installed.
    """
    try:
        import s3fs
    except ImportError as err:
        raise MissingExtraError(
            "Paths in an object storage need the extra 's3'.",
            hint="pip install 'scriptune[s3]', or map buckets to folders with SCRIPTUNE_OBS_ROOT.",
        ) from err
    # A listing that was remembered would hide what was uploaded since.
    return s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)


def upload(source: Path, remote: str) -> int:
    """Copy a folder or file into a bucket; returns the number of files.

    Args:
        source: What is copied; a folder that is not there is empty.
        remote: ``bucket/key`` of the folder, or of the file.

    Raises:
        MissingExtraError: s3fs is not installed.
        OSError: The object storage refused.
    """
    if source.is_file():
        file_system().put_file(str(source), remote)
        return 1
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    if files:
        system = file_system()
        for path in files:
            system.put_file(str(path), f"{remote}/{path.relative_to(source).as_posix()}")
    return len(files)
