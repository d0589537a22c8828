"""The catalogue costs some milliseconds, so it is read when the first message is made, and most commands make none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_EVERY_MODULE = (
    "import pkgutil, scriptune; from importlib import import_module; "
    "[import_module(found.name) for found in pkgutil.walk_packages(scriptune.__path__, 'scriptune.') "
    "if not found.name.endswith('__main__') and '.testing' not in found.name]"
)


def _commands(home: Path, *argv: str) -> str:
    return f"from scriptune.cli.main import main; main(['--home', {str(home)!r}, *{argv!r}])"


@pytest.mark.parametrize(
    "code",
    [
        _EVERY_MODULE,
        _commands(Path("/nonexistent"), "--help"),
        _commands(Path("/nonexistent"), "--version"),
        _commands(Path("/nonexistent"), "ls"),
    ],
    ids=["imports", "help", "version", "ls"],
)
def test_the_catalogue_is_not_read_without_need(code: str) -> None:
    look = "; from scriptune.messages.catalogue import catalogue as c; print(c.cache_info().currsize, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}{look}"], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1:] == ["0"], done.stderr
