"""Schemathesis over the whole API: whatever is sent, no answer is a server error or breaks its schema."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from memory import memory_storage
from scriptune.api.app import create_app
from service import TOKEN, URL, V1
from worlds import World

_CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
_FAST, _MANY = 1, 150  # examples per operation
_QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
# Values that exist, so that not every request ends at "not found".
_KNOWN = {"job_id": "world", "number": 0, "program_id": "trainer"}


_home = tempfile.mkdtemp(prefix="scriptune-fuzz-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
_world = World(Path(_home), memory_storage())


@pytest.fixture(scope="module", autouse=True)
def done() -> None:
    """A finished job, whose trials exist."""
    _world.run(_world.submit())


def _make_schema() -> Any:  # Any: the package's own types are not exported
    app = create_app(_world.engine, _world.settings, TOKEN, run_jobs=False)
    headers = {"authorization": f"Bearer {TOKEN}", "host": "127.0.0.1"}
    schema = schemathesis.openapi.from_asgi(f"{V1}/openapi.json", app, headers=headers)
    # Streams do not end, which a fuzzer would wait for; tests of their own listen to them.
    return schema.exclude(path_regex="/events$")


# The operations are the parameters of the tests, so the application is made when they are collected; nothing runs then.
_schema = _make_schema()


def _send(case: Any) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "host": "127.0.0.1"}
    # Schemathesis writes the list of pairs there as a schema that it then refuses; test_routes checks that answer.
    checks = _CHECKS[:2] if case.path.endswith("/reparse") else _CHECKS
    case.call_and_validate(base_url=URL, headers=headers, checks=checks)
    known = {name: value for name, value in _KNOWN.items() if name in (case.path_parameters or {})}
    if known and case.method != "DELETE":
        case.path_parameters = {**case.path_parameters, **known}
        case.call_and_validate(base_url=URL, headers=headers, checks=checks)


@_schema.parametrize()
@settings(max_examples=_FAST, suppress_health_check=_QUIET, phases=[Phase.explicit, Phase.generate])
def test_no_request_breaks_the_server(case: Any) -> None:
    _send(case)


@pytest.mark.slow
@_schema.parametrize()
@settings(max_examples=_MANY, suppress_health_check=_QUIET)
def test_many_requests_do_not_break_the_server(case: Any) -> None:
    _send(case)
