"""Locations of code and data: local folders, and buckets of an object storage.

    /data/mnist, file:///data/mnist     a local path, when its first folder exists on this machine
    obs://b/k/, s3://b/k/, /b/k/        key ``k/`` of bucket ``b``

With a folder for buckets (`ModelArtsOptions.obs_root`), a bucket that has a sub-folder there is that sub-folder, and
nothing leaves the machine. Else buckets are reached with s3fs; endpoint and keys come from the usual variables of
Amazon's tools (``AWS_ENDPOINT_URL_S3``, ``AWS_ACCESS_KEY_ID``, ...), and the programs inherit them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from scriptune.messages import Message
from scriptune.modelarts.errors import refused

__all__ = ["Place", "find_place"]

_REMOTE_SCHEMES = ("obs", "s3")


@dataclass(frozen=True)
class Place:
    """A path as sent, resolved to a local or remote location.

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
        """The last component of the path."""
        return PurePosixPath(str(self.local or self.remote)).name


def find_place(text: str, obs_root: Path | None) -> Place:
    """Resolve a path to a local or remote location.

    Args:
        text: As sent.
        obs_root: Folder whose sub-folders stand for buckets.

    Raises:
        ModelArtsError: It is not a path (2791).
    """
    if "\0" in text or not text.strip():
        raise _bad(text, Message("modelarts.path_empty"))
    scheme, colon, _ = text.partition("://")
    if colon:
        parts = urlsplit(text)
        if scheme == "file":
            if parts.netloc not in ("", "localhost"):
                raise _bad(text, Message("modelarts.path_host", host=parts.netloc))
            return Place(text, local=_clean_local(text, unquote(parts.path)))
        if scheme not in _REMOTE_SCHEMES:
            raise _bad(text, Message("modelarts.path_scheme", scheme=scheme))
        # Not unquoted, and ? and # belong to the key: object storages have no query in their addresses.
        return _bucket(text, text.partition("://")[2], obs_root)
    if not text.startswith("/"):
        raise _bad(text, Message("modelarts.path_relative"))
    first = PurePosixPath(text).parts[1:2]
    if not first:
        raise _bad(text, Message("modelarts.path_no_folder"))
    if obs_root is not None and (obs_root / first[0]).is_dir():
        return _bucket(text, text.lstrip("/"), obs_root)
    if Path("/", first[0]).is_dir():
        return Place(text, local=_clean_local(text, text))
    return _bucket(text, text.lstrip("/"), obs_root)


def _clean_local(text: str, path: str) -> Path:
    if not path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise _bad(text, Message("modelarts.path_above"))
    return Path(path)


def _bucket(text: str, key: str, obs_root: Path | None) -> Place:
    parts = [part for part in key.split("/") if part]
    if not parts or any(part in (".", "..") for part in parts):
        raise _bad(text, Message("modelarts.path_no_bucket"))
    if obs_root is not None and (obs_root / parts[0]).is_dir():
        return Place(text, local=obs_root.joinpath(*parts))
    return Place(text, remote="/".join(parts))


def _bad(text: str, why: str) -> Exception:
    return refused(
        2791,
        Message("modelarts.bad_path", path=text[:200], why=why),
        hint=Message("modelarts.write_path"),
    )
