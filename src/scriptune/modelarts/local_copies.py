"""Code and inputs of a job: located when the job is created; remote ones are copied before the first trial.

A request is answered as soon as it is known that everything is there; `fetch_and_run` copies in front of the first
trial. Copies lie in the job's own folder, so they go with the job, whichever front end deletes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scriptune.errors import ScriptuneError
from scriptune.messages import Message
from scriptune.modelarts.errors import refused
from scriptune.modelarts.object_storage import file_system, holds_objects, relative_name, sizes
from scriptune.modelarts.places import Place

__all__ = ["CODE_LIMITS", "Limits", "Located", "locate", "locate_code", "write_copies"]

_COPIES = "copies.json"


@dataclass(frozen=True)
class Limits:
    """Limits on the amount of data to copy.

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
class Located:
    """Code or data that was found.

    Attributes:
        path: Where programs find it, before the first of them runs.
        remote: ``bucket/key`` that is copied until then; None: it is there already.
        target: The folder that the copy goes to.
        names: Files of remote code, relative to its folder.
    """

    path: Path
    remote: str | None = None
    target: Path | None = None
    names: frozenset[str] = frozenset()

    def has_file(self, name: str) -> bool:
        """Whether the code directory contains a file."""
        return str(PurePosixPath(name)) in self.names if self.remote is not None else (self.path / name).is_file()


def locate(place: Place, target: Path) -> Located:
    """Locate data: a folder or a file.

    Args:
        place: Its location.
        target: The folder for a copy if it is remote.

    Raises:
        ModelArtsError: It does not exist, or cannot be read (2791).
        MissingExtraError: It is remote, and s3fs is not installed.
    """
    if place.remote is None:
        return Located(_existing(place))
    with _reading(place):
        system = file_system(quick=True)
        if holds_objects(system, place.remote):
            return Located(target, place.remote, target)
        if "/" in place.remote and system.isfile(place.remote):
            return Located(target / place.name, place.remote, target)
    raise _absent(place)


def locate_code(place: Place, target: Path, limits: Limits = CODE_LIMITS) -> Located:
    """Locate a code directory.

    Args:
        place: Its location.
        target: The folder for a copy if it is remote.
        limits: Of the copy.

    Raises:
        ModelArtsError: It does not exist, cannot be read (2791), is not a folder (2757), or is too much (2759 to 2761).
        MissingExtraError: It is remote, and s3fs is not installed.
    """
    if place.remote is None:
        path = _existing(place)
        if not path.is_dir():
            raise _no_folder(place)
        return Located(path)
    with _reading(place):
        files = sizes(file_system(quick=True), place.remote)
        if place.remote in files:
            raise _no_folder(place)
        names = {str(relative_name(key, place.remote)): size for key, size in files.items()}
    if not names:
        raise _absent(place)
    _check_limits(place, names, limits)
    return Located(target, place.remote, target, frozenset(names))


def write_copies(folder: Path, found: Sequence[Located]) -> Path | None:
    """Write the list of what to copy before the first trial; None if there is nothing to copy.

    The targets are made: a program's working directory has to be there when it is started.
    """
    copies = [{"remote": one.remote, "target": str(one.target)} for one in found if one.remote is not None]
    if not copies:
        return None
    for copy in copies:
        Path(str(copy["target"])).mkdir(parents=True, exist_ok=True)
    path = folder / _COPIES
    path.write_text(json.dumps(copies, indent=1), "utf-8")
    return path


def _existing(place: Place) -> Path:
    assert place.local is not None
    if not place.local.exists():
        raise refused(2791, Message("modelarts.no_path", path=place.text[:200], local=str(place.local)))
    return place.local


def _absent(place: Place) -> Exception:
    return refused(2791, Message("modelarts.no_object", path=place.text[:200], remote=place.remote))


def _no_folder(place: Place) -> Exception:
    return refused(2757, Message("modelarts.not_a_folder", path=place.text[:200]))


@contextmanager
def _reading(place: Place) -> Iterator[None]:
    """Context manager that turns any object-storage error into "path cannot be read"."""
    try:
        yield
    except ScriptuneError:
        raise
    # s3fs passes on what botocore raises, whose classes are made at run time.
    except Exception as err:
        is_theirs = type(err).__module__.startswith(("botocore", "aiobotocore", "aiohttp"))
        if not is_theirs and not isinstance(err, (OSError, ValueError)):
            raise
        raise refused(
            2791,
            Message("modelarts.cannot_read_object", path=place.text[:200], kind=type(err).__name__, why=err),
            hint=Message("modelarts.check_endpoint"),
        ) from err


def _check_limits(place: Place, names: Mapping[str, int], limits: Limits) -> None:
    where = f"The code directory {place.text[:200]!r}"
    if len(names) > limits.n_files:
        raise refused(2759, Message("modelarts.too_many_files", where=where, n=len(names), most=limits.n_files))
    deepest = max(len(PurePosixPath(name).parts) - 1 for name in names)
    if deepest > limits.depth:
        raise refused(2760, Message("modelarts.too_deep", where=where, n=deepest, most=limits.depth))
    size = sum(names.values())
    if size > limits.size_bytes:
        raise refused(2761, Message("modelarts.too_many_bytes", where=where, n=size, most=limits.size_bytes))
