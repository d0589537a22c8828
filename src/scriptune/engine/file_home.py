"""Find the home that contains the files of a database's jobs.

A home with its own SQLite file is complete. A database that several homes can name (PostgreSQL, or a SQLite file
elsewhere) remembers the home that used it first: the attempt folders there are the other half of the record, so
every process that runs its jobs must use that folder, whatever its own home is. A home is known by the id in its file
``installation``, not by its path: it may be mounted elsewhere on another machine.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scriptune.engine.private_files import create_private
from scriptune.errors import ConflictError, NotFoundError, SettingsError
from scriptune.messages import Message
from scriptune.settings import Settings
from scriptune.storage.base import Storage
from scriptune.storage.opening import shown_url, sqlite_path

__all__ = ["files_home"]

_log = logging.getLogger(__name__)

_FILE = "installation"
_KIND, _KEY = "installation", "home"


def files_home(storage: Storage, settings: Settings, *, read_only: bool = False) -> Path:
    """The home whose folders contain the files of a database's jobs; for a new database, this one.

    Args:
        storage: The database.
        settings: Where things are.
        read_only: Note nothing in the database.

    Raises:
        SettingsError: They lie on another machine, in a folder that is not reachable here.
    """
    if _is_complete(settings):
        return settings.home
    known = _known(storage)
    if known is None:
        if read_only:
            return settings.home  # nothing was run here yet
        known = _register(storage, settings.home)
    mine = _id_of(settings.home)
    if mine == known["id"]:
        if known["path"] != str(settings.home) and not read_only:  # moved, or mounted elsewhere
            _remember(storage, settings.home, known["id"])
        return settings.home
    theirs = Path(known["path"])
    if _id_of(theirs) == known["id"]:
        _log.warning(
            "the database's jobs have their files in %s; they are used, not those in %s", theirs, settings.home
        )
        return theirs
    if theirs == settings.home and known["host"] == os.uname().nodename:
        # Someone removed this very home; the files of the jobs are gone with it.
        _log.warning("the home %s of the database was removed; a new one is made", theirs)
        if not read_only:
            _remember(storage, settings.home, mine or _new_id(settings.home))
        return settings.home
    raise SettingsError(
        Message(
            "home.other_machine",
            url=shown_url(settings.database),
            path=known["path"],
            host=known["host"],
            home=str(settings.home),
        ),
        hint=Message("home.share_one", id=known["id"], file=settings.home / _FILE),
    )


def _is_complete(settings: Settings) -> bool:
    if settings.database.startswith("memory:"):
        return True
    path = sqlite_path(settings.database)
    return path is not None and path.parent == settings.home


def _known(storage: Storage) -> Mapping[str, Any] | None:
    try:
        return storage.get_item(_KIND, _KEY)
    except NotFoundError:
        return None


def _register(storage: Storage, home: Path) -> Mapping[str, Any]:
    row = _row(home, _id_of(home) or _new_id(home))
    try:
        storage.put_item(_KIND, _KEY, row, expect_absent=True)
    except ConflictError:  # another process was quicker
        return storage.get_item(_KIND, _KEY)
    return row


def _remember(storage: Storage, home: Path, installation: str) -> None:
    storage.put_item(_KIND, _KEY, _row(home, installation))


def _row(home: Path, installation: str) -> dict[str, str]:
    return {"id": installation, "path": str(home), "host": os.uname().nodename}


def _id_of(home: Path) -> str | None:
    try:
        return (home / _FILE).read_text("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _new_id(home: Path) -> str:
    create_private(home / _FILE, f"{uuid.uuid4()}\n")
    # What is there now, should two processes have made it at once.
    made = _id_of(home)
    assert made is not None
    return made
