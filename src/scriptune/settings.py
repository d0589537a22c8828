"""Settings of one installation: defaults < settings file < environment < flags.

The *home* is the folder with the database, the logs and ``settings.toml``::

    [scriptune]
    database = "postgresql+psycopg://user@host/scriptune"
    max_parallel = 8
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from scriptune.errors import SettingsError
from scriptune.messages import Message, did_you_mean

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
        max_log_bytes: A log that has grown larger loses its middle, once that was read; 0: never.
    """

    home: Path
    database: str
    host: str = "127.0.0.1"
    port: int = 8265
    root_path: str = ""
    max_parallel: int | None = None
    lease_ttl_s: float = 15.0
    sqlite_busy_s: float = 30.0
    max_log_bytes: int = 1_000_000_000

    @property
    def jobs_folder(self) -> Path:
        """Where attempt folders live: ``jobs/<job id>/<number>/<attempt>``."""
        return self.home / "jobs"


@dataclass(frozen=True)
class _Kind:
    """The type of a setting and its numeric bounds."""

    type: type
    code: str
    low: float = -math.inf
    high: float = math.inf


_KINDS: Mapping[str, _Kind] = {
    "database": _Kind(str, "settings.string"),
    "host": _Kind(str, "settings.string"),
    "port": _Kind(int, "settings.port", 0, 65535),
    "root_path": _Kind(str, "settings.string"),
    "max_parallel": _Kind(int, "settings.count", 1),
    # Shorter ones run out between two heartbeats of a busy machine, and jobs change hands for nothing.
    "lease_ttl_s": _Kind(float, "settings.seconds_from_1", 1, 86400),
    "max_log_bytes": _Kind(int, "settings.bytes", 0),
    "sqlite_busy_s": _Kind(float, "settings.seconds", 0, 86400),
}


def load_settings(
    home: str | Path | None = None, *, environ: Mapping[str, str] | None = None, **flags: Any
) -> Settings:
    """Load the settings from all sources; creates no files.

    Args:
        home: The ``--home`` flag.
        environ: Environment; the process' own when None.
        flags: Other flags by field name; None means not given. Anyone who parsed them has checked them.

    Raises:
        SettingsError: A value of the wrong type or out of range, an unknown key in the file, or a file that cannot
            be read.
    """
    environ = os.environ if environ is None else environ
    folder = Path(home or environ.get("SCRIPTUNE_HOME") or ".scriptune").expanduser().absolute()
    values: dict[str, Any] = {}
    values.update(_from_file(folder / "settings.toml"))
    for name in _KINDS:
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
        import tomllib  # here, since there is seldom such a file

        document = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as err:
        raise SettingsError(Message("settings.unreadable", path=path, why=err.strerror)) from err
    except ValueError as err:  # no TOML, or no UTF-8
        raise SettingsError(Message("settings.not_toml", path=path, why=err)) from err
    for name, value in document.items():
        if name != "scriptune" or not isinstance(value, dict):
            raise SettingsError(Message("settings.not_a_table", path=path, name=name))
    values = {}
    for name, value in document.get("scriptune", {}).items():
        if name not in _KINDS:
            raise SettingsError(Message("settings.unknown", path=path, name=name, near=did_you_mean(name, _KINDS)))
        values[name] = _convert(name, value, str(path))
    return values


def _convert(name: str, value: object, place: str) -> str | int | float:
    """Convert a setting from TOML or from an environment variable; only an integer may become a float."""
    kind = _KINDS[name]
    read: object = value
    if (kind.type is float and type(value) is int) or (kind.type is not str and isinstance(value, str)):
        with contextlib.suppress(ValueError, OverflowError):
            read = kind.type(value)
    if type(read) is kind.type and (
        isinstance(read, str) or (isinstance(read, int | float) and kind.low <= read <= kind.high)
    ):
        return read
    raise SettingsError(Message("settings.bad_value", place=place, name=name, value=value, expected=Message(kind.code)))
