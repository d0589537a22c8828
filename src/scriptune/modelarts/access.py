"""Authenticate requests of the compatible API: by ``X-Auth-Token``, else by signature.

The token is the server's own (every project), or ``ACCESSKEY.SECRETKEY`` of an access key (its project).
"""

from __future__ import annotations

import hmac
import re
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from scriptune.api.connections import mark_known
from scriptune.api.service import Caller, Service, service_of
from scriptune.engine.keys import AccessKey, Role
from scriptune.errors import NotFoundError, PermissionDeniedError
from scriptune.messages import Message
from scriptune.modelarts.errors import refused
from scriptune.modelarts.signature import Authorization, Signed, check_freshness, check_signature

__all__ = ["authenticate"]

_READING_POSTS = re.compile(r"/training-job-searches/?$")
_PROJECT = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


async def authenticate(request: Request) -> Caller:
    """Authenticate a request and store its caller as ``request.state.caller``.

    Raises:
        PermissionDeniedError: Neither a good token nor a good signature (401).
        ModelArtsError: A wrong token (403), another project's key (404), a viewer who wants to change something (403).
    """
    # Unauthenticated callers are refused before the body is read: many large bodies at once would fill the memory.
    known = await run_in_threadpool(_claimed, request)
    caller = known if isinstance(known, Caller) else await _verified(request, *known)
    mark_known(request.scope.get("state"))
    _check_project(request.path_params.get("project_id", ""), caller)
    reads = request.method in ("GET", "HEAD") or _READING_POSTS.search(request.url.path) is not None
    if caller.role is Role.VIEWER and not reads:
        raise refused(2784, Message("modelarts.viewer"))
    request.state.caller = caller
    return caller


def _claimed(request: Request) -> Caller | tuple[Authorization, AccessKey]:
    """The caller with a valid token, or the access key and signature that the request claims."""
    service = service_of(request)
    token = request.headers.get("x-auth-token")
    if token:
        return _by_token(request, service, token)
    header = request.headers.get("authorization")
    if not header:
        raise PermissionDeniedError(Message("modelarts.no_signature"))
    authorization = Authorization.parse(header)
    try:
        key = service.keys.find(authorization.access_key)
    except NotFoundError as err:
        # The reason is not revealed: an unauthenticated client must not learn whether a key exists.
        raise PermissionDeniedError(Message("modelarts.unknown_key")) from err
    _refuse_repeated(request, authorization)
    check_freshness(_signed(request, b""), authorization, service.engine.clock())
    return authorization, key


async def _verified(request: Request, authorization: Authorization, key: AccessKey) -> Caller:
    signed = _signed(request, await request.body())
    now = service_of(request).engine.clock()
    await run_in_threadpool(check_signature, signed, authorization, key.secret_key, now)
    return Caller("key", key.role, key.project)


def _by_token(request: Request, service: Service, token: str) -> Caller:
    if hmac.compare_digest(token.encode(), request.app.state.token.encode()):
        return Caller("token", Role.ADMIN)
    access_key, _, secret_key = token.partition(".")
    try:
        key = service.keys.check(access_key, secret_key)
    except NotFoundError as err:
        raise refused(2784, Message("modelarts.bad_token")) from err
    return Caller("key", key.role, key.project)


def _refuse_repeated(request: Request, authorization: Authorization) -> None:
    """Reject repeated headers: two readers may see different values, and only one is signed."""
    for name in ("authorization", *authorization.signed_headers):
        if len(request.headers.getlist(name)) > 1:
            raise PermissionDeniedError(Message("modelarts.repeated_header", name=name[:60]))


def _signed(request: Request, body: bytes) -> Signed:
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return Signed(
        method=request.method,
        raw_path=raw_path.decode("latin-1").partition("?")[0],
        raw_query=request.scope["query_string"].decode("latin-1"),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )


def _check_project(project: str, caller: Caller) -> None:
    if not _PROJECT.match(project):
        raise refused(
            2786,
            Message("modelarts.bad_project", project=unquote(project)[:80]),
            hint=Message("modelarts.give_project"),
        )
    if caller.project is not None and caller.project != project:
        raise refused(2786, Message("modelarts.other_project", project=project))
