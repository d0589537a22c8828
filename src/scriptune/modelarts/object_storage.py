"""Access to object storage by s3fs: downloads and uploads.

Kept apart from the rest of this API: a trial with remote inputs or outputs imports it, and is to start quickly.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from scriptune.errors import MissingExtraError
from scriptune.messages import Message

__all__ = ["download", "file_system", "holds_objects", "relative_name", "sizes", "upload"]

# A caller waits: without these, an address where no one answers is tried for minutes.
_QUICKLY = {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 2}}


def file_system(*, quick: bool = False) -> Any:  # Any: s3fs has no types
    """An s3fs client for the object storage configured in the environment.

    Args:
        quick: Use short timeouts.

    Raises:
        MissingExtraError: s3fs is not installed.
    """
    try:
        import s3fs
    except ImportError as err:
        raise MissingExtraError(
            Message("modelarts.needs_s3"),
            hint=Message("modelarts.install_s3"),
        ) from err
    # A listing that was remembered would hide what was uploaded since.
    return s3fs.S3FileSystem(
        use_listings_cache=False, skip_instance_cache=True, config_kwargs=_QUICKLY if quick else {}
    )


def holds_objects(system: Any, remote: str) -> bool:
    """Whether ``remote`` is a non-empty folder; requests two names only, however many there are."""
    bucket, _, key = remote.partition("/")
    prefix = f"{key}/" if key else ""
    answer = system.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=2)
    # Consoles of object storages make an object "folder/" for an empty folder.
    return any(not item["Key"].endswith("/") for item in answer.get("Contents", ()))


def sizes(system: Any, remote: str) -> dict[str, int]:
    """The size of every object in a folder, or of a single object, by full key."""
    found: Mapping[str, Mapping[str, Any]] = system.find(remote, detail=True)
    return {key: int(info.get("size") or 0) for key, info in found.items() if not key.endswith("/")}


def relative_name(key: str, remote: str) -> PurePosixPath:
    """The path of an object below its folder.

    Raises:
        ValueError: It leads out of the folder; who may write to a bucket must not write elsewhere on this machine.
    """
    name = PurePosixPath(key.removeprefix(remote).lstrip("/"))
    if ".." in name.parts:
        raise ValueError(f"the name of the object {key!r} points outside its folder")
    return name


def download(remote: str, target: Path) -> int:
    """Download a folder of a bucket, or one object, to a local folder; returns the number of files.

    Args:
        remote: ``bucket/key``.
        target: The folder; what is there already is overwritten.

    Raises:
        MissingExtraError: s3fs is not installed.
        OSError: The object storage refused.
        ValueError: An object's name leads out of the folder.
    """
    system = file_system()
    keys = list(sizes(system, remote))
    if not keys:
        raise FileNotFoundError(f"no object key starts with {remote!r}")
    if keys == [remote]:
        names = {remote: PurePosixPath(PurePosixPath(remote).name)}
    else:
        names = {key: relative_name(key, remote) for key in keys}
    for key, name in names.items():
        path = target.joinpath(*name.parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        system.get_file(key, str(path))
    return len(names)


def upload(source: Path, remote: str) -> int:
    """Upload a folder or file to a bucket; returns the number of files.

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
