"""Settings of one installation: defaults < settings file < environment < flags.

The *home* is the folder with the database, the logs and ``settings.toml``::

    [scriptune]
    database = "postgresql+psycopg://user@host/scriptune"
    max_parallel = 8
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from scriptune.errors import SettingsError, closest

__all__ = ["Settings", "load_settings"]


@dataclass(frozen=True)
class Settings:
    """All settings.

    Attributes:
        home: Absolute folder of this installation.
        database: SQLAlchemy URL.
        host, port: Where ``serve`` listens.
        root_path: URL prefix behind a reverse proxy.
        max_parallel: Trials at once over all jobs of one process; None: each job's own limit only.
        lease_ttl_s: A job whose owner has been silent this long may be taken over.
        sqlite_busy_s: How long to wait for another process' write.
    """

    home: Path
    database: str
    host: str = "127.0.0.1"
    port: int = 8265
    root_path: str = ""
    max_parallel: int | None = None
    lease_ttl_s: float = 15.0
    sqlite_busy_s: float = 30.0

    @property
    def jobs_folder(self) -> Path:
        """Where attempt folders live: ``jobs/<job id>/<number>/<attempt>``."""
        return self.home / "jobs"


_KINDS = {str: "a text", int: "a whole number", float: "a number"}
_TYPES: Mapping[str, type] = {
    "database": str,
    "host": str,
    "port": int,
    "root_path": str,
    "max_parallel": int,
    "lease_ttl_s": float,
    "sqlite_busy_s": float,
}


def load_settings(
    home: str | Path | None = None, *, environ: Mapping[str, str] | None = None, **flags: Any
) -> Settings:
    """Collect the settings; nothing is created.

    Args:
        home: The ``--home`` flag.
        environ: Environment; the process' own when None.
        flags: Other flags by field name; None means not given.

    Raises:
        SettingsError: A value of the wrong type, or an unknown key in the file.
    """
    environ = os.environ if environ is None else environ
    folder = Path(home or environ.get("SCRIPTUNE_HOME") or ".scriptune").expanduser().absolute()
    values: dict[str, Any] = {}
    values.update(_from_file(folder / "settings.toml"))
    for name in _TYPES:
        variable = f"SCRIPTUNE_{name.upper()}"
        if environ.get(variable):
            values[name] = _convert(name, environ[variable], variable)
    values.update({name: value for name, value in flags.items() if value is not None})
    database = values.pop("database", None) or f"sqlite:///{folder / 'scriptune.db'}"
    settings = Settings(home=folder, database=database)
    unknown = values.keys() - {f.name for f in fields(Settings)}
    assert not unknown, unknown
    return replace(settings, **values)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as err:
        raise SettingsError(f"{path} cannot be read: {err.strerror}.") from err
    try:
        table = tomllib.loads(text).get("scriptune", {})
    except tomllib.TOMLDecodeError as err:
        raise SettingsError(f"{path} is no TOML: {err}.") from err
    values = {}
    for name, value in table.items():
        if name not in _TYPES:
            raise SettingsError(f"{path}: unknown setting {name!r}.{closest(name, _TYPES)}")
        values[name] = _convert(name, value, str(path))
    return values


def _convert(name: str, value: Any, place: str) -> Any:
    wanted = _TYPES[name]
    try:
        if isinstance(value, bool):
            raise ValueError
        return wanted(value)
    except (TypeError, ValueError) as err:
        raise SettingsError(f"{place}: {name} is {value!r}, expected {_KINDS[wanted]}.") from err
