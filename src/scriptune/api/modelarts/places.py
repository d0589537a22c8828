"""Where code and data lie: local folders, and buckets of an object storage.

    /data/mnist, file:///data/mnist     a local path, when its first folder exists on this machine
    obs://b/k/, s3://b/k/, /b/k/        key ``k/`` of bucket ``b``

With a folder for buckets (`ModelArtsOptions.obs_root`), a bucket that has a sub-folder there is that sub-folder, and
nothing leaves the machine. Else buckets are reached with s3fs; endpoint and keys come from the usual variables of
Amazon's tools (``AWS_ENDPOINT_URL_S3``, ``AWS_ACCESS_KEY_ID``, ...), and the programs inherit them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from scriptune.api.modelarts.errors import refused
from scriptune.api.modelarts.object_storage import file_system

__all__ = ["CODE_LIMITS", "Limits", "Place", "fetch", "find_place"]

_REMOTE_SCHEMES = ("obs", "s3")


@dataclass(frozen=True)
class Limits:
    """How much may be copied.

    Attributes:
        size_bytes: Of all files.
        n_files: Files.
        depth: Folders within folders.
    """

    size_bytes: int
    n_files: int
    depth: int


CODE_LIMITS = Limits(5 * 1024**3, 1000, 32)
"""ModelArts' documented limits of a code directory."""


@dataclass(frozen=True)
class Place:
    """A place, found.

    Attributes:
        text: As it was sent.
        local: The local path; None when it is remote.
        remote: ``bucket/key`` without slashes at the ends; None when it is local.
    """

    text: str
    local: Path | None = None
    remote: str | None = None

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(str(self.local or self.remote)).name


def find_place(text: str, obs_root: Path | None) -> Place:
    """What a path means.

    Args:
        text: As sent.
        obs_root: Folder whose sub-folders stand for buckets.

    Raises:
        ModelArtsError: It is no path (2791).
    """
    if "\0" in text or not text.strip():
        raise _bad(text, "is empty or holds a zero byte")
    scheme, colon, _ = text.partition("://")
    if colon:
        parts = urlsplit(text)
        if scheme == "file":
            if parts.netloc not in ("", "localhost"):
                raise _bad(text, f"names the host {parts.netloc!r}")
            return Place(text, local=_clean_local(text, unquote(parts.path)))
        if scheme not in _REMOTE_SCHEMES:
            raise _bad(text, f"has the unknown scheme {scheme!r}")
        # Not unquoted, and ? and # belong to the key: object storages have no query in their addresses.
        return _bucket(text, text.partition("://")[2], obs_root)
    if not text.startswith("/"):
        raise _bad(text, "is not absolute")
    first = PurePosixPath(text).parts[1:2]
    if not first:
        raise _bad(text, "names no folder")
    if obs_root is not None and (obs_root / first[0]).is_dir():
        return _bucket(text, text.lstrip("/"), obs_root)
    if Path("/", first[0]).is_dir():
        return Place(text, local=_clean_local(text, text))
    return _bucket(text, text.lstrip("/"), obs_root)


def _clean_local(text: str, path: str) -> Path:
    if not path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise _bad(text, "is not absolute, or holds '..'")
    return Path(path)


def _bucket(text: str, key: str, obs_root: Path | None) -> Place:
    parts = [part for part in key.split("/") if part]
    if not parts or any(part in (".", "..") for part in parts):
        raise _bad(text, "names no bucket, or holds '..'")
    if obs_root is not None and (obs_root / parts[0]).is_dir():
        return Place(text, local=obs_root.joinpath(*parts))
    return Place(text, remote="/".join(parts))


def _bad(text: str, why: str) -> Exception:
    return refused(
        2791,
        f"The path {text[:200]!r} {why}.",
        hint="Write an absolute local path, file:///folder/, obs://bucket/folder/ or /bucket/folder/.",
    )


# --- object storage ----------------------------------------------------------------------------------------


def fetch(place: Place, target: Path, limits: Limits | None = None) -> Path:
    """A local path with the content of a place: itself, or a copy of what is remote.

    Args:
        place: What is wanted: a folder or a file.
        target: Where a copy goes; must not exist.
        limits: Of the copy; None: none.

    Raises:
        ModelArtsError: It does not exist, cannot be read (2791), or is too much (2759 to 2761).
        MissingExtraError: It is remote, and s3fs is not installed.
    """
    if place.local is not None:
        if not place.local.exists():
            raise refused(2791, f"The path {place.text[:200]!r} does not exist: there is no {str(place.local)!r}.")
        return place.local
    assert place.remote is not None
    system = file_system()
    try:
        return _copy(system, place, place.remote, target, limits)
    # s3fs passes on what botocore raises, whose classes are made at run time.
    except (OSError, ValueError) as err:
        shutil.rmtree(target, ignore_errors=True)
        raise _unreadable(place, err) from err
    except Exception as err:
        shutil.rmtree(target, ignore_errors=True)
        if type(err).__module__.startswith(("botocore", "aiobotocore", "aiohttp")):
            raise _unreadable(place, err) from err
        raise


def _unreadable(place: Place, err: Exception) -> Exception:
    return refused(
        2791,
        f"The path {place.text[:200]!r} cannot be read from the object storage: {type(err).__name__}: {err}",
        hint="Check the path, and AWS_ENDPOINT_URL_S3 and the keys in the environment of the server.",
    )


def _copy(system: Any, place: Place, remote: str, target: Path, limits: Limits | None) -> Path:
    found: dict[str, dict[str, Any]] = system.find(remote, detail=True)
    files = {key: info for key, info in found.items() if not key.endswith("/")}
    if not files:
        raise refused(2791, f"The path {place.text[:200]!r} does not exist: no object begins with {remote!r}.")
    if limits is not None:
        _check_limits(place, remote, files, limits)
    if list(files) == [remote]:  # a single object
        target.mkdir(parents=True)
        system.get_file(remote, str(target / place.name))
        return target / place.name
    for key, relative in _below(files, remote, place):
        path = target.joinpath(*relative.parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        system.get_file(key, str(path))
    return target


def _below(files: dict[str, dict[str, Any]], remote: str, place: Place) -> Iterator[tuple[str, PurePosixPath]]:
    for key in files:
        relative = PurePosixPath(key.removeprefix(remote).lstrip("/"))
        # A key may hold "..": whoever may write to the bucket must not write elsewhere on this machine.
        if ".." in relative.parts or relative.is_absolute():
            raise refused(
                2791, f"The path {place.text[:200]!r} holds the object {key!r}, whose name leaves the folder."
            )
        yield key, relative


def _check_limits(place: Place, remote: str, files: dict[str, dict[str, Any]], limits: Limits) -> None:
    where = f"The code directory {place.text[:200]!r}"
    if len(files) > limits.n_files:
        raise refused(2759, f"{where} holds {len(files):,} files, expected at most {limits.n_files:,}.")
    deepest = max(key.removeprefix(remote).count("/") for key in files)
    if deepest > limits.depth:
        raise refused(2760, f"{where} is {deepest} folders deep, expected at most {limits.depth}.")
    size = sum(int(info.get("size") or 0) for info in files.values())
    if size > limits.size_bytes:
        raise refused(2761, f"{where} holds {size:,} bytes, expected at most {limits.size_bytes:,}.")
