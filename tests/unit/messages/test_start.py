"""The catalogue costs some milliseconds, so it is read when the first message is made, and most commands make none."""

from __future__ import annotations

import subprocess
import sys

import pytest

_EVERY_MODULE = (
    "import pkgutil, scriptune; from importlib import import_module; "
    "[import_module(found.name) for found in pkgutil.walk_packages(scriptune.__path__, 'scriptune.') "
    "if not found.name.endswith('__main__') and '.testing' not in found.name]"
)


_COMMAND = "from scriptune.cli.main import main; main({})"


def _n_read(code: str) -> str:
    look = "from scriptune.messages.catalogue import catalogue; print(catalogue.cache_info().currsize, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; {look}"], capture_output=True, text=True, check=False
    )
    return done.stderr.strip()


_STORED = (
    "from scriptune.messages import message_from_json; "
    "message_from_json({'code': 'common.did_you_mean', 'params': {'name': 'x'}, 'message': 'As it was stored.'})"
)


@pytest.mark.parametrize(
    "code", [_EVERY_MODULE, _COMMAND.format(["--help"]), _STORED], ids=["imports", "help", "stored messages"]
)
def test_the_catalogue_is_not_read_without_need(code: str) -> None:
    assert _n_read(code) == "0"
