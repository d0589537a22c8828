from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from scriptune.errors import PermissionDeniedError
from scriptune.modelarts.signature import (
    CLOCK_WINDOW,
    Authorization,
    Signed,
    canonical_request,
    check_signature,
    sign,
)

DATE = "20260102T030405Z"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAMES = ("content-type", "host", "user-agent", "x-project-id", "x-sdk-date")
HEADERS = {"host": "127.0.0.1:8080", "user-agent": "ua/1", "x-project-id": "proj0", "x-sdk-date": DATE}
GET = Signed(
    "GET",
    "/v2/proj0/algorithms",
    "limit=5&offset=0&searches=name%3Aalg",
    {**HEADERS, "content-type": "application/json"},
    b"",
)
POST = Signed(
    "POST",
    "/v2/proj0/training-jobs/j1/actions",
    "",
    {**HEADERS, "content-type": "application/json;charset=utf-8"},
    b'{"action_type": "terminate"}',
)
# Computed by the vendor's client for these requests, with the access key AKEXAMPLE and the secret key SKEXAMPLE.
VECTORS = [
    (
        GET,
        "3740929aad2be8f607d9302abd40b0e25911daba54ed020dbf60eef846a550c0",
        "360fea62dedb4f022db5c0e41aa6dcec0e4492d894435d4ff588243f1caa3651",
    ),
    (
        POST,
        "1a7554249341bac4ebc8dde3b9779756b1b70363c232370f8ee9dcdf08d24e67",
        "687f6ed4cb1f4a027b2c8106f0f3dd78d2788e70667042926b8b30e210969a47",
    ),
]


def _authorization(request: Signed, names: tuple[str, ...] = NAMES, secret: str = "SKEXAMPLE") -> Authorization:
    return Authorization(
        "AKEXAMPLE", names, sign(canonical_request(request, names), secret, request.headers[DATE_NAME])
    )


DATE_NAME = "x-sdk-date"


@pytest.mark.parametrize(("request_", "canonical_hash", "signature"), VECTORS, ids=["get", "post"])
def test_the_clients_own_signatures_come_out(request_: Signed, canonical_hash: str, signature: str) -> None:
    canonical = canonical_request(request_, NAMES)
    assert hashlib.sha256(canonical.encode()).hexdigest() == canonical_hash
    assert sign(canonical, "SKEXAMPLE", DATE) == signature
    check_signature(request_, Authorization("AKEXAMPLE", NAMES, signature), "SKEXAMPLE", NOW)


@pytest.mark.parametrize(
    "changed",
    [
        Signed("PUT", POST.raw_path, "", POST.headers, POST.body),
        Signed("POST", "/v2/proj0/training-jobs/j2/actions", "", POST.headers, POST.body),
        Signed("POST", POST.raw_path, "a=1", POST.headers, POST.body),
        Signed("POST", POST.raw_path, "", {**POST.headers, "x-project-id": "proj1"}, POST.body),
        Signed("POST", POST.raw_path, "", POST.headers, b'{"action_type":"terminate"}'),
    ],
    ids=["method", "path", "query", "header", "body"],
)
def test_whatever_is_changed_breaks_the_signature(changed: Signed) -> None:
    with pytest.raises(PermissionDeniedError, match="does not match"):
        check_signature(changed, _authorization(POST), "SKEXAMPLE", NOW)


def test_another_secret_breaks_the_signature() -> None:
    with pytest.raises(PermissionDeniedError, match="does not match"):
        check_signature(POST, _authorization(POST, secret="other"), "SKEXAMPLE", NOW)


@pytest.mark.parametrize("off", [CLOCK_WINDOW, -CLOCK_WINDOW])
def test_a_request_is_good_for_fifteen_minutes_and_no_longer(off: timedelta) -> None:
    check_signature(POST, _authorization(POST), "SKEXAMPLE", NOW + off)
    beyond = NOW + off + timedelta(seconds=1 if off > timedelta() else -1)
    with pytest.raises(PermissionDeniedError, match="15 minutes"):
        check_signature(POST, _authorization(POST), "SKEXAMPLE", beyond)


def test_host_and_date_must_be_signed() -> None:
    for name in ("host", "x-sdk-date"):
        names = tuple(other for other in NAMES if other != name)
        with pytest.raises(PermissionDeniedError, match=name):
            check_signature(POST, _authorization(POST, names), "SKEXAMPLE", NOW)


def test_a_signed_header_that_is_gone_is_named() -> None:
    headers = {name: value for name, value in POST.headers.items() if name != "user-agent"}
    changed = Signed("POST", POST.raw_path, "", headers, POST.body)
    with pytest.raises(PermissionDeniedError, match="user-agent"):
        check_signature(changed, _authorization(POST), "SKEXAMPLE", NOW)


@pytest.mark.parametrize("date", ["", "yesterday", "2026-01-02T03:04:05Z"])
def test_a_date_that_is_none_is_refused(date: str) -> None:
    request = Signed("GET", GET.raw_path, "", {**GET.headers, "x-sdk-date": date}, b"")
    with pytest.raises(PermissionDeniedError, match="X-Sdk-Date"):
        check_signature(request, _authorization(request), "SKEXAMPLE", NOW)


def test_a_named_hash_stands_for_the_body_only_when_it_is_the_bodys() -> None:
    names = (*NAMES, "x-sdk-content-sha256")
    right = hashlib.sha256(POST.body).hexdigest()
    good = Signed("POST", POST.raw_path, "", {**POST.headers, "x-sdk-content-sha256": right}, POST.body)
    check_signature(good, _authorization(good, names), "SKEXAMPLE", NOW)
    for named in ("UNSIGNED-PAYLOAD", "0" * 64):
        bad = Signed("POST", POST.raw_path, "", {**POST.headers, "x-sdk-content-sha256": named}, POST.body)
        with pytest.raises(PermissionDeniedError, match="hash of the body"):
            check_signature(bad, _authorization(bad, names), "SKEXAMPLE", NOW)


def test_paths_are_decoded_then_split_then_encoded() -> None:
    request = Signed("GET", "/v2/p/a%2Fb%20c/%7e", "b=2&a=%2B&a=", {**HEADERS}, b"")
    lines = canonical_request(request, ("host",)).split("\n")
    assert lines[1:3] == ["/v2/p/a/b%20c/~/", "a=&a=%2B&b=2"]


@pytest.mark.parametrize(
    "header",
    [
        "SDK-HMAC-SM3 Access=a, SignedHeaders=host, Signature=0",
        "V11-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=0",
        "Bearer abc",
        "SDK-HMAC-SHA256",
        "SDK-HMAC-SHA256 Access=a, Signature=0",
        "anything",
    ],
)
def test_other_algorithms_and_half_headers_are_refused(header: str) -> None:
    with pytest.raises(PermissionDeniedError):
        Authorization.parse(header)
