from __future__ import annotations

from pathlib import Path

import pytest

from scriptune.errors import SettingsError
from scriptune.modelarts.options import ModelArtsOptions, read_options


def test_without_variables_the_defaults_hold() -> None:
    assert read_options({}) == ModelArtsOptions(None, "python3", False)


def test_variables_are_read() -> None:
    environ = {
        "SCRIPTUNE_OBS_ROOT": "/srv/buckets",
        "SCRIPTUNE_MODELARTS_PYTHON": "python3.11",
        "SCRIPTUNE_MODELARTS_CONFIG": "text",
    }
    assert read_options(environ) == ModelArtsOptions(Path("/srv/buckets"), "python3.11", True)


@pytest.mark.parametrize("name", ["SCRIPTUNE_OBS_ROOT", "SCRIPTUNE_MODELARTS_CONFIG"])
def test_what_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_options({name: "somewhere"})
