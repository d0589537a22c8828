"""Settings of the compatible API, from the environment of the server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scriptune.errors import SettingsError
from scriptune.messages import Message

__all__ = ["ModelArtsOptions", "read_options"]


@dataclass(frozen=True)
class ModelArtsOptions:
    """Settings of the compatible API.

    Attributes:
        obs_root: Folder whose sub-folders stand for buckets (``SCRIPTUNE_OBS_ROOT``); None: buckets are remote.
        python: What boot files are run with (``SCRIPTUNE_MODELARTS_PYTHON``): a name on PATH or a path.
        config_as_text: Whether the cell ``config`` of a table is JSON text (``SCRIPTUNE_MODELARTS_CONFIG=text``)
            instead of an object, which the official client turns into a string that is neither JSON nor Python.
    """

    obs_root: Path | None = None
    python: str = "python3"
    config_as_text: bool = False


def read_options(environ: Mapping[str, str] | None = None) -> ModelArtsOptions:
    """Read the current settings from the environment.

    Raises:
        SettingsError: A value is invalid.
    """
    environ = os.environ if environ is None else environ
    root = environ.get("SCRIPTUNE_OBS_ROOT")
    config = environ.get("SCRIPTUNE_MODELARTS_CONFIG", "object")
    if config not in ("object", "text"):
        raise SettingsError(Message("modelarts.bad_config", config=config))
    if root and not Path(root).is_absolute():
        raise SettingsError(Message("modelarts.bad_obs_root", root=root))
    return ModelArtsOptions(
        Path(root) if root else None,
        environ.get("SCRIPTUNE_MODELARTS_PYTHON") or "python3",
        config == "text",
    )
