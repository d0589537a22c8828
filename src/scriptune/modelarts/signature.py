r"""Verify request signatures ``SDK-HMAC-SHA256``.

    canonical  METHOD \n URI \n QUERY \n HEADERS \n SIGNED \n HASH
    to_sign    "SDK-HMAC-SHA256" \n X-Sdk-Date \n hex(SHA-256(canonical))
    signature  hex(HMAC-SHA256(secret key, to_sign))

There is no derived key and no region or service in it. The bytes of the body are hashed as they came: a body that
was parsed and written again has other blanks, and another hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from scriptune.errors import PermissionDeniedError
from scriptune.messages import Message

__all__ = [
    "ALGORITHM",
    "CLOCK_WINDOW",
    "Authorization",
    "Signed",
    "canonical_request",
    "check_freshness",
    "check_signature",
    "sign",
]

ALGORITHM = "SDK-HMAC-SHA256"
CLOCK_WINDOW = timedelta(minutes=15)
"""How far a request's date may be off: what a recorder of requests has time for, and clocks need."""

_DATE_HEADER = "x-sdk-date"
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_HASH_HEADER = "x-sdk-content-sha256"
_REQUIRED = ("host", _DATE_HEADER)
_UNRESERVED = "-_.~"
_FIELD = re.compile(r"(Access|SignedHeaders|Signature)=([^,\s]+)")


@dataclass(frozen=True)
class Authorization:
    """The parts of an ``Authorization`` header."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str

    @classmethod
    def parse(cls, header: str) -> Authorization:
        """Parse an ``Authorization`` header.

        Raises:
            PermissionDeniedError: Another algorithm, or a part is missing.
        """
        algorithm, _, rest = header.strip().partition(" ")
        if algorithm != ALGORITHM:
            raise PermissionDeniedError(
                Message("modelarts.other_signature", algorithm=algorithm[:40], expected=ALGORITHM)
            )
        fields = dict(_FIELD.findall(rest))
        if len(fields) != 3:
            raise PermissionDeniedError(Message("modelarts.signature_fields", fields=sorted(fields)))
        names = tuple(fields["SignedHeaders"].lower().split(";"))
        return cls(fields["Access"], names, fields["Signature"])


@dataclass(frozen=True)
class Signed:
    """A request as received over the network.

    Attributes:
        method: Upper case.
        raw_path: Percent-encoded as sent, without the query.
        raw_query: As sent, without ``?``.
        headers: Lower-case name -> value.
        body: The bytes.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes


def canonical_request(request: Signed, signed_headers: tuple[str, ...]) -> str:
    """The canonical request string, whose hash is signed."""
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in signed_headers)
    body_hash = request.headers.get(_HASH_HEADER) or hashlib.sha256(request.body).hexdigest()
    return "\n".join(
        (
            request.method,
            _canonical_path(request.raw_path),
            _canonical_query(request.raw_query),
            headers,
            ";".join(signed_headers),
            body_hash,
        )
    )


def sign(canonical: str, secret_key: str, date: str) -> str:
    """The signature of a canonical request, 64 hexadecimal digits."""
    to_sign = "\n".join((ALGORITHM, date, hashlib.sha256(canonical.encode()).hexdigest()))
    return hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def check_freshness(request: Signed, authorization: Authorization, now: datetime) -> None:
    """Reject a request by its head alone: signed headers missing, or too old.

    Raises:
        PermissionDeniedError: The signature is not accepted, for the reason stated.
    """
    for name in _REQUIRED:
        if name not in authorization.signed_headers:
            raise PermissionDeniedError(Message("modelarts.header_not_signed", name=name))
    missing = [name for name in authorization.signed_headers if name not in request.headers]
    if missing:
        raise PermissionDeniedError(Message("modelarts.header_missing", name=missing[0][:60]))
    _check_date(request.headers[_DATE_HEADER], now)


def check_signature(request: Signed, authorization: Authorization, secret_key: str, now: datetime) -> None:
    """Reject a request that was not signed with the key, or not recently.

    Raises:
        PermissionDeniedError: The signature is not accepted, for the reason stated.
    """
    check_freshness(request, authorization, now)
    _check_body_hash(request)
    canonical = canonical_request(request, authorization.signed_headers)
    expected = sign(canonical, secret_key, request.headers[_DATE_HEADER])
    if not hmac.compare_digest(expected.encode(), authorization.signature.encode()):
        raise PermissionDeniedError(
            Message("modelarts.wrong_signature"),
            hint=Message("modelarts.check_secret"),
        )


def _check_date(text: str, now: datetime) -> None:
    try:
        date = datetime.strptime(text, _DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError as err:
        raise PermissionDeniedError(Message("modelarts.bad_date", text=text[:40])) from err
    if abs(now - date) > CLOCK_WINDOW:
        minutes = CLOCK_WINDOW.total_seconds() / 60
        raise PermissionDeniedError(
            Message("modelarts.signed_long_ago", text=text, minutes=f"{minutes:.0f}", now=now.strftime(_DATE_FORMAT)),
            hint=Message("modelarts.set_clocks"),
        )


def _check_body_hash(request: Signed) -> None:
    """Reject a request whose stated body hash differs from that of its body."""
    named = request.headers.get(_HASH_HEADER)
    if named is not None and not hmac.compare_digest(
        named.lower().encode(), hashlib.sha256(request.body).hexdigest().encode()
    ):
        # UNSIGNED-PAYLOAD is refused too: nothing in this API needs it, and it would let a body be exchanged.
        raise PermissionDeniedError(Message("modelarts.wrong_hash"))


def _canonical_path(raw_path: str) -> str:
    # Decoded before it is split, as the client does: an encoded slash becomes a separator.
    parts = unquote(raw_path).split("/")
    path = "/".join(quote(part, safe=_UNRESERVED) for part in parts)
    return path if path.endswith("/") else path + "/"


def _canonical_query(raw_query: str) -> str:
    pairs = [part.partition("=") for part in raw_query.split("&") if part]
    decoded = sorted((unquote(name), unquote(value)) for name, _, value in pairs)
    return "&".join(f"{quote(n, safe=_UNRESERVED)}={quote(v, safe=_UNRESERVED)}" for n, v in decoded)
