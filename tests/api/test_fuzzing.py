"""Schemathesis over the whole API: whatever is sent, no answer is a server error or breaks its schema."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from scriptune.api.app import create_app
from scriptune.core.job import SearchJob
from service import TOKEN, URL, V1
from worlds import World

_CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
_FAST, _MANY = 1, 150  # examples per operation
_N_PARTS = 4  # for workers of xdist
_HEADERS = {"authorization": f"Bearer {TOKEN}", "host": "127.0.0.1"}
_QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
# Values that exist, so that not every request ends at "not found".
_KNOWN = {"job_id": "world", "number": 0, "program_id": "trainer"}


@pytest.fixture(scope="module")
def schema(idle_world: World, idle_done: SearchJob) -> Any:  # Any: the package's own types are not exported
    """The operations of the API, over a finished job, whose trials exist."""
    app = create_app(idle_world.engine, idle_world.settings, TOKEN, run_jobs=False)
    made = schemathesis.openapi.from_asgi(f"{V1}/openapi.json", app, headers=_HEADERS)
    # Streams do not end, which a fuzzer would wait for; tests of their own listen to them.
    return made.exclude(path_regex="/events$")


def _send(case: Any) -> None:
    # Schemathesis writes the list of pairs there as a schema that it then refuses; test_routes checks that answer.
    checks = _CHECKS[:2] if case.path.endswith("/reparse") else _CHECKS
    case.call_and_validate(base_url=URL, headers=_HEADERS, checks=checks)
    known = {name: value for name, value in _KNOWN.items() if name in (case.path_parameters or {})}
    if known and case.method != "DELETE":
        case.path_parameters = {**case.path_parameters, **known}
        case.call_and_validate(base_url=URL, headers=_HEADERS, checks=checks)


def _send_all(schema: Any, part: int, subtests: pytest.Subtests, wanted: settings) -> None:
    """Fuzz each operation of a part.

    Not by ``schema.parametrize``, which makes all requests when tests are collected: seconds in every worker of xdist.
    """
    chosen = schema.include(lambda context: crc32(context.operation.label.encode()) % _N_PARTS == part)
    for made in get_all_tests(schema=chosen, test_func=_send, settings=wanted, given_kwargs=None):
        operation, fuzz = made.ok()
        with subtests.test(operation.label):
            fuzz()


@pytest.mark.parametrize("part", range(_N_PARTS))
def test_no_request_breaks_the_server(schema: Any, part: int, subtests: pytest.Subtests) -> None:
    quick = settings(max_examples=_FAST, suppress_health_check=_QUIET, phases=[Phase.explicit, Phase.generate])
    _send_all(schema, part, subtests, quick)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(_N_PARTS))
def test_many_requests_do_not_break_the_server(schema: Any, part: int, subtests: pytest.Subtests) -> None:
    _send_all(schema, part, subtests, settings(max_examples=_MANY, suppress_health_check=_QUIET))
